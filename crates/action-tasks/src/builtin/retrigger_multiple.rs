//! Creating several tasks once more, each as often as asked. Those that are not meant for it are rerun instead.

use taskcluster_queue_client::TaskId;
use taskgraph_config::GraphConfig;
use taskgraph_value::{Str, Value, map};

use super::{labels, rerun::rerun, retrigger::should_retrigger, times, times_schema};
use crate::{About, Action, AnyError, Call, Creation, Error, Round};

pub(super) struct RetriggerMultiple;

impl Action for RetriggerMultiple {
    fn about(&self) -> About {
        About::new("retrigger-multiple", "Retrigger", "rt", "Create a clone of the task.")
    }

    fn schema(&self, _: &GraphConfig) -> Result<Option<Value>, AnyError> {
        let request = map! {
            "tasks" => map! {
                "type" => "array",
                "description" => "An array of task labels",
                "items" => map! { "type" => "string" },
            },
            "times" => times_schema(false),
        };
        let requests = map! {
            "type" => "array",
            "items" => map! { "type" => "object", "properties" => request, "additionalProperties" => false },
        };
        // That one stands among the properties is an accident of the reference, and part of what it declares.
        let properties = map! { "requests" => requests, "additionalProperties" => false };
        Ok(Some(map! { "type" => "object", "properties" => properties }.into()))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let push = call.push_graph()?;
        let requests = call.input.at("requests").and_then(Value::as_list).cloned().unwrap_or_default();
        let mut rounds = Vec::new();
        let mut again: Vec<Str> = Vec::new();
        for (number, request) in requests.iter().enumerate() {
            let (retriggered, others): (Vec<Str>, Vec<Str>) = labels(request.at("tasks"))
                .into_iter()
                .partition(|label| should_retrigger(&push.graph, label));
            again.extend(others);
            for time in 0..times(request) {
                rounds.push(Round { suffix: format!("{number}-{time}"), to_run: retriggered.clone() });
            }
        }
        again.sort_unstable();
        again.dedup();
        let mut missing = Vec::new();
        let mut ids: Vec<TaskId> = Vec::new();
        for label in again {
            match push.label_to_taskid.get_str(&label).map(|id| id.parse()) {
                Some(Ok(id)) => ids.push(id),
                _ => missing.push(label),
            }
        }
        if !missing.is_empty() {
            return Err(Error::NotCreated { labels: missing }.into());
        }
        rerun(call, &ids)?;
        call.create_tasks(&Creation::of(&push), &rounds)?;
        Ok(())
    }
}
