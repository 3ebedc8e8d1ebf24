//! What the reference makes of two mappings.

use taskgraph_value::{json, map};

use super::*;

/// Base, what is merged over it, and what `merge` of the reference returned.
const MERGED: &[(&str, &str, &str)] = &[
    ("{}", "{}", "{}"),
    (r#"{"a":1}"#, "{}", r#"{"a":1}"#),
    ("{}", r#"{"a":1}"#, r#"{"a":1}"#),
    (r#"{"a":1,"b":2}"#, r#"{"c":3,"a":4}"#, r#"{"a":4,"b":2,"c":3}"#),
    (r#"{"a":[1]}"#, r#"{"a":[2]}"#, r#"{"a":[1,2]}"#),
    (r#"{"a":[1]}"#, r#"{"a":[]}"#, r#"{"a":[1]}"#),
    (r#"{"a":[]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"{"a":[1]}"#, r#"{"a":2}"#, r#"{"a":2}"#),
    (r#"{"a":1}"#, r#"{"a":[2]}"#, r#"{"a":[2]}"#),
    (r#"{"a":{"x":1,"y":[1]}}"#, r#"{"a":{"y":[2],"z":3}}"#, r#"{"a":{"x":1,"y":[1,2],"z":3}}"#),
    (r#"{"a":{"x":1}}"#, r#"{"a":{}}"#, r#"{"a":{"x":1}}"#),
    (r#"{"a":{"x":1}}"#, r#"{"a":null}"#, r#"{"a":null}"#),
    (r#"{"a":null}"#, r#"{"a":{"x":1}}"#, r#"{"a":{"x":1}}"#),
    (r#"{"a":1}"#, r#"{"a":true}"#, r#"{"a":true}"#),
    (r#"{"a":true}"#, r#"{"a":1.0}"#, r#"{"a":1.0}"#),
    (r#"{"a":{"x":1}}"#, r#"{"a":{"by-level":{"1":2}}}"#, r#"{"a":{"by-level":{"1":2}}}"#),
    (r#"{"a":{"by-level":{"3":1}}}"#, r#"{"a":{"x":2}}"#, r#"{"a":{"by-level":{"3":1},"x":2}}"#),
    (r#"{"a":{"by-level":{"3":1}}}"#, r#"{"a":{"by-level":{"1":2}}}"#, r#"{"a":{"by-level":{"1":2}}}"#),
    (r#"{"a":{"x":1}}"#, r#"{"a":{"by-level":{},"by-x":{}}}"#, r#"{"a":{"x":1,"by-level":{},"by-x":{}}}"#),
    (r#"{"a":{"b":{"x":1}}}"#, r#"{"a":{"b":{"by-x":1},"c":1}}"#, r#"{"a":{"b":{"by-x":1},"c":1}}"#),
    (
        r#"{"by-level":{"3":{"a":1}}}"#,
        r#"{"by-level":{"1":{"a":2}}}"#,
        r#"{"by-level":{"3":{"a":1},"1":{"a":2}}}"#,
    ),
    (r#"{"a":[{"x":1}]}"#, r#"{"a":[{"x":1}]}"#, r#"{"a":[{"x":1},{"x":1}]}"#),
];

#[test]
fn merged_as_the_reference_merges() {
    for (base, over, expected) in MERGED {
        let read = |text| serde_json::from_str::<Map>(text).unwrap();
        let (base, over) = (read(base), read(over));
        let (base_before, over_before) = (Value::from(base.clone()), Value::from(over.clone()));
        assert_eq!(json::compact(&merge(&base, &over).into()).unwrap(), *expected);
        assert_eq!((base.into(), over.into()), (base_before, over_before));
    }
}

#[test]
fn what_does_not_change_is_shared() {
    let base = map! { "env" => map! { "LANG" => "C" }, "scopes" => vec!["a".into()], "x" => 1 };
    let merged = merge(&base, &map! { "x" => 2, "env" => map! {}, "scopes" => vec![], "y" => vec![] });
    assert!(merged.get("env").unwrap().is(base.get("env").unwrap()));
    assert_eq!(merged.get_list("scopes").as_ptr(), base.get_list("scopes").as_ptr());
    assert_eq!(merged.get("y"), Some(&vec![].into()));
}
