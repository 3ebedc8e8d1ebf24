//! Dates in routes.

use chrono::DateTime;
use taskgraph_kinds::{Problem, Session};

/// The date of the build as routes have it: `2023.11.14.20231114221320`, in UTC.
pub(crate) fn build_date_long(session: &Session) -> Result<String, Problem> {
    let seconds = session.parameters.integer("build_date")?;
    match DateTime::from_timestamp(seconds, 0) {
        Some(date) => Ok(date.format("%Y.%m.%d.%Y%m%d%H%M%S").to_string()),
        None => Err(Problem::message(format!("the parameter `build_date` is no date: {seconds} seconds"))),
    }
}
