//! Whether two definitions are of the same task.

use std::fmt;

use serde_json::{Map, Value, json};
use taskgraph_schema::one_line;

/// How much of a value is shown.
const SHOWN: usize = 300;

/// A field in which a task differs from what was rebuilt.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    /// Where it is: `payload.env.MOZ_BUILD`, `scopes[2]`.
    pub field: String,
    /// What was rebuilt; nothing if the field should not be there.
    pub expected: Option<Value>,
    /// What the task has; nothing if the field is missing.
    pub found: Option<Value>,
}

impl fmt::Display for FieldDifference {
    /// One line, without most of what is large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = one_line(&self.field);
        write!(f, "{field}: expected {}, found {}", shown(self.expected.as_ref()), shown(self.found.as_ref()))
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => one_line(&text).into_owned(),
        Some((at, _)) => format!("{}... ({} bytes)", one_line(&text[..at]), text.len()),
    }
}

/// Compares a rebuilt definition with the one of a task that ran, as scriptworker compares them; nothing if they agree.
///
/// Ignored are values that are null, empty lists or mappings, or the text `null`, and the `taskId` of the rebuilt one.
/// `provisionerId` and `workerType` are the same as their `taskQueueId`, a missing `projectId` is `none`. If
/// `payload.env.ACTION_TASK_GROUP_ID` is one of `groups` in both, it counts as the same. Numbers are equal if their values
/// are.
///
/// Nothing that the queue fills in is ignored otherwise: a template whose tasks are to be verified says it all.
///
/// ```
/// use serde_json::json;
/// use taskgraph_chain_of_trust::compare;
/// let rebuilt = json!({ "taskQueueId": "a/b", "scopes": ["x"], "tags": {} });
/// let running = json!({ "provisionerId": "a", "workerType": "b", "scopes": ["y"], "extra": null });
/// let differences = compare(&rebuilt, &running, &[]);
/// assert_eq!(differences.len(), 1);
/// assert_eq!(differences[0].to_string(), r#"scopes[0]: expected "x", found "y""#);
/// ```
pub fn compare(rebuilt: &Value, running: &Value, groups: &[&str]) -> Vec<FieldDifference> {
    let (mut rebuilt, running) = (normal(rebuilt, true), normal(running, false));
    let group = |task: &Map<String, Value>| {
        let group = task.get("payload")?.get("env")?.get("ACTION_TASK_GROUP_ID")?.as_str();
        group.filter(|group| groups.contains(group)).map(str::to_owned)
    };
    if let (Some(_), Some(found)) = (group(&rebuilt), group(&running)) {
        rebuilt["payload"]["env"]["ACTION_TASK_GROUP_ID"] = json!(found);
    }
    let mut found = Vec::new();
    maps(&rebuilt, &running, "", &mut found);
    found
}

/// The fields of a definition that agree with the one that ran, by their names; in the order of the one that ran.
pub(crate) fn agreed(running: &Value, differences: &[FieldDifference]) -> Vec<String> {
    let differs = |name: &str| {
        differences.iter().any(|difference| {
            let rest = difference.field.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    normal(running, false).into_iter().map(|(name, _)| name).filter(|name| !differs(name)).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text == "null",
        _ => false,
    }
}

/// Without what is empty. What only becomes empty by that stays, as it does there.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            items.iter().filter(|item| !is_empty(item)).map(without_empty).collect::<Vec<_>>().into()
        }
        Value::Object(map) => Value::Object(map_without_empty(map)),
        other => other.clone(),
    }
}

fn map_without_empty(map: &Map<String, Value>) -> Map<String, Value> {
    let kept = map.iter().filter(|(_, value)| !is_empty(value));
    kept.map(|(key, value)| (key.clone(), without_empty(value))).collect()
}

fn normal(task: &Value, rebuilt: bool) -> Map<String, Value> {
    let mut task = task.as_object().map(map_without_empty).unwrap_or_default();
    if rebuilt {
        task.remove("taskId");
    }
    task.entry("projectId").or_insert_with(|| json!("none"));
    let (provisioner, worker) = (task.remove("provisionerId"), task.remove("workerType"));
    if !task.contains_key("taskQueueId")
        && let (Some(Value::String(provisioner)), Some(Value::String(worker))) = (&provisioner, &worker)
    {
        task.insert("taskQueueId".to_owned(), json!(format!("{provisioner}/{worker}")));
    }
    task
}

fn maps(
    rebuilt: &Map<String, Value>,
    running: &Map<String, Value>,
    at: &str,
    found: &mut Vec<FieldDifference>,
) {
    let keys = rebuilt.keys().chain(running.keys().filter(|key| !rebuilt.contains_key(*key)));
    for key in keys {
        let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let field = match (at, is_name && !key.is_empty()) {
            ("", true) => key.clone(),
            (_, true) => format!("{at}.{key}"),
            (_, false) => format!("{at}[{}]", json!(key)),
        };
        values(rebuilt.get(key), running.get(key), field, found);
    }
}

fn values(rebuilt: Option<&Value>, running: Option<&Value>, field: String, found: &mut Vec<FieldDifference>) {
    match (rebuilt, running) {
        (Some(Value::Object(rebuilt)), Some(Value::Object(running))) => maps(rebuilt, running, &field, found),
        (Some(Value::Array(rebuilt)), Some(Value::Array(running))) => {
            for at in 0..rebuilt.len().max(running.len()) {
                values(rebuilt.get(at), running.get(at), format!("{field}[{at}]"), found);
            }
        }
        (Some(Value::Number(rebuilt)), Some(Value::Number(running)))
            if rebuilt == running
                || ((rebuilt.is_f64() || running.is_f64()) && rebuilt.as_f64() == running.as_f64()) => {}
        (rebuilt, running) if rebuilt == running => {}
        (expected, running) => {
            found.push(FieldDifference { field, expected: expected.cloned(), found: running.cloned() })
        }
    }
}

#[cfg(test)]
mod tests;
