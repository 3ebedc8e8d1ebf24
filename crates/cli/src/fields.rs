//! Input for actions: from the command line, from a file, or asked for field by field.

use std::io::{BufRead, Read, stdin};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use taskgraph_actions::{Field, InputError, InputSchema};
use taskgraph_config::yaml;
use taskgraph_schema::{many_lines, one_line};
use taskgraph_value::{Map, Str, Value, json};

use crate::failure::Misuse;
use crate::log::Log;
use crate::world::World;

/// A file larger than this is no input.
const MOST_INPUT: u64 = 16 << 20;

/// Reads an input, which is JSON or YAML, from a file, or from standard input for `-`.
pub(crate) fn read_input(file: &str, world: &World) -> Result<Value> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => stdin().take(MOST_INPUT + 1).read_to_end(&mut bytes),
        file => std::fs::File::open(world.cwd.join(file))
            .and_then(|opened| opened.take(MOST_INPUT + 1).read_to_end(&mut bytes)),
    };
    let shown = if file == "-" { "the input" } else { file };
    read.with_context(|| format!("cannot read `{}`", one_line(shown)))?;
    if bytes.len() as u64 > MOST_INPUT {
        bail!("`{}` is larger than {} MiB", one_line(shown), MOST_INPUT >> 20);
    }
    // JSON may have what YAML has not, such as tabs.
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(value),
        Err(_) => Ok(yaml::read_bytes(&bytes, Path::new(shown))?.value),
    }
}

/// Puts the values of `key=value` arguments into an input. Dots in keys lead into mappings, unless there is a field of
/// that name.
pub(crate) fn set_values(input: Option<Value>, sets: &[String], fields: &[Field]) -> Result<Option<Value>> {
    if sets.is_empty() {
        return Ok(input);
    }
    let mut input = match input {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Map(input)) => input,
        Some(other) => bail!("--set needs an input that is a mapping, found {}", other.type_name()),
    };
    for set in sets {
        let misuse = |problem: &str| anyhow!(Misuse(format!("bad --set `{}`: {problem}", one_line(set))));
        let (key, text) = set.split_once('=').ok_or_else(|| misuse("expected KEY=VALUE"))?;
        let field = fields.iter().find(|field| field.name == key);
        let keys: Vec<&str> = if field.is_some() { vec![key] } else { key.split('.').collect() };
        if keys.iter().any(|key| key.is_empty()) {
            return Err(misuse("expected a key before the equals sign"));
        }
        let value = parse(text, field).map_err(|problem| misuse(&problem))?;
        let Some((last, outer)) = keys.split_last() else { continue };
        let mut map = &mut input;
        for key in outer {
            let inner = map.get_or_insert_with(Str::from(*key), || Value::Map(Map::new()));
            map = inner.as_map_mut().ok_or_else(|| misuse(&format!("`{key}` is no mapping already")))?;
        }
        map.insert(Str::from(*last), value);
    }
    Ok(Some(Value::Map(input)))
}

/// What a text stands for: YAML, of which JSON is a part; but itself if that has a type that the field does not take, and
/// the field takes texts.
fn parse(text: &str, field: Option<&Field>) -> Result<Value, String> {
    let types: &[Str] = field.map(|field| field.types.as_slice()).unwrap_or_default();
    let takes = |name: &str| types.iter().any(|known| known == name);
    let parsed = yaml::read_str(text, Path::new("--set")).map(|document| document.value);
    match parsed {
        Ok(value) => {
            let fits = types.is_empty() || types_of(&value).iter().any(|name| takes(name));
            Ok(if !fits && takes("string") { text.into() } else { value })
        }
        Err(_) if takes("string") => Ok(text.into()),
        Err(error) => Err(format!("expected a value as YAML has it: {}", error.kind)),
    }
}

/// The names that a schema has for a value's type.
fn types_of(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Int(_) | Value::BigInt(_) => &["integer", "number"],
        Value::Float(_) => &["number"],
        Value::Date(_) => &[],
        Value::Str(_) => &["string"],
        Value::List(_) => &["array"],
        Value::Map(_) => &["object"],
    }
}

/// Asks for every field, until each answer fits. What is left out gets its default. None if there is nothing to ask for.
pub(crate) fn ask(schema: &InputSchema, log: &Log, answers: &mut dyn BufRead) -> Result<Option<Value>> {
    let fields = schema.fields();
    let mut input = Map::new();
    for field in &fields {
        explain(field, log);
        let Some(value) = ask_one(field, schema, log, answers)? else { continue };
        if field.name.is_empty() {
            return Ok(Some(value));
        }
        input.insert(field.name.clone(), value);
    }
    Ok(fields.iter().any(|field| !field.name.is_empty()).then_some(Value::Map(input)))
}

/// Says what a field is for, and what it can be.
fn explain(field: &Field, log: &Log) {
    for text in [&field.title, &field.description].into_iter().flatten() {
        for line in many_lines(text).lines() {
            log.always(line);
        }
    }
    if field.choices.len() > 2 || field.choices.iter().any(|choice| choice.as_bool().is_none()) {
        for (at, choice) in field.choices.iter().enumerate() {
            log.always(format_args!("  {}. {}", at + 1, shown(choice)));
        }
    }
}

fn ask_one(
    field: &Field,
    schema: &InputSchema,
    log: &Log,
    answers: &mut dyn BufRead,
) -> Result<Option<Value>> {
    loop {
        let name = if field.name.is_empty() { "input" } else { field.name.as_str() };
        let otherwise = match (&field.default, field.required) {
            (Some(default), _) => format!(" [{}]", shown(default)),
            (None, true) => String::new(),
            (None, false) => " [nothing]".to_owned(),
        };
        log.ask(format_args!("{} ({}){otherwise}: ", one_line(name), field.shown_type()));
        let mut answer = String::new();
        if answers.read_line(&mut answer).context("cannot read the answer")? == 0 {
            bail!("there was no answer for `{}`, so nothing was changed", one_line(name));
        }
        let answer = answer.trim();
        // If it has to be there, an empty text may be what is wanted.
        if answer.is_empty() && (field.default.is_some() || !field.required) {
            return Ok(None);
        }
        let value = match read(answer, field) {
            Ok(value) => value,
            Err(problem) => {
                log.always(problem);
                continue;
            }
        };
        match schema.check_field(&field.name, &value) {
            Ok(()) => return Ok(Some(value)),
            Err(InputError::Invalid { violations }) => violations.iter().for_each(|found| log.always(found)),
            Err(error) => log.always(error),
        }
    }
}

/// The value that an answer stands for.
fn read(answer: &str, field: &Field) -> Result<Value, String> {
    let is_only = |name: &str| field.types.len() == 1 && field.types[0] == name;
    if is_only("boolean") {
        return match answer.to_lowercase().as_str() {
            "y" | "yes" | "true" => Ok(true.into()),
            "n" | "no" | "false" => Ok(false.into()),
            _ => Err("expected yes or no".to_owned()),
        };
    }
    if !field.choices.is_empty() {
        let written = field.choices.iter().find(|choice| shown(choice) == answer);
        let numbered = answer.parse::<usize>().ok().and_then(|at| field.choices.get(at.checked_sub(1)?));
        let found = written.or(numbered).cloned();
        return found.ok_or_else(|| {
            format!("expected one of the choices, or a number from 1 to {}", field.choices.len())
        });
    }
    // A list of texts is quicker written with commas.
    if is_only("array") && !answer.starts_with('[') && field.item_types.iter().any(|name| name == "string") {
        let items = answer.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Ok(items.map(Value::from).collect::<Vec<_>>().into());
    }
    parse(answer, Some(field))
}

/// A value as somebody would write it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => one_line(text).into_owned(),
        other => one_line(&json::compact(other).unwrap_or_default()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    fn schema() -> InputSchema {
        let text = r#"{"type": "object", "required": ["flavor", "version"], "properties": {
            "flavor": {"type": "string", "enum": ["promote", "push", "ship"]},
            "version": {"type": "string", "minLength": 1},
            "times": {"type": "integer", "default": 1, "maximum": 9},
            "force": {"type": "boolean", "default": false},
            "tasks": {"type": "array", "items": {"type": "string"}},
            "more": {"type": "object"},
            "a.b": {}}}"#;
        InputSchema::new(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[track_caller]
    fn check(sets: &[&str], expected: &str) {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let input = Some(map! { "times" => 5 }.into());
        let found = match set_values(input, &sets, &schema().fields()) {
            Ok(value) => json::compact(&value.unwrap()).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn values_are_yaml_unless_a_text_is_wanted() {
        check(&["times=3"], r#"{"times":3}"#);
        check(&["version=1.0", "flavor=yes"], r#"{"times":5,"version":"1.0","flavor":"yes"}"#);
        check(&["version={"], r#"{"times":5,"version":"{"}"#);
        check(&["tasks=[a, b]", "force=true"], r#"{"times":5,"tasks":["a","b"],"force":true}"#);
        check(
            &["more.x.y=1.5", "more.x.z=", "a.b=c=d"],
            r#"{"times":5,"more":{"x":{"y":1.5,"z":null}},"a.b":"c=d"}"#,
        );
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        check(&["times"], "bad --set `times`: expected KEY=VALUE");
        check(&["=1"], "bad --set `=1`: expected a key before the equals sign");
        check(&["a..b=1"], "bad --set `a..b=1`: expected a key before the equals sign");
        check(&["times.x=1"], "bad --set `times.x=1`: `times` is no mapping already");
        assert!(set_values(Some(5.into()), &["a=1".to_owned()], &[]).is_err());
        assert_eq!(set_values(None, &[], &[]).unwrap(), None);
    }

    #[track_caller]
    fn answers(typed: &str, expected: &str) {
        let log = Log::new(crate::log::Verbosity::Quiet, Box::new(Vec::new()));
        let found = match ask(&schema(), &log, &mut typed.as_bytes()) {
            Ok(value) => json::compact(&value.unwrap()).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn answers_are_asked_for_until_they_fit() {
        answers("2\n1.0\n\n\n\n\n\n", r#"{"flavor":"push","version":"1.0"}"#);
        answers(
            "no\n9\n\nship\n\n3.0\n10\nx\n9\nmaybe\nY\na, b,\n{x: 1}\n[1]\n",
            r#"{"flavor":"ship","version":"3.0","times":9,"force":true,"tasks":["a","b"],"more":{"x":1},"a.b":[1]}"#,
        );
        answers("push\n", "there was no answer for `version`, so nothing was changed");
        let whole = InputSchema::new(&map! { "type" => "integer", "minimum" => 3 }.into()).unwrap();
        let log = Log::new(crate::log::Verbosity::Quiet, Box::new(Vec::new()));
        assert_eq!(ask(&whole, &log, &mut &b"2\n4\n"[..]).unwrap(), Some(4.into()));
        let none = InputSchema::new(&map! { "type" => "object" }.into()).unwrap();
        assert_eq!(ask(&none, &log, &mut &b""[..]).unwrap(), None);
    }
}
