//! The graphs that a release builds on.

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use taskgraph_schema::{describe, one_line};
use taskgraph_value::{Map, Str, Value};

/// What a decision or action task left behind: the tasks that its graph could have, and those that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousGraph {
    name: Str,
    /// By label, the kind.
    kinds: FxHashMap<Str, Str>,
    /// By label, the taskId.
    tasks: FxHashMap<Str, Str>,
}

impl PreviousGraph {
    /// Reads the artifacts `full-task-graph.json`, of which only kinds and labels matter, and `label-to-taskid.json`.
    /// `name` is what messages call the graph: a taskId, or a folder.
    ///
    /// Fails with the name of the artifact that is wrong, and what is wrong with it.
    pub fn parse(
        name: impl Into<Str>,
        full_task_graph: &[u8],
        label_to_taskid: &[u8],
    ) -> Result<PreviousGraph, (&'static str, String)> {
        let kinds = kinds(full_task_graph).map_err(|error| (FULL_GRAPH, error.to_string()))?;
        let labels = tasks(label_to_taskid).map_err(|problem| (LABELS, problem))?;
        Ok(PreviousGraph { name: name.into(), kinds, tasks: labels })
    }

    /// What messages call it.
    pub fn name(&self) -> &Str {
        &self.name
    }

    /// The taskId of a label, if the graph has such a task: it was created for it, or for one before it.
    pub fn task_id(&self, label: &str) -> Option<&Str> {
        self.tasks.get(label)
    }

    /// The kind of a label, if its full graph has it.
    pub fn kind(&self, label: &str) -> Option<&Str> {
        self.kinds.get(label)
    }

    /// How many tasks exist.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether none exist.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

pub(crate) const FULL_GRAPH: &str = "full-task-graph.json";
pub(crate) const LABELS: &str = "label-to-taskid.json";
pub(crate) const PARAMETERS: &str = "parameters.yml";

/// The graphs that a release builds on, in order. Where several have a task of a label, the last one counts.
///
/// ```
/// use taskgraph_release_promotion::{PreviousGraph, PreviousGraphs};
/// let full = br#"{"build": {"kind": "build", "label": "build"}, "sign": {"kind": "sign", "label": "sign"}}"#;
/// let push = PreviousGraph::parse("push", full, br#"{"build": "Aaaaaaaaaaaaaaaaaaaaaa"}"#).unwrap();
/// let again = br#"{"build": "Bbbbbbbbbbbbbbbbbbbbbb", "sign": "Cccccccccccccccccccccc"}"#;
/// let promote = PreviousGraph::parse("promote", full, again).unwrap();
/// let previous = PreviousGraphs::new(vec![push, promote]);
/// let existing = previous.existing_tasks(&["sign".into()]);
/// assert_eq!(existing.iter().map(|(label, id)| format!("{label} {id:?}")).collect::<Vec<_>>().len(), 1);
/// assert_eq!(existing.get_str("build").unwrap(), "Bbbbbbbbbbbbbbbbbbbbbb");
/// assert_eq!(previous.find("sign").unwrap().0.name(), "promote");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviousGraphs {
    graphs: Vec<PreviousGraph>,
}

impl PreviousGraphs {
    /// These graphs, the oldest first.
    pub fn new(graphs: Vec<PreviousGraph>) -> PreviousGraphs {
        PreviousGraphs { graphs }
    }

    /// The same graphs, called otherwise.
    #[must_use]
    pub fn renamed(mut self, names: impl IntoIterator<Item = Str>) -> PreviousGraphs {
        self.graphs.iter_mut().zip(names).for_each(|(graph, name)| graph.name = name);
        self
    }

    /// The graphs, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, PreviousGraph> {
        self.graphs.iter()
    }

    /// The kind of a label in the combined full graph.
    pub fn kind(&self, label: &str) -> Option<&Str> {
        self.graphs.iter().rev().find_map(|graph| graph.kind(label))
    }

    /// The task of a label, and the graph that it is taken from.
    pub fn find(&self, label: &str) -> Option<(&PreviousGraph, &Str)> {
        self.graphs.iter().rev().find_map(|graph| Some((graph, graph.task_id(label)?)))
    }

    /// What is asked to be made again and is in none of the graphs, which makes no difference: a line for each.
    pub fn remarks(&self, rebuild_kinds: &[Str], do_not_optimize: &[Str]) -> Vec<String> {
        let has_kind = |kind: &Str| self.graphs.iter().any(|graph| graph.kinds.values().any(|of| of == kind));
        let has_label = |label: &Str| self.find(label).is_some() || self.kind(label).is_some();
        let kinds = rebuild_kinds.iter().filter(|kind| !has_kind(kind)).map(|kind| {
            format!("`rebuild_kinds`: no task of the previous graphs is of the kind `{}`", one_line(kind))
        });
        let labels = do_not_optimize.iter().filter(|label| !has_label(label));
        kinds
            .chain(labels.map(|label| {
                format!("`do_not_optimize`: the previous graphs have no task `{}`", one_line(label))
            }))
            .collect()
    }

    /// The labels of all tasks that exist, sorted.
    pub fn labels(&self) -> Vec<&Str> {
        let mut labels: Vec<&Str> = self.graphs.iter().flat_map(|graph| graph.tasks.keys()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// The parameter `existing_tasks`: by label, in their order, the taskIds of tasks that exist and that a full graph
    /// has, without those whose kind is to be made again.
    ///
    /// As in the reference, labels of `do_not_optimize` are among them, although no such task is re-used: that parameter
    /// wins over this one.
    pub fn existing_tasks(&self, rebuild_kinds: &[Str]) -> Map {
        let wanted = |label: &&Str| self.kind(label).is_some_and(|kind| !rebuild_kinds.contains(kind));
        let existing = self.labels().into_iter().filter(wanted);
        existing.filter_map(|label| Some((label.clone(), Value::from(self.find(label)?.1)))).collect()
    }
}

/// The part of a task that matters here.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    label: Cow<'a, str>,
}

/// By label, the kinds of a full graph. The rest of each task is skipped, not built.
fn kinds(bytes: &[u8]) -> serde_json::Result<FxHashMap<Str, Str>> {
    struct Kinds;

    impl<'de> Visitor<'de> for Kinds {
        type Value = FxHashMap<Str, Str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a mapping of labels to tasks")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut kinds: FxHashMap<String, Str> = FxHashMap::default();
            let mut found = FxHashMap::default();
            while let Some((_, Entry { kind, label })) = map.next_entry::<Cow<'de, str>, Entry<'de>>()? {
                let kind = match kinds.get(&*kind) {
                    Some(kind) => kind.clone(),
                    None => {
                        let shared = Str::from(&*kind);
                        kinds.insert(kind.into_owned(), shared.clone());
                        shared
                    }
                };
                found.insert(Str::from(&*label), kind);
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let found = deserializer.deserialize_map(Kinds)?;
    deserializer.end()?;
    Ok(found)
}

fn tasks(bytes: &[u8]) -> Result<FxHashMap<Str, Str>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let Value::Map(labels) = value else {
        return Err(format!("expected a mapping of labels to taskIds, found {}", describe(&value)));
    };
    let entry = |(label, id): (&Str, &Value)| match id {
        Value::Str(id) => Ok((label.clone(), id.clone())),
        other => Err(format!("`{label}`: expected a taskId, found {}", describe(other))),
    };
    labels.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn full(tasks: &[(&str, &str)]) -> Vec<u8> {
        let tasks: Map = tasks
            .iter()
            .map(|(label, kind)| {
                let task = taskgraph_value::map! {
                    "kind" => *kind, "label" => *label, "attributes" => taskgraph_value::map! { "kind" => *kind },
                    "task" => taskgraph_value::map! { "payload" => "kind label é" },
                };
                (Str::from(*label), Value::from(task))
            })
            .collect();
        serde_json::to_vec(&Value::from(tasks)).unwrap()
    }

    fn graph(name: &str, tasks: &[(&str, &str)], ids: &[(&str, &str)]) -> PreviousGraph {
        let ids: Map = ids.iter().map(|(label, id)| (Str::from(*label), Value::from(*id))).collect();
        PreviousGraph::parse(name, &full(tasks), &serde_json::to_vec(&Value::from(ids)).unwrap()).unwrap()
    }

    #[track_caller]
    fn check(graphs: Vec<PreviousGraph>, rebuild_kinds: &[&str], expected: &[(&str, &str)]) {
        let rebuild_kinds: Vec<Str> = rebuild_kinds.iter().map(|kind| Str::from(*kind)).collect();
        let existing = PreviousGraphs::new(graphs).existing_tasks(&rebuild_kinds);
        let found: Vec<(&str, &str)> =
            existing.iter().map(|(label, id)| (label.as_str(), id.as_str().unwrap().as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_rightmost_graph_wins() {
        let kinds = [("t1", "k"), ("t2", "k")];
        let first = graph("G1", &kinds, &[("t1", "1"), ("t2", "2")]);
        let second = graph("G2", &kinds, &[("t1", "3")]);
        check(vec![first.clone(), second.clone()], &[], &[("t1", "3"), ("t2", "2")]);
        check(vec![second, first], &[], &[("t1", "1"), ("t2", "2")]);
        check(vec![], &[], &[]);
    }

    /// A label may exist in one graph, and its kind be known only from another one; the last kind of a label counts.
    #[test]
    fn full_graphs_are_combined() {
        let first = graph("G1", &[("a", "old"), ("b", "b")], &[("a", "1"), ("morphed", "9")]);
        let second = graph("G2", &[("a", "new"), ("c", "c")], &[("b", "2")]);
        let both = vec![first, second];
        check(both.clone(), &[], &[("a", "1"), ("b", "2")]);
        check(both.clone(), &["old"], &[("a", "1"), ("b", "2")]);
        check(both.clone(), &["new"], &[("b", "2")]);
        check(both, &["new", "b", "unknown"], &[]);
    }

    #[test]
    fn what_no_graph_has_is_remarked() {
        let graphs = PreviousGraphs::new(vec![graph("G1", &[("a", "old"), ("b", "b")], &[("c", "1")])]);
        let texts = |texts: &[&str]| texts.iter().map(|text| Str::from(*text)).collect::<Vec<_>>();
        assert_eq!(
            graphs.remarks(&texts(&["old", "nope"]), &texts(&["a", "b", "c", "d"])),
            [
                "`rebuild_kinds`: no task of the previous graphs is of the kind `nope`",
                "`do_not_optimize`: the previous graphs have no task `d`"
            ]
        );
    }

    #[test]
    fn what_is_no_graph_is_told() {
        let parse = |full: &str, labels: &str| {
            PreviousGraph::parse("G", full.as_bytes(), labels.as_bytes()).map(|_| ()).unwrap_err()
        };
        let (name, problem) = parse("[]", "{}");
        assert_eq!(name, FULL_GRAPH);
        assert!(problem.contains("expected a mapping of labels to tasks"), "{problem}");
        let (_, problem) = parse(r#"{"a": {"label": "a"}}"#, "{}");
        assert!(problem.contains("missing field `kind`"), "{problem}");
        assert!(parse("{} x", "{}").1.contains("trailing"), "text after the graph");
        let (name, problem) = parse("{}", r#"{"a": null}"#);
        assert_eq!((name, problem.as_str()), (LABELS, "`a`: expected a taskId, found null"));
        assert!(parse("{}", "[]").1.contains("expected a mapping"));
    }

    #[test]
    fn escapes_in_labels_are_read() {
        let one = PreviousGraph::parse(
            "G",
            br#"{"\u00e9": {"kind": "k\"", "label": "\u00e9", "task": {"a": [1.5, null, {"b": "\\"}]}}}"#,
            br#"{"\u00e9": "1"}"#,
        )
        .unwrap();
        assert_eq!(one.kind("é").unwrap(), "k\"");
        assert_eq!(one.task_id("é").unwrap(), "1");
    }

    /// Labels, kinds and ids by numbers.
    type Drawn = Vec<(Vec<(u8, u8)>, Vec<(u8, u8)>)>;

    /// Graph after graph, as it is described: the later entry of a label takes the place of the earlier one.
    fn one_after_the_other(graphs: &Drawn, rebuild: &[u8]) -> BTreeMap<String, String> {
        let mut kinds = BTreeMap::new();
        for (full, _) in graphs {
            kinds.extend(full.iter().copied());
        }
        let mut existing = BTreeMap::new();
        for (at, (_, ids)) in graphs.iter().enumerate() {
            for (label, id) in ids {
                if kinds.get(label).is_some_and(|kind| !rebuild.contains(kind)) {
                    existing.insert(format!("l{label}"), format!("{at}-{id}"));
                }
            }
        }
        existing
    }

    proptest! {
        #[test]
        fn any_graphs_are_combined_one_after_the_other(
            graphs in vec((vec((0..9u8, 0..4u8), 0..9), vec((0..9u8, 0..9u8), 0..9)), 0..5),
            rebuild in vec(0..4u8, 0..3),
        ) {
            let drawn: Drawn = graphs;
            let parsed = drawn.iter().enumerate().map(|(at, (full, ids))| {
                let last = |pairs: &[(u8, u8)], text: &dyn Fn(u8) -> String| -> Vec<(String, String)> {
                    let last: BTreeMap<u8, u8> = pairs.iter().copied().collect();
                    last.into_iter().map(|(label, of)| (format!("l{label}"), text(of))).collect()
                };
                let (full, ids) = (last(full, &|kind| format!("k{kind}")), last(ids, &|id| format!("{at}-{id}")));
                let full: Vec<(&str, &str)> = full.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
                let ids: Vec<(&str, &str)> = ids.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
                graph("G", &full, &ids)
            });
            let kinds: Vec<Str> = rebuild.iter().map(|kind| format!("k{kind}").into()).collect();
            let found = PreviousGraphs::new(parsed.collect()).existing_tasks(&kinds);
            let found: BTreeMap<String, String> =
                found.iter().map(|(label, id)| (label.to_string(), id.as_str().unwrap().to_string())).collect();
            prop_assert_eq!(found, one_after_the_other(&drawn, &rebuild));
        }

        #[test]
        fn no_artifact_panics(full in vec(any::<u8>(), 0..60), labels in "\\PC*") {
            drop(PreviousGraph::parse("G", &full, labels.as_bytes()));
        }
    }
}
