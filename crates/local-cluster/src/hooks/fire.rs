//! Firing hooks: rendering the task, creating it, remembering that.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Hook;
use crate::{
    auth::{self, Identity},
    call::{Answer, Call, from_millis, slugid, timestamp},
    error::ApiError,
    page, queue, schema,
};

/// As large as a body may be.
const LARGEST: usize = 10 << 20;
/// The name under which the tasks of hooks are created.
const CLIENT: &str = "static/taskcluster/hooks";

/// Creates the task of a hook with the body of the call as payload.
pub(super) fn trigger(call: &Call<'_>, db: &Transaction<'_>, hook: &Hook) -> Result<Answer, ApiError> {
    schema::check_payload(&hook.trigger_schema, &call.body).map_err(ApiError::input_error)?;
    let task_id = slugid(call.random);
    let mut context = Map::new();
    context.insert("firedBy".to_owned(), json!(call.method.name));
    context.insert("payload".to_owned(), call.body.clone());
    if let (Some(client_id), "triggerHook") = (&call.identity.client_id, call.method.name) {
        context.insert("clientId".to_owned(), json!(client_id));
    }
    context.insert("taskId".to_owned(), json!(task_id));
    context.insert("now".to_owned(), json!(timestamp(call.now)));
    context.insert("taskcluster_root_url".to_owned(), json!(call.root_url));
    let created = match render(hook, &context, &task_id, call.now) {
        Ok(None) => return Ok(Answer::empty()),
        Ok(Some(definition)) => create(db, call.now, hook, &task_id, definition),
        Err(why) => Err(ApiError::input_error(format!("While firing hook:\n\n{why}"))),
    };
    remember(call, db, hook, &task_id, created.as_ref().err())?;
    // That it was fired in vain is to be remembered, too.
    created.map_err(|error| ApiError { keep: true, ..error })?;
    Ok(Answer::json(&json!({ "taskId": task_id, "status": { "taskId": task_id } })))
}

/// The definition of the task; nothing if the template says that there is to be none.
fn render(
    hook: &Hook,
    context: &Map<String, Value>,
    task_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Value>, String> {
    let Some(mut task) = render_json_e(&hook.task, context, now)? else { return Ok(None) };
    let Some(object) = task.as_object_mut() else {
        return Err("the task template does not render to an object".to_owned());
    };
    let later = |duration: Duration| json!(timestamp(now + duration));
    for (key, value) in [
        ("created", json!(timestamp(now))),
        ("deadline", later(Duration::days(1))),
        ("expires", later(Duration::days(365))),
        ("taskGroupId", json!(task_id)),
    ] {
        let given = object.entry(key).or_insert(Value::Null);
        if given.is_null() {
            *given = value;
        }
    }
    let text = task.to_string();
    if text.len() > LARGEST {
        return Err("the rendered task is larger than 10 MB".to_owned());
    }
    // What could not be sent as a body cannot be read again, either.
    serde_json::from_str(&text).map(Some).map_err(|_| "the rendered task is too deep".to_owned())
}

/// The renderer works on the values of graphs.
fn render_json_e(
    template: &Value,
    context: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<Option<Value>, String> {
    let text = |error: serde_json::Error| error.to_string();
    let template = taskgraph_value::Value::deserialize(template).map_err(text)?;
    let context = taskgraph_value::Map::deserialize(context).map_err(text)?;
    let rendered = taskgraph_parameterize::render_json_e(&template, &context, now);
    let rendered = rendered.map_err(|error| error.to_string())?;
    rendered.map(serde_json::to_value).transpose().map_err(text)
}

/// Creates the task with what the role of the hook may do, and no more.
fn create(
    db: &Transaction<'_>,
    now: DateTime<Utc>,
    hook: &Hook,
    task_id: &str,
    definition: Value,
) -> Result<(), ApiError> {
    let role = format!("hook-id:{}/{}", hook.group, hook.id);
    let scopes = ["assume:anonymous".to_owned(), format!("assume:{role}")];
    let scopes = auth::expand(db, scopes.to_vec())?;
    let identity = Identity { client_id: Some(CLIENT.to_owned()), scopes, expires: None };
    db.execute_batch("SAVEPOINT fire")?;
    let created = queue::create(db, now, &identity, task_id, definition);
    if created.as_ref().is_err_and(|error| !error.keep) {
        db.execute_batch("ROLLBACK TO fire")?;
    }
    db.execute_batch("RELEASE fire")?;
    created.map(drop).map_err(|error| match error.code {
        "InternalServerError" => error,
        "InsufficientScopes" => ApiError::insufficient_scopes(format!(
            "The role `{role}` does not have sufficient scopes to create the task:\n\n{}",
            error.message
        )),
        code => ApiError::input_error(format!("While calling createTask: {code}\n\n{}", error.message)),
    })
}

fn remember(
    call: &Call<'_>,
    db: &Transaction<'_>,
    hook: &Hook,
    task_id: &str,
    error: Option<&ApiError>,
) -> Result<(), ApiError> {
    let error = error.map(|error| json!({ "code": error.code, "message": error.message }).to_string());
    db.execute(
        "INSERT INTO hook_fire (hook_group, hook, fired_by, task_id, time, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![hook.group, hook.id, call.method.name, task_id, call.now.timestamp_millis(), error],
    )?;
    Ok(())
}

struct Fire {
    id: i64,
    fired_by: String,
    task_id: String,
    time: DateTime<Utc>,
    /// JSON.
    error: Option<String>,
    task_state: Option<String>,
}

impl Fire {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            fired_by: row.get(1)?,
            task_id: row.get(2)?,
            time: from_millis(row.get(3)?),
            error: row.get(4)?,
            task_state: row.get(5)?,
        })
    }

    fn result(&self) -> &'static str {
        if self.error.is_some() { "error" } else { "success" }
    }
}

/// Latest first.
const FIRES: &str = "
    SELECT hook_fire.id, fired_by, hook_fire.task_id, time, error, task.state FROM hook_fire
    LEFT JOIN task ON task.task_id = hook_fire.task_id
    WHERE hook_group = ?1 AND hook = ?2 AND hook_fire.id < ?3 ORDER BY hook_fire.id DESC LIMIT ?4";

/// How the hook was fired last.
pub(super) fn status(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let hook = (call.argument("hookGroupId"), call.argument("hookId"));
    let mut query = db.prepare_cached(FIRES)?;
    let last = query.query_row(params![hook.0, hook.1, i64::MAX, 1], Fire::read).optional()?;
    let last = match last {
        None => json!({ "result": "no-fire" }),
        Some(fire) => match &fire.error {
            None => json!({ "result": "success", "taskId": fire.task_id, "time": timestamp(fire.time) }),
            Some(error) => {
                let error = serde_json::from_str::<Value>(error).unwrap_or_default();
                json!({ "result": "error", "error": error, "time": timestamp(fire.time) })
            }
        },
    };
    Ok(Answer::json(&json!({ "lastFire": last })))
}

/// How the hook was fired, and what became of the tasks.
pub(super) fn list(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let (group, id) = (call.argument("hookGroupId"), call.argument("hookId"));
    let [after] = page::after(call);
    let before = after.parse::<i64>().unwrap_or(i64::MAX);
    let mut query = db.prepare_cached(FIRES)?;
    let fires = query.query_map(params![group, id, before, page::to_read(call)], Fire::read)?;
    let fires = fires.collect::<Result<Vec<_>, _>>()?;
    if fires.is_empty() {
        return Err(ApiError::not_found("No such hook or never fired"));
    }
    let show = |fire: &Fire| {
        json!({
            "hookGroupId": group,
            "hookId": id,
            "firedBy": fire.fired_by,
            "taskId": fire.task_id,
            "taskCreateTime": timestamp(fire.time),
            "result": fire.result(),
            "error": fire.error.as_deref().unwrap_or_default(),
            "taskState": fire.task_state.as_deref().unwrap_or("unknown"),
        })
    };
    let key = |fire: &Fire| vec![fire.id.to_string()];
    Ok(Answer::json(&page::answer(call, "lastFires", fires, key, show)))
}
