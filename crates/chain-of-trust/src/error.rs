//! What can go wrong.

use taskcluster_queue_client::TaskId;
use taskgraph_parameterize::JsonEError;
use taskgraph_schema::one_line;
use thiserror::Error;

use crate::change::Change;

/// Why something cannot be made, or verified. That a task differs from what was expected is no error.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The template, or another file, is no YAML.
    #[error("{0}")]
    Yaml(#[from] taskgraph_config::yaml::Error),
    /// The template is not one from which tasks can be made.
    #[error("{}: {problem}", one_line(.name))]
    Template {
        /// What the file is called.
        name: String,
        /// What was expected, and what was found.
        problem: String,
    },
    /// The template, or the payload of an action, cannot be rendered.
    #[error("cannot render {}", one_line(.what))]
    Render {
        /// What was to be rendered.
        what: String,
        /// Why not.
        source: JsonEError,
    },
    /// Something is larger than anything of its kind should be.
    #[error("{} has more than {limit} bytes", one_line(.what))]
    TooLarge {
        /// What it is.
        what: String,
        /// How large it may be.
        limit: usize,
    },
    /// A task does not say what it takes to rebuild it.
    #[error("cannot rebuild task {task_id}: {problem}")]
    Task {
        /// The task.
        task_id: TaskId,
        /// What was expected, and what was found.
        problem: String,
    },
    /// An artifact of the decision task makes no sense.
    #[error("artifact `{name}` of task {task_id}: {problem}")]
    Artifact {
        /// The decision task.
        task_id: TaskId,
        /// The artifact.
        name: &'static str,
        /// What was expected, and what was found.
        problem: String,
    },
    /// Nobody knows how such a change becomes a decision task.
    #[error("cannot make tasks for `{}`: expected {}", one_line(.tasks_for), Change::EVENTS.join(", "))]
    TasksFor {
        /// What was found.
        tasks_for: String,
    },
    /// Files are not got from just any host.
    #[error("cannot get files of the repository `{}`: expected one on https://github.com/ or \
             https://hg.mozilla.org/; a checkout of it will do", one_line(.repository))]
    Host {
        /// The URL.
        repository: String,
    },
    /// A revision is no name that a URL can have.
    #[error("bad revision `{}`: expected letters, digits, `-`, `_`, `.`, `+` and `/`", one_line(.revision))]
    Revision {
        /// The revision.
        revision: String,
    },
    /// A name of a hook would mean another one.
    #[error("bad {what} `{}`: expected letters, digits, `-` and `_`", one_line(.name))]
    Name {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A service, or a host, refused or could not be reached.
    #[error("{0}")]
    Cluster(#[from] taskcluster_queue_client::Error),
    /// The checkout does not have the revision, or the file.
    #[error("{0}")]
    Vcs(#[from] taskgraph_vcs::Error),
}
