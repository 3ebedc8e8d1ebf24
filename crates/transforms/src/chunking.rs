//! `chunk`: the same task several times, each with its number.

use taskgraph_kinds::{Description, Error, Family, KindContext, Problem, Transform, TransformSequence};
use taskgraph_parameterize::{SubstituteError, Template, substitute};
use taskgraph_schema::{Object, Shape, optional, required, with_default};
use taskgraph_value::{Difference, Map, Place, Str, Value, map, split_path, text};

use crate::addition::check_mapping;
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
    check_mapping(&task, &["attributes"])?;
    // Before anything is filled in: each chunk has numbers of its own here, whatever was there.
    task.map_mut(text!("attributes")).extend_from(&numbers(1, total));
    if total > 1
        && let Some(fields) = fields(&task, &paths)
    {
        out.push(family(task, total, &fields)?);
        return Ok(());
    }
    for this in 1..=total {
        let (mut chunk, values) = (task.clone(), numbers(this, total));
        chunk.map_mut(text!("attributes")).extend_from(&values);
        paths.iter().try_for_each(|path| fill(&mut chunk, path, &values))?;
        out.push(chunk.into());
    }
    Ok(())
}

/// What is filled in.
fn numbers(this: i64, total: i64) -> Map {
    map! { "this_chunk" => this, "total_chunks" => total }
}

/// A text to fill in, where it is, and by which path.
struct Field<'a> {
    place: Place,
    template: Template,
    path: &'a str,
}

impl Field<'_> {
    fn filled(&self, values: &Map) -> Result<Value, Problem> {
        self.template.render(values).map(Value::from).map_err(|source| in_field(self.path, source))
    }
}

/// The chunks of a task in which there are just these fields to fill in.
fn family(mut task: Description, total: i64, fields: &[Field<'_>]) -> Result<Family, Problem> {
    let values = numbers(1, total);
    for field in fields {
        if let Some(value) = field.place.find_mut(&mut task) {
            *value = field.filled(&values)?;
        }
    }
    let difference = |field: &Field<'_>| Difference { place: field.place.clone(), values: Vec::new() };
    let mut differences: Vec<Difference> = fields.iter().map(difference).collect();
    for this in 2..=total {
        let values = numbers(this, total);
        for (field, difference) in fields.iter().zip(&mut differences) {
            difference.values.push(field.filled(&values)?);
        }
    }
    let this_chunk = Place::new([text!("attributes"), text!("this_chunk")]);
    differences.push(Difference { place: this_chunk, values: (2..=total).map(Value::from).collect() });
    Ok(Family { first: task, others: usize::try_from(total - 1).unwrap_or(0), differences })
}

/// How many fields are compared with each other. Nobody lists as many.
const MOST_FIELDS: usize = 100;

/// The fields of a task, if there is nothing else to be done: names may have to be filled in, too, or a text more than
/// once.
fn fields<'a>(task: &Map, paths: &[&'a Str]) -> Option<Vec<Field<'a>>> {
    if paths.len() > MOST_FIELDS {
        return None;
    }
    let is_within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut found = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let overlaps = |other: &&Str| is_within(path, other) || is_within(other, path);
        if has_braces(path) || paths[..at].iter().any(overlaps) {
            return None;
        }
        let value = match split_path(path) {
            None => task.get(path)?,
            Some((key, rest)) => task.get(key)?.at(rest)?,
        };
        let mut add = |place, template| found.push(Field { place, template, path });
        add_texts(value, Place::new(path.split('.')), &mut add)?;
    }
    Some(found)
}

/// Adds the texts within a value; none if a key has to be filled in.
fn add_texts(value: &Value, place: Place, add: &mut impl FnMut(Place, Template)) -> Option<()> {
    match value {
        Value::Str(text) if has_braces(text) => add(place, Template::parse_shared(text.clone()).ok()?),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                add_texts(item, place.then_at(at), add)?;
            }
        }
        Value::Map(map) => {
            for (key, value) in map.iter() {
                if has_braces(key) {
                    return None;
                }
                add_texts(value, place.then(key.clone()), add)?;
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
    let filled = |value: &Value| substitute(value.clone(), values).map_err(|source| in_field(path, source));
    if !has_braces(rest) {
        *value = filled(value)?;
        return Ok(());
    }
    let value = value.clone();
    let name = taskgraph_parameterize::format(&rest.into(), values);
    container.insert(name.map_err(|source| in_field(path, source))?, filled(&value)?);
    Ok(())
}

fn in_field(path: &str, source: taskgraph_parameterize::Error) -> Problem {
    Problem::other(SubstituteError::Template { path: path.into(), source })
}
