//! Schemas and inputs of any form.

use proptest::prelude::*;
use taskgraph_actions::InputSchema;
use taskgraph_value::{Map, Value, json as text};

use crate::support::{anything, json, leaves};

/// What may be schemas: keywords with what they take, most of the time.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
        proptest::sample::select(vec!["object", "array", "string", "integer", "number", "boolean", "null"])
            .prop_map(|name| json!({ "type": name })),
        (-2_i64..5).prop_map(|n| json!({ "minimum": n, "maxItems": n.max(0), "maxProperties": n.max(0) })),
        (0_i64..5).prop_map(|n| json!({ "minLength": n, "minItems": n, "multipleOf": n + 1 })),
        proptest::sample::select(vec!["^[a-c]+$", "b", "^(?!a)", "a{2}|c", "\\d"])
            .prop_map(|p| json!({ "pattern": p })),
        leaves().prop_map(|value| json!({ "default": serde_json::to_value(value).unwrap() })),
        leaves().prop_map(|value| json!({ "enum": [serde_json::to_value(value).unwrap(), "a"] })),
        proptest::sample::select(vec!["#/definitions/x", "#/definitions/y", "#/properties/a", "#"])
            .prop_map(|target| json!({ "$ref": target })),
        Just(json!({ "required": ["a"], "uniqueItems": true })),
        proptest::sample::select(vec!["date", "uri", "email", "regex", "pigeon"])
            .prop_map(|f| json!({ "format": f })),
        leaves(),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        let to_json = |value: Value| serde_json::to_value(value).unwrap();
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| {
                json!({ "properties": { "a": to_json(a), "b": to_json(b) }, "required": ["b"] })
            }),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| {
                json!({ "definitions": { "x": to_json(a), "y": to_json(b) }, "additionalProperties": { "$ref": "#/definitions/x" } })
            }),
            inner.clone().prop_map(move |a| json!({ "items": to_json(a), "type": "array" })),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| json!({ "anyOf": [to_json(a), to_json(b)] })),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| json!({ "oneOf": [to_json(a), to_json(b)] })),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| json!({ "allOf": [to_json(a), to_json(b)] })),
            (inner.clone(), inner.clone()).prop_map(move |(a, b)| json!({ "if": to_json(a), "then": to_json(b) })),
            inner.clone().prop_map(move |a| json!({ "not": to_json(a) })),
            inner.prop_map(move |a| json!({ "patternProperties": { "^a": to_json(a) }, "propertyNames": { "maxLength": 3 } })),
        ]
    })
}

fn inputs() -> impl Strategy<Value = Value> {
    anything(leaves(), prop_oneof![Just("a".to_owned()), Just("b".to_owned()), any::<String>()])
}

/// Whether the validator says so without anything from here; none if it does not take the schema, because of definitions
/// that nothing refers to.
fn plainly(schema: &Value, input: &Value) -> Option<bool> {
    let schema = serde_json::to_value(schema).unwrap();
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        // Not checked: it would mean to compile whatever the input has.
        .with_format("regex", |_| true)
        .build(&schema)
        .ok()?;
    Some(validator.is_valid(&serde_json::to_value(input).unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Following references changes nothing of what a schema means.
    #[test]
    fn validity_is_what_the_validator_says(schema in schemas(), input in inputs()) {
        let Ok(prepared) = InputSchema::new(&schema) else { return Ok(()) };
        match prepared.validate(Some(&input)) {
            Ok(filled) => prop_assert_ne!(plainly(&schema, &filled), Some(false)),
            Err(error) => {
                prop_assert!(!error.violations().is_empty());
                if has_no_mappings(&input) {
                    prop_assert_ne!(plainly(&schema, &input), Some(true), "{}", error);
                }
            }
        }
    }

    /// Examples are valid, fields can be asked for, and filling in twice is filling in once.
    #[test]
    fn what_is_made_of_a_schema_fits_it(schema in schemas()) {
        let Ok(prepared) = InputSchema::new(&schema) else { return Ok(()) };
        if let Some(example) = prepared.example() {
            prop_assert_ne!(plainly(&schema, &example), Some(false));
        }
        for field in prepared.fields() {
            let _ = (field.shown_type(), prepared.check_field(&field.name, &Value::Null));
        }
        if let Ok(start) = prepared.validate(None) {
            prop_assert_eq!(prepared.validate(Some(&start)).unwrap(), start);
        }
    }

    /// Any JSON with keywords in it, whether they make sense there or not.
    #[test]
    fn nothing_breaks_a_schema(schema in anything(leaves(), prop_oneof![any::<String>(), proptest::sample::select(vec![
        "$ref", "$id", "$schema", "type", "properties", "items", "allOf", "anyOf", "not", "enum", "const", "pattern", "default",
        "definitions", "required", "dependencies", "if", "then", "minimum", "multipleOf", "minItems", "minLength", "maxLength",
    ]).prop_map(str::to_owned)]), input in inputs()) {
        match InputSchema::new(&schema) {
            Ok(prepared) => {
                let _ = (prepared.validate(Some(&input)), prepared.validate(None), prepared.example(), prepared.fields());
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }

    /// Patterns of any form.
    #[test]
    fn nothing_breaks_a_pattern(pattern in "[ab()\\[\\]{}*+?|\\\\^$,0-9.=!<:-]{0,12}", input in "[ab]{0,30}") {
        let schema = Value::Map(Map::from(vec![("pattern".into(), Value::from(pattern)), ("type".into(), "string".into())]));
        if let Ok(prepared) = InputSchema::new(&schema) {
            let _ = (prepared.validate(Some(&input.into())), prepared.example());
        }
    }
}

/// Whether there is nothing that defaults would be filled into.
fn has_no_mappings(input: &Value) -> bool {
    !text::compact(input).unwrap_or_default().contains('{')
}
