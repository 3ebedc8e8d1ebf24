//! What can go wrong while a graph is optimized.

use taskgraph_kinds::UnknownName;
use taskgraph_parameterize::ReferenceError;
use taskgraph_schema::one_line;
use taskgraph_value::Str;
use thiserror::Error;

/// What can go wrong while a graph is optimized.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Tasks that cannot be optimized: all of them, in the order of their labels. There is at least one.
    #[error("{}", list(_0))]
    Faults(Vec<Fault>),
    /// A fault of the graph: a loop, or two tasks of one taskId.
    #[error(transparent)]
    Graph(#[from] taskgraph_graph::Error),
}

/// What is wrong with a task.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("kind `{}`, task `{}`: {problem}", one_line(kind), one_line(task))]
pub struct Fault {
    /// The kind of the task.
    pub kind: Str,
    /// Its label.
    pub task: Str,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a task.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A strategy that nobody registered.
    #[error("`optimization`: {}", one_line(&_0.to_string()))]
    UnknownStrategy(UnknownName),
    /// An optimization that does not name a strategy.
    #[error("`optimization`: expected a mapping of a strategy to its argument, found {found}")]
    NotAnOptimization {
        /// What it is.
        found: String,
    },
    /// A strategy that cannot decide.
    #[error("`optimization.{}`: {}", one_line(strategy), one_line(&source.to_string()))]
    Strategy {
        /// Its name.
        strategy: Str,
        /// Why.
        source: StrategyError,
    },
    /// A task was removed that this one needs.
    #[error("it depends on `{}` (as `{}`), which was removed: {reason}", one_line(needed), one_line(name))]
    StillNeeded {
        /// The task that was removed.
        needed: Str,
        /// What this one calls it.
        name: Str,
        /// Why it was removed.
        reason: String,
    },
    /// A replacement that is no taskId.
    #[error("the parameter `existing_tasks` has {found} for it, expected a taskId")]
    ExistingTask {
        /// What it is.
        found: String,
    },
    /// A reference that leads nowhere.
    #[error("{}", one_line(&_0.to_string()))]
    Reference(#[from] ReferenceError),
    /// A definition, or a part of one, that is not of the form that tasks have.
    #[error("{key}: expected {expected}, found {found}")]
    Definition {
        /// Which part, in words or as a key between backticks.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

/// Why a strategy cannot decide: lower case, no full stop.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct StrategyError(String);

impl StrategyError {
    /// A reason in words.
    pub fn new(reason: impl Into<String>) -> Self {
        StrategyError(reason.into())
    }
}

impl From<taskgraph_config::ParametersError> for StrategyError {
    fn from(error: taskgraph_config::ParametersError) -> Self {
        StrategyError(error.to_string())
    }
}

/// Fails if there are any faults.
pub(crate) fn check(mut faults: Vec<Fault>) -> Result<(), Error> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort_by(|a, b| a.task.cmp(&b.task));
    Err(Error::Faults(faults))
}

fn list(faults: &[Fault]) -> String {
    match faults {
        [only] => only.to_string(),
        several => several
            .iter()
            .fold(format!("{} faults:", several.len()), |text, fault| text + "\n  " + &fault.to_string()),
    }
}
