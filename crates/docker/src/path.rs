//! Slash-separated paths as text, with the rules of Python's `posixpath`.
//!
//! Paths in kind files are text that may end up in a digest or a name, so they are joined and normalised exactly as
//! the Python taskgraph does, on every platform and without looking at the disk.

/// Joins two paths with one slash. An absolute `tail` replaces `base`; an empty `tail` leaves a slash at the end.
///
/// ```
/// use taskgraph_docker::path::join;
///
/// assert_eq!(join("a/b", "c"), "a/b/c");
/// assert_eq!(join("a/b", "/c"), "/c");
/// assert_eq!(join("a", ""), "a/");
/// ```
pub fn join(base: &str, tail: &str) -> String {
    if tail.starts_with('/') || base.is_empty() {
        return tail.to_owned();
    }
    let mut joined = String::with_capacity(base.len() + 1 + tail.len());
    joined.push_str(base);
    if !base.ends_with('/') {
        joined.push('/');
    }
    joined.push_str(tail);
    joined
}

/// Removes empty and `.` components and resolves `..` by text alone, so links are not followed.
///
/// The empty path is `.`. Exactly two leading slashes are kept, as POSIX asks; any other number becomes one.
///
/// ```
/// use taskgraph_docker::path::normpath;
///
/// assert_eq!(normpath("a//./b/../c/"), "a/c");
/// assert_eq!(normpath("../a"), "../a");
/// assert_eq!(normpath(""), ".");
/// ```
pub fn normpath(path: &str) -> String {
    let slashes = match path.bytes().take_while(|&byte| byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_none_or(|&last| last == "..") => {
                // Above an absolute root there is only the root.
                if slashes.is_empty() || !parts.is_empty() {
                    parts.push(part);
                }
            }
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if slashes.is_empty() && parts.is_empty() {
        return ".".to_owned();
    }
    format!("{slashes}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Path and what Python's `posixpath.normpath` printed for it.
    const NORMALIZED: &[(&str, &str)] = &[
        ("", "."),
        ("/", "/"),
        ("//", "//"),
        ("///", "/"),
        ("////a", "/a"),
        ("//a//b", "//a/b"),
        ("a", "a"),
        ("a/", "a"),
        ("./a", "a"),
        ("a/.", "a"),
        ("a/./b", "a/b"),
        ("a//b", "a/b"),
        ("a/..", "."),
        ("a/../..", ".."),
        ("../a", "../a"),
        ("../../a", "../../a"),
        ("/..", "/"),
        ("/../a", "/a"),
        ("//..", "//"),
        ("a/b/../c", "a/c"),
        ("a/b/../../c", "c"),
        ("a/b/../../../c", "../c"),
        ("a/../b/..", "."),
        ("...", "..."),
        ("a/...", "a/..."),
        ("/./..//x/", "/x"),
        ("é/../ü", "ü"),
        (" /a", " /a"),
    ];

    /// Two paths and what Python's `posixpath.join` printed for them.
    const JOINED: &[(&str, &str, &str)] = &[
        ("", "", ""),
        ("", "a", "a"),
        ("a", "", "a/"),
        ("a", "b", "a/b"),
        ("a/", "b", "a/b"),
        ("a", "/b", "/b"),
        ("/", "a", "/a"),
        ("/", "/", "/"),
        ("a/b", "../c", "a/b/../c"),
        ("//", "a", "//a"),
        ("a", "./b", "a/./b"),
        ("é", "ü", "é/ü"),
    ];

    #[test]
    fn normalizes_as_python() {
        for (path, expected) in NORMALIZED {
            assert_eq!(normpath(path), *expected, "normpath({path:?})");
        }
    }

    #[test]
    fn joins_as_python() {
        for (base, tail, expected) in JOINED {
            assert_eq!(join(base, tail), *expected, "join({base:?}, {tail:?})");
        }
    }

    proptest! {
        #[test]
        fn normalizing_twice_changes_nothing(path in "[a./]{0,12}|\\PC{0,12}") {
            let once = normpath(&path);
            prop_assert_eq!(normpath(&once), once);
        }

        #[test]
        fn joined_paths_end_with_the_tail(base in "\\PC{0,12}", tail in "\\PC{0,12}") {
            prop_assert!(join(&base, &tail).ends_with(&tail));
        }
    }
}
