//! What failures look like, and the exit codes that they become.

use std::error::Error as StdError;
use std::fmt;

use anyhow::Error;
use taskcluster_operations::SignInError;
use taskcluster_queue_client::Error as Service;
use taskgraph_config::{ConfigError, ParametersError};
use taskgraph_decision::{CreateError, CreateProblem};
use taskgraph_kinds::Problem;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All went well.
    Success = 0,
    /// Something is wrong with what was given, or some of it could not be done.
    Failure = 1,
    /// The command line makes no sense. Most of that is clap's matter.
    Usage = 2,
    /// A service or the network failed.
    Service = 3,
    /// The services do not know us, or do not let us.
    Rights = 4,
}

impl Exit {
    pub(crate) fn of(error: &Error) -> Exit {
        if let Some(Failed(exit)) = error.downcast_ref() {
            *exit
        } else if error.is::<ReaderGone>() {
            Exit::Success
        } else {
            error.chain().find_map(of_cause).unwrap_or(Exit::Failure)
        }
    }

    pub(crate) fn of_service(error: &Service) -> Exit {
        if error.is_about_rights() {
            Exit::Rights
        } else if error.is_about_reach() || matches!(error, Service::Refused(_)) {
            Exit::Service
        } else {
            // It is about what was asked for.
            Exit::Failure
        }
    }

    /// Of several failures: what they have in common.
    pub(crate) fn of_all(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits.into_iter().reduce(|a, b| if a == b { a } else { Exit::Failure }).unwrap_or(Exit::Success)
    }
}

/// Something failed that was reported already.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) Exit);

/// Whoever read the output has seen enough.
#[derive(Debug)]
pub(crate) struct ReaderGone;

/// Whoever was asked said no.
#[derive(Debug)]
pub(crate) struct Declined;

/// The command line makes no sense, for a reason that clap does not know.
#[derive(Debug)]
pub(crate) struct Misuse(pub(crate) String);

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

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was not `y`, so nothing was changed")
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Failed {}
impl StdError for ReaderGone {}
impl StdError for Declined {}
impl StdError for Misuse {}

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

const SIGN_IN: &str = "`taskgraph signin` gets new credentials; its --help says how";

fn hint(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(ConfigError::NoRoot { .. } | ConfigError::NoFile { .. }) = error.downcast_ref() {
        return Some(
            "run this in the root of a repository, or name the folder that has config.yml with --root".into(),
        );
    }
    if let Some(taskgraph_generate::Error::Kinds(error)) = error.downcast_ref()
        && let Problem::Parameters(ParametersError::NotOnGithub { .. }) = *error.problem
    {
        return Some(
            "parameters name one if a remote of the checkout is on GitHub or hg.mozilla.org, or if they are those of a \
             decision: -p task-id=<id>"
                .into(),
        );
    }
    if let Some(taskgraph_chain_of_trust::Error::Host { .. }) = error.downcast_ref() {
        return Some("name a checkout that has the revision with --checkout".into());
    }
    match error.downcast_ref() {
        Some(SignInError::AllForLong) => {
            return Some("name the scopes with -s, or take --expires 1h, or say --all-scopes".into());
        }
        Some(SignInError::NoCredentials | SignInError::NoScopes) => return Some(SIGN_IN.into()),
        _ => {}
    }
    match error.downcast_ref()? {
        Service::NoRootUrl => Some(
            "for example, TASKCLUSTER_ROOT_URL=https://firefox-ci-tc.services.mozilla.com, or `local` for the \
             embedded cluster"
                .into(),
        ),
        Service::Unauthenticated(_) | Service::CredentialsExpired { .. } => {
            Some(SIGN_IN.into())
        }
        Service::InsufficientScopes { .. } => {
            Some("`taskgraph creds check` says who asks, and with which scopes".into())
        }
        _ => None,
    }
}

fn of_cause(error: &(dyn StdError + 'static)) -> Option<Exit> {
    if let Some(ParametersError::Remote { source, .. }) = error.downcast_ref() {
        return source.downcast_ref().map(Exit::of_service);
    }
    match error.downcast_ref() {
        Some(CreateError::Unreachable { source }) => return Some(Exit::of_service(source)),
        Some(CreateError::Incomplete { failed, exist: 0, .. }) => {
            return Some(Exit::of_all(failed.iter().map(|failed| match &failed.problem {
                CreateProblem::Refused(refused) => Exit::of_service(refused),
                _ => Exit::Failure,
            })));
        }
        _ => {}
    }
    if let Some(taskgraph_docker::Error::Download { .. }) = error.downcast_ref() {
        return Some(Exit::Service);
    }
    if error.is::<Misuse>() || matches!(error.downcast_ref(), Some(Service::BadTaskId { .. })) {
        return Some(Exit::Usage);
    }
    match error.downcast_ref() {
        Some(SignInError::NoCredentials | SignInError::NoScopes) => return Some(Exit::Rights),
        Some(
            SignInError::BadLifetime { .. } | SignInError::BadScope { .. } | SignInError::BadName { .. },
        ) => {
            return Some(Exit::Usage);
        }
        Some(SignInError::AllForLong | SignInError::NothingWanted) => return Some(Exit::Usage),
        _ => {}
    }
    error.downcast_ref().map(Exit::of_service)
}
