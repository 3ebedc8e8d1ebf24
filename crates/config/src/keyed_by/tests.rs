//! What the reference chooses, and what we say where it refuses.

use proptest::prelude::*;
use taskgraph_value::{map, text};

use super::*;

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// Value, options, and what `evaluate_keyed_by` of the reference returned.
const EVALUATED: &[(&str, &str, &str)] = &[
    ("1", "", "1"),
    ("[1]", "", "[1]"),
    ("{}", "", "{}"),
    (r#"{"by-x":1,"y":2}"#, "", r#"{"by-x":1,"y":2}"#),
    (r#"{"buy-x":1}"#, "", r#"{"buy-x":1}"#),
    (r#"{"by-level":{"3":"a","default":"b"}}"#, "", r#""a""#),
    (r#"{"by-level":{"1":"a","default":"b"}}"#, "", r#""b""#),
    (r#"{"by-level":{"1":"a"}}"#, "", "error"),
    (r#"{"by-level":{"default":"b"}}"#, "", "error"),
    (r#"{"by-level":{}}"#, "", "error"),
    (r#"{"by-level":[]}"#, "", "error"),
    (r#"{"by-level":null}"#, "", "error"),
    (r#"{"by-level":"default"}"#, "", "error"),
    (r#"{"by-missing":{"1":"a","default":"b"}}"#, "", r#""b""#),
    (r#"{"by-missing":{"1":"a"}}"#, "", "error"),
    (r#"{"by-none":{"None":"a","default":"b"}}"#, "", r#""b""#),
    (r#"{"by-platform":{"linux.*":"a","default":"b"}}"#, "", r#""a""#),
    (r#"{"by-platform":{"linux":"a","default":"b"}}"#, "", r#""b""#),
    (r#"{"by-platform":{"linux.*":"a",".*64":"b"}}"#, "", "error"),
    (r#"{"by-platform":{"linux.*":"a",".*64":"b"}}"#, "several", r#""a""#),
    (r#"{"by-platform":{"linux.*":"a","linux64":"b"}}"#, "", r#""b""#),
    (r#"{"by-platform":{"(?!win).*":"a","default":"b"}}"#, "", r#""a""#),
    (r#"{"by-platform":{"(":"a","default":"b"}}"#, "", "error"),
    (r#"{"by-platform":{"linux64":"a","(":"b"}}"#, "", r#""a""#),
    (r#"{"by-project":{"auto|land":"a","default":"b"}}"#, "", r#""a""#),
    (r#"{"by-n":{"a":"x","default":"b"}}"#, "", r#""x""#),
    (r#"{"by-platform":{"":"a","default":"b"}}"#, "", r#""b""#),
    (
        r#"{"by-platform":{"linux.*":{"by-level":{"3":[1,{"by-level":{"3":0}}],"default":2}},"default":0}}"#,
        "",
        r#"[1,{"by-level":{"3":0}}]"#,
    ),
    (
        r#"{"by-platform":{"linux.*":{"by-later":{"x":1,"default":2}},"default":0}}"#,
        "defer",
        r#"{"by-later":{"x":1,"default":2}}"#,
    ),
    (r#"{"by-level":{"3":null,"default":1}}"#, "", "null"),
    (r#"{"by-level":{"3":{},"default":1}}"#, "", "{}"),
];

fn attributes() -> Map {
    map! { "level" => "3", "project" => "autoland", "platform" => "linux64", "none" => Value::Null, "n" => "a\n" }
}

#[test]
fn values_are_those_of_the_reference() {
    for (value, options, expected) in EVALUATED {
        let later = [text!("later")];
        let options = KeyedBy {
            defer: if *options == "defer" { &later } else { &[] },
            allow_several: *options == "several",
        };
        let found = match evaluate_keyed_by(&read(value), &"item", &attributes(), &options) {
            Ok(found) => json::compact(&found).unwrap(),
            Err(_) => "error".into(),
        };
        assert_eq!(found, *expected, "{value}");
    }
}

#[test]
fn errors_name_the_item_and_the_alternatives() {
    for (value, expected) in [
        (
            r#"{"by-level":{"default":1}}"#,
            "`by-level` has no alternative but `default`, so it is unnecessary, while determining `a` in `b`",
        ),
        (
            r#"{"by-missing":{"1":1,"2":2}}"#,
            "`by-missing`: there is no attribute `missing` and no alternative `default` (alternatives: `1`, `2`), while \
             determining `a` in `b`",
        ),
        (
            r#"{"by-level":{"1":1,"2":2}}"#,
            "`by-level`: `3` matches no alternative (alternatives: `1`, `2`), and there is no `default`, while determining \
             `a` in `b`",
        ),
        (
            r#"{"by-level":{}}"#,
            "`by-level`: `3` matches no alternative (alternatives: none), and there is no `default`, while determining \
             `a` in `b`",
        ),
        (
            r#"{"by-platform":{"lin.*":1,"x":0,".*64":2}}"#,
            "`by-platform`: `linux64` matches several alternatives (`lin.*`, `.*64`), while determining `a` in `b`",
        ),
        (
            r#"{"by-platform":{"*64":1,"default":2}}"#,
            "`by-platform`: bad regular expression `*64`: nothing to repeat at position 0, while determining `a` in `b`",
        ),
        (
            r#"{"by-level":["3"]}"#,
            "`by-level`: expected a mapping of alternatives, found a list of 1, while determining `a` in `b`",
        ),
        (
            r#"{"by-list":{"3":1,"default":2}}"#,
            "`by-list`: expected the attribute to be a string, found a list of 1, while determining `a` in `b`",
        ),
        (
            r#"{"by-tier":{"3":1,"default":2}}"#,
            "`by-tier`: expected the attribute to be a string, found the integer 2, while determining `a` in `b`",
        ),
    ] {
        let attributes = (attributes(), map! { "list" => vec![3.into()], "tier" => 2 });
        let error =
            evaluate_keyed_by(&read(value), &"`a` in `b`", &attributes, &KeyedBy::default()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn scalars_match_the_text_of_a_key() {
    // Our reader makes texts of all keys: in YAML, these are `1:`, `yes:` and `2.5:`.
    let value = read(r#"{"by-x":{"1":"one","true":"yes","2.5":"more","default":"none"}}"#);
    for (x, expected) in
        [(1.into(), "one"), (true.into(), "yes"), (2.5.into(), "more"), (Value::Null, "none")]
    {
        let found = evaluate_keyed_by(&value, &"item", &map! { "x" => x }, &KeyedBy::default());
        assert_eq!(found, Ok(expected.into()));
    }
}

fn task() -> Map {
    let keyed = || map! { "by-level" => map! { "3" => "three", "default" => "other" } };
    map! {
        "x" => keyed(),
        "w" => map! {
            "z" => map! { "by-color" => map! { "red" => 1, "default" => 2 } },
            "list" => vec![
                map! { "p" => keyed(), "q" => 1 }.into(),
                map! { "q" => keyed() }.into(),
                "text".into(),
                map! { "in" => map! { "p" => keyed() } }.into(),
            ],
        },
        "color" => "red",
        "level" => "1",
        "a.b" => keyed(),
        "n" => Value::Null,
    }
}

#[test]
fn fields_are_those_of_the_reference() {
    // Field, extra attributes, what resolve_keyed_by of the reference left of the task's field.
    for (field, extra, at, expected) in [
        ("x", map! {}, "x", r#""other""#),
        ("x", map! { "level" => "3" }, "x", r#""three""#),
        ("w.z", map! {}, "w.z", "1"),
        ("w.z", map! { "color" => Value::Null }, "w.z", "2"),
        ("w.z", map! { "color" => "blue" }, "w.z", "2"),
        (
            "w.list[].p",
            map! { "level" => "3" },
            "w.list",
            r#"[{"p":"three","q":1},{"q":{"by-level":{"3":"three","default":"other"}}},"text",{"in":{"p":{"by-level":{"3":"three","default":"other"}}}}]"#,
        ),
        (
            "w.list[].q",
            map! {},
            "w.list",
            r#"[{"p":{"by-level":{"3":"three","default":"other"}},"q":1},{"q":"other"},"text",{"in":{"p":{"by-level":{"3":"three","default":"other"}}}}]"#,
        ),
    ] {
        let mut found = task();
        resolve_keyed_by(&mut found, field, &"item", &extra, &KeyedBy::default()).unwrap();
        let mut found = Value::from(found);
        assert_eq!(json::compact(found.at(at).unwrap()).unwrap(), expected, "{field}");
        *found.at_mut(at).unwrap() = Value::from(task()).at(at).unwrap().clone();
        assert_eq!(found, task().into(), "{field} changes something else");
    }
}

#[test]
fn what_is_not_keyed_stays_shared() {
    let original = task();
    let address = |task: &Map| std::ptr::from_ref(task.get("x").unwrap());
    for field in [
        "w",
        "w.none",
        "none.x",
        "a.b",
        "w.list.p",
        "x[].p",
        "w.z.by-color",
        "color",
        "n",
        "n.x",
        "",
        ".",
        "[]",
    ] {
        let mut copy = original.clone();
        resolve_keyed_by(&mut copy, field, &"item", &map! {}, &KeyedBy::default()).unwrap();
        assert_eq!(address(&copy), address(&original), "{field}");
    }
    let mut copy = original.clone();
    let deferred = KeyedBy { defer: &[text!("level")], allow_several: false };
    resolve_keyed_by(&mut copy, "x", &"item", &map! {}, &deferred).unwrap();
    assert_eq!(address(&copy), address(&original));
}

#[test]
fn an_error_in_a_field_names_it_and_changes_nothing() {
    let mut found = task();
    let error = resolve_keyed_by(
        &mut found,
        "w.list[].p",
        &"build-x",
        &map! { "level" => vec![] },
        &KeyedBy::default(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "`by-level`: expected the attribute to be a string, found an empty list, while determining `w.list[].p` in `build-x`"
    );
    assert_eq!(found, task());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop_oneof![
            Just("by-x"),
            Just("by-y"),
            Just("a"),
            Just("a|b"),
            Just("("),
            Just("default"),
            Just("[]")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect::<Map>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics(x in any_value(), y in any_value(), value in any_value(), field in r"[axy.\[\]]{0,6}") {
        let mut task = map! { "x" => x, "y" => y, "a" => value.clone() };
        let _ = evaluate_keyed_by(&value, &"item", &task, &KeyedBy::default());
        let _ = resolve_keyed_by(&mut task, &field, &"item", &map! {}, &KeyedBy { defer: &[], allow_several: true });
        let _ = resolve_keyed_by(&mut task, "a[].a", &"item", &map! {}, &KeyedBy::default());
    }
}
