//! A callback as its file has it, and the graphs that it builds on.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value};
use taskgraph_fixtures::{Expected, Fixture, Run};

use super::DECISION;

pub(super) fn read(fixture: &Fixture, name: &str) -> Value {
    let path = fixture.folder().join("callbacks").join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub(super) fn golden(fixture: &Fixture, name: &str) -> String {
    let path = fixture.folder().join("expected-callbacks").join(format!("{name}.json"));
    fs::read_to_string(path).unwrap()
}

/// `task:LABEL` stands for a taskId.
pub(super) fn with_ids(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    let text =
        |text: &str| text.strip_prefix("task:").map_or_else(|| text.to_owned(), |label| ids[label].clone());
    match value {
        Value::String(string) => text(string).into(),
        Value::Array(items) => items.iter().map(|item| with_ids(item, ids)).collect(),
        Value::Object(map) => map.iter().map(|(key, item)| (text(key), with_ids(item, ids))).collect(),
        other => other.clone(),
    }
}

/// A callback as its file has it.
pub(super) struct Case<'a> {
    pub(super) ids: &'a BTreeMap<String, String>,
    pub(super) values: Value,
}

impl Case<'_> {
    pub(super) fn map(&self, key: &str) -> Map<String, Value> {
        self.values.get(key).map_or_else(Map::new, |value| value.as_object().unwrap().clone())
    }

    pub(super) fn task_id(&self) -> Option<&str> {
        let task = self.values.get("task")?.as_str().unwrap();
        Some(self.ids.get(task).map_or(task, String::as_str))
    }

    /// All tasks that somebody may look at.
    pub(super) fn tasks(&self) -> Vec<String> {
        let mut tasks: Vec<String> = self.task_id().map(str::to_owned).into_iter().collect();
        for key in ["artifacts", "tasks", "states"] {
            tasks.extend(self.map(key).keys().cloned());
        }
        for list in self.map("lists").values().chain(self.values.get("incomplete")) {
            tasks.extend(list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        tasks.retain(|task| task != DECISION);
        tasks.sort();
        tasks.dedup();
        tasks
    }
}

/// What a decision left: the text of its full graph, the taskIds of labels, and parameters.
pub(super) struct Decision {
    pub(super) full: String,
    pub(super) ids: BTreeMap<String, String>,
    pub(super) parameters: taskgraph_value::Value,
}

impl Decision {
    pub(super) fn of(run: &Run, expected: &Expected) -> Decision {
        Decision {
            full: expected.file("full.json").unwrap(),
            ids: expected.label_to_taskid().unwrap(),
            parameters: run.generator().session().parameters.values().clone().into(),
        }
    }

    /// Its artifacts by name.
    pub(super) fn artifacts(&self) -> Described {
        let labels = serde_json::to_string(&self.ids).unwrap();
        let parameters = taskgraph_config::yaml::write_unicode(&self.parameters);
        described([self.full.clone(), labels, parameters])
    }
}

/// The texts of the artifacts that describe a graph, by name.
pub(super) type Described = BTreeMap<&'static str, String>;

pub(super) fn described(texts: [String; 3]) -> Described {
    ["full-task-graph.json", "label-to-taskid.json", "parameters.yml"].into_iter().zip(texts).collect()
}
