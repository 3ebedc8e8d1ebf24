//! Rerunning tasks: the same task, a new run.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error, State, Status, TaskId};

use crate::{
    dependencies,
    failure::{DependencyState, Failure, Refusal},
    look::{Definitions, Subject, subjects},
    plan::{Item, Plan, Step},
    time::check_deadline,
};

/// Whether a task may be rerun.
///
/// It must have ended without success, unless `force`; nothing helps past its deadline. That its dependencies are
/// not looked at is the point of a rerun; but see [`never_ran`].
pub fn check_rerun(status: &Status, force: bool, now: DateTime<Utc>) -> Result<(), Refusal> {
    check_deadline(status, now)?;
    match status.state {
        State::Failed | State::Exception => Ok(()),
        _ if force => Ok(()),
        State::Completed => Err(Refusal::Completed),
        state => Err(Refusal::NotEnded { state }),
    }
}

/// Whether a task ended before its dependencies let it run, as one that was canceled while it waited. A rerun is then
/// not a second attempt, but the first, without what it depends on.
pub fn never_ran(status: &Status) -> bool {
    status.state.is_resolved() && status.runs.iter().all(|run| run.reason_created == "exception")
}

/// Plans to rerun tasks. One that never ran must have its dependencies completed, all but one that ended without
/// success, unless `force`.
///
/// Fails if nothing could be looked up; what is wrong with single tasks is in the plan.
pub async fn plan_rerun(
    cluster: &Cluster,
    ids: &[TaskId],
    force: bool,
    now: DateTime<Utc>,
) -> Result<Plan, Error> {
    let subjects = subjects(cluster, ids, Definitions::Helpful).await?;
    of_subjects(cluster, subjects, force, now).await
}

pub(crate) async fn of_subjects(
    cluster: &Cluster,
    mut subjects: Vec<Subject>,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Plan, Error> {
    if !force {
        // What cannot be checked is not done.
        for subject in &mut subjects {
            if subject.definition.is_none() && subject.status.as_ref().is_ok_and(never_ran) {
                match cluster.queue().task(&subject.task_id).await {
                    Ok(definition) => subject.definition = Some(definition),
                    Err(error) => subject.status = Err(Failure::Failed(error)),
                }
            }
        }
    }
    let states = if force {
        BTreeMap::new()
    } else {
        let unproven = subjects.iter().filter(|subject| subject.status.as_ref().is_ok_and(never_ran));
        let defined = unproven.filter_map(|subject| Some((&subject.task_id, subject.definition.as_ref()?)));
        dependencies::states(cluster, defined).await?
    };
    let items = subjects.into_iter().map(|subject| item(subject, force, now, &states)).collect();
    Ok(Plan { items })
}

fn item(
    subject: Subject,
    force: bool,
    now: DateTime<Utc>,
    states: &BTreeMap<TaskId, DependencyState>,
) -> Item {
    Item::new(subject, |status, definition| {
        check_rerun(status, force, now)?;
        if let Some(definition) = definition.filter(|_| !force && never_ran(status)) {
            dependencies::check(&status.task_id, definition, states)?;
        }
        Ok(Step::Rerun)
    })
}
