//! Examples of input.

use taskgraph_actions::InputSchema;
use taskgraph_value::Value;

use crate::support::json;

#[track_caller]
fn check(schema: Value, example: Value) {
    let schema = InputSchema::new(&schema).unwrap();
    let made = schema.example();
    assert_eq!(made, Some(example));
    assert!(schema.validate(made.as_ref()).is_ok());
}

#[test]
fn examples_show_all_keys() {
    check(
        json!({
            "type": "object",
            "properties": {
                "flavor": { "type": "string", "enum": ["promote", "push"] },
                "times": { "type": "integer", "default": 1 },
                "tasks": { "type": "array", "items": { "type": "string" } },
                "requests": {
                    "type": "array",
                    "items": { "type": "object", "properties": { "n": { "type": "integer", "minimum": 5 } } },
                },
                "additionalProperties": false,
            },
            "required": ["flavor"],
        }),
        json!({ "flavor": "promote", "times": 1, "tasks": ["text"], "requests": [{ "n": 5 }] }),
    );
    check(json!({ "type": "object", "properties": {} }), json!({}));
}

#[test]
fn examples_are_valid() {
    check(json!({ "type": "string", "minLength": 6, "maxLength": 7 }), json!("textxx"));
    check(json!({ "maxLength": 2 }), json!("te"));
    check(json!({ "type": "string", "pattern": "^[0-9]+\\.[0-9]+$", "minLength": 5 }), json!("00.00"));
    check(json!({ "type": "string", "format": "date-time" }), json!("2026-01-31T12:00:00Z"));
    check(json!({ "type": "string", "examples": ["one", "two"] }), json!("one"));
    check(json!({ "const": [1] }), json!([1]));
    check(json!({ "type": "integer", "exclusiveMinimum": 4, "multipleOf": 3 }), json!(6));
    check(json!({ "type": "integer", "maximum": -5 }), json!(-5));
    check(json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1 }), json!(0.05));
    check(json!({ "type": ["null", "boolean"] }), json!(false));
    check(json!({ "type": "null" }), json!(null));
    check(
        json!({ "type": "array", "minItems": 3, "uniqueItems": true, "items": { "enum": ["a", "b", "c"] } }),
        json!(["a", "b", "c"]),
    );
    check(
        json!({ "type": "array", "minItems": 2, "uniqueItems": true, "items": { "type": "integer" } }),
        json!([1, 2]),
    );
    check(json!({ "type": "array", "maxItems": 0, "items": {} }), json!([]));
    check(json!({ "type": "array", "items": [{ "const": 1 }, { "const": "x" }] }), json!([1, "x"]));
    check(json!({ "oneOf": [{ "type": "string", "minLength": 5 }, { "type": "integer" }] }), json!("textx"));
    check(json!({ "allOf": [{ "minimum": 3 }, { "maximum": 3 }] }), json!(3));
    check(
        json!({ "type": "object", "required": ["a"], "additionalProperties": { "type": "boolean" } }),
        json!({ "a": false }),
    );
    check(json!({ "type": "object", "minProperties": 1 }), json!({ "key1": "text" }));
    // Defaults may be there to be replaced, which release promotion has.
    check(json!({ "default": "<REPLACE ME>", "enum": ["promote", "ship"] }), json!("promote"));
    check(json!({ "type": "integer", "default": 0, "minimum": 1 }), json!(1));
    // Not all keys may be there.
    check(
        json!({ "type": "object", "properties": { "a": { "const": 1 }, "b": { "const": 2 } }, "maxProperties": 1, "required": ["b"] }),
        json!({ "b": 2 }),
    );
    // Of alternatives, the first ones may be impossible.
    check(json!({ "anyOf": [false, { "type": "integer", "minimum": 2 }] }), json!(2));
    check(
        json!({ "properties": { "a": { "$ref": "#/definitions/a" } }, "definitions": { "a": { "const": 5 } } }),
        json!({ "a": 5 }),
    );
    check(json!(true), json!("text"));
}

#[test]
fn what_cannot_be_has_no_example() {
    for schema in [
        json!(false),
        json!({ "type": "string", "minLength": 5, "maxLength": 4 }),
        json!({ "type": "integer", "minimum": 2, "maximum": 1 }),
    ] {
        assert_eq!(InputSchema::new(&schema).unwrap().example(), None);
    }
}
