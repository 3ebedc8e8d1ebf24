//! What is written, compared with what Python prints.

use super::*;
use crate::map;

#[test]
fn equals_what_python_prints() {
    let value = Value::from(map! {
        "b" => vec![Value::Null, 1.5.into(), Value::from(vec![]), map! {}.into()],
        "a" => "é\u{7f}\n🚀\"\\",
        "big" => Value::BigInt("123456789012345678901234567890".into()),
    });
    for n in [0, -1, i64::MAX, i64::MIN, 1234567890] {
        assert_eq!(compact(&n.into()).unwrap(), n.to_string());
    }
    // python3 -c 'import json; print(json.dumps(..., sort_keys=True, indent=2))'
    assert_eq!(
        pretty(&value).unwrap(),
        "{\n  \"a\": \"\\u00e9\\u007f\\n\\ud83d\\ude80\\\"\\\\\",\n  \"b\": [\n    null,\n    1.5,\n    [],\n    {}\n  ],\n  \
         \"big\": 123456789012345678901234567890\n}"
    );
    assert_eq!(
        compact(&map! { "b" => vec![1.into(), true.into()], "a" => map! {} }.into()).unwrap(),
        r#"{"b":[1,true],"a":{}}"#
    );
    assert_eq!(compact_sorted(&map! { "b" => 1, "a" => 2 }.into()).unwrap(), r#"{"a":2,"b":1}"#);
}

#[test]
fn every_character_is_escaped_wherever_it_stands() {
    for c in (0..=0x17f).filter_map(char::from_u32) {
        let expected = match c {
            '"' | '\\' => format!("\\{c}"),
            '\n' => "\\n".into(),
            '\r' => "\\r".into(),
            '\t' => "\\t".into(),
            '\u{8}' => "\\b".into(),
            '\u{c}' => "\\f".into(),
            ' '..='~' => c.to_string(),
            _ => format!("\\u{:04x}", u32::from(c)),
        };
        // Shorter than any block, than the large ones, and longer than one and than two of them.
        for length in [5, 11, 20, 35] {
            for place in 0..length {
                let (before, after) = ("x".repeat(place), "x".repeat(length - 1 - place));
                let printed = compact(&format!("{before}{c}{after}").into()).unwrap();
                assert_eq!(printed, format!("\"{before}{expected}{after}\""));
            }
        }
    }
}

#[test]
fn what_is_repeated_is_printed_as_the_first_time() {
    let shared = map! { "b" => 1, "a" => "x", "inner" => map! { "z" => 1, "y" => 2, "x" => 3 } };
    let value: Value = map! {
        "first" => shared.clone(), "again" => shared.clone(), "deeper" => map! { "shared" => shared },
        "inner" => map! { "z" => 1, "y" => 2, "x" => 3 },
    }
    .into();
    let mut writer = Writer::repeating();
    for _ in 0..2 {
        for depth in [0, 3, 0] {
            let start = writer.bytes().len();
            writer.pretty(&value, depth).unwrap();
            let mut plain = Writer::sorted();
            plain.pretty(&value, depth).unwrap();
            assert_eq!(&writer.bytes()[start..], plain.bytes());
        }
        writer.clear();
    }
}

#[test]
fn dates_are_errors() {
    let value = Value::from(map! { "when" => Value::Date("2024-01-01".into()) });
    assert_eq!(compact(&value).unwrap_err().date, "2024-01-01");
    assert_eq!(value.find_date().unwrap().0, "when");
}

#[test]
fn reads_back_with_serde() {
    let value: Value = serde_json::from_str(r#"{"z":[1,2.5,null,18446744073709551615],"a":"x"}"#).unwrap();
    assert_eq!(compact(&value).unwrap(), r#"{"z":[1,2.5,null,18446744073709551615],"a":"x"}"#);
}
