//! One call of a method, and what is answered.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use taskcluster_queue_client::{TaskId, api::Method};

use crate::{
    auth::{Expression, Identity},
    error::ApiError,
};

/// A call whose arguments, query and body have been checked.
pub(crate) struct Call<'a> {
    pub(crate) method: &'static Method,
    /// Decoded, in the order of the path.
    pub(crate) arguments: Vec<String>,
    /// Decoded, and known to the method.
    pub(crate) query: Vec<(String, String)>,
    /// As the schema wants it, defaults filled in. Null if the method takes none.
    pub(crate) body: Value,
    pub(crate) identity: &'a Identity,
    pub(crate) now: DateTime<Utc>,
    /// As clients see this server, without a slash at the end.
    pub(crate) root_url: &'a str,
    pub(crate) random: &'a (dyn Fn(&mut [u8]) + Send + Sync),
}

impl Call<'_> {
    /// The argument of that name in the path of the method. Empty if it has none.
    pub(crate) fn argument(&self, name: &str) -> &str {
        let position = self.method.arguments().position(|argument| argument == name);
        position.and_then(|position| self.arguments.get(position)).map_or("", String::as_str)
    }

    /// The query option of that name.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Refuses a caller whose scopes do not satisfy the expression.
    ///
    /// # Errors
    ///
    /// 403 InsufficientScopes, naming what is missing.
    pub(crate) fn require(&self, needed: &Expression) -> Result<(), ApiError> {
        self.identity.require(needed)
    }

    /// Bytes that nobody can guess.
    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// How many entries of a list are wanted, at most 1000.
    pub(crate) fn limit(&self) -> usize {
        self.option("limit").and_then(|limit| limit.parse().ok()).unwrap_or(1000).clamp(1, 1000)
    }
}

/// What a call is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// 200 with JSON.
    pub(crate) fn json(body: &Value) -> Answer {
        Answer::text(serde_json::to_vec(body).unwrap_or_default())
    }

    /// 200 with text that is JSON already.
    pub(crate) fn text(body: Vec<u8>) -> Answer {
        Answer { status: 200, headers: Vec::new(), body }
    }

    /// 200 with an empty object.
    pub(crate) fn empty() -> Answer {
        Answer::text(b"{}".to_vec())
    }

    /// A redirect, with a JSON body for clients that do not follow.
    pub(crate) fn see_other(url: String, body: &Value) -> Answer {
        Answer { status: 303, headers: vec![("location", url)], ..Answer::json(body) }
    }
}

/// A time as JavaScript prints it: `2026-02-03T04:05:06.789Z`.
pub(crate) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An id that nobody can guess, in the form that all ids have. None begins with a dash.
pub(crate) fn slugid(random: &(dyn Fn(&mut [u8]) + Send + Sync)) -> String {
    let mut bytes = [0; 16];
    random(&mut bytes);
    TaskId::from_random(bytes).into()
}

/// A time from the database.
pub(crate) fn from_millis(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// A time as JavaScript reads it, with the precision that it has: milliseconds.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    DateTime::from_timestamp_millis(time.timestamp_millis())
}
