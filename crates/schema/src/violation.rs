//! What is wrong with a value, and where.

use std::fmt;

use taskgraph_value::{Value, json};

use crate::one_line;

/// One way in which a value does not have its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The keys that lead to the place, joined by dots; empty for the value itself.
    pub path: String,
    /// What is wrong there: what was expected and what was found.
    pub problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = one_line(&self.problem);
        if self.path.is_empty() {
            f.write_str(&problem)
        } else {
            write!(f, "`{}`: {problem}", one_line(&self.path))
        }
    }
}

/// A value in words, short enough for an error message.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Int(value) => format!("the integer {value}"),
        Value::BigInt(digits) => format!("the integer {}", shorten(digits)),
        Value::Float(_) => format!("the number {}", shorten(&json::compact(value).unwrap_or_default())),
        Value::Date(date) => format!("the date {date}"),
        Value::Str(text) => format!("the string {:?}", shorten(text)),
        Value::List(list) if list.is_empty() => "an empty list".into(),
        Value::List(list) => format!("a list of {}", list.len()),
        Value::Map(map) if map.is_empty() => "an empty mapping".into(),
        Value::Map(map) => {
            let keys: Vec<&str> = map.keys().take(3).map(|key| key.as_str()).collect();
            let more = if map.len() > 3 { ", ..." } else { "" };
            format!("a mapping with the keys {}{more}", shorten(&keys.join(", ")))
        }
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain("...".chars()).collect()
}
