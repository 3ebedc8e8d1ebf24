//! Looking at tasks.

use rusqlite::Transaction;
use serde_json::Value;

use super::{
    raw::{self, List},
    task::Task,
};
use crate::{
    auth::Expression,
    call::{Answer, Call, timestamp},
    error::ApiError,
};

/// `{status}`
pub(super) fn status_answer(task: &Task) -> Result<Answer, ApiError> {
    Ok(Answer::text(raw::object(&[("status", &task.status()?)])))
}

/// The task that a call is about.
pub(super) fn wanted(call: &Call<'_>, db: &Transaction<'_>) -> Result<Task, ApiError> {
    let task_id = call.argument("taskId");
    Task::find(db, task_id)?.ok_or_else(|| {
        ApiError::not_found(format!(
            "`{task_id}` does not correspond to a task that exists.\nAre you sure this task has been created?"
        ))
    })
}

pub(super) fn task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&Expression::scope(format!("queue:get-task:{}", call.argument("taskId"))))?;
    let task = wanted(call, db)?;
    Ok(Answer::text(Task::definition(db, task.id)?.into_bytes()))
}

pub(super) fn status(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&Expression::scope(format!("queue:status:{}", call.argument("taskId"))))?;
    status_answer(&wanted(call, db)?)
}

pub(super) fn tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    several(call, db, "queue:get-task", "tasks", |task| Ok(("task", Task::definition(db, task.id)?)))
}

pub(super) fn statuses(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    several(call, db, "queue:status", "statuses", |task| Ok(("status", task.status()?)))
}

/// Tasks by their ids, ordered by them. Ids that do not exist are left out.
fn several(
    call: &Call<'_>,
    db: &Transaction<'_>,
    scope: &str,
    key: &str,
    show: impl Fn(&Task) -> Result<(&'static str, String), ApiError>,
) -> Result<Answer, ApiError> {
    let ids = call.body["taskIds"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids = ids.iter().filter_map(Value::as_str).collect::<Vec<_>>();
    call.require(&Expression::all_of(ids.iter().map(|id| format!("{scope}:{id}"))))?;
    ids.sort_unstable();
    ids.dedup();
    let after = raw::after(call);
    let start = ids.partition_point(|id| !after.is_empty() && *id <= after.as_str());
    let mut list = List::new();
    let mut next = None;
    let limit = call.limit();
    let page = ids.get(start..).unwrap_or_default();
    for id in page.iter().take(limit) {
        if let Some(task) = Task::find(db, id)? {
            let (name, value) = show(&task)?;
            list.push(&[("taskId", &raw::string(id)), (name, &value)]);
        }
    }
    if page.len() > limit {
        next = page.get(limit - 1).map(|id| raw::token(id));
    }
    Ok(list_answer(&[], key, list, next))
}

/// An object with a list in it, and the token for the rest of it.
pub(super) fn list_answer(before: &[(&str, &str)], key: &str, list: List, next: Option<String>) -> Answer {
    let text = list.finish();
    let mut fields = before.to_vec();
    fields.push((key, &text));
    if let Some(next) = &next {
        fields.push(("continuationToken", next));
    }
    Answer::text(raw::object(&fields))
}

pub(super) fn list_dependent_tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let task_id = call.argument("taskId");
    call.require(&Expression::scope(format!("queue:list-dependent-tasks:{task_id}")))?;
    wanted(call, db)?;
    let after = raw::after(call).parse::<i64>().unwrap_or(-1);
    let mut statement = db.prepare_cached(
        "SELECT dependent FROM dependency WHERE required_task_id = ?1 AND dependent > ?2 \
         ORDER BY dependent LIMIT ?3",
    )?;
    let limit = call.limit();
    let ids = statement
        .query_map(rusqlite::params![task_id, after, limit as i64 + 1], |row| row.get::<_, i64>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut list = List::new();
    for id in ids.iter().take(limit) {
        if let Some(task) = Task::by_id(db, *id)? {
            list.push(&[("status", &task.status()?), ("task", &Task::definition(db, *id)?)]);
        }
    }
    let next = (ids.len() > limit).then(|| raw::token(&ids[limit - 1].to_string()));
    Ok(list_answer(&[("taskId", &raw::string(task_id))], "tasks", list, next))
}

fn count(db: &Transaction<'_>, queue: &str, running: bool) -> Result<String, ApiError> {
    let mut statement = db.prepare_cached(if running {
        "SELECT count(*) FROM task WHERE queue_id = ?1 AND state = 'running'"
    } else {
        "SELECT count(*) FROM task WHERE queue_id = ?1 AND state = 'pending'"
    })?;
    Ok(statement.query_row([queue], |row| row.get::<_, i64>(0))?.to_string())
}

fn queue_fields(queue: &str) -> [(&'static str, String); 3] {
    let (provisioner, worker) = queue.split_once('/').unwrap_or((queue, ""));
    [
        ("provisionerId", raw::string(provisioner)),
        ("workerType", raw::string(worker)),
        ("taskQueueId", raw::string(queue)),
    ]
}

pub(super) fn pending_tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let queue = call.argument("taskQueueId");
    call.require(&Expression::scope(format!("queue:pending-count:{queue}")))?;
    let names = queue_fields(queue);
    let mut fields = names.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    let pending = count(db, queue, false)?;
    fields.push(("pendingTasks", &pending));
    Ok(Answer::text(raw::object(&fields)))
}

pub(super) fn task_queue_counts(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let queue = call.argument("taskQueueId");
    call.require(&Expression::all_of([
        format!("queue:pending-count:{queue}"),
        format!("queue:claimed-count:{queue}"),
    ]))?;
    let names = queue_fields(queue);
    let mut fields = names.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    let (pending, claimed) = (count(db, queue, false)?, count(db, queue, true)?);
    fields.push(("pendingTasks", &pending));
    fields.push(("claimedTasks", &claimed));
    Ok(Answer::text(raw::object(&fields)))
}

pub(super) fn list_pending_tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let queue = call.argument("taskQueueId");
    call.require(&Expression::scope(format!("queue:pending-list:{queue}")))?;
    let sql = concat_columns!(
        "SELECT ",
        " FROM task WHERE queue_id = ?1 AND state = 'pending' AND (inserted, id) > (?2, ?3) \
         ORDER BY inserted, id LIMIT ?4"
    );
    list_queue(call, db, sql, |task, definition| {
        vec![
            ("taskId", raw::string(&task.task_id)),
            ("runId", task.runs.len().saturating_sub(1).to_string()),
            ("task", definition),
            ("inserted", raw::string(&timestamp(task.inserted))),
        ]
    })
}

pub(super) fn list_claimed_tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let queue = call.argument("taskQueueId");
    call.require(&Expression::scope(format!("queue:claimed-list:{queue}")))?;
    let sql = concat_columns!(
        "SELECT ",
        " FROM task WHERE queue_id = ?1 AND state = 'running' AND (inserted, id) > (?2, ?3) \
         ORDER BY inserted, id LIMIT ?4"
    );
    list_queue(call, db, sql, |task, definition| {
        let run = task.runs.last();
        let worker = |name: Option<&String>| raw::string(name.map_or("", String::as_str));
        vec![
            ("taskId", raw::string(&task.task_id)),
            ("runId", task.runs.len().saturating_sub(1).to_string()),
            ("workerGroup", worker(run.and_then(|run| run.worker_group.as_ref()))),
            ("workerId", worker(run.and_then(|run| run.worker_id.as_ref()))),
            ("claimed", raw::string(&timestamp(task.inserted))),
            ("task", definition),
        ]
    })
}

fn list_queue(
    call: &Call<'_>,
    db: &Transaction<'_>,
    sql: &str,
    show: impl Fn(&Task, String) -> Vec<(&'static str, String)>,
) -> Result<Answer, ApiError> {
    let after = raw::after(call);
    let (inserted, id) = after
        .split_once('/')
        .and_then(|(inserted, id)| Some((inserted.parse().ok()?, id.parse().ok()?)))
        .unwrap_or((i64::MIN, i64::MIN));
    let limit = call.limit();
    let mut statement = db.prepare_cached(sql)?;
    let tasks = statement
        .query_map(
            rusqlite::params![call.argument("taskQueueId"), inserted, id, limit as i64 + 1],
            Task::from_row,
        )?
        .collect::<Result<Vec<_>, _>>()?;
    let mut list = List::new();
    for task in tasks.iter().take(limit) {
        let fields = show(task, Task::definition(db, task.id)?);
        list.push(&fields.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    }
    let next = (tasks.len() > limit).then(|| {
        let last = &tasks[limit - 1];
        raw::token(&format!("{}/{}", last.inserted.timestamp_millis(), last.id))
    });
    Ok(list_answer(&[], "tasks", list, next))
}
