//! Creating a task once more, maybe with all that depends on it.

use taskgraph_config::GraphConfig;
use taskgraph_graph::{Direction, TaskGraph};
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::{contexts, times, times_schema};
use crate::{About, Action, AnyError, Call, Creation, Declaring, Error, Round};

/// Two actions of one name: for tasks that are meant to be retriggered, and for all others, with a way to insist.
pub(super) struct Retrigger {
    /// For the others.
    pub(super) disabled: bool,
}

impl Action for Retrigger {
    fn about(&self) -> About {
        let about = |title, description| About::new("retrigger", title, "rt", description);
        if self.disabled {
            let description = "Create a clone of the task.\n\nThis type of task should typically be re-run instead \
                               of re-triggered.";
            About { order: 20, ..about("Retrigger (disabled)", description) }
        } else {
            About { order: 19, ..about("Retrigger", "Create a clone of the task.") }
        }
    }

    fn context(&self, _: &Declaring<'_>) -> Result<List, AnyError> {
        Ok(contexts([if self.disabled {
            Map::new()
        } else {
            map! { "retrigger" => "true" }
        }]))
    }

    fn schema(&self, _: &GraphConfig) -> Result<Option<Value>, AnyError> {
        let mut properties = map! {
            "downstream" => map! {
                "type" => "boolean",
                "description" => "If true, downstream tasks from this one will be cloned as well. The dependencies \
                                  will be updated to work with the new task at the root.",
                "default" => false,
            },
            "times" => times_schema(true),
        };
        if self.disabled {
            properties.insert(
                text!("force"),
                map! {
                    "type" => "boolean",
                    "default" => false,
                    "description" => "This task should not be re-triggered. This can be overridden by passing `true` \
                                      here.",
                }
                .into(),
            );
        }
        Ok(Some(map! { "type" => "object", "properties" => properties }.into()))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let target = call.target()?;
        let label = target.label();
        let push = call.push_graph()?;
        let truth = |key| call.input.at(key).is_some_and(Value::is_truthy);
        if !truth("force") && !should_retrigger(&push.graph, &label) {
            // A task of another name is no task of the graph at all.
            return Err(match push.graph.get(&label) {
                Some(_) => Error::NotRetriggerable { label },
                None => Error::UnknownLabels { decision_task_id: push.decision_task_id, labels: vec![label] },
            }
            .into());
        }
        let mut to_run = vec![label.clone()];
        if truth("downstream") && push.graph.get(&label).is_some() {
            let downstream = push.graph.graph().closure(&to_run, Direction::Dependents)?;
            to_run = downstream
                .nodes()
                .filter(|label| push.label_to_taskid.contains_key(label))
                .cloned()
                .collect();
            to_run.sort_unstable();
        }
        let times = times(&call.input);
        call.create_tasks(&Creation::of(&push), &Round::times(times, &to_run))?;
        let more = if truth("downstream") { " with downstream" } else { "" };
        let done = if call.is_test() { "would retrigger" } else { "retriggered" };
        call.say(&format!("{done} {label}{more}, {times} time{}", if times == 1 { "" } else { "s" }));
        Ok(())
    }
}

/// Whether a task is meant to be retriggered; not if it is not of this graph.
pub(super) fn should_retrigger(graph: &TaskGraph, label: &Str) -> bool {
    graph.get(label).and_then(|task| task.attributes.get("retrigger")).is_some_and(Value::is_truthy)
}
