//! What time brings about: claims end, deadlines pass, tasks expire.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use super::{
    artifact,
    resolve::{end_or_retry, end_run, settle},
    task::{State, Task},
};
use crate::error::ApiError;

/// Applies everything that is due, in order, as of the moment when it was due. Whether there was anything.
pub(crate) fn apply(db: &Transaction<'_>, now: DateTime<Utc>) -> Result<bool, ApiError> {
    let mut any = false;
    loop {
        let mut statement =
            db.prepare_cached(concat_columns!("SELECT ", " FROM task WHERE due < ?1 ORDER BY due LIMIT 1"))?;
        let found = statement.query_row([now.timestamp_millis()], Task::from_row).optional()?;
        let Some(mut task) = found else { return Ok(any) };
        any = true;
        if task.state().is_resolved() {
            remove(db, &task)?;
            continue;
        }
        match task.taken_until {
            Some(taken) if taken < task.deadline => {
                end_or_retry(&mut task, "claim-expired", Some("retry"), taken);
                settle(db, &task, taken)?;
            }
            _ => {
                let deadline = task.deadline;
                end_run(&mut task, State::Exception, "deadline-exceeded", deadline);
                settle(db, &task, deadline)?;
            }
        }
    }
}

/// Forgets a task and what belongs to it.
fn remove(db: &Transaction<'_>, task: &Task) -> Result<(), ApiError> {
    let definition: serde_json::Value = serde_json::from_str(&Task::definition(db, task.id)?)?;
    for required in definition["dependencies"].as_array().into_iter().flatten() {
        db.prepare_cached("DELETE FROM dependency WHERE required_task_id = ?1 AND dependent = ?2")?
            .execute(rusqlite::params![required.as_str(), task.id])?;
    }
    artifact::remove_all(db, &task.task_id)?;
    db.prepare_cached("DELETE FROM definition WHERE id = ?1")?.execute([task.id])?;
    db.prepare_cached("DELETE FROM task WHERE id = ?1")?.execute([task.id])?;
    Ok(())
}
