//! Checks of whole graphs.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Extension, Kind, Session};
use taskgraph_value::Str;

use crate::facts::Facts;

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
    /// The tasks that are left to create. From here on keys are taskIds.
    OptimizedTaskGraph,
    /// The same, after all morphs.
    MorphedTaskGraph,
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
            Phase::OptimizedTaskGraph => "optimized task graph",
            Phase::MorphedTaskGraph => "morphed task graph",
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
    /// All tasks; empty before [`Phase::FullTaskSet`].
    pub graph: &'a TaskGraph,
    /// The tasks to look at: those of the graph, or some of them for a verification that splits.
    pub tasks: &'a [Arc<Task>],
    /// What is known about all tasks, for verifications that do not split.
    pub(crate) facts: &'a [Facts<'a>],
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

    /// Whether tasks may come in several calls, on several threads, because each is looked at on its own.
    ///
    /// By default they do not: a verification sees all tasks in one call.
    fn splits(&self) -> bool {
        false
    }
}

impl Extension for dyn Verification {
    const WHAT: &'static str = "verification";
}

/// How many tasks one thread looks at, at a time: few enough to stay in its cache from one verification to the next.
const PART: usize = 64;

/// All that some verifications find, one verification after another.
pub(crate) fn run_all(verifications: &[Arc<dyn Verification>], verifying: Verifying<'_>) -> Vec<Finding> {
    if verifications.is_empty() {
        return Vec::new();
    }
    let run = |verification: &Arc<dyn Verification>, tasks, facts| {
        let mut found = Vec::new();
        verification.verify(Verifying { tasks, facts, ..verifying }, &mut found);
        found
    };
    let whole_too = verifications.iter().any(|verification| !verification.splits());
    let splitting = |part| {
        let each = |verification: &Arc<dyn Verification>| {
            if verification.splits() { run(verification, part, &[]) } else { Vec::new() }
        };
        let found: Vec<Vec<Finding>> = verifications.iter().map(each).collect();
        let facts: Vec<Facts<'_>> =
            if whole_too { part.iter().map(|task| Facts::of(task)).collect() } else { Vec::new() };
        (found, facts)
    };
    let parts: Vec<_> = verifying.tasks.par_chunks(PART).with_max_len(1).map(splitting).collect();
    let (found, facts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let facts: Vec<Facts<'_>> = facts.into_iter().flatten().collect();
    let whole = |verification: &Arc<dyn Verification>| {
        if verification.splits() { Vec::new() } else { run(verification, verifying.tasks, &facts) }
    };
    let mut all: Vec<Vec<Finding>> = verifications.par_iter().with_max_len(1).map(whole).collect();
    for (at, more) in found.into_iter().flat_map(|part| part.into_iter().enumerate()) {
        all[at].extend(more);
    }
    all.into_iter().flatten().collect()
}
