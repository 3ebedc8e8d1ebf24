//! `chunk`: the same task several times, each with its number.

use taskgraph_kinds::{Description, KindContext, PerTask, Problem, TransformSequence};
use taskgraph_parameterize::{SubstituteError, Template, substitute};
use taskgraph_schema::{Object, Shape, optional, required, with_default};
use taskgraph_value::{Map, Str, Value, map, split_path, text};

use crate::limit::check_count;

static CHUNK: Object = Object::closed(&[
    required("total-chunks", Shape::Int),
    with_default("substitution-fields", Shape::ListOf(&Shape::Str)),
]);

static TASK: Object = Object::open(&[optional("chunk", Shape::Object(&CHUNK))]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    PerTask(split).into()
}

fn split(kind: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
    if !kind.fast {
        task.validate(&TASK)?;
    }
    let Some(Value::Map(chunk)) = task.remove("chunk").filter(Value::is_truthy) else {
        out.push(task);
        return Ok(());
    };
    let total = match chunk.get("total-chunks") {
        Some(Value::Int(total)) => *total,
        Some(Value::BigInt(digits)) if !digits.starts_with('-') => i64::MAX,
        Some(Value::BigInt(_)) => 0,
        _ => return Err(Problem::missing("chunk.total-chunks", "an integer")),
    };
    check_count("chunk.total-chunks", usize::try_from(total).unwrap_or(0))?;
    let paths = chunk.get_list("substitution-fields").iter().filter_map(Value::as_str);
    let mut fields: Vec<(&Str, Option<Template>)> = paths.map(|path| (path, None)).collect();
    out.reserve(usize::try_from(total).unwrap_or(0));
    for this in 1..=total {
        let mut task = task.clone();
        let values = map! { "this_chunk" => this, "total_chunks" => total };
        task.map_mut(text!("attributes")).extend_from(&values);
        for (path, template) in &mut fields {
            fill(&mut task, path, template, &values)?;
        }
        out.push(task);
    }
    Ok(())
}

/// Fills the values into a field, and into its name. `known` is the template that the field of the chunk before was.
fn fill(task: &mut Map, path: &str, known: &mut Option<Template>, values: &Map) -> Result<(), Problem> {
    let missing =
        || Problem::missing(path, "a field of the task, because `chunk.substitution-fields` lists it");
    let (mut container, mut rest) = (task, path);
    while let Some((key, after)) = split_path(rest) {
        container = container.get_mut(key).and_then(Value::as_map_mut).ok_or_else(missing)?;
        rest = after;
    }
    let in_field = |source| Problem::other(SubstituteError::Template { path: path.into(), source });
    let value = container.get_mut(rest).ok_or_else(missing)?;
    if !rest.contains(['{', '}']) {
        let filled = match &*value {
            Value::Str(text) => {
                template_of(text, known).and_then(|template| template.render(values)).map(Value::Str)
            }
            other => substitute(other.clone(), values),
        };
        *value = filled.map_err(in_field)?;
        return Ok(());
    }
    let value = value.clone();
    let name = taskgraph_parameterize::format(&rest.into(), values).map_err(in_field)?;
    container.insert(name, substitute(value, values).map_err(in_field)?);
    Ok(())
}

/// The text as a template. All chunks share it, so it is parsed for the first.
fn template_of<'a>(
    text: &Str,
    known: &'a mut Option<Template>,
) -> Result<&'a Template, taskgraph_parameterize::Error> {
    let template = match known.take().filter(|known| Str::ptr_eq(known.text(), text)) {
        Some(template) => template,
        None => Template::parse_shared(text.clone())?,
    };
    Ok(known.insert(template))
}
