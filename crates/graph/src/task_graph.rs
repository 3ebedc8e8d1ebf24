//! Tasks, and the graph of their labels.

use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_value::{Map, Str, Value};

use crate::{Direction, Error, Graph, Task};

/// How many tasks one thread looks at, at a time.
const PART: usize = 256;

/// Tasks by label, and which needs which. Graphs of the same tasks share them.
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
        let graph = Graph::new(tasks.iter().map(|task| task.label.clone()), [])?;
        Ok(TaskGraph { tasks, graph })
    }

    /// The same tasks, with an edge for each of their dependencies. A dependency that is no task of this graph is
    /// [`Error::UnknownNode`].
    pub fn with_dependency_edges(&self) -> Result<Self, Error> {
        // Labels are looked up by several threads; only the edges themselves are made by one.
        let parts: Vec<Result<Vec<_>, Error>> = self
            .tasks
            .par_chunks(PART)
            .enumerate()
            .map(|(at, tasks)| self.edges_of_part(tasks, at * PART))
            .collect();
        let edges = parts.into_iter().collect::<Result<Vec<_>, Error>>()?;
        Ok(TaskGraph { tasks: self.tasks.clone(), graph: self.graph.with_edges(edges.into_iter().flatten()) })
    }

    /// The edges of some tasks, the first of which is at `start`: both positions, and the name.
    fn edges_of_part(&self, tasks: &[Arc<Task>], start: usize) -> Result<Vec<(usize, usize, Str)>, Error> {
        let mut edges = Vec::with_capacity(2 * tasks.len());
        for (task, from) in tasks.iter().zip(start..) {
            for (name, label) in task.dependencies() {
                let to = self.position(label).ok_or_else(|| Error::UnknownNode { name: label.clone() })?;
                edges.push((from, to, name.clone()));
            }
        }
        Ok(edges)
    }

    /// The tasks for which `keep` holds, without edges.
    pub fn subset(&self, keep: impl Fn(&Task) -> bool) -> Self {
        let tasks: Vec<Arc<Task>> = self.tasks.iter().filter(|task| keep(task)).cloned().collect();
        // Labels are unique here as they are in the whole.
        TaskGraph::set(tasks).unwrap_or_default()
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
        let graph = self.graph.closure(roots, Direction::Dependencies)?;
        let tasks = graph.nodes().filter_map(|label| self.get(label).cloned()).collect();
        Ok(TaskGraph { tasks, graph })
    }

    /// The labels and their edges.
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

    /// A task by its label.
    pub fn get(&self, label: &str) -> Option<&Arc<Task>> {
        self.position(label).map(|at| &self.tasks[at])
    }

    /// The position in [`TaskGraph::tasks`] of the task of a label.
    pub fn position(&self, label: &str) -> Option<usize> {
        self.graph.position(label)
    }

    /// A graph from its JSON form: a mapping of labels to tasks. Dependencies on tasks that are not there have no edge,
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
        let mut graph = TaskGraph::set(tasks)?;
        let edges: Vec<_> = graph
            .tasks
            .iter()
            .flat_map(|task| {
                task.dependencies().map(|(name, to)| (task.label.clone(), to.clone(), name.clone()))
            })
            .filter(|(_, to, _)| graph.graph.contains(to))
            .collect();
        for (from, to, name) in edges {
            graph.graph.add_edge(&from, &to, name)?;
        }
        Ok(graph)
    }
}
