//! What became of each task, and why.

use std::fmt;

use taskgraph_value::Str;

/// What became of a task. Strategies are named as in the log: `index-search (index-search)`, with what the strategy says
/// about itself in parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is not in the graph.
    Removed(Removal),
    /// An earlier task is in its place.
    Replaced {
        /// Who said so.
        by: ReplacedBy,
        /// The earlier task.
        task_id: Str,
    },
    /// It will be created.
    Kept {
        /// Why it was not removed.
        because: Kept,
        /// Why nothing replaces it.
        not_replaced: NotReplaced,
    },
}

/// Why a task was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal {
    /// Its strategy said so.
    Strategy(Str),
    /// Nobody asked for it, and all that needed it are gone.
    DependentsOptimized,
    /// None of its `if-dependencies` was sure to run when that was decided.
    IfDependencies {
        /// One that runs all the same, because something else needs it.
        late: Option<Str>,
    },
    /// Its strategy replaces it with nothing.
    Replacement(Str),
}

/// Who replaced a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplacedBy {
    /// The parameter `existing_tasks`.
    ExistingTasks,
    /// Its strategy.
    Strategy(Str),
}

/// Why a task was not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// Somebody asked for it not to be optimized.
    DoNotOptimize,
    /// These tasks need it, and were not removed when it was looked at.
    Dependents(Vec<Str>),
    /// Its strategy said so.
    Strategy(Str),
    /// Its strategy would have removed it, or nobody asked for it; but this task, which it may not run without, or which
    /// needs it, runs.
    IfDependency(Str),
}

/// Why a task was not replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotReplaced {
    /// Somebody asked for it not to be optimized.
    DoNotOptimize,
    /// It needs these tasks, which will run.
    Dependencies(Vec<Str>),
    /// Its strategy found nothing.
    Strategy {
        /// Which.
        strategy: Str,
        /// What the strategy noted, a line each.
        notes: Vec<String>,
    },
}

impl Decision {
    /// Whether the task will be created.
    pub fn is_kept(&self) -> bool {
        matches!(self, Decision::Kept { .. })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Removed(why) => write!(f, "removed: {why}"),
            Decision::Replaced { by: ReplacedBy::ExistingTasks, task_id } => {
                write!(f, "replaced with {task_id} by the parameter `existing_tasks`")
            }
            Decision::Replaced { by: ReplacedBy::Strategy(strategy), task_id } => {
                write!(f, "replaced with {task_id} by the strategy `{strategy}`")
            }
            Decision::Kept { because, not_replaced } => {
                write!(f, "kept: {because}")?;
                match not_replaced {
                    NotReplaced::DoNotOptimize => Ok(()),
                    NotReplaced::Dependencies(labels) => {
                        write!(f, "; not replaced: it needs {}, which will run", several(labels))
                    }
                    NotReplaced::Strategy { strategy, notes } => {
                        write!(f, "; not replaced: the strategy `{strategy}` found nothing")?;
                        notes.iter().try_for_each(|note| write!(f, " ({note})"))
                    }
                }
            }
        }
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Removal::Strategy(strategy) => write!(f, "the strategy `{strategy}` removes it"),
            Removal::DependentsOptimized => f.write_str("it is no target, and no task is left that needs it"),
            Removal::IfDependencies { late: None } => f.write_str("none of its `if-dependencies` will run"),
            Removal::IfDependencies { late: Some(late) } => write!(
                f,
                "none of its `if-dependencies` will run but for the sake of others, which is decided last: `{late}`"
            ),
            Removal::Replacement(strategy) => write!(f, "the strategy `{strategy}` replaces it with nothing"),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::DoNotOptimize => f.write_str("it is among those not to optimize"),
            Kept::Dependents(labels) => write!(f, "needed by {}", several(labels)),
            Kept::Strategy(strategy) => write!(f, "the strategy `{strategy}` keeps it"),
            Kept::IfDependency(label) => write!(f, "`{label}` will run"),
        }
    }
}

/// At most three of them.
fn several(labels: &[Str]) -> String {
    let shown = labels.iter().take(3).map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
    if labels.len() > 3 { format!("{shown} and {} more", labels.len() - 3) } else { shown }
}

/// What became of every task of a graph, in the order of labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions(Vec<(Str, Decision)>);

impl Decisions {
    /// From pairs in the order of labels.
    pub(crate) fn new(sorted: Vec<(Str, Decision)>) -> Self {
        Decisions(sorted)
    }

    /// What became of the task of a label; nothing if the graph did not have it.
    pub fn get(&self, label: &str) -> Option<&Decision> {
        let at = self.0.binary_search_by(|(other, _)| other.as_str().cmp(label)).ok()?;
        self.0.get(at).map(|(_, decision)| decision)
    }

    /// Labels and decisions, in the order of labels.
    pub fn iter(&self) -> std::slice::Iter<'_, (Str, Decision)> {
        self.0.iter()
    }
}
