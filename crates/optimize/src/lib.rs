//! Which tasks need not run, what replaces them, and why.
//!
//! A task names a [`Strategy`] as its `optimization`. Tasks are removed, dependents first, if their strategy says so, or if
//! nobody needs them any more; then replaced, dependencies first, with earlier tasks. What is left gets taskIds, and its
//! references are resolved. For every task there is a [`Decision`] that says why.
//!
//! Nothing here reaches out: an [`Optimization`] says which index paths it wants to be looked up, and gets the answers as
//! [`Lookups`]. Results depend neither on the order in which tasks were made, nor on hashing.
//!
//! ```
//! use std::sync::Arc;
//! use rustc_hash::FxHashSet;
//! use taskgraph_config::Parameters;
//! use taskgraph_graph::{Task, TaskGraph};
//! use taskgraph_kinds::Registry;
//! use taskgraph_optimize::{Ids, Lookups, Optimization, Options, Status, register};
//! use taskgraph_parameterize::ArtifactUrls;
//! use taskgraph_value::{Map, Value, map};
//!
//! let task = |label: &str, optimization: Value, dependencies: Map| {
//!     let definition = map! {
//!         "deadline" => map! { "relative-datestamp" => "1 day" },
//!         "payload" => map! { "image" => map! { "task-reference" => "<image>" } },
//!     };
//!     let definition = if dependencies.is_empty() { map! {} } else { definition };
//!     Task::from_map(label, &map! {
//!         "kind" => "k", "label" => label, "attributes" => map! {}, "task" => definition,
//!         "optimization" => optimization, "dependencies" => dependencies,
//!     })
//! };
//! let needs_image = || map! { "image" => "image" };
//! let graph = TaskGraph::set([
//!     Arc::new(task("image", map! { "index-search" => vec!["project.image".into()] }.into(), map! {})?),
//!     Arc::new(task("lint", map! { "skip-unless-changed" => vec!["src/**".into()] }.into(), needs_image())?),
//!     Arc::new(task("docs", map! { "skip-unless-changed" => vec!["docs".into()] }.into(), needs_image())?),
//! ])?.with_dependency_edges()?;
//!
//! let mut registry = Registry::new();
//! register(&mut registry);
//! let parameters = Parameters::from_values(map! { "files_changed" => vec!["src/lib.rs".into()] }, false);
//! let (none, nothing) = (FxHashSet::default(), map! {});
//! let requested = FxHashSet::from_iter(["lint".into(), "docs".into()]);
//! let optimization = Optimization::new(&graph, Options {
//!     parameters: &parameters,
//!     registry: &registry,
//!     strategies: None,
//!     requested: &requested,
//!     do_not_optimize: &none,
//!     existing_tasks: &nothing,
//!     now: "2026-01-31T12:00:00Z".parse()?,
//! })?;
//!
//! assert_eq!(optimization.index_paths(), ["project.image"]);
//! let mut lookups = Lookups::default();
//! lookups.tasks.insert("project.image".into(), "OLD".into());
//! let status = Status { state: "completed".into(), expires: "2027-01-31T12:00:00.000Z".into() };
//! lookups.statuses.insert("OLD".into(), status);
//!
//! let optimized = optimization.run(&lookups, Ids {
//!     task_id: &|label| format!("id-of-{label}"),
//!     decision_task_id: "DECISION",
//!     urls: &ArtifactUrls::default(),
//! })?;
//! let lint = optimized.graph.get("id-of-lint").unwrap();
//! assert_eq!(lint.task.at("payload.image"), Some(&"OLD".into()));
//! assert_eq!(
//!     optimized.decisions.get("docs").unwrap().to_string(),
//!     "removed: the strategy `skip-unless-changed (skip-unless-changed)` removes it",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decision;
mod error;
mod links;
mod log;
mod lookups;
mod optimization;
mod remove;
mod replace;
mod strategies;
mod strategy;
mod subgraph;
#[cfg(test)]
mod tests;

pub use crate::{
    decision::{Decision, Decisions, Kept, NotReplaced, Removal, ReplacedBy},
    error::{Error, Fault, Problem, StrategyError},
    log::{Level, Log},
    lookups::{Lookups, Status},
    optimization::{Ids, Optimization, Optimized, Options},
    strategies::{Alias, All, Always, Any, IndexSearch, Never, Not, SkipUnlessChanged, Split, register},
    strategy::{Answer, Asked, Given, Named, Replacement, Strategy, StrategySet},
};
