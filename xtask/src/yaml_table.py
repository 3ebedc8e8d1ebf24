"""Prints crates/config/tests/data/yaml11.tsv: YAML texts, and what the reference's loader makes of them.

Run with the interpreter of a virtualenv that has the pinned reference.
"""

import datetime
import io
import json
import sys
from importlib.metadata import version

from taskgraph.util.yaml import load_stream

SCALARS = """
yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE y Y n N yEs tRUE
~ null Null NULL nULL none
0 -0 +0 1 -1 +1 007 0755 -0755 0o17 08 09 0_ 00 0_7 1_000 1__0 _1 -_1 1_ 0b101 -0b11 0b 0b2 0b1_0 0x1F 0XFF 0xfg -0xA 0x_f
12:30 12:30:45 -1:30 1:60 01:30 1:2:3:4 190:20:30 1:5 12:3: 9223372036854775807 9223372036854775808 -9223372036854775809
123456789012345678901234567890 0xFFFFFFFFFFFFFFFFFFFF
1.0 -1.5 +2.5 1. .5 -.5 1.e+3 1e3 1.0e3 1.0e+3 1.5E-2 1_0.5_0 ._5 1.2.3 12:30.5 1:2:3.25 .inf -.inf +.Inf .INF .nan .NaN -.nan .iNF
6.8523015e+5 685.230_15e+03 0.1 1e+3 1.0e+300 -0.0 2.50
2024-01-01 2024-1-1 2024-02-29 24-01-01 2024-01-01T10:00:00 2024-01-01t10:00:00Z 2001-12-14T21:59:43.10-05:00
2001-12-15T2:59:43.1Z 2001-12-14T21:59:43.1234567 2001-12-14T21:59:43.+1 2001-01-01T00:00:00+00:30 2001-1-1T1:00:00 20240101
<<x == =x - -- --- -a ?a :a a:b a#b 1,2 1.2.3.4 v1.0 @ ` % *a &a ! | >
"""

EXTRA_SCALARS = [
    "2001-12-14 21:59:43.10 -5",
    "2001-12-14 \t 21:59:43",
    "2001-12-14 21:59",
    "'yes'",
    '"12"',
    "'it''s'",
    '"\\x41\\u00e9\\U0001F680\\n\\t\\\\\\""',
    '"\\ud83d"',
    "''",
    '""',
    "a b  c",
    "a # c",
    "!!str 12",
    "!!str yes",
    "!!str",
    "!!int '12'",
    "!!int 1_0",
    "!!int '0o17'",
    "!!int x",
    "!!int",
    "!!float 1",
    "!!float 1e3",
    "!!float x",
    "!!bool yEs",
    "!!bool x",
    "!!null x",
    "!!timestamp 2001-1-1",
    "!!timestamp x",
    "! 12",
    "! '12'",
    "!foo x",
    "!!python/none x",
    "!!binary '####='",
    "2024-02-30",
    "2024-13-01",
    "2001-12-14 24:00:00",
    "2001-12-14 21:59:43 +24:00",
    "0b_",
    "0x_",
]

DOCUMENTS = [
    "",
    "# only a comment",
    "---",
    "--- a",
    "--- a\n...\n",
    "--- a\n--- b",
    "a",
    "[]",
    "{}",
    "a:\nb: ~\nc: ''",
    "a: 1\nb: 2\na: 3",
    "- a\n-  - b\n   - c\n-\n- d: 1\n  e: 2",
    "a:\n- 1\n- 2\nb: 3",
    "{a: 1, b, c: [1, x: y, [2]], 'd':e, \"f\":1}",
    "[a, b, ]",
    "[a, , b]",
    "{a: 1,, b}",
    "? a\n: b\n? c",
    "? [a]\n: b",
    "? {a: 1}\n: b",
    "1: a\n'1': b",
    "1: a\n1.0: b\ntrue: c",
    "yes: a\nno: b\n~: c\n1.5: d\n0x10: e",
    "a: |\n  x\n   y\n\n  z\n\nb: 1",
    "a: |-\n  x\n\n",
    "a: |+\n  x\n\nb: 1",
    "a: |2\n   x\n  y",
    "a: >\n  x\n  y\n\n  z\n   w\n  v\n",
    "a: >-\n  x\n  y",
    "a: >+\n  x\n\n\n",
    "a: |\n  x",
    "a: |+\n  x\n  ",
    "a: |\n\ttab",
    "a: x\n  y\n\n  z",
    'a: "x\n  y\n\n  z\\\n  w"',
    "a: 'x\n  y'",
    "a: &x 1\nb: *x",
    "a: &x {k: [1]}\nb: *x\nc: {<<: *x, l: 2}",
    "a: &x 1\nb: &x 2",
    "a: *x",
    "&k key: &v value\nb: *k\n*v : c",
    "b: {<<: {a: 1, c: 2}, a: 3}",
    "b: {a: 3, d: 4, <<: {a: 1, c: 2}}",
    "b: {<<: [{a: 1}, {a: 2, b: 2}], c: 3}",
    "b: {<<: {a: 1}, <<: {a: 2, b: 1}}",
    "base: &b {x: 1, y: {z: 1}}\nc:\n  <<: *b\n  y: {w: 2}",
    "l: &l [{a: 1}, {a: 2, b: 3}]\nc: {<<: *l}",
    "a: {<<: {<<: {x: 1}, y: 2}, z: 3}",
    "a: {<<: []}",
    "a: {<<: 1}",
    "a: {<<: [1]}",
    "a: {<<: }",
    "a: {<<: !foo {b: 1}}",
    "a: {'<<': {b: 1}}",
    "a: {!!merge x: {b: 1}}",
    "a: <<",
    "- =",
    "=: 1",
    "{=: 1, a: 2}",
    "!!map {a: 1}",
    "!!seq [a]",
    "!!map [a]",
    "!!seq {a: 1}",
    "!!str [a]",
    "!!int {a: 1}",
    "!!omap [a: 1, b: [2]]",
    "!!pairs [a: 1, a: 2]",
    "!!omap [a]",
    "!!omap [{a: 1, b: 2}]",
    "!!omap {a: 1}",
    "! [a, !!str 1]",
    "!foo [a]",
    "!foo {a: 1}",
    "[!!str, a]",
    "%YAML 1.1\n---\na: 1",
    "%YAML 1.2\n---\na: yes",
    "%YAML 2.0\n---\na",
    "%TAG !e! tag:yaml.org,2002:\n---\n- !e!int '1'\n- !e!str, x",
    "!<tag:yaml.org,2002:str> 12",
    "\ufeffa: 1",
    "a: \u00e9\u65e5\U0001f680",
    "a: b\u0085c: d",
    "a: 'x\u2028  y'",
    "a: \u0007",
    "a: 1\r\nb: 2\rc: 3\n",
    "a: b: c",
    "a:\n  - b\n c: d",
    "\ta: 1",
    "a:\t1",
    "a:\n\t- 1",
    "- a\n b",
    "[a",
    "{a: 1",
    "'a",
    '"a\\',
    '"\\q"',
    "a: [1\nb: 2",
    "a: @x",
    "key with spaces: 1\n'quoted key': 2\n\"q2\" : 3",
    "a:b: c",
    "a: -\nb: - c",
    "- - - a",
    "-a: 1",
    "x: a?b\ny: [a?b]",
    "[a:b]",
    "[http://x/y?z=1, 'a':1]",
    "k: {a: {b: {c: [{d: e}]}}}",
    "a: # comment\n  b # comment\n  # comment\nc: d#e",
    "a" * 1100 + ": 1",
    "? " + "a" * 1100 + "\n: 1",
]


def plain(value):
    """The value as JSON can hold it: keys as text, dates as {"date": ...}, tuples as lists."""
    if isinstance(value, datetime.date):
        return {"date": str(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): plain(item) for key, item in value.items()}
    return value


def expected(text):
    try:
        value = plain(load_stream(io.BytesIO(text.encode())))
        return json.dumps(value, separators=(",", ":"))
    except Exception as error:
        return "error: " + type(error).__name__


def main():
    python = ".".join(map(str, sys.version_info[:2]))
    print(
        f"# Written by xtask/src/yaml_table.py with taskcluster-taskgraph {version('taskcluster-taskgraph')},"
        f" PyYAML {version('pyyaml')} and Python {python}."
    )
    print("# A JSON string of the YAML text, a tab, and the JSON of what it is, or the exception.")
    for text in SCALARS.split() + EXTRA_SCALARS + DOCUMENTS:
        print(json.dumps(text) + "\t" + expected(text))


main()
