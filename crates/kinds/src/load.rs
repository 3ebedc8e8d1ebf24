//! From a kind.yml to the tasks of a kind.

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use taskgraph_graph::Task;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::memo::Memo;
use crate::{
    DependencyTasks, Description, Error, Kind, KindContext, Loader, Origin, Problem, Session,
    TransformSequence,
};

/// A task as its kind made it, and where it was written.
#[derive(Clone, Debug)]
pub struct LoadedTask {
    /// The task.
    pub task: Arc<Task>,
    /// Where the task that it was made from was written.
    pub origin: Option<Origin>,
}

/// Fails if two tasks have one label.
pub fn check_labels(tasks: &[LoadedTask]) -> Result<(), Error> {
    let mut seen: FxHashMap<&str, &LoadedTask> =
        FxHashMap::with_capacity_and_hasher(tasks.len(), FxBuildHasher);
    for task in tasks {
        if let Some(first) = seen.insert(&task.task.label, task) {
            let problem = Problem::DuplicateLabel { other: first.origin.clone() };
            let label = Some(task.task.label.clone());
            return Err(Error::of_task(label, task.origin.as_ref(), problem).of_kind(&task.task.kind));
        }
    }
    Ok(())
}

/// What is found out about some tasks of a kind, see [`KindGraph::load_tasks_and`](crate::KindGraph::load_tasks_and).
pub type Look<'a, T> = dyn Fn(&[LoadedTask]) -> T + Sync + 'a;

/// The tasks of a kind, and what was found out about them.
pub(crate) type Loaded<T> = (Vec<LoadedTask>, Vec<T>);

/// A kind, and what its loader made, which waits for transforms.
pub(crate) struct Described<'a> {
    kind: KindContext<'a>,
    tasks: Vec<Description>,
}

/// Whether a kind can be described before the kinds that it depends on have tasks.
pub(crate) fn is_described_early(source: &Kind, session: &Session) -> bool {
    loader_of(source, session).is_ok_and(|loader| !loader.needs_dependencies())
}

/// Runs the loader of a kind.
pub(crate) fn describe_kind<'a>(
    source: &'a Kind,
    session: &'a Session,
    dependencies: DependencyTasks,
) -> Result<Described<'a>, Error> {
    session.note(source.document());
    let mut kind = KindContext {
        kind: source.name.clone(),
        path: source.path.clone(),
        config: source.config().clone(),
        source,
        dependencies,
        session,
        memo: Memo::default(),
    };
    let tasks = loader_of(source, session)?.load(&mut kind)?;
    Ok(Described { kind, tasks })
}

impl Described<'_> {
    /// The same kind, whose loader did not see the tasks that it depends on.
    pub(crate) fn with_dependencies(mut self, dependencies: DependencyTasks) -> Self {
        self.kind.dependencies = dependencies;
        self
    }

    /// Runs the transforms of a kind.
    pub(crate) fn transform<T: Send>(self, look: &Look<'_, T>) -> Result<Loaded<T>, Error> {
        let Described { kind, tasks } = self;
        let mut transforms = TransformSequence::new();
        for name in kind.source.transform_names(&kind.config)? {
            let found = kind.registry.transforms(&name);
            transforms =
                transforms.then_all(&*found.map_err(|unknown| kind.source.error(&["transforms"], unknown))?);
        }
        let finish = |descriptions: Vec<Description>| {
            let made = descriptions.into_iter().map(|mut description| {
                let task =
                    into_task(&kind.kind, &mut description).map_err(|problem| description.error(problem))?;
                Ok(LoadedTask { task: Arc::new(task), origin: description.origin })
            });
            let tasks = made.collect::<Result<Vec<_>, Error>>()?;
            let looked = look(&tasks);
            Ok((tasks, looked))
        };
        kind.session.grown(tasks.len());
        // Not at once, for then any of several errors may come out.
        let parts: Vec<Result<_, Error>> = transforms.run_then(&kind, tasks, &finish)?;
        let mut loaded = (Vec::new(), Vec::with_capacity(parts.len()));
        for part in parts {
            let (mut tasks, looked) = part?;
            loaded.0.append(&mut tasks);
            loaded.1.push(looked);
        }
        Ok(loaded)
    }
}

fn loader_of(kind: &Kind, session: &Session) -> Result<Arc<dyn Loader>, Error> {
    let named =
        ["loader", "implementation"].into_iter().find_map(|key| Some((key, kind.config().get_some(key)?)));
    let (key, name) = match named {
        None => ("loader", text!("taskgraph.loader.default:loader")),
        Some((key, Value::Str(name))) => (key, name.clone()),
        Some((key, other)) => {
            return Err(kind.error(&[key], Problem::wrong(key, "the name of a loader", describe(other))));
        }
    };
    session.registry.get::<dyn Loader>(&name).map_err(|unknown| kind.error(&[key], unknown))
}

/// What the last transform left, as a task.
fn into_task(kind: &Str, description: &mut Description) -> Result<Task, Problem> {
    let mapping = |key: &str| match description.get_some(key) {
        None => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map.clone()),
        Some(other) => Err(Problem::wrong(key, "a mapping", describe(other))),
    };
    let list = |key: &str| match description.get_some(key) {
        None => Ok(List::new()),
        Some(Value::List(list)) => match list.iter().find(|label| label.as_str().is_none()) {
            None => Ok(list.clone()),
            Some(other) => Err(Problem::wrong(key, "labels", describe(other))),
        },
        Some(other) => Err(Problem::wrong(key, "a list", describe(other))),
    };
    let dependencies = mapping("dependencies")?;
    if let Some((name, other)) = dependencies.iter().find(|(_, label)| label.as_str().is_none()) {
        return Err(Problem::wrong(&format!("dependencies.{name}"), "a label", describe(other)));
    }
    description.mapping("attributes")?;
    let (label, text) = (description.text("label")?.clone(), description.text("description")?.clone());
    let task = Value::Map(description.mapping("task")?.clone());
    let optimization = description.get("optimization").cloned().unwrap_or_default();
    let (soft_dependencies, if_dependencies) = (list("soft-dependencies")?, list("if-dependencies")?);
    // Taken, not copied, for it is changed.
    let mut attributes = description.take_map("attributes");
    attributes.insert(text!("kind"), kind.into());
    Ok(Task {
        kind: kind.clone(),
        label,
        description: text,
        attributes,
        task,
        optimization,
        dependencies,
        soft_dependencies,
        if_dependencies,
        task_id: None,
    })
}
