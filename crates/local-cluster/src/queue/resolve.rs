//! How the state of a task changes, and what follows from it for others.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::task::{Run, State, Task};
use crate::{call::timestamp, error::ApiError, index};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Completed,
    Failed,
    /// With the reason.
    Exception(String),
}

/// Adds a pending run. The task is to be saved.
pub(super) fn add_run(task: &mut Task, reason: &str, at: DateTime<Utc>) {
    task.runs.push(Run {
        run_id: task.runs.len(),
        state: State::Pending,
        reason_created: reason.to_owned(),
        reason_resolved: None,
        worker_group: None,
        worker_id: None,
        taken_until: None,
        scheduled: timestamp(at),
        started: None,
        resolved: None,
    });
    task.inserted = at;
    task.taken_until = None;
}

/// Ends the last run, or a run made for this if there is none. The task is to be saved.
pub(super) fn end_run(task: &mut Task, state: State, reason: &str, at: DateTime<Utc>) {
    if task.runs.is_empty() {
        add_run(task, "exception", at);
    }
    if let Some(run) = task.runs.last_mut() {
        run.state = state;
        run.reason_resolved = Some(reason.to_owned());
        run.resolved = Some(timestamp(at));
    }
    task.taken_until = None;
}

/// Ends the last run as an exception, and gives the task another one if it may be retried.
pub(super) fn end_or_retry(task: &mut Task, reason: &str, retry: Option<&str>, at: DateTime<Utc>) {
    end_run(task, State::Exception, reason, at);
    if let Some(retry) = retry
        && task.retries_left > 0
        && task.runs.len() < super::task::MAX_RUNS
    {
        task.retries_left -= 1;
        add_run(task, retry, at);
    }
}

/// Saves a task and, if it is resolved, lets go what waited for it. Returns what became pending, in the order of
/// its creation.
pub(super) fn settle(db: &Transaction<'_>, task: &Task, at: DateTime<Utc>) -> Result<Vec<i64>, ApiError> {
    task.save(db)?;
    let state = task.state();
    if !state.is_resolved() {
        return Ok(Vec::new());
    }
    let completed = state == State::Completed;
    if completed && task.indexed {
        let definition = serde_json::from_str(&Task::definition(db, task.id)?)?;
        index::insert_completed(db, &definition, &task.task_id, at)?;
    }
    let mut statement = db.prepare_cached(
        "UPDATE dependency SET satisfied = 1 \
         WHERE required_task_id = ?1 AND satisfied = 0 AND (any_resolution OR ?2) RETURNING dependent",
    )?;
    let mut dependents = statement
        .query_map(rusqlite::params![task.task_id, completed], |row| row.get::<_, i64>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    dependents.sort_unstable();
    let mut pending = Vec::new();
    for id in dependents {
        let Some(mut dependent) = Task::by_id(db, id)? else { continue };
        dependent.blocked -= 1;
        if dependent.blocked <= 0 && dependent.state() == State::Unscheduled && dependent.deadline >= at {
            add_run(&mut dependent, "scheduled", at);
            pending.push(id);
        }
        dependent.save(db)?;
    }
    Ok(pending)
}

/// What a worker reports about a run. Whoever calls has checked that the worker may. Returns what became pending.
pub(crate) fn report(
    db: &Transaction<'_>,
    task: &mut Task,
    run_id: usize,
    report: &Report,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, ApiError> {
    let (state, reason) = match report {
        Report::Completed => (State::Completed, "completed"),
        Report::Failed => (State::Failed, "failed"),
        Report::Exception(reason) => (State::Exception, reason.as_str()),
    };
    let last = task.runs.len().saturating_sub(1);
    let Some(run) = task.runs.get(run_id) else { return Err(no_run(task, run_id)) };
    if run_id == last && run.state == State::Running {
        match report {
            Report::Exception(reason) => {
                let retry = match reason.as_str() {
                    "worker-shutdown" => Some("retry"),
                    "intermittent-task" => Some("task-retry"),
                    _ => None,
                };
                end_or_retry(task, reason, retry, now);
            }
            _ => end_run(task, state, reason, now),
        }
        return settle(db, task, now);
    }
    // The same report again is fine, also when the exception has led to a retry.
    let same = run.state == state && run.reason_resolved.as_deref() == Some(reason);
    let recent = if matches!(report, Report::Exception(_)) { last <= run_id + 1 } else { last == run_id };
    if same && recent {
        return Ok(Vec::new());
    }
    let task_id = &task.task_id;
    Err(ApiError::conflict(match report {
        Report::Exception(_) => format!("Run {run_id} on task `{task_id}` is resolved or not running."),
        _ => format!("Run {run_id} of task `{task_id}` is not running or {reason}."),
    }))
}

pub(super) fn no_run(task: &Task, run_id: usize) -> ApiError {
    ApiError::not_found(format!("Run {run_id} not found on task `{}`.", task.task_id))
}
