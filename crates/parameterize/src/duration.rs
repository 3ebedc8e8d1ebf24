//! Durations as people write them: `1 day 2 hours`, `15min`.
//!
//! There are two readers, because two programs read them. [`Span`] is what the official client takes on its command
//! line: several parts, the largest first, with months and years as the calendar has them. [`relative_time`] is
//! what `relative-datestamp` in a task description takes: the first part counts, a month has 30 days and a year 365.

use chrono::{DateTime, Datelike, Days, MappedLocalTime, Months, TimeDelta, TimeZone, Utc};

use crate::error::DurationError;

/// A duration with parts that the calendar decides about.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use taskgraph_parameterize::Span;
///
/// let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse()?;
/// let then = "1 day 2 hours 3min".parse::<Span>()?.after(now).ok_or("too far")?;
/// assert_eq!(then.to_rfc3339(), "2026-02-01T14:03:00+00:00");
/// // There is no 31st of February.
/// let then = "1mo".parse::<Span>()?.after(now).ok_or("too far")?;
/// assert_eq!(then.to_rfc3339(), "2026-03-03T12:00:00+00:00");
/// let then = "-2 weeks".parse::<Span>()?.after(now).ok_or("too far")?;
/// assert_eq!(then.to_rfc3339(), "2026-01-17T12:00:00+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Whether it leads to the past.
    negative: bool,
    months: u32,
    seconds: u64,
}

/// The units of a [`Span`], in the order in which they must come: their names, months and seconds.
const UNITS: [(&[&str], u64, u64); 7] = [
    (&["y", "yr", "year", "years"], 12, 0),
    (&["mo", "month", "months"], 1, 0),
    (&["w", "wk", "week", "weeks"], 0, 7 * DAY),
    (&["d", "day", "days"], 0, DAY),
    (&["h", "hr", "hour", "hours"], 0, 3600),
    (&["min", "minute", "minutes"], 0, 60),
    (&["s", "sec", "second", "seconds"], 0, 1),
];

const DAY: u64 = 24 * 3600;

impl Span {
    /// The time that is so much later, or earlier if the span has a minus. None if that is too far away.
    ///
    /// Years and months come last: a day that their month does not have becomes one of the next month, and a time
    /// in the hour that a change of clocks leaves out one of the next hour.
    pub fn after<Z: TimeZone>(self, start: DateTime<Z>) -> Option<DateTime<Z>> {
        let seconds = TimeDelta::try_seconds(i64::try_from(self.seconds).ok()?)?;
        let seconds = if self.negative { -seconds } else { seconds };
        let time = start.checked_add_signed(seconds)?;
        if self.months == 0 {
            return Some(time);
        }
        let zone = time.timezone();
        let local = time.naive_local();
        let first = local.with_day(1)?;
        let months = Months::new(self.months);
        let first =
            if self.negative { first.checked_sub_months(months) } else { first.checked_add_months(months) }?;
        let local = first.checked_add_days(Days::new(u64::from(local.day0())))?;
        match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time),
            MappedLocalTime::None => {
                zone.from_local_datetime(&local.checked_add_signed(TimeDelta::hours(1))?).earliest()
            }
        }
    }

    /// How many seconds it has, if the calendar has no say in it, and it does not lead to the past.
    pub fn seconds(self) -> Option<u64> {
        (self.months == 0 && !self.negative).then_some(self.seconds)
    }
}

impl std::str::FromStr for Span {
    type Err = DurationError;

    /// Fails with [`DurationError::NotADuration`].
    fn from_str(text: &str) -> Result<Span, DurationError> {
        read_span(text).ok_or_else(|| DurationError::NotADuration { text: text.to_owned() })
    }
}

fn read_span(text: &str) -> Option<Span> {
    let mut rest = text.trim();
    let mut span = Span::default();
    if let Some(unsigned) = rest.strip_prefix(['-', '+']) {
        span.negative = rest.starts_with('-');
        rest = unsigned.trim_start();
    }
    if rest.is_empty() {
        return None;
    }
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit());
        let number: u64 = number.parse().ok()?;
        let (name, after) = split_where(after.trim_start(), |c| !c.is_ascii_alphabetic());
        let (_, months, seconds) = units.find(|(names, ..)| names.contains(&name))?;
        let months = u32::try_from(number.checked_mul(*months)?).ok()?;
        span.months = span.months.checked_add(months)?;
        span.seconds = span.seconds.checked_add(number.checked_mul(*seconds)?)?;
        rest = after.trim_start();
    }
    Some(span)
}

fn split_where(text: &str, end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(end).unwrap_or(text.len()))
}

/// The units that [`relative_time`] knows, and their seconds.
const RELATIVE_UNITS: [(&[&str], i64); 6] = [
    (&["second", "seconds", "s"], 1),
    (&["minute", "minutes", "min"], 60),
    (&["hour", "hours", "h"], 3600),
    (&["day", "days", "d"], 86_400),
    (&["month", "months", "mo"], 30 * 86_400),
    (&["year", "years", "y"], 365 * 86_400),
];

/// The length of a duration as task descriptions have them, such as `28 days` or `1year`: a whole number and the
/// unit after it, wherever the first such pair is. What comes before and after it does not count.
///
/// Fails with [`DurationError::NoPair`], [`DurationError::NotWhole`], [`DurationError::UnknownUnit`] and
/// [`DurationError::TooLong`].
///
/// ```
/// use taskgraph_parameterize::relative_time;
/// assert_eq!(relative_time("2 weeks").unwrap_err().to_string(),
///     "bad duration `2 weeks`: expected second, minute, hour, day, month or year as unit, found `weeks`");
/// assert_eq!(relative_time("1 day 2 hours")?.num_hours(), 24);
/// # Ok::<(), taskgraph_parameterize::DurationError>(())
/// ```
pub fn relative_time(text: &str) -> Result<TimeDelta, DurationError> {
    let (number, unit) = first_pair(text).ok_or_else(|| DurationError::NoPair { text: text.to_owned() })?;
    let known = RELATIVE_UNITS.iter().find(|(names, _)| names.contains(&unit));
    let Some((_, seconds)) = known else {
        return Err(DurationError::UnknownUnit { text: text.to_owned(), unit: unit.to_owned() });
    };
    if number.contains('.') {
        return Err(DurationError::NotWhole { text: text.to_owned(), number: number.to_owned() });
    }
    let too_long = || DurationError::TooLong { text: text.to_owned() };
    let number: i64 = number.parse().map_err(|_| too_long())?;
    number.checked_mul(*seconds).and_then(TimeDelta::try_seconds).ok_or_else(too_long)
}

/// The time that is a duration after `now`, as tasks have it: in UTC, with milliseconds.
///
/// Fails as [`relative_time`], and with [`DurationError::TooLong`] if that is after the year 9999.
///
/// ```
/// let now = "2026-01-31T12:00:00.123456Z".parse().unwrap();
/// assert_eq!(taskgraph_parameterize::relative_datestamp("1 month", now)?, "2026-03-02T12:00:00.123Z");
/// # Ok::<(), taskgraph_parameterize::DurationError>(())
/// ```
pub fn relative_datestamp(text: &str, now: DateTime<Utc>) -> Result<String, DurationError> {
    let then = now.checked_add_signed(relative_time(text)?).filter(|then| then.year() <= 9999);
    let then = then.ok_or_else(|| DurationError::TooLong { text: text.to_owned() })?;
    Ok(then.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// The first number, with a point perhaps, that has a word in small letters after it.
fn first_pair(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while from < text.len() {
        let rest = &text[from..];
        let whole = split_where(rest, |c| !c.is_ascii_digit()).0.len();
        let point =
            rest[whole..].strip_prefix('.').map(|after| split_where(after, |c| !c.is_ascii_digit()).0.len());
        let length = match point {
            Some(fraction) if fraction > 0 => whole + 1 + fraction,
            _ => whole,
        };
        let (number, after) = rest.split_at(length);
        let unit = split_where(after.trim_start_matches(' '), |c| !c.is_ascii_lowercase()).0;
        if !number.is_empty() && !unit.is_empty() {
            return Some((number, unit));
        }
        // A part of a run of digits is followed by what the whole is followed by.
        from += if whole > 0 { whole } else { rest.chars().next().map_or(1, char::len_utf8) };
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2024-02-29T23:59:58.5Z".parse().unwrap()
    }

    #[track_caller]
    fn after(text: &str, expected: &str) {
        let found = match text.parse::<Span>() {
            Ok(span) => span.after(now()).map_or("none".to_owned(), |time| time.to_rfc3339()),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn spans_are_read_as_the_official_client_reads_them() {
        after("0s", "2024-02-29T23:59:58.500+00:00");
        after("1d2h3min", "2024-03-02T02:02:58.500+00:00");
        after(" + 1 day 2 hrs".replace("hrs", "hr").as_str(), "2024-03-02T01:59:58.500+00:00");
        after("1y", "2025-03-01T23:59:58.500+00:00");
        after("1yr2mo", "2025-04-29T23:59:58.500+00:00");
        after("12 months 1wk 1sec", "2025-03-07T23:59:59.500+00:00");
        after("-1 month", "2024-01-29T23:59:58.500+00:00");
        after("999999 years", "none");
        after("18446744073709551615s", "none");
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for bad in [
            "",
            " ",
            "-",
            "1",
            "day",
            "1 fortnight",
            "2h 1d",
            "1d 1d",
            "1.5 days",
            "1 Day",
            "1d2",
            "1d,2h",
            "15m",
            "--1d",
            "99999999999999999999s",
            "999999999999 years",
            "٣ days",
            "1dé",
        ] {
            after(
                bad,
                &format!(
                    "bad duration `{bad}`: expected numbers with units, the largest first, as in \
                     `1 year 2 months 3 weeks 4 days 5 hours 6 minutes 7 seconds` or `1d2h`"
                ),
            );
        }
    }

    #[track_caller]
    fn relative(text: &str, expected: &str) {
        let found = match relative_datestamp(text, now()) {
            Ok(time) => time,
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text}");
    }

    /// As `json_time_from_now` answers.
    #[test]
    fn relative_times_are_read_as_the_reference_reads_them() {
        relative("14 days", "2024-03-14T23:59:58.500Z");
        relative("1year", "2025-02-28T23:59:58.500Z");
        relative("1 day 2 hours", "2024-03-01T23:59:58.500Z");
        relative("in about 2min or so", "2024-03-01T00:01:58.500Z");
        relative("-3 s", "2024-03-01T00:00:01.500Z");
        relative(
            "1x",
            "bad duration `1x`: expected second, minute, hour, day, month or year as unit, found `x`",
        );
        relative("days", "bad duration `days`: expected a whole number and a unit, as in `28 days`");
        relative("5 Days", "bad duration `5 Days`: expected a whole number and a unit, as in `28 days`");
        relative("1.5 days", "bad duration `1.5 days`: expected a whole number, found `1.5`");
        relative(".5 days", "bad duration `.5 days`: expected a whole number, found `.5`");
        relative("1.2.3s", "bad duration `1.2.3s`: expected a whole number, found `2.3`");
        relative("1..3s", "bad duration `1..3s`: expected a whole number, found `.3`");
        relative("3.s", "bad duration `3.s`: expected a whole number and a unit, as in `28 days`");
        relative("9000 years", "bad duration `9000 years`: expected a time before the year 10000");
        relative(
            "99999999999999999999 s",
            "bad duration `99999999999999999999 s`: expected a time before the year 10000",
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.a-z éé]{0,20}") {
            let _ = text.parse::<Span>().map(|span| span.after(now()));
            let _ = relative_datestamp(&text, now());
        }
    }
}
