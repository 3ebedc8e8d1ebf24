//! `chunk`: the same task several times, each with its number.

use taskgraph_kinds::{Description, Error, Family, KindContext, Problem, Transform, TransformSequence};
use taskgraph_parameterize::{SubstituteError, Template, substitute};
use taskgraph_schema::{Object, Shape, optional, required, with_default};
use taskgraph_value::{Difference, Map, Place, Str, Value, map, split_path, text};

use crate::limit::check_count;

static CHUNK: Object = Object::closed(&[
    required("total-chunks", Shape::Int),
    with_default("substitution-fields", Shape::ListOf(&Shape::Str)),
]);

static TASK: Object = Object::open(&[optional("chunk", Shape::Object(&CHUNK))]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    Split.into()
}

/// Makes a family of each task that is to be split.
struct Split;

impl Transform for Split {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let families = self.apply_to_families(kind, tasks.into_iter().map(Family::from).collect())?;
        Ok(families.into_iter().flat_map(Family::into_tasks).collect())
    }

    fn apply_to_families(&self, kind: &KindContext<'_>, families: Vec<Family>) -> Result<Vec<Family>, Error> {
        let mut out = Vec::with_capacity(families.len());
        for task in families.into_iter().flat_map(Family::into_tasks) {
            let (name, origin) = (task.display_name().cloned(), task.origin.clone());
            split(kind, task, &mut out).map_err(|problem| Error::of_task(name, origin.as_ref(), problem))?;
        }
        Ok(out)
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

fn split(kind: &KindContext<'_>, mut task: Description, out: &mut Vec<Family>) -> Result<(), Problem> {
    if !kind.fast {
        task.validate(&TASK)?;
    }
    let Some(Value::Map(chunk)) = task.remove("chunk").filter(Value::is_truthy) else {
        out.push(task.into());
        return Ok(());
    };
    let total = match chunk.get("total-chunks") {
        Some(Value::Int(total)) => *total,
        Some(Value::BigInt(digits)) if !digits.starts_with('-') => i64::MAX,
        Some(Value::BigInt(_)) => 0,
        _ => return Err(Problem::missing("chunk.total-chunks", "an integer")),
    };
    check_count("chunk.total-chunks", usize::try_from(total).unwrap_or(0))?;
    let paths: Vec<&Str> = chunk.get_list("substitution-fields").iter().filter_map(Value::as_str).collect();
    let numbers = |this: i64| map! { "this_chunk" => this, "total_chunks" => total };
    // Before anything is filled in: each chunk has numbers of its own here, whatever was there.
    task.map_mut(text!("attributes")).extend_from(&numbers(1));
    let Some(templates) = (total > 1).then(|| templates(&task, &paths)).flatten() else {
        for this in 1..=total {
            let (mut chunk, values) = (task.clone(), numbers(this));
            chunk.map_mut(text!("attributes")).extend_from(&values);
            paths.iter().try_for_each(|path| fill(&mut chunk, path, &values))?;
            out.push(chunk.into());
        }
        return Ok(());
    };
    let render = |(path, template): &(&Str, Template), values: &Map| {
        template.render(values).map(Value::from).map_err(|source| in_field(path, source))
    };
    let mut differences = Vec::with_capacity(templates.len() + 1);
    for (place, template) in &templates {
        if let Some(field) = place.find_mut(&mut task) {
            *field = render(template, &numbers(1))?;
        }
        differences.push(Difference { place: place.clone(), values: Vec::new() });
    }
    for values in (2..=total).map(numbers) {
        for ((_, template), difference) in templates.iter().zip(&mut differences) {
            difference.values.push(render(template, &values)?);
        }
    }
    let values = (2..=total).map(Value::from).collect();
    differences.push(Difference { place: Place::new([text!("attributes"), text!("this_chunk")]), values });
    out.push(Family { first: task, others: usize::try_from(total - 1).unwrap_or(0), differences });
    Ok(())
}

/// The texts of a task to fill in, where they are and by which path, if there is nothing else to be done: names may have
/// to be filled in, too, or a text more than once.
fn templates<'a>(task: &Map, paths: &[&'a Str]) -> Option<Vec<(Place, (&'a Str, Template))>> {
    let is_within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut found: Vec<(Place, (&Str, Template))> = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        if has_braces(path)
            || paths[..at].iter().any(|other| is_within(path, other) || is_within(other, path))
        {
            return None;
        }
        let field = match split_path(path) {
            None => task.get(path)?,
            Some((key, rest)) => task.get(key)?.at(rest)?,
        };
        let mut add = |place, template| found.push((place, (*path, template)));
        add_templates(field, Place::new(path.split('.')), &mut add)?;
    }
    Some(found)
}

fn add_templates(value: &Value, place: Place, add: &mut impl FnMut(Place, Template)) -> Option<()> {
    match value {
        Value::Str(text) if has_braces(text) => add(place, Template::parse_shared(text.clone()).ok()?),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                add_templates(item, place.then(at.to_string()), add)?;
            }
        }
        Value::Map(map) => {
            for (key, value) in map.iter() {
                if has_braces(key) {
                    return None;
                }
                add_templates(value, place.then(key.clone()), add)?;
            }
        }
        _ => {}
    }
    Some(())
}

fn has_braces(text: &str) -> bool {
    text.contains(['{', '}'])
}

/// Fills the values into a field, and into its name.
fn fill(task: &mut Map, path: &str, values: &Map) -> Result<(), Problem> {
    let missing =
        || Problem::missing(path, "a field of the task, because `chunk.substitution-fields` lists it");
    let (mut container, mut rest) = (task, path);
    while let Some((key, after)) = split_path(rest) {
        container = container.get_mut(key).and_then(Value::as_map_mut).ok_or_else(missing)?;
        rest = after;
    }
    let value = container.get_mut(rest).ok_or_else(missing)?;
    let filled = substitute(value.clone(), values).map_err(|source| in_field(path, source))?;
    if !has_braces(rest) {
        *value = filled;
        return Ok(());
    }
    let name =
        taskgraph_parameterize::format(&rest.into(), values).map_err(|source| in_field(path, source))?;
    container.insert(name, filled);
    Ok(())
}

fn in_field(path: &str, source: taskgraph_parameterize::Error) -> Problem {
    Problem::other(SubstituteError::Template { path: path.into(), source })
}
