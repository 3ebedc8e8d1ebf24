//! Creating tasks of the full graph, whether the push made them or not.

use taskgraph_config::GraphConfig;
use taskgraph_value::{Str, Value, map};

use super::{labels, times, times_schema};
use crate::{About, Action, AnyError, Call, Creation, PushGraph, Round};

pub(super) struct AddNewJobs;

impl Action for AddNewJobs {
    fn about(&self) -> About {
        let about = About::new("add-new-jobs", "Add new jobs", "add-new", "Add new jobs using task labels.");
        About { order: 100, ..about }
    }

    fn schema(&self, _: &GraphConfig) -> Result<Option<Value>, AnyError> {
        let properties = map! {
            "tasks" => map! {
                "type" => "array",
                "description" => "An array of task labels",
                "items" => map! { "type" => "string" },
            },
            "times" => times_schema(true),
        };
        Ok(Some(map! { "type" => "object", "properties" => properties }.into()))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        if call.input.at("tasks").is_none() {
            return Err("the input must have `tasks`, a list of labels".into());
        }
        let push = call.push_graph()?;
        let to_run = wanted(&push, labels(call.input.at("tasks")));
        call.create_tasks(&Creation::of(&push), &Round::times(times(&call.input), &to_run))?;
        Ok(())
    }
}

/// The labels. One that no task has may be several, separated by commas: the template `action.yml` has one place
/// for all labels.
fn wanted(push: &PushGraph, labels: Vec<Str>) -> Vec<Str> {
    let mut wanted: Vec<Str> = Vec::new();
    for label in labels {
        let parts = label.split(',').map(str::trim);
        if push.graph.get(&label).is_none() && parts.clone().all(|part| push.graph.get(part).is_some()) {
            wanted.extend(parts.map(Str::from));
        } else {
            wanted.push(label);
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}
