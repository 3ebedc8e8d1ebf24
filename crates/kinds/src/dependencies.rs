//! The tasks of the kinds that a kind depends on.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taskgraph_config::attributes_match;
use taskgraph_graph::Task;
use taskgraph_value::{Map, Str, Value};

/// Where the tasks are that have a value of an attribute.
type Positions = FxHashMap<Str, Vec<usize>>;

/// The tasks of the kinds that a kind depends on, in the order in which those kinds were loaded, found by label, kind
/// and attribute without looking at all of them.
#[derive(Default)]
pub struct DependencyTasks {
    tasks: Vec<Arc<Task>>,
    by_label: OnceLock<FxHashMap<Str, usize>>,
    by_attribute: RwLock<FxHashMap<Str, Arc<Positions>>>,
}

impl DependencyTasks {
    /// These tasks, in this order.
    pub fn new(tasks: Vec<Arc<Task>>) -> Self {
        DependencyTasks { tasks, ..Default::default() }
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Task>> {
        self.tasks.iter()
    }

    /// The task of a label.
    pub fn get(&self, label: &str) -> Option<&Arc<Task>> {
        self.position(label).map(|at| &self.tasks[at])
    }

    /// The position of a label in [`DependencyTasks::iter`].
    pub fn position(&self, label: &str) -> Option<usize> {
        let by_label = self.by_label.get_or_init(|| {
            self.tasks.iter().enumerate().map(|(at, task)| (task.label.clone(), at)).collect()
        });
        by_label.get(label).copied()
    }

    /// The tasks of some kinds whose attributes match `wanted`: equal to its value, or one of its list.
    pub fn matching(&self, kinds: &[Str], wanted: Option<&Map>) -> Vec<&Arc<Task>> {
        let of_kinds = |task: &&Arc<Task>| kinds.contains(&task.kind);
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
            return self.tasks.iter().filter(of_kinds).collect();
        };
        let matches = |task: &&Arc<Task>| of_kinds(task) && attributes_match(&task.attributes, wanted);
        match self.candidates(wanted) {
            Some(candidates) => candidates.into_iter().map(|at| &self.tasks[at]).filter(matches).collect(),
            None => self.tasks.iter().filter(matches).collect(),
        }
    }

    /// The fewest positions that one condition on texts leaves, in order; none if no condition is on texts only.
    fn candidates(&self, wanted: &Map) -> Option<Vec<usize>> {
        let mut fewest: Option<Vec<usize>> = None;
        for (name, value) in wanted {
            let texts: Vec<&Str> = match value {
                Value::Str(text) => vec![text],
                Value::List(list) if list.iter().all(|item| item.as_str().is_some()) => {
                    list.iter().filter_map(Value::as_str).collect()
                }
                _ => continue,
            };
            let index = self.index(name);
            let mut found: Vec<usize> =
                texts.iter().filter_map(|text| index.get(*text)).flatten().copied().collect();
            found.sort_unstable();
            found.dedup();
            if fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len()) {
                fewest = Some(found);
            }
        }
        fewest
    }

    fn index(&self, attribute: &Str) -> Arc<Positions> {
        if let Some(index) = self.by_attribute.read().unwrap_or_else(PoisonError::into_inner).get(attribute) {
            return index.clone();
        }
        // The tasks are in no cache any more: to look at them takes longer than to gather what was seen.
        let tasks = self.tasks.par_iter().with_min_len(512);
        let texts: Vec<Option<&Str>> = tasks.map(|task| task.attributes.get_str(attribute)).collect();
        let mut index = Positions::default();
        for (at, text) in texts.into_iter().enumerate() {
            let Some(text) = text else { continue };
            match index.get_mut(text) {
                Some(positions) => positions.push(at),
                None => drop(index.insert(text.clone(), vec![at])),
            }
        }
        let mut indexes = self.by_attribute.write().unwrap_or_else(PoisonError::into_inner);
        indexes.entry(attribute.clone()).or_insert_with(|| Arc::new(index)).clone()
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    fn task(label: &str, kind: &str, attributes: Map) -> Arc<Task> {
        let map = map! {
            "label" => label, "kind" => kind, "attributes" => attributes, "optimization" => Value::Null, "task" => map! {},
        };
        Arc::new(Task::from_map(label, &map).unwrap())
    }

    #[test]
    fn conditions_find_what_a_scan_finds() {
        let tasks = DependencyTasks::new(vec![
            task("a", "build", map! { "os" => "linux", "tier" => 1 }),
            task("b", "build", map! { "os" => "mac", "tier" => 1 }),
            task("c", "test", map! { "os" => "linux", "tier" => 2 }),
            task("d", "build", map! { "tier" => 1 }),
        ]);
        let labels = |kinds: &[&str], wanted: Map| {
            let kinds: Vec<Str> = kinds.iter().map(|kind| (*kind).into()).collect();
            let found = tasks.matching(&kinds, Some(&wanted));
            found.iter().map(|task| task.label.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(&["build"], map! {}), "a b d");
        assert_eq!(labels(&["build", "test"], map! { "os" => "linux" }), "a c");
        assert_eq!(
            labels(&["build", "test"], map! { "os" => vec!["mac".into(), "linux".into()], "tier" => 1 }),
            "a b"
        );
        assert_eq!(labels(&["build"], map! { "tier" => vec![1.into(), "x".into()] }), "a b d");
        assert_eq!(labels(&["build"], map! { "missing" => "x" }), "");
        assert_eq!(tasks.get("c").unwrap().kind, "test");
    }
}
