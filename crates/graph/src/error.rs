//! What can be wrong with a graph.

use taskgraph_value::{Str, json::DateError};
use thiserror::Error;

/// What can be wrong with a graph.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An edge or a question names a node that the graph does not have.
    #[error("the graph has no node `{name}`")]
    UnknownNode {
        /// The name.
        name: Str,
    },
    /// Two nodes have the same name.
    #[error("the graph has two nodes `{name}`")]
    DuplicateNode {
        /// The name.
        name: Str,
    },
    /// Nodes need each other in a circle.
    #[error("dependency loop: {}", path.iter().map(Str::as_str).collect::<Vec<_>>().join(" -> "))]
    Cycle {
        /// The nodes of the circle; each needs the next, and the last is the first again.
        path: Vec<Str>,
    },
    /// A JSON document is not a task graph.
    #[error("not a task graph: {}", match key { Some(key) => format!("task `{key}`: {problem}"), None => problem.clone() })]
    NotAGraph {
        /// The key of the task, unless it is the whole document.
        key: Option<Str>,
        /// What was expected and what was found.
        problem: String,
    },
    /// A value of a task cannot be written as JSON.
    #[error("task `{label}`: `{path}`: {source}")]
    Unprintable {
        /// The task.
        label: Str,
        /// The keys that lead to the value, joined by dots.
        path: String,
        /// Why.
        source: DateError,
    },
    /// Writing failed.
    #[error("cannot write the graph")]
    Io(#[from] std::io::Error),
}
