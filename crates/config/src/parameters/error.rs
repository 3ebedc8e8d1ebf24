//! What can be wrong with parameters.

use std::path::PathBuf;

use taskgraph_schema::{one_line, shown_path};
use thiserror::Error;

use crate::problems::Problems;
use crate::yaml;

/// An error of a [`Remote`](super::Remote), of whatever type.
pub type RemoteError = Box<dyn std::error::Error + Send + Sync>;

/// Why there are no parameters, or not the one that was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// A parameter that is not there.
    #[error("taskgraph parameter `{name}` not found")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A parameter that has another type than its user needs.
    #[error("taskgraph parameter `{name}`: expected {expected}, found {found}")]
    WrongType {
        /// Its name.
        name: String,
        /// What is needed.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Missing, unknown or wrongly typed parameters.
    #[error("invalid parameters:\n  {0}")]
    Invalid(Problems),
    /// The specification names neither a file nor anything else we know.
    #[error(
        "no parameters file `{}`: expected a .yml or .json file, a URL of one, `task-id=<id>`, `project=<name>` or `index=<path>`",
        one_line(spec)
    )]
    NoSuchFile {
        /// The specification.
        spec: String,
    },
    /// The file or address ends neither in `.yml` nor in `.json`.
    #[error("parameters file `{spec}` is neither JSON nor YAML: expected a name that ends in .yml or .json")]
    UnknownFormat {
        /// The specification.
        spec: String,
    },
    /// `project=` needs the trust domain, which is in `config.yml`.
    #[error("cannot find the parameters of `{spec}` without a trust domain")]
    NoTrustDomain {
        /// The specification.
        spec: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", shown_path(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The cluster, or the server of a URL, does not give the parameters away.
    #[error("cannot get the parameters of `{spec}`: {source}")]
    Remote {
        /// The specification.
        spec: String,
        /// Why.
        source: RemoteError,
    },
    /// The file is not YAML.
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// The file is not JSON.
    #[error("{}:{line}:{column}: {}", shown_path(path), one_line(problem))]
    Json {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// The file holds something else than a mapping.
    #[error("{}: expected a mapping of parameters, found {found}", shown_path(path))]
    NotAMapping {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
    },
    /// The checkout cannot be asked for defaults.
    #[error(transparent)]
    Vcs(#[from] taskgraph_vcs::Error),
    /// A file has no address that a person could look at.
    #[error(
        "no URL for files of `{}`, the repository that the parameters name: expected a repository on github.com",
        without_credentials(repository)
    )]
    NotOnGithub {
        /// The URL of the repository.
        repository: String,
    },
    /// A kind of repository whose files have no address that we know.
    #[error("no URL for files of a repository of the type `{repository_type}`: expected `git` or `hg`")]
    UnknownRepositoryType {
        /// The parameter `repository_type`.
        repository_type: String,
    },
    /// A date, which has no place in JSON.
    #[error("taskgraph parameters: {0}")]
    Date(#[from] taskgraph_value::json::DateError),
}

/// An address without the name and password that it may have.
fn without_credentials(url: &str) -> String {
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (credentials, host) = host.rsplit_once('@')?;
        (credentials != "git").then(|| format!("{scheme}://***@{host}{path}"))
    });
    one_line(hidden.as_deref().unwrap_or(url)).into_owned()
}
