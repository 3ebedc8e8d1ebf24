//! Tasks, and the graph of their labels or taskIds.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_value::{Map, Str, Value};

use crate::{Direction, Error, Graph, Task};

/// How many tasks one thread looks at, at a time.
const PART: usize = 256;

/// Tasks by key, and which needs which. Graphs of the same tasks share them.
///
/// The key of a task is its label, until [`TaskGraph::by_task_id`] makes it the taskId.
#[derive(Clone, Debug, Default)]
pub struct TaskGraph {
    /// In the order of the nodes.
    tasks: Vec<Arc<Task>>,
    graph: Graph,
}

impl TaskGraph {
    /// A set of tasks, without edges.
    pub fn set(tasks: impl IntoIterator<Item = Arc<Task>>) -> Result<Self, Error> {
        let tasks: Vec<Arc<Task>> = tasks.into_iter().collect();
        // By several threads, because tasks that were made a while ago are in no cache.
        let labels: Vec<Str> = tasks.par_iter().with_min_len(PART).map(|task| task.label.clone()).collect();
        let graph = Graph::new(labels, [])?;
        Ok(TaskGraph { tasks, graph })
    }

    /// Tasks by their taskIds, with edges between positions in `tasks`: from, to, name. One without a taskId keeps its
    /// label as key. Two of one key are [`Error::DuplicateNode`].
    pub fn by_task_id(
        tasks: Vec<Arc<Task>>,
        edges: impl IntoIterator<Item = (usize, usize, Str)>,
    ) -> Result<Self, Error> {
        let key = |task: &Arc<Task>| task.task_id.as_ref().unwrap_or(&task.label).clone();
        let graph = Graph::new(tasks.iter().map(key), [])?;
        TaskGraph { tasks, graph }.with_links(edges)
    }

    /// The same graph with more edges, between positions in [`TaskGraph::tasks`]: from, to, name. A position that no task
    /// has is [`Error::UnknownNode`].
    pub fn with_links(mut self, edges: impl IntoIterator<Item = (usize, usize, Str)>) -> Result<Self, Error> {
        for (from, to, name) in edges {
            self.graph.add_link(from, to, name)?;
        }
        Ok(self)
    }

    /// The same tasks, with an edge for each of their dependencies. A dependency that is no task of this graph is
    /// [`Error::UnknownNode`].
    pub fn with_dependency_edges(&self) -> Result<Self, Error> {
        // Labels are looked up by several threads; only the edges themselves are made by one.
        let parts: Vec<Result<Vec<_>, Error>> = self
            .tasks
            .par_chunks(PART)
            .with_max_len(1)
            .enumerate()
            .map(|(at, tasks)| self.edges_of_part(tasks, at * PART))
            .collect();
        let edges = parts.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let count = edges.iter().map(Vec::len).sum();
        let graph = self.graph.with_edges(count, edges.into_iter().flatten());
        Ok(TaskGraph { tasks: self.tasks.clone(), graph })
    }

    /// The edges of some tasks, the first of which is at `start`: both positions, and the name.
    fn edges_of_part(&self, tasks: &[Arc<Task>], start: usize) -> Result<Vec<(usize, usize, Str)>, Error> {
        let mut edges: Vec<(usize, usize, Str)> = Vec::with_capacity(4 * tasks.len());
        // Neighbours often share what they need, and then it is known where that is.
        let mut known: Option<(&Map, Range<usize>)> = None;
        for (task, from) in tasks.iter().zip(start..) {
            let first = edges.len();
            if let Some((_, same)) = known.as_ref().filter(|(map, _)| map.is(&task.dependencies)) {
                edges.extend_from_within(same.clone());
                edges[first..].iter_mut().for_each(|edge| edge.0 = from);
                continue;
            }
            for (name, label) in task.dependencies() {
                let to = self.position(label).ok_or_else(|| Error::UnknownNode { name: label.clone() })?;
                edges.push((from, to, name.clone()));
            }
            known = Some((&task.dependencies, first..edges.len()));
        }
        Ok(edges)
    }

    /// The same tasks, without edges.
    pub fn without_edges(&self) -> Self {
        TaskGraph { tasks: self.tasks.clone(), graph: self.graph.with_edges(0, []) }
    }

    /// The tasks for which `keep` holds, without edges.
    pub fn subset(&self, keep: impl Fn(&Task) -> bool) -> Self {
        let kept = self.entries().filter(|(_, task)| keep(task));
        let (keys, tasks): (Vec<Str>, Vec<_>) = kept.map(|(key, task)| (key.clone(), task.clone())).unzip();
        // Keys are unique here as they are in the whole.
        TaskGraph { tasks, graph: Graph::of_unique(keys) }
    }

    /// The tasks for which `keep` holds, with the edges between them.
    pub fn induced(&self, keep: impl Fn(&Task) -> bool) -> Self {
        let mut kept = self.subset(keep);
        for edge in self.graph.edges() {
            if kept.graph.contains(edge.from) && kept.graph.contains(edge.to) {
                // Both ends were just found.
                drop(kept.graph.add_edge(edge.from, edge.to, edge.name.clone()));
            }
        }
        kept
    }

    /// The tasks `roots` and all that they need, directly or not.
    pub fn closure<S: AsRef<str>>(&self, roots: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let roots = roots.into_iter().map(|root| self.graph.node(root.as_ref()));
        let (kept, graph) = self.graph.reach(roots.collect::<Result<_, _>>()?, Direction::Dependencies);
        Ok(TaskGraph { tasks: kept.into_iter().map(|at| self.tasks[at].clone()).collect(), graph })
    }

    /// The keys and their edges.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether there are no tasks.
    pub fn is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    /// The tasks, in the order of the kinds that made them.
    pub fn tasks(&self) -> std::slice::Iter<'_, Arc<Task>> {
        self.tasks.iter()
    }

    /// Keys and tasks, in the same order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&Str, &Arc<Task>)> {
        self.graph.nodes().zip(&self.tasks)
    }

    /// A task by its key.
    pub fn get(&self, key: &str) -> Option<&Arc<Task>> {
        self.position(key).map(|at| &self.tasks[at])
    }

    /// The position in [`TaskGraph::tasks`] of the task of a key.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.graph.position(key)
    }

    /// A graph from its JSON form: a mapping of keys to tasks. Dependencies on tasks that are not there have no edge,
    /// as filters leave them.
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        let Value::Map(map) = value else {
            let problem = format!("expected a mapping, found {}", value.type_name());
            return Err(Error::NotAGraph { key: None, problem });
        };
        let mut tasks = Vec::with_capacity(map.len());
        for (key, value) in map {
            let empty = Map::new();
            tasks.push(Arc::new(Task::from_map(key, value.as_map().unwrap_or(&empty))?));
        }
        let graph = Graph::new(map.keys().cloned(), [])?;
        let mut graph = TaskGraph { tasks, graph };
        let edges: Vec<_> = graph
            .entries()
            .flat_map(|(key, task)| {
                task.dependencies().map(|(name, to)| (key.clone(), to.clone(), name.clone()))
            })
            .filter(|(_, to, _)| graph.graph.contains(to))
            .collect();
        for (from, to, name) in edges {
            graph.graph.add_edge(&from, &to, name)?;
        }
        Ok(graph)
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    #[test]
    fn tasks_that_share_what_they_need_have_edges_of_their_own() {
        let shared = map! { "image" => "image", "build" => "build" };
        let needs = |label: &str, dependencies: Map| {
            let task = map! {
                "kind" => "k", "label" => label, "attributes" => map! {}, "optimization" => Value::Null,
                "task" => map! {}, "dependencies" => dependencies,
            };
            Arc::new(Task::from_map(label, &task).unwrap())
        };
        let (one, two) = (map! { "build" => "build" }, map! { "image" => "image", "build" => "build" });
        let set = TaskGraph::set([
            needs("image", Map::new()),
            needs("build", map! { "image" => "image" }),
            needs("a", shared.clone()),
            needs("b", shared.clone()),
            needs("c", one),
            needs("d", shared),
            needs("e", two),
        ]);
        let graph = set.unwrap().with_dependency_edges().unwrap();
        let edges: Vec<String> =
            graph.graph().edges().map(|edge| format!("{} {} {}", edge.from, edge.name, edge.to)).collect();
        assert_eq!(
            edges,
            [
                "build image image",
                "a image image",
                "a build build",
                "b image image",
                "b build build",
                "c build build",
                "d image image",
                "d build build",
                "e image image",
                "e build build",
            ]
        );
    }
}
