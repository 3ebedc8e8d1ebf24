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
    pub(crate) facts: &'a [Facts],
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

    /// Whether it looks at [`Verifying::graph`]. If it does not, and [splits](Verification::splits), it may get tasks as
    /// soon as they are made, when there is no graph yet.
    fn needs_graph(&self) -> bool {
        true
    }
}

impl Extension for dyn Verification {
    const WHAT: &'static str = "verification";
}

/// How many tasks one thread looks at, at a time: few enough to stay in its cache from one verification to the next.
const PART: usize = 64;

/// What is found out about some tasks, as soon as they are made or later.
pub(crate) struct Looked {
    /// For each verification; nothing for those that have not looked.
    findings: Vec<Vec<Finding>>,
    facts: Vec<Facts>,
}

impl Looked {
    /// Lets the verifications look that `which` chooses.
    fn new(
        verifications: &[Arc<dyn Verification>],
        which: impl Fn(&dyn Verification) -> bool,
        facts: bool,
        verifying: Verifying<'_>,
    ) -> Self {
        let look = |verification: &Arc<dyn Verification>| {
            let mut found = Vec::new();
            if which(&**verification) {
                verification.verify(verifying, &mut found);
            }
            found
        };
        Looked {
            findings: verifications.iter().map(look).collect(),
            facts: verifying.tasks.iter().filter(|_| facts).map(|task| Facts::of(task)).collect(),
        }
    }

    /// What can be found out before there is a graph. That is less work than later, when the tasks are in no cache any
    /// more.
    pub(crate) fn early(verifications: &[Arc<dyn Verification>], verifying: Verifying<'_>) -> Self {
        Looked::new(verifications, is_early, compares(verifications), verifying)
    }
}

/// Whether a verification can look at tasks before there is a graph.
fn is_early(verification: &dyn Verification) -> bool {
    verification.splits() && !verification.needs_graph()
}

/// Whether any verification compares tasks with each other.
fn compares(verifications: &[Arc<dyn Verification>]) -> bool {
    verifications.iter().any(|verification| !verification.splits())
}

/// All that some verifications find, one verification after another. `early` is what was found out about all tasks
/// before.
pub(crate) fn run_all(
    verifications: &[Arc<dyn Verification>],
    verifying: Verifying<'_>,
    early: Option<Vec<Looked>>,
) -> Vec<Finding> {
    if verifications.is_empty() {
        return Vec::new();
    }
    let done = early.is_some();
    let still = |verification: &dyn Verification| verification.splits() && !(done && is_early(verification));
    let facts = !done && compares(verifications);
    let mut looked = early.unwrap_or_default();
    if facts || verifications.iter().any(|verification| still(&**verification)) {
        let parts = verifying.tasks.par_chunks(PART).with_max_len(1);
        let look = |tasks| Looked::new(verifications, still, facts, Verifying { tasks, ..verifying });
        looked.append(&mut parts.map(look).collect());
    }
    let (found, facts): (Vec<_>, Vec<_>) =
        looked.into_iter().map(|looked| (looked.findings, looked.facts)).unzip();
    let facts: Vec<Facts> = facts.into_iter().flatten().collect();
    let whole = |verification: &Arc<dyn Verification>| {
        let mut found = Vec::new();
        if !verification.splits() {
            verification.verify(Verifying { facts: &facts, ..verifying }, &mut found);
        }
        found
    };
    let mut all: Vec<Vec<Finding>> = verifications.par_iter().with_max_len(1).map(whole).collect();
    for (at, more) in found.into_iter().flat_map(|part| part.into_iter().enumerate()) {
        all[at].extend(more);
    }
    // What is in no cache takes its time, for which nobody need wait.
    rayon::spawn(move || drop(facts));
    all.into_iter().flatten().collect()
}
