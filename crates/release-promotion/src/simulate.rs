//! What a phase would re-use, without a network.

use taskgraph_generate::{Generator, NothingFound, OptimizationInputs};
use taskgraph_kinds::Session;
use taskgraph_optimize::{Decision, NotReplaced, ReplacedBy};
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_value::{Str, Value};

use crate::{Error, PreviousGraphs, decide::explained};

/// What a phase would be made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// The tasks that the phase needs, by kind in the order in which kinds are loaded, then in the order of labels.
    pub tasks: Vec<Simulated>,
    /// Tasks of previous graphs that the tree does not make any more, so that nothing can re-use them, in the order of
    /// labels.
    pub missing: Vec<Missing>,
}

/// A task of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Its label.
    pub label: Str,
    /// Its kind.
    pub kind: Str,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A task of a previous graph is in its place.
    Reused {
        /// The graph.
        graph: Str,
        /// The task.
        task_id: Str,
    },
    /// It is made anew.
    Made {
        /// Why, in a few words.
        why: String,
    },
    /// It is left out.
    Removed {
        /// Why, in a few words.
        why: String,
    },
}

/// A task of a previous graph that the tree does not make any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its label.
    pub label: Str,
    /// Its kind there.
    pub kind: Str,
    /// The graph that has it.
    pub graph: Str,
    /// The task.
    pub task_id: Str,
}

/// Generates and optimizes the graph of a phase, whose parameters the session has, with an index that has nothing.
/// `now` only has to be there.
///
/// Fails with [`Error::Decision`], and with [`Error::Vanished`] if a task needs another that is only in a previous graph.
pub fn simulate(
    session: Session,
    previous: &PreviousGraphs,
    rebuild_kinds: &[Str],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Simulation, Error> {
    let labels: Vec<Str> = session.parameters.texts("do_not_optimize")?.into_iter().cloned().collect();
    // Where artifacts are makes no difference to what is re-used.
    let root_url = session.environment.get("TASKCLUSTER_ROOT_URL").filter(|url| !url.is_empty());
    let urls = ArtifactUrls {
        root_url: Some(root_url.unwrap_or("https://taskcluster.localhost").into()),
        proxy_url: None,
    };
    let inputs = OptimizationInputs::new(now, str::to_owned, NothingFound).with_urls(urls);
    let generator = Generator::new(session).with_inputs(inputs);
    let failed = |error| explained(error, previous);
    let decisions = generator.decisions().map_err(failed)?;
    let full = generator.full_task_graph().map_err(failed)?;
    let mut tasks = Vec::new();
    for task in full.tasks() {
        let Some(decision) = decisions.get(&task.label) else { continue };
        let fate = match decision {
            Decision::Replaced { by: ReplacedBy::ExistingTasks, task_id } => Fate::Reused {
                graph: previous.find(&task.label).map(|(graph, _)| graph.name().clone()).unwrap_or_default(),
                task_id: task_id.clone(),
            },
            Decision::Removed(why) => Fate::Removed { why: why.to_string() },
            decision => Fate::Made { why: why(&task.label, decision, previous, rebuild_kinds, &labels) },
        };
        tasks.push(Simulated { label: task.label.clone(), kind: task.kind.clone(), fate });
    }
    let kinds = generator.kind_graph().map_err(failed)?.kinds();
    let place = |kind: &Str| kinds.iter().position(|known| known.name.as_str() == kind.as_str());
    tasks.sort_by_cached_key(|task| (place(&task.kind), task.label.clone()));

    let gone = previous.labels().into_iter().filter(|label| full.get(label).is_none());
    let missing = gone.filter_map(|label| {
        let (graph, task_id) = previous.find(label)?;
        // What no full graph has was added by a morph, and is never re-used.
        let kind = previous.kind(label)?.clone();
        Some(Missing { label: label.clone(), kind, graph: graph.name().clone(), task_id: task_id.clone() })
    });
    Ok(Simulation { tasks, missing: missing.collect() })
}

fn why(
    label: &Str,
    decision: &Decision,
    previous: &PreviousGraphs,
    rebuild_kinds: &[Str],
    do_not_optimize: &[Str],
) -> String {
    if do_not_optimize.contains(label) {
        return "it is in `do_not_optimize`".to_owned();
    }
    let kind = previous.kind(label);
    if previous.find(label).is_some() {
        match kind {
            Some(kind) if rebuild_kinds.contains(kind) => {
                return format!("its kind `{kind}` is in `rebuild_kinds`");
            }
            None => return "the full graphs of the previous graphs do not have it".to_owned(),
            Some(_) => {}
        }
        if let Decision::Kept { not_replaced: NotReplaced::Dependencies(needed), .. } = decision {
            let shown: Vec<String> = needed.iter().take(3).map(|label| format!("`{label}`")).collect();
            let more =
                if needed.len() > 3 { format!(" and {} more", needed.len() - 3) } else { String::new() };
            let verb = if needed.len() == 1 { "is" } else { "are" };
            return format!("it needs {}{more}, which {verb} made anew", shown.join(", "));
        }
    } else if decision.is_kept() {
        return "no previous graph has it".to_owned();
    }
    match decision {
        Decision::Replaced { by: ReplacedBy::Strategy(strategy), task_id } => {
            format!("not here: the strategy `{strategy}` replaces it with {task_id}")
        }
        decision => decision.to_string(),
    }
}

impl Simulation {
    /// By kind: its name, and how many tasks are re-used, made anew and left out.
    pub fn kinds(&self) -> Vec<(&Str, [usize; 3])> {
        let mut kinds: Vec<(&Str, [usize; 3])> = Vec::new();
        for task in &self.tasks {
            if kinds.last().is_none_or(|(kind, _)| *kind != &task.kind) {
                kinds.push((&task.kind, [0; 3]));
            }
            let at = match task.fate {
                Fate::Reused { .. } => 0,
                Fate::Made { .. } => 1,
                Fate::Removed { .. } => 2,
            };
            if let Some((_, counts)) = kinds.last_mut() {
                counts[at] += 1;
            }
        }
        kinds
    }

    /// The whole as JSON, for other programs.
    pub fn to_value(&self) -> Value {
        use taskgraph_value::{List, map};
        let task = |task: &Simulated| {
            let mut entry = map! { "label" => &task.label, "kind" => &task.kind };
            let more = match &task.fate {
                Fate::Reused { graph, task_id } => {
                    map! { "fate" => "re-used", "graph" => graph, "taskId" => task_id }
                }
                Fate::Made { why } => map! { "fate" => "made", "why" => why.as_str() },
                Fate::Removed { why } => map! { "fate" => "left out", "why" => why.as_str() },
            };
            entry.extend_from(&more);
            Value::from(entry)
        };
        let missing = |missing: &Missing| {
            let Missing { label, kind, graph, task_id } = missing;
            Value::from(map! { "label" => label, "kind" => kind, "graph" => graph, "taskId" => task_id })
        };
        map! {
            "tasks" => self.tasks.iter().map(task).collect::<List>(),
            "missing" => self.missing.iter().map(missing).collect::<List>(),
        }
        .into()
    }
}
