//! Files that are not there, or not what they should be.

use insta::assert_snapshot;

use crate::support::{DEFAULTS, Repository, error, kind_error, transformed_task_error};

#[test]
fn no_root() {
    assert_snapshot!(Repository::new(&[]).root("nowhere").error(), @"no taskgraph configuration: there is no folder `nowhere`");
    assert_snapshot!(Repository::new(&[]).without("config.yml").error(), @"no taskgraph configuration: there is no file `taskcluster/config.yml`");
    assert_snapshot!(Repository::new(&[]).error(), @"cannot read `taskcluster/kinds`: No such file or directory (os error 2)");
    let file = Repository::new(&[]).file("../a-file", "");
    assert_snapshot!(file.root("a-file").error(), @"a-file/config.yml: cannot read the file: Not a directory (os error 20)");
}

#[test]
fn not_a_checkout() {
    let scripts = "    run: {using: toolchain-script, script: x.sh, toolchain-artifact: public/x}";
    assert_snapshot!(Repository::task(scripts).error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `$ROOT/repo` is neither in a git nor in a Mercurial checkout");
    let elsewhere = Repository::new(&[]).file("../ci/config.yml", crate::support::CONFIG);
    let elsewhere = elsewhere.file("../ci/kinds/test/kind.yml", format!("tasks: {{unit: {{run: {{using: toolchain-script, script: x.sh, toolchain-artifact: public/x}}}}}}\n{DEFAULTS}"));
    assert_snapshot!(elsewhere.root("ci").error(), @"ci/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `$ROOT/repo/ci` is in no git or Mercurial checkout; the root of the repository is only guessed for a folder called `taskcluster`");
}

#[test]
fn broken_yaml_in_config() {
    let config = |text: &str| error(&[("config.yml", text)]);
    assert_snapshot!(config("trust-domain: [a\nworkers: b\n"), @"taskcluster/config.yml:2:8: did not find expected ',' or ']' while parsing a flow sequence");
    assert_snapshot!(config("a: b: c\n"), @"taskcluster/config.yml:1:5: mapping values are not allowed in this context");
    assert_snapshot!(config("a: 'b\n"), @"taskcluster/config.yml:2:1: found unexpected end of stream while scanning a quoted scalar");
    assert_snapshot!(config("a:\n\tb: c\n"), @"taskcluster/config.yml:2:1: found character that cannot start any token while scanning for the next token");
    assert_snapshot!(config("a: *b\n"), @"taskcluster/config.yml:1:4: the alias `*b` has no anchor before it");
    assert_snapshot!(config("- a\n"), @"taskcluster/config.yml: expected a mapping, found a list");
    assert_snapshot!(config(""), @"taskcluster/config.yml: expected a mapping, found null");
    assert_snapshot!(config("a: 1\n---\nb: 2\n"), @"taskcluster/config.yml:2:1: expected one document, found a second");
}

#[test]
fn broken_yaml_in_a_kind() {
    assert_snapshot!(kind_error("tasks:\n  a: {description: d\n  b: {}\n"), @"taskcluster/kinds/test/kind.yml:3:4: kind `test`: did not find expected ',' or '}' while parsing a flow mapping");
    assert_snapshot!(kind_error("tasks:\n  a:\n   b: 1\n  - c\n"), @"taskcluster/kinds/test/kind.yml:4:3: kind `test`: did not find expected key while parsing a block mapping");
    assert_snapshot!(kind_error("tasks: !python/object:os.system {}\n"), @"taskcluster/kinds/test/kind.yml:1:8: kind `test`: unknown tag `!python/object:os.system`");
    assert_snapshot!(kind_error("tasks: !!binary aGVsbG8=\n"), @"taskcluster/kinds/test/kind.yml:1:8: kind `test`: the tag `!!binary` is not supported");
    assert_snapshot!(kind_error("tasks:\n  [a, b]: c\n"), @"taskcluster/kinds/test/kind.yml:2:3: kind `test`: expected a string as a key, found a list");
    assert_snapshot!(kind_error("tasks:\n  <<: 3\n"), @"taskcluster/kinds/test/kind.yml:2:7: kind `test`: expected a mapping or a list of mappings after `<<`, found a scalar");
    assert_snapshot!(kind_error("tasks: {a: 2024-13-45}\n"), @"taskcluster/kinds/test/kind.yml:1:12: kind `test`: `2024-13-45` is not a date: the month must be in 1..12, found 13 (if it is meant to be text, quote it)");
    assert_snapshot!(kind_error("a: &x 1\nb: &x 2\n"), @"taskcluster/kinds/test/kind.yml:2:4: kind `test`: the anchor `&x` is used a second time");
    assert_snapshot!(kind_error("a: &x [*x]\n"), @"taskcluster/kinds/test/kind.yml:1:8: kind `test`: the alias `*x` is inside of what `&x` names");
    assert_snapshot!(kind_error("a: @b\n"), @"taskcluster/kinds/test/kind.yml:1:4: kind `test`: found character that cannot start any token while scanning for the next token");
    assert_snapshot!(kind_error("tasks: a\u{1}b\n"), @"taskcluster/kinds/test/kind.yml:1:9: kind `test`: the character U+0001 is not allowed");
    assert_snapshot!(kind_error("- a\n"), @"taskcluster/kinds/test/kind.yml: kind `test`: expected a mapping, found a list");
    assert_snapshot!(kind_error(""), @"taskcluster/kinds/test/kind.yml: kind `test`: expected a mapping, found null");
}

#[test]
fn broken_yaml_in_tasks_from() {
    let from = |text: &str| {
        let kind = format!("tasks-from: [more.yml]\n{DEFAULTS}");
        error(&[("kinds/test/kind.yml", &kind), ("kinds/test/more.yml", text)])
    };
    assert_snapshot!(from("a: {b: c\n"), @"taskcluster/kinds/test/more.yml:2:1: kind `test`: did not find expected ',' or '}' while parsing a flow mapping");
    assert_snapshot!(from("[a, b]\n"), @"taskcluster/kinds/test/more.yml: kind `test`: expected a mapping of tasks, found a list");
    assert_snapshot!(from("a:\n  b: 1\ntask-defaults: 3\n"), @"taskcluster/kinds/test/more.yml:3: kind `test`: `task-defaults`: expected a mapping, found the integer 3");
    assert_snapshot!(from("a:\n  attributes: {}\nb: 3\n"), @"taskcluster/kinds/test/more.yml:3: kind `test`, task `b`: expected a mapping, found the integer 3");
    assert_snapshot!(kind_error("tasks-from: [missing.yml]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: taskcluster/kinds/test/missing.yml: no such file");
    assert_snapshot!(kind_error("tasks-from: more.yml\n"), @r#"taskcluster/kinds/test/kind.yml:1: kind `test`: `tasks-from`: expected a list of file names, found the string "more.yml""#);
    assert_snapshot!(kind_error("tasks-from: [3]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: `tasks-from`: expected file names, found the integer 3");
}

#[test]
fn broken_context_files() {
    let context = "    task-context: {from-file: context.yml, substitution-fields: [description]}";
    let with = |text: &str| {
        Repository::transformed_task("task_context", context).file("../context.yml", text).error()
    };
    assert_snapshot!(with("a: [b\n"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: context.yml:2:1: did not find expected ',' or ']' while parsing a flow sequence");
    assert_snapshot!(with("a\n"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `task-context.from-file`: expected a file with a mapping, found a string");
    assert_snapshot!(transformed_task_error("task_context", context), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: context.yml: no such file");
}

#[test]
fn folders_instead_of_files() {
    assert_snapshot!(Repository::new(&[("kinds/test/kind.yml/x", "")]).error(), @"taskcluster/kinds/test/kind.yml: kind `test`: cannot read the file: Is a directory (os error 21)");
    assert_snapshot!(Repository::new(&[("kinds/test/kind.yml", "tasks-from: [x]\n"), ("kinds/test/x/y", "")]).error(), @"taskcluster/kinds/test/kind.yml:1: kind `test`: taskcluster/kinds/test/x: cannot read the file: Is a directory (os error 21)");
    assert_snapshot!(Repository::new(&[("kinds", "")]).error(), @"cannot read `taskcluster/kinds`: Not a directory (os error 20)");
    assert_snapshot!(Repository::new(&[("kinds/test/kind.yml", "tasks: {}\n")]).without("config.yml").file("config.yml/x", "").error(), @"taskcluster/config.yml: cannot read the file: Is a directory (os error 21)");
}

#[test]
fn files_that_are_not_utf8() {
    const LATIN: &[u8] = b"a: 1\nb: caf\xe9\n";
    let kind = ("kinds/test/kind.yml", "tasks: {}\n");
    assert_snapshot!(Repository::new(&[kind]).file("config.yml", LATIN).error(), @"taskcluster/config.yml:2:7: not UTF-8 from byte 11 on");
    assert_snapshot!(Repository::new(&[]).file("kinds/test/kind.yml", LATIN).error(), @"taskcluster/kinds/test/kind.yml:2:7: kind `test`: not UTF-8 from byte 11 on");
    let from = [("kinds/test/kind.yml", "tasks-from: [more.yml]\n")];
    assert_snapshot!(Repository::new(&from).file("kinds/test/more.yml", LATIN).error(), @"taskcluster/kinds/test/more.yml:2:7: kind `test`: not UTF-8 from byte 11 on");
    assert_snapshot!(Repository::new(&[kind]).file("../parameters.yml", LATIN).error(), @"parameters.yml:2:7: not UTF-8 from byte 11 on");
    let json = Repository::new(&[kind])
        .file("../parameters.json", b"{\"a\": \"caf\xe9\"}")
        .spec(Some("parameters.json"));
    assert_snapshot!(json.error(), @"parameters.json:1:11: not UTF-8 from byte 10 on");
    let context = "    task-context: {from-file: context.yml, substitution-fields: [description]}";
    let context = Repository::transformed_task("task_context", context).file("../context.yml", LATIN);
    assert_snapshot!(context.error(), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: context.yml:2:7: not UTF-8 from byte 11 on");
    assert_snapshot!(Repository::new(&[kind]).file("../version.txt", b"caf\xe9").not_strict().spec(None).error(), @"cannot read `$ROOT/repo/version.txt`: stream did not contain valid UTF-8");
}

#[test]
fn links_to_what_never_ends() {
    let kind = ("kinds/test/kind.yml", "tasks-from: [more.yml]\n");
    assert_snapshot!(Repository::new(&[]).link("kinds/test/kind.yml", "/dev/zero").error(), @"taskcluster/kinds/test/kind.yml: kind `test`: cannot read the file: it is no regular file");
    assert_snapshot!(Repository::new(&[kind]).link("kinds/test/more.yml", "/dev/zero").error(), @"taskcluster/kinds/test/kind.yml:1: kind `test`: taskcluster/kinds/test/more.yml: cannot read the file: it is no regular file");
    assert_snapshot!(Repository::new(&[kind]).without("config.yml").link("config.yml", "/dev/zero").error(), @"taskcluster/config.yml: cannot read the file: it is no regular file");
}
