//! Groups of tasks.

use std::pin::pin;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use taskcluster_queue_client::{Cluster, Error, Group, Sent, State, Status, Task, TaskId};

use crate::{
    cancel,
    complete::worker_type,
    look::{Subject, distinct, name},
    plan::Plan,
    rerun,
    retrigger::{self, Retrigger},
};

/// The tasks of a group, by name, then id: the queue gives them out in no order. `listed` is called with how many more
/// there are, page by page.
pub async fn group_tasks(
    cluster: &Cluster,
    group: &TaskId,
    listed: &mut dyn FnMut(usize),
) -> Result<Vec<Task>, Error> {
    let mut pages = pin!(cluster.queue().list_task_group(group));
    let mut tasks: Vec<Task> = Vec::new();
    while let Some(page) = pages.try_next().await? {
        listed(page.len());
        tasks.extend(page);
    }
    tasks.sort_by_cached_key(|task| (name(&task.task), task.status.task_id.clone()));
    Ok(tasks)
}

/// How many tasks are in each state, in the order of a task's life, without states that none is in.
pub fn count<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Vec<(State, usize)> {
    let mut counts: Vec<(State, usize)> = State::ALL.into_iter().map(|state| (state, 0)).collect();
    for status in statuses {
        if let Some(entry) = counts.iter_mut().find(|entry| entry.0 == status.state) {
            entry.1 += 1;
        }
    }
    counts.retain(|entry| entry.1 > 0);
    counts
}

/// Whether a task is one of the failures of its group: it failed, or ended as exception other than by being canceled,
/// which somebody meant.
pub fn has_failed(status: &Status) -> bool {
    let canceled = || {
        let last = status.runs.last();
        last.is_some_and(|run| run.reason_resolved.as_deref() == Some("canceled"))
    };
    match status.state {
        State::Failed => true,
        State::Exception => !canceled(),
        _ => false,
    }
}

/// Plans to cancel the tasks of groups that did not end, all or those for one worker type. It is done task by task,
/// because the queue cancels a group at once only if it is sealed. A group that cannot be listed is in the plan, with
/// why.
pub async fn plan_cancel_groups(
    cluster: &Cluster,
    groups: &[TaskId],
    wanted: Option<&str>,
    now: DateTime<Utc>,
    listed: &mut dyn FnMut(usize),
) -> Plan {
    let wanted = |status: &Status| {
        !status.state.is_resolved() && wanted.is_none_or(|wanted| worker_type(status) == wanted)
    };
    cancel::of_subjects(subjects(cluster, groups, wanted, listed).await, now)
}

/// Plans to rerun the failures of groups: see [`has_failed`]. A group that cannot be listed is in the plan, with why.
///
/// Fails if dependencies cannot be looked up: see [`plan_rerun`](crate::plan_rerun).
pub async fn plan_rerun_failed(
    cluster: &Cluster,
    groups: &[TaskId],
    now: DateTime<Utc>,
    listed: &mut dyn FnMut(usize),
) -> Result<Plan, Error> {
    let subjects = subjects(cluster, groups, has_failed, listed).await;
    rerun::of_subjects(cluster, subjects, false, now).await
}

/// Plans to retrigger the failures of groups: see [`has_failed`], and [`plan_retrigger`](crate::plan_retrigger). A group
/// that cannot be listed is in the plan, with why.
pub async fn plan_retrigger_failed(
    cluster: &Cluster,
    groups: &[TaskId],
    how: Retrigger,
    now: DateTime<Utc>,
    random: &mut dyn FnMut(&mut [u8; 16]),
    listed: &mut dyn FnMut(usize),
) -> Plan {
    let subjects = subjects(cluster, groups, has_failed, listed).await;
    retrigger::of_subjects(cluster, subjects, how, now, random).await
}

/// What came of sealing a group.
#[derive(Debug)]
pub struct Sealed {
    /// Which group.
    pub task_group_id: TaskId,
    /// The group as it is now; it may have been sealed before.
    pub result: Result<Sent<Group>, Error>,
}

/// Seals groups, which cannot be undone: no task can be added to them any more. All are tried.
pub async fn seal(cluster: &Cluster, groups: &[TaskId]) -> Vec<Sealed> {
    let mut sealed = Vec::new();
    for group in distinct(groups) {
        let result = cluster.queue().seal_task_group(&group).await;
        sealed.push(Sealed { task_group_id: group, result });
    }
    sealed
}

/// The wanted tasks of groups. A group that cannot be listed stands for its tasks.
async fn subjects(
    cluster: &Cluster,
    groups: &[TaskId],
    wanted: impl Fn(&Status) -> bool,
    listed: &mut dyn FnMut(usize),
) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for group in distinct(groups) {
        match group_tasks(cluster, &group, listed).await {
            Ok(tasks) => {
                let tasks = tasks.into_iter().filter(|task| wanted(&task.status));
                subjects.extend(tasks.map(Subject::from));
            }
            Err(error) => {
                subjects.push(Subject { task_id: group, status: Err(error.into()), definition: None });
            }
        }
    }
    subjects
}
