//! Whether a task that waits may run although something that it depends on cannot succeed.

use std::collections::BTreeMap;

use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error, State, TaskId};

use crate::{
    failure::{DependencyState, Failure, Refusal},
    look::statuses,
};

/// The dependencies that a definition names, but for the task itself.
pub(crate) fn dependencies(id: &TaskId, definition: &Value) -> Vec<TaskId> {
    let named = definition["dependencies"].as_array().into_iter().flatten();
    named.filter_map(|named| named.as_str()?.parse().ok()).filter(|named| named != id).collect()
}

/// Whether all dependencies that may matter completed: one may have ended without success, which is what the task is
/// to run in spite of. With several, it is not plain which ones may be missed. A task that only waits for its
/// dependencies to end (`requires: all-resolved`) does not mind how they end.
pub(crate) fn check(
    id: &TaskId,
    definition: &Value,
    states: &BTreeMap<TaskId, DependencyState>,
) -> Result<(), Refusal> {
    let (mut waits, mut fails) = (Vec::new(), Vec::new());
    for dependency in dependencies(id, definition) {
        let state = states.get(&dependency).copied().unwrap_or(DependencyState(None));
        match state.0 {
            Some(State::Completed) => {}
            Some(State::Failed | State::Exception) => fails.push((dependency, state)),
            _ => waits.push((dependency, state)),
        }
    }
    if fails.len() < 2 || definition["requires"] == "all-resolved" {
        fails.clear();
    }
    if waits.is_empty() && fails.is_empty() { Ok(()) } else { Err(Refusal::Blocked { waits, fails }) }
}

/// How all dependencies of some tasks stand.
pub(crate) async fn states(
    cluster: &Cluster,
    tasks: impl Iterator<Item = (&TaskId, &Value)>,
) -> Result<BTreeMap<TaskId, DependencyState>, Error> {
    let mut ids: Vec<TaskId> = tasks.flat_map(|(id, definition)| dependencies(id, definition)).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut states = BTreeMap::new();
    for (id, status) in ids.iter().zip(statuses(cluster, &ids).await?) {
        let state = match status {
            Ok(status) => Some(status.state),
            Err(Failure::Failed(error)) => return Err(error),
            Err(_) => None,
        };
        states.insert(id.clone(), DependencyState(state));
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(byte: u8) -> TaskId {
        TaskId::from_random([byte; 16])
    }

    /// Dependencies are letters: `c`ompleted, `f`ailed, `e`xception, `p`ending, `r`unning, `u`nscheduled, `?`.
    #[track_caller]
    fn verdict(requires: &str, dependencies: &str) -> String {
        let mut states = BTreeMap::new();
        let mut ids = Vec::new();
        for (index, letter) in dependencies.chars().enumerate() {
            let id = id(index as u8 + 1);
            ids.push(id.clone());
            let found = State::ALL.into_iter().find(|state| state.as_str().starts_with(letter));
            if found.is_some() {
                states.insert(id, DependencyState(found));
            }
        }
        let definition = json!({"requires": requires, "dependencies": ids});
        match check(&id(0), &definition, &states) {
            Ok(()) => "runs".to_owned(),
            Err(Refusal::Blocked { waits, fails }) => {
                let count = |tasks: Vec<(TaskId, DependencyState)>| {
                    let states: Vec<_> = tasks.iter().map(|(_, state)| state.to_string()).collect();
                    states.join(" ")
                };
                format!("waits [{}] fails [{}]", count(waits), count(fails))
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn all_others_must_have_completed() {
        for runs in ["", "c", "cc", "f", "e", "cfc", "cce"] {
            assert_eq!(verdict("all-completed", runs), "runs", "{runs}");
        }
        assert_eq!(verdict("all-completed", "cfp"), "waits [pending] fails []");
        assert_eq!(verdict("all-completed", "ur"), "waits [unscheduled running] fails []");
        assert_eq!(verdict("all-completed", "c?f"), "waits [unknown] fails []");
        assert_eq!(verdict("all-completed", "cffe"), "waits [] fails [failed failed exception]");
        assert_eq!(verdict("all-completed", "fpe"), "waits [pending] fails [failed exception]");
    }

    #[test]
    fn how_they_ended_does_not_matter_to_all_resolved() {
        assert_eq!(verdict("all-resolved", "cffe"), "runs");
        assert_eq!(verdict("all-resolved", "cfp"), "waits [pending] fails []");
    }

    #[test]
    fn a_task_does_not_wait_for_itself() {
        let definition = json!({"dependencies": [id(0)]});
        assert_eq!(check(&id(0), &definition, &BTreeMap::new()), Ok(()));
        assert_eq!(check(&id(0), &json!({"dependencies": "x"}), &BTreeMap::new()), Ok(()));
    }
}
