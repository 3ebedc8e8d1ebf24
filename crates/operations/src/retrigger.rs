//! Retriggering tasks: new tasks that are copies.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use taskcluster_queue_client::{Cluster, Error, TaskId};

use crate::{
    failure::{Failure, Refusal},
    look::{Definitions, Subject, subjects},
    marks::{GroupMarks, mark_of},
    plan::{Item, Plan, Step},
    time,
};

/// How to retrigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retrigger {
    /// Keep routes and dependencies.
    pub exact: bool,
    /// How many copies of each task.
    pub times: u32,
    /// Also those that are marked as not to be retriggered.
    pub force: bool,
}

/// A copy of a definition that begins now: its deadline and expiry are as far away as they were when it was created.
/// Unless `exact`, it has no routes and no dependencies, so that it neither takes the place of its original in the
/// index nor waits for anything.
///
/// Fails with [`Refusal::BadDefinition`] if a time cannot be read.
///
/// ```
/// use serde_json::json;
/// let definition = json!({
///     "created": "2026-01-01T00:00:00.000Z",
///     "deadline": "2026-01-02T00:00:00.000Z",
///     "expires": "2026-01-31T00:00:00.000Z",
///     "dependencies": ["fdtgsD5DQUmAQZEaGMvQ4Q"],
///     "routes": ["index.example.latest"],
///     "retries": 5,
/// });
/// let copy = taskcluster_operations::copy(&definition, false, "2026-07-01T12:00:00Z".parse()?)?;
/// assert_eq!(copy, json!({
///     "created": "2026-07-01T12:00:00.000Z",
///     "deadline": "2026-07-02T12:00:00.000Z",
///     "expires": "2026-07-31T12:00:00.000Z",
///     "dependencies": [],
///     "routes": [],
///     "retries": 5,
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn copy(definition: &Value, exact: bool, now: DateTime<Utc>) -> Result<Value, Refusal> {
    let mut copy = definition.clone();
    let read = |key: &'static str| {
        let found = definition.get(key);
        let time = found.and_then(Value::as_str).and_then(time::parse);
        time.ok_or_else(|| Refusal::BadDefinition {
            key,
            found: found.map_or_else(|| "nothing".to_owned(), Value::to_string),
        })
    };
    let created = read("created")?;
    for key in ["deadline", "expires"] {
        if key == "expires" && definition.get(key).is_none_or(Value::is_null) {
            continue; // the queue has a default
        }
        let distance = read(key)?.signed_duration_since(created);
        let shifted = now
            .checked_add_signed(distance)
            .ok_or_else(|| Refusal::BadDefinition { key, found: definition[key].to_string() })?;
        copy[key] = time::format(shifted).into();
    }
    copy["created"] = time::format(now).into();
    if !exact {
        copy["dependencies"] = json!([]);
        copy["routes"] = json!([]);
    }
    // The queue gives out the pool in both forms.
    if let Some(copy) = copy.as_object_mut().filter(|copy| copy.contains_key("taskQueueId")) {
        copy.shift_remove("provisionerId");
        copy.shift_remove("workerType");
    }
    Ok(copy)
}

/// Plans to retrigger tasks, each as often as asked. Unless forced, tasks that are marked as not to be retriggered are
/// refused: those of a phase of a release, and those for which the retrigger action of their group is not meant. What
/// the group says is looked up in the artifacts of its decision task; a group whose decision task has none says
/// nothing.
///
/// `random` fills the ids of the new tasks.
///
/// Fails if nothing could be looked up; what is wrong with single tasks is in the plan.
pub async fn plan_retrigger(
    cluster: &Cluster,
    ids: &[TaskId],
    how: Retrigger,
    now: DateTime<Utc>,
    random: &mut dyn FnMut(&mut [u8; 16]),
) -> Result<Plan, Error> {
    let subjects = subjects(cluster, ids, Definitions::Needed).await?;
    Ok(of_subjects(cluster, subjects, how, now, random).await)
}

pub(crate) async fn of_subjects(
    cluster: &Cluster,
    subjects: Vec<Subject>,
    how: Retrigger,
    now: DateTime<Utc>,
    random: &mut dyn FnMut(&mut [u8; 16]),
) -> Plan {
    let mut groups = Groups::new();
    let mut items = Vec::new();
    for mut subject in subjects {
        let name = subject.name();
        let (status, definition) = match (subject.status, subject.definition.take()) {
            (Ok(status), Some(definition)) => (status, definition),
            (status, _) => {
                // Without a definition there is no status either: see `Definitions::Needed`.
                let failure = status.err().unwrap_or(Failure::Refused(Refusal::Unknown));
                items.push(Item { task_id: subject.task_id, name, status: None, step: Err(failure) });
                continue;
            }
        };
        let checked = match how.force {
            true => Ok(()),
            false => {
                check_marks(cluster, &status.task_group_id, &subject.task_id, &definition, &mut groups).await
            }
        };
        let mut push = |step| {
            let (task_id, name) = (subject.task_id.clone(), name.clone());
            items.push(Item { task_id, name, status: Some(status.clone()), step });
        };
        match checked.and_then(|()| Ok(copy(&definition, how.exact, now)?)) {
            Err(failure) => push(Err(failure)),
            Ok(copy) => {
                for _ in 0..how.times {
                    let mut bytes = [0; 16];
                    random(&mut bytes);
                    let task_id = TaskId::from_random(bytes);
                    push(Ok(Step::Create { task_id, definition: copy.clone() }));
                }
            }
        }
    }
    Plan { items }
}

/// What groups say, each looked up once.
type Groups = BTreeMap<TaskId, Result<GroupMarks, Arc<Failure>>>;

/// Fails if the task itself, or its group, says that it is not to be retriggered.
async fn check_marks(
    cluster: &Cluster,
    group: &TaskId,
    id: &TaskId,
    definition: &Value,
    groups: &mut Groups,
) -> Result<(), Failure> {
    if let Some(mark) = mark_of(definition) {
        return Err(Refusal::NotRetriggerable(mark).into());
    }
    let marks = match groups.get(group) {
        Some(marks) => marks,
        None => {
            let marks = GroupMarks::look(cluster, group).await.map_err(Arc::new);
            groups.entry(group.clone()).or_insert(marks)
        }
    };
    match marks.as_ref().map_err(|failure| Failure::OfGroup(failure.clone()))?.of(id, definition) {
        Some(mark) => Err(Refusal::NotRetriggerable(mark).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({
            "provisionerId": "p", "workerType": "w", "taskQueueId": "p/w", "schedulerId": "s",
            "taskGroupId": "fdtgsD5DQUmAQZEaGMvQ4Q", "dependencies": ["fdtgsD5DQUmAQZEaGMvQ4Q"],
            "requires": "all-resolved", "routes": ["x"], "priority": "low", "retries": 3,
            "created": "2025-12-31T23:59:59.999Z", "deadline": "2026-01-02T00:00:00.000Z",
            "expires": "2026-01-02T00:00:00.500Z", "scopes": ["a"], "payload": {"b": [1, null]},
            "metadata": {"name": "n"}, "tags": {"c": "d"}, "extra": {}, "projectId": "none",
        })
    }

    fn now() -> DateTime<Utc> {
        "2026-03-01T00:00:00.123456Z".parse().unwrap()
    }

    #[test]
    fn an_exact_copy_differs_in_times_only() {
        let copy = copy(&definition(), true, now()).unwrap();
        let mut expected = definition();
        let object = expected.as_object_mut().unwrap();
        object.shift_remove("provisionerId");
        object.shift_remove("workerType");
        expected["created"] = "2026-03-01T00:00:00.123Z".into();
        expected["deadline"] = "2026-03-02T00:00:00.124Z".into();
        expected["expires"] = "2026-03-02T00:00:00.624Z".into();
        assert_eq!(copy, expected);
        // Also in the order of keys, which a reader of both would notice.
        assert_eq!(copy.to_string(), expected.to_string());
    }

    #[test]
    fn a_copy_has_neither_routes_nor_dependencies() {
        let exact = copy(&definition(), true, now()).unwrap();
        let mut loose = copy(&definition(), false, now()).unwrap();
        assert_eq!((&loose["routes"], &loose["dependencies"]), (&json!([]), &json!([])));
        assert_eq!(loose["requires"], "all-resolved");
        loose["routes"] = exact["routes"].clone();
        loose["dependencies"] = exact["dependencies"].clone();
        assert_eq!(loose, exact);
    }

    #[test]
    fn pools_of_old_deployments_stay() {
        let mut old = definition();
        old.as_object_mut().unwrap().shift_remove("taskQueueId");
        let copy = copy(&old, false, now()).unwrap();
        assert_eq!((&copy["provisionerId"], &copy["workerType"]), (&json!("p"), &json!("w")));
    }

    #[test]
    fn bad_times_are_said() {
        for (key, value, found) in [
            ("created", json!("yesterday"), "\"yesterday\""),
            ("deadline", json!(null), "null"),
            ("expires", json!(5), "5"),
        ] {
            let mut definition = definition();
            definition[key] = value;
            let error = copy(&definition, false, now()).unwrap_err();
            assert_eq!(error, Refusal::BadDefinition { key, found: found.into() });
        }
        assert!(copy(&json!(null), false, now()).is_err());
        assert!(copy(&json!([1]), false, now()).is_err());
        let far = json!({"created": "-262000-01-01T00:00:00Z", "deadline": "+262000-01-01T00:00:00Z"});
        assert!(copy(&far, false, now()).is_err());
    }
}
