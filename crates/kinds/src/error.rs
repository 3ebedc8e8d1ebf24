//! What can go wrong while kinds are loaded.

use std::fmt;
use std::path::PathBuf;

use taskgraph_config::{ConfigError, KeyedByError, ParametersError, RegexError};
use taskgraph_schema::{Object, Violation, many_lines, one_line, shown_path};
use taskgraph_value::{Map, Str};
use thiserror::Error;

use crate::{Origin, UnknownName, description::validate};

/// A problem, and where it is: every part that is known is in the message.
///
/// `taskcluster/kinds/test/kind.yml:12: kind `test`, task `unit`: no such ...`
#[derive(Debug)]
pub struct Error {
    /// The file.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The kind.
    pub kind: Option<Str>,
    /// The label of the task, or its name if it has no label yet.
    pub task: Option<Str>,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// What is wrong, without the place.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// A mapping that is not as its schema wants it.
    #[error("{}", list_violations(within, violations))]
    Violations {
        /// The key under which the task has the mapping; empty for the task itself.
        within: String,
        /// Everything that is wrong.
        violations: Vec<Violation>,
    },
    /// A name that nobody registered.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// A kind that is needed and not there.
    #[error("there is no kind `{name}`{}; there are {}", match needed_by { Some(kind) => format!(", which kind `{kind}` depends on"), None => String::new() }, join(available))]
    NoSuchKind {
        /// The kind.
        name: Str,
        /// The kind that depends on it; none if it was asked for.
        needed_by: Option<Str>,
        /// The kinds that are there, sorted.
        available: Vec<Str>,
    },
    /// Kinds that depend on each other in a circle, or another fault of a graph.
    #[error(transparent)]
    Graph(#[from] taskgraph_graph::Error),
    /// Two tasks of one label.
    #[error("there is another task of this label{}", match other { Some(at) => format!(", at {at}"), None => String::new() })]
    DuplicateLabel {
        /// Where the other one was written.
        other: Option<Origin>,
    },
    /// A `by-*` value that cannot be resolved.
    #[error(transparent)]
    KeyedBy(#[from] KeyedByError),
    /// A template that cannot be filled.
    #[error(transparent)]
    Template(#[from] taskgraph_parameterize::Error),
    /// A regular expression that is none.
    #[error(transparent)]
    Regex(#[from] RegexError),
    /// A YAML file that cannot be read. The message names the file.
    #[error(transparent)]
    Yaml(#[from] taskgraph_config::yaml::Error),
    /// A graph configuration that is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A parameter that is missing or wrong.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// A checkout that cannot be asked.
    #[error(transparent)]
    Vcs(#[from] taskgraph_vcs::Error),
    /// A date where JSON is needed.
    #[error(transparent)]
    Date(#[from] taskgraph_value::json::DateError),
    /// A file or folder that cannot be read.
    #[error("cannot read `{}`: {source}", shown_path(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Kinds that depend on each other in a circle.
    #[error("kinds depend on each other in a loop: {}", path.join(" -> "))]
    KindLoop {
        /// The kinds; each depends on the next, and the last is the first again.
        path: Vec<Str>,
    },
    /// A failure of another crate, in its own words.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// Anything else: a full sentence.
    #[error("{0}")]
    Message(String),
}

impl Problem {
    /// A problem in words: lower case, no full stop.
    pub fn message(text: impl Into<String>) -> Self {
        Problem::Message(text.into())
    }

    /// The failure of another library, whose message says enough.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Problem::Other(Box::new(error))
    }

    /// A key whose value is not what it should be.
    pub fn wrong(key: &str, expected: &str, found: impl fmt::Display) -> Self {
        Self::violation(key, format!("expected {expected}, found {found}"))
    }

    /// A key that is not there.
    pub fn missing(key: &str, expected: &str) -> Self {
        Self::violation(key, format!("missing, expected {expected}"))
    }

    fn violation(key: &str, problem: String) -> Self {
        Problem::Violations {
            within: String::new(),
            violations: vec![Violation { path: key.into(), problem }],
        }
    }

    /// Compares a part of a task with a schema; `within` is the key under which the task has it.
    pub fn validate(schema: &'static Object, map: &Map, within: &str) -> Result<(), Self> {
        validate(schema, map, None, within)
    }

    /// As [`Problem::validate`], with a mapping of which the schema is known to hold, if there is one.
    pub fn validate_like(
        accepted: Option<&Map>,
        schema: &'static Object,
        map: &Map,
        within: &str,
    ) -> Result<(), Self> {
        validate(schema, map, accepted, within)
    }
}

impl Error {
    /// A problem whose place is not known yet.
    pub fn new(problem: impl Into<Problem>) -> Self {
        Error { file: None, line: None, kind: None, task: None, problem: Box::new(problem.into()) }
    }

    /// A problem of a file.
    pub fn in_file(file: impl Into<PathBuf>, line: Option<u32>, problem: impl Into<Problem>) -> Self {
        Error { file: Some(file.into()), line, ..Error::new(problem) }
    }

    /// A problem of a task.
    pub fn of_task(task: Option<Str>, origin: Option<&Origin>, problem: impl Into<Problem>) -> Self {
        Error {
            file: origin.map(|origin| origin.file.to_path_buf()),
            line: origin.and_then(|origin| origin.line),
            task,
            ..Error::new(problem)
        }
    }

    /// The same error, of a kind.
    #[must_use]
    pub fn of_kind(mut self, kind: &Str) -> Self {
        self.kind.get_or_insert_with(|| kind.clone());
        self
    }
}

impl From<taskgraph_graph::Error> for Error {
    fn from(error: taskgraph_graph::Error) -> Self {
        Error::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file that is no YAML is where that is.
        let broken = match &*self.problem {
            Problem::Yaml(error) if self.file.is_none() => Some(error),
            _ => None,
        };
        let (file, line, column) = match broken {
            Some(error) => (Some(&error.path), error.line, error.column),
            None => (self.file.as_ref(), self.line, None),
        };
        if let Some(file) = file {
            write!(f, "{}:", shown_path(file))?;
            for number in [line, column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            f.write_str(" ")?;
        }
        let (kind, task) = (self.kind.as_deref().map(one_line), self.task.as_deref().map(one_line));
        match (kind, task) {
            (Some(kind), Some(task)) => write!(f, "kind `{kind}`, task `{task}`: ")?,
            (Some(kind), None) => write!(f, "kind `{kind}`: ")?,
            (None, Some(task)) => write!(f, "task `{task}`: ")?,
            (None, None) => {}
        }
        match (&*self.problem, broken) {
            (_, Some(error)) => f.write_str(&one_line(&error.kind.to_string())),
            (problem @ Problem::Violations { .. }, _) => write!(f, "{problem}"),
            (
                problem @ (Problem::Config(_)
                | Problem::Parameters(_)
                | Problem::Vcs(_)
                | Problem::Other(_)
                | Problem::Message(_)),
                _,
            ) => f.write_str(&many_lines(&problem.to_string())),
            (problem, _) => f.write_str(&one_line(&problem.to_string())),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

fn join(names: &[Str]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn list_violations(within: &str, violations: &[Violation]) -> String {
    let line = |violation: &Violation| {
        let path = match (within, violation.path.as_str()) {
            ("", path) => path.to_owned(),
            (within, "") => within.to_owned(),
            (within, path) => format!("{within}.{path}"),
        };
        Violation { path, problem: violation.problem.clone() }.to_string()
    };
    match violations {
        [only] => line(only),
        several => several.iter().fold(format!("{} things are wrong:", several.len()), |text, violation| {
            text + "\n  " + &line(violation)
        }),
    }
}
