//! How large a value may be before anything is done with it.

use taskgraph_value::Value;

/// Lists and mappings within each other.
const DEEPEST: usize = 100;

/// Roughly the bytes of a value as JSON.
///
/// # Errors
///
/// It is more than `most`, too deep, or has a date, in words that follow "it".
pub(crate) fn measure(value: &Value, most: usize) -> Result<usize, String> {
    let mut left = most;
    spend(value, 0, &mut left).map_err(|problem| match problem {
        Problem::Large => format!("is larger than {}", bytes(most)),
        Problem::Deep => format!("is more than {DEEPEST} lists and mappings deep"),
        Problem::Date(date) => format!("has the date {date}, which JSON does not have"),
    })?;
    Ok(most - left)
}

enum Problem {
    Large,
    Deep,
    Date(String),
}

fn spend(value: &Value, depth: usize, left: &mut usize) -> Result<(), Problem> {
    if depth > DEEPEST {
        return Err(Problem::Deep);
    }
    let mut take = |cost: usize| {
        *left = left.checked_sub(cost).ok_or(Problem::Large)?;
        Ok(())
    };
    match value {
        Value::Null | Value::Bool(_) => take(4),
        Value::Int(_) => take(2),
        Value::Float(_) => take(3),
        Value::Str(text) | Value::BigInt(text) => take(text.len() + 2),
        Value::Date(date) => Err(Problem::Date(date.to_string())),
        Value::List(items) => {
            take(2)?;
            items.iter().try_for_each(|item| spend(item, depth + 1, left))
        }
        Value::Map(object) => {
            take(2)?;
            object.iter().try_for_each(|(key, item)| {
                *left = left.checked_sub(key.len() + 3).ok_or(Problem::Large)?;
                spend(item, depth + 1, left)
            })
        }
    }
}

/// A number of bytes in words.
pub(crate) fn bytes(number: usize) -> String {
    match number {
        n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}
