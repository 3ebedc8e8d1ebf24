//! Releases in phases: task graphs that build on earlier task graphs.
//!
//! The graph of a phase re-uses tasks of the graphs before it. [`PreviousGraphs`] combines what those left behind into
//! the parameter `existing_tasks`; [`Flavors`] are what a configuration can release, and how; a [`Promotion`] makes the
//! parameters of a phase. [`register`] adds the action `release-promotion`, whose callback makes such a graph, and the
//! target methods by [`Phase`] and product; [`register_methods`] those that a configuration names. Around the action
//! there are a [`ReleasePlan`], which says what to trigger with what, a [`Release`], which says where one stands, and
//! [`simulate`], which says without a network what a phase would re-use, and why not more.
//!
//! ```
//! use taskgraph_config::Parameters;
//! use taskgraph_release_promotion::{Flavor, Input, PreviousGraph, PreviousGraphs, Promotion};
//! use taskgraph_value::map;
//!
//! let full = br#"{"build": {"kind": "build", "label": "build"}, "sign": {"kind": "sign", "label": "sign"}}"#;
//! let ids = br#"{"build": "Aaaaaaaaaaaaaaaaaaaaaa", "sign": "Bbbbbbbbbbbbbbbbbbbbbb"}"#;
//! let previous = PreviousGraphs::new(vec![PreviousGraph::parse("fdtgsD5DQUmAQZEaGMvQ4Q", full, ids).unwrap()]);
//!
//! let flavor = Flavor {
//!     name: "promote_example".into(),
//!     target_tasks_method: "promote_example".into(),
//!     rebuild_kinds: vec!["sign".into()],
//!     do_not_optimize: vec![],
//!     values: map! {},
//! };
//! let push = Parameters::from_values(map! { "project" => "example", "head_rev" => "abcdef" }, false);
//! let input = Input { version: Some("1.0".into()), ..Input::of_flavor(&flavor) };
//! let first = map! { "level" => "3", "head_rev" => "123456" };
//! let promotion = Promotion { push: &push, first: &first, previous: &previous, flavor: &flavor, input: &input };
//! let parameters = promotion.parameters(|_| unreachable!("the input has a version"))?;
//! assert_eq!(parameters.get("existing_tasks"), Some(&map! { "build" => "Aaaaaaaaaaaaaaaaaaaaaa" }.into()));
//! assert_eq!(parameters.text("head_rev")?, "abcdef");
//! assert_eq!(parameters.text("shipping_phase")?, "promote_example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod decide;
mod error;
mod fetch;
mod flavors;
mod input;
mod phase;
mod plan;
mod previous;
mod promotion;
mod release;
mod simulate;
mod targets;
mod version;

use taskgraph_kinds::Registry;

pub use crate::{
    action::ACTION,
    error::{Error, Gone, PreviousFault, PreviousProblem},
    fetch::Fetched,
    flavors::{Flavor, Flavors},
    input::Input,
    phase::{Phase, Stage},
    plan::{Base, PlannedPhase, Planning, ReleasePlan, Triggered},
    previous::{PreviousGraph, PreviousGraphs},
    promotion::Promotion,
    release::{
        CanceledPhase, PhaseRun, Release, cancel_phase, check_decision, check_promotion, decision_path,
    },
    simulate::{Fate, Missing, Simulated, Simulation, simulate},
    targets::{ShippingPhase, register_methods},
    version::{DEFAULT_VERSION_PARSER, Tree, VersionParser, version_of_tree},
};

/// Registers the action `release-promotion`, the target methods `<phase>` and `shipping_phase:<phase>`, and the
/// [default parser](DEFAULT_VERSION_PARSER) of versions.
pub fn register(registry: &mut Registry) {
    action::register(registry);
    targets::register(registry);
    version::register(registry);
}
