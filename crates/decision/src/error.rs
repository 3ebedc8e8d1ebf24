//! What can go wrong before tasks are created.

use std::path::PathBuf;

use taskgraph_config::{ParametersError, Problems};
use taskgraph_kinds::UnknownName;
use taskgraph_schema::{many_lines, one_line, shown_path};
use taskgraph_value::Str;
use thiserror::Error;

/// An error of any type, of something that a program brings along.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong before tasks are created.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The checkout cannot be asked.
    #[error(transparent)]
    Vcs(#[from] taskgraph_vcs::Error),
    /// The revision that a push is of, or from, is not in the checkout.
    #[error(
        "the {of} revision `{}` is not in the checkout `{}`; fetch it, or more of the history",
        one_line(revision),
        shown_path(root)
    )]
    UnknownRevision {
        /// `base` or `head`.
        of: &'static str,
        /// The revision.
        revision: String,
        /// The root of the checkout.
        root: PathBuf,
    },
    /// A repository in which nobody has committed anything.
    #[error("there is no commit in `{}` yet, and a decision is about one", shown_path(root))]
    NoCommit {
        /// The root of the checkout.
        root: PathBuf,
    },
    /// The parameters are not what parameters have to be.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// A push of a time that no calendar has.
    #[error("bad push date {seconds}: expected seconds since 1970, of a year that a calendar has")]
    PushDate {
        /// The date, in seconds since 1970.
        seconds: i64,
    },
    /// `decision-parameters` names something that nobody registered.
    #[error("{}: `taskgraph.decision-parameters`: {source}", shown_path(config))]
    UnknownAdjustment {
        /// The graph configuration.
        config: PathBuf,
        /// What is known.
        source: UnknownName,
    },
    /// What `decision-parameters` names has failed.
    #[error("`{}`, which adjusts the parameters: {}", one_line(name), many_lines(&source.to_string()))]
    Adjustment {
        /// Its name.
        name: Str,
        /// Why.
        source: AnyError,
    },
    /// A file or note that overrides parameters and cannot be read.
    #[error("cannot read `{}`: {source}", shown_path(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or note that overrides parameters is not JSON.
    #[error("{}:{line}:{column}: {}", one_line(name), one_line(problem))]
    Json {
        /// The file, or the ref of the note.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// A file or note holds something else than what overrides parameters.
    #[error("{}: expected {expected}, found {}", one_line(name), one_line(found))]
    Unexpected {
        /// The file, and the key there; or the ref of the note.
        name: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A try configuration with keys that it may not have, or values of the wrong type.
    #[error("invalid try configuration:\n  {0}")]
    TryConfig(Problems),
    /// The folder of artifacts cannot be written to.
    #[error("cannot write artifacts to `{}`: {source}", shown_path(folder))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An artifact cannot be written.
    #[error("cannot write the artifact `{}`: {}", shown_path(path), many_lines(&source.to_string()))]
    Artifact {
        /// The file.
        path: PathBuf,
        /// Why.
        source: AnyError,
    },
    /// The graph cannot be generated.
    #[error(transparent)]
    Generate(#[from] taskgraph_generate::Error),
    /// The folder that is to have the scripts that tasks run does not.
    #[error(transparent)]
    RunTask(#[from] taskgraph_docker::Error),
    /// The graph has tasks that cannot be created.
    #[error(transparent)]
    Create(#[from] crate::CreateError),
    /// A task whose `extra.treeherder` is not what a job needs.
    #[error("task `{}`: `{key}`: expected {expected}, found {}", one_line(label), one_line(found))]
    Treeherder {
        /// The label of the task.
        label: Str,
        /// The keys that lead to the place, joined by dots.
        key: &'static str,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}
