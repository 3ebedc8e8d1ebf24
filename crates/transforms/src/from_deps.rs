//! `from-deps`: a task for every group of tasks of the kinds that this kind depends on.

mod group_by;
mod set_name;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use taskgraph_graph::Task;
use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform, TransformSequence};
use taskgraph_parameterize::{SubstituteError, format};
use taskgraph_schema::{Object, Shape, describe, optional, required};
use taskgraph_value::{Map, Str, Value, text};

use crate::addition::check_mapping;
use crate::schema::FETCHES_ENTRY;

pub(crate) use self::{group_by::register as register_group_by, set_name::register as register_set_name};
pub use self::{
    group_by::{GroupBy, Grouping},
    set_name::{Naming, SetName},
};

static FROM_DEPS: Object = Object::closed(&[
    optional("kinds", Shape::ListOf(&Shape::Str)),
    optional("set-name", Shape::AnyOf(&[Shape::Bool, Shape::Str, Shape::Mapping])),
    optional("with-attributes", Shape::MapOf(&Shape::AnyOf(&[Shape::List, Shape::Str]))),
    optional("group-by", Shape::AnyOf(&[Shape::Str, Shape::Mapping])),
    optional("copy-attributes", Shape::Bool),
    optional("unique-kinds", Shape::Bool),
    optional("fetches", Shape::MapOf(&Shape::ListOf(&Shape::Object(&FETCHES_ENTRY)))),
]);

static TASK: Object = Object::open(&[required("from-deps", Shape::Object(&FROM_DEPS))]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    FromDeps.into()
}

struct FromDeps;

impl Transform for FromDeps {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let request = |mut task: Description| {
            let request = Request::new(kind, &mut task).map_err(|problem| task.error(problem))?;
            Ok((task, request))
        };
        let mut tasks = tasks.into_iter();
        // The first finds out where the tasks of an attribute are; others then know.
        let mut requests: Vec<_> = tasks.next().map(&request).transpose()?.into_iter().collect();
        requests.append(&mut in_parallel(tasks.collect(), request)?);
        let groupings: Vec<Grouping<'_>> =
            requests.iter().map(|(task, request)| request.grouping(task)).collect();
        let groups = group_by::group(kind, &groupings)?;
        drop(groupings);

        let mut made = Vec::new();
        for ((task, request), groups) in requests.iter().zip(groups) {
            for group in groups {
                made.push(Made::new(task, request, group).map_err(|problem| task.error(problem))?);
            }
        }
        let namings: Vec<Option<Naming<'_>>> = made.iter().map(Made::naming).collect();
        let names = set_name::names(kind, &namings)?;
        drop(namings);
        let finish = |(made, name): (Made<'_, '_>, _)| {
            let task = made.task;
            made.finish(kind, name).map_err(|problem| task.error(problem))
        };
        in_parallel(made.into_iter().zip(names).collect(), finish)
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        kind.registry.all::<dyn GroupBy>(GroupBy::splits) && kind.registry.all::<dyn SetName>(SetName::splits)
    }
}

/// What becomes of each item, or the error of the first that has one. A few tasks can be made for so many groups that
/// one thread alone would keep the others waiting.
fn in_parallel<T: Send, U: Send>(
    items: Vec<T>,
    each: impl Fn(T) -> Result<U, Error> + Send + Sync,
) -> Result<Vec<U>, Error> {
    let done: Vec<Result<U, Error>> = items.into_par_iter().with_min_len(8).map(each).collect();
    done.into_iter().collect()
}

/// What one task says under `from-deps`.
struct Request<'a> {
    kinds: Vec<Str>,
    candidates: Vec<&'a Arc<Task>>,
    group_by: Str,
    argument: Option<Value>,
    set_name: Option<Str>,
    copy_attributes: bool,
    unique_kinds: bool,
    fetches: Map,
}

impl<'a> Request<'a> {
    /// Takes `from-deps` out of the task.
    fn new(kind: &'a KindContext<'_>, task: &mut Description) -> Result<Self, Problem> {
        if !kind.fast {
            task.validate(&TASK)?;
        }
        let Some(Value::Map(from_deps)) = task.remove("from-deps") else {
            return Err(Problem::missing("from-deps", "a mapping"));
        };
        check_mapping(task, &["dependencies"])?;
        check_mapping(task, &["attributes"])?;
        if from_deps.contains_key("fetches") {
            check_mapping(task, &["fetches"])?;
        }
        let kinds: Vec<Str> = match from_deps.get("kinds") {
            Some(Value::List(list)) => list.iter().filter_map(Value::as_str).cloned().collect(),
            _ => kind.source.dependencies.clone(),
        };
        let foreign: Vec<&str> =
            kinds.iter().filter(|name| !kind.source.dependencies.contains(name)).map(Str::as_str).collect();
        if !foreign.is_empty() {
            let problem = format!("{}, which `kind-dependencies` does not list", foreign.join(", "));
            return Err(Problem::wrong("from-deps.kinds", "kinds that this kind depends on", problem));
        }
        if kinds.is_empty() {
            return Err(Problem::message(
                "`from-deps` needs at least one kind, in `kinds` or in `kind-dependencies`",
            ));
        }
        let (group_by, argument) = match from_deps.get("group-by") {
            None => (text!("single"), None),
            Some(Value::Str(name)) => (name.clone(), None),
            Some(Value::Map(map)) if map.len() == 1 => match map.single() {
                Some((name, argument)) => (name.clone(), Some(argument.clone())),
                None => (text!("single"), None),
            },
            Some(other) => {
                return Err(Problem::wrong(
                    "from-deps.group-by",
                    "a name, or a mapping of one name to its argument",
                    describe(other),
                ));
            }
        };
        let set_name = match from_deps.get("set-name") {
            None => Some(text!("strip-kind")),
            Some(Value::Str(name)) if !name.is_empty() => Some(name.clone()),
            Some(other) if !other.is_truthy() => None,
            Some(other) => {
                return Err(Problem::wrong("from-deps.set-name", "a name, or false", describe(other)));
            }
        };
        Ok(Request {
            candidates: kind.dependencies.matching(&kinds, from_deps.get_map("with-attributes")),
            kinds,
            group_by,
            argument,
            set_name,
            copy_attributes: from_deps.is_true("copy-attributes"),
            unique_kinds: from_deps.get("unique-kinds").is_none_or(Value::is_truthy),
            fetches: from_deps.get_map("fetches").cloned().unwrap_or_default(),
        })
    }

    fn grouping<'t>(&'t self, task: &'t Description) -> Grouping<'t> {
        Grouping {
            task,
            name: &self.group_by,
            argument: self.argument.as_ref(),
            candidates: &self.candidates,
        }
    }
}

/// A task for a group, before it has its name.
struct Made<'t, 'a> {
    task: &'t Description,
    request: &'t Request<'a>,
    group: Vec<&'a Arc<Task>>,
    primary: &'a Arc<Task>,
}

impl<'t, 'a> Made<'t, 'a> {
    fn new(
        task: &'t Description,
        request: &'t Request<'a>,
        group: Vec<&'a Arc<Task>>,
    ) -> Result<Self, Problem> {
        if request.unique_kinds {
            let mut seen: FxHashSet<&str> = FxHashSet::default();
            if let Some(second) = group.iter().find(|task| !seen.insert(task.kind.as_str())) {
                return Err(Problem::message(format!(
                    "a group has several tasks of kind `{}`, one of them `{}`; group them differently, or set \
                     `from-deps.unique-kinds` to false",
                    second.kind, second.label
                )));
            }
        }
        let of_kind = |name: &Str| group.iter().find(|task| task.kind == *name);
        let primary = request.kinds.iter().find_map(of_kind).copied().ok_or_else(|| {
            Problem::message(format!("a group has no task of any of the kinds {}", request.kinds.join(", ")))
        })?;
        Ok(Made { task, request, group, primary })
    }

    fn naming(&self) -> Option<Naming<'_>> {
        let name = self.request.set_name.as_ref()?;
        let (task, candidates) = (self.task, &self.request.candidates);
        Some(Naming { task, name, candidates, primary: self.primary })
    }

    fn finish(self, kind: &KindContext<'_>, name: Option<Str>) -> Result<Description, Problem> {
        let Made { request, group, primary, .. } = self;
        let mut task = self.task.clone();
        let key =
            |task: &Arc<Task>| if request.unique_kinds { task.kind.clone() } else { task.label.clone() };
        let dependencies = task.map_mut(text!("dependencies"));
        for dependency in &group {
            dependencies.insert(key(dependency), (&dependency.label).into());
        }
        let own = task.map_mut(text!("attributes"));
        own.insert(text!("primary-kind-dependency"), (&primary.kind).into());
        own.insert(text!("primary-dependency-label"), (&primary.label).into());
        if request.copy_attributes {
            let mut attributes = primary.attributes.clone();
            attributes.extend_from(own);
            *own = attributes;
        }
        if let Some(name) = name {
            task.insert(text!("name"), name.into());
        }
        if !request.fetches.is_empty() {
            let mut fetches = Map::new();
            for dependency in dependency_tasks(kind, &task) {
                if let Some(wanted) = request.fetches.get(&dependency.kind) {
                    fetches.insert(key(dependency), fetch_entries(wanted, dependency)?.into());
                }
            }
            task.map_mut(text!("fetches")).extend_from(&fetches);
        }
        Ok(task)
    }
}

/// The tasks of dependency kinds that a description depends on, in the order in which they were loaded.
fn dependency_tasks<'a>(kind: &'a KindContext<'_>, task: &Description) -> Vec<&'a Arc<Task>> {
    let labels = task.get_map("dependencies").into_iter().flatten().filter_map(|(_, label)| label.as_str());
    let mut positions: Vec<usize> = labels.filter_map(|label| kind.dependencies.position(label)).collect();
    positions.sort_unstable();
    positions.dedup();
    let all = kind.dependencies.iter().as_slice();
    positions.into_iter().map(|at| &all[at]).collect()
}

/// The entries of a kind, filled with the attributes of a task of it.
fn fetch_entries(wanted: &Value, task: &Task) -> Result<Vec<Value>, Problem> {
    let fill = |entry: &Value| {
        let Value::Map(entry) = entry else { return Ok(entry.clone()) };
        let mut entry = entry.clone();
        for key in ["artifact", "dest"] {
            if let Some(Value::Str(template)) = entry.get(key) {
                let filled = format(template, &task.attributes).map_err(|source| {
                    let path = format!("from-deps.fetches.{}", task.kind);
                    Problem::other(SubstituteError::Template { path, source })
                })?;
                entry.insert(key.into(), filled.into());
            }
        }
        Ok(Value::Map(entry))
    };
    wanted.as_list().into_iter().flatten().map(fill).collect()
}
