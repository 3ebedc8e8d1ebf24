//! Task groups.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};
use serde_json::{Value, json};

use super::{
    change,
    raw::{self, List},
    read::list_answer,
    task::Task,
};
use crate::{
    auth::Expression,
    call::{Answer, Call, from_millis, timestamp},
    error::ApiError,
};

/// How much longer than its tasks a group is kept.
const EXTENSION: TimeDelta = TimeDelta::hours(1);

struct Group {
    scheduler_id: String,
    expires: DateTime<Utc>,
    sealed: Option<DateTime<Utc>>,
}

fn find(db: &Transaction<'_>, group_id: &str, now: DateTime<Utc>) -> Result<Option<Group>, ApiError> {
    let mut statement = db.prepare_cached(
        "SELECT scheduler_id, expires, sealed FROM task_group_info WHERE group_id = ?1 AND expires >= ?2",
    )?;
    let group = statement.query_row(rusqlite::params![group_id, now.timestamp_millis()], |row| {
        Ok(Group {
            scheduler_id: row.get(0)?,
            expires: from_millis(row.get(1)?),
            sealed: row.get::<_, Option<i64>>(2)?.map(from_millis),
        })
    });
    Ok(group.optional()?)
}

/// Whether there is such a group.
pub(crate) fn exists(db: &Transaction<'_>, group_id: &str, now: DateTime<Utc>) -> Result<bool, ApiError> {
    Ok(find(db, group_id, now)?.is_some())
}

fn wanted(call: &Call<'_>, db: &Transaction<'_>) -> Result<Group, ApiError> {
    let group_id = call.argument("taskGroupId");
    find(db, group_id, call.now)?
        .ok_or_else(|| ApiError::not_found(format!("No task-group with taskGroupId: `{group_id}`")))
}

/// Makes the group of a new task, or finds that the task fits in.
pub(super) fn ensure(
    db: &Transaction<'_>,
    group_id: &str,
    scheduler_id: &str,
    task_expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let expires = task_expires + EXTENSION;
    let Some(group) = find(db, group_id, now)? else {
        db.prepare_cached(
            "INSERT OR REPLACE INTO task_group_info (group_id, scheduler_id, expires) VALUES (?1, ?2, ?3)",
        )?
        .execute(rusqlite::params![group_id, scheduler_id, expires.timestamp_millis()])?;
        return Ok(());
    };
    if group.scheduler_id != scheduler_id {
        return Err(ApiError::conflict(format!(
            "Task group `{group_id}` contains tasks with a schedulerId other\nthan `{scheduler_id}`. \
             All tasks in the same task-group must have\nthe same schedulerId."
        )));
    }
    if group.sealed.is_some() {
        return Err(ApiError::conflict(format!(
            "Task group `{group_id}` is sealed and does not accept new tasks."
        )));
    }
    if group.expires < expires {
        db.prepare_cached("UPDATE task_group_info SET expires = ?2 WHERE group_id = ?1")?
            .execute(rusqlite::params![group_id, expires.timestamp_millis()])?;
    }
    Ok(())
}

fn describe(group_id: &str, group: &Group) -> Value {
    let mut value = json!({
        "taskGroupId": group_id,
        "schedulerId": group.scheduler_id,
        "expires": timestamp(group.expires),
    });
    if let Some(sealed) = group.sealed {
        value["sealed"] = Value::from(timestamp(sealed));
    }
    value
}

pub(super) fn get_task_group(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let group_id = call.argument("taskGroupId");
    call.require(&Expression::scope(format!("queue:list-task-group:{group_id}")))?;
    Ok(Answer::json(&describe(group_id, &wanted(call, db)?)))
}

pub(super) fn seal_task_group(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let group_id = call.argument("taskGroupId");
    let mut group = wanted(call, db)?;
    call.require(&Expression::scope(format!("queue:seal-task-group:{}/{group_id}", group.scheduler_id)))?;
    if group.sealed.is_none() {
        group.sealed = Some(call.now);
        db.prepare_cached("UPDATE task_group_info SET sealed = ?2 WHERE group_id = ?1")?
            .execute(rusqlite::params![group_id, call.now.timestamp_millis()])?;
    }
    Ok(Answer::json(&describe(group_id, &group)))
}

pub(super) fn list_task_group(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let group_id = call.argument("taskGroupId");
    call.require(&Expression::scope(format!("queue:list-task-group:{group_id}")))?;
    let group = wanted(call, db)?;
    let limit = call.limit();
    let mut statement = db.prepare_cached(concat_columns!(
        "SELECT ",
        " FROM task WHERE group_id = ?1 AND task_id > ?2 ORDER BY task_id LIMIT ?3"
    ))?;
    let tasks = statement
        .query_map(rusqlite::params![group_id, raw::after(call), limit as i64 + 1], Task::from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut list = List::new();
    for task in tasks.iter().take(limit) {
        list.push(&[("status", &task.status()?), ("task", &Task::definition(db, task.id)?)]);
    }
    let next = (tasks.len() > limit).then(|| raw::token(&tasks[limit - 1].task_id));
    let described = describe(group_id, &group);
    let fields = ["taskGroupId", "schedulerId", "expires", "sealed"]
        .into_iter()
        .filter_map(|key| Some((key, described.get(key)?.to_string())))
        .collect::<Vec<_>>();
    let fields = fields.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>();
    Ok(list_answer(&fields, "tasks", list, next))
}

/// The tasks of a group that are not resolved.
fn unresolved(db: &Transaction<'_>, group_id: &str) -> Result<Vec<Task>, ApiError> {
    let mut statement = db.prepare_cached(concat_columns!(
        "SELECT ",
        " FROM task WHERE group_id = ?1 AND state IN ('unscheduled', 'pending', 'running') ORDER BY task_id"
    ))?;
    Ok(statement.query_map([group_id], Task::from_row)?.collect::<Result<Vec<_>, _>>()?)
}

pub(super) fn cancel_task_group(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let group_id = call.argument("taskGroupId");
    let group = wanted(call, db)?;
    if group.sealed.is_none() {
        return Err(ApiError::conflict(format!("Cannot cancel unsealed task group: `{group_id}`")));
    }
    call.require(&Expression::scope(format!("queue:cancel-task-group:{}/{group_id}", group.scheduler_id)))?;
    let ids = unresolved(db, group_id)?.into_iter().map(|task| task.task_id).collect::<Vec<_>>();
    for id in &ids {
        // Looked up again: canceling one may have changed another.
        if let Some(mut task) = Task::find(db, id)? {
            change::cancel(db, &mut task, call.now)?;
        }
    }
    let mut statement = db.prepare_cached("SELECT count(*) FROM task WHERE group_id = ?1")?;
    let size = statement.query_row([group_id], |row| row.get::<_, i64>(0))?;
    Ok(Answer::json(&json!({
        "taskGroupId": group_id,
        "taskGroupSize": size,
        "cancelledCount": ids.len(),
        "taskIds": ids,
    })))
}

pub(super) fn change_task_group_priority(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let group_id = call.argument("taskGroupId");
    let group = wanted(call, db)?;
    let scheduler_id = &group.scheduler_id;
    call.require(&Expression::scope(format!("queue:change-task-group-priority:{scheduler_id}/{group_id}")))?;
    let priority = call.body["newPriority"].as_str().unwrap_or_default();
    let mut ids = Vec::new();
    for mut task in unresolved(db, group_id)? {
        if super::task::rank(priority) != task.priority && task.deadline > call.now {
            change::set_priority(db, &mut task, priority)?;
            ids.push(task.task_id);
        }
    }
    Ok(Answer::json(&json!({
        "taskGroupId": group_id,
        "schedulerId": scheduler_id,
        "newPriority": priority,
        "tasksAffected": ids.len(),
        "taskIds": ids,
    })))
}
