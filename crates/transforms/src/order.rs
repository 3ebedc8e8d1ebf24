//! The order in which the tasks of one kind build on each other.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taskgraph_graph::Graph;
use taskgraph_kinds::{Description, Error, KindContext, Problem};
use taskgraph_value::{Str, Value, text};

/// Sorts the tasks of a kind so that each comes after those of the same kind that it depends on. Tasks that do not
/// depend on each other keep their order. `label_of` knows their labels.
pub(crate) fn in_dependency_order(
    kind: &KindContext<'_>,
    tasks: Vec<Description>,
    label_of: impl Fn(&Description) -> Result<Str, Problem>,
) -> Result<Vec<Description>, Error> {
    if !tasks.par_iter().with_min_len(256).any(|task| builds_on_its_kind(kind, task)) {
        return Ok(tasks);
    }
    let mut graph = Graph::default();
    let mut labels = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let label = label_of(task).map_err(|problem| task.error(problem))?;
        if graph.add_node(label.clone()).is_err() {
            let first =
                labels.iter().position(|other| *other == label).and_then(|at| tasks[at].origin.clone());
            let problem = Problem::DuplicateLabel { other: first };
            return Err(Error::of_task(Some(label), task.origin.as_ref(), problem));
        }
        labels.push(label);
    }
    for (task, label) in tasks.iter().zip(&labels) {
        for dependency in of_its_kind(kind, task) {
            // A label may begin like this kind's and still belong to another.
            if graph.contains(dependency) {
                graph.add_edge(label, dependency, text!(""))?;
            }
        }
    }
    let order: Vec<Str> = match graph.postorder() {
        Ok(order) => order.into_iter().cloned().collect(),
        Err(error) => return Err(loop_at(&tasks, &labels, error)),
    };
    let mut by_label: FxHashMap<Str, Description> = labels.into_iter().zip(tasks).collect();
    Ok(order.iter().filter_map(|label| by_label.remove(label)).collect())
}

/// Whether a task depends on some of its own kind, as far as their labels tell.
pub(crate) fn builds_on_its_kind(kind: &KindContext<'_>, task: &Description) -> bool {
    of_its_kind(kind, task).next().is_some()
}

fn of_its_kind<'a>(kind: &'a KindContext<'_>, task: &'a Description) -> impl Iterator<Item = &'a Str> {
    let dependencies = task.get_map("dependencies").into_iter().flatten();
    let is_of_kind =
        |label: &Str| label.strip_prefix(kind.kind.as_str()).is_some_and(|rest| rest.starts_with('-'));
    dependencies.filter_map(|(_, label)| label.as_str()).filter(move |label| is_of_kind(label))
}

/// A loop, at the first task of it.
fn loop_at(tasks: &[Description], labels: &[Str], error: taskgraph_graph::Error) -> Error {
    let first = match &error {
        taskgraph_graph::Error::Cycle { path } => path.first(),
        _ => None,
    };
    let at = first.and_then(|first| labels.iter().position(|label| label == first));
    Error::of_task(None, at.and_then(|at| tasks[at].origin.as_ref()), error)
}

/// The artifact prefix that attributes give, or the usual one.
pub(crate) fn artifact_prefix(attributes: Option<&taskgraph_value::Map>) -> Str {
    let prefix = attributes.and_then(|attributes| attributes.get("artifact_prefix"));
    match prefix {
        Some(Value::Str(prefix)) if !prefix.is_empty() => prefix.clone(),
        _ => text!("public/build"),
    }
}
