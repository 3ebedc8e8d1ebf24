//! Between the values of this workspace and those of the validator.

use serde_json::Value as Json;
use taskgraph_value::Value;

/// As the validator needs it. Integers beyond 64 bits become floating point numbers. The depth has been checked.
pub(crate) fn to_json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

pub(crate) fn from_json(value: &Json) -> Value {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
