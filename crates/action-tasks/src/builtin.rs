//! The actions that come with the program. Their texts and schemas are part of `actions.json`, which must not change
//! when a project changes programs.

mod add_new_jobs;
mod cancel;
mod rebuild;
mod rerun;
mod retrigger;
mod retrigger_decision;
mod retrigger_multiple;

use taskgraph_kinds::Registry;
use taskgraph_value::{List, Map, Str, Value, map};

use crate::action::add;

/// Registers the actions that come with the program: `retrigger-decision`, `retrigger`, `retrigger-disabled`,
/// `add-new-jobs`, `rerun`, `cancel`, `cancel-all`, `rebuild-cached-tasks` and `retrigger-multiple`.
pub fn register(registry: &mut Registry) {
    add(registry, "retrigger-decision", retrigger_decision::RetriggerDecision, true);
    add(registry, "retrigger", retrigger::Retrigger { disabled: false }, true);
    add(registry, "retrigger-disabled", retrigger::Retrigger { disabled: true }, true);
    add(registry, "add-new-jobs", add_new_jobs::AddNewJobs, true);
    add(registry, "rerun", rerun::Rerun, true);
    add(registry, "cancel", cancel::Cancel, true);
    add(registry, "cancel-all", cancel::CancelAll, true);
    add(registry, "rebuild-cached-tasks", rebuild::RebuildCachedTasks, true);
    add(registry, "retrigger-multiple", retrigger_multiple::RetriggerMultiple, true);
}

/// A context of these tag-sets.
fn contexts(tags: impl IntoIterator<Item = Map>) -> List {
    tags.into_iter().map(Value::from).collect()
}

/// The schema of how often to do something; a default is a part of some.
fn times_schema(with_default: bool) -> Map {
    let mut schema = map! { "type" => "integer" };
    if with_default {
        schema.extend_from(&map! { "default" => 1 });
    }
    schema.extend_from(&map! {
        "minimum" => 1,
        "maximum" => 100,
        "title" => "Times",
        "description" => "How many times to run each task.",
    });
    schema
}

/// How often to do something: the schema allows whole numbers from 1 to 100, however they are written.
fn times(input: &Value) -> usize {
    let times = match input.at("times") {
        Some(Value::Float(times)) => Some(*times as i64),
        other => other.and_then(Value::as_int),
    };
    times.and_then(|times| usize::try_from(times).ok()).unwrap_or(1)
}

/// The strings of a list, sorted, each once.
fn labels(value: Option<&Value>) -> Vec<Str> {
    let list = value.and_then(Value::as_list).into_iter().flat_map(|list| list.iter());
    let mut labels: Vec<Str> = list.filter_map(Value::as_str).cloned().collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}
