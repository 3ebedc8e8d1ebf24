//! Schemas and inputs that would take forever, or all memory.

use taskgraph_actions::{InputSchema, MOST_INPUT};
use taskgraph_value::{Map, Value, map};

use crate::support::json;

#[track_caller]
fn refused(schema: &Value, message: &str) {
    let found = InputSchema::new(schema).unwrap_err().to_string();
    assert!(found.contains(message), "{found}");
}

#[track_caller]
fn too_much(schema: Value, input: &Value, message: &str) {
    let found = InputSchema::new(&schema).unwrap().validate(Some(input)).unwrap_err().to_string();
    assert!(found.contains(message), "{found}");
}

fn named(count: usize, make: impl Fn(usize) -> Value) -> Map {
    Map::from_iter((0..count).map(|number| (number.to_string().into(), make(number))))
}

#[test]
fn references_may_not_multiply() {
    let twice = |number: usize| {
        let next = map! { "$ref" => format!("#/definitions/{}", number + 1) };
        map! { "anyOf" => vec![next.clone().into(), next.into()] }.into()
    };
    let mut definitions = named(20, twice);
    definitions.insert("20".into(), json!({}));
    let schema = map! { "$ref" => "#/definitions/0", "definitions" => definitions };
    refused(&schema.into(), "more than 20000 parts");
}

#[test]
fn references_may_not_be_bottomless() {
    let next = |number: usize| map! { "$ref" => format!("#/definitions/{}", number + 1) }.into();
    let schema = map! { "$ref" => "#/definitions/0", "definitions" => named(10_000, next) };
    refused(&schema.into(), "64 schemas deep");
}

/// What is known already counts as deep as it is.
#[test]
fn references_may_not_be_bottomless_from_the_end_either() {
    let inner = |number: usize| {
        let mut schema = json!({});
        if number > 0 {
            schema = map! { "$ref" => format!("#/definitions/{}", number - 1) }.into();
        }
        for _ in 0..20 {
            schema = map! { "not" => schema }.into();
        }
        schema
    };
    let uses = (0..100).map(|number| map! { "$ref" => format!("#/definitions/{number}") }.into());
    let schema = map! { "allOf" => uses.collect::<Vec<Value>>(), "definitions" => named(100, inner) };
    refused(&schema.into(), "64 schemas deep");
}

#[test]
fn schemas_and_inputs_have_a_size() {
    refused(&json!({ "description": "x".repeat(1 << 20) }), "larger than 1 MiB");
    let any = json!({});
    too_much(any.clone(), &json!("x".repeat(MOST_INPUT)), "larger than 1 MiB");
    let mut deep = json!(1);
    for _ in 0..101 {
        deep = vec![deep].into();
    }
    too_much(any.clone(), &deep, "deep");
    too_much(any, &Value::Date("2026-01-01".into()), "the date 2026-01-01");
    let wide: Vec<Value> = (0..1000).map(|number| json!({ "minLength": number })).collect();
    too_much(map! { "allOf" => wide }.into(), &json!("x".repeat(100_000)), "too large to be compared");
}

#[test]
fn defaults_may_not_multiply() {
    let schema = json!({ "items": { "properties": { "a": { "default": "x".repeat(10_000) } } } });
    too_much(schema, &Value::from(vec![map! {}.into(); 10_000]), "with its defaults is larger");
}

#[test]
fn patterns_have_a_size() {
    refused(&json!({ "pattern": "a".repeat(5000) }), "more than 4 KiB");
    refused(&json!({ "pattern": "(((a{1000}){1000}){1000})" }), "take too long");
    refused(&json!({ "pattern": "(?:(?:.{999}){9}){9}" }), "");
    refused(&json!({ "pattern": "(".repeat(4000) }), "");
    refused(&json!({ "patternProperties": { "(a{999}){99}{99}": {} } }), "take too long");
    let many: Vec<Value> =
        (0..1000).map(|number| json!({ "pattern": format!("a{{1,{number}}}.{{500}}") })).collect();
    refused(&map! { "allOf" => many }.into(), "take too long");
    assert!(InputSchema::new(&json!({ "pattern": "^[a-zA-Z0-9_-]{1,255}$" })).is_ok());
}

#[test]
fn patterns_that_go_back_come_to_an_end() {
    let long = json!(format!("{}b", "a".repeat(5000)));
    too_much(json!({ "pattern": "^(?=(a+)+$)(a|aa)+$" }), &long, "matches the pattern");
    too_much(json!({ "pattern": "^(a|aa)+\\1c$" }), &long, "in reasonable time");
    too_much(json!({ "pattern": "^(a+)+$" }), &long, "matches the pattern");
    too_much(json!({ "pattern": "^(?!x)(a|a)*\\1$" }), &long, "the");
    too_much(json!({ "pattern": "(?=a)a" }), &json!("a".repeat(100_000)), "too large");
}

#[test]
fn unevaluated_keys_cost_what_they_cost() {
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
    for _ in 0..40 {
        let inner = map! { "anyOf" => vec![schema], "unevaluatedProperties" => map! { "type" => "string" } };
        schema = inner.into();
    }
    schema
        .as_map_mut()
        .unwrap()
        .insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    refused(&schema, "parts");
}

/// Each of them, with long texts that it may have to look at more than once.
#[test]
fn formats_take_no_longer_than_they_should() {
    const LONG: usize = 500_000;
    let ideographs: String = (0x4e00..0x9fff).cycle().filter_map(char::from_u32).take(LONG / 3).collect();
    let texts = [
        "a".repeat(LONG),
        ".".repeat(LONG),
        "a.".repeat(LONG / 2),
        "%41".repeat(LONG / 3),
        ":".repeat(LONG),
        "{a}".repeat(LONG / 3),
        format!("https://{}", "a.".repeat(LONG / 2)),
        format!("{}@example.com", "a".repeat(LONG)),
        ideographs.clone(),
        format!("xn--{}", "a".repeat(LONG)),
        "1".repeat(LONG),
        format!("https://example.com/?{}", "a=b&".repeat(LONG / 4)),
        "P1D".repeat(LONG / 3),
        "~0/".repeat(LONG / 3),
        ideographs.chars().flat_map(|c| [c, '.']).take(LONG / 4).collect(),
        "(((a{999}){999}){999})".repeat(40),
    ];
    for format in [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "iri",
        "uri-reference",
        "iri-reference",
        "uri-template",
        "uuid",
        "json-pointer",
        "relative-json-pointer",
        "regex",
    ] {
        let schema = InputSchema::new(&json!({ "format": format })).unwrap();
        for text in &texts {
            let _ = schema.validate(Some(&text.as_str().into()));
        }
    }
}
