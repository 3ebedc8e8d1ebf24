//! Workers take tasks.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Transaction;
use serde_json::Value;

use super::{
    raw::{self, List},
    read::{list_answer, wanted},
    resolve::no_run,
    task::{State, Task},
};
use crate::{
    auth::{Expression, temporary_credentials},
    call::{Answer, Call, timestamp},
    error::ApiError,
};

/// How long a claim lasts unless it is renewed.
const CLAIM: TimeDelta = TimeDelta::minutes(20);

/// The worker that a body names: group and id.
fn worker<'a>(call: &'a Call<'_>) -> (&'a str, &'a str) {
    let text = |key: &str| call.body[key].as_str().unwrap_or_default();
    (text("workerGroup"), text("workerId"))
}

/// Gives what is pending, by priority and age. The server repeats it while there is nothing.
pub(super) fn claim_work(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let queue = call.argument("taskQueueId");
    let (group, id) = worker(call);
    call.require(&Expression::all_of([
        format!("queue:claim-work:{queue}"),
        format!("queue:worker-id:{group}/{id}"),
    ]))?;
    let count = call.body["tasks"].as_i64().unwrap_or(1).max(1);
    let mut statement = db.prepare_cached(concat_columns!(
        "SELECT ",
        " FROM task WHERE queue_id = ?1 AND state = 'pending' ORDER BY priority DESC, inserted, id LIMIT ?2"
    ))?;
    let tasks = statement
        .query_map(rusqlite::params![queue, count], Task::from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut list = List::new();
    for mut task in tasks {
        take(db, &mut task, group, id, call.now)?;
        let fields = claim_fields(call, db, &task)?;
        list.push(&borrowed(&fields));
    }
    Ok(list_answer(&[], "tasks", list, None))
}

/// The last run, which is pending, is now run by that worker.
pub(crate) fn take(
    db: &Transaction<'_>,
    task: &mut Task,
    worker_group: &str,
    worker_id: &str,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let until = now + CLAIM;
    if let Some(run) = task.runs.last_mut() {
        run.state = State::Running;
        run.worker_group = Some(worker_group.to_owned());
        run.worker_id = Some(worker_id.to_owned());
        run.taken_until = Some(timestamp(until));
        run.started = Some(timestamp(now));
    }
    task.taken_until = Some(until);
    task.inserted = now;
    task.save(db)
}

type Fields = Vec<(&'static str, String)>;

fn borrowed(fields: &Fields) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// What a worker learns about its claim, all but the definition.
fn reclaim_fields(
    call: &Call<'_>,
    db: &Transaction<'_>,
    task: &Task,
    definition: &Value,
) -> Result<Fields, ApiError> {
    let Some(run) = task.runs.last() else { return Err(ApiError::internal()) };
    let until = task.taken_until.unwrap_or(call.now);
    let (task_id, run_id) = (&task.task_id, run.run_id);
    let group = run.worker_group.as_deref().unwrap_or_default();
    let worker = run.worker_id.as_deref().unwrap_or_default();
    let mut scopes = ["reclaim-task", "resolve-task", "create-artifact"]
        .map(|verb| format!("queue:{verb}:{task_id}/{run_id}"))
        .to_vec();
    let own = definition["scopes"].as_array().into_iter().flatten();
    scopes.extend(own.filter_map(Value::as_str).map(str::to_owned));
    let seconds = until.timestamp_millis() as f64 / 1000.0;
    let client_id = format!("task-client/{task_id}/{run_id}/on/{group}/{worker}/until/{seconds}");
    let credentials = temporary_credentials(db, &client_id, &scopes, call.now, until, call.random_bytes())?;
    Ok(vec![
        ("status", task.status()?),
        ("runId", run_id.to_string()),
        ("workerGroup", raw::string(group)),
        ("workerId", raw::string(worker)),
        ("takenUntil", raw::string(&timestamp(until))),
        ("credentials", credentials.to_string()),
    ])
}

fn claim_fields(call: &Call<'_>, db: &Transaction<'_>, task: &Task) -> Result<Fields, ApiError> {
    let definition = Task::definition(db, task.id)?;
    let mut fields = reclaim_fields(call, db, task, &serde_json::from_str(&definition)?)?;
    fields.push(("task", definition));
    Ok(fields)
}

fn before_deadline(task: &Task, what: &str, now: DateTime<Utc>) -> Result<(), ApiError> {
    if task.deadline <= now {
        let (task_id, deadline) = (&task.task_id, timestamp(task.deadline));
        return Err(ApiError::conflict(format!(
            "Task `{task_id}` can't be {what} past its deadline of {deadline}."
        )));
    }
    Ok(())
}

/// The number of the run that a call is about.
pub(super) fn run_id(call: &Call<'_>) -> usize {
    call.argument("runId").parse().unwrap_or(usize::MAX)
}

pub(super) fn claim_task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    let (group, id) = worker(call);
    call.require(&Expression::all_of([
        format!("queue:claim-task:{}", task.queue_id),
        format!("queue:worker-id:{group}/{id}"),
    ]))?;
    before_deadline(&task, "claimed", call.now)?;
    let number = run_id(call);
    let last = task.runs.len().saturating_sub(1);
    let Some(run) = task.runs.get(number) else { return Err(no_run(&task, number)) };
    let conflict = || ApiError::conflict(format!("Run {number} was already claimed by another worker."));
    if number != last {
        return Err(conflict());
    }
    match run.state {
        State::Pending => take(db, &mut task, group, id, call.now)?,
        // The same worker may ask again.
        State::Running
            if run.worker_group.as_deref() == Some(group) && run.worker_id.as_deref() == Some(id) => {}
        _ => return Err(conflict()),
    }
    Ok(Answer::text(raw::object(&borrowed(&claim_fields(call, db, &task)?))))
}

pub(super) fn reclaim_task(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    let number = run_id(call);
    if number >= task.runs.len() {
        return Err(no_run(&task, number));
    }
    let task_id = task.task_id.clone();
    call.require(&Expression::scope(format!("queue:reclaim-task:{task_id}/{number}")))?;
    before_deadline(&task, "reclaimed", call.now)?;
    let until = call.now + CLAIM;
    match task.runs.last_mut() {
        Some(run) if run.run_id == number && run.state == State::Running => {
            run.taken_until = Some(timestamp(until));
        }
        _ => {
            return Err(ApiError::conflict(format!(
                "Run {number} on task `{task_id}` is resolved or not running."
            )));
        }
    }
    task.taken_until = Some(until);
    task.save(db)?;
    let definition = serde_json::from_str(&Task::definition(db, task.id)?)?;
    Ok(Answer::text(raw::object(&borrowed(&reclaim_fields(call, db, &task, &definition)?))))
}
