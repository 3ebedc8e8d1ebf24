//! Why a task is, or is not, in each phase.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};
use taskgraph_graph::{Direction, Task, TaskGraph};
use taskgraph_kinds::Origin;
use taskgraph_schema::shown_path;
use taskgraph_value::Str;

use crate::{Error, Filter, Generator};

/// What became of a task in each phase, and why. Displayed, it is a few lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The label.
    pub label: Str,
    /// The kind.
    pub kind: Str,
    /// Where the task was written.
    pub origin: Option<Origin>,
    /// The phases, in order.
    pub phases: Vec<PhaseOf>,
}

/// What became of a task in one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseOf {
    /// The name of the phase.
    pub phase: &'static str,
    /// Whether the task is in its result.
    pub is_in: bool,
    /// Why.
    pub because: String,
}

/// Of labels that are listed.
const MOST_SHOWN: usize = 3;

impl Generator {
    /// Says of the task of a label why it is, or is not, in each phase: which filter dropped it, what pulled it in, what
    /// optimized it away or kept it, and what morphs did to it.
    ///
    /// Fails as the phases do, and with [`Error::UnknownLabel`].
    pub fn explain(&self, label: &str) -> Result<Explanation, Error> {
        let full = self.full_task_graph()?;
        let task = full
            .get(label)
            .ok_or_else(|| Error::UnknownLabel { label: label.into(), near: near(label, full) })?;
        let (targeted, target) = self.explain_target(task)?;
        let mut phases = vec![
            PhaseOf { phase: "full task graph", is_in: true, because: neighbours(label, full) },
            PhaseOf { phase: "target tasks", is_in: targeted, because: target },
        ];
        let wanted = self.target_task_graph()?.get(label).is_some();
        let because = self.explain_closure(task, targeted)?;
        phases.push(PhaseOf { phase: "target task graph", is_in: wanted, because });
        if wanted {
            let decision = self.decisions()?.get(label);
            let is_in = decision.is_some_and(taskgraph_optimize::Decision::is_kept);
            let because = decision.map(ToString::to_string).unwrap_or_default();
            phases.push(PhaseOf { phase: "optimized task graph", is_in, because });
            if is_in {
                let because = self.explain_morphs(label)?;
                phases.push(PhaseOf { phase: "morphed task graph", is_in, because });
            }
        }
        let origin = self.origin(label).cloned();
        Ok(Explanation { label: task.label.clone(), kind: task.kind.clone(), origin, phases })
    }

    fn explain_target(&self, task: &Task) -> Result<(bool, String), Error> {
        let mut left = self.full_task_graph()?.subset(|_| true);
        let names = self.filters()?;
        for name in &names {
            left = self.filtered(name, &left)?;
            if left.get(&task.label).is_none() {
                let filter = self.session().registry.get::<dyn Filter>(name)?;
                let why = filter.why_not(task, self.session())?;
                let why = why.map(|why| format!("; {why}")).unwrap_or_default();
                return Ok((false, format!("the filter `{name}` drops it{why}")));
            }
        }
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        Ok((true, format!("chosen by {}", names.join(", "))))
    }

    /// Why the closure has it, or not.
    fn explain_closure(&self, task: &Task, targeted: bool) -> Result<String, Error> {
        if targeted {
            return Ok("it is a target".into());
        }
        let requested = self.requested()?;
        if requested.contains(&task.label) {
            return Ok("its attribute `always_target` is true".into());
        }
        Ok(match way(&task.label, self.full_task_graph()?, requested) {
            None => "no target needs it".into(),
            Some(way) => {
                let way: Vec<String> = way.iter().map(|label| format!("`{label}`")).collect();
                format!("a target needs it: {}", way.join(" → "))
            }
        })
    }

    fn explain_morphs(&self, label: &str) -> Result<String, Error> {
        let of = |graph: &TaskGraph| {
            graph.entries().find(|(_, task)| task.label == label).map(|(_, task)| task.clone())
        };
        let (before, after) = (of(self.optimized_task_graph()?), of(self.morphed_task_graph()?));
        let (Some(before), Some(after)) = (before, after) else { return Ok("no morph keeps it".into()) };
        let (Some(before), Some(after)) = (before.task.as_map(), after.task.as_map()) else {
            return Ok("as it was".into());
        };
        let keys = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
        let changed = keys.into_iter().filter(|key| before.get(key) != after.get(key));
        let changed: Vec<String> = changed.map(|key| format!("`task.{key}`")).collect();
        Ok(match changed[..] {
            [] => "as it was".into(),
            _ => format!("morphs change {}", changed.join(", ")),
        })
    }
}

/// What it needs, and what needs it.
fn neighbours(label: &str, graph: &TaskGraph) -> String {
    let side = |direction, what: &str| {
        let labels: Vec<&str> = graph
            .graph()
            .edges_of(label, direction)
            .map(|edge| match direction {
                Direction::Dependencies => edge.to.as_str(),
                Direction::Dependents => edge.from.as_str(),
            })
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        format!("{what} {}", several(&labels))
    };
    format!("{}; {}", side(Direction::Dependencies, "needs"), side(Direction::Dependents, "needed by"))
}

fn several(labels: &[&str]) -> String {
    let shown: Vec<String> = labels.iter().take(MOST_SHOWN).map(|label| format!("`{label}`")).collect();
    match labels.len() {
        0 => "nothing".into(),
        count if count > MOST_SHOWN => format!("{} and {} more", shown.join(", "), count - MOST_SHOWN),
        _ => shown.join(", "),
    }
}

/// A shortest way to a task from one of those that are asked for.
fn way(label: &Str, graph: &TaskGraph, requested: &FxHashSet<Str>) -> Option<Vec<Str>> {
    let mut next: FxHashMap<&Str, &Str> = FxHashMap::default();
    let mut layer = vec![label];
    while !layer.is_empty() {
        let mut above = Vec::new();
        for node in layer {
            if requested.contains(node) {
                let mut way = vec![node.clone()];
                let mut at = node;
                while let Some(below) = next.get(at) {
                    way.push((*below).clone());
                    at = below;
                }
                return Some(way);
            }
            for edge in graph.graph().edges_of(node, Direction::Dependents) {
                if edge.from != label && !next.contains_key(edge.from) {
                    next.insert(edge.from, node);
                    above.push(edge.from);
                }
            }
        }
        above.sort_unstable();
        layer = above;
    }
    None
}

/// Labels that somebody may have meant: those that contain it, or else begin as it does.
fn near(label: &str, graph: &TaskGraph) -> Vec<Str> {
    let labels = || graph.tasks().map(|task| &task.label);
    let containing: Vec<Str> = labels()
        .filter(|other| !label.is_empty() && other.contains(label))
        .take(MOST_SHOWN)
        .cloned()
        .collect();
    if !containing.is_empty() {
        return containing;
    }
    let common = |other: &Str| label.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let most = labels().map(common).max().unwrap_or_default();
    if most < 3 {
        return Vec::new();
    }
    labels().filter(|other| common(other) == most).take(MOST_SHOWN).cloned().collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // That of the longest name, so that several explanations are aligned.
        let width = 20;
        write!(f, "{} (kind {})", self.label, self.kind)?;
        if let Some(Origin { file, line }) = &self.origin {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            write!(f, "\n  {:width$}  {}{line}", "written in", shown_path(file))?;
        }
        for PhaseOf { phase, is_in, because } in &self.phases {
            write!(f, "\n  {phase:width$}  {:3}  {because}", if *is_in { "yes" } else { "no" })?;
        }
        Ok(())
    }
}
