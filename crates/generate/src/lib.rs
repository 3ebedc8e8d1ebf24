//! From kinds to the target task graph, phase by phase.
//!
//! A [`Generator`] has the phases as methods: [`full_task_set`](Generator::full_task_set) →
//! [`full_task_graph`](Generator::full_task_graph) → [`target_task_set`](Generator::target_task_set) →
//! [`target_task_graph`](Generator::target_task_graph). Each is computed when it is first asked for, from those before it,
//! and [verified](Verification). Which tasks are targets is up to [`Filter`]s and [`TargetMethod`]s, which a program
//! registers as it does transforms.
//!
//! ```
//! use taskgraph_config::{GraphConfig, Parameters};
//! use taskgraph_generate::{registry, Generator};
//! use taskgraph_kinds::{Environment, Session};
//! use taskgraph_value::map;
//!
//! let repository = tempfile::tempdir()?;
//! let root = repository.path().join("taskcluster");
//! std::fs::create_dir_all(root.join("kinds/hello"))?;
//! std::fs::write(root.join("kinds/hello/kind.yml"), "
//! loader: taskgraph.loader.transform:loader
//! transforms: [taskgraph.transforms.task]
//! tasks: {world: {description: Says hello, worker-type: succeed}}
//! ")?;
//!
//! let config = GraphConfig::new(
//!     map! {
//!         "trust-domain" => "example",
//!         "task-priority" => "low",
//!         "workers" => map! { "aliases" => map! {} },
//!         "taskgraph" => map! { "repositories" => map! { "example" => map! { "name" => "example" } } },
//!     },
//!     "taskcluster".as_ref(),
//!     repository.path(),
//! )?;
//! let parameters = Parameters::from_values(
//!     map! {
//!         "level" => "1", "project" => "example", "owner" => "me@example.com", "build_date" => 0,
//!         "head_repository" => "https://github.com/example/example", "head_rev" => "abcdef", "head_ref" => "main",
//!         "base_repository" => "https://github.com/example/example", "repository_type" => "git",
//!         "tasks_for" => "github-push", "enable_always_target" => true, "target_tasks_method" => "default",
//!         "pushlog_id" => "0",
//!     },
//!     false,
//! );
//! let cwd = repository.path().to_owned();
//! let session = Session::new(config, parameters, registry().into(), Environment::default(), cwd);
//! let generator = Generator::new(session);
//! let targets = generator.target_task_graph()?;
//! assert_eq!(targets.graph().nodes().collect::<Vec<_>>(), ["hello-world"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod filter;
mod generator;
mod targets;
mod verifications;
mod verify;

use taskgraph_kinds::Registry;

pub use crate::{
    error::Error,
    filter::{FilterError, filter},
    generator::Generator,
    targets::{Filter, TargetMethod},
    verify::{Finding, Phase, Verification, Verifying},
};

/// A registry with everything that comes with the program: loaders, transforms, filters, target methods, verifications.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    taskgraph_transforms::register(&mut registry);
    targets::register(&mut registry);
    verifications::register(&mut registry);
    registry
}
