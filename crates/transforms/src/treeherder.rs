//! How Treeherder writes symbols, and what tasks have by default.

use taskgraph_kinds::Problem;
use taskgraph_value::{Map, map};

/// The group that stands for none.
const NO_GROUP: &str = "?";

/// The group and the symbol of `group(symbol)`; no group for a bare symbol.
pub(crate) fn split_symbol(text: &str) -> Result<(Option<&str>, &str), Problem> {
    if !text.contains('(') {
        return Ok((None, text));
    }
    let parts = text
        .strip_suffix(')')
        .and_then(|inner| inner.split_once('('))
        .filter(|(_, symbol)| !symbol.contains(')'));
    match parts {
        Some((group, symbol)) => Ok((Some(group).filter(|group| *group != NO_GROUP), symbol)),
        None => Err(Problem::wrong("treeherder.symbol", "`symbol` or `group(symbol)`", format!("`{text}`"))),
    }
}

/// `group(symbol)`, or the bare symbol if there is no group.
pub fn join_symbol(group: Option<&str>, symbol: &str) -> String {
    match group {
        Some(group) if group != NO_GROUP => format!("{group}({symbol})"),
        _ => symbol.to_owned(),
    }
}

/// What the tasks of a kind have unless they say otherwise.
pub(crate) fn defaults(kind: &str) -> Map {
    let job_kind = if kind.contains("build") {
        "build"
    } else if kind.contains("test") {
        "test"
    } else {
        "other"
    };
    let initials: String = kind.split('-').filter_map(|part| part.chars().next()).collect();
    map! { "platform" => "default/opt", "tier" => 1, "kind" => job_kind, "symbol" => initials.to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols() {
        assert_eq!(split_symbol("B").unwrap(), (None, "B"));
        assert_eq!(split_symbol("U(a-1)").unwrap(), (Some("U"), "a-1"));
        assert_eq!(split_symbol("?(a)").unwrap(), (None, "a"));
        for wrong in ["U(a", "U(a)b", "U(a))"] {
            assert!(split_symbol(wrong).is_err(), "{wrong}");
        }
        assert_eq!(join_symbol(Some("U"), "a"), "U(a)");
        assert_eq!(join_symbol(None, "a"), "a");
        assert_eq!(defaults("apple-banana").get_str("symbol").unwrap(), "AB");
    }
}
