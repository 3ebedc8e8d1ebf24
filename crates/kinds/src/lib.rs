//! Loads kinds, and runs the transforms that their kind.yml names.
//!
//! A *kind* is a folder with a `kind.yml`. Its loader makes [`Description`]s, its transforms rewrite them one after
//! another, and the last one leaves task definitions. Which loaders and transforms there are is a matter of
//! the [`Registry`]: a program adds its own under whatever name its kinds use.
//!
//! [`KindGraph::read`] reads the kinds of a repository and puts them in order, [`KindGraph::load_tasks`] loads them,
//! in parallel along that order. Nothing here knows what a transform does: those that come with the program are in
//! `taskgraph-transforms`.
//!
//! ```
//! use std::sync::Arc;
//! use taskgraph_kinds::{Description, KindContext, PerTask, Problem, Registry};
//! use taskgraph_value::text;
//!
//! fn shout(_: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
//!     let loud = task.text("description")?.to_uppercase();
//!     task.insert(text!("description"), loud.into());
//!     out.push(task);
//!     Ok(())
//! }
//!
//! let mut registry = Registry::new();
//! registry.add_transform("project.transforms.shout", PerTask(shout));
//! assert!(registry.transforms("project.transforms.shout:transforms").is_ok());
//!
//! let unknown = registry.transforms("project.transforms.whisper").err().unwrap();
//! assert!(unknown.to_string().starts_with(
//!     "there is no transform `project.transforms.whisper`; known are project.transforms.shout:transforms"
//! ));
//! ```

mod context;
mod dependencies;
mod description;
mod error;
mod family;
mod growth;
mod kind;
mod kind_graph;
mod load;
mod loaded;
mod loader;
mod memo;
mod registry;
mod schedule;
mod session;
mod transform;

pub use crate::{
    context::KindContext,
    dependencies::DependencyTasks,
    description::{Description, Origin},
    error::{Error, Problem},
    family::Family,
    kind::Kind,
    kind_graph::KindGraph,
    load::Look,
    loaded::{LoadedTask, check_labels},
    loader::{DEFAULT_TRANSFORMS, DefaultLoader, Loader, TransformLoader},
    registry::{Extension, Registry, Resolver, UnknownName},
    session::{Environment, Session},
    transform::{PerTask, Transform, TransformSequence},
};
