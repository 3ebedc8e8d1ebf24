//! Where artifacts are, and lists of them.

use rusqlite::Transaction;
use serde_json::{Value, json};

use super::{
    super::{
        claim::run_id,
        raw::{self, List},
        read::{list_answer, wanted},
        task::Task,
    },
    Artifact,
};
use crate::{
    auth::Expression,
    call::{Answer, Call, timestamp},
    error::ApiError,
};

/// The number of the latest run of the task that a call is about.
fn latest_run(call: &Call<'_>, db: &Transaction<'_>) -> Result<usize, ApiError> {
    let task =
        Task::find(db, call.argument("taskId"))?.ok_or_else(|| ApiError::not_found("Task not found"))?;
    task.runs.len().checked_sub(1).ok_or_else(|| ApiError::not_found("Task doesn't have any runs"))
}

/// The artifact that a name leads to, in the end. The caller needs the scopes for all names on the way.
fn follow(call: &Call<'_>, db: &Transaction<'_>, run_id: usize) -> Result<Artifact, ApiError> {
    let mut names = vec![call.argument("name").to_owned()];
    loop {
        call.require(&needed(&names))?;
        let name = names.last().map_or("", String::as_str);
        let artifact = Artifact::find(db, call.argument("taskId"), run_id, name)?
            .filter(|artifact| artifact.present)
            .ok_or_else(|| ApiError::not_found("Artifact not found"))?;
        if artifact.expires < call.now {
            return Err(ApiError::new(410, "ResourceExpired", "Artifact expired"));
        }
        if artifact.storage_type != "link" {
            return Ok(artifact);
        }
        let target = artifact.details["artifact"].as_str().unwrap_or_default().to_owned();
        if names.contains(&target) {
            return Err(ApiError::input_error("Artifact leads to a link cycle"));
        }
        names.push(target);
    }
}

fn needed(names: &[String]) -> Expression {
    Expression::all_of(names.iter().map(|name| format!("queue:get-artifact:{name}")))
}

/// Where a client finds the content. Nothing for an error.
fn url(call: &Call<'_>, artifact: &Artifact) -> Option<String> {
    match artifact.storage_type.as_str() {
        "error" => None,
        "reference" => Some(artifact.details["url"].as_str().unwrap_or_default().to_owned()),
        _ => Some(format!("{}/storage/{}", call.root_url, artifact.get_key)),
    }
}

fn redirect(call: &Call<'_>, db: &Transaction<'_>, run_id: usize) -> Result<Answer, ApiError> {
    let artifact = follow(call, db, run_id)?;
    let mut answer = match url(call, &artifact) {
        Some(url) => {
            let body = json!({ "storageType": artifact.storage_type, "url": url });
            Answer::see_other(url, &body)
        }
        None => Answer { status: 424, ..Answer::json(&error_body(&artifact)) },
    };
    answer.headers.push(("x-taskcluster-artifact-storage-type", artifact.storage_type));
    Ok(answer)
}

fn error_body(artifact: &Artifact) -> Value {
    json!({ "reason": artifact.details["reason"], "message": artifact.details["message"] })
}

pub(in crate::queue) fn get_artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    redirect(call, db, run_id(call))
}

pub(in crate::queue) fn get_latest_artifact(
    call: &Call<'_>,
    db: &Transaction<'_>,
) -> Result<Answer, ApiError> {
    call.require(&needed(&[call.argument("name").to_owned()]))?;
    redirect(call, db, latest_run(call, db)?)
}

fn locate(call: &Call<'_>, db: &Transaction<'_>, run_id: usize) -> Result<Answer, ApiError> {
    let artifact = follow(call, db, run_id)?;
    let mut body = match url(call, &artifact) {
        // Said to be at a plain address: this cluster has no object service in between.
        Some(url) => json!({ "storageType": artifact.storage_type.replace("object", "s3"), "url": url }),
        None => error_body(&artifact),
    };
    if artifact.storage_type == "error" {
        body["storageType"] = Value::from("error");
    }
    Ok(Answer::json(&body))
}

pub(in crate::queue) fn artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    locate(call, db, run_id(call))
}

pub(in crate::queue) fn latest_artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&needed(&[call.argument("name").to_owned()]))?;
    locate(call, db, latest_run(call, db)?)
}

fn info(call: &Call<'_>, db: &Transaction<'_>, run_id: usize) -> Result<Answer, ApiError> {
    Artifact::find(db, call.argument("taskId"), run_id, call.argument("name"))?
        .filter(|artifact| artifact.present)
        .map(|artifact| Answer::json(&artifact.describe()))
        .ok_or_else(|| ApiError::not_found("Artifact not found"))
}

fn list_scope(call: &Call<'_>, run: Option<usize>) -> Result<(), ApiError> {
    let task_id = call.argument("taskId");
    call.require(&Expression::scope(match run {
        Some(run) => format!("queue:list-artifacts:{task_id}:{run}"),
        None => format!("queue:list-artifacts:{task_id}"),
    }))
}

pub(in crate::queue) fn artifact_info(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    list_scope(call, Some(run_id(call)))?;
    info(call, db, run_id(call))
}

pub(in crate::queue) fn latest_artifact_info(
    call: &Call<'_>,
    db: &Transaction<'_>,
) -> Result<Answer, ApiError> {
    list_scope(call, None)?;
    info(call, db, latest_run(call, db)?)
}

pub(in crate::queue) fn list_artifacts(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let number = run_id(call);
    list_scope(call, Some(number))?;
    let task = wanted(call, db)?;
    if number >= task.runs.len() {
        return Err(ApiError::not_found(format!(
            "Task with taskId: `{}` has no run with runId: {number}",
            task.task_id
        )));
    }
    list(call, db, number)
}

pub(in crate::queue) fn list_latest_artifacts(
    call: &Call<'_>,
    db: &Transaction<'_>,
) -> Result<Answer, ApiError> {
    list_scope(call, None)?;
    let number = latest_run(call, db)?;
    list(call, db, number)
}

fn list(call: &Call<'_>, db: &Transaction<'_>, run_id: usize) -> Result<Answer, ApiError> {
    let limit = call.limit();
    let mut statement = db.prepare_cached(
        "SELECT id, name, storage_type, content_type, expires, details, present, get_key, put_key FROM artifact \
         WHERE task_id = ?1 AND run_id = ?2 AND name > ?3 AND present ORDER BY name LIMIT ?4",
    )?;
    let artifacts = statement
        .query_map(
            rusqlite::params![call.argument("taskId"), run_id as i64, raw::after(call), limit as i64 + 1],
            Artifact::from_row,
        )?
        .collect::<Result<Vec<_>, _>>()?;
    let mut list = List::new();
    for artifact in artifacts.iter().take(limit) {
        list.push(&[
            ("storageType", &raw::string(&artifact.storage_type)),
            ("name", &raw::string(&artifact.name)),
            ("expires", &raw::string(&timestamp(artifact.expires))),
            ("contentType", &raw::string(&artifact.content_type)),
        ]);
    }
    let next = (artifacts.len() > limit).then(|| raw::token(&artifacts[limit - 1].name));
    Ok(list_answer(&[], "artifacts", list, next))
}
