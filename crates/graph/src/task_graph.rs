//! Tasks, and the graph of their labels.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskgraph_value::{Map, Str, Value};

use crate::{Direction, Error, Graph, Task};

/// Tasks by label, and which needs which. Graphs of the same tasks share them.
#[derive(Clone, Debug, Default)]
pub struct TaskGraph {
    tasks: Arc<Tasks>,
    graph: Graph,
}

#[derive(Debug, Default)]
struct Tasks {
    list: Vec<Arc<Task>>,
    index: FxHashMap<Str, usize>,
}

impl TaskGraph {
    /// A set of tasks, without edges.
    pub fn set(tasks: impl IntoIterator<Item = Arc<Task>>) -> Result<Self, Error> {
        let list: Vec<Arc<Task>> = tasks.into_iter().collect();
        let graph = Graph::new(list.iter().map(|task| task.label.clone()), [])?;
        let index = list.iter().enumerate().map(|(at, task)| (task.label.clone(), at)).collect();
        Ok(TaskGraph { tasks: Arc::new(Tasks { list, index }), graph })
    }

    /// The same tasks, with an edge for each of their dependencies. A dependency that is no task of this graph is
    /// [`Error::UnknownNode`].
    pub fn with_dependency_edges(&self) -> Result<Self, Error> {
        let mut graph = Graph::new(self.graph.nodes().cloned(), [])?;
        for task in self.tasks() {
            for (name, label) in task.dependencies() {
                graph.add_edge(&task.label, label, name.clone())?;
            }
        }
        Ok(TaskGraph { tasks: self.tasks.clone(), graph })
    }

    /// The tasks for which `keep` holds, without edges.
    pub fn subset(&self, keep: impl Fn(&Task) -> bool) -> Self {
        let nodes = self.tasks().filter(|task| keep(task)).map(|task| task.label.clone());
        TaskGraph { tasks: self.tasks.clone(), graph: Graph::new(nodes, []).unwrap_or_default() }
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
        Ok(TaskGraph { tasks: self.tasks.clone(), graph })
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
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.graph.nodes().map(|label| &self.tasks.list[self.tasks.index[label]])
    }

    /// A task by its label.
    pub fn get(&self, label: &str) -> Option<&Arc<Task>> {
        if !self.graph.contains(label) {
            return None;
        }
        self.tasks.index.get(label).map(|at| &self.tasks.list[*at])
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
            .tasks()
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
