//! Which kinds there are, in which order they are loaded, and loading them.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::Scope;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use taskgraph_graph::{Graph, Task};
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::memo::Memo;
use crate::{
    DependencyTasks, Description, Error, Kind, KindContext, Loader, Origin, Problem, Session,
    TransformSequence,
};

/// The kinds of a repository, and which depends on which.
pub struct KindGraph {
    kinds: Vec<Kind>,
    graph: Graph,
}

/// A task as its kind made it, and where it was written.
#[derive(Clone, Debug)]
pub struct LoadedTask {
    /// The task.
    pub task: Arc<Task>,
    /// Where the task that it was made from was written.
    pub origin: Option<Origin>,
}

impl KindGraph {
    /// Reads the kinds below `root`, a path that starts in `cwd`: all of them, or `targets`, what those depend on, and
    /// `docker-image`, which no kind needs to name.
    ///
    /// Kinds come out in the order in which a single thread loads them: dependencies first, else by name.
    pub fn read(root: &Path, cwd: &Path, targets: &[Str]) -> Result<KindGraph, Error> {
        let folder = cwd.join(root).join("kinds");
        let kinds = if targets.is_empty() {
            read_all(root, cwd, &folder)?
        } else {
            read_targets(root, cwd, &folder, targets)?
        };
        let mut graph = Graph::new(kinds.iter().map(|kind| kind.name.clone()), [])?;
        for kind in &kinds {
            for dependency in &kind.dependencies {
                if !graph.contains(dependency) {
                    let problem = Problem::NoSuchKind {
                        name: dependency.clone(),
                        needed_by: Some(kind.name.clone()),
                        available: names_in(&folder),
                    };
                    return Err(Error { kind: None, ..kind.error(&["kind-dependencies"], problem) });
                }
                graph.add_edge(&kind.name, dependency, text!("kind-dependency"))?;
            }
        }
        let order: Vec<Str> = match graph.postorder() {
            Ok(order) => order.into_iter().cloned().collect(),
            Err(error) => return Err(kind_loop(&kinds, error)),
        };
        let mut by_name: FxHashMap<Str, Kind> =
            kinds.into_iter().map(|kind| (kind.name.clone(), kind)).collect();
        let kinds = order.iter().filter_map(|name| by_name.remove(name)).collect();
        Ok(KindGraph { kinds, graph })
    }

    /// The kinds, dependencies first.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The graph of their names.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Loads the tasks of all kinds. Kinds that do not depend on each other are loaded in parallel; the result has
    /// the order of [`KindGraph::kinds`] all the same. Labels are unique.
    pub fn load_tasks(&self, session: &Session) -> Result<Vec<LoadedTask>, Error> {
        Ok(self.load_tasks_and(session, &|_| ())?.0)
    }

    /// As [`KindGraph::load_tasks`]. Calls `look` with a few tasks of one kind at a time, on the thread that has just made
    /// them: to look at them later takes longer, because a large graph does not fit into the cache. What it returns
    /// comes in the order of the tasks.
    pub fn load_tasks_and<T: Send + Sync>(
        &self,
        session: &Session,
        look: &Look<'_, T>,
    ) -> Result<(Vec<LoadedTask>, Vec<T>), Error> {
        let results: Vec<OnceLock<Loaded<T>>> = self.kinds.iter().map(|_| OnceLock::new()).collect();
        let position: FxHashMap<&str, usize> =
            self.kinds.iter().enumerate().map(|(at, kind)| (kind.name.as_str(), at)).collect();
        let mut dependents = vec![Vec::new(); self.kinds.len()];
        let mut waiting = Vec::with_capacity(self.kinds.len());
        for (at, kind) in self.kinds.iter().enumerate() {
            let mut needs: Vec<usize> =
                kind.dependencies.iter().map(|name| position[name.as_str()]).collect();
            needs.sort_unstable();
            needs.dedup();
            needs.iter().for_each(|need| dependents[*need].push(at));
            waiting.push((AtomicUsize::new(needs.len()), needs));
        }
        let run = Run {
            kinds: &self.kinds,
            session,
            look,
            results: &results,
            dependents,
            waiting,
            failed: AtomicUsize::new(usize::MAX),
        };
        rayon::scope(|scope| {
            for at in 0..self.kinds.len() {
                if run.waiting[at].1.is_empty() {
                    let run = &run;
                    scope.spawn(move |scope| run.load(at, scope));
                }
            }
        });
        let (mut all, mut looks) = (Vec::new(), Vec::new());
        for result in results {
            // A kind that was never reached has a failed one before it.
            if let Some(result) = result.into_inner() {
                let (mut tasks, mut more) = result?;
                all.append(&mut tasks);
                looks.append(&mut more);
            }
        }
        match find_duplicate(&all) {
            Some((first, second)) => Err(duplicate_label(first, second)),
            None => Ok((all, looks)),
        }
    }
}

/// A loop, at the first kind of it.
fn kind_loop(kinds: &[Kind], error: taskgraph_graph::Error) -> Error {
    let taskgraph_graph::Error::Cycle { path } = error else { return error.into() };
    let first = kinds.iter().find(|kind| path.first() == Some(&kind.name));
    let origin = first.map(|kind| kind.origin(&["kind-dependencies"]));
    Error::of_task(None, origin.as_ref(), Problem::KindLoop { path })
}

/// The first two tasks of one label.
fn find_duplicate(tasks: &[LoadedTask]) -> Option<(&LoadedTask, &LoadedTask)> {
    let mut seen: FxHashMap<&str, &LoadedTask> =
        FxHashMap::with_capacity_and_hasher(tasks.len(), FxBuildHasher);
    tasks.iter().find_map(|task| Some((seen.insert(&task.task.label, task)?, task)))
}

fn duplicate_label(first: &LoadedTask, second: &LoadedTask) -> Error {
    let other = first.origin.clone();
    let label = Some(second.task.label.clone());
    Error::of_task(label, second.origin.as_ref(), Problem::DuplicateLabel { other })
        .of_kind(&second.task.kind)
}

/// What is found out about some tasks of a kind, see [`KindGraph::load_tasks_and`].
pub type Look<'a, T> = dyn Fn(&[LoadedTask]) -> T + Sync + 'a;

/// The tasks of a kind, and what was found out about them.
type Loaded<T> = Result<(Vec<LoadedTask>, Vec<T>), Error>;

struct Run<'a, T> {
    kinds: &'a [Kind],
    session: &'a Session,
    look: &'a Look<'a, T>,
    results: &'a [OnceLock<Loaded<T>>],
    dependents: Vec<Vec<usize>>,
    /// How many dependencies a kind still waits for, and which it has, in the order in which they are loaded.
    waiting: Vec<(AtomicUsize, Vec<usize>)>,
    /// The first kind that failed. Those before it are loaded all the same, so that always the same error is told.
    failed: AtomicUsize,
}

impl<'a, T: Send + Sync> Run<'a, T> {
    fn load<'s>(&'s self, at: usize, scope: &Scope<'s>) {
        if self.failed.load(Ordering::Acquire) < at {
            return;
        }
        let kind = &self.kinds[at];
        let needed = self.waiting[at].1.iter().filter_map(|need| self.results[*need].get()?.as_ref().ok());
        let tasks = needed.flat_map(|(tasks, _)| tasks).map(|loaded| loaded.task.clone()).collect();
        let result = load_kind(kind, self.session, DependencyTasks::new(tasks), self.look)
            .map_err(|error| error.of_kind(&kind.name));
        if result.is_err() {
            self.failed.fetch_min(at, Ordering::AcqRel);
        }
        // Each kind is loaded once, so its slot is empty.
        drop(self.results[at].set(result));
        for dependent in &self.dependents[at] {
            if self.waiting[*dependent].0.fetch_sub(1, Ordering::AcqRel) == 1 {
                let dependent = *dependent;
                scope.spawn(move |scope| self.load(dependent, scope));
            }
        }
    }
}

fn load_kind<T: Send>(
    source: &Kind,
    session: &Session,
    dependencies: DependencyTasks,
    look: &Look<'_, T>,
) -> Loaded<T> {
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
    let mut transforms = TransformSequence::new();
    for name in source.transform_names(&kind.config)? {
        let found = session.registry.transforms(&name);
        transforms = transforms.then_all(&*found.map_err(|unknown| source.error(&["transforms"], unknown))?);
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

fn read_all(root: &Path, cwd: &Path, folder: &Path) -> Result<Vec<Kind>, Error> {
    let entries = std::fs::read_dir(folder)
        .map_err(|source| Error::new(Problem::Io { path: root.join("kinds"), source }))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::new(Problem::Io { path: root.join("kinds"), source }))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    let kinds: Vec<_> = names.par_iter().with_max_len(1).map(|name| Kind::read(root, cwd, name)).collect();
    kinds.into_iter().filter_map(Result::transpose).collect()
}

fn read_targets(root: &Path, cwd: &Path, folder: &Path, targets: &[Str]) -> Result<Vec<Kind>, Error> {
    let mut kinds: FxHashMap<Str, Kind> = FxHashMap::default();
    let mut queue: Vec<(Str, Option<Str>)> = targets.iter().map(|name| (name.clone(), None)).collect();
    let implicit = text!("docker-image");
    queue.push((implicit.clone(), None));
    while let Some((name, needed_by)) = queue.pop() {
        if kinds.contains_key(&name) {
            continue;
        }
        match Kind::read(root, cwd, &name)? {
            Some(kind) => {
                queue.extend(kind.dependencies.iter().map(|other| (other.clone(), Some(name.clone()))));
                kinds.insert(name, kind);
            }
            // A repository without images has no such kind, and nobody asked for it.
            None if name == implicit && needed_by.is_none() && !targets.contains(&implicit) => {}
            None => {
                let file = needed_by
                    .as_ref()
                    .and_then(|kind| kinds.get(kind))
                    .map(|kind| kind.origin(&["kind-dependencies"]));
                let problem = Problem::NoSuchKind { name, needed_by, available: names_in(folder) };
                return Err(Error::of_task(None, file.as_ref(), problem));
            }
        }
    }
    let mut kinds: Vec<Kind> = kinds.into_values().collect();
    kinds.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(kinds)
}

/// The kinds that a folder has, sorted; for a message.
fn names_in(folder: &Path) -> Vec<Str> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<Str> = entries
        .filter(|entry| entry.path().join("kind.yml").exists())
        .map(|entry| entry.file_name().to_string_lossy().as_ref().into())
        .collect();
    names.sort_unstable();
    names
}
