//! From kinds to the graph of the tasks to create, phase by phase.
//!
//! A [`Generator`] has the phases as methods: [`full_task_set`](Generator::full_task_set) →
//! [`full_task_graph`](Generator::full_task_graph) → [`target_task_set`](Generator::target_task_set) →
//! [`target_task_graph`](Generator::target_task_graph) → [`optimized_task_graph`](Generator::optimized_task_graph) →
//! [`morphed_task_graph`](Generator::morphed_task_graph). Each is computed when it is first asked for, from those before it,
//! and [verified](Verification). Which tasks are targets is up to [`Filter`]s and [`TargetMethod`]s, which a program
//! registers as it does transforms; so are optimization strategies and [`Morph`]s. The last two phases need
//! [`OptimizationInputs`]: a clock, taskIds, and somebody who knows about earlier tasks.
//!
//! ```
//! use taskgraph_config::{GraphConfig, Parameters};
//! use taskgraph_generate::{Generator, NothingFound, OptimizationInputs, registry};
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
//! let inputs = OptimizationInputs::new("2026-01-31T12:00:00Z".parse()?, |label| format!("id-of-{label}"), NothingFound);
//! let generator = Generator::new(session).with_inputs(inputs);
//! let targets = generator.target_task_graph()?;
//! assert_eq!(targets.graph().nodes().collect::<Vec<_>>(), ["hello-world"]);
//! let to_create = generator.morphed_task_graph()?;
//! assert_eq!(to_create.graph().nodes().collect::<Vec<_>>(), ["id-of-hello-world"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod explain;
mod facts;
mod filter;
mod generator;
mod inputs;
mod morph;
mod morphs;
mod optimized;
mod targets;
mod verifications;
mod verify;

use taskgraph_kinds::Registry;
/// What a [`Lookup`] answers with.
pub use taskgraph_optimize::{Lookups, Status};

pub use crate::{
    error::Error,
    explain::{Explanation, PhaseOf},
    filter::{FilterError, filter},
    generator::Generator,
    inputs::{Lookup, LookupError, MakeTaskId, MustKeep, NothingFound, OptimizationInputs},
    morph::{Changes, Morph, Morphing, add_morph},
    targets::{Filter, TargetMethod},
    verify::{Finding, Phase, Verification, Verifying},
};

/// A registry with everything that comes with the program: loaders, transforms, filters, target methods,
/// verifications, optimization strategies, morphs.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    taskgraph_transforms::register(&mut registry);
    targets::register(&mut registry);
    verifications::register(&mut registry);
    taskgraph_optimize::register(&mut registry);
    morphs::register(&mut registry);
    registry
}
