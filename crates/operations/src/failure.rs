//! Why something was not done.

use std::sync::Arc;

use taskcluster_queue_client::{Error, State, TaskId};

use crate::trigger::ActionFailure;

/// Why something was not done to a task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It would do harm, or nothing. Nothing was sent.
    #[error("{0}")]
    Refused(Refusal),
    /// The service did not do it.
    #[error(transparent)]
    Failed(#[from] Error),
    /// An artifact of the group's decision task, which says what may be done to its tasks, cannot be read.
    #[error("cannot read `{name}` of task {task_id}: {reason}")]
    BadArtifact {
        /// The decision task.
        task_id: TaskId,
        /// The name of the artifact.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An action is not triggered.
    #[error(transparent)]
    Action(Box<ActionFailure>),
    /// The same, or whatever else keeps from looking at these artifacts, for each task of the group.
    #[error(transparent)]
    OfGroup(Arc<Failure>),
}

/// Why a task is better left alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such task.
    #[error("the queue knows no such task")]
    Unknown,
    /// A rerun of a task that succeeded.
    #[error(
        "it is completed: a rerun replaces artifacts that were used already, which breaks chain-of-trust \
         verification of everything downstream"
    )]
    Completed,
    /// A rerun of a task that did not end.
    #[error("it is {state}: only a failed or exception task is rerun")]
    NotEnded {
        /// Where it stands.
        state: State,
    },
    /// Nothing runs after the deadline of a task.
    #[error("its deadline {deadline} has passed, after which the queue neither runs nor changes it")]
    PastDeadline {
        /// As the queue writes it.
        deadline: String,
    },
    /// A retrigger of a task that is marked as not to be retriggered.
    #[error("it is not to be retriggered: {0}")]
    NotRetriggerable(Mark),
    /// A task that would run without what it needs.
    #[error("it never ran, and {}", listed(waits, fails))]
    Blocked {
        /// Dependencies that may still succeed.
        waits: Vec<(TaskId, DependencyState)>,
        /// Dependencies that ended without success, if there are several.
        fails: Vec<(TaskId, DependencyState)>,
    },
    /// Scheduling a task that ended.
    #[error("it is {state}, and scheduling does nothing to a task that ended")]
    Ended {
        /// How it ended.
        state: State,
    },
    /// Completing a task that no worker could take now.
    #[error("it is {state}: only a pending task can be claimed and completed")]
    NotPending {
        /// Where it stands.
        state: State,
    },
    /// The log of a task that has none yet.
    #[error("it is {state}, so there is no log yet")]
    NotStarted {
        /// Where it stands.
        state: State,
    },
    /// A run that there never was.
    #[error("it has no run {run}: {}", runs_of(*runs))]
    NoRun {
        /// The number that was asked for.
        run: u32,
        /// How many there are.
        runs: usize,
    },
    /// A definition that is not what the queue would give out.
    #[error(
        "its definition has a bad `{key}`: expected a time as in 2026-01-31T12:00:00.000Z, found {found}"
    )]
    BadDefinition {
        /// Which key.
        key: &'static str,
        /// What it has, as JSON.
        found: String,
    },
}

/// What says that a task is not to be retriggered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mark {
    /// It belongs to a phase of a release.
    #[error("it belongs to the phase `{0}` of a release")]
    ShippingPhase(String),
    /// The actions of its group offer retriggering only for tasks with other tags.
    #[error("the actions of its group retrigger only tasks with the tag `retrigger: \"true\"`, found {}", tag(.0))]
    Tag(Option<String>),
}

/// How a dependency stands: nothing if the queue does not know it (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencyState(pub Option<State>);

impl std::fmt::Display for DependencyState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(state) => state.fmt(f),
            None => f.pad("unknown"),
        }
    }
}

impl Refusal {
    /// What to do instead, in a sentence.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Refusal::Completed => {
                "to run it once more without touching what it made, retrigger it; force a rerun only if its \
                 artifacts are used nowhere, or all that uses them runs again"
            }
            Refusal::NotEnded { state: State::Unscheduled } => {
                "to run it although a dependency cannot succeed, schedule it (or cancel it, then rerun it)"
            }
            Refusal::NotEnded { .. } => "to run it from the start, cancel it, then rerun it",
            Refusal::PastDeadline { .. } => {
                "for a leaf task, which nothing depends on, a forced retrigger through the group's retrigger \
                 action makes a copy with a new deadline; the graph stays broken where others depend on it, \
                 and needs a new build"
            }
            Refusal::NotRetriggerable(_) => {
                "to unblock a graph, rerun it: the task stays the same and gets a new run, so its graph stays \
                 whole and verifiable; a retrigger makes a copy that nothing waits for"
            }
            Refusal::Blocked { .. } => {
                "wait for the dependencies, or rerun them; forced, it runs without what they make"
            }
            Refusal::Ended { .. } => "to run it again, rerun it",
            _ => return None,
        })
    }

    /// Whether it can be done nevertheless, by somebody who knows better. Force does nothing to a task that runs.
    pub fn may_be_forced(&self) -> bool {
        matches!(
            self,
            Refusal::Completed
                | Refusal::NotEnded { state: State::Unscheduled }
                | Refusal::NotRetriggerable(_)
                | Refusal::Blocked { .. }
        )
    }
}

impl Failure {
    /// The service's answer to a change. One that is about the deadline is a refusal, as if we had seen it before.
    pub(crate) fn of(error: Error, deadline: &str) -> Failure {
        match error {
            Error::DeadlinePassed(_) => {
                Failure::Refused(Refusal::PastDeadline { deadline: deadline.to_owned() })
            }
            error => Failure::Failed(error),
        }
    }

    /// The error of a service behind it, if there is one.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Failure::Failed(error) => Some(error),
            Failure::OfGroup(failure) => failure.error(),
            Failure::Action(failure) => failure.error(),
            _ => None,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

/// How many tasks a message names.
const NAMED: usize = 5;

fn listed(waits: &[(TaskId, DependencyState)], fails: &[(TaskId, DependencyState)]) -> String {
    let list = |tasks: &[(TaskId, DependencyState)]| {
        let mut named: Vec<_> =
            tasks.iter().take(NAMED).map(|(id, state)| format!("{id} ({state})")).collect();
        if tasks.len() > NAMED {
            named.push(format!("{} more", tasks.len() - NAMED));
        }
        named.join(", ")
    };
    let mut parts = Vec::new();
    if !waits.is_empty() {
        parts.push(format!("dependencies did not complete yet: {}", list(waits)));
    }
    if !fails.is_empty() {
        parts.push(format!("more than one dependency ended without success: {}", list(fails)));
    }
    parts.join("; ")
}

fn runs_of(runs: usize) -> String {
    match runs {
        0 => "it was never scheduled".to_owned(),
        1 => "run 0 is its only one".to_owned(),
        _ => format!("its last one is {}", runs - 1),
    }
}

fn tag(value: &Option<String>) -> String {
    match value {
        Some(value) => format!("`retrigger: {value:?}`"),
        None => "none".to_owned(),
    }
}
