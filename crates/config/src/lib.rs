//! Reads what people write for a graph, as the Python implementation reads it: YAML, `config.yml`, parameters,
//! values keyed by attributes, and conditions on attributes.
//!
//! [`yaml`] reads files, and remembers the lines of their keys. [`GraphConfig`] is what all kinds of a graph share,
//! [`Parameters`] is what a graph is made for. [`evaluate_keyed_by`] and [`resolve_keyed_by`] choose between
//! alternatives, [`merge`] puts descriptions together, [`attributes_match`] and [`runs_on`] choose tasks. Patterns are
//! Python's regular expressions: [`re_match`], [`re_match_to_end`].
//!
//! The clock, the network and the current folder are arguments. Files are read, and `git` or `hg` is run if
//! parameters are to be completed from a checkout.
//!
//! ```
//! use taskgraph_config::{GraphConfig, KeyedBy, Parameters, evaluate_keyed_by};
//! use taskgraph_value::map;
//!
//! let repository = tempfile::tempdir()?;
//! std::fs::create_dir(repository.path().join("taskcluster"))?;
//! std::fs::write(repository.path().join("taskcluster/config.yml"), "
//! trust-domain: example
//! task-priority:
//!   by-project:
//!     release-.*: highest
//!     default: low
//! taskgraph:
//!   repositories:
//!     example: {name: example}
//! workers:
//!   aliases:
//!     b-linux: {provisioner: example-1, implementation: docker-worker, os: linux, worker-type: b-linux}
//! ")?;
//!
//! let config = GraphConfig::load("taskcluster".as_ref(), repository.path())?;
//! let parameters = Parameters::from_values(map! { "project" => "release-12" }, false);
//! let priority = evaluate_keyed_by(config.task_priority(), &"`task-priority`", &parameters, &KeyedBy::default())?;
//! assert_eq!(priority, "highest".into());
//! assert_eq!(config.vcs_root()?, repository.path());
//!
//! let error = GraphConfig::new(map! { "trust-domain" => 3 }, "taskcluster".as_ref(), repository.path()).unwrap_err();
//! assert_eq!(error.to_string(), "\
//! invalid graph configuration:
//!   `trust-domain`: expected a string, found the integer 3
//!   `task-priority`: missing, expected one of highest, very-high, high, medium, low, very-low, lowest
//!   `workers`: missing, expected a mapping
//!   `taskgraph`: missing, expected a mapping");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attributes;
mod graph_config;
mod keyed_by;
mod merge;
mod parameters;
mod problems;
mod python_re;
pub mod yaml;

pub use crate::{
    attributes::{attributes_match, runs_on, runs_on_git_branch},
    graph_config::{ConfigError, GraphConfig, TASK_PRIORITIES},
    keyed_by::{Attributes, AttributesFn, KeyedBy, KeyedByError, evaluate_keyed_by, resolve_keyed_by},
    merge::merge,
    parameters::{
        Offline, Parameters, ParametersError, ParametersExtension, ParametersSource, Remote, RemoteError,
        format_spec, load_parameters, read_version,
    },
    problems::{Problem, Problems},
    python_re::{RegexError, re_match, re_match_to_end},
};
