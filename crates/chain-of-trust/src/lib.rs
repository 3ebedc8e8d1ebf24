//! Decision and action tasks, and hooks, from a tree's `.taskcluster.yml`: making them as the services and the
//! administrators of a cluster make them, and verifying that a task was made so.
//!
//! A [`Template`] is that file. [`decision_definitions`] renders the tasks that a [`Change`] asks for, [`hook`] makes the
//! hook of a set of actions, and [`action_definition`] says which task that hook creates. [`install_hooks`] puts the
//! hooks of a tree, and the roles that they need, into a cluster.
//!
//! [`verify_action`] and [`verify_decision`] rebuild the definition of a task from the tree and [compare](compare()) it
//! with the one that ran. Where the tree is read from is a [`Source`]. What they are given may come from anybody: all of
//! it is bounded, and none of it is followed anywhere but to the known hosts of repositories.
//!
//! ```
//! use taskcluster_queue_client::TaskId;
//! use taskgraph_chain_of_trust::{Change, Making, Template, compare, decision_definitions};
//!
//! let template = Template::parse(br#"
//! version: 1
//! tasks:
//!   - taskId: {$if: 'tasks_for != "action"', then: '${as_slugid("decision")}'}
//!     taskGroupId: '${as_slugid("decision")}'
//!     taskQueueId: example-1/decision
//!     schedulerId: example-level-${repository.level}
//!     created: {$fromNow: ''}
//!     deadline: {$fromNow: '1 day'}
//!     payload: {env: {HEAD_REV: '${push.revision}'}}
//! "#, ".taskcluster.yml".as_ref())?;
//! assert_eq!(template.hash(), "5eccc5d67d");
//!
//! let id: TaskId = "fdtgsD5DQUmAQZEaGMvQ4Q".parse()?;
//! let change = Change {
//!     tasks_for: "hg-push".to_owned(),
//!     head_repository: "https://hg.example.com/tree".to_owned(),
//!     head_rev: "0123abcd".to_owned(),
//!     level: "3".to_owned(),
//!     ..Change::default()
//! };
//! let making = Making::of_one_task(&id, "2026-01-31T12:00:00Z".parse()?);
//! let decision = decision_definitions(&template, &change, &making)?.remove(0);
//! assert_eq!(decision.task_id, id);
//! assert_eq!(decision.definition["schedulerId"], "example-level-3");
//!
//! let mut other = decision.definition.clone();
//! other["payload"]["env"]["HEAD_REV"] = "4567".into();
//! let difference = compare(&decision.definition, &other, &[]).remove(0);
//! assert_eq!(difference.to_string(), r#"payload.env.HEAD_REV: expected "0123abcd", found "4567""#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod compare;
mod error;
mod hook;
mod install;
mod names;
mod render;
mod source;
mod template;
mod verify;

pub use crate::{
    change::Change,
    compare::{FieldDifference, compare},
    error::Error,
    hook::{Hook, HookMaking, action_definition, hook},
    install::{Installed, Tree, install_hooks},
    render::{Definition, Making, decision_definitions},
    source::{Checkout, Fetch, Functions, Source, Web},
    template::{LARGEST_TEMPLATE, Template},
    verify::{Expectations, Verification, verify_action, verify_decision},
};
