//! Input: defaults, and what is wrong with it.

use taskgraph_actions::{Action, InputError, InputSchema, SchemaDocuments, SchemaError};
use taskgraph_value::{Value, map};

use crate::support::json;

#[track_caller]
fn schema(schema: Value) -> InputSchema {
    InputSchema::new(&schema).unwrap()
}

#[track_caller]
fn takes(schema: Value, input: Value, result: Value) {
    assert_eq!(self::schema(schema).validate(Some(&input)).unwrap(), result);
}

#[track_caller]
fn refuses(schema: Value, input: Value, messages: &[&str]) {
    let error = self::schema(schema).validate(Some(&input)).unwrap_err();
    let found: Vec<String> = error.violations().iter().map(ToString::to_string).collect();
    assert_eq!(found, messages, "{error}");
}

/// As the reference's retrigger action has it.
fn retrigger() -> Value {
    json!({
        "type": "object",
        "properties": {
            "downstream": { "type": "boolean", "description": "Also what needs it.", "default": false },
            "times": { "type": "integer", "default": 1, "minimum": 1, "maximum": 100, "title": "Times" },
        },
    })
}

#[test]
fn defaults_are_filled_in() {
    takes(retrigger(), json!({}), json!({ "downstream": false, "times": 1 }));
    takes(retrigger(), json!({ "times": 3 }), json!({ "times": 3, "downstream": false }));
    assert_eq!(schema(retrigger()).validate(None).unwrap(), json!({ "downstream": false, "times": 1 }));
    assert_eq!(schema(json!({ "default": 5 })).validate(None).unwrap(), json!(5));
    assert_eq!(schema(json!({})).validate(None).unwrap(), json!(null));
    let nested = json!({
        "properties": {
            "list": { "items": { "properties": { "x": { "default": 1 } } } },
            "pair": { "items": [{ "properties": { "y": { "default": 2 } } }] },
            "inner": { "default": {}, "properties": { "z": { "$ref": "#/definitions/z" } } },
            "other": { "properties": { "never": { "default": 4 } } },
        },
        "definitions": { "z": { "default": 3 } },
        "allOf": [{ "properties": { "all": { "default": true } } }],
        "anyOf": [{ "properties": { "any": { "default": true } } }],
    });
    takes(
        nested,
        json!({ "list": [{}, { "x": 5 }, 7], "pair": [{}, {}] }),
        json!({
            "list": [{ "x": 1 }, { "x": 5 }, 7], "pair": [{ "y": 2 }, {}], "inner": { "z": 3 }, "all": true,
        }),
    );
    // What is required may be filled in.
    let required = json!({ "type": "object", "properties": { "n": { "default": 1 } }, "required": ["n"] });
    assert_eq!(schema(required).validate(None).unwrap(), json!({ "n": 1 }));
}

#[test]
fn defaults_are_checked_as_well() {
    let odd = json!({ "properties": { "n": { "type": "integer", "default": "x" } } });
    refuses(odd, json!({}), &["`n`: expected an integer, found nothing"]);
}

#[test]
fn every_violation_is_listed() {
    refuses(
        json!({
            "type": "object",
            "properties": {
                "times": { "type": "integer", "minimum": 1, "maximum": 100 },
                "flavor": { "type": "string", "enum": ["promote", "push"] },
                "tasks": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" }, "minItems": 2 },
                "version": { "type": "string", "minLength": 1 },
                "exact": { "const": 7 },
            },
            "required": ["flavor", "revision"],
            "additionalProperties": false,
        }),
        json!({ "times": 0, "tasks": ["A"], "flavor": "ship", "version": "", "force": true, "exact": 8 }),
        &[
            "`revision`: missing",
            "`times`: expected at least 1, found the integer 0",
            "`tasks`: expected at least 2 items, found a list of 1",
            "`tasks.0`: expected something that matches the pattern \"^[a-z]+$\", found the string \"A\"",
            "`flavor`: expected one of \"promote\", \"push\", found the string \"ship\"",
            "`version`: expected at least 1 character, found the string \"\"",
            "`exact`: expected 7, found the integer 8",
            "`force`: unknown key",
        ],
    );
    refuses(json!(false), json!(1), &["expected nothing to be here, found the integer 1"]);
    refuses(
        json!({ "type": ["string", "null"] }),
        json!([]),
        &["expected null or a string, found an empty list"],
    );
    refuses(
        json!({ "not": {} }),
        json!(1),
        &["expected something that the schema does not forbid, found the integer 1"],
    );
    refuses(
        json!({ "format": "date" }),
        json!("x"),
        &["expected something of the format `date`, found the string \"x\""],
    );
    refuses(json!({ "multipleOf": 3 }), json!(4), &["expected a multiple of 3, found the integer 4"]);
    refuses(
        json!({ "anyOf": [{ "type": "string" }, { "type": "object", "required": ["a"] }] }),
        json!({}),
        &["`a`: missing"],
    );
    refuses(
        json!({ "oneOf": [{ "type": "string" }, { "type": "boolean" }] }),
        json!(1),
        &["expected one of the 2 forms that it can have, found the integer 1"],
    );
}

#[test]
fn without_a_schema_there_is_no_input() {
    let action = Action::task("a", "A", "a", map! {});
    let none = SchemaDocuments::default();
    assert_eq!(action.input(None, &none).unwrap(), Value::Null);
    assert_eq!(action.input(Some(&Value::Null), &none).unwrap(), Value::Null);
    assert!(matches!(action.input(Some(&json!({})), &none), Err(InputError::NotTaken { .. })));
}

#[test]
fn drafts_are_told_apart() {
    let old = json!({ "$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true });
    refuses(old, json!(1), &["expected more than 1, found the integer 1"]);
    let new = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "prefixItems": [{ "type": "string" }],
        "items": false,
        "$defs": { "x": {} },
    });
    assert!(schema(new).validate(Some(&json!(["a", 1]))).is_err());
    let error = InputSchema::new(&json!({ "$schema": "https://example.com/my" })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema refers to `https://example.com/my` as its own schema: expected draft 4, 6, 7, 2019-09 or 2020-12"
    );
    assert!(InputSchema::new(&json!({ "$schema": 5 })).is_err());
}

#[test]
fn references_lead_anywhere_within_the_schema() {
    let schema = json!({
        "$id": "https://example.com/own.json",
        "definitions": { "a b/c": { "type": "string" }, "$ref": { "type": "integer" }, "list": { "items": [{}, { "type": "null" }] } },
        "properties": {
            "text": { "$ref": "#/definitions/a%20b~1c" },
            "again": { "$ref": "https://example.com/own.json#/properties/text" },
            "$ref": { "$ref": "#/definitions/$ref" },
            "null": { "$ref": "#/definitions/list/items/1" },
            "data": { "enum": [{ "$ref": "#/nowhere" }], "default": { "$ref": "#/nowhere" } },
        },
    });
    takes(
        schema.clone(),
        json!({ "text": "a", "again": "b", "$ref": 5, "null": null }),
        json!({ "text": "a", "again": "b", "$ref": 5, "null": null, "data": { "$ref": "#/nowhere" } }),
    );
    refuses(
        schema,
        json!({ "text": 1, "again": 2, "$ref": "x", "null": 3 }),
        &[
            "`text`: expected a string, found the integer 1",
            "`again`: expected a string, found the integer 2",
            "`$ref`: expected an integer, found the string \"x\"",
            "`null`: expected null, found the integer 3",
        ],
    );
}

#[test]
fn references_that_lead_nowhere_are_errors() {
    for (reference, message) in [
        ("#/x", "the schema refers to `#/x`, which is not there"),
        ("#anchor", "the schema refers to `#anchor`, which is not there"),
        ("x.json", "expected a place within it"),
        ("http://example.com/x", "expected a place within it"),
        ("file:///etc/passwd", "expected a place within it"),
        ("#", "the schema refers to `#` in a circle"),
        ("#/%ff", "which is no UTF-8"),
        ("https://example.com/x", "refers to https://example.com/x, and nobody said that it may be fetched"),
    ] {
        let message_found =
            InputSchema::new(&json!({ "items": { "$ref": reference } })).unwrap_err().to_string();
        assert!(message_found.contains(message), "{message_found}");
    }
    assert!(InputSchema::new(&json!({ "items": { "$dynamicRef": "#x" } })).is_err());
    assert!(InputSchema::new(&json!({ "items": { "$id": "https://example.com/" } })).is_err());
}

#[test]
fn documents_are_fetched_if_that_is_wanted() {
    let schema = json!({ "properties": { "a": { "$ref": "https://a.example/x#/definitions/y" } } });
    let mut asked = Vec::new();
    let mut fetch = |url: &str, most: usize| {
        asked.push((url.to_owned(), most));
        Ok(match url {
            "https://a.example/x" => {
                r##"{"$id": "https://b.example/z", "definitions": {"y": {"$ref": "#/definitions/w"},
                    "w": {"items": {"$ref": "https://b.example/z#"}}}}"##
            }
            _ => r#"{"type": "string"}"#,
        }
        .to_owned())
    };
    let mut documents = SchemaDocuments::default();
    documents.complete(&schema, &mut fetch).unwrap();
    // What a document says its address is does not count.
    assert_eq!(asked, ["https://a.example/x", "https://b.example/z"].map(|url| (url.to_owned(), 1 << 20)));
    let schema = InputSchema::with_documents(&schema, &documents).unwrap();
    assert!(schema.validate(Some(&json!({ "a": ["x"] }))).is_ok());
    assert_eq!(
        schema.validate(Some(&json!({ "a": [5] }))).unwrap_err().violations()[0].to_string(),
        "`a.0`: expected a string, found the integer 5"
    );
}

#[test]
fn documents_that_cannot_be_had_are_errors() {
    let schema = json!({ "$ref": "https://a.example/x" });
    let get = |answer: Result<String, String>| {
        let mut fetch = |_: &str, _: usize| answer.clone();
        SchemaDocuments::default().complete(&schema, &mut fetch).unwrap_err().to_string()
    };
    assert_eq!(get(Err("gone".to_owned())), "the schema refers to https://a.example/x: gone");
    assert!(
        get(Ok("<html>".to_owned())).starts_with("the schema refers to https://a.example/x: it is no JSON")
    );
    assert!(get(Ok(" ".repeat((1 << 20) + 1))).ends_with("it is larger than 1 MiB"));
    // One that leads to the next, and so on.
    let mut number = 0;
    let mut fetch = |_: &str, _: usize| {
        number += 1;
        Ok(format!(r#"{{"$ref": "https://a.example/{number}"}}"#))
    };
    let error = SchemaDocuments::default().complete(&schema, &mut fetch).unwrap_err();
    assert!(
        matches!(&error, SchemaError::Fetch { problem, .. } if problem.contains("more than 16")),
        "{error}"
    );
    assert!(InputSchema::new(&json!({ "$ref": "https://a.example/x" })).is_err());
}

#[test]
fn broken_schemas_are_errors() {
    for (schema, place) in [
        (json!({ "properties": { "a": { "type": "pigeon" } } }), "`properties.a.type`"),
        (json!({ "items": 5 }), "`items`"),
        (json!({ "properties": [] }), "`properties`"),
        (json!({ "allOf": {} }), "`allOf`"),
        (json!({ "pattern": "(" }), "`pattern`"),
        (json!({ "required": "x" }), "`required`"),
    ] {
        let message = InputSchema::new(&schema).unwrap_err().to_string();
        assert!(message.starts_with("the schema is none: ") && message.contains(place), "{message}");
    }
    assert!(InputSchema::new(&json!(5)).is_err() && InputSchema::new(&json!(null)).is_err());
    assert!(InputSchema::new(&json!(true)).is_ok());
}

#[test]
fn fields_are_what_to_ask_for() {
    let schema = schema(json!({
        "type": "object",
        "properties": {
            "flavor": { "$ref": "#/definitions/flavor", "description": "Which." },
            "times": { "type": "integer", "default": 1, "title": "Times" },
            "force": { "type": "boolean", "default": false },
            "tasks": { "type": "array", "items": { "type": "string" } },
            "maybe": { "type": ["string", "null"] },
            "any": {},
            "additionalProperties": false,
        },
        "required": ["flavor"],
        "definitions": { "flavor": { "type": "string", "enum": ["promote", "push"], "description": "Other." } },
    }));
    let shown: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| {
            let choices: Vec<String> =
                field.choices.iter().map(|choice| taskgraph_value::json::compact(choice).unwrap()).collect();
            format!(
                "{} ({}): {} [{}] {:?} {}",
                field.name,
                field.shown_type(),
                field.description.as_deref().or(field.title.as_deref()).unwrap_or("-"),
                choices.join(" "),
                field.default.as_ref().map(|default| taskgraph_value::json::compact(default).unwrap()),
                field.required,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"flavor (a string): Which. ["promote" "push"] None true"#,
            r#"times (an integer): Times [] Some("1") false"#,
            r#"force (a boolean): - [true false] Some("false") false"#,
            r#"tasks (a list of strings): - [] None false"#,
            r#"maybe (a string or null): - [] None false"#,
            r#"any (anything): - [] None false"#,
        ]
    );
    assert!(schema.check_field("times", &5.into()).is_ok());
    assert!(schema.check_field("other", &5.into()).is_ok());
    assert_eq!(
        schema.check_field("flavor", &"ship".into()).unwrap_err().to_string(),
        "the input is not as the action wants it: `flavor`: expected one of \"promote\", \"push\", found the string \
         \"ship\""
    );
    let replaced =
        json!({ "properties": { "a": { "default": "<REPLACE ME>", "enum": ["b"] } }, "required": ["a"] });
    assert_eq!(self::schema(replaced).fields()[0].default, None);
    let whole = self::schema(json!({ "type": "string", "title": "Thing", "default": "x" })).fields();
    assert_eq!((whole.len(), whole[0].name.as_str(), whole[0].required), (1, "", true));
    assert_eq!(self::schema(json!({ "type": "object", "properties": {} })).fields(), []);
}
