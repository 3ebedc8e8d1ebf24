//! What Python says about patterns and texts.

use proptest::prelude::*;

use super::*;

const TEXTS: [&str; 20] = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "aab",
    "A",
    "a\n",
    "a\nb",
    "linux64",
    "linux64\n",
    "win32-2012",
    "release-1.2",
    "é",
    "²",
    "a{2}",
    "]",
    "&",
    "\u{1c}",
    "a b",
];
const CASES: &[(&str, &str, &str)] = &[
    // Found where they are not by fancy-regex 0.19 and 0.20.
    ("a+b?a+", "nnnnnynnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("[a-z]+-?[a-z]+", "nnnyyynnnyyyynnnnnnn", "nnnyyynnnnnnnnnnnnnn"),
    ("a|b", "nyyyyynyynnnnnnynnny", "nyyyyynyynnnnnnynnny"),
    ("b|a", "nyyyyynyynnnnnnynnny", "nyynnnnynnnnnnnnnnnn"),
    ("linux.*", "nnnnnnnnnyynnnnnnnnn", "nnnnnnnnnyynnnnnnnnn"),
    (".*64", "nnnnnnnnnyynnnnnnnnn", "nnnnnnnnnyynnnnnnnnn"),
    (r"^linux\d+$", "nnnnnnnnnyynnnnnnnnn", "nnnnnnnnnyynnnnnnnnn"),
    (r"win(32|64)-(?P<year>\d{4})", "nnnnnnnnnnnynnnnnnnn", "nnnnnnnnnnnynnnnnnnn"),
    ("(?P<l>a)(?P=l)b", "nnnnnynnnnnnnnnnnnnn", "nnnnnynnnnnnnnnnnnnn"),
    (r"(a)\1", "nnnnnynnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a*", "yyyyyyyyyyyyyyyyyyyy", "yynnnnnynnnnnnnnnnnn"),
    ("a*?b", "nnyyyynnnnnnnnnnnnnn", "nnyynynnnnnnnnnnnnnn"),
    ("a++b", "nnnyyynnnnnnnnnnnnnn", "nnnynynnnnnnnnnnnnnn"),
    ("(?>a+)ab", "nnnnnnnnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a{,1}", "yyyyyyyyyyyyyyyyyyyy", "yynnnnnynnnnnnnnnnnn"),
    ("a{2}", "nnnnnynnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a{2", "nnnnnnnnnnnnnnnynnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a{}", "nnnnnnnnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a{1,}b", "nnnyyynnnnnnnnnnnnnn", "nnnynynnnnnnnnnnnnnn"),
    ("]", "nnnnnnnnnnnnnnnnynnn", "nnnnnnnnnnnnnnnnynnn"),
    ("[]]", "nnnnnnnnnnnnnnnnynnn", "nnnnnnnnnnnnnnnnynnn"),
    ("[a[]b", "nnnyynnnnnnnnnnnnnnn", "nnnynnnnnnnnnnnnnnnn"),
    ("[&&]", "nnnnnnnnnnnnnnnnnynn", "nnnnnnnnnnnnnnnnnynn"),
    ("[a&&b]", "nyyyyynyynnnnnnynyny", "nyynnnnynnnnnnnnnynn"),
    ("[^a]", "nnynnnynnyyyyyynyyyn", "nnynnnynnnnnnyynyyyn"),
    (r"[\w-]+", "nyyyyyyyyyyyyyyynnny", "nyyyyyyynyyynyynnnnn"),
    ("[a-]", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    (r"[\]\-]", "nnnnnnnnnnnnnnnnynnn", "nnnnnnnnnnnnnnnnynnn"),
    (r"\d+|\w+", "nyyyyyyyyyyyyyyynnny", "nyyyyyyynyynnyynnnnn"),
    (r"\w", "nyyyyyyyyyyyyyyynnny", "nyynnnyynnnnnyynnnnn"),
    (r"\W", "nnnnnnnnnnnnnnnnyyyn", "nnnnnnnnnnnnnnnnyyyn"),
    (r"\s", "nnnnnnnnnnnnnnnnnnyn", "nnnnnnnnnnnnnnnnnnyn"),
    (r"\S+", "nyyyyyyyyyyyyyyyyyny", "nyyyyyyynyyyyyyyyynn"),
    (r"\bab\b", "nnnynnnnnnnnnnnnnnnn", "nnnynnnnnnnnnnnnnnnn"),
    (r"a\B", "nnnyyynnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("(?i)a", "nynyyyyyynnnnnnynnny", "nynnnnyynnnnnnnnnnnn"),
    ("(?i:A)b", "nnnyynnnnnnnnnnnnnnn", "nnnynnnnnnnnnnnnnnnn"),
    ("(?s)a.b", "nnnnnynnynnnnnnnnnny", "nnnnnynnynnnnnnnnnny"),
    ("(?m)a$", "nynnnnnyynnnnnnnnnnn", "nynnnnnyynnnnnnnnnnn"),
    (r"(?m)a$\nb", "nnnnnnnnynnnnnnnnnnn", "nnnnnnnnynnnnnnnnnnn"),
    ("(?x) a  b # c", "nnnyynnnnnnnnnnnnnnn", "nnnyynnnnnnnnnnnnnnn"),
    (r"(?x)a\ b", "nnnnnnnnnnnnnnnnnnny", "nnnnnnnnnnnnnnnnnnny"),
    (r"(?a)\w", "nyyyyyyyyyyyynnynnny", "nyynnnyynnnnnnnnnnnn"),
    ("(?-i:a)", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    ("a$", "nynnnnnynnnnnnnnnnnn", "nynnnnnynnnnnnnnnnnn"),
    (r"a\Z", "nynnnnnnnnnnnnnnnnnn", "nynnnnnnnnnnnnnnnnnn"),
    (r"a$\n", "nnnnnnnynnnnnnnnnnnn", "nnnnnnnynnnnnnnnnnnn"),
    ("a(?=b)", "nnnyynnnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnn"),
    ("a(?!b)", "nynnnynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    ("(?<!b)a", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    ("(?=a)*b", "nnynnnnnnnnnnnnnnnnn", "nnynnnnnnnnnnnnnnnnn"),
    ("(?!a)?", "yyyyyyyyyyyyyyyyyyyy", "ynnnnnnnnnnnnnnnnnnn"),
    ("(a)?(?(1)b|.)", "nyyyyyyyyyyyyyyyyyyy", "nyyynnyynnnnnyynyyyn"),
    ("(?#comment)a", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    (r"\x61", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    (r"\u00e9", "nnnnnnnnnnnnnynnnnnn", "nnnnnnnnnnnnnynnnnnn"),
    (r"\141", "nynyyynyynnnnnnynnny", "nynnnnnynnnnnnnnnnnn"),
    (r"\x1c", "nnnnnnnnnnnnnnnnnnyn", "nnnnnnnnnnnnnnnnnnyn"),
    ("é", "nnnnnnnnnnnnnynnnnnn", "nnnnnnnnnnnnnynnnnnn"),
    ("release-(?!2).*", "nnnnnnnnnnnnynnnnnnn", "nnnnnnnnnnnnynnnnnnn"),
    ("(?!.*-).*", "yyyyyyyyyyynnyyyyyyy", "yyyyyyyynyynnyyyyyyy"),
    ("*.yml", "error", "error"),
    ("a**", "error", "error"),
    ("a|*", "error", "error"),
    ("^*", "error", "error"),
    ("(", "error", "error"),
    (")", "error", "error"),
    ("a)b", "error", "error"),
    ("(?P<1>a)", "error", "error"),
    ("(?P<a>a)(?P<a>b)", "error", "error"),
    ("(?P=a)", "error", "error"),
    (r"\1", "error", "error"),
    (r"(a\1)", "error", "error"),
    ("[b-a]", "error", "error"),
    (r"[\d-z]", "error", "error"),
    ("[a", "error", "error"),
    (r"\q", "error", "error"),
    ("\\", "error", "nnnnnnnnnnnnnnnnnnnn"),
    ("(?<a>b)", "error", "error"),
    ("a(?i)b", "error", "error"),
    ("(?L)a", "error", "error"),
    ("(?z)a", "error", "error"),
    ("a{2,1}", "error", "error"),
    ("(?(1)a|b|c)", "error", "error"),
    ("(?(2)a)", "error", "error"),
];

#[test]
fn patterns_match_what_they_match_in_python() {
    for (pattern, match_, match_to_end) in CASES {
        for (name, function, expected) in [
            ("re_match", re_match as fn(&str, &str) -> Result<bool, RegexError>, match_),
            ("re_match_to_end", re_match_to_end, match_to_end),
        ] {
            let found = TEXTS.map(|text| match function(pattern, text) {
                Ok(true) => 'y',
                Ok(false) => 'n',
                Err(_) => 'e',
            });
            let mut found: String = found.iter().collect();
            if found.chars().all(|c| c == 'e') {
                found = "error".into();
            }
            assert_eq!(found, *expected, "{name} {pattern:?}");
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    for (pattern, expected) in [
        ("*.yml", "bad regular expression `*.yml`: nothing to repeat at position 0"),
        ("a**", "bad regular expression `a**`: quantifier after a quantifier at position 2"),
        ("(a", "bad regular expression `(a`: missing `)` for the group at position 0"),
        ("a)", "bad regular expression `a)`: unbalanced `)` at position 1"),
        ("[a", "bad regular expression `[a`: unterminated character set at position 0"),
        (r"a\q", r"bad regular expression `a\q`: bad escape `\q` at position 1"),
        ("(?P=x)", "bad regular expression `(?P=x)`: there is no group called `x` at position 5"),
        (r"\2", r"bad regular expression `\2`: reference to the group 2, which is not there at position 1"),
    ] {
        assert_eq!(re_match(pattern, "x").unwrap_err().to_string(), expected);
    }
}

#[test]
fn what_takes_too_long_is_an_error() {
    let text = format!("{}c", "a".repeat(60));
    let error = re_match_to_end(r"(?:(a+)+(?=b|\1))*b", &text).unwrap_err();
    assert_eq!(error.reason, "it needs too much backtracking");
    let deep = format!("{}a{}", "(?=".repeat(500), ")".repeat(500));
    assert_eq!(re_match(&deep, "a").unwrap_err().reason, "it is nested too deeply");
    assert_eq!(re_match("(((a{900}){900}){900}){900}", "a").unwrap_err().reason, "it is too large");
}

#[test]
fn the_two_functions_do_not_share_what_they_remember() {
    assert_eq!(re_match("ab?", "abc"), Ok(true));
    assert_eq!(re_match_to_end("ab?", "abc"), Ok(false));
    assert_eq!(re_match("ab?", "abc"), Ok(true));
}

proptest! {
    #[test]
    fn nothing_panics(pattern in r"[ab()\[\]{}|*+?.^$\dwPZ<>=!:,#&~1-3xi\-é\n ]{0,24}", text in ".{0,12}") {
        let _ = (re_match(&pattern, &text), re_match_to_end(&pattern, &text));
    }

    #[test]
    fn plain_patterns_match_themselves(text in "[a-z0-9/:, é_-]{1,20}") {
        prop_assert_eq!(re_match_to_end(&text, &text), Ok(true));
        let escaped = format!("[{}]{}", text.chars().take(1).collect::<String>().replace('-', r"\-"), &text[text.chars().next().map_or(0, char::len_utf8)..]);
        prop_assert_eq!(re_match_to_end(&escaped, &text), Ok(true));
    }
}
