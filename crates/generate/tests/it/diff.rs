//! Where printed graphs differ.
//!
//! Numbers are compared as they are written: no type holds them all. The order of keys is free, because Python sorts
//! keys that are integers by their value.

use std::collections::BTreeSet;

use crate::expected::Printed;

/// How many differences of a graph are told.
const TOLD: usize = 8;

/// What differs, a line each, the first few.
pub(crate) fn differences(expected: &Printed, found: &Printed) -> impl Iterator<Item = String> {
    let mut told = Vec::new();
    let mut labels: BTreeSet<&String> = expected.keys().collect();
    labels.extend(found.keys());
    for label in labels {
        match (expected.get(label), found.get(label)) {
            (Some(expected), Some(found)) if expected == found => {}
            (Some(expected), Some(found)) => {
                let (expected, found) = (Json::read(expected), Json::read(found));
                expected.compare(&found, &mut format!("task `{label}`"), &mut told);
            }
            (expected, _) => {
                let what = if expected.is_some() { "missing" } else { "not expected" };
                told.push(format!("task `{label}`: {what}"));
            }
        }
    }
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    told.extend((more > 0).then(|| format!("and {more} more differences")));
    told.into_iter()
}

/// JSON whose scalars, and keys, are their text.
#[derive(Debug, PartialEq)]
enum Json<'a> {
    Scalar(&'a str),
    List(Vec<Json<'a>>),
    /// Sorted by key.
    Map(Vec<(&'a str, Json<'a>)>),
}

impl<'a> Json<'a> {
    fn read(text: &'a str) -> Self {
        let mut rest = text;
        let value = Json::value(&mut rest);
        assert_eq!(rest.trim_start(), "", "after the end of {text}");
        value
    }

    fn value(rest: &mut &'a str) -> Self {
        *rest = rest.trim_start();
        if take(rest, '[') {
            let mut items = Vec::new();
            while !take(rest, ']') {
                items.push(Json::value(rest));
                take(rest, ',');
            }
            Json::List(items)
        } else if take(rest, '{') {
            let mut entries = Vec::new();
            while !take(rest, '}') {
                let key = scalar(rest);
                assert!(take(rest, ':'), "no value at {rest:.40}");
                entries.push((key, Json::value(rest)));
                take(rest, ',');
            }
            entries.sort_by_key(|(key, _)| *key);
            Json::Map(entries)
        } else {
            Json::Scalar(scalar(rest))
        }
    }

    fn compare(&self, found: &Json<'_>, path: &mut String, told: &mut Vec<String>) {
        let length = path.len();
        match (self, found) {
            (Json::List(expected), Json::List(found)) if expected.len() == found.len() => {
                for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                    path.push_str(&format!("[{at}]"));
                    expected.compare(found, path, told);
                    path.truncate(length);
                }
            }
            (Json::Map(expected), Json::Map(found)) => {
                let mut keys: BTreeSet<&str> = expected.iter().map(|(key, _)| *key).collect();
                keys.extend(found.iter().map(|(key, _)| *key));
                for key in keys {
                    path.push_str(&format!(".{}", key.trim_matches('"')));
                    let both = [expected, found]
                        .map(|map| map.iter().find(|entry| entry.0 == key).map(|entry| &entry.1));
                    match both {
                        [Some(expected), Some(found)] => expected.compare(found, path, told),
                        [Some(expected), None] => {
                            told.push(format!("{path}: expected {}, found nothing", expected.show()))
                        }
                        [None, found] => told.push(format!(
                            "{path}: expected nothing, found {}",
                            found.map(Json::show).unwrap_or_default()
                        )),
                    }
                    path.truncate(length);
                }
            }
            _ if self == found => {}
            _ => told.push(format!("{path}: expected {}, found {}", self.show(), found.show())),
        }
    }

    /// One line, not too long.
    fn show(&self) -> String {
        let text = match self {
            Json::Scalar(text) => (*text).to_owned(),
            Json::List(items) => format!("[{}]", items.iter().map(Json::show).collect::<Vec<_>>().join(", ")),
            Json::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}: {}", value.show())).collect();
                format!("{{{}}}", entries.join(", "))
            }
        };
        // The text is ASCII.
        if text.len() > 300 { format!("{}...", &text[..300]) } else { text }
    }
}

/// Takes a character off the start, and white space around it, if it is there.
fn take(rest: &mut &str, token: char) -> bool {
    match rest.trim_start().strip_prefix(token) {
        Some(after) => {
            *rest = after.trim_start();
            true
        }
        None => false,
    }
}

fn scalar<'a>(rest: &mut &'a str) -> &'a str {
    let mut escaped = false;
    let mut inside = false;
    let end = rest.find(|c: char| {
        if !inside {
            inside = c == '"';
            return matches!(c, ',' | ':' | ']' | '}') || c.is_whitespace();
        }
        inside = c != '"' || escaped;
        escaped = c == '\\' && !escaped;
        false
    });
    let (scalar, after) = rest.split_at(end.unwrap_or(rest.len()));
    assert!(!scalar.is_empty(), "no value at {rest:.40}");
    *rest = after;
    scalar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &str, found: &str, told: &[&str]) {
        let printed = |text: &str| Printed::from([("t".to_owned(), text.to_owned())]);
        assert_eq!(differences(&printed(expected), &printed(found)).collect::<Vec<_>>(), told);
    }

    #[test]
    fn order_of_keys_is_free() {
        check(r#"{"9": [{}, []], "10": "a\\"}"#, "{\n  \"10\": \"a\\\\\", \"9\": [{}, []]\n}", &[]);
    }

    #[test]
    fn scalars_are_compared_as_written() {
        let found = "task `t`.a: expected 1e+16, found 10000000000000000";
        check(r#"{"a": 1e+16}"#, r#"{"a": 10000000000000000}"#, &[found]);
        check(r#"{"a": 1}"#, r#"{"a": "1"}"#, &[r#"task `t`.a: expected 1, found "1""#]);
        check(r#"["x, \"]:", -0.0]"#, r#"["x, \"]:", 0.0]"#, &["task `t`[1]: expected -0.0, found 0.0"]);
    }

    #[test]
    fn paths_lead_to_differences() {
        check(
            r#"{"a": {"b": [1, 2]}, "c": null}"#,
            r#"{"a": {"b": [1]}, "d": {"e": []}}"#,
            &[
                "task `t`.a.b: expected [1, 2], found [1]",
                "task `t`.c: expected null, found nothing",
                r#"task `t`.d: expected nothing, found {"e": []}"#,
            ],
        );
    }

    #[test]
    fn tasks_may_be_missing() {
        let task = Printed::from([("t".to_owned(), "{}".to_owned())]);
        assert_eq!(differences(&task, &Printed::new()).collect::<Vec<_>>(), ["task `t`: missing"]);
        assert_eq!(differences(&Printed::new(), &task).collect::<Vec<_>>(), ["task `t`: not expected"]);
    }
}
