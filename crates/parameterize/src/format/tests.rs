//! Templates: what Python makes of them, what goes wrong with them, and that nothing panics.

use proptest::prelude::*;
use taskgraph_value::{Map, Value, map};

use super::*;

/// Values of every kind; those of the table, which JSON parsers may not take, included.
fn values(json: &str) -> Map {
    let mut values: Map = serde_json::from_str(json).unwrap();
    values.insert("big".into(), Value::BigInt("123456789012345678901234567890".into()));
    values.insert("inf".into(), Value::Float(f64::INFINITY));
    values.insert("nan".into(), Value::Float(f64::NAN));
    values
}

#[test]
fn equals_what_python_makes_of_it() {
    let table = include_str!("../../tests/data/format.tsv");
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let values = values(lines.next().unwrap());
    let mut wrong = Vec::new();
    for line in lines {
        let (template, expected) = line.split_once('\t').unwrap();
        let template: String = serde_json::from_str(template).unwrap();
        let expected: String = serde_json::from_str(expected).unwrap();
        let text = Str::from(template.as_str());
        let ours = format(&text, &values);
        let compiled = Template::parse(&template).and_then(|compiled| compiled.render(&values));
        assert_eq!(ours, compiled, "{template}");
        match (&ours, expected.strip_prefix('=')) {
            (Ok(ours), Some(expected)) if ours == expected => {}
            (Err(_), None) => {}
            _ => wrong.push(std::format!("{template:?}: expected {expected:?}, found {ours:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[track_caller]
fn check_error(template: &str, expected: &str) {
    let values = map! { "name" => "x", "list" => vec![1.into()], "map" => map! { "k" => 1.5 }, "n" => 5 };
    let error = format(&template.into(), &values).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn errors_say_what_is_wrong() {
    check_error(
        "run {nmae}",
        "template `run {nmae}`: `nmae` has no value; known are name, list, map, n \
         (a literal brace is written `{{` or `}}`)",
    );
    check_error(
        "f() { x",
        "template `f() { x`: `{ x` has no closing brace (a literal brace is written `{{` or `}}`)",
    );
    check_error("a}", "template `a}`: single `}` (a literal brace is written `{{` or `}}`)");
    check_error(
        "{}",
        "template `{}`: `{}` asks for a value by position, but values only have names \
         (a literal brace is written `{{` or `}}`)",
    );
    check_error("{map[x]}", "template `{map[x]}`: `{map[x]}`: no key `x`; known are k");
    check_error("{list[3]}", "template `{list[3]}`: `{list[3]}`: no item 3 in a list of 1");
    check_error(
        "{map.k}",
        "template `{map.k}`: `{map.k}`: a mapping has no attribute `k`; a key is written `[k]`",
    );
    check_error("{n:s}", "template `{n:s}`: `{n:s}`: the format type `s` is not one for an integer");
    check_error(
        "{name!q}",
        "template `{name!q}`: `{name!q}`: unknown conversion `q`; the conversions are `r`, `s` and `a`",
    );
}

#[test]
fn long_templates_are_shortened_in_errors() {
    let error = format(&("x".repeat(500) + "{no}").as_str().into(), &map! {}).unwrap_err();
    assert!(error.to_string().len() < 400, "{error}");
    assert!(error.to_string().contains("no names are known here"), "{error}");
}

#[test]
fn widths_have_a_limit() {
    for template in ["{n:100001}", "{x:.100001f}", "{n:99999999999999999999}"] {
        format(&template.into(), &map! { "n" => 1, "x" => 1.0 }).unwrap_err();
    }
    let wide = format(&"{n:100000}".into(), &map! { "n" => 1 }).unwrap();
    assert_eq!(wide.len(), 100_000);
    // Every field is short enough, but not their sum.
    format(&"{n:100000}".repeat(200).into(), &map! { "n" => 1 }).unwrap_err();
}

#[test]
fn dates_are_shown_as_python_shows_them() {
    let values = map! { "d" => Value::Date("2024-01-01".into()) };
    assert_eq!(
        format(&"{d}{d!r:>27}{d!s:>12}".into(), &values).unwrap(),
        "2024-01-01  datetime.date(2024, 1, 1)  2024-01-01"
    );
    assert_eq!(format(&"{d:%Y/%m}".into(), &values).unwrap(), "2024/01");
}

#[test]
fn objects_have_attributes() {
    struct Objects;
    impl crate::Lookup for Objects {
        fn lookup(&self, name: &str) -> Option<std::borrow::Cow<'_, Value>> {
            (name == "plain").then(|| std::borrow::Cow::Owned("x".into()))
        }
        fn object<'f>(&self, field: &'f str) -> Option<(std::borrow::Cow<'_, Value>, &'f str)> {
            let rest = field.strip_prefix("task[a].needs")?;
            Some((std::borrow::Cow::Owned(map! { "k" => vec!["deep".into()] }.into()), rest))
        }
    }
    assert_eq!(format(&"{plain}|{task[a].needs[k][0]}".into(), &Objects).unwrap(), "x|deep");
    format(&"{task[a].label}".into(), &Objects).unwrap_err();
    format(&"{plain.label}".into(), &Objects).unwrap_err();
}

proptest! {
    #[test]
    fn no_template_panics(template in "([{}!:.\\[\\]a-z0-9<>^=+# ,_%é🚀]|\\{(s|i|x|l\\[0\\]|big):[^}]{0,6}\\}){0,12}") {
        let values = values(r#"{"s": "é🚀", "i": -42, "x": 0.1, "l": [1], "a": {"b": null}}"#);
        let text = Str::from(template.as_str());
        let ours = format(&text, &values);
        let compiled = Template::parse(&template).and_then(|compiled| compiled.render(&values));
        // Which of several errors is found first may differ.
        prop_assert_eq!(ours.ok(), compiled.ok());
    }

    #[test]
    fn doubled_braces_are_literal(text in "\\PC{0,40}") {
        let escaped = text.replace('{', "{{").replace('}', "}}");
        let filled = format(&escaped.into(), &map! {}).unwrap();
        prop_assert_eq!(filled.as_str(), text);
    }
}
