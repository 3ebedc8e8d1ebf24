//! Tasks and the labelled graph that they form.
//!
//! An edge points from a task to the task it needs, and has the name under which the first knows the second.
//! [`Graph`] has only names, of tasks or of kinds: closure both ways, orders, cycles. [`TaskGraph`] adds the tasks, and
//! the JSON form in which graphs are printed and stored.
//!
//! ```
//! use taskgraph_graph::{Direction, Graph};
//!
//! let graph = Graph::new(
//!     ["build", "test", "sign", "lint"].map(Into::into),
//!     [("test", "build", "build"), ("sign", "build", "build")].map(|(a, b, name)| (a.into(), b.into(), name.into())),
//! )?;
//! let needed = graph.closure(["sign"], Direction::Dependencies)?;
//! assert_eq!(needed.nodes().collect::<Vec<_>>(), ["build", "sign"]);
//! let affected = graph.closure(["build"], Direction::Dependents)?;
//! assert_eq!(affected.nodes().collect::<Vec<_>>(), ["build", "test", "sign"]);
//! assert_eq!(graph.postorder()?, ["build", "lint", "test", "sign"]);
//! # Ok::<(), taskgraph_graph::Error>(())
//! ```

mod definition;
mod error;
mod graph;
mod json;
mod names;
mod task;
mod task_graph;

pub use crate::{
    definition::Definition,
    error::Error,
    graph::{Direction, Edge, Graph},
    json::{write_json, write_labels},
    task::Task,
    task_graph::TaskGraph,
};
