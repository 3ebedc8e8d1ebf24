//! What people can do to the tasks of a push: the actions that a decision task offers, and how an action task runs.
//!
//! An [`Action`] says what it is called and what it applies to, and has a callback. Those that come with the program are
//! registered by [`register`]; a program adds its own with [`add_action`]. [`actions_json`] declares all of them, for the
//! artifact `actions.json` of a decision task, from which user interfaces trigger them. An action task then makes
//! a [`Call`], which [runs](Call::run) the callback: it has checked the scopes and the input by then, and has what
//! callbacks need, such as [the graph of the push](Call::push_graph) and [creating parts of it](Call::create_tasks) once
//! more.
//!
//! ```
//! use taskgraph_action_tasks::{About, Action, AnyError, Call, Declaring, actions_json, add_action, register};
//! use taskgraph_config::{GraphConfig, Parameters};
//! use taskgraph_kinds::Registry;
//! use taskgraph_value::{List, map};
//!
//! /// Creates a task again, with a debugger.
//! struct Debug;
//!
//! impl Action for Debug {
//!     fn about(&self) -> About {
//!         About { order: 50, ..About::new("debug", "Debug", "dbg", "Runs the task *in a debugger*.") }
//!     }
//!
//!     fn context(&self, _: &Declaring<'_>) -> Result<List, AnyError> {
//!         Ok(List::from(vec![map! { "kind" => "test" }.into()]))
//!     }
//!
//!     fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
//!         let target = call.target()?;
//!         call.say(&format!("would debug {}", target.label()));
//!         Ok(())
//!     }
//! }
//!
//! let mut registry = Registry::new();
//! register(&mut registry);
//! add_action(&mut registry, "debug", Debug);
//!
//! let checkout = tempfile::tempdir()?;
//! std::fs::create_dir(checkout.path().join("taskcluster"))?;
//! std::fs::write(checkout.path().join(".taskcluster.yml"), "version: 1\n")?;
//! let repositories = map! { "example" => map! { "name" => "example" } };
//! let config = map! {
//!     "trust-domain" => "example", "task-priority" => "low", "workers" => map! { "aliases" => map! {} },
//!     "taskgraph" => map! { "repositories" => repositories },
//! };
//! let config = GraphConfig::new(config, "taskcluster".as_ref(), checkout.path())?;
//! let parameters = Parameters::from_values(
//!     map! {
//!         "base_repository" => "https://github.com/example/example", "base_rev" => "a", "base_ref" => "main",
//!         "head_repository" => "https://github.com/example/example", "head_rev" => "b", "head_ref" => "main",
//!         "level" => "1", "project" => "example", "pushlog_id" => "0", "tasks_for" => "github-push",
//!     },
//!     false,
//! );
//! let actions = actions_json(&registry, &parameters, &config, "fdtgsD5DQUmAQZEaGMvQ4Q")?;
//! let debug = actions.at("actions").and_then(|actions| actions.as_list()?.iter().find(|one| one.at("name") == Some(&"debug".into())));
//! assert_eq!(debug.and_then(|debug| debug.at("hookId")), Some(&"in-tree-action-1-generic/09bfcc6a14".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod action_yml;
mod asked;
mod builtin;
mod call;
mod declare;
mod error;
mod input;
mod push_graph;
mod rounds;
mod scopes;

pub use crate::{
    action::{About, Action, Declaring, add_action},
    action_yml::action_yml,
    asked::Asked,
    builtin::register,
    call::{Call, Target},
    declare::{actions_json, permissions},
    error::{AnyError, Error},
    push_graph::PushGraph,
    rounds::{Creation, Round},
};
