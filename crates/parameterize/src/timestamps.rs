//! `relative-datestamp`: times that are counted from when a task is created.

use chrono::{DateTime, Utc};
use taskgraph_value::{Str, Value};
use thiserror::Error;

use crate::{
    DurationError,
    marked::{Marks, changed},
    relative_datestamp,
};

const MARK: &str = "relative-datestamp";

/// A `relative-datestamp` that is none.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampError {
    /// A duration that cannot be read, or leads too far.
    #[error("`{path}`: {source}")]
    Duration {
        /// The keys that lead to it, joined by dots.
        path: String,
        /// What is wrong.
        source: DurationError,
    },
    /// Something else than a text.
    #[error("`{path}`: expected a duration such as `28 days`, found {found}")]
    NotText {
        /// The keys that lead to it, joined by dots.
        path: String,
        /// What it is.
        found: &'static str,
    },
}

/// Replaces every `{"relative-datestamp": "28 days"}` in a value by the time that is so much after `now`: in UTC, with
/// milliseconds and a `Z`. Parts without any stay shared.
///
/// ```
/// use taskgraph_parameterize::resolve_timestamps;
/// use taskgraph_value::{json, map};
/// let now = "2026-01-31T12:00:00.123456Z".parse()?;
/// let task = map! { "expires" => map! { "relative-datestamp" => "1 day" }, "priority" => "low" }.into();
/// let task = resolve_timestamps(&task, now)?;
/// assert_eq!(json::compact(&task)?, r#"{"expires":"2026-02-01T12:00:00.123Z","priority":"low"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn resolve_timestamps(value: &Value, now: DateTime<Utc>) -> Result<Value, TimestampError> {
    match changed(value, &Clock { now }) {
        Ok(new) => Ok(new.unwrap_or_else(|| value.clone())),
        Err(error) => {
            let path = error.path();
            Err(match error.problem {
                Problem::Duration(source) => TimestampError::Duration { path, source },
                Problem::NotText(found) => TimestampError::NotText { path, found },
            })
        }
    }
}

struct Clock {
    now: DateTime<Utc>,
}

enum Problem {
    Duration(DurationError),
    NotText(&'static str),
}

impl Marks for Clock {
    type Problem = Problem;

    fn is_mark(&self, key: &str) -> bool {
        key == MARK
    }

    fn resolve(&self, _: &str, text: &Str) -> Result<Str, Problem> {
        relative_datestamp(text, self.now).map(Str::from).map_err(Problem::Duration)
    }

    fn not_text(&self, _: &str, found: &Value) -> Problem {
        Problem::NotText(found.type_name())
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{json, map};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2024-02-29T23:59:58.987654Z".parse().unwrap()
    }

    #[test]
    fn times_are_found_wherever_they_are() {
        let day = Value::from(map! { "relative-datestamp" => "1 day" });
        let task = map! {
            "created" => map! { "relative-datestamp" => "0 seconds" },
            "artifacts" => vec![map! { "expires" => day.clone() }.into()],
            "two" => map! { "relative-datestamp" => "1 day", "other" => day.clone() },
            "keys" => map! { "relative-datestamp" => map! { "1 day" => day } },
        };
        let task = resolve_timestamps(&task.into(), now()).unwrap();
        assert_eq!(
            json::compact(&task).unwrap(),
            r#"{"created":"2024-02-29T23:59:58.987Z","artifacts":[{"expires":"2024-03-01T23:59:58.987Z"}],"#
                .to_owned()
                + r#""two":{"relative-datestamp":"1 day","other":"2024-03-01T23:59:58.987Z"},"#
                + r#""keys":{"2024-03-01T23:59:58.987Z":"2024-03-01T23:59:58.987Z"}}"#
        );
    }

    #[test]
    fn what_is_no_duration_is_named_with_its_place() {
        let wrong = |value: Value| {
            let task = map! { "payload" => vec![map! { "relative-datestamp" => value }.into()] };
            resolve_timestamps(&task.into(), now()).unwrap_err().to_string()
        };
        assert_eq!(
            wrong("soon".into()),
            "`payload.0.relative-datestamp`: bad duration `soon`: expected a whole number and a unit, as in `28 days`"
        );
        assert_eq!(
            wrong(5.into()),
            "`payload.0.relative-datestamp`: expected a duration such as `28 days`, found an integer"
        );
        assert!(
            wrong(map! { "x" => 1 }.into()).starts_with("`payload.0.relative-datestamp.x`: bad duration")
        );
    }
}
