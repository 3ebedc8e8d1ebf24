//! What can go wrong between us and a service.

/// Why there is no answer. URLs are shown without user names and passwords.
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
    /// The service says that there is no such thing.
    #[error("there is no {what} (`{url}` answered 404)")]
    NotFound {
        /// The thing, with its name.
        what: String,
        /// What was asked.
        url: String,
    },
    /// The service answered with a status other than success.
    #[error("`{url}` answered {status} in attempt {attempts}: {message}")]
    Status {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How many attempts were made.
        attempts: u32,
        /// The service's own words, or the beginning of them.
        message: String,
    },
    /// No answer, or not the whole of it.
    #[error("cannot get `{url}` in {attempts} attempts")]
    Transport {
        /// What was asked.
        url: String,
        /// How many attempts were made.
        attempts: u32,
        /// What the last one failed with.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is longer than allowed.
    #[error("`{url}` is too large: expected at most {limit} bytes, found more")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The most that is allowed, after decompression.
        limit: u64,
    },
    /// The answer is not what the service is documented to answer.
    #[error("`{url}` answered something else than expected, which is {expected}")]
    BadAnswer {
        /// What was asked.
        url: String,
        /// What its answer should be.
        expected: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
