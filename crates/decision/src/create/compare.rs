//! Whether a task that exists is the one that we would create.

use std::fmt;

use chrono::DateTime;
use serde_json::{Map, Value, json};
use taskgraph_schema::one_line;

/// The first place in which two definitions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The keys that lead to it, joined by dots.
    pub key: String,
    /// What we have there, as JSON; `nothing` for no such key. Long values are cut.
    pub ours: String,
    /// What the queue has there.
    pub theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { key, ours, theirs } = self;
        write!(f, "`{}` is {} there and {} here", one_line(key), one_line(theirs), one_line(ours))
    }
}

/// Times that differ each time a task is created.
const TIMES: [&str; 3] = ["created", "deadline", "expires"];
const RELATIVE: &str = "relative-datestamp";
/// The longest value that is shown whole, in characters.
const SHOWN: usize = 120;

/// The first difference between a definition that may have `relative-datestamp`s and one that the queue has, apart from
/// times and from what the queue fills in. Keys are looked at in their order in the alphabet.
pub(crate) fn difference(ours: &Value, theirs: &Value) -> Option<Difference> {
    let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else {
        return Some(differ("", Some(ours), Some(theirs)));
    };
    let (ours, theirs) = (completed(ours), completed(theirs));
    of_maps("", &ours, &theirs)
}

/// A definition with what the queue fills in, and without its own times.
fn completed(definition: &Map<String, Value>) -> Map<String, Value> {
    let mut map = definition.clone();
    map.retain(|key, _| !TIMES.contains(&key.as_str()));
    let text = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (provisioner, worker) = (text(&map, "provisionerId"), text(&map, "workerType"));
    let queue = text(&map, "taskQueueId");
    if let Some((provisioner, worker)) = queue.split_once('/') {
        map.insert("provisionerId".to_owned(), provisioner.into());
        map.insert("workerType".to_owned(), worker.into());
    } else if !provisioner.is_empty() {
        map.insert("taskQueueId".to_owned(), format!("{provisioner}/{worker}").into());
    }
    for (key, default) in [
        ("schedulerId", json!("-")),
        ("projectId", json!("none")),
        ("dependencies", json!([])),
        ("requires", json!("all-completed")),
        ("routes", json!([])),
        ("priority", json!("lowest")),
        ("retries", json!(5)),
        ("scopes", json!([])),
        ("tags", json!({})),
        ("extra", json!({})),
    ] {
        map.entry(key).or_insert(default);
    }
    if map.get("priority").is_some_and(|priority| priority == "normal") {
        map.insert("priority".to_owned(), "lowest".into());
    }
    map
}

fn of_values(path: &str, ours: &Value, theirs: &Value) -> Option<Difference> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            if let Some(texts) = relative(ours) {
                // The texts are keys.
                let times =
                    texts.as_object().map_or(0, Map::len) == theirs.len() && theirs.keys().all(is_time);
                return (!times).then(|| differ(path, Some(&ours[RELATIVE]), Some(&theirs.clone().into())));
            }
            of_maps(path, ours, theirs)
        }
        (Value::Object(ours), Value::String(text)) if relative(ours).is_some_and(Value::is_string) => {
            (!is_time(text)).then(|| differ(path, Some(&ours[RELATIVE]), Some(theirs)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let count = ours.len().max(theirs.len());
            (0..count).find_map(|at| of_places(&below(path, &at.to_string()), ours.get(at), theirs.get(at)))
        }
        // JavaScript has one sort of number.
        (Value::Number(a), Value::Number(b)) if a == b || a.as_f64() == b.as_f64() => None,
        _ => (ours != theirs).then(|| differ(path, Some(ours), Some(theirs))),
    }
}

fn of_maps(path: &str, ours: &Map<String, Value>, theirs: &Map<String, Value>) -> Option<Difference> {
    let mut keys: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().find_map(|key| of_places(&below(path, key), ours.get(key), theirs.get(key)))
}

fn of_places(path: &str, ours: Option<&Value>, theirs: Option<&Value>) -> Option<Difference> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => of_values(path, ours, theirs),
        _ => Some(differ(path, ours, theirs)),
    }
}

fn relative(map: &Map<String, Value>) -> Option<&Value> {
    if map.len() == 1 { map.get(RELATIVE) } else { None }
}

fn is_time(text: impl AsRef<str>) -> bool {
    DateTime::parse_from_rfc3339(text.as_ref()).is_ok()
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn differ(path: &str, ours: Option<&Value>, theirs: Option<&Value>) -> Difference {
    let shown = |value: Option<&Value>| {
        let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    };
    let key = if path.is_empty() { "the definition".to_owned() } else { path.to_owned() };
    Difference { key, ours: shown(ours), theirs: shown(theirs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({
            "provisionerId": "p", "workerType": "w", "schedulerId": "s", "taskGroupId": "g",
            "created": {"relative-datestamp": "0 seconds"}, "deadline": {"relative-datestamp": "1 day"},
            "payload": {
                "command": ["a", "b"], "maxRunTime": 60,
                "artifacts": {"public": {"expires": {"relative-datestamp": "1 month"}}},
            },
            "metadata": {"name": "build"},
        })
    }

    /// As the queue keeps it.
    fn kept() -> Value {
        json!({
            "taskQueueId": "p/w", "provisionerId": "p", "workerType": "w", "schedulerId": "s", "projectId": "none",
            "taskGroupId": "g", "dependencies": [], "requires": "all-completed", "routes": [],
            "priority": "lowest", "retries": 5, "scopes": [], "tags": {}, "extra": {},
            "created": "2026-01-01T00:00:00.000Z", "deadline": "2026-01-02T00:00:00.000Z",
            "expires": "2027-01-02T00:00:00.000Z",
            "payload": {
                "artifacts": {"public": {"expires": "2026-02-01T00:00:00.000Z"}},
                "command": ["a", "b"], "maxRunTime": 60.0,
            },
            "metadata": {"name": "build"},
        })
    }

    #[track_caller]
    fn check(pointer: &str, value: Value, expected: &str) {
        let mut theirs = kept();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match theirs.pointer_mut(parent).unwrap() {
            Value::Array(list) => list.push(value),
            map => map[key] = value,
        }
        let found = difference(&definition(), &theirs).map(|difference| difference.to_string());
        assert_eq!(found.unwrap_or_default(), expected);
    }

    #[test]
    fn times_and_defaults_make_no_difference() {
        assert_eq!(difference(&definition(), &kept()), None);
        check("/created", json!("2020-01-01T00:00:00.000Z"), "");
        check("/payload/artifacts/public/expires", json!("2030-01-01T00:00:00.000Z"), "");
        let ours = json!({"taskQueueId": "p/w", "priority": "normal"});
        let theirs = json!({"provisionerId": "p", "workerType": "w", "priority": "lowest", "retries": 5});
        assert_eq!(difference(&ours, &theirs), None);
    }

    #[test]
    fn everything_else_does() {
        check("/priority", json!("high"), "`priority` is \"high\" there and \"lowest\" here");
        check("/payload/command/-", json!("c"), "`payload.command.2` is \"c\" there and nothing here");
        check("/payload/maxRunTime", json!(61), "`payload.maxRunTime` is 61 there and 60 here");
        check("/payload/env", json!({"A": "1"}), "`payload.env` is {\"A\":\"1\"} there and nothing here");
        check(
            "/payload/artifacts/public/expires",
            json!("never"),
            "`payload.artifacts.public.expires` is \"never\" there and \"1 month\" here",
        );
        check("/unheard", json!(1), "`unheard` is 1 there and nothing here");
        let long = "x".repeat(200);
        let shown = format!("\"{}...", "x".repeat(119));
        check("/metadata/name", json!(long), &format!("`metadata.name` is {shown} there and \"build\" here"));
        assert!(difference(&definition(), &json!([])).is_some());
    }

    #[test]
    fn relative_times_may_be_keys() {
        let ours = json!({"extra": {"relative-datestamp": {"1 day": 1}}});
        assert_eq!(difference(&ours, &json!({"extra": {"2026-01-01T00:00:00.000Z": 1}})), None);
        assert!(difference(&ours, &json!({"extra": {"a": 1}})).is_some());
    }
}
