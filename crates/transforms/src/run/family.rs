//! Families of tasks that are to be run.

use taskgraph_kinds::{Description, KindContext, Problem};
use taskgraph_value::{Map, Value};

use super::describe::RunUsing;
use crate::family::{Kinship, both_texts, changed, is_alike, is_env_alike, pass_env_on, replace};

/// Tasks that differ in label, description, attributes, Treeherder symbol, a command that is one text, and environment.
pub(super) struct RunKinship;

/// What stays as it is.
const PASSED_ON: [&str; 4] = ["label", "description", "attributes", "treeherder"];

impl Kinship for RunKinship {
    fn is_like(&self, first: &Map, task: &Map) -> bool {
        is_alike(first, task, |key, first, task| match (key, first, task) {
            ("label" | "description", first, task) => both_texts(first, task),
            ("attributes" | "treeherder", Value::Map(_), Value::Map(_)) => true,
            ("run", Value::Map(first), Value::Map(task)) => {
                is_alike(first, task, |key, first, task| key == "command" && both_texts(first, task))
            }
            ("worker", Value::Map(first), Value::Map(task)) => {
                is_alike(first, task, |key, first, task| key == "env" && is_env_alike(first, task))
            }
            _ => false,
        })
    }

    fn is_known(&self, kind: &KindContext<'_>, first: &Map) -> bool {
        let text = |map: &str, key: &str| first.get_map(map)?.get_str(key);
        let Some((using, implementation)) = text("run", "using").zip(text("worker", "implementation")) else {
            return false;
        };
        // What it may fetch from its own kind depends on its place there, which is the same for neighbours.
        let handler = kind.registry.get::<dyn RunUsing>(&format!("{using}/{implementation}"));
        handler.is_ok_and(|handler| handler.passes_on(implementation))
    }

    fn derive(
        &self,
        _: &KindContext<'_>,
        first: &Map,
        made: &Description,
        tasks: &[Description],
    ) -> Result<Vec<Description>, Problem> {
        let derive = |task: &Description| {
            let mut fields = made.fields.clone();
            for key in PASSED_ON {
                if let Some(value) = task.get(key) {
                    replace(&mut fields, &[key], value.clone());
                }
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
