//! Scheduling tasks that wait, although something that they depend on cannot succeed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error, State, Status, TaskId};

use crate::{
    dependencies,
    failure::Refusal,
    look::{Definitions, subjects},
    plan::{Item, Plan, Step},
    time::check_deadline,
};

/// Whether scheduling does anything to a task, its dependencies aside: nothing to one that is pending or running
/// already.
pub fn check_schedule(status: &Status, now: DateTime<Utc>) -> Result<Step, Refusal> {
    match status.state {
        State::Pending | State::Running => Ok(Step::Nothing),
        state if state.is_resolved() => Err(Refusal::Ended { state }),
        _ => check_deadline(status, now).map(|()| Step::Schedule),
    }
}

/// Plans to schedule tasks. Their dependencies must have completed, all but one that ended without success, unless
/// `force`.
///
/// Fails if nothing could be looked up; what is wrong with single tasks is in the plan.
pub async fn plan_schedule(
    cluster: &Cluster,
    ids: &[TaskId],
    force: bool,
    now: DateTime<Utc>,
) -> Result<Plan, Error> {
    let need = if force { Definitions::Helpful } else { Definitions::Needed };
    let subjects = subjects(cluster, ids, need).await?;
    let states = if force {
        BTreeMap::new()
    } else {
        let waiting = subjects
            .iter()
            .filter(|subject| subject.status.as_ref().is_ok_and(|status| status.state == State::Unscheduled));
        let defined = waiting.filter_map(|subject| Some((&subject.task_id, subject.definition.as_ref()?)));
        dependencies::states(cluster, defined).await?
    };
    let item = |subject| {
        Item::new(subject, |status, definition| {
            let step = check_schedule(status, now)?;
            if let Some(definition) = definition.filter(|_| !force && step == Step::Schedule) {
                dependencies::check(&status.task_id, definition, &states)?;
            }
            Ok(step)
        })
    };
    Ok(Plan { items: subjects.into_iter().map(item).collect() })
}
