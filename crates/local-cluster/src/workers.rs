//! Standing in for workers: tasks are resolved without being run.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::{
    error::{ApiError, Error},
    queue::{self, Report, State, Task},
    server::LocalCluster,
};

/// The worker that tasks seem to be run by.
const WORKER_GROUP: &str = "local";
const WORKER_ID: &str = "local";

/// How a task is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It did what it should.
    Completed,
    /// It ran, and failed.
    Failed,
    /// It could not be run: `exception`, for the reason `internal-error`.
    Exception,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The task.
    pub task_id: String,
    /// Its state, such as `completed`.
    pub state: String,
    /// Whether that was done now. If not, the task was resolved before, or it is still `unscheduled`.
    pub changed: bool,
    /// The dependencies that it waits for, if it is unscheduled: ids and states.
    pub waits_for: Vec<(String, String)>,
}

impl LocalCluster {
    /// Resolves a task as a worker would: a pending task is claimed, then reported.
    ///
    /// # Errors
    ///
    /// There is no such task, it still waits for others, or it is resolved already.
    pub fn resolve(&self, task_id: &str, resolution: Resolution) -> Result<Resolved, Error> {
        self.with_store(|db, now| {
            let Some(mut task) = Task::find(db, task_id)? else {
                return Ok(Err(Error::NoTask(task_id.to_owned())));
            };
            let because = match task.state() {
                State::Pending | State::Running => {
                    finish(db, &mut task, resolution, now)?;
                    return Ok(Ok(describe(db, &task, true)?));
                }
                State::Unscheduled => {
                    let waits = waits_for(db, &task)?;
                    let list = waits.iter().map(|(id, state)| format!("{id} ({state})")).collect::<Vec<_>>();
                    format!(": it waits for {}", list.join(", "))
                }
                _ => ": it is resolved already".to_owned(),
            };
            let state = task.state().name().to_owned();
            Ok(Err(Error::NotRunnable { task: task_id.to_owned(), state, because }))
        })
    }

    /// Completes the tasks of a group in the order of their dependencies, until none is left that could run.
    ///
    /// Returns all tasks of the group in that order; those that still wait for others come last.
    ///
    /// # Errors
    ///
    /// There is no such group.
    pub fn resolve_all(&self, group_id: &str) -> Result<Vec<Resolved>, Error> {
        self.with_store(|db, now| {
            if !queue::group_exists(db, group_id, now)? {
                return Ok(Err(Error::NoGroup(group_id.to_owned())));
            }
            let all = Task::of_group(db, group_id)?;
            let can_run = |task: &&Task| matches!(task.state(), State::Pending | State::Running);
            let mut next = all.iter().filter(can_run).map(|task| task.id).collect::<VecDeque<_>>();
            let mut done = Vec::new();
            let mut seen = HashSet::new();
            while let Some(id) = next.pop_front() {
                let Some(mut task) = Task::by_id(db, id)? else { continue };
                // Others may wait for this group, too, but they are not of it.
                if task.group_id == group_id && seen.insert(id) {
                    next.extend(finish(db, &mut task, Resolution::Completed, now)?);
                    done.push(describe(db, &task, true)?);
                }
            }
            let mut before = Vec::new();
            let mut waiting = Vec::new();
            for task in all.iter().filter(|task| !seen.contains(&task.id)) {
                let list = if task.state().is_resolved() { &mut before } else { &mut waiting };
                list.push(describe(db, task, false)?);
            }
            before.append(&mut done);
            before.append(&mut waiting);
            Ok(Ok(before))
        })
    }

    /// Adds an artifact to a run of a task, to the last one if none is named, replacing one of the same name.
    /// The state of the run does not matter.
    ///
    /// # Errors
    ///
    /// There is no such task, or no such run.
    pub fn put_artifact(
        &self,
        task_id: &str,
        run_id: Option<u32>,
        name: &str,
        content_type: &str,
        content: &[u8],
    ) -> Result<(), Error> {
        self.with_store(|db, now| {
            let Some(task) = Task::find(db, task_id)? else {
                return Ok(Err(Error::NoTask(task_id.to_owned())));
            };
            let run = run_id.map_or(task.runs.len().checked_sub(1), |run| Some(run as usize));
            let Some(run) = run.filter(|run| *run < task.runs.len()) else {
                let state = task.state().name().to_owned();
                let because = ": it has no such run".to_owned();
                return Ok(Err(Error::NotRunnable { task: task_id.to_owned(), state, because }));
            };
            let random = self.shared.random.as_ref();
            queue::put_artifact(db, &task, run, name, content_type, content, random, now)?;
            Ok(Ok(()))
        })
    }

    fn with_store<T>(
        &self,
        run: impl FnOnce(&Transaction<'_>, DateTime<Utc>) -> Result<Result<T, Error>, ApiError>,
    ) -> Result<T, Error> {
        let now = (self.shared.clock)();
        let result = self.shared.store.transact(now, |db| run(db, now));
        self.shared.changed.notify_waiters();
        result.map_err(|error| Error::Refused(error.message))?
    }
}

/// Claims a task unless it is running, and reports. Returns what became pending.
fn finish(
    db: &Transaction<'_>,
    task: &mut Task,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, ApiError> {
    if task.state() == State::Pending {
        queue::take(db, task, WORKER_GROUP, WORKER_ID, now)?;
    }
    let report = match resolution {
        Resolution::Completed => Report::Completed,
        Resolution::Failed => Report::Failed,
        Resolution::Exception => Report::Exception("internal-error".to_owned()),
    };
    let run_id = task.runs.len().saturating_sub(1);
    queue::report(db, task, run_id, &report, now)
}

fn describe(db: &Transaction<'_>, task: &Task, changed: bool) -> Result<Resolved, ApiError> {
    let state = task.state();
    Ok(Resolved {
        task_id: task.task_id.clone(),
        state: state.name().to_owned(),
        changed,
        waits_for: if state == State::Unscheduled { waits_for(db, task)? } else { Vec::new() },
    })
}

fn waits_for(db: &Transaction<'_>, task: &Task) -> Result<Vec<(String, String)>, ApiError> {
    let definition: serde_json::Value = serde_json::from_str(&Task::definition(db, task.id)?)?;
    let mut waits = Vec::new();
    for required in definition["dependencies"].as_array().into_iter().flatten() {
        let required = required.as_str().unwrap_or_default();
        let mut statement = db.prepare_cached(
            "SELECT 1 FROM dependency WHERE required_task_id = ?1 AND dependent = ?2 AND satisfied = 0",
        )?;
        if statement.exists(rusqlite::params![required, task.id])? {
            let state = Task::find(db, required)?.map_or("expired", |task| task.state().name());
            waits.push((required.to_owned(), state.to_owned()));
        }
    }
    Ok(waits)
}
