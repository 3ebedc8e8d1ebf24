//! Python regular expressions: keyed-by keys, branch names and other patterns are written for Python's `re`.
//!
//! A pattern is compiled once per process and kept, since the same few are asked for every task of a graph.

mod class;
mod translate;

use std::sync::{Arc, PoisonError, RwLock};

use fancy_regex::Regex;
use rustc_hash::FxHashMap;
use thiserror::Error;

/// A pattern that is no regular expression, or one that takes too long.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("bad regular expression `{pattern}`: {reason}")]
pub struct RegexError {
    /// The pattern as it was written.
    pub pattern: String,
    /// What is wrong with it, and where.
    pub reason: String,
}

/// What Python's `re.match(pattern, text)` says: whether `text` *begins* with something that matches.
///
/// Fails for a bad pattern, and for one that backtracks more than a million times on this text, where Python
/// would go on. Look-behind may have any width here, and `\N{...}` is not supported.
///
/// ```
/// use taskgraph_config::re_match;
/// assert!(re_match("release/v?[0-9]+", "release/12-beta")?);
/// assert!(!re_match("main", "domain")?);
/// assert!(re_match("*.yml", "a.yml").is_err());
/// # Ok::<(), taskgraph_config::RegexError>(())
/// ```
pub fn re_match(pattern: &str, text: &str) -> Result<bool, RegexError> {
    if is_plain(pattern) {
        return Ok(text.starts_with(pattern));
    }
    static CACHE: Cache = Cache::new();
    CACHE.matches(pattern, "", text)
}

/// What Python's `re.match(pattern + "$", text)` says, as keyed-by keys are matched.
///
/// The `$` is appended to the text of the pattern, so it belongs to the last alternative only; and it matches
/// before a newline that ends the text, too. Fails as [`re_match`] does.
///
/// ```
/// use taskgraph_config::re_match_to_end;
/// assert!(re_match_to_end("linux.*", "linux64")?);
/// assert!(re_match_to_end("a|b", "abc")?);
/// assert!(!re_match_to_end("b|a", "abc")?);
/// assert!(re_match_to_end("main", "main\n")?);
/// # Ok::<(), taskgraph_config::RegexError>(())
/// ```
pub fn re_match_to_end(pattern: &str, text: &str) -> Result<bool, RegexError> {
    if is_plain(pattern) {
        return Ok(text.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest == "\n"));
    }
    static CACHE: Cache = Cache::new();
    CACHE.matches(pattern, "$", text)
}

/// Whether a pattern matches nothing but itself.
fn is_plain(pattern: &str) -> bool {
    !pattern.bytes().any(|byte| b"\\.^$*+?{}[]|()".contains(&byte))
}

/// Compiled expressions by the pattern they were written as.
struct Cache(RwLock<Option<FxHashMap<Box<str>, Arc<Regex>>>>);

impl Cache {
    const fn new() -> Self {
        Cache(RwLock::new(None))
    }

    fn matches(&self, pattern: &str, suffix: &str, text: &str) -> Result<bool, RegexError> {
        let fail = |reason: String| RegexError { pattern: pattern.to_owned(), reason };
        let known = self.get(pattern);
        let regex = match known {
            Some(regex) => regex,
            None => self.compile(pattern, suffix).map_err(fail)?,
        };
        regex.is_match(text).map_err(|error| fail(reason(&error)))
    }

    fn get(&self, pattern: &str) -> Option<Arc<Regex>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref()?.get(pattern).cloned()
    }

    fn compile(&self, pattern: &str, suffix: &str) -> Result<Arc<Regex>, String> {
        let translated = translate::translate(&format!("{pattern}{suffix}"))?;
        let regex = Arc::new(Regex::new(&translated).map_err(|error| reason(&error))?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_default().insert(pattern.into(), regex.clone());
        Ok(regex)
    }
}

/// What the engine says, in the way we say things.
fn reason(error: &fancy_regex::Error) -> String {
    use fancy_regex::{CompileError, Error, ParseError, RuntimeError};
    match error {
        Error::RuntimeError(RuntimeError::BacktrackLimitExceeded | RuntimeError::StackOverflow) => {
            "it needs too much backtracking".into()
        }
        Error::ParseError(_, ParseError::RecursionExceeded) => "it is nested too deeply".into(),
        Error::CompileError(inner) => match &**inner {
            CompileError::InnerError(_) => "it is too large".into(),
            other => other.to_string().to_lowercase(),
        },
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests;
