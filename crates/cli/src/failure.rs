//! What failures look like, and the exit codes that they become.

use std::error::Error as StdError;
use std::fmt;

use anyhow::Error;
use taskcluster_queue_client::Error as Service;
use taskgraph_config::{ConfigError, ParametersError};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All went well.
    Success = 0,
    /// Something is wrong with what was given. (2 is for the command line, which is clap's matter.)
    Failure = 1,
    /// A service or the network failed.
    Service = 3,
}

impl Exit {
    pub(crate) fn of(error: &Error) -> Exit {
        if error.is::<Failed>() {
            Exit::Failure
        } else if error.is::<ReaderGone>() {
            Exit::Success
        } else if error.chain().any(is_of_service) {
            Exit::Service
        } else {
            Exit::Failure
        }
    }
}

/// Something failed that was reported already.
#[derive(Debug)]
pub(crate) struct Failed;

/// Whoever read the output has seen enough.
#[derive(Debug)]
pub(crate) struct ReaderGone;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not everything succeeded")
    }
}

impl fmt::Display for ReaderGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output was not read to its end")
    }
}

impl StdError for Failed {}
impl StdError for ReaderGone {}

/// The message of an error and its causes. Some errors have the text of their cause in their own.
pub(crate) fn message(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// What may be done about an error.
pub(crate) fn hints(error: &Error) -> Vec<String> {
    error.chain().filter_map(hint).collect()
}

fn hint(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(ConfigError::NoRoot { .. } | ConfigError::NoFile { .. }) = error.downcast_ref() {
        return Some(
            "run this in the root of a repository, or name the folder that has config.yml with --root".into(),
        );
    }
    if let Some(Service::NoRootUrl) = error.downcast_ref() {
        return Some("for example, TASKCLUSTER_ROOT_URL=https://firefox-ci-tc.services.mozilla.com".into());
    }
    None
}

fn is_of_service(error: &(dyn StdError + 'static)) -> bool {
    if let Some(ParametersError::Remote { source, .. }) = error.downcast_ref() {
        return source.downcast_ref().is_some_and(service_failed);
    }
    matches!(error.downcast_ref(), Some(taskgraph_docker::Error::Download { .. }))
        || error.downcast_ref().is_some_and(service_failed)
}

fn service_failed(error: &Service) -> bool {
    // The others are about what was asked for.
    !matches!(
        error,
        Service::NoRootUrl | Service::BadUrl { .. } | Service::BadName { .. } | Service::NotFound { .. }
    )
}
