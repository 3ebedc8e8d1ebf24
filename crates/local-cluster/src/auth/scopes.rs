//! Sets of scopes: order, normal form, satisfaction.

use std::cmp::Ordering;

/// Whether having `pattern` means having `scope`. Only a final `*` is special.
pub(crate) fn satisfies(pattern: &str, scope: &str) -> bool {
    pattern == scope || pattern.strip_suffix('*').is_some_and(|prefix| scope.starts_with(prefix))
}

/// Whether it can be a scope at all: printable ASCII.
pub(crate) fn is_valid(scope: &str) -> bool {
    scope.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// Scopes in order, none of which is satisfied by another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// The normal form of `scopes`.
    pub(crate) fn new(mut scopes: Vec<String>) -> Self {
        scopes.sort_by(|a, b| compare(a, b));
        let mut kept: Vec<String> = Vec::with_capacity(scopes.len());
        for scope in scopes {
            // What satisfies a scope is directly in front of it, apart from others that it satisfies.
            if !kept.last().is_some_and(|last| satisfies(last, &scope)) {
                kept.push(scope);
            }
        }
        Self(kept)
    }

    /// Whether `scope` is in it, or satisfied by one that is.
    pub(crate) fn satisfies(&self, scope: &str) -> bool {
        self.0.iter().any(|pattern| satisfies(pattern, scope))
    }

    /// Whether all of `scopes` are.
    pub(crate) fn satisfies_all<S: AsRef<str>>(&self, scopes: &[S]) -> bool {
        scopes.iter().all(|scope| self.satisfies(scope.as_ref()))
    }

    /// With these, too.
    pub(crate) fn with<I: IntoIterator<Item = String>>(&self, more: I) -> Self {
        Self::new(self.0.iter().cloned().chain(more).collect())
    }

    /// In order.
    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// The order of the services: `a*` comes before `a`, and everything else as bytes.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (bare_a, bare_b) = (a.strip_suffix('*').unwrap_or(a), b.strip_suffix('*').unwrap_or(b));
    bare_a.cmp(bare_b).then_with(|| b.ends_with('*').cmp(&a.ends_with('*')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn normal(scopes: &[&str], expected: &[&str]) {
        let set = ScopeSet::new(scopes.iter().map(|&scope| scope.to_owned()).collect());
        assert_eq!(set.as_slice(), expected);
    }

    #[test]
    fn a_trailing_star_is_a_prefix_and_nothing_else_is_special() {
        assert!(satisfies("a", "a"));
        assert!(satisfies("a*", "a"));
        assert!(satisfies("a*", "abc"));
        assert!(satisfies("a*", "a*"));
        assert!(satisfies("*", ""));
        assert!(satisfies("a**", "a*b"));
        assert!(!satisfies("a", "a*"));
        assert!(!satisfies("a*c", "abc"));
        assert!(!satisfies("ab*", "a"));
    }

    #[test]
    fn sets_are_sorted_and_hold_nothing_twice() {
        normal(&["b", "a", "b"], &["a", "b"]);
        normal(&["a", "ab", "a*", "b"], &["a*", "b"]);
        normal(&["b", "*", "a"], &["*"]);
        normal(&["a(", "a", "aa", ""], &["", "a", "a(", "aa"]);
        normal(&["a*b", "a*", "a**"], &["a*"]);
        normal(&["a**", "a*b", "ab"], &["a**", "ab"]);
    }

    #[test]
    fn scopes_are_printable() {
        assert!(is_valid("assume:repo:a b"));
        assert!(!is_valid("a\n"));
        assert!(!is_valid("ä"));
    }
}
