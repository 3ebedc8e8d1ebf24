//! Whether the attributes of a task meet a condition.

use taskgraph_value::{Map, Value, python};

use crate::python_re::{RegexError, re_match};

/// Whether every wanted attribute is there and has the wanted value, or one of a list of values.
///
/// Values are equal when Python says so: `1`, `1.0` and `true` are.
///
/// ```
/// use taskgraph_config::attributes_match;
/// use taskgraph_value::map;
///
/// let build = map! { "build_type" => "opt", "platform" => "linux64" };
/// assert!(attributes_match(&build, &map! { "platform" => vec!["linux32".into(), "linux64".into()] }));
/// assert!(!attributes_match(&build, &map! { "build_type" => "debug" }));
/// assert!(!attributes_match(&build, &map! { "nightly" => false }));
/// ```
pub fn attributes_match(attributes: &Map, wanted: &Map) -> bool {
    wanted.iter().all(|(name, wanted)| {
        attributes.get(name).is_some_and(|value| match wanted {
            Value::List(list) => list.iter().any(|one| python::equal(value, one)),
            one => python::equal(value, one),
        })
    })
}

/// Whether a project or a `tasks_for` is among those that a task runs on; `all` stands for every one.
///
/// ```
/// use taskgraph_config::runs_on;
/// assert!(runs_on("github-push", &["github-push".into()]));
/// assert!(runs_on("cron", &["all".into()]));
/// assert!(!runs_on("cron", &[]));
/// ```
pub fn runs_on(key: &str, run_on: &[Value]) -> bool {
    run_on.iter().filter_map(Value::as_str).any(|one| one == "all" || one == key)
}

/// Whether one of the patterns matches the beginning of the branch's name; `all` stands for every branch.
///
/// Fails for the first pattern that is no regular expression, or no string, if none before it matches.
///
/// ```
/// use taskgraph_config::runs_on_git_branch;
/// assert!(runs_on_git_branch("release/v12", &["main".into(), "release/.*".into()])?);
/// assert!(runs_on_git_branch("mainline", &["main".into()])?);
/// assert!(!runs_on_git_branch("feature", &["^main$".into()])?);
/// # Ok::<(), taskgraph_config::RegexError>(())
/// ```
pub fn runs_on_git_branch(branch: &str, patterns: &[Value]) -> Result<bool, RegexError> {
    if patterns.iter().any(|pattern| pattern.as_str().is_some_and(|text| text == "all")) {
        return Ok(true);
    }
    for pattern in patterns {
        let Value::Str(text) = pattern else {
            let reason = format!("expected a string, found {}", pattern.type_name());
            return Err(RegexError { pattern: python::str(pattern), reason });
        };
        if re_match(text, branch)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    #[test]
    fn attributes() {
        // Expected: attrmatch() of the reference.
        let task = map! { "a" => 1, "b" => "x", "c" => vec![1.into()], "d" => Value::Null, "e" => 2.0 };
        let list = |items: Vec<Value>| Value::from(items);
        for (wanted, expected) in [
            (map! {}, true),
            (map! { "a" => 1 }, true),
            (map! { "a" => true }, true),
            (map! { "a" => 1.0 }, true),
            (map! { "a" => "1" }, false),
            (map! { "a" => list(vec![]) }, false),
            (map! { "a" => list(vec![3.into(), true.into()]) }, true),
            (map! { "b" => "x", "a" => 2 }, false),
            (map! { "b" => list(vec!["x".into()]) }, true),
            (map! { "b" => list(vec!["xy".into()]) }, false),
            (map! { "c" => list(vec![1.into()]) }, false),
            (map! { "c" => list(vec![list(vec![1.into()])]) }, true),
            (map! { "d" => Value::Null }, true),
            (map! { "missing" => Value::Null }, false),
            (map! { "e" => 2 }, true),
            (map! { "b" => map! { "x" => 1 } }, false),
        ] {
            assert_eq!(attributes_match(&task, &wanted), expected, "{wanted:?}");
        }
    }

    #[test]
    fn branches() {
        // Expected: match_run_on_git_branches() of the reference.
        for (branch, patterns, expected) in [
            ("main", vec!["main"], true),
            ("main", vec![], false),
            ("", vec!["all"], true),
            ("", vec![""], true),
            ("xall", vec!["all.*"], false),
            ("feature/all", vec!["all", "("], true),
            ("release-1", vec!["main", r"release-\d$"], true),
            ("release-12", vec!["main", r"release-\d$"], false),
            ("dev", vec!["dev", "("], true),
        ] {
            let patterns: Vec<Value> = patterns.into_iter().map(Value::from).collect();
            assert_eq!(runs_on_git_branch(branch, &patterns), Ok(expected), "{branch} {patterns:?}");
        }
        assert!(runs_on_git_branch("x", &["(".into()]).is_err());
        assert_eq!(
            runs_on_git_branch("x", &[3.into()]).unwrap_err().reason,
            "expected a string, found an integer"
        );
    }
}
