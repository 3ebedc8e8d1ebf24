//! Schemas that users bring: checked so that neither they nor what they are applied to take down the cluster.

use std::collections::HashMap;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::violations;

/// Subschemas, each counted as often as references lead to it.
const MOST_SUBSCHEMAS: u64 = 20_000;
/// Within each other, references followed.
const DEEPEST: usize = 128;
/// Subschemas times bytes of the value.
const MOST_WORK: u64 = 200_000_000;

/// Checks what a hook is triggered with against the schema of the hook.
///
/// # Errors
///
/// What is wrong: with the payload, or with the schema.
pub(crate) fn check_payload(schema: &Value, payload: &Value) -> Result<(), String> {
    let validator = compile(schema)?;
    let work = expanded_size(schema)?.saturating_mul(payload.to_string().len() as u64);
    if work > MOST_WORK {
        return Err("the payload is too large to be checked against a schema of this size".to_owned());
    }
    if validator.is_valid(payload) {
        return Ok(());
    }
    Err(violations::list(&validator, payload).join("; "))
}

/// Compiles a schema, if it is one.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    expanded_size(schema)?;
    jsonschema::options()
        .should_validate_formats(true)
        .with_draft(jsonschema::Draft::Draft7)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(20_000).size_limit(1 << 20))
        .build(schema)
        .map_err(|error| format!("{} {error}", error.instance_path()))
}

/// How many subschemas there are when every reference is replaced by what it refers to.
///
/// # Errors
///
/// A reference to elsewhere, into nothing, or in a circle (which could be followed forever); and too many subschemas.
fn expanded_size(schema: &Value) -> Result<u64, String> {
    let mut sizes = HashMap::new();
    let size = size(schema, schema, 0, &mut sizes)?;
    if size > MOST_SUBSCHEMAS {
        return Err(format!(
            "the schema has more than {MOST_SUBSCHEMAS} parts when its references are followed"
        ));
    }
    Ok(size)
}

/// `sizes` holds what references stand for; nothing for one that is being followed.
fn size<'s>(
    root: &'s Value,
    part: &'s Value,
    depth: usize,
    sizes: &mut HashMap<&'s str, Option<u64>>,
) -> Result<u64, String> {
    if depth > DEEPEST {
        return Err(format!("the schema is more than {DEEPEST} deep when its references are followed"));
    }
    let mut total = 1_u64;
    match part {
        Value::Object(map) => {
            for (key, value) in map {
                total = total.saturating_add(match (key.as_str(), value) {
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(target)) => {
                        referred(root, target, depth, sizes)?
                    }
                    // An id would change what the references below it refer to.
                    ("$id", Value::String(id)) if id.starts_with('#') || part != root => {
                        return Err(format!("the schema has an id, {id}, that is not its own"));
                    }
                    _ => size(root, value, depth + 1, sizes)?,
                });
            }
        }
        Value::Array(list) => {
            for value in list {
                total = total.saturating_add(size(root, value, depth + 1, sizes)?);
            }
        }
        _ => {}
    }
    Ok(total)
}

fn referred<'s>(
    root: &'s Value,
    target: &'s str,
    depth: usize,
    sizes: &mut HashMap<&'s str, Option<u64>>,
) -> Result<u64, String> {
    // The published meta-schemas come with the validator, and are no more than this.
    if target.starts_with("http://json-schema.org/") {
        return Ok(1000);
    }
    match sizes.get(target) {
        Some(Some(known)) => return Ok(*known),
        Some(None) => return Err(format!("the schema refers to {target} in a circle")),
        None => {}
    }
    let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
    let found = found.ok_or_else(|| format!("the schema refers to {target}, which it does not have"))?;
    sizes.insert(target, None);
    let known = size(root, found, depth + 1, sizes)?;
    sizes.insert(target, Some(known));
    Ok(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn payloads_are_checked() {
        let schema =
            json!({ "type": "object", "required": ["a"], "properties": { "b": { "type": "string" } } });
        assert_eq!(check_payload(&schema, &json!({ "a": 1 })), Ok(()));
        assert_eq!(
            check_payload(&schema, &json!({ "b": 1 })).unwrap_err(),
            "data must have required property 'a'; data/b must be string"
        );
    }

    #[test]
    fn references_within_a_schema_are_followed() {
        let schema = json!({
            "definitions": { "a": { "type": "string" }, "b": { "$ref": "#/definitions/a" } },
            "properties": { "x": { "$ref": "#/definitions/b" }, "y": { "$ref": "#/definitions/b" } },
        });
        assert_eq!(check_payload(&schema, &json!({ "x": "1", "y": "2" })), Ok(()));
        assert!(check_payload(&schema, &json!({ "x": 1 })).is_err());
    }

    #[test]
    fn schemas_that_could_run_forever_are_refused() {
        let message = |schema: Value| check_payload(&schema, &json!({})).unwrap_err();
        assert!(message(json!({ "$ref": "#" })).contains("in a circle"));
        assert!(message(json!({ "anyOf": [{ "$ref": "#" }] })).contains("in a circle"));
        assert!(message(json!({ "$ref": "https://example.com/x.json" })).contains("does not have"));
        assert!(message(json!({ "$ref": "#/nowhere" })).contains("does not have"));
        let mut definitions = serde_json::Map::new();
        for level in 0..60 {
            let next = json!({ "$ref": format!("#/definitions/{}", level + 1) });
            definitions.insert(level.to_string(), json!({ "anyOf": [next, next] }));
        }
        definitions.insert("60".to_owned(), json!({ "type": "string" }));
        let schema = json!({ "$ref": "#/definitions/0", "definitions": definitions });
        assert!(message(schema).contains("more than"));
    }

    #[test]
    fn schemas_may_be_deep_but_not_bottomless() {
        let mut definitions = serde_json::Map::new();
        for level in 0..100_000 {
            definitions.insert(level.to_string(), json!({ "$ref": format!("#/definitions/{}", level + 1) }));
        }
        let message = compile(&json!({ "$ref": "#/definitions/0", "definitions": definitions })).err();
        assert!(message.unwrap().contains("deep"));
        let mut schema = json!({ "type": "string" });
        let mut payload = json!("x");
        for _ in 0..60 {
            schema = json!({ "properties": { "a": schema } });
            payload = json!({ "a": payload });
        }
        assert_eq!(check_payload(&schema, &payload), Ok(()));
    }

    #[test]
    fn malformed_schemas_are_errors() {
        assert!(compile(&json!({ "type": "thing" })).is_err());
        assert!(compile(&json!({ "pattern": "(" })).is_err());
        assert!(compile(&json!({ "properties": 5 })).is_err());
        assert!(compile(&json!({ "pattern": "(((a{1000}){1000}){1000})" })).is_err());
        assert!(
            compile(&json!({ "pattern": "(" , "$schema": "http://json-schema.org/draft-07/schema#" }))
                .is_err()
        );
    }

    #[test]
    fn patterns_that_backtrack_come_to_an_end() {
        let schema = json!({ "properties": { "a": { "pattern": "^(?=(a+)+$)(a|aa)+$" } } });
        let payload = json!({ "a": format!("{}b", "a".repeat(10_000)) });
        assert!(check_payload(&schema, &payload).is_err());
    }
}
