//! Where the tasks of a kind come from.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_config::{merge, yaml};
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::{Description, Error, Kind, KindContext, Origin, Problem, Session};

/// Makes the tasks of a kind, which its transforms then rewrite.
pub trait Loader: Send + Sync {
    /// The tasks of a kind, in order. May change `kind.config`, which transforms see afterwards; its `transforms` are
    /// those that will be run.
    fn load(&self, kind: &mut KindContext<'_>) -> Result<Vec<Description>, Error>;

    /// Whether it looks at [`KindContext::dependencies`]. One that does not may run before the kinds that this kind
    /// depends on have tasks, and sees none.
    fn needs_dependencies(&self) -> bool {
        true
    }
}

/// The transforms that [`DefaultLoader`] adds at the end of those that a kind lists.
pub const DEFAULT_TRANSFORMS: [Str; 2] =
    [text!("taskgraph.transforms.run:transforms"), text!("taskgraph.transforms.task:transforms")];

/// The loader of a kind that names none: [`TransformLoader`], with the transforms `run` and `task` at the end.
pub struct DefaultLoader;

impl Loader for DefaultLoader {
    fn load(&self, kind: &mut KindContext<'_>) -> Result<Vec<Description>, Error> {
        let transforms = match kind.config.get_some("transforms") {
            None => List::new(),
            Some(Value::List(list)) => list.clone(),
            Some(other) => {
                let problem = Problem::wrong("transforms", "a list of names", describe(other));
                return Err(kind.source.error(&["transforms"], problem));
            }
        };
        if let Some(twice) = DEFAULT_TRANSFORMS.iter().find(|name| transforms.contains(&Value::from(*name))) {
            let problem = Problem::message(format!(
                "the default loader adds the transform `{twice}` itself; leave it out, or name the loader \
                 `taskgraph.loader.transform:loader`"
            ));
            return Err(kind.source.error(&["transforms"], problem));
        }
        let all: List = transforms.iter().cloned().chain(DEFAULT_TRANSFORMS.map(Value::from)).collect();
        kind.config.insert(text!("transforms"), all.into());
        TransformLoader.load(kind)
    }

    fn needs_dependencies(&self) -> bool {
        TransformLoader.needs_dependencies()
    }
}

/// Reads tasks from the mapping `tasks` and from the files that `tasks-from` lists, each on top of `task-defaults`. A file
/// may have `task-defaults` of its own, for its tasks only.
pub struct TransformLoader;

impl Loader for TransformLoader {
    fn load(&self, kind: &mut KindContext<'_>) -> Result<Vec<Description>, Error> {
        let (source, session) = (kind.source, kind.session);
        let config = &kind.config;
        let section = |name: &str| match config.get_some(name) {
            None => Ok(Map::new()),
            Some(Value::Map(map)) => Ok(map.clone()),
            Some(other) => Err(source.error(&[name], Problem::wrong(name, "a mapping", describe(other)))),
        };
        let defaults = section("task-defaults")?;
        let tasks = section("tasks")?;
        let mut loaded = Vec::with_capacity(tasks.len());
        for (name, task) in &tasks {
            let origin = source.origin(&["tasks", name]);
            loaded.push(describe_task(name, task, &defaults, text!("kind.yml"), origin)?);
        }
        match config.get_some("tasks-from") {
            None => {}
            Some(Value::List(files)) => {
                let from_files: Vec<Result<Vec<Description>, Error>> = files
                    .par_iter()
                    .map(|file| {
                        let name = file.as_str().ok_or_else(|| {
                            source.error(
                                &["tasks-from"],
                                Problem::wrong("tasks-from", "file names", describe(file)),
                            )
                        })?;
                        load_file(session, source, name, &defaults)
                    })
                    .collect();
                for tasks in from_files {
                    loaded.append(&mut tasks?);
                }
            }
            Some(other) => {
                let problem = Problem::wrong("tasks-from", "a list of file names", describe(other));
                return Err(source.error(&["tasks-from"], problem));
            }
        }
        Ok(loaded)
    }

    fn needs_dependencies(&self) -> bool {
        false
    }
}

fn load_file(
    session: &Session,
    source: &Kind,
    name: &Str,
    defaults: &Map,
) -> Result<Vec<Description>, Error> {
    let shown: Arc<Path> = Path::new(source.path.as_str()).join(name.as_str()).into();
    let document =
        yaml::read_file_as(&source.folder.join(name.as_str()), &shown).map_err(|error| match error.kind {
            // What is wrong is the name.
            yaml::ErrorKind::NotFound | yaml::ErrorKind::Io(_) => source.error(&["tasks-from"], error),
            _ => error.into(),
        })?;
    session.note(&document);
    let fail = |line, problem| Error::in_file(shown.to_path_buf(), line, problem);
    let Value::Map(mut tasks) = document.value.clone() else {
        return Err(fail(
            None,
            Problem::message(format!("expected a mapping of tasks, found {}", document.value.type_name())),
        ));
    };
    let file_defaults = match tasks.remove("task-defaults") {
        None | Some(Value::Null) => defaults.clone(),
        Some(Value::Map(own)) if defaults.is_empty() => own,
        Some(Value::Map(own)) => merge(defaults, &own),
        Some(other) => {
            let problem = Problem::wrong("task-defaults", "a mapping", describe(&other));
            return Err(fail(document.line(&["task-defaults"]), problem));
        }
    };
    let mut loaded = Vec::with_capacity(tasks.len());
    for (task_name, task) in &tasks {
        let origin = Origin { file: shown.clone(), line: document.line(&[task_name]) };
        loaded.push(describe_task(task_name, task, &file_defaults, name.clone(), origin)?);
    }
    Ok(loaded)
}

fn describe_task(
    name: &Str,
    task: &Value,
    defaults: &Map,
    from: Str,
    origin: Origin,
) -> Result<Description, Error> {
    let Value::Map(task) = task else {
        let problem = Problem::message(format!("expected a mapping, found {}", describe(task)));
        return Err(Error::of_task(Some(name.clone()), Some(&origin), problem));
    };
    let mut fields = if defaults.is_empty() { task.clone() } else { merge(defaults, task) };
    fields.insert(text!("task-from"), from.into());
    fields.insert(text!("name"), name.into());
    Ok(Description { fields, origin: Some(origin) })
}

impl From<yaml::Error> for Error {
    fn from(error: yaml::Error) -> Self {
        Error::new(Problem::Yaml(error))
    }
}
