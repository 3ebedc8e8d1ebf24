//! The transforms and payload builders that come with the program.
//!
//! [`register`] puts all of them into a registry, under the names that kinds use. A program that has its own registers
//! them next to these: transforms and loaders with `taskgraph_kinds`, and what these transforms call by name with the
//! traits of this crate: [`PayloadBuilder`], [`RunUsing`], [`IndexBuilder`], [`FetchBuilder`], [`GroupBy`],
//! [`SetName`], [`CustomContext`].
//!
//! ```
//! use std::sync::Arc;
//! use taskgraph_kinds::{Error, KindContext, Registry};
//! use taskgraph_transforms::{Building, PayloadBuilder};
//! use taskgraph_value::map;
//!
//! struct Signing;
//!
//! impl PayloadBuilder for Signing {
//!     fn build(&self, _: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
//!         for building in tasks {
//!             let formats = building.worker().get("formats").cloned().unwrap_or_default();
//!             building.set_payload(map! { "signingFormats" => formats });
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let mut registry = Registry::new();
//! taskgraph_transforms::register(&mut registry);
//! registry.add::<dyn PayloadBuilder>("scriptworker-signing", Arc::new(Signing));
//! assert!(registry.names::<dyn PayloadBuilder>().iter().any(|name| name == "docker-worker"));
//! ```

mod addition;
mod batch;
mod cached_tasks;
mod caching;
mod chunking;
mod code_review;
mod dates;
mod docker_image;
mod family;
mod fetch;
mod from_deps;
mod last;
mod limit;
mod matrix;
mod notify;
mod order;
mod repositories;
mod run;
mod run_task_files;
mod schema;
mod task;
mod task_context;
mod tracked_files;
mod treeherder;
mod worker_types;

use taskgraph_kinds::{DefaultLoader, Registry, TransformLoader};

pub use crate::{
    caching::add_optimization,
    fetch::{Fetch, FetchBuilder},
    from_deps::{GroupBy, Grouping, Naming, SetName},
    run::{RunJob, RunUsing},
    run_task_files::{run_task_digest, run_task_files, set_run_task_dir},
    task::{Building, IndexBuilder, PayloadBuilder},
    task_context::CustomContext,
    tracked_files::list_tracked_files_ahead,
    treeherder::join_symbol,
};

/// Registers the loaders, the transforms, and all that those call by name.
pub fn register(registry: &mut Registry) {
    registry.add_loader("taskgraph.loader.default:loader", DefaultLoader);
    registry.add_loader("taskgraph.loader.transform:loader", TransformLoader);
    for (name, transforms) in [
        ("cached_tasks", cached_tasks::transforms()),
        ("chunking", chunking::transforms()),
        ("code_review", code_review::transforms()),
        ("docker_image", docker_image::transforms()),
        ("fetch", fetch::transforms()),
        ("from_deps", from_deps::transforms()),
        ("matrix", matrix::transforms()),
        ("notify", notify::transforms()),
        ("run", run::transforms()),
        ("task", task::transforms()),
        ("task_context", task_context::transforms()),
    ] {
        registry.add_transform(&format!("taskgraph.transforms.{name}"), transforms);
    }
    fetch::register(registry);
    from_deps::register_group_by(registry);
    from_deps::register_set_name(registry);
    run::register(registry);
    task::register(registry);
}
