//! Whether scopes suffice.

/// Whether expanded scopes satisfy one that is needed: one of them is equal to it, or ends in `*` and is a beginning of it
/// before that.
///
/// ```
/// use taskgraph_actions::satisfies;
/// let scopes = ["queue:scheduler-id:x", "in-tree:hook-action:project-x/in-tree-action-1-*"];
/// assert!(satisfies(&scopes, "in-tree:hook-action:project-x/in-tree-action-1-generic/0123456789"));
/// assert!(!satisfies(&scopes, "in-tree:hook-action:project-x/in-tree-action-3-generic/0123456789"));
/// ```
pub fn satisfies<S: AsRef<str>>(expanded: &[S], needed: &str) -> bool {
    expanded.iter().any(|scope| match scope.as_ref().strip_suffix('*') {
        Some(beginning) => needed.starts_with(beginning),
        None => scope.as_ref() == needed,
    })
}
