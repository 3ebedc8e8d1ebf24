//! Changes to a graph after it is optimized.

use std::collections::BTreeMap;
use std::sync::Arc;

use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Extension, Registry, Session};
use taskgraph_value::Str;

use crate::{Error, Finding};

/// Changes the optimized graph into one that means the same and that the cluster takes more readily.
pub trait Morph: Send + Sync {
    /// What to change. Fails with what is wrong, and with which task.
    fn morph(&self, morphing: Morphing<'_>) -> Result<Changes, Finding>;
}

/// What a morph looks at.
#[derive(Clone, Copy)]
pub struct Morphing<'a> {
    /// Configuration, parameters, environment.
    pub session: &'a Session,
    /// The graph as the morphs before left it. Its keys are taskIds.
    pub graph: &'a TaskGraph,
    /// TaskIds by label, those of replaced tasks included.
    pub label_to_taskid: &'a BTreeMap<Str, Str>,
    /// Makes the taskId of a task to add, by its label.
    pub task_id: &'a dyn Fn(&str) -> String,
}

/// What a morph does to a graph.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Tasks in the place of those that have their taskIds. Labels and edges stay.
    pub changed: Vec<Arc<Task>>,
    /// Tasks to add, with taskIds, and labels that no other has. Their `dependencies` are taskIds.
    pub added: Vec<Arc<Task>>,
}

/// A morph, and how many were registered before.
struct Registered {
    place: usize,
    name: Str,
    morph: Arc<dyn Morph>,
}

impl Extension for Registered {
    const WHAT: &'static str = "morph";
}

/// Registers a morph. Morphs are run in the order in which they were registered; one of a name that is registered
/// already takes its place.
pub fn add_morph(registry: &mut Registry, name: &str, morph: impl Morph + 'static) {
    let known = registry.names::<Registered>();
    let place = match known.iter().any(|other| other == name) {
        true => registry.get::<Registered>(name).map_or(known.len(), |before| before.place),
        false => known.len(),
    };
    let registered = Registered { place, name: name.into(), morph: Arc::new(morph) };
    registry.add(name, Arc::new(registered));
}

/// Runs all morphs that are registered, one after another.
pub(crate) fn run_morphs(
    session: &Session,
    task_id: &dyn Fn(&str) -> String,
    mut graph: TaskGraph,
    mut label_to_taskid: BTreeMap<Str, Str>,
) -> Result<(TaskGraph, BTreeMap<Str, Str>), Error> {
    let names = session.registry.names::<Registered>();
    let mut morphs =
        names.iter().map(|name| session.registry.get::<Registered>(name)).collect::<Result<Vec<_>, _>>()?;
    morphs.sort_by_key(|registered| registered.place);
    for registered in morphs {
        let failed = |finding| Error::Morph { origin: None, name: registered.name.clone(), finding };
        let morphing = Morphing { session, graph: &graph, label_to_taskid: &label_to_taskid, task_id };
        let changes = registered.morph.morph(morphing).map_err(failed)?;
        if let Some(changed) = amend(&graph, &mut label_to_taskid, changes).map_err(failed)? {
            graph = changed;
        }
    }
    Ok((graph, label_to_taskid))
}

/// The graph with changes; nothing if there are none.
fn amend(
    graph: &TaskGraph,
    label_to_taskid: &mut BTreeMap<Str, Str>,
    Changes { changed, added }: Changes,
) -> Result<Option<TaskGraph>, Finding> {
    if changed.is_empty() && added.is_empty() {
        return Ok(None);
    }
    let mut tasks: Vec<Arc<Task>> = graph.tasks().cloned().collect();
    for task in changed {
        let at = task.task_id.as_deref().and_then(|task_id| graph.position(task_id));
        match at.map(|at| &mut tasks[at]) {
            Some(place) if place.label == task.label => *place = task,
            _ => return Err(Finding::of_task(&task.label, "is changed but not in the graph")),
        }
    }
    for task in &added {
        let Some(task_id) = &task.task_id else {
            return Err(Finding::of_task(&task.label, "is added without a taskId"));
        };
        if let Some(taken) = label_to_taskid.get(&task.label) {
            let problem = format!("cannot be added, because another task has its label; that is {taken}");
            return Err(Finding::of_task(&task.label, problem));
        }
        label_to_taskid.insert(task.label.clone(), task_id.clone());
    }
    let before = tasks.len();
    tasks.extend(added);
    // Tasks that are added may depend on each other, so all have to be there before there are edges.
    let whole = |error: taskgraph_graph::Error| Finding { task: None, problem: error.to_string() };
    let nodes = TaskGraph::by_task_id(tasks, []).map_err(whole)?;
    let links = graph.graph().links().map(|(from, to, name)| (from, to, name.clone()));
    let mut edges: Vec<(usize, usize, Str)> = links.collect();
    for (task, from) in nodes.tasks().zip(0..).skip(before) {
        for (name, task_id) in task.dependencies() {
            if let Some(to) = nodes.position(task_id) {
                edges.push((from, to, name.clone()));
            }
        }
    }
    nodes.with_links(edges).map(Some).map_err(whole)
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{Value, map};

    use super::*;

    struct Nothing;

    impl Morph for Nothing {
        fn morph(&self, _: Morphing<'_>) -> Result<Changes, Finding> {
            Ok(Changes::default())
        }
    }

    fn task(label: &str, task_id: &str, needs: &[&str]) -> Arc<Task> {
        let dependencies = needs.iter().map(|task_id| (Str::from(*task_id), Value::from(*task_id)));
        let dependencies: taskgraph_value::Map = dependencies.collect();
        let map = map! {
            "kind" => "k", "label" => label, "attributes" => map! {}, "task" => map! {}, "optimization" => Value::Null,
            "dependencies" => dependencies, "task_id" => task_id,
        };
        Arc::new(Task::from_map(label, &map).unwrap())
    }

    /// What becomes of a graph in which `b` needs `a`.
    fn amended(changed: &[Arc<Task>], added: &[Arc<Task>]) -> Result<TaskGraph, String> {
        let tasks = vec![task("a", "ID-a", &[]), task("b", "ID-b", &["ID-a"])];
        let graph = TaskGraph::by_task_id(tasks, [(1, 0, "a".into())]).unwrap();
        let mut ids = BTreeMap::from([("a", "ID-a"), ("b", "ID-b"), ("old", "ID-old")])
            .into_iter()
            .map(|(label, task_id)| (label.into(), task_id.into()))
            .collect();
        let changes = Changes { changed: changed.to_vec(), added: added.to_vec() };
        let amended = amend(&graph, &mut ids, changes).map_err(|finding| finding.problem)?;
        Ok(amended.unwrap_or(graph))
    }

    #[test]
    fn tasks_are_added_with_their_edges() {
        let added = [task("c", "ID-c", &["ID-d", "ID-a", "ID-gone"]), task("d", "ID-d", &["ID-b"])];
        let graph = amended(&[task("a", "ID-a", &[])], &added).unwrap();
        let mut edges: Vec<_> =
            graph.graph().edges().map(|edge| format!("{} {}", edge.from, edge.to)).collect();
        edges.sort();
        assert_eq!(edges, ["ID-b ID-a", "ID-c ID-a", "ID-c ID-d", "ID-d ID-b"]);
    }

    #[test]
    fn what_is_no_change_is_an_error() {
        let wrong = |changed: &[Arc<Task>], added: &[Arc<Task>]| amended(changed, added).unwrap_err();
        let taken = "cannot be added, because another task has its label; that is ";
        assert_eq!(wrong(&[], &[task("a", "ID-c", &[])]), format!("{taken}ID-a"));
        assert_eq!(wrong(&[], &[task("old", "ID-c", &[])]), format!("{taken}ID-old"));
        assert_eq!(wrong(&[], &[task("c", "ID-a", &[])]), "the graph has two nodes `ID-a`");
        assert_eq!(wrong(&[task("c", "ID-c", &[])], &[]), "is changed but not in the graph");
        assert_eq!(wrong(&[task("b", "ID-a", &[])], &[]), "is changed but not in the graph");
    }

    #[test]
    fn morphs_keep_the_order_of_their_registration() {
        let mut registry = Registry::new();
        for name in ["z", "a", "m", "z"] {
            add_morph(&mut registry, name, Nothing);
        }
        let place = |name| registry.get::<Registered>(name).unwrap().place;
        assert_eq!([place("z"), place("a"), place("m")], [0, 1, 2]);
    }
}
