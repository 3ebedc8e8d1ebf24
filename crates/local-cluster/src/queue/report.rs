//! Workers report how runs ended.

use rusqlite::Transaction;

use super::{
    claim::run_id,
    read::{status_answer, wanted},
    resolve::{Report, no_run, report},
};
use crate::{
    auth::Expression,
    call::{Answer, Call},
    error::ApiError,
};

pub(super) fn completed(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    accept(call, db, &Report::Completed)
}

pub(super) fn failed(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    accept(call, db, &Report::Failed)
}

pub(super) fn exception(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let reason = call.body["reason"].as_str().unwrap_or_default();
    accept(call, db, &Report::Exception(reason.to_owned()))
}

fn accept(call: &Call<'_>, db: &Transaction<'_>, what: &Report) -> Result<Answer, ApiError> {
    let mut task = wanted(call, db)?;
    let number = run_id(call);
    if number >= task.runs.len() {
        return Err(no_run(&task, number));
    }
    call.require(&Expression::scope(format!("queue:resolve-task:{}/{number}", task.task_id)))?;
    report(db, &mut task, number, what, call.now)?;
    status_answer(&task)
}
