//! Completing tasks in a worker's stead.

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error, State, Status, TaskId};

use crate::{
    failure::Refusal,
    look::{Definitions, subjects},
    plan::{Item, Plan, Step},
    time::check_deadline,
};

/// How a task would be completed: its last run is claimed, as a worker of a group with the name of its worker type.
pub fn check_complete(status: &Status, now: DateTime<Utc>) -> Result<Step, Refusal> {
    if status.state == State::Completed {
        return Ok(Step::Nothing);
    }
    let run = match (status.state, status.runs.last()) {
        (State::Pending, Some(run)) => run.run_id,
        (state, _) => return Err(Refusal::NotPending { state }),
    };
    check_deadline(status, now)?;
    Ok(Step::Complete { run, worker_group: worker_type(status).to_owned() })
}

/// The last part of the pool that a task is for.
pub fn worker_type(status: &Status) -> &str {
    let worker_type = status.other.get("workerType").and_then(|name| name.as_str());
    worker_type.unwrap_or_else(|| {
        status.task_queue_id.rsplit_once('/').map_or(&*status.task_queue_id, |(_, name)| name)
    })
}

/// Plans to complete tasks.
///
/// Fails if nothing could be looked up; what is wrong with single tasks is in the plan.
pub async fn plan_complete(cluster: &Cluster, ids: &[TaskId], now: DateTime<Utc>) -> Result<Plan, Error> {
    let subjects = subjects(cluster, ids, Definitions::Helpful).await?;
    let item = |subject| Item::new(subject, |status, _| Ok(check_complete(status, now)?));
    Ok(Plan { items: subjects.into_iter().map(item).collect() })
}
