//! An optimization from its start to the graph that is left.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rustc_hash::{FxHashMap, FxHashSet};
use taskgraph_config::Parameters;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Registry, UnknownName};
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, text};

use crate::{
    Decisions, Error, Fault, Log, Lookups, Problem,
    error::check,
    links::Links,
    strategies::Never,
    strategy::{Given, Named, Strategy, StrategySet},
};

/// What a graph is optimized with.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The parameters, for strategies.
    pub parameters: &'a Parameters,
    /// The strategies that are registered.
    pub registry: &'a Registry,
    /// Strategies in the place of those that are registered, if the parameter `optimize_strategies` names some.
    pub strategies: Option<&'a StrategySet>,
    /// The labels of the targets. Other tasks are only there because targets need them.
    pub requested: &'a FxHashSet<Str>,
    /// The labels of the tasks that must run.
    pub do_not_optimize: &'a FxHashSet<Str>,
    /// The taskIds of earlier tasks by labels: the parameter `existing_tasks`.
    pub existing_tasks: &'a Map,
    /// The current time, from which deadlines are counted.
    pub now: DateTime<Utc>,
}

/// The taskIds that references are resolved to.
#[derive(Clone, Copy)]
pub struct Ids<'a> {
    /// The taskId to create the task of a label with. Asked once for each label that is left, in their order. Two labels
    /// must have two ids.
    pub task_id: &'a dyn Fn(&str) -> String,
    /// The decision task.
    pub decision_task_id: &'a str,
    /// Where artifacts are.
    pub urls: &'a ArtifactUrls,
}

/// A graph of the tasks that will run, and how it came to it.
#[derive(Clone, Debug)]
pub struct Optimized {
    /// The tasks that will be created, by taskId. Their `dependencies` are taskIds, too, those of replacements included;
    /// edges are only between tasks of the graph.
    pub graph: TaskGraph,
    /// TaskIds by label: of tasks that will be created, and of those that are replaced. A task that was removed is here
    /// if a replacement was found all the same, as in the reference.
    pub label_to_taskid: BTreeMap<Str, Str>,
    /// What became of every task.
    pub decisions: Decisions,
    /// The lines of `optimizations.log`.
    pub log: Log,
}

/// An optimization that is about to start. Knows which index paths it wants to be looked up.
pub struct Optimization<'a> {
    pub(crate) graph: &'a TaskGraph,
    pub(crate) options: Options<'a>,
    pub(crate) links: Links<'a>,
    pub(crate) uses: Vec<Option<Use<'a>>>,
    pub(crate) strategies: Vec<Known>,
}

/// Which strategy decides about a task. Tasks that must run have none.
#[derive(Clone, Copy)]
pub(crate) struct Use<'a> {
    /// The position in the list of strategies.
    pub(crate) strategy: usize,
    /// What the task says beside its name.
    pub(crate) argument: &'a Value,
}

/// A strategy that some task names.
pub(crate) struct Known {
    pub(crate) named: Named,
    /// What it is called in the log.
    pub(crate) shown: Str,
}

impl<'a> Optimization<'a> {
    /// Looks the strategies of all tasks up.
    ///
    /// The tasks of the graph must have their labels as keys. Fails with [`Error::Faults`] for tasks whose strategy
    /// nobody registered, and with [`Error::Graph`] if tasks need each other in a circle.
    pub fn new(graph: &'a TaskGraph, options: Options<'a>) -> Result<Self, Error> {
        let links = Links::new(graph);
        if links.dependencies_first().len() < links.len() {
            graph.graph().postorder()?;
        }
        let mut found = Found::new(options);
        let mut faults = Vec::new();
        let mut uses = Vec::with_capacity(links.len());
        for at in &links.positions {
            let task = &*graph.tasks().as_slice()[*at];
            // The strategies of tasks that must run make no difference.
            if options.do_not_optimize.contains(&task.label) {
                uses.push(None);
                continue;
            }
            match found.of(task) {
                Ok(strategy) => uses.push(Some(strategy)),
                Err(problem) => {
                    uses.push(None);
                    faults.push(fault(task, problem));
                }
            }
        }
        check(faults)?;
        Ok(Optimization { graph, options, links, uses, strategies: found.strategies })
    }

    /// The index paths to look up, sorted, each once: those of all tasks that may be optimized, whatever becomes of them.
    pub fn index_paths(&self) -> Vec<Str> {
        let mut paths: Vec<Str> = Vec::new();
        for used in self.uses.iter().flatten() {
            paths.extend(self.strategies[used.strategy].named.strategy.index_paths(used.argument));
        }
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// Removes and replaces tasks, and resolves the references of those that are left.
    ///
    /// Fails with [`Error::Faults`] if a strategy cannot decide, a task that is needed is removed, or a reference leads
    /// nowhere, and with [`Error::Graph`] if two tasks have one taskId.
    pub fn run(&self, lookups: &Lookups, ids: Ids<'_>) -> Result<Optimized, Error> {
        let given = Given { parameters: self.options.parameters, lookups };
        let attempt = |thorough: bool| {
            let mut log = Log::default();
            let removal = self.remove(&given, thorough, &mut log)?;
            let replacement = self.replace(&given, &removal.removed, &mut log)?;
            Ok::<_, Error>((removal, replacement, log))
        };
        let (mut removal, mut replacement, mut log) = attempt(false)?;
        // The reference gives up here.
        if self.is_too_much_pruned(&removal, &replacement) {
            (removal, replacement, log) = attempt(true)?;
        }
        let (graph, label_to_taskid) = self.subgraph(&removal, &replacement, ids)?;
        Ok(Optimized { graph, label_to_taskid, decisions: self.decisions(removal, replacement), log })
    }

    pub(crate) fn task(&self, node: usize) -> &'a Task {
        &self.graph.tasks().as_slice()[self.links.positions[node]]
    }

    pub(crate) fn label(&self, node: usize) -> &'a Str {
        &self.task(node).label
    }

    /// What the strategy of a task is called in the log.
    pub(crate) fn shown(&self, node: usize) -> Str {
        self.uses[node].map(|used| self.strategies[used.strategy].shown.clone()).unwrap_or_default()
    }

    /// The fault of a task whose strategy cannot decide.
    pub(crate) fn strategy_fault(&self, node: usize, source: crate::StrategyError) -> Error {
        let name = self.uses[node].map(|used| self.strategies[used.strategy].named.name.clone());
        let problem = Problem::Strategy { strategy: name.unwrap_or_default(), source };
        Error::Faults(vec![fault(self.task(node), problem)])
    }

    pub(crate) fn is_protected(&self, node: usize) -> bool {
        self.uses[node].is_none()
    }

    /// Asks each strategy once about its tasks among `nodes`; `answers` gets what it says, by node.
    pub(crate) fn ask<T>(
        &self,
        nodes: impl Iterator<Item = usize>,
        mut ask: impl FnMut(&Named, &[(usize, Use<'a>)]) -> Vec<T>,
    ) -> Vec<Option<T>> {
        let mut groups: Vec<Vec<(usize, Use<'a>)>> = self.strategies.iter().map(|_| Vec::new()).collect();
        for node in nodes {
            if let Some(used) = self.uses[node] {
                groups[used.strategy].push((node, used));
            }
        }
        let mut answers: Vec<Option<T>> = (0..self.links.len()).map(|_| None).collect();
        for (known, group) in self.strategies.iter().zip(groups) {
            if !group.is_empty() {
                for ((node, _), answer) in group.iter().zip(ask(&known.named, &group)) {
                    answers[*node] = Some(answer);
                }
            }
        }
        answers
    }
}

pub(crate) fn fault(task: &Task, problem: impl Into<Problem>) -> Fault {
    Fault { kind: task.kind.clone(), task: task.label.clone(), problem: problem.into() }
}

/// The strategies that were found so far.
struct Found<'a> {
    options: Options<'a>,
    strategies: Vec<Known>,
    by_name: FxHashMap<Str, Result<usize, UnknownName>>,
    /// The one of tasks that name none.
    never: Option<usize>,
}

impl<'a> Found<'a> {
    fn new(options: Options<'a>) -> Self {
        Found { options, strategies: Vec::new(), by_name: FxHashMap::default(), never: None }
    }

    fn of(&mut self, task: &'a Task) -> Result<Use<'a>, Problem> {
        static NOTHING: Value = Value::Null;
        if !task.optimization.is_truthy() {
            return Ok(Use { strategy: self.never(), argument: &NOTHING });
        }
        // The first key counts.
        let first = task.optimization.as_map().and_then(|map| map.iter().next());
        let Some((name, argument)) = first else {
            return Err(Problem::NotAnOptimization { found: describe(&task.optimization) });
        };
        if let Some(known) = self.by_name.get(name) {
            return match known {
                Ok(strategy) => Ok(Use { strategy: *strategy, argument }),
                Err(unknown) => Err(Problem::UnknownStrategy(unknown.clone())),
            };
        }
        let found = self.find(name).map(|named| {
            let shown = format!("{name} ({})", named.description()).into();
            self.strategies.push(Known { named, shown });
            self.strategies.len() - 1
        });
        self.by_name.insert(name.clone(), found.clone());
        found.map(|strategy| Use { strategy, argument }).map_err(Problem::UnknownStrategy)
    }

    fn never(&mut self) -> usize {
        if let Some(never) = self.never {
            return never;
        }
        let name = text!("never");
        let named = self.find(&name).unwrap_or_else(|_| Named::new(name.clone(), std::sync::Arc::new(Never)));
        self.strategies.push(Known { named, shown: name });
        *self.never.insert(self.strategies.len() - 1)
    }

    fn find(&self, name: &Str) -> Result<Named, UnknownName> {
        let set = self.options.strategies.map(|set| set.strategies.as_slice()).unwrap_or_default();
        // As in a Python dict, the last of a name counts.
        if let Some(named) = set.iter().rev().find(|named| named.name == *name) {
            return Ok(named.clone());
        }
        match self.options.registry.get::<dyn Strategy>(name) {
            Ok(strategy) => Ok(Named::new(name.clone(), strategy)),
            Err(mut unknown) => {
                unknown.known.extend(set.iter().map(|named| named.name.clone()));
                unknown.known.sort_unstable();
                unknown.known.dedup();
                Err(unknown)
            }
        }
    }
}
