//! Checks of whole graphs.

use std::fmt;

use taskgraph_graph::TaskGraph;
use taskgraph_kinds::{Extension, Kind, Session};
use taskgraph_value::Str;

/// What can be verified, in the order in which it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// The graph configuration and the parameters, before any kind is read.
    Session,
    /// The kinds.
    Kinds,
    /// All tasks, without edges.
    FullTaskSet,
    /// All tasks, with edges.
    FullTaskGraph,
    /// The targets, without edges.
    TargetTaskSet,
    /// The targets and all that they need.
    TargetTaskGraph,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Session => "configuration",
            Phase::Kinds => "set of kinds",
            Phase::FullTaskSet => "full task set",
            Phase::FullTaskGraph => "full task graph",
            Phase::TargetTaskSet => "target task set",
            Phase::TargetTaskGraph => "target task graph",
        })
    }
}

/// What a verification looks at.
#[derive(Clone, Copy)]
pub struct Verifying<'a> {
    /// Configuration, parameters, environment.
    pub session: &'a Session,
    /// The kinds; empty before [`Phase::Kinds`].
    pub kinds: &'a [Kind],
    /// The tasks; empty before [`Phase::FullTaskSet`].
    pub graph: &'a TaskGraph,
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The task that has it, unless it is one of the whole.
    pub task: Option<Str>,
    /// What is wrong: what was expected and what was found.
    pub problem: String,
}

impl Finding {
    /// A fault of a task.
    pub fn of_task(task: &Str, problem: impl Into<String>) -> Self {
        Finding { task: Some(task.clone()), problem: problem.into() }
    }
}

/// A check of a phase. All that are registered are run, in the order of their names, and all that they find is
/// reported.
pub trait Verification: Send + Sync {
    /// What it looks at.
    fn phase(&self) -> Phase;

    /// Adds what is wrong.
    fn verify(&self, verifying: Verifying<'_>, found: &mut Vec<Finding>);
}

impl Extension for dyn Verification {
    const WHAT: &'static str = "verification";
}
