//! Creating tasks.

use std::mem;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};
use serde_json::{Map, Value};

use super::{
    group,
    resolve::add_run,
    task::{PRIORITIES, Task, rank},
};
use crate::{
    auth::{Expression, Identity},
    call::{Answer, Call, from_millis, parse_time, timestamp},
    error::ApiError,
    schema,
};

/// How wrong the clock of a client may be, in minutes.
const DRIFT: TimeDelta = TimeDelta::minutes(15);
const LONGEST: TimeDelta = TimeDelta::days(5);
/// A definition as it is shown, in this order.
const KEYS: [&str; 19] = [
    "provisionerId",
    "workerType",
    "taskQueueId",
    "schedulerId",
    "projectId",
    "taskGroupId",
    "dependencies",
    "requires",
    "routes",
    "priority",
    "retries",
    "created",
    "deadline",
    "expires",
    "scopes",
    "payload",
    "metadata",
    "tags",
    "extra",
];

pub(super) fn create_task(call: &mut Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let Value::Object(mut body) = mem::take(&mut call.body) else { return Err(ApiError::internal()) };
    match insert(db, call.now, call.identity, call.argument("taskId"), &mut body) {
        Ok(task) => Ok(super::read::status_answer(&task)?),
        // The payload that the error shows is the one with the defaults.
        Err(error) => Err(ApiError { payload: Some(Box::new(Value::Object(body))), ..error }),
    }
}

/// Creates a task on behalf of `identity`, as `createTask` does. Returns the status structure.
pub(crate) fn create(
    db: &Transaction<'_>,
    now: DateTime<Utc>,
    identity: &Identity,
    task_id: &str,
    mut definition: Value,
) -> Result<Value, ApiError> {
    schema::check_body("queue", "createTask", &mut definition)?;
    let Value::Object(mut definition) = definition else { return Err(ApiError::internal()) };
    let task = insert(db, now, identity, task_id, &mut definition)?;
    Ok(serde_json::from_str(&task.status()?)?)
}

fn insert(
    db: &Transaction<'_>,
    now: DateTime<Utc>,
    identity: &Identity,
    task_id: &str,
    body: &mut Map<String, Value>,
) -> Result<Task, ApiError> {
    name_queue(body)?;
    set_default(body, "projectId", "none");
    identity.require(&needed(body))?;
    set_default(body, "taskGroupId", task_id);
    let (deadline, expires) = check_times(body, now)?;
    if text(body, "priority") == "normal" {
        body.insert("priority".to_owned(), Value::from(PRIORITIES[0]));
    }
    if strings(body, "scopes").any(|scope| scope.ends_with("**")) {
        return Err(ApiError::input_error("scopes must not end with `**`"));
    }
    let group_id = text(body, "taskGroupId");
    group::ensure(db, group_id, text(body, "schedulerId"), expires, now)?;
    // From here on, the group exists even if the task does not.
    let keep = |error: ApiError| ApiError { keep: true, ..error };

    let definition = definition_text(body)?;
    if let Some(existing) = Task::find(db, task_id)? {
        let stored = Task::definition(db, existing.id)?;
        if stored == definition || same_json(&stored, &definition)? {
            return Ok(existing);
        }
        return Err(keep(ApiError::conflict(format!(
            "taskId `{task_id}` already used by another task.\nThis could be the result of faulty idempotency!"
        ))));
    }

    let any_resolution = text(body, "requires") == "all-resolved";
    let dependencies = check_dependencies(db, body, task_id, deadline, any_resolution).map_err(keep)?;
    let retries = body.get("retries").and_then(Value::as_u64).unwrap_or(5).min(999) as u32;
    let mut task = Task {
        id: 0,
        task_id: task_id.to_owned(),
        group_id: group_id.to_owned(),
        queue_id: text(body, "taskQueueId").to_owned(),
        scheduler_id: text(body, "schedulerId").to_owned(),
        project_id: text(body, "projectId").to_owned(),
        priority: rank(text(body, "priority")),
        retries,
        retries_left: retries,
        deadline,
        expires,
        blocked: dependencies.iter().filter(|dependency| !dependency.satisfied).count() as i64,
        indexed: strings(body, "routes").any(|route| route.starts_with("index.")),
        taken_until: None,
        inserted: now,
        runs: Vec::new(),
    };
    if task.blocked == 0 {
        add_run(&mut task, "scheduled", now);
    }
    task.insert(db, &definition)?;
    if !dependencies.is_empty() {
        let mut statement = db.prepare_cached(
            "INSERT OR IGNORE INTO dependency (required_task_id, dependent, any_resolution, satisfied) \
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        for dependency in &dependencies {
            statement.execute(rusqlite::params![
                dependency.task_id,
                task.id,
                any_resolution,
                dependency.satisfied
            ])?;
        }
    }
    Ok(task)
}

/// A queue is named by its two parts, or as a whole, or both ways.
fn name_queue(body: &mut Map<String, Value>) -> Result<(), ApiError> {
    let (provisioner, worker) = (text(body, "provisionerId"), text(body, "workerType"));
    let queue = text(body, "taskQueueId");
    if !provisioner.is_empty() && !worker.is_empty() {
        let joined = format!("{provisioner}/{worker}");
        if queue.is_empty() {
            body.insert("taskQueueId".to_owned(), Value::from(joined));
        } else if queue != joined {
            return Err(ApiError::input_error("taskQueueId must match \"provisionerId/workerType\""));
        }
    } else if let Some((provisioner, worker)) = queue.split_once('/') {
        let (provisioner, worker) = (Value::from(provisioner), Value::from(worker));
        body.insert("provisionerId".to_owned(), provisioner);
        body.insert("workerType".to_owned(), worker);
    } else {
        return Err(ApiError::input_error(
            "at least a provisionerId and a workerType or a taskQueueId must be provided\"",
        ));
    }
    Ok(())
}

/// The scopes that creating this task needs: a scope for a higher priority serves for a lower one.
fn needed(body: &Map<String, Value>) -> Expression {
    let mut all = strings(body, "scopes").map(Expression::scope).collect::<Vec<_>>();
    all.extend(strings(body, "routes").map(|route| Expression::scope(format!("queue:route:{route}"))));
    all.push(Expression::scope(format!("queue:create-task:project:{}", text(body, "projectId"))));
    all.push(Expression::scope(format!("queue:scheduler-id:{}", text(body, "schedulerId"))));
    let queue = format!("{}/{}", text(body, "provisionerId"), text(body, "workerType"));
    let priorities = PRIORITIES[rank(text(body, "priority"))..].iter().rev();
    all.push(Expression::any_of(priorities.map(|priority| format!("queue:create-task:{priority}:{queue}"))));
    Expression::All(all)
}

/// Checks the times and writes them as they are stored. Returns deadline and expiry.
fn check_times(
    body: &mut Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), ApiError> {
    let created = time(body, "created")?;
    let deadline = time(body, "deadline")?;
    let refuse = |message| Err(ApiError::input_error(message));
    if created < now - DRIFT {
        return refuse("`created` cannot be in the past (max 15min drift)");
    }
    if created > now + DRIFT {
        return refuse("`created` cannot be in the future (max 15min drift)");
    }
    if created > deadline {
        return refuse("`deadline` cannot be later than `created`");
    }
    if deadline < now {
        return refuse("`deadline` cannot be in the past");
    }
    if deadline - now > LONGEST + DRIFT {
        return refuse("`deadline` cannot be more than 5 days into the future");
    }
    let expires = if body.contains_key("expires") { time(body, "expires")? } else { year_after(deadline) };
    if deadline > expires {
        return refuse("`expires` cannot be before `deadline`");
    }
    for (key, value) in [("created", created), ("deadline", deadline), ("expires", expires)] {
        body.insert(key.to_owned(), Value::from(timestamp(value)));
    }
    Ok((deadline, expires))
}

fn time(body: &Map<String, Value>, key: &str) -> Result<DateTime<Utc>, ApiError> {
    parse_time(text(body, key)).ok_or_else(|| ApiError::input_error(format!("`{key}` is not a time")))
}

/// The same day of the next year; the first of March where that day is missing.
fn year_after(time: DateTime<Utc>) -> DateTime<Utc> {
    let year = time.year() + 1;
    let date = time.date_naive();
    let date = date.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(date);
    date.and_time(time.time()).and_utc()
}

struct Dependency {
    task_id: String,
    satisfied: bool,
}

/// Dependencies have to exist, and to exist for as long as the task may wait for them.
fn check_dependencies(
    db: &Transaction<'_>,
    body: &Map<String, Value>,
    task_id: &str,
    deadline: DateTime<Utc>,
    any_resolution: bool,
) -> Result<Vec<Dependency>, ApiError> {
    let mut found = Vec::new();
    let (mut missing, mut expiring) = (Vec::new(), Vec::new());
    let mut statement = db.prepare_cached("SELECT state, expires FROM task WHERE task_id = ?1")?;
    for required in strings(body, "dependencies") {
        if required == task_id {
            found.push(Dependency { task_id: required.to_owned(), satisfied: false });
            continue;
        }
        let row = statement
            .query_row([required], |row| {
                let satisfied = match row.get_ref(0)?.as_str()? {
                    "completed" => true,
                    "failed" | "exception" => any_resolution,
                    _ => false,
                };
                Ok((satisfied, row.get::<_, i64>(1)?))
            })
            .optional()?;
        match row {
            None => missing.push(required),
            Some((_, expires)) if deadline > from_millis(expires) => expiring.push(required),
            Some((satisfied, _)) => found.push(Dependency { task_id: required.to_owned(), satisfied }),
        }
    }
    if missing.is_empty() && expiring.is_empty() {
        return Ok(found);
    }
    let list = |ids: &[&str]| ids.iter().map(|id| format!(" * {id}\n")).collect::<String>();
    let mut message = String::new();
    if !missing.is_empty() {
        message += "`task.dependencies` references non-existing tasks:\n";
        message += &list(&missing);
        message += "All taskIds in `task.dependencies` **must** exist before the task is created.\n";
    }
    if !expiring.is_empty() {
        message += "`task.dependencies` references tasks that expire before `task.deadline`:\n";
        message += &list(&expiring);
        message += "All taskIds in `task.dependencies` **must** expire after the `deadline` of this task.\n";
    }
    Err(ApiError::input_error(message))
}

fn definition_text(body: &Map<String, Value>) -> Result<String, ApiError> {
    let mut text = Vec::with_capacity(2048);
    for key in KEYS {
        if let Some(value) = body.get(key) {
            text.extend_from_slice(if text.is_empty() { b"{\"" } else { b",\"" });
            text.extend_from_slice(key.as_bytes());
            text.extend_from_slice(b"\":");
            serde_json::to_writer(&mut text, value)?;
        }
    }
    text.push(b'}');
    String::from_utf8(text).map_err(|_| ApiError::internal())
}

/// Whether two texts are the same JSON, whatever the order of their keys.
fn same_json(a: &str, b: &str) -> Result<bool, ApiError> {
    Ok(same(&serde_json::from_str(a)?, &serde_json::from_str(b)?))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // JavaScript has one sort of number.
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn text<'a>(body: &'a Map<String, Value>, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn strings<'a>(body: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a str> {
    body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn set_default(body: &mut Map<String, Value>, key: &str, value: &str) {
    if text(body, key).is_empty() {
        body.insert(key.to_owned(), Value::from(value));
    }
}
