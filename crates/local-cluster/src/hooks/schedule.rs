//! Patterns of times at which hooks would fire.

/// What a field may hold: least, most, and names for the values from the first on.
const FIELDS: [(u32, u32, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Whether it is a pattern: five fields, from minutes to days of the week, or six with seconds in front.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if matches!(
        pattern,
        "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@hourly" | "@minutely"
    ) {
        return Ok(());
    }
    let fields = pattern.split_ascii_whitespace().collect::<Vec<_>>();
    let Some(skip) = FIELDS.len().checked_sub(fields.len()).filter(|&missing| missing <= 1) else {
        return Err("Invalid cron expression, expected five or six fields".to_owned());
    };
    for (field, (least, most, names)) in fields.iter().zip(&FIELDS[skip..]) {
        for part in field.split(',') {
            if !is_part(part, *least, *most, names) {
                return Err(format!("Constraint error, got value {part} expected range {least}-{most}"));
            }
        }
    }
    Ok(())
}

fn is_part(part: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if step.is_some_and(|step| step.parse::<u32>().map_or(true, |step| step == 0)) {
        return false;
    }
    let value = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let named = names.iter().zip(least..).find(|(name, _)| **name == lower).map(|(_, value)| value);
        named.or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    match range.split_once('-') {
        _ if matches!(range, "*" | "?" | "L") => true,
        Some((from, to)) => matches!((value(from), value(to)), (Some(from), Some(to)) if from <= to),
        None => value(range).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn patterns() {
        for good in ["0 0 * * *", "*/5 1-3,7 * JAN mon-fri", "0 0 0 1 1 *", "0 0 L * ?", "@daily"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in
            ["", "* * * *", "60 * * * *", "* * * * 8", "*/0 * * * *", "5-1 * * * *", "a b c d e", "1-", "@x"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
