//! What can go wrong while a graph is generated.

use taskgraph_kinds::{Origin, UnknownName};
use taskgraph_optimize::Fault;
use taskgraph_schema::{many_lines, one_line, shown_path};
use taskgraph_value::{Str, json::DateError};
use thiserror::Error;

use crate::{Finding, LookupError, Phase};

/// What can go wrong while a graph is generated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A kind that cannot be loaded, or a task that cannot be transformed.
    #[error(transparent)]
    Kinds(#[from] taskgraph_kinds::Error),
    /// A task needs another that no kind makes.
    #[error("{}task `{}` depends on `{}` (as `{}`), which {} makes", place(origin.as_ref()), one_line(task), one_line(label), one_line(name), nobody(target_kinds))]
    MissingDependency {
        /// Where the task was written.
        origin: Option<Origin>,
        /// The task.
        task: Str,
        /// Its name for the dependency.
        name: Str,
        /// The label that is missing.
        label: Str,
        /// The kinds that were loaded, with those they depend on; empty if all were.
        target_kinds: Vec<Str>,
    },
    /// Tasks need each other in a circle.
    #[error("{}dependency loop: {}", place(origin.as_ref()), one_line(&path.join(" -> ")))]
    Loop {
        /// Where the first of them was written.
        origin: Option<Origin>,
        /// The labels; each task needs the next, and the last is the first again.
        path: Vec<Str>,
    },
    /// Another fault of a graph.
    #[error(transparent)]
    Graph(#[from] taskgraph_graph::Error),
    /// A date where JSON is needed.
    #[error("{}task `{task}`: `{path}`: {source}", place(origin.as_ref()))]
    Date {
        /// Where the task was written.
        origin: Option<Origin>,
        /// The task.
        task: Str,
        /// The keys that lead to the date, joined by dots.
        path: String,
        /// The date.
        source: DateError,
    },
    /// A filter or target method that nobody registered.
    #[error("in the parameters: {}", one_line(&_0.to_string()))]
    UnknownName(#[from] UnknownName),
    /// A parameter that is missing or wrong.
    #[error(transparent)]
    Parameters(#[from] taskgraph_config::ParametersError),
    /// A regular expression that is none.
    #[error("{}task `{}`: `run-on-git-branches`: {}", place(origin.as_ref()), one_line(task), one_line(&source.to_string()))]
    Regex {
        /// Where the task was written.
        origin: Option<Origin>,
        /// The task that has it.
        task: Str,
        /// What is wrong with it.
        source: taskgraph_config::RegexError,
    },
    /// A target method names tasks that do not exist.
    #[error("`{}` targets `{}`, which is no task", one_line(name), one_line(label))]
    UnknownTarget {
        /// The filter or method.
        name: Str,
        /// The label.
        label: Str,
    },
    /// A label that somebody asks about, and that no task has.
    #[error("no task has the label `{}`{}", one_line(label), did_you_mean(near))]
    UnknownLabel {
        /// The label.
        label: Str,
        /// Labels that may have been meant.
        near: Vec<Str>,
    },
    /// Something that verifications do not accept.
    #[error("{}", list(*phase, findings))]
    Verification {
        /// What was verified.
        phase: Phase,
        /// Everything that was found, in the order of verifications, then of tasks.
        findings: Vec<(Option<Origin>, Finding)>,
    },
    /// Tasks that cannot be optimized.
    #[error("{}", faults_list(faults))]
    Optimization {
        /// All of them, in the order of their labels. There is at least one.
        faults: Vec<(Option<Origin>, Fault)>,
    },
    /// A set of strategies that nobody registered.
    #[error("in {place}: {}", one_line(&source.to_string()))]
    UnknownStrategies {
        /// Who asks for it.
        place: &'static str,
        /// Its name.
        source: UnknownName,
    },
    /// The index or the queue could not be asked.
    #[error("cannot look up {count} index path{}, the first is `{}`: {source}", if *count == 1 { "" } else { "s" }, one_line(first))]
    Lookup {
        /// The first path.
        first: Str,
        /// How many there are.
        count: usize,
        /// Why.
        source: LookupError,
    },
    /// A graph is to be optimized, and nobody said how to make taskIds and whom to ask about earlier tasks.
    #[error("the graph cannot be optimized without a clock, taskIds and lookups")]
    NoInputs,
    /// A morph that failed.
    #[error("{}", morph_line(origin.as_ref(), name, finding))]
    Morph {
        /// Where the task was written.
        origin: Option<Origin>,
        /// The morph.
        name: Str,
        /// What is wrong, and with which task.
        finding: Finding,
    },
    /// Anything else that a registered object reports: a full sentence.
    #[error("{}", many_lines(_0))]
    Message(String),
}

fn place(origin: Option<&Origin>) -> String {
    match origin {
        Some(Origin { file, line: Some(line) }) => format!("{}:{line}: ", shown_path(file)),
        Some(Origin { file, line: None }) => format!("{}: ", shown_path(file)),
        None => String::new(),
    }
}

fn nobody(target_kinds: &[Str]) -> String {
    match target_kinds {
        [] => "no kind".to_owned(),
        kinds => {
            format!("none of the kinds that are loaded with `--target-kind {}`", one_line(&kinds.join(", ")))
        }
    }
}

fn list(phase: Phase, findings: &[(Option<Origin>, Finding)]) -> String {
    let line = |(origin, finding): &(Option<Origin>, Finding)| match &finding.task {
        Some(task) => {
            format!("{}task `{}`: {}", place(origin.as_ref()), one_line(task), one_line(&finding.problem))
        }
        None => one_line(&finding.problem).into_owned(),
    };
    match findings {
        [only] => line(only),
        several => {
            several.iter().fold(format!("the {phase} has {} faults:", several.len()), |text, finding| {
                text + "\n  " + &line(finding)
            })
        }
    }
}

fn faults_list(faults: &[(Option<Origin>, Fault)]) -> String {
    let line = |(origin, fault): &(Option<Origin>, Fault)| format!("{}{fault}", place(origin.as_ref()));
    match faults {
        [only] => line(only),
        several => {
            several.iter().fold(format!("{} tasks cannot be optimized:", several.len()), |text, fault| {
                text + "\n  " + &line(fault)
            })
        }
    }
}

fn morph_line(origin: Option<&Origin>, name: &str, finding: &Finding) -> String {
    let task = finding.task.as_ref().map_or(String::new(), |task| format!("task `{}`: ", one_line(task)));
    format!("{}{task}the morph `{}`: {}", place(origin), one_line(name), one_line(&finding.problem))
}

fn did_you_mean(near: &[Str]) -> String {
    let near: Vec<String> = near.iter().map(|label| format!("`{}`", one_line(label))).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}
