//! What the services answer. Fields that are not read here are ignored; times are as the services write them, in UTC
//! with milliseconds: `2026-01-31T12:00:00.000Z`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{credentials::Credentials, error::Error, task_id::TaskId};

/// The state of a task or of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// Waits for its dependencies.
    Unscheduled,
    /// Waits for a worker.
    Pending,
    /// A worker is at it.
    Running,
    /// Done, with success.
    Completed,
    /// Done, without success.
    Failed,
    /// Canceled, past its deadline, malformed, or given up by its workers.
    Exception,
}

impl State {
    /// All of them, in the order of a task's life.
    pub const ALL: [State; 6] = [
        State::Unscheduled,
        State::Pending,
        State::Running,
        State::Completed,
        State::Failed,
        State::Exception,
    ];

    /// Whether nothing happens any more by itself.
    pub fn is_resolved(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Exception)
    }

    /// As the services write it: `completed`.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Unscheduled => "unscheduled",
            State::Pending => "pending",
            State::Running => "running",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Exception => "exception",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Which task.
    pub task_id: TaskId,
    /// Its group.
    pub task_group_id: TaskId,
    /// Who scheduled it.
    pub scheduler_id: String,
    /// The pool of workers it is for: `provisioner/worker-type`.
    #[serde(default)]
    pub task_queue_id: String,
    /// Where it stands.
    pub state: State,
    /// When it ends as exception if nothing else ended it.
    pub deadline: String,
    /// When it is forgotten.
    pub expires: String,
    /// How often workers may still give it up.
    #[serde(default)]
    pub retries_left: u32,
    /// Its runs, first to last. None before it was scheduled.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// Whatever else the service said.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Value>,
}

/// One run of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its number, from 0.
    pub run_id: u32,
    /// Where it stands.
    pub state: State,
    /// Why it was made: `scheduled`, `rerun`, `retry`, ...
    pub reason_created: String,
    /// Why it ended: `completed`, `failed`, `canceled`, `deadline-exceeded`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_resolved: Option<String>,
    /// When it became pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// When a worker took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Whatever else the service said.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Value>,
}

/// A task of a list, with its definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// How it stands.
    pub status: Status,
    /// Its definition, which has the queue's defaults in it.
    pub task: Value,
}

/// A group of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its id: that of the decision task, by custom.
    pub task_group_id: TaskId,
    /// Who may add tasks.
    pub scheduler_id: String,
    /// When it is forgotten.
    pub expires: String,
    /// When it was sealed, after which no task can be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// What the cancelling of a group came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledGroup {
    /// Which group.
    pub task_group_id: TaskId,
    /// How many tasks it has.
    #[serde(default)]
    pub task_group_size: usize,
    /// How many were canceled.
    #[serde(default)]
    pub cancelled_count: usize,
    /// Which, or some of them.
    #[serde(default)]
    pub task_ids: Vec<TaskId>,
}

/// An artifact of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Its name, such as `public/build/target.zip`.
    pub name: String,
    /// Where its content is: `object`, `s3`, `reference`, `link`, `error`.
    pub storage_type: String,
    /// When it is forgotten.
    pub expires: String,
    /// What it is.
    #[serde(default)]
    pub content_type: Option<String>,
}

/// A task that the index knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexedTask {
    /// Its path.
    pub namespace: String,
    /// Which task.
    pub task_id: TaskId,
    /// Tasks of a lower rank do not take its place.
    #[serde(default)]
    pub rank: f64,
    /// Whatever was kept with it.
    #[serde(default)]
    pub data: Value,
    /// When it is forgotten.
    pub expires: String,
}

/// What a worker gets when it claims a task.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// How the task stands now.
    pub status: Status,
    /// Which run it is.
    pub run_id: u32,
    /// Until when it is to be reclaimed.
    pub taken_until: String,
    /// The definition. A reclaim has none.
    #[serde(default)]
    pub task: Value,
    /// Credentials with the scopes of the task. They are not shown by `Debug`.
    pub credentials: Value,
}

impl Claim {
    /// The credentials, to sign with.
    ///
    /// Fails with [`Error::BadCredentials`].
    pub fn signer(&self) -> Result<Credentials, Error> {
        let text = |key: &str| {
            let found = self.credentials.get(key).and_then(Value::as_str);
            found.ok_or_else(|| Error::BadCredentials {
                reason: format!("expected a string `{key}` in the credentials of a claim"),
            })
        };
        let credentials = Credentials::new(text("clientId")?, text("accessToken")?);
        match self.credentials.get("certificate") {
            None | Some(Value::Null) => Ok(credentials),
            Some(_) => credentials.with_certificate(text("certificate")?),
        }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("status", &self.status)
            .field("run_id", &self.run_id)
            .field("taken_until", &self.taken_until)
            .finish_non_exhaustive()
    }
}
