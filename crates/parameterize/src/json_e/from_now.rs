//! Offsets such as `2 days 3 hours`, and what time they lead to.

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::evaluate::Result;

/// Units in the order in which they may stand, with their seconds. Years and months are of 365 and 30 days.
const UNITS: [(&[&str], i64); 7] = [
    (&["years", "year", "yr", "y"], 365 * 86400),
    (&["months", "month", "mo"], 30 * 86400),
    (&["weeks", "week", "wk", "w"], 7 * 86400),
    (&["days", "day", "d"], 86400),
    (&["hours", "hour", "h"], 3600),
    (&["minutes", "minute", "min", "m"], 60),
    (&["seconds", "second", "sec", "s"], 1),
];

/// The time so far from `reference`, before it if there is a minus.
pub(crate) fn from_now(offset: &str, reference: &str) -> Result<String> {
    let wrong =
        || format!("String '{}' isn't a time expression", offset.chars().take(100).collect::<String>());
    let from = DateTime::parse_from_rfc3339(reference)
        .map_err(|_| format!("'{}' is not a time", reference.chars().take(100).collect::<String>()))?;
    let seconds = seconds(offset).ok_or_else(wrong)?;
    let time = Duration::try_seconds(seconds).and_then(|offset| from.to_utc().checked_add_signed(offset));
    // Years of more than four digits are no longer times to JSON.
    let time = time.filter(|time| time.timestamp() < 253_402_300_800).ok_or_else(wrong)?;
    Ok(DateTime::<Utc>::to_rfc3339_opts(&time, SecondsFormat::Millis, true))
}

fn seconds(offset: &str) -> Option<i64> {
    let mut rest = offset.trim();
    let (sign, unsigned) = match rest.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, rest.strip_prefix('+').unwrap_or(rest)),
    };
    rest = unsigned.trim_start();
    let (mut total, mut next) = (0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count = rest[..digits].parse::<i64>().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let at = UNITS[next..].iter().position(|(names, _)| names.contains(&&rest[..letters]))? + next;
        total = total.checked_add(count.checked_mul(UNITS[at].1)?)?;
        rest = rest[letters..].trim_start();
        next = at + 1;
    }
    total.checked_mul(sign)
}
