//! `matrix`: one task for every combination of values.

use taskgraph_kinds::{Description, KindContext, PerTask, Problem, TransformSequence};
use taskgraph_parameterize::substitute_fields;
use taskgraph_schema::{Object, Shape, describe, optional, required};
use taskgraph_value::{List, Map, Str, Value, map, python, text};

use crate::addition::check_mapping;
use crate::limit::check_count;

static MATRIX: Object = Object::open(&[
    optional("exclude", Shape::ListOf(&Shape::MapOf(&Shape::Str))),
    optional("set-name", Shape::Str),
    optional("substitution-fields", Shape::ListOf(&Shape::Str)),
]);

static TASK: Object =
    Object::open(&[required("name", Shape::Str), optional("matrix", Shape::Object(&MATRIX))]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    PerTask(split).into()
}

fn split(kind: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
    if !kind.fast {
        task.validate(&TASK)?;
    }
    let Some(Value::Map(mut matrix)) = task.remove("matrix") else {
        out.push(task);
        return Ok(());
    };
    let set_name = matrix.remove("set-name").filter(Value::is_truthy);
    let mut fields: Vec<Str> = match matrix.remove("substitution-fields") {
        Some(Value::List(list)) => list.iter().filter_map(Value::as_str).cloned().collect(),
        _ => task.keys().cloned().collect(),
    };
    if set_name.is_some() && !fields.iter().any(|field| field == "name") {
        fields.push(text!("name"));
    }
    let exclude = matrix.remove("exclude").unwrap_or_default();
    let rules: Vec<&Map> = exclude.as_list().into_iter().flatten().filter_map(Value::as_map).collect();
    if matrix.is_empty() {
        return Err(Problem::missing("matrix", "at least one name with a list of values"));
    }
    check_mapping(&task, &["attributes"])?;
    let written = task.get_map("attributes").and_then(|attributes| attributes.get_map("matrix"));
    let mut rows = vec![(task.text("name")?.to_string(), written.cloned().unwrap_or_default())];
    for (key, values) in &matrix {
        if rows.is_empty() {
            break;
        }
        let Some(values) = in_turn(values) else {
            return Err(Problem::wrong(&format!("matrix.{key}"), "a list of values", describe(values)));
        };
        let mut longer = Vec::new();
        for (name, row) in rows {
            for value in &values {
                let mut row = row.clone();
                row.insert(key.clone(), value.clone());
                let excluded = rules.iter().any(|rule| {
                    rule.iter().all(|(key, value)| python::equal(row.get(key).unwrap_or(&Value::Null), value))
                });
                if !excluded {
                    check_count("matrix", longer.len() + 1)?;
                    longer.push((format!("{name}-{}", python::str(value)), row));
                }
            }
        }
        rows = longer;
    }
    for (name, row) in rows {
        let mut task = task.clone();
        task.insert(text!("name"), set_name.clone().unwrap_or_else(|| name.into()));
        task.map_mut(text!("attributes")).insert(text!("matrix"), row.clone().into());
        substitute_fields(&mut task, &fields, &map! { "matrix" => row }).map_err(Problem::other)?;
        out.push(task);
    }
    Ok(())
}

/// What Python goes through: the items of a list, the keys of a mapping, the characters of a string.
fn in_turn(values: &Value) -> Option<List> {
    match values {
        Value::List(list) => Some(list.clone()),
        Value::Map(map) => Some(map.keys().map(Value::from).collect()),
        Value::Str(text) => {
            Some(text.chars().map(|c| Value::from(c.encode_utf8(&mut [0; 4]) as &str)).collect())
        }
        _ => None,
    }
}
