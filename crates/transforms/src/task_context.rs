//! `task-context`: values that are only known when the graph is generated, filled into fields.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use taskgraph_config::{KeyedBy, Parameters, resolve_keyed_by, yaml};
use taskgraph_kinds::{
    Description, Error, Extension, KindContext, Problem, Session, Transform, TransformSequence,
};
use taskgraph_parameterize::substitute_fields;
use taskgraph_schema::{Object, Shape, describe, optional, required};
use taskgraph_value::{Map, Str, Value, text};

use crate::schema::STRINGS;

static OPTIONS: Object = Object::closed(&[
    optional("defer", Shape::ListOf(&Shape::Str)),
    optional("enforce-single-match", Shape::Bool),
]);

static CONTEXT: Object = Object::closed(&[
    required("substitution-fields", STRINGS),
    optional("from-parameters", Shape::MapOf(&Shape::AnyOf(&[Shape::Str, Shape::ListOf(&Shape::Str)]))),
    optional("from-file", Shape::Str),
    optional("from-object", Shape::Mapping),
    optional("from-custom", STRINGS),
    optional("resolve-keyed-by-options", Shape::Object(&OPTIONS)),
]);

static TASK: Object =
    Object::open(&[optional("name", Shape::Str), optional("task-context", Shape::Object(&CONTEXT))]);

/// A source of values that kinds name under `task-context.from-custom`.
pub trait CustomContext: Send + Sync {
    /// The values for each of some tasks, all tasks of a kind that name this source, in order.
    fn values(&self, kind: &KindContext<'_>, tasks: &[&Description]) -> Result<Vec<Map>, Error>;
}

impl Extension for dyn CustomContext {
    const WHAT: &'static str = "custom context";
}

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    RenderTasks.into()
}

struct RenderTasks;

impl Transform for RenderTasks {
    fn apply(&self, kind: &KindContext<'_>, mut tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        if !kind.fast {
            for task in &tasks {
                task.validate(&TASK).map_err(|problem| task.error(problem))?;
            }
        }
        let contexts: Vec<Option<Map>> = tasks
            .iter_mut()
            .map(|task| match task.remove("task-context") {
                Some(Value::Map(context)) => Some(context),
                _ => None,
            })
            .collect();
        let custom = custom_values(kind, &tasks, &contexts)?;
        for ((task, context), custom) in tasks.iter_mut().zip(contexts).zip(custom) {
            if let Some(context) = context {
                render(kind, task, &context, &custom).map_err(|problem| task.error(problem))?;
            }
        }
        Ok(tasks)
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        kind.registry.all::<dyn CustomContext>(|_| false)
    }
}

/// What custom contexts give for each task, later ones on top of earlier ones.
fn custom_values(
    kind: &KindContext<'_>,
    tasks: &[Description],
    contexts: &[Option<Map>],
) -> Result<Vec<Map>, Error> {
    let mut values = vec![Map::new(); tasks.len()];
    let mut wanted: Vec<(Str, Vec<usize>)> = Vec::new();
    for (at, context) in contexts.iter().enumerate() {
        let names = context.as_ref().map(|context| context.get_list("from-custom")).unwrap_or_default();
        for name in names.iter().filter_map(Value::as_str) {
            match wanted.iter_mut().find(|(known, _)| known == name) {
                Some((_, positions)) => positions.push(at),
                None => wanted.push((name.clone(), vec![at])),
            }
        }
    }
    let mut answers: FxHashMap<(Str, usize), Map> = FxHashMap::default();
    for (name, positions) in wanted {
        let first = &tasks[positions[0]];
        let source =
            kind.registry.get::<dyn CustomContext>(&name).map_err(|unknown| first.error(unknown.into()))?;
        let described: Vec<&Description> = positions.iter().map(|at| &tasks[*at]).collect();
        for (at, map) in positions.iter().zip(source.values(kind, &described)?) {
            answers.insert((name.clone(), *at), map);
        }
    }
    for (at, context) in contexts.iter().enumerate() {
        let names = context.as_ref().map(|context| context.get_list("from-custom")).unwrap_or_default();
        for name in names.iter().filter_map(Value::as_str) {
            if let Some(map) = answers.get(&(name.clone(), at)) {
                values[at].extend_from(map);
            }
        }
    }
    Ok(values)
}

fn render(
    kind: &KindContext<'_>,
    task: &mut Description,
    context: &Map,
    custom: &Map,
) -> Result<(), Problem> {
    // Later sources win: file, custom, object, parameters.
    let mut values = Map::new();
    if let Some(file) = context.get_str("from-file").filter(|file| !file.is_empty()) {
        values.extend_from(&read_context(kind, file)?);
    }
    values.extend_from(custom);
    if let Some(object) = context.get_map("from-object") {
        values.extend_from(object);
    }
    for (name, path) in context.get_map("from-parameters").into_iter().flatten() {
        match path {
            Value::Str(path) => drop(values.insert(name.clone(), parameter(&kind.parameters, path)?)),
            Value::List(paths) => {
                for path in paths.iter().filter_map(Value::as_str) {
                    let value = parameter(&kind.parameters, path)?;
                    if !value.is_null() {
                        values.insert(name.clone(), value);
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(name) = task.get("name") {
        values.set_default(text!("name"), name.clone());
    }

    let fields: Vec<Str> =
        context.get_list("substitution-fields").iter().filter_map(Value::as_str).cloned().collect();
    let item = task.get_str("name").or_else(|| task.get_str("label")).cloned().unwrap_or(text!("?"));
    let options = context.get_map("resolve-keyed-by-options");
    let defer: Vec<Str> = options
        .map(|options| options.get_list("defer").iter().filter_map(Value::as_str).cloned().collect())
        .unwrap_or_default();
    let allow_several =
        options.and_then(|options| options.get("enforce-single-match")) == Some(&Value::Bool(false));
    let options = KeyedBy { defer: &defer, allow_several };
    for field in &fields {
        resolve_keyed_by(task, field, &item, &values, &options)?;
    }
    substitute_fields(task, &fields, &values).map_err(Problem::other)
}

/// The parameter at a dotted path; null if there is none.
fn parameter(parameters: &Parameters, path: &str) -> Result<Value, Problem> {
    let mut keys = path.split('.');
    let mut found = keys.next().and_then(|key| parameters.get(key));
    for key in keys {
        found = match found {
            Some(Value::Map(map)) => map.get(key),
            Some(other) => {
                let expected = format!("`{path}` to lead through mappings");
                return Err(Problem::wrong("task-context.from-parameters", &expected, describe(other)));
            }
            None => None,
        };
    }
    Ok(found.cloned().unwrap_or_default())
}

#[derive(Default)]
struct ContextFiles(Mutex<FxHashMap<Str, Map>>);

/// The values of a file, whose path starts where the program was started.
fn read_context(session: &Session, file: &Str) -> Result<Map, Problem> {
    let files = session.memo(ContextFiles::default);
    let mut files = files.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = files.get(file) {
        return Ok(known.clone());
    }
    let document = yaml::read_file_as(&session.cwd.join(file.as_str()), Path::new(file.as_str()))?;
    session.note(&document);
    match document.value {
        Value::Map(map) => Ok(files.entry(file.clone()).or_insert(map).clone()),
        other => Err(Problem::wrong("task-context.from-file", "a file with a mapping", other.type_name())),
    }
}
