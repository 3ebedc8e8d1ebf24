//! Artifacts: what they are, and how they come to be.

pub(super) mod fetch;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};
use serde_json::{Value, json};

use super::{
    claim::run_id,
    task::{State, Task},
};
use crate::{
    auth::{Expression, temporary_credentials},
    call::{Answer, Call, from_millis, parse_time, slugid, timestamp},
    error::ApiError,
};

/// How long the address of an upload is good for.
const UPLOAD: TimeDelta = TimeDelta::minutes(45);
/// How long after an exception artifacts may still come in.
const LATE: TimeDelta = TimeDelta::minutes(25);

struct Artifact {
    id: i64,
    name: String,
    storage_type: String,
    content_type: String,
    expires: DateTime<Utc>,
    details: Value,
    present: bool,
    get_key: String,
    put_key: String,
}

impl Artifact {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Artifact> {
        Ok(Artifact {
            id: row.get(0)?,
            name: row.get(1)?,
            storage_type: row.get(2)?,
            content_type: row.get(3)?,
            expires: from_millis(row.get(4)?),
            details: serde_json::from_str(row.get_ref(5)?.as_str()?).unwrap_or_default(),
            present: row.get(6)?,
            get_key: row.get(7)?,
            put_key: row.get(8)?,
        })
    }

    fn find(
        db: &Transaction<'_>,
        task_id: &str,
        run_id: usize,
        name: &str,
    ) -> Result<Option<Artifact>, ApiError> {
        let mut statement = db.prepare_cached(
            "SELECT id, name, storage_type, content_type, expires, details, present, get_key, put_key \
             FROM artifact WHERE task_id = ?1 AND run_id = ?2 AND name = ?3",
        )?;
        Ok(statement
            .query_row(rusqlite::params![task_id, run_id as i64, name], Artifact::from_row)
            .optional()?)
    }

    fn describe(&self) -> Value {
        json!({
            "storageType": self.storage_type,
            "name": self.name,
            "expires": timestamp(self.expires),
            "contentType": self.content_type,
        })
    }
}

/// The name of an artifact's content in the object service.
fn object_name(task_id: &str, run_id: usize, name: &str) -> String {
    format!("t/{task_id}/{run_id}/{name}")
}

pub(super) fn create_artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let (task_id, number, name) = (call.argument("taskId"), run_id(call), call.argument("name"));
    let text = |key: &str| call.body[key].as_str();
    let expires = text("expires")
        .and_then(parse_time)
        .ok_or_else(|| ApiError::input_error("Expires must be a time"))?;
    if expires < call.now - TimeDelta::minutes(15) {
        return Err(ApiError::input_error("Expires must be in the future"));
    }
    let task = Task::find(db, task_id)?.ok_or_else(|| ApiError::input_error("Task not found"))?;
    let run = task.runs.get(number).ok_or_else(|| ApiError::input_error("Run not found"))?;
    let (Some(worker_group), Some(worker_id)) = (&run.worker_group, &run.worker_id) else {
        return Err(ApiError::input_error("Run was not claimed by a worker and so no artifacts can exist"));
    };
    call.require(&Expression::scope(format!("queue:create-artifact:{task_id}/{number}")))?;
    if expires > task.expires {
        return Err(ApiError::input_error(format!(
            "Artifact expires ({}) after the task expiration {} (task.expires < expires) - this is not allowed, \
             artifacts may not expire after the task they belong to expires",
            timestamp(expires),
            timestamp(task.expires)
        )));
    }
    let late = run.state == State::Exception
        && run.resolved.as_deref().and_then(parse_time).is_some_and(|at| at > call.now - LATE);
    if run.state != State::Running && !late {
        return Err(ApiError::conflict(format!(
            "Artifacts cannot be created for a task after it is resolved, unless it is resolved 'exception', \
             and even in this case only up to 25 min past resolution. This to ensure that artifacts have been \
             uploaded before a task is 'completed' and output is consumed by a dependent task\n\n\
             Task status: {}",
            task.status()?
        )));
    }

    let storage_type = text("storageType").unwrap_or_default();
    let content_type = text("contentType").unwrap_or("application/binary");
    let details = match storage_type {
        "s3" => json!({ "prefix": format!("{task_id}/{number}/{name}") }),
        "reference" => json!({ "url": call.body["url"] }),
        "link" => json!({ "artifact": call.body["artifact"] }),
        "error" => json!({ "message": call.body["message"], "reason": call.body["reason"] }),
        "object" => json!({}),
        _ => return Err(ApiError::input_error(format!("Unknown storageType: {storage_type}"))),
    };
    let existing = Artifact::find(db, task_id, number, name)?;
    if let Some(existing) = &existing {
        let same_type = existing.storage_type == storage_type;
        let compatible = (storage_type == "link" || existing.content_type == content_type)
            && existing.expires <= expires
            && if same_type {
                // The address of a reference may change. An object that is there may not.
                existing.details == details
                    || storage_type == "reference"
                    || (storage_type == "object" && !existing.present)
            } else {
                existing.storage_type == "reference" && storage_type == "link"
            };
        if !compatible {
            return Err(ApiError::conflict(format!(
                "Artifact already exists with different properties, and none of the allowed exceptions apply: {:#}",
                existing.describe()
            )));
        }
    }
    let artifact = Artifact {
        id: 0,
        name: name.to_owned(),
        storage_type: storage_type.to_owned(),
        content_type: content_type.to_owned(),
        expires,
        details,
        present: storage_type != "object",
        get_key: existing.as_ref().map_or_else(|| slugid(call.random), |existing| existing.get_key.clone()),
        put_key: existing.as_ref().map_or_else(|| slugid(call.random), |existing| existing.put_key.clone()),
    };
    store(db, task_id, number, &artifact, call.now)?;

    let put_url = format!("{}/storage/{}", call.root_url, artifact.put_key);
    Ok(Answer::json(&match storage_type {
        "s3" => json!({
            "storageType": "s3",
            "contentType": content_type,
            "expires": timestamp(call.now + UPLOAD),
            "putUrl": put_url,
        }),
        "object" => {
            let object = object_name(task_id, number, name);
            let until = expires.min(call.now + TimeDelta::hours(24));
            let client_id = format!("artifact-upload/{task_id}/{number}/on/{worker_group}/{worker_id}");
            let scopes = [format!("object:upload:{}:{object}", task.project_id)];
            json!({
                "storageType": "object",
                "name": object,
                "projectId": task.project_id,
                "uploadId": artifact.put_key,
                "expires": timestamp(expires),
                "credentials":
                    temporary_credentials(db, &client_id, &scopes, call.now, until, call.random_bytes())?,
                // Uploads go straight here: this cluster has no object service in between.
                "putUrl": put_url,
            })
        }
        _ => json!({ "storageType": storage_type }),
    }))
}

fn store(
    db: &Transaction<'_>,
    task_id: &str,
    run_id: usize,
    artifact: &Artifact,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    db.prepare_cached(
        "INSERT INTO artifact (task_id, run_id, name, storage_type, content_type, expires, details, present, \
         get_key, put_key, put_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (task_id, run_id, name) DO UPDATE SET storage_type = ?4, content_type = ?5, expires = ?6, \
         details = ?7, put_until = ?11",
    )?
    .execute(rusqlite::params![
        task_id,
        run_id as i64,
        artifact.name,
        artifact.storage_type,
        artifact.content_type,
        artifact.expires.timestamp_millis(),
        artifact.details.to_string(),
        artifact.present,
        artifact.get_key,
        artifact.put_key,
        (now + UPLOAD).timestamp_millis(),
    ])?;
    Ok(())
}

/// Puts an artifact there, with its content, as a worker would have done. Replaces one of the same name.
#[expect(clippy::too_many_arguments, reason = "an artifact has that many parts")]
pub(crate) fn put(
    db: &Transaction<'_>,
    task: &Task,
    run_id: usize,
    name: &str,
    content_type: &str,
    body: &[u8],
    random: &(dyn Fn(&mut [u8]) + Send + Sync),
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    if let Some(existing) = Artifact::find(db, &task.task_id, run_id, name)? {
        remove(db, existing.id)?;
    }
    let artifact = Artifact {
        id: 0,
        name: name.to_owned(),
        storage_type: "s3".to_owned(),
        content_type: content_type.to_owned(),
        expires: task.expires,
        details: json!({ "prefix": format!("{}/{run_id}/{name}", task.task_id) }),
        present: true,
        get_key: slugid(random),
        put_key: slugid(random),
    };
    store(db, &task.task_id, run_id, &artifact, now)?;
    super::contents::write(db, db.last_insert_rowid(), None, body)
}

fn remove(db: &Transaction<'_>, id: i64) -> Result<(), ApiError> {
    db.prepare_cached("DELETE FROM content WHERE id = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM artifact WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Forgets all artifacts of a task.
pub(super) fn remove_all(db: &Transaction<'_>, task_id: &str) -> Result<(), ApiError> {
    let mut statement = db.prepare_cached("SELECT id FROM artifact WHERE task_id = ?1")?;
    let ids = statement.query_map([task_id], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    ids.into_iter().try_for_each(|id| remove(db, id))
}

pub(super) fn finish_artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let (task_id, number, name) = (call.argument("taskId"), run_id(call), call.argument("name"));
    call.require(&Expression::scope(format!("queue:create-artifact:{task_id}/{number}")))?;
    let Some(artifact) = Artifact::find(db, task_id, number, name)? else {
        return Err(ApiError::not_found(format!(
            "Artifact with taskId `{task_id}`, runId {number}, name `{name}` not found"
        )));
    };
    if artifact.storage_type != "object" {
        return Err(ApiError::input_error("Only object artifacts can be finished"));
    }
    if !artifact.present {
        if call.body["uploadId"].as_str() != Some(&artifact.put_key) {
            return Err(ApiError::input_error("given uploadId does not match that for the artifact"));
        }
        if !super::contents::exists(db, artifact.id)? {
            return Err(ApiError::input_error("Object storing artifact data does not exist"));
        }
        db.prepare_cached("UPDATE artifact SET present = 1 WHERE id = ?1")?.execute([artifact.id])?;
    }
    Ok(Answer { status: 204, ..Answer::text(Vec::new()) })
}
