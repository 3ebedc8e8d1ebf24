//! Families of tasks that are to be run.

use taskgraph_kinds::{Description, Error, KindContext};
use taskgraph_value::{Map, Value};

use super::describe::RunUsing;
use super::label_of;
use crate::{
    family::{Kinship, both_texts, changed, differs, is_env_alike, pass_env_on, replace},
    worker_types::{Implementation, implementation},
};

/// Tasks that differ in name, label, description, attributes, Treeherder symbol, a command that is one text, and
/// environment.
pub(super) struct RunKinship;

/// What stays as it is.
const PASSED_ON: [&str; 3] = ["description", "attributes", "treeherder"];

impl Kinship for RunKinship {
    fn is_like(&self, first: &Map, task: &Map) -> bool {
        first.is_but_for(task, |key, first, task| match (key, first, task) {
            ("label" | "description", first, task) => both_texts(first, task),
            ("name", Value::Str(first), Value::Str(task)) => !first.is_empty() && !task.is_empty(),
            ("attributes", Value::Map(_), Value::Map(_)) => true,
            ("treeherder", Value::Map(first), Value::Map(task)) => {
                first.is_but_for(task, |key, first, task| key == "symbol" && both_texts(first, task))
            }
            ("run", Value::Map(first), Value::Map(task)) => {
                first.is_but_for(task, |key, first, task| key == "command" && both_texts(first, task))
            }
            ("worker", Value::Map(first), Value::Map(task)) => {
                first.is_but_for(task, |key, first, task| key == "env" && is_env_alike(first, task))
            }
            _ => false,
        })
    }

    fn is_known(&self, kind: &KindContext<'_>, first: &Map) -> bool {
        let using = first.get_map("run").and_then(|run| run.get_str("using"));
        let worker_type = first.get_str("worker-type");
        let worker = worker_type.and_then(|worker_type| implementation(kind, worker_type).ok());
        let Some((using, Implementation { name, .. })) = using.zip(worker) else { return false };
        // From tasks of its own kind a task may fetch what comes before it, and what comes before the first comes before
        // the others.
        let handler = kind.registry.get::<dyn RunUsing>(&format!("{using}/{name}"));
        handler.is_ok_and(|handler| handler.passes_on(&name))
    }

    fn derive(
        &self,
        kind: &KindContext<'_>,
        first: &Map,
        made: &Description,
        tasks: &[Description],
    ) -> Result<Vec<Description>, Error> {
        let derive = |task: &Description| {
            let mut fields = made.fields.clone();
            if let Ok(label) = label_of(kind, task) {
                replace(&mut fields, &["label"], label);
            }
            for key in PASSED_ON.into_iter().filter(|key| differs(first, task, key)) {
                replace(&mut fields, &[key], task.get(key).cloned().unwrap_or_default());
            }
            if let Some(Value::Map(worker)) = fields.get_mut("worker") {
                pass_env_on(first, task, worker);
                if let Some(command) = changed(first, task, "run", "command")
                    && let Some(Value::List(words)) = worker.get_mut("command")
                    && let Some(last) = words.last_mut()
                {
                    *last = command.clone();
                }
            }
            Description { fields, origin: task.origin.clone() }
        };
        Ok(tasks.iter().map(derive).collect())
    }
}
