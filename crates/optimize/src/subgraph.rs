//! The tasks that are left, with taskIds in the place of labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_parameterize::{References, resolve_references};
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::{
    Error, Fault, Ids, Optimization, Problem, Removal,
    error::check,
    optimization::fault,
    remove::{Removing, Verdict},
    replace::Replacing,
};

/// How many tasks one thread resolves at a time.
const PART: usize = 64;

impl Optimization<'_> {
    pub(crate) fn subgraph(
        &self,
        removing: &Removing,
        replacing: &Replacing,
        Ids { task_id, decision_task_id, urls }: Ids<'_>,
    ) -> Result<(TaskGraph, BTreeMap<Str, Str>), Error> {
        self.check_needed(removing, replacing)?;
        let count = self.links.len();
        let left = |node: usize| !replacing.removed[node] && replacing.task_id(node).is_none();
        let task_ids: Vec<Option<Str>> = (0..count)
            .map(|node| match replacing.task_id(node) {
                Some(found) => Some(found.clone()),
                None if replacing.removed[node] => None,
                None => Some(task_id(self.label(node)).into()),
            })
            .collect();

        // In the order of the graph, as its edges are.
        let kept: Vec<usize> = self.links.nodes.iter().copied().filter(|node| left(*node)).collect();
        let outgoing = self.links.outgoing();
        let resolved: Vec<Result<Arc<Task>, Fault>> = kept
            .par_iter()
            .with_min_len(PART)
            .with_max_len(PART)
            .map(|node| {
                let edges = outgoing.of(*node);
                let mut dependencies = Map::with_capacity(edges.len());
                for (_, to, name) in edges.iter().map(|edge| &self.links.edges[*edge]) {
                    if let Some(task_id) = &task_ids[*to] {
                        dependencies.insert((*name).clone(), task_id.into());
                    }
                }
                let task = self.task(*node);
                for label in task.soft_dependencies.iter().filter_map(Value::as_str) {
                    let other = self.graph.position(label).map(|at| self.links.nodes[at]);
                    if let Some(other) = other.filter(|other| left(*other))
                        && let Some(task_id) = &task_ids[other]
                    {
                        dependencies.insert(label.clone(), task_id.into());
                    }
                }
                let task_id = task_ids[*node].clone().unwrap_or_default();
                let references =
                    References { task_id: &task_id, decision_task_id, dependencies: &dependencies, urls };
                resolve(task, &references).map_err(|problem| fault(task, problem)).map(Arc::new)
            })
            .collect();
        let mut faults = Vec::new();
        let mut tasks = Vec::with_capacity(resolved.len());
        for task in resolved {
            match task {
                Ok(task) => tasks.push(task),
                Err(fault) => faults.push(fault),
            }
        }
        check(faults)?;

        let mut places = vec![usize::MAX; count];
        for (at, node) in kept.iter().enumerate() {
            places[*node] = at;
        }
        let edges = self.links.edges.iter().filter(|(from, to, _)| left(*from) && left(*to));
        let edges = edges.map(|(from, to, name)| (places[*from], places[*to], (*name).clone()));
        let graph = TaskGraph::by_task_id(tasks, edges)?;
        let with_ids = task_ids.into_iter().enumerate();
        let with_ids = with_ids.filter_map(|(node, task_id)| Some((self.label(node).clone(), task_id?)));
        Ok((graph, with_ids.collect()))
    }

    /// The edges from tasks that are not removed to those that are.
    fn bad_edges(&self, replacing: &Replacing) -> impl Iterator<Item = &(usize, usize, &Str)> {
        let edges = self.links.edges.iter();
        edges.filter(|(from, to, _)| !replacing.removed[*from] && replacing.removed[*to])
    }

    /// Whether a task that is left needs one that was only removed for want of `if-dependencies`.
    pub(crate) fn is_too_much_pruned(&self, removing: &Removing, replacing: &Replacing) -> bool {
        let pruned =
            |to: usize| matches!(removing.verdicts[to], Verdict::Removed(Removal::IfDependencies { .. }));
        self.bad_edges(replacing).any(|(_, to, _)| pruned(*to))
    }

    /// Fails if a task that is left needs one that was removed.
    fn check_needed(&self, removing: &Removing, replacing: &Replacing) -> Result<(), Error> {
        let faults = self.bad_edges(replacing).map(|(from, to, name)| {
            let reason = match &removing.verdicts[*to] {
                Verdict::Removed(removal) => removal.to_string(),
                Verdict::Kept(_) => Removal::Replacement(self.shown(*to)).to_string(),
            };
            let problem =
                Problem::StillNeeded { needed: self.label(*to).clone(), name: (*name).clone(), reason };
            fault(self.task(*from), problem)
        });
        check(faults.collect())
    }
}

/// The task with its taskId, those of its dependencies, and references to them.
fn resolve(task: &Task, references: &References<'_>) -> Result<Task, Problem> {
    let definition = match resolve_references(&task.task.whole(), references)? {
        Value::Map(mut definition) => {
            add_dependencies(&mut definition, references.dependencies)?;
            definition
        }
        other => {
            return Err(Problem::Definition {
                key: "its definition",
                expected: "a mapping",
                found: describe(&other),
            });
        }
    };
    let mut all = task.dependencies.clone();
    all.extend_from(references.dependencies);
    Ok(Task {
        kind: task.kind.clone(),
        label: task.label.clone(),
        description: task.description.clone(),
        attributes: task.attributes.clone(),
        task: definition.into(),
        optimization: task.optimization.clone(),
        dependencies: all,
        soft_dependencies: task.soft_dependencies.clone(),
        if_dependencies: task.if_dependencies.clone(),
        task_id: Some(references.task_id.into()),
    })
}

/// Adds the taskIds, sorted, to what the definition has already. A task that is needed under two names is there twice,
/// as in the reference.
fn add_dependencies(definition: &mut Map, dependencies: &Map) -> Result<(), Problem> {
    let mut task_ids: Vec<Value> = dependencies.values().cloned().collect();
    task_ids.sort_unstable_by(|a, b| a.as_str().cmp(&b.as_str()));
    match definition.get_or_insert_with(text!("dependencies"), || List::new().into()) {
        Value::List(list) if list.is_empty() => *list = task_ids.into(),
        Value::List(list) => list.extend(task_ids),
        other => {
            return Err(Problem::Definition {
                key: "`task.dependencies`",
                expected: "a list",
                found: describe(other),
            });
        }
    }
    Ok(())
}
