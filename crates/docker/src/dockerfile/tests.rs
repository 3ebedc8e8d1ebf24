//! Directives, one by one. Expected texts were printed by the Python taskgraph.

use proptest::prelude::*;

use super::*;

fn of(text: &str, args: &[(&str, &str)]) -> Result<Expanded, String> {
    expand(Path::new("Dockerfile"), text.as_bytes(), args).map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, args: &[(&str, &str)], expected: &str) {
    assert_eq!(of(text, args).unwrap().text, expected);
}

#[track_caller]
fn check_error(text: &str, args: &[(&str, &str)], expected: &str) {
    assert_eq!(of(text, args).unwrap_err(), expected);
}

#[test]
fn arguments_are_replaced_below_their_line() {
    check("$A\n# %ARG A\n$A $A\n", &[("A", "1")], "$A\n1 1\n");
    check("# %ARG A\n# %ARG B\n$A", &[("A", "$B"), ("B", "2")], "2");
    check("# %ARG B\n# %ARG A\n$A", &[("A", "$B"), ("B", "2")], "$B");
    check("# %ARGxA \n$A", &[("A", "1")], "1");
}

#[test]
fn arguments_end_at_a_word_boundary() {
    let text = "# %ARG A\n$A-$A. $A1 $A_ $Aé ${A} $$A\n";
    check(text, &[("A", "x")], "x-x. $A1 $A_ $Aé ${A} $x\n");
    check("# %ARG C-\n$C-a $C- $C--\n", &[("C-", "x")], "xa $C- $C--\n");
    check("# %ARG $\n$$a $$ $$$b\n", &[("$", "x")], "xa $$ $xb\n");
}

#[test]
fn argument_values_are_templates() {
    let value = r"a\\b\n\t\.\g<0>\g<00>\0\101\0123\é";
    check("# %ARG A\n$A", &[("A", value)], "a\\b\n\t\\.$A$A\0A\n3\\é");
    for (value, reason) in [
        (r"\q", r"a bad escape `\q`"),
        (r"\1", r"a reference `\1` to a group that does not exist"),
        (r"\18", r"a reference `\1` to a group that does not exist"),
        (r"\g<1>", r"a reference `\g` to a group that does not exist"),
        (r"\g", r"a reference `\g` to a group that does not exist"),
        (r"\777", r"an octal escape `\777` above 377"),
        ("\\", "a backslash at its end"),
    ] {
        let expected =
            format!("Dockerfile:1: the value of argument `A` has {reason}; write `\\\\` for a backslash");
        check_error("# %ARG A\nx\n", &[("A", value)], &expected);
        check("# %ARG A\n", &[("A", value)], "");
    }
}

#[test]
fn a_missing_argument_is_an_error() {
    check_error("FROM x\n# %ARG A\n", &[], "Dockerfile:2: missing argument `A`, none were given");
    let given = [("B", ""), ("C", "")];
    check_error("# %ARG A\n", &given, "Dockerfile:1: missing argument `A`, given are `B`, `C`");
}

#[test]
fn includes_are_collected_in_order() {
    let text =
        "# %include a/b\n# %ARG P\n # %include no\n# %include\t$P \n# %include-run-task \n# %include\n";
    let expanded = of(text, &[("P", "x y")]).unwrap();
    let path = |path: &str| Include::Path(path.to_owned());
    assert_eq!(expanded.includes, [(1, path("a/b")), (4, path("x y")), (5, Include::RunTask), (6, path(""))]);
    let scripts = "# %include-run-task \nCOPY run-task/run-task /usr/local/bin/run-task\n";
    assert!(expanded.text.contains(scripts), "{}", expanded.text);
}

#[test]
fn line_ends_are_unified() {
    check("a\r\nb\rc\n\r\n", &[], "a\nb\nc\n\n");
    check_error("a\r\nb\r# %ARG X", &[], "Dockerfile:3: missing argument `X`, none were given");
}

#[test]
fn bytes_that_are_not_utf8_are_an_error() {
    let error = expand(Path::new("Dockerfile"), b"a\r\nb\nc \xff\nd", &[]).unwrap_err();
    assert_eq!(error.to_string(), "Dockerfile:3: not UTF-8");
}

proptest! {
    #[test]
    fn no_text_panics(
        text in "(# %ARG|# %include|[ A$\\\\\r\n\u{e9}-]|\\PC){0,20}",
        value in "(\\\\|[0-9g<>a]|\\PC){0,8}",
    ) {
        let _ = of(&text, &[("A", &value), ("", &value), ("$", &value)]);
    }
}
