//! What people do to tasks: schedule, rerun, cancel, change the priority.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use serde_json::Value;

use super::{
    read::{status_answer, wanted},
    resolve::{add_run, end_run, settle},
    task::{MAX_RUNS, State, Task, rank},
};
use crate::{
    auth::Expression,
    call::{Answer, Call, timestamp},
    error::ApiError,
};

/// The scopes for doing something to a task, of which there are three ways.
fn needed(verb: &str, task: &Task) -> Expression {
    let Task { scheduler_id, group_id, task_id, project_id, .. } = task;
    Expression::Any(vec![
        Expression::scope(format!("queue:{verb}-task:{scheduler_id}/{group_id}/{task_id}")),
        Expression::scope(format!("queue:{verb}-task-in-project:{project_id}")),
        Expression::all_of([
            format!("queue:{verb}-task"),
            format!("assume:scheduler-id:{scheduler_id}/{group_id}"),
        ]),
    ])
}

fn before_deadline(task: &Task, what: &str, now: DateTime<Utc>) -> Result<(), ApiError> {
    if task.deadline < now {
        let (task_id, deadline) = (&task.task_id, timestamp(task.deadline));
        return Err(ApiError::conflict(format!(
            "Task `{task_id}` can't be {what} past its deadline of {deadline}."
        )));
    }
    Ok(())
}

pub(super) fn schedule_task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    call.require(&needed("schedule", &task))?;
    before_deadline(&task, "scheduled", call.now)?;
    if task.state() == State::Unscheduled {
        add_run(&mut task, "scheduled", call.now);
        task.save(db)?;
    }
    status_answer(&task)
}

pub(super) fn rerun_task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    call.require(&needed("rerun", &task))?;
    before_deadline(&task, "rescheduled", call.now)?;
    if !matches!(task.state(), State::Pending | State::Running) {
        if task.runs.len() >= MAX_RUNS {
            return Err(ApiError::conflict(format!("Maximum number of runs reached ({MAX_RUNS}).")));
        }
        task.retries_left = task.retries;
        add_run(&mut task, "rerun", call.now);
        task.save(db)?;
    }
    status_answer(&task)
}

pub(super) fn cancel_task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    call.require(&needed("cancel", &task))?;
    before_deadline(&task, "canceled", call.now)?;
    cancel(db, &mut task, call.now)?;
    status_answer(&task)
}

/// Cancels a task unless it is resolved.
pub(super) fn cancel(db: &Transaction<'_>, task: &mut Task, now: DateTime<Utc>) -> Result<(), ApiError> {
    if task.state().is_resolved() {
        return Ok(());
    }
    end_run(task, State::Exception, "canceled", now);
    settle(db, task, now)?;
    Ok(())
}

pub(super) fn change_task_priority(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    call.require(&Expression::any_of([
        format!("queue:change-task-priority:{}", task.task_id),
        format!("queue:change-task-priority-in-queue:{}", task.queue_id),
    ]))?;
    before_deadline(&task, "reprioritized", call.now)?;
    if task.state().is_resolved() {
        return Err(ApiError::conflict(format!(
            "Task `{}` is already resolved and cannot be reprioritized.",
            task.task_id
        )));
    }
    set_priority(db, &mut task, call.body["newPriority"].as_str().unwrap_or_default())?;
    status_answer(&task)
}

/// The definition shows the new priority, too.
pub(super) fn set_priority(db: &Transaction<'_>, task: &mut Task, priority: &str) -> Result<(), ApiError> {
    task.priority = rank(priority);
    task.save(db)?;
    let mut definition: Value = serde_json::from_str(&Task::definition(db, task.id)?)?;
    definition["priority"] = Value::from(priority);
    db.prepare_cached("UPDATE definition SET body = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![task.id, definition.to_string()])?;
    Ok(())
}
