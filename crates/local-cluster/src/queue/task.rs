//! A task as the database has it.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};
use serde::{Deserialize, Serialize};

use crate::{
    call::{from_millis, timestamp},
    error::ApiError,
};

/// More runs than this a task never gets.
pub(crate) const MAX_RUNS: usize = 50;

/// The state of a task, which is that of its last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Unscheduled,
    Pending,
    Running,
    Completed,
    Failed,
    Exception,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Unscheduled => "unscheduled",
            State::Pending => "pending",
            State::Running => "running",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Exception => "exception",
        }
    }

    pub(crate) fn is_resolved(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Exception)
    }
}

/// From low to high, as they are ordered in the database.
pub(crate) const PRIORITIES: [&str; 7] =
    ["lowest", "very-low", "low", "medium", "high", "very-high", "highest"];

/// The place of a priority in [`PRIORITIES`]. What is unknown or `normal` is the lowest.
pub(crate) fn rank(priority: &str) -> usize {
    PRIORITIES.iter().position(|name| *name == priority).unwrap_or(0)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) run_id: usize,
    pub(crate) state: State,
    pub(crate) reason_created: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reason_resolved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) worker_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) worker_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) taken_until: Option<String>,
    pub(crate) scheduled: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) resolved: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: i64,
    pub(crate) task_id: String,
    pub(crate) group_id: String,
    pub(crate) queue_id: String,
    pub(crate) scheduler_id: String,
    pub(crate) project_id: String,
    pub(crate) priority: usize,
    pub(crate) retries: u32,
    pub(crate) retries_left: u32,
    pub(crate) deadline: DateTime<Utc>,
    pub(crate) expires: DateTime<Utc>,
    /// Dependencies that are not satisfied.
    pub(crate) blocked: i64,
    /// Whether a route begins with `index.`.
    pub(crate) indexed: bool,
    /// When the claim of the running run ends.
    pub(crate) taken_until: Option<DateTime<Utc>>,
    /// When it became pending.
    pub(crate) inserted: DateTime<Utc>,
    pub(crate) runs: Vec<Run>,
}

impl Task {
    /// From a row that begins with the columns of a task.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Task> {
        let runs: &str = row.get_ref(15)?.as_str()?;
        let runs = serde_json::from_str(runs).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(15, rusqlite::types::Type::Text, Box::new(error))
        })?;
        Ok(Task {
            id: row.get(0)?,
            task_id: row.get(1)?,
            group_id: row.get(2)?,
            queue_id: row.get(3)?,
            scheduler_id: row.get(4)?,
            project_id: row.get(5)?,
            priority: row.get::<_, i64>(6)?.clamp(0, 6) as usize,
            retries: row.get(7)?,
            retries_left: row.get(8)?,
            deadline: from_millis(row.get(9)?),
            expires: from_millis(row.get(10)?),
            blocked: row.get(11)?,
            indexed: row.get(12)?,
            taken_until: row.get::<_, Option<i64>>(13)?.map(from_millis),
            inserted: from_millis(row.get(14)?),
            runs,
        })
    }

    pub(crate) fn find(db: &Transaction<'_>, task_id: &str) -> Result<Option<Task>, ApiError> {
        let mut statement = db.prepare_cached(concat_columns!("SELECT ", " FROM task WHERE task_id = ?1"))?;
        Ok(statement.query_row([task_id], Task::from_row).optional()?)
    }

    pub(crate) fn by_id(db: &Transaction<'_>, id: i64) -> Result<Option<Task>, ApiError> {
        let mut statement = db.prepare_cached(concat_columns!("SELECT ", " FROM task WHERE id = ?1"))?;
        Ok(statement.query_row([id], Task::from_row).optional()?)
    }

    /// The tasks of a group, in the order of their creation.
    pub(crate) fn of_group(db: &Transaction<'_>, group_id: &str) -> Result<Vec<Task>, ApiError> {
        let mut statement =
            db.prepare_cached(concat_columns!("SELECT ", " FROM task WHERE group_id = ?1 ORDER BY id"))?;
        Ok(statement.query_map([group_id], Task::from_row)?.collect::<Result<Vec<_>, _>>()?)
    }

    /// Inserts it with its definition, which is JSON. Sets the id.
    pub(crate) fn insert(&mut self, db: &Transaction<'_>, definition: &str) -> Result<(), ApiError> {
        db.prepare_cached(
            "INSERT INTO task (task_id, group_id, queue_id, scheduler_id, project_id, priority, retries, \
             retries_left, deadline, expires, blocked, indexed, taken_until, inserted, runs, state, due) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, NULL, ?13, ?14, ?15, ?16)",
        )?
        .execute(rusqlite::params![
            self.task_id,
            self.group_id,
            self.queue_id,
            self.scheduler_id,
            self.project_id,
            self.priority as i64,
            self.retries,
            self.retries_left,
            self.deadline.timestamp_millis(),
            self.expires.timestamp_millis(),
            self.blocked,
            self.indexed,
            self.inserted.timestamp_millis(),
            self.runs_text()?,
            self.state().name(),
            self.due().timestamp_millis(),
        ])?;
        self.id = db.last_insert_rowid();
        db.prepare_cached("INSERT INTO definition (id, body) VALUES (?1, ?2)")?
            .execute(rusqlite::params![self.id, definition])?;
        Ok(())
    }

    /// Writes what can change.
    pub(crate) fn save(&self, db: &Transaction<'_>) -> Result<(), ApiError> {
        db.prepare_cached(
            "UPDATE task SET priority = :priority, retries_left = :retries_left, blocked = :blocked, \
             taken_until = :taken_until, inserted = :inserted, runs = :runs, state = :state, due = :due WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": self.id,
            ":priority": self.priority as i64,
            ":retries_left": self.retries_left,
            ":blocked": self.blocked,
            ":taken_until": self.taken_until.map(|time| time.timestamp_millis()),
            ":inserted": self.inserted.timestamp_millis(),
            ":runs": self.runs_text()?,
            ":state": self.state().name(),
            ":due": self.due().timestamp_millis(),
        })?;
        Ok(())
    }

    fn runs_text(&self) -> Result<String, ApiError> {
        Ok(if self.runs.is_empty() { "[]".to_owned() } else { serde_json::to_string(&self.runs)? })
    }

    /// The definition, which is JSON.
    pub(crate) fn definition(db: &Transaction<'_>, id: i64) -> Result<String, ApiError> {
        let mut statement = db.prepare_cached("SELECT body FROM definition WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0))?)
    }

    pub(crate) fn state(&self) -> State {
        self.runs.last().map_or(State::Unscheduled, |run| run.state)
    }

    /// When time alone will change it.
    pub(crate) fn due(&self) -> DateTime<Utc> {
        if self.state().is_resolved() {
            self.expires
        } else {
            self.taken_until.map_or(self.deadline, |taken| taken.min(self.deadline))
        }
    }

    /// The status structure, which is JSON.
    pub(crate) fn status(&self) -> Result<String, ApiError> {
        let (provisioner_id, worker_type) = self.queue_id.split_once('/').unwrap_or((&self.queue_id, ""));
        Ok(serde_json::to_string(&Status {
            task_id: &self.task_id,
            provisioner_id,
            worker_type,
            task_queue_id: &self.queue_id,
            scheduler_id: &self.scheduler_id,
            project_id: &self.project_id,
            task_group_id: &self.group_id,
            priority: PRIORITIES[self.priority],
            deadline: timestamp(self.deadline),
            expires: timestamp(self.expires),
            retries_left: self.retries_left,
            state: self.state(),
            runs: &self.runs,
        })?)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    task_id: &'a str,
    provisioner_id: &'a str,
    worker_type: &'a str,
    task_queue_id: &'a str,
    scheduler_id: &'a str,
    project_id: &'a str,
    task_group_id: &'a str,
    priority: &'static str,
    deadline: String,
    expires: String,
    retries_left: u32,
    state: State,
    runs: &'a [Run],
}
