//! Families of task descriptions.

use taskgraph_kinds::{Description, Error, KindContext};
use taskgraph_value::{Map, Value};

use super::build::{Run, set_attributes};
use super::payload::PayloadBuilder;
use super::treeherder::group_and_symbol;
use crate::{
    family::{Kinship, both_texts, changed, differs, is_command_alike, is_env_alike, pass_env_on, replace},
    worker_types::implementation,
};

/// Task descriptions that differ in label, description, attributes, Treeherder symbol, command and environment.
pub(super) struct TaskKinship;

impl Kinship for TaskKinship {
    fn is_like(&self, first: &Map, task: &Map) -> bool {
        first.is_but_for(task, |key, first, task| match (key, first, task) {
            ("label" | "description", first, task) => both_texts(first, task),
            ("attributes", Value::Map(_), Value::Map(_)) => true,
            ("treeherder", Value::Map(first), Value::Map(task)) => {
                first.is_but_for(task, |key, _, _| key == "symbol")
                    && match (group_and_symbol(first), group_and_symbol(task)) {
                        (Some((first, _)), Some((group, _))) => first == group,
                        _ => false,
                    }
            }
            ("worker", Value::Map(first), Value::Map(task)) => {
                first.is_but_for(task, |key, first, task| match key {
                    "command" => is_command_alike(first, task),
                    "env" => is_env_alike(first, task),
                    _ => false,
                })
            }
            _ => false,
        })
    }

    fn is_known(&self, kind: &KindContext<'_>, first: &Map) -> bool {
        let worker = first.get_map("worker");
        let name = match worker.and_then(|worker| worker.get_str("implementation")) {
            Some(name) => Some(name.clone()),
            None => first
                .get_str("worker-type")
                .and_then(|worker_type| implementation(kind, worker_type).ok())
                .map(|found| found.name),
        };
        let builder = name.and_then(|name| kind.registry.get::<dyn PayloadBuilder>(&name).ok());
        first.contains_key("label")
            && !first.is_true("index")
            // It may depend on an attribute.
            && !matches!(first.get("run-on-projects"), Some(Value::Map(_)))
            && builder.is_some_and(|builder| builder.passes_on())
    }

    fn derive(
        &self,
        kind: &KindContext<'_>,
        first: &Map,
        made: &Description,
        tasks: &[Description],
    ) -> Result<Vec<Description>, Error> {
        let run = Run::of(kind).map_err(Error::new)?;
        let derive = |task: &Description| {
            let mut fields = made.fields.clone();
            let label = task.get("label").cloned().unwrap_or_default();
            let described = task.get_str("description").filter(|_| differs(first, task, "description"));
            if let Some(Value::Map(definition)) = fields.get_mut("task") {
                replace(definition, &["metadata", "name"], label.clone());
                replace(definition, &["tags", "label"], label.clone());
                if let Some(description) = described {
                    let shown = definition.get_map("extra").is_some_and(|extra| extra.is_true("treeherder"));
                    replace(definition, &["metadata", "description"], run.description(description, shown));
                }
                if changed(first, task, "treeherder", "symbol").is_some()
                    && let Some((_, symbol)) = task.get_map("treeherder").and_then(group_and_symbol)
                {
                    replace(definition, &["extra", "treeherder", "symbol"], symbol);
                }
                if let Some(Value::Map(payload)) = definition.get_mut("payload") {
                    pass_env_on(first, task, payload);
                    if let Some(command) = changed(first, task, "worker", "command") {
                        replace(payload, &["command"], command.clone());
                    }
                }
            }
            replace(&mut fields, &["label"], label);
            if let Some(description) = described {
                replace(&mut fields, &["description"], description);
            }
            if let Some(Value::Map(attributes)) = task.get("attributes") {
                let mut attributes = attributes.clone();
                set_attributes(task, &mut attributes);
                replace(&mut fields, &["attributes"], attributes);
            }
            Description { fields, origin: task.origin.clone() }
        };
        Ok(tasks.iter().map(derive).collect())
    }
}
