//! What to say when not all tasks were created.

use std::error::Error as StdError;
use std::fmt;

use taskcluster_queue_client::{Error as ClientError, TaskId};
use taskgraph_schema::one_line;
use taskgraph_value::Str;
use thiserror::Error;

use super::compare::Difference;

/// How many labels a list of skipped tasks shows.
const SHOWN: usize = 10;

/// Why not all tasks were created.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Tasks that no queue could accept. Nothing was sent.
    #[error("{}", faults_of(faults))]
    Faults {
        /// Everything that is wrong, in the order of the tasks.
        faults: Vec<Fault>,
    },
    /// The queue does not say which tasks exist. None was created.
    #[error("no task was created, because the queue does not say which exist already: {}", whole(source))]
    Unreachable {
        /// Why.
        source: ClientError,
    },
    /// Tasks exist with other definitions than ours, which was found out before any was created.
    #[error("no task was created, because {}", conflicts_of(conflicts))]
    Conflicts {
        /// All of them, dependencies first.
        conflicts: Vec<Conflict>,
    },
    /// Some tasks could not be created. The others exist.
    #[error("{}", incomplete(failed, *exist, *total))]
    Incomplete {
        /// Those that were tried, dependencies first, and what was skipped because of each.
        failed: Vec<FailedTask>,
        /// How many tasks exist now, or existed before.
        exist: usize,
        /// How many tasks there are.
        total: usize,
    },
}

/// A task that no queue could accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its label.
    pub label: Str,
    /// What is wrong.
    pub problem: String,
    /// The text that is wrong, if a parameter may have brought it in, see [`CreateError::traced`].
    pub text: Option<Str>,
}

/// A task that exists, and is not the one that we would create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The label of ours.
    pub label: Str,
    /// The taskId of both.
    pub task_id: TaskId,
    /// `metadata.name` of the one that exists; empty if it has none.
    pub existing: String,
    /// The first place in which they differ.
    pub difference: Difference,
}

/// A task that could not be created.
#[derive(Debug)]
pub struct FailedTask {
    /// Its label.
    pub label: Str,
    /// The taskId that it would have.
    pub task_id: TaskId,
    /// Why.
    pub problem: CreateProblem,
    /// The labels of the tasks that depend on it, directly or not, and were not tried. One that depends on several
    /// failed tasks is listed with one of them.
    pub skipped: Vec<Str>,
}

/// Why one task could not be created.
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateProblem {
    /// The service said no, or nothing.
    Refused(ClientError),
    /// Another task has its id.
    Conflict(Box<Conflict>),
    /// A task has its id, and we may not, or cannot, look which.
    Unknown {
        /// What the service said to the creation.
        refused: ClientError,
        /// Why we do not know more.
        lookup: ClientError,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task `{}`: {}", one_line(&self.label), one_line(&self.problem))
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conflict { label, task_id, existing, difference } = self;
        let (label, existing) = (one_line(label), one_line(existing));
        write!(f, "task `{label}` ({task_id}) exists already, as `{existing}`, and is another: {difference}")
    }
}

impl fmt::Display for FailedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = one_line(&self.label);
        match &self.problem {
            CreateProblem::Refused(error) => {
                write!(f, "task `{label}` ({}): {}", self.task_id, whole(error))?
            }
            CreateProblem::Conflict(conflict) => conflict.fmt(f)?,
            CreateProblem::Unknown { refused, lookup } => {
                let (refused, lookup) = (whole(refused), whole(lookup));
                let id = &self.task_id;
                write!(
                    f,
                    "task `{label}` ({id}): {refused}; whether it is the same cannot be told: {lookup}"
                )?;
            }
        }
        if self.skipped.is_empty() {
            return Ok(());
        }
        let shown: Vec<_> =
            self.skipped.iter().take(SHOWN).map(|label| format!("`{}`", one_line(label))).collect();
        write!(f, "; skipped because of it: {}", shown.join(", "))?;
        match self.skipped.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// An error and what caused it, on one line.
fn whole(error: &ClientError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += ": ";
        text += &error.to_string();
        cause = error.source();
    }
    one_line(&text).into_owned()
}

fn lines<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(|item| format!("\n  {item}")).collect()
}

fn faults_of(faults: &[Fault]) -> String {
    match faults {
        [only] => only.to_string(),
        several => format!("{} tasks cannot be created:{}", several.len(), lines(several)),
    }
}

fn conflicts_of(conflicts: &[Conflict]) -> String {
    match conflicts {
        [only] => only.to_string(),
        several => format!("{} tasks exist already and are others:{}", several.len(), lines(several)),
    }
}

fn incomplete(failed: &[FailedTask], exist: usize, total: usize) -> String {
    format!("only {exist} of {total} tasks were created:{}", lines(failed))
}
