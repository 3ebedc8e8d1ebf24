//! Replaces tasks with earlier ones that the index knows.

use chrono::{NaiveDate, NaiveDateTime};
use taskgraph_value::{Str, Value};

use super::strings;
use crate::{
    StrategyError,
    strategy::{Answer, Asked, Given, Replacement, Strategy},
};

/// Replaces a task with the first earlier one under its index paths that will do: one that neither failed nor is gone
/// before the last task that needs it must have started.
///
/// The argument is a list of index paths.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexSearch;

impl Strategy for IndexSearch {
    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        // What is no list of paths is said to whoever asks.
        argument
            .as_list()
            .into_iter()
            .flat_map(|list| list.iter())
            .filter_map(Value::as_str)
            .cloned()
            .collect()
    }

    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        asked
            .iter()
            .map(|asked| {
                let mut notes = Vec::new();
                Answer { result: find(asked, given, &mut notes), notes }
            })
            .collect()
    }
}

fn find(asked: &Asked<'_>, given: &Given<'_>, notes: &mut Vec<String>) -> Result<Replacement, StrategyError> {
    let lookups = given.lookups;
    let mut deadline = None;
    for path in strings(asked.argument, "index paths")? {
        let Some(task_id) = lookups.tasks.get(path) else { continue };
        let Some(status) = lookups.statuses.get(task_id) else { continue };
        let not = || format!("not replacing {} with {task_id}", asked.task.label);
        if matches!(status.state.as_str(), "exception" | "failed") {
            notes.push(format!("{} because it is in failed or exception state", not()));
            continue;
        }
        let deadline = match &deadline {
            Some(known) => known,
            None => deadline.insert(match asked.deadline()? {
                None => None,
                Some(text) => Some((time(&text, "the deadline of what needs the task")?, text)),
            }),
        };
        if let Some((latest, text)) = deadline
            && time(&status.expires, "the end of the task that was found")? < *latest
        {
            notes.push(format!("{} because it expires before {text}", not()));
            continue;
        }
        return Ok(Replacement::With(task_id.clone()));
    }
    Ok(Replacement::Keep)
}

/// A time as the services write it, such as `2026-01-31T12:00:00.000Z`.
fn time(text: &str, what: &str) -> Result<NaiveDateTime, StrategyError> {
    read_time(text).ok_or_else(|| {
        StrategyError::new(format!(
            "{what}: expected a time such as `2026-01-31T12:00:00.000Z`, found `{text}`"
        ))
    })
}

fn read_time(text: &str) -> Option<NaiveDateTime> {
    fn number(digits: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let fine = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fine { digits.parse().ok() } else { None }
    }
    let (day, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut day = day.splitn(3, '-');
    let year = number(day.next()?, 4..=4)?;
    let (month, day) = (number(day.next()?, 1..=2)?, number(day.next()?, 1..=2)?);
    let (clock, fraction) = clock.split_once('.')?;
    let mut clock = clock.splitn(3, ':');
    let mut part = || number(clock.next()?, 1..=2);
    let (hour, minute, second) = (part()?, part()?, part()?);
    let digits = u32::try_from(fraction.len()).ok()?;
    let micro = number(fraction, 1..=6)? * 10_u32.pow(6 - digits);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?
        .and_hms_micro_opt(hour, minute, second, micro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let seconds = |text: &str| read_time(text).map(|time| time.and_utc().timestamp_millis());
        assert_eq!(seconds("1970-01-01T00:00:01.500Z"), Some(1500));
        assert_eq!(seconds("1970-1-1T0:0:1.5Z"), Some(1500));
        for bad in [
            "",
            "1970-01-01T00:00:01Z",
            "1970-01-01 00:00:01.5Z",
            "1970-01-01T00:00:01.5",
            "1970-02-30T00:00:01.5Z",
            "1970-01-01T00:00:60.5Z",
            "1970-01-01T00:00:01.1234567Z",
            "70-01-01T00:00:01.5Z",
            "é-01-01T00:00:01.Z",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
