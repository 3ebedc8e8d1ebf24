//! What arguments, query options and bodies have to look like.

mod arguments;
mod limits;
mod violations;

use std::{collections::HashMap, sync::LazyLock};

use jsonschema::Validator;
use serde_json::Value;

pub(crate) use self::{
    arguments::{check_arguments, is_index_path},
    limits::{check_payload, compile},
};
use crate::error::ApiError;

/// The body of one method.
struct Body {
    /// As the services call it.
    name: String,
    schema: Value,
    validator: Validator,
}

/// By service and method, each compiled once. The file holds what they share apart.
static BODIES: LazyLock<HashMap<String, Body>> = LazyLock::new(|| {
    let mut document = serde_json::from_str::<Value>(include_str!("schema/bodies.json")).unwrap_or_default();
    let definitions = document["definitions"].take();
    let Value::Object(bodies) = document["bodies"].take() else { return HashMap::new() };
    bodies
        .into_iter()
        .filter_map(|(key, mut body)| {
            let mut schema = body["schema"].take();
            schema["definitions"] = definitions.clone();
            let validator =
                jsonschema::draft7::options().should_validate_formats(true).build(&schema).ok()?;
            Some((key, Body { name: body["name"].as_str()?.to_owned(), schema, validator }))
        })
        .collect()
});

/// Fills in what a body leaves out, then checks it. Methods without a schema take anything.
///
/// # Errors
///
/// 400 InputValidationError, with all violations.
pub(crate) fn check_body(service: &str, method: &str, body: &mut Value) -> Result<(), ApiError> {
    let Some(known) = BODIES.get(&format!("{service}/{method}")) else { return Ok(()) };
    fill_in(&known.schema, body);
    if known.validator.is_valid(body) {
        return Ok(());
    }
    Err(ApiError::input_validation(format!(
        "\nSchema Validation Failed!\nRejecting Schema: /schemas/{service}/v1/{}.json#\nErrors:\n  * {}",
        known.name,
        violations::list(&known.validator, body).join("\n  * ")
    )))
}

/// Adds the defaults of a schema where a value has nothing.
fn fill_in(schema: &Value, value: &mut Value) {
    let (Some(properties), Value::Object(object)) = (schema["properties"].as_object(), value) else { return };
    for (key, schema) in properties {
        match object.get_mut(key) {
            Some(value) => fill_in(schema, value),
            None => {
                if let Some(default) = schema.get("default") {
                    object.insert(key.clone(), default.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
