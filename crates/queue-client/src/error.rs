//! What can go wrong between us and a service.

use std::{fmt, path::PathBuf};

/// Why there is no answer. URLs are shown without user names, passwords and signatures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No deployment is named.
    #[error(
        "could not detect a Taskcluster deployment: expected the environment variable TASKCLUSTER_ROOT_URL"
    )]
    NoRootUrl,
    /// Not the URL of anything we can get.
    #[error("bad URL `{url}`: expected one that begins with `http://` or `https://` and names a host")]
    BadUrl {
        /// The text.
        url: String,
    },
    /// A name that cannot be part of a URL.
    #[error("bad {what} `{value}`: expected a name that neither is empty nor has `.` or `..` as a part")]
    BadName {
        /// What it was meant to be.
        what: &'static str,
        /// The text.
        value: String,
    },
    /// Not the id of a task.
    #[error(
        "bad task id `{value}`: expected 22 letters, digits, `-` and `_`, as in `fdtgsD5DQUmAQZEaGMvQ4Q`"
    )]
    BadTaskId {
        /// The text.
        value: String,
    },
    /// Credentials that cannot be used.
    #[error("bad credentials: {reason}")]
    BadCredentials {
        /// What was expected and what was found, without secrets.
        reason: String,
    },
    /// Credentials of the past.
    #[error("the credentials of `{client_id}` expired at {at}")]
    CredentialsExpired {
        /// Whose credentials.
        client_id: String,
        /// When, in UTC.
        at: String,
    },
    /// A method was called with another number of arguments than it has.
    #[error("`{method}` takes {expected} arguments in its path, found {found}")]
    WrongArguments {
        /// Its name.
        method: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// The HTTP client could not be set up.
    #[error("cannot set up the HTTP client")]
    SetUp {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The machine trusts nobody, so no `https` host can be trusted.
    #[error("cannot get `{url}`: no trusted certificates were found on this machine ({reason})")]
    NoCertificates {
        /// What was to be got.
        url: String,
        /// What the search for them said.
        reason: String,
    },
    /// There is no such thing (404).
    #[error("{0}")]
    NotFound(Box<Refusal>),
    /// What is there is in the way (409).
    #[error("{0}")]
    Conflict(Box<Refusal>),
    /// The task is past its deadline, or would be: nothing can make it run.
    #[error("{0}")]
    DeadlinePassed(Box<Refusal>),
    /// The service does not believe who we are (401).
    #[error("{0}")]
    Unauthenticated(Box<Refusal>),
    /// The credentials do not allow this (403).
    #[error("{refusal}")]
    InsufficientScopes {
        /// The scopes that are missing, or an expression of them, as the service puts it. Empty if it did not say.
        missing: String,
        /// The whole answer.
        refusal: Box<Refusal>,
    },
    /// The service does not accept what was sent (400, 413).
    #[error("{0}")]
    InvalidInput(Box<Refusal>),
    /// The task failed to make this artifact (424).
    #[error("{0}")]
    ArtifactFailed(Box<Refusal>),
    /// Too many requests, in every attempt (429).
    #[error("{0}")]
    RateLimited(Box<Refusal>),
    /// The service failed, in every attempt that it is safe to make (5xx).
    #[error("{0}")]
    Unavailable(Box<Refusal>),
    /// Any other status than success.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// No answer, or not the whole of it.
    #[error("no whole answer to {asked} in {attempts} attempt{}", if *attempts == 1 { "" } else { "s" })]
    Transport {
        /// What was asked.
        asked: String,
        /// How many attempts were made.
        attempts: u32,
        /// What the last one failed with.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is longer than allowed.
    #[error("the answer to {asked} is too large: expected at most {limit} bytes, found more")]
    TooLarge {
        /// What was asked.
        asked: String,
        /// The most that is allowed, after decompression.
        limit: u64,
    },
    /// The answer is not what the service is documented to answer.
    #[error("{asked} answered something else than expected")]
    BadAnswer {
        /// What was asked.
        asked: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The list goes round in circles.
    #[error("{asked} answered the same continuation token twice, so the list would never end")]
    EndlessList {
        /// What was asked.
        asked: String,
    },
    /// What was downloaded could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// An answer other than success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked: a method with its arguments, such as `queue.status(fdtgsD5DQUmAQZEaGMvQ4Q)`, or a URL.
    pub asked: String,
    /// Where, without secrets.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The service's name for the error, such as `RequestConflict`, if it gave one.
    pub code: Option<String>,
    /// The service's own words, without their footer, or the beginning of its answer.
    pub message: String,
    /// How many attempts were made.
    pub attempts: u32,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.asked, self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if self.attempts > 1 {
            write!(f, " in attempt {}", self.attempts)?;
        }
        let line: Vec<_> = self.message.split_whitespace().collect();
        write!(f, ": {}", line.join(" "))
    }
}

impl Error {
    /// The answer, if the service gave one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::NotFound(refusal)
            | Error::Conflict(refusal)
            | Error::DeadlinePassed(refusal)
            | Error::Unauthenticated(refusal)
            | Error::InsufficientScopes { refusal, .. }
            | Error::InvalidInput(refusal)
            | Error::ArtifactFailed(refusal)
            | Error::RateLimited(refusal)
            | Error::Unavailable(refusal)
            | Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether it is about who we are and what we may do.
    pub fn is_about_rights(&self) -> bool {
        matches!(
            self,
            Error::Unauthenticated(_)
                | Error::InsufficientScopes { .. }
                | Error::CredentialsExpired { .. }
                | Error::BadCredentials { .. }
        )
    }

    /// Whether the service could not be reached, or did not do its work.
    pub fn is_about_reach(&self) -> bool {
        matches!(
            self,
            Error::Transport { .. }
                | Error::Unavailable(_)
                | Error::RateLimited(_)
                | Error::SetUp { .. }
                | Error::NoCertificates { .. }
                | Error::BadAnswer { .. }
                | Error::EndlessList { .. }
                | Error::TooLarge { .. }
        )
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        let past_deadline = || {
            let message = refusal.message.to_lowercase();
            message.contains("deadline") && message.contains("past")
        };
        let refusal = match refusal.status {
            400 | 409 if past_deadline() => return Error::DeadlinePassed(Box::new(refusal)),
            403 => {
                let missing = missing_scopes(&refusal.message).unwrap_or_default().to_owned();
                return Error::InsufficientScopes { missing, refusal: Box::new(refusal) };
            }
            _ => Box::new(refusal),
        };
        match refusal.status {
            400 | 413 => Error::InvalidInput(refusal),
            401 => Error::Unauthenticated(refusal),
            404 => Error::NotFound(refusal),
            409 => Error::Conflict(refusal),
            424 => Error::ArtifactFailed(refusal),
            429 => Error::RateLimited(refusal),
            500.. => Error::Unavailable(refusal),
            _ => Error::Refused(refusal),
        }
    }
}

/// The services put what is missing between the first two fences of their message.
fn missing_scopes(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("```")?;
    Some(rest.split_once("```")?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, message: &str) -> Refusal {
        Refusal {
            asked: "`queue.rerunTask(abc)`".into(),
            url: "https://tc.example.com/x".into(),
            status,
            code: None,
            message: message.into(),
            attempts: 1,
        }
    }

    #[test]
    fn statuses_become_variants() {
        let variant = |status, message| format!("{:?}", Error::from(refusal(status, message)));
        let begins = [
            (400, "no", "InvalidInput"),
            (400, "Deadline cannot be in the past", "DeadlinePassed"),
            (401, "Bad mac", "Unauthenticated"),
            (403, "", "InsufficientScopes"),
            (404, "", "NotFound"),
            (409, "in use", "Conflict"),
            (409, "Task can't be rescheduled past its deadline", "DeadlinePassed"),
            (413, "", "InvalidInput"),
            (418, "", "Refused"),
            (424, "", "ArtifactFailed"),
            (429, "", "RateLimited"),
            (503, "", "Unavailable"),
        ];
        for (status, message, expected) in begins {
            assert!(variant(status, message).starts_with(expected), "{status} {message}");
        }
    }

    #[test]
    fn missing_scopes_are_found_in_the_message() {
        let message = "Client ID x is missing the following scopes:\n\n```\nqueue:get-task:abc\n```\n\n\
                       This request requires:\n\n```\n{\n  \"AnyOf\": []\n}\n```";
        let Error::InsufficientScopes { missing, .. } = refusal(403, message).into() else { panic!() };
        assert_eq!(missing, "queue:get-task:abc");
    }

    #[test]
    fn refusals_fit_on_a_line() {
        let refusal =
            Refusal { code: Some("RequestConflict".into()), attempts: 2, ..refusal(409, "in\n use") };
        assert_eq!(
            refusal.to_string(),
            "`queue.rerunTask(abc)` answered 409 RequestConflict in attempt 2: in use"
        );
    }
}
