//! Canceling tasks.

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error, Status, TaskId};

use crate::{
    failure::Refusal,
    look::{Definitions, Subject, subjects},
    plan::{Item, Plan, Step},
    time::check_deadline,
};

/// Whether canceling does anything to a task: one that ended stays as it is.
pub fn check_cancel(status: &Status, now: DateTime<Utc>) -> Result<Step, Refusal> {
    if status.state.is_resolved() {
        return Ok(Step::Nothing);
    }
    check_deadline(status, now).map(|()| Step::Cancel)
}

/// Plans to cancel tasks.
///
/// Fails if nothing could be looked up; what is wrong with single tasks is in the plan.
pub async fn plan_cancel(cluster: &Cluster, ids: &[TaskId], now: DateTime<Utc>) -> Result<Plan, Error> {
    Ok(of_subjects(subjects(cluster, ids, Definitions::Helpful).await?, now))
}

pub(crate) fn of_subjects(subjects: Vec<Subject>, now: DateTime<Utc>) -> Plan {
    let item = |subject| Item::new(subject, |status, _| Ok(check_cancel(status, now)?));
    Plan { items: subjects.into_iter().map(item).collect() }
}
