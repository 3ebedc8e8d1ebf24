//! Patterns against what the Python taskgraph's `match` answers.

use proptest::prelude::*;

use super::*;

/// Path, pattern, and what the Python taskgraph's `match` printed.
const CASES: &[(&str, &str, bool)] = &[
    ("", "", true),
    ("a/b", "", true),
    ("foo", "*", true),
    ("foo", "f*", true),
    ("foo", "fo*o", true),
    ("foo", "f*x", false),
    ("foo/bar", "foo/*/bar", false),
    ("foo/bar", "foo", true),
    ("foobar", "foo", false),
    ("foo/bar", "foo/", false),
    ("foo/", "foo/", true),
    ("foo/bar", "foo/**/bar", true),
    ("foo/a/b/bar", "foo/**/bar", true),
    ("foo/bar", "**/bar", true),
    ("bar", "**/bar", true),
    ("foo/bar/baz", "**/bar", true),
    ("foobar", "**/bar", false),
    ("foo/bar", "foo/**", true),
    ("foo", "foo/**", true),
    ("foobar", "foo/**", false),
    ("foo/", "foo/**", true),
    ("", "**", true),
    ("a/b", "**", true),
    ("a/b", "**/**", true),
    ("a", "**/**", true),
    ("a/b", "a/**/**", true),
    ("a", "a/**/**", false),
    ("b", "**/**/b", false),
    ("a/b", "**/**/b", true),
    ("a/c/b", "**/**/b", true),
    ("a/x/b", "a/**/**/**/b", true),
    ("a/b", "a/**/**/**/b", false),
    ("a/b", "a**", true),
    ("ab/c", "a**/c", true),
    ("a/b/c", "a**/c", false),
    ("a/b.py", "**/*.py", true),
    ("b.py", "**/*.py", true),
    (".py", "**/*.py", true),
    ("a/b.pyc", "**/*.py", false),
    ("a/b.py/c", "**/*.py", true),
    ("a?b", "a?b", true),
    ("axb", "a?b", false),
    ("ab", "a?b", false),
    ("a[b]", "a[b]", true),
    ("ab", "a[b]", false),
    ("a.b", "a.b", true),
    ("axb", "a.b", false),
    ("a\\b", "a\\b", true),
    ("a\\xb", "a\\*b", true),
    ("a*b", "a\\*b", false),
    ("a-b c#~&", "a-b c#~&", true),
    ("é", "é", true),
    ("éa", "é*", true),
    ("$", "$", true),
    ("^a", "^a", true),
    ("a+b", "a+b", true),
    ("{a}", "{a}", true),
    ("a\n", "a", true),
    ("a\n", "*", true),
    ("a/b\n", "a", true),
    ("a/b\nc", "a", false),
    ("a\nb", "a*b", true),
    ("a\n/b", "**/b", false),
    ("a\nb", "a/**", false),
    ("a/b\nc", "a/**", false),
    ("a/b\n", "a/**", true),
    ("a\n\n", "a", false),
    ("a/\n", "a", true),
    ("\n", "**", true),
    ("/a", "/a", true),
    ("/a", "**/a", false),
    ("//a", "**/a", true),
    ("/a/b", "/**", true),
    ("/", "/**", true),
    ("x/a", "/**", false),
    ("a//b", "a/**/b", false),
    ("a///b", "a/**/b", true),
    ("a//b", "a/*/b", true),
    ("a/b/c/d", "a/*/c", true),
    ("a/b/c", "*/*", true),
    ("a", "*/*", false),
    ("a/b", "*", true),
    ("taskcluster/docker/img/Dockerfile", "taskcluster/docker", true),
    ("taskcluster/kinds/x/kind.yml", "taskcluster/**/kind.yml", true),
    ("src/a/b/lib.rs", "src/**/*.rs", true),
    ("src/lib.rs", "src/**/*.rs", true),
    ("src/a/lib.py", "src/**/*.rs", false),
    ("aXbXc", "a*X*c", true),
    ("aabab", "*ab", true),
    ("aabab/x", "*ab", true),
    ("ab/ab", "*/ab", true),
    ("xaby", "*a*b*", true),
    ("x/aby", "*a*b*", false),
];

#[test]
fn equals_the_reference() {
    for (path, pattern, expected) in CASES {
        assert_eq!(match_path(path, pattern), *expected, "match_path({path:?}, {pattern:?})");
    }
}

#[test]
fn long_paths_take_little_time() {
    let path = "ab/".repeat(2000);
    assert!(!match_path(&path, &format!("{}c", "**/*a*b*/".repeat(50))));
    assert!(match_path(&path, "**/ab"));
    assert!(match_path(&path, "ab/**/a*/**"));
}

/// A pattern and a path, spelled by hand as a regular expression would see them: the slow truth.
fn slow(path: &[u8], parts: &[Part]) -> bool {
    let no_newline = |text: &[u8]| !text.is_empty() && !text.contains(&b'\n');
    let Some((part, rest)) = parts.split_first() else { return ends(path, 0) };
    match part {
        Part::Text(text) => path.strip_prefix(text.as_bytes()).is_some_and(|path| slow(path, rest)),
        Part::Star => (0..=path.len()).any(|end| !path[..end].contains(&b'/') && slow(&path[end..], rest)),
        Part::Folders => {
            slow(path, rest)
                || (0..path.len())
                    .any(|end| path[end] == b'/' && no_newline(&path[..end]) && slow(&path[end + 1..], rest))
        }
        Part::Below { slash } => {
            let start = usize::from(*slash);
            slow(path, rest)
                || (!slash || path.starts_with(b"/"))
                    && (start..=path.len())
                        .any(|end| no_newline(&path[start..end]) && slow(&path[end..], rest))
        }
    }
}

proptest! {
    #[test]
    fn equals_backtracking(path in "[ab/\n]{0,9}", pattern in "([ab/\n*]|\\*\\*/|/\\*\\*){0,6}") {
        let compiled = PathPattern::new(&pattern);
        let expected = pattern.is_empty() || slow(path.as_bytes(), &compiled.parts);
        prop_assert_eq!(compiled.matches(&path), expected);
    }

    #[test]
    fn no_input_panics(path in "\\PC{0,300}", pattern in "(\\PC|\\*\\*/|/\\*\\*|\\*){0,30}") {
        let _ = match_path(&path, &pattern);
    }

    #[test]
    fn a_path_without_stars_matches_itself_and_what_is_below(path in "[^*]{0,20}") {
        prop_assert!(match_path(&path, &path));
        let below = format!("{path}/x");
        prop_assert!(match_path(&below, &path));
    }
}
