//! The reader against a table that the reference printed, errors, limits, and that nothing panics.

use std::path::Path;

use proptest::prelude::*;
use taskgraph_value::{Map, Str, Value, json, map};

use super::*;

fn read(text: &str) -> Result<Document, Error> {
    read_str(text, Path::new("kind.yml"))
}

/// JSON with dates, as the table shows them.
fn show(value: &Value) -> String {
    fn dated(value: &Value) -> Value {
        match value {
            Value::Date(date) => map! { "date" => date }.into(),
            Value::List(list) => list.iter().map(dated).collect::<Vec<_>>().into(),
            Value::Map(map) => {
                Value::Map(map.iter().map(|(key, value)| (key.clone(), dated(value))).collect())
            }
            other => other.clone(),
        }
    }
    json::compact(&dated(value)).unwrap()
}

#[test]
fn equals_what_the_reference_reads() {
    let table = include_str!("../../tests/data/yaml11.tsv");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (text, expected) = line.split_once('\t').unwrap();
        let text: String = serde_json::from_str(text).unwrap();
        let ours = read(&text).map(|document| show(&document.value));
        let equal = match &ours {
            Ok(ours) => ours == expected,
            Err(_) => expected.starts_with("error: "),
        };
        if !equal {
            wrong.push(format!("{text:?}: expected {expected}, found {ours:?}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 250, "{count}");
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(read(text).unwrap_err().to_string(), expected);
}

#[test]
fn errors_say_where_and_what() {
    check_error("a:\n  - b\n c: d", "kind.yml:3:2: did not find expected key while parsing a block mapping");
    check_error("a: !foo b", "kind.yml:1:4: unknown tag `!foo`");
    check_error("a: !!set {b}", "kind.yml:1:4: the tag `!!set` is not supported");
    check_error(
        "a: !!map [b]",
        "kind.yml:1:4: the tag `tag:yaml.org,2002:map` needs a mapping, found a list",
    );
    check_error("a:\n  b: *c", "kind.yml:2:6: the alias `*c` has no anchor before it");
    check_error("a: &c\n  b: [*c]", "kind.yml:2:7: the alias `*c` is inside of what `&c` names");
    check_error("a: &c 1\nb: &c 2", "kind.yml:2:4: the anchor `&c` is used a second time");
    check_error("? [a]\n: b", "kind.yml:1:3: expected a string as a key, found a list");
    check_error(
        "a:\n  <<: 1",
        "kind.yml:2:7: expected a mapping or a list of mappings after `<<`, found a scalar",
    );
    check_error("--- a\n--- b", "kind.yml:2:1: expected one document, found a second");
    check_error(
        "when: 2024-02-30",
        "kind.yml:1:7: `2024-02-30` is not a date: the day must be in 1..29, found 30 \
         (if it is meant to be text, quote it)",
    );
    check_error("a: b\nc: \u{7}", "kind.yml:2:4: the character U+0007 is not allowed");
}

#[test]
fn bytes_that_are_no_text() {
    let error = |bytes: &[u8]| read_bytes(bytes, Path::new("kind.yml")).unwrap_err().to_string();
    assert_eq!(error(b"a: b\nc: \xff\n"), "kind.yml:2:4: not UTF-8 from byte 8 on");
    assert_eq!(error(b"\xef\xbb\xbfa: \xe9"), "kind.yml:1:4: not UTF-8 from byte 6 on");
    assert_eq!(error(b"\xff\xfea\0\n\0\x00\xd8"), "kind.yml:2:1: not UTF-16 from byte 6 on");
    let utf16 = read_bytes(b"\xfe\xff\0a\0:\0 \0b", Path::new("kind.yml")).unwrap();
    assert_eq!(show(&utf16.value), r#"{"a":"b"}"#);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.yml");
    let error = read_file(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: no such file", path.display()));
    let error = read_file(folder.path()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Io(_)), "{error}");
    std::fs::write(&path, "a: 1").unwrap();
    assert_eq!(show(&read_file(&path).unwrap().value), r#"{"a":1}"#);
}

#[test]
fn nesting_has_a_limit() {
    for bomb in ["[".repeat(100), "[".repeat(100_000), "{a: ".repeat(100), "- ".repeat(100) + "a"] {
        let error = read(&bomb).unwrap_err().to_string();
        assert!(error.ends_with("lists and mappings are nested more than 64 levels deep"), "{error}");
    }
    // Each line is flat, but together they are deep.
    let mut chain = String::from("a0: &a0 []\n");
    for n in 1..100 {
        chain.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1));
    }
    let error = read(&chain).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::TooDeep { .. }), "{error}");
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    read(&nested(64)).unwrap();
    read(&nested(65)).unwrap_err();
}

#[test]
fn expansion_has_a_limit() {
    let mut lists = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    let mut merges = String::from("a0: &a0 {x: 1}\n");
    for n in 1..40 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        lists.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
        merges.push_str(&format!("a{n}: &a{n} {{y: {{<<: [{aliases}]}}, z: [{aliases}]}}\n"));
    }
    for bomb in [lists, merges] {
        let error = read(&bomb).unwrap_err();
        assert!(error.to_string().contains("stands for more than 5000000 values"), "{error}");
    }
}

#[test]
fn lines_of_keys() {
    let document = read(
        "# about\nloader: x\ncommon: &common\n  lint:\n    a: 1\ntasks:\n  <<: *common\n  build:\n    b: 2\n  'test':\n    c: 3\n  build: {}\n",
    )
    .unwrap();
    for (path, line) in [
        (&["loader"] as &[&str], Some(2)),
        (&["common", "lint"], Some(4)),
        (&["tasks"], Some(6)),
        (&["tasks", "lint"], Some(4)),
        (&["tasks", "build"], Some(12)),
        (&["tasks", "test"], Some(10)),
        (&["tasks", "test", "c"], Some(10)),
        (&["tasks", "none"], None),
        (&["none"], None),
        (&[], None),
    ] {
        assert_eq!(document.line(path), line, "{path:?}");
    }
}

#[test]
fn equal_strings_are_shared() {
    let document = read("a: {worker-type: own, own: 'own'}\nb: {worker-type: own}").unwrap();
    let (a, b) = (document.value.at("a").unwrap(), document.value.at("b").unwrap());
    let own = a.at("own").unwrap().as_str().unwrap();
    assert!(Str::ptr_eq(own, b.at("worker-type").unwrap().as_str().unwrap()));
    assert!(Str::ptr_eq(own, a.as_map().unwrap().keys().last().unwrap()));
    assert!(Str::is_static(a.as_map().unwrap().keys().next().unwrap()));
}

#[test]
fn aliases_share_their_value() {
    let document = read("a: &a [1, 2]\nb: *a").unwrap();
    let items = |path| document.value.at(path).unwrap().as_list().unwrap().as_ptr();
    assert_eq!(items("a"), items("b"));
}

/// Pieces that YAML is made of.
fn yaml_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n- ",
        "  ",
        "\t",
        "\r",
        "&x ",
        "*x",
        "<<: ",
        "? ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ",",
        "\"",
        "'",
        "|",
        ">",
        "|+\n  ",
        ">-\n ",
        "#",
        " #",
        "!!str ",
        "!!map ",
        "!!omap ",
        "!",
        "!a",
        "!<a>",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "---",
        "...",
        "\n---\n",
        "12",
        "1.5",
        "~",
        "2001-01-01",
        "\\",
        "\\x4",
        "é",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "=",
        "<<",
        "@",
        "`",
        "0x1",
        "yes",
        "%",
        "1:30",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let text = || {
        prop_oneof![
            "[a-z -]{0,8}",
            "\\PC{0,12}",
            "[ -~\n]{0,120}",
            prop::sample::select(vec![
                "yes",
                "~",
                "1e3",
                "0x1",
                "<<",
                "=",
                "2001-01-01",
                "1_0",
                "- a",
                "a: b",
                "#",
                ""
            ])
            .prop_map(String::from),
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        prop::num::f64::NORMAL.prop_map(Value::Float),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text().prop_map(Str::from), inner), 0..4)
                .prop_map(|entries| Value::Map(Map::from(entries))),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics_on_pieces(text in yaml_pieces()) {
        let _ = read(&text);
    }

    #[test]
    fn nothing_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read_bytes(&bytes, Path::new("kind.yml"));
    }

    #[test]
    fn nothing_panics_on_text(text in "\\PC{0,60}") {
        let _ = read(&text);
    }

    #[test]
    fn reads_what_it_writes(value in values()) {
        for text in [write(&value), write_unicode(&value)] {
            let back = read(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(&back.value, &value, "{}", text);
        }
    }
}

/// Any of these would run for minutes if its time grew with the square of its length.
#[test]
fn long_input_takes_no_long_time() {
    for text in [
        "a: ".to_owned() + &"x ".repeat(500_000),
        "a: 'x".to_owned() + &"''".repeat(500_000),
        "[".to_owned() + &"1, ".repeat(300_000) + "]",
        "{".to_owned() + &"a: 1, ".repeat(200_000) + "}",
        (0..50_000).map(|n| format!("key-{n}: {n}\n")).collect(),
        "9".repeat(1_000_000),
        "# ".repeat(500_000),
        "!a,".repeat(100_000),
        "&a ".repeat(100_000),
        "? ".repeat(100_000),
        "- ? ".repeat(100_000),
    ] {
        let _ = read(&text);
    }
}

#[test]
fn writes_as_python_does() {
    // Expected: yaml.safe_dump(..., default_flow_style=False) of PyYAML 6.0.3.
    let value = map! {
        "z" => vec![map! { "b" => 1, "a" => vec!["x".into(), Value::Null] }.into(), vec![1.into(), 2.into()].into(), vec![].into()],
        "text" => "two\nlines",
        "yes" => "no",
        "long" => "a word ".repeat(14).trim_end().to_owned(),
        "é" => "\u{1f680} \u{7}",
        "float" => vec![1e16.into(), 1e-7.into(), f64::INFINITY.into()],
        "" => map! {},
    };
    assert_eq!(
        write(&value.into()),
        "? ''\n: {}\nfloat:\n- 1.0e+16\n- 1.0e-07\n- .inf\nlong: a word a word a word a word a word a word a word a word a word a word a \
         word\n  a word a word a word\ntext: 'two\n\n  lines'\n'yes': 'no'\nz:\n- a:\n  - x\n  - null\n  b: 1\n- - 1\n  - 2\n- []\n\
         \"\\xE9\": \"\\U0001F680 \\a\"\n"
    );
    assert_eq!(write(&"a".into()), "a\n...\n");
    assert_eq!(write(&Value::Date("2001-01-01 10:00:00".into())), "2001-01-01 10:00:00\n...\n");
}

/// `yaml.safe_dump(value, allow_unicode=True, default_flow_style=False)`
#[test]
fn characters_that_are_not_ascii_may_stay() {
    let value = map! {
        "é" => "naïve ".repeat(20) + "end",
        "a" => "x\u{2028} y",
        "b" => "two\nline é",
        "c" => "line\u{2028}next",
        "d" => "\t\u{1f600}é \u{feff}",
        "e" => "\u{1f600}",
        "f" => "- é",
        "g" => "é: x",
        "h" => "a\u{85}\nb",
    };
    assert_eq!(
        write_unicode(&value.into()),
        "a: \"x\\L y\"\nb: 'two\n\n  line é'\nc: 'line\u{2028}  next'\nd: \"\\t\\U0001F600é \\uFEFF\"\n\
         e: \u{1f600}\nf: '- é'\ng: 'é: x'\nh: 'a\u{85}\n  b'\n\
         é: naïve naïve naïve naïve naïve naïve naïve naïve naïve naïve naïve naïve naïve naïve\n  \
         naïve naïve naïve naïve naïve naïve end\n"
    );
}
