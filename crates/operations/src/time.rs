//! Times as the queue writes them.

use chrono::{DateTime, SecondsFormat, Utc};
use taskcluster_queue_client::Status;

use crate::failure::Refusal;

/// A time as in `2026-01-31T12:00:00.000Z`.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// The time as the queue writes it.
pub(crate) fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Fails if the task is past its deadline. A deadline that is no time is the queue's to judge.
pub(crate) fn check_deadline(status: &Status, now: DateTime<Utc>) -> Result<(), Refusal> {
    match parse(&status.deadline) {
        Some(deadline) if deadline < now => Err(Refusal::PastDeadline { deadline: status.deadline.clone() }),
        _ => Ok(()),
    }
}
