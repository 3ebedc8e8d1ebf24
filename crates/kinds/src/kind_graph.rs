//! Which kinds there are, and which depends on which.

use std::path::Path;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taskgraph_graph::Graph;
use taskgraph_schema::shown_path;
use taskgraph_value::{Str, text};

use crate::load::Look;
use crate::loaded::{LoadedTask, check_labels};
use crate::schedule::load_all;
use crate::{Error, Kind, Problem, Session};

/// The kinds of a repository, and which depends on which.
pub struct KindGraph {
    kinds: Vec<Kind>,
    graph: Graph,
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
        let tasks = self.load_tasks_and(session, &|_| ())?.0;
        check_labels(&tasks)?;
        Ok(tasks)
    }

    /// As [`KindGraph::load_tasks`]. Calls `look` with a few tasks of one kind at a time, on the thread that has just made
    /// them: to look at them later takes longer, because a large graph does not fit into the cache. What it returns
    /// comes in the order of the tasks. Whether labels are unique is left to [`check_labels`].
    pub fn load_tasks_and<T: Send + Sync>(
        &self,
        session: &Session,
        look: &Look<'_, T>,
    ) -> Result<(Vec<LoadedTask>, Vec<T>), Error> {
        let (mut all, mut looks) = (Vec::new(), Vec::new());
        for (mut tasks, mut more) in load_all(&self.kinds, session, look)? {
            all.append(&mut tasks);
            looks.append(&mut more);
        }
        Ok((all, looks))
    }
}

/// A loop, at the first kind of it.
fn kind_loop(kinds: &[Kind], error: taskgraph_graph::Error) -> Error {
    let taskgraph_graph::Error::Cycle { path } = error else { return error.into() };
    let first = kinds.iter().find(|kind| path.first() == Some(&kind.name));
    let origin = first.map(|kind| kind.origin(&["kind-dependencies"]));
    Error::of_task(None, origin.as_ref(), Problem::KindLoop { path })
}

fn read_all(root: &Path, cwd: &Path, folder: &Path) -> Result<Vec<Kind>, Error> {
    let entries = std::fs::read_dir(folder)
        .map_err(|source| Error::new(Problem::Io { path: root.join("kinds"), source }))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::new(Problem::Io { path: root.join("kinds"), source }))?;
        match entry.file_name().into_string() {
            Ok(name) => names.push(name),
            Err(name) if entry.path().join("kind.yml").exists() => {
                let path = root.join("kinds").join(&name);
                let problem = format!("`{}`: the name of a kind must be UTF-8", shown_path(&path));
                return Err(Error::new(Problem::message(problem)));
            }
            Err(_) => {}
        }
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
