//! Who decides about single tasks.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use taskgraph_config::Parameters;
use taskgraph_graph::Task;
use taskgraph_kinds::Extension;
use taskgraph_parameterize::resolve_timestamps;
use taskgraph_value::{Str, Value};

use crate::{Lookups, StrategyError};

/// Decides about tasks that name it as their `optimization`.
///
/// It is called with all tasks that it may be asked about, in the order of their labels, and answers one by one.
/// Whether an answer counts depends on what becomes of the tasks around: one that fails only matters if it counts.
/// The answer must depend on the task and on what is given alone.
pub trait Strategy: Send + Sync {
    /// What it is called in the log; the name by which tasks name it unless it says something else.
    fn description(&self) -> Option<String> {
        None
    }

    /// The index paths that it wants to be looked up for a task that names it with this argument.
    fn index_paths(&self, argument: &Value) -> Vec<Str> {
        let _ = argument;
        Vec::new()
    }

    /// Whether to remove each task.
    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        let _ = given;
        asked.iter().map(|_| false.into()).collect()
    }

    /// What to replace each task with.
    fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        let _ = given;
        asked.iter().map(|_| Replacement::Keep.into()).collect()
    }
}

impl Extension for dyn Strategy {
    const WHAT: &'static str = "optimization strategy";
}

/// Strategies that the parameter `optimize_strategies` puts in the place of those that are registered, by name. Registered
/// by the name that the parameter has.
#[derive(Default)]
pub struct StrategySet {
    /// Names and strategies.
    pub strategies: Vec<Named>,
}

impl Extension for StrategySet {
    const WHAT: &'static str = "set of optimization strategies";
}

/// A strategy and the name by which tasks name it.
#[derive(Clone)]
pub struct Named {
    /// The name.
    pub name: Str,
    /// The strategy.
    pub strategy: Arc<dyn Strategy>,
}

impl Named {
    /// A strategy of a name.
    pub fn new(name: impl Into<Str>, strategy: Arc<dyn Strategy>) -> Self {
        Named { name: name.into(), strategy }
    }

    /// What it is called in the log.
    pub fn description(&self) -> String {
        self.strategy.description().unwrap_or_else(|| self.name.to_string())
    }

    /// [`Strategy::should_remove`], with an answer for each task.
    pub(crate) fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        self.complete(asked, self.strategy.should_remove(asked, given))
    }

    /// [`Strategy::should_replace`], with an answer for each task.
    pub(crate) fn should_replace(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<Replacement>> {
        self.complete(asked, self.strategy.should_replace(asked, given))
    }

    fn complete<T>(&self, asked: &[Asked<'_>], answers: Vec<Answer<T>>) -> Vec<Answer<T>> {
        if answers.len() == asked.len() {
            return answers;
        }
        let (expected, found) = (asked.len(), answers.len());
        let problem =
            format!("the strategy `{}` was asked about {expected} tasks and gave {found} answers", self.name);
        asked.iter().map(|_| Err(StrategyError::new(problem.clone())).into()).collect()
    }
}

/// What all tasks are decided by.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The parameters of the graph.
    pub parameters: &'a Parameters,
    /// What the index and the queue say about [`Strategy::index_paths`].
    pub lookups: &'a Lookups,
}

/// A task that a strategy is asked about.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The task.
    pub task: &'a Task,
    /// What the task says beside the name of the strategy.
    pub argument: &'a Value,
    dependents: &'a [usize],
    deadlines: Option<&'a Deadlines<'a>>,
}

impl<'a> Asked<'a> {
    /// A question about a task that no other needs.
    pub fn new(task: &'a Task, argument: &'a Value) -> Self {
        Asked { task, argument, dependents: &[], deadlines: None }
    }

    pub(crate) fn in_graph(
        task: &'a Task,
        argument: &'a Value,
        dependents: &'a [usize],
        deadlines: &'a Deadlines<'a>,
    ) -> Self {
        Asked { task, argument, dependents, deadlines: Some(deadlines) }
    }

    /// The same question with another argument.
    #[must_use]
    pub fn with_argument(self, argument: &'a Value) -> Self {
        Asked { argument, ..self }
    }

    /// The latest deadline among the tasks that need this one, as tasks have it; nothing if there are none.
    ///
    /// Fails for a deadline that is no text once it is resolved.
    pub fn deadline(&self) -> Result<Option<Str>, StrategyError> {
        let Some(deadlines) = self.deadlines else { return Ok(None) };
        let mut latest: Option<Str> = None;
        for dependent in self.dependents {
            let deadline = deadlines.of(*dependent)?;
            if latest.as_ref().is_none_or(|latest| deadline > latest) {
                latest = Some(deadline.clone());
            }
        }
        Ok(latest)
    }
}

/// The deadlines of tasks, each resolved when it is first asked for: many tasks share their dependents.
pub(crate) struct Deadlines<'a> {
    now: DateTime<Utc>,
    tasks: Vec<(&'a Task, OnceLock<Result<Str, StrategyError>>)>,
}

impl<'a> Deadlines<'a> {
    /// Of these tasks; later asked for by their places.
    pub(crate) fn new(now: DateTime<Utc>, tasks: impl Iterator<Item = &'a Task>) -> Self {
        Deadlines { now, tasks: tasks.map(|task| (task, OnceLock::new())).collect() }
    }

    fn of(&self, at: usize) -> Result<&Str, StrategyError> {
        let (task, cell) = &self.tasks[at];
        cell.get_or_init(|| self.resolve(task)).as_ref().map_err(Clone::clone)
    }

    fn resolve(&self, task: &Task) -> Result<Str, StrategyError> {
        let of = |problem: String| {
            StrategyError::new(format!("the deadline of `{}`, which needs the task: {problem}", task.label))
        };
        let deadline = task.task.peek("deadline").ok_or_else(|| of("it has none".to_owned()))?;
        let deadline = resolve_timestamps(&deadline, self.now).map_err(|error| of(error.to_string()))?;
        let text = deadline.as_str().cloned();
        text.ok_or_else(|| of(format!("expected a time, found {}", deadline.type_name())))
    }
}

/// What to replace a task with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replacement {
    /// Nothing is found: the task runs.
    Keep,
    /// The task is removed. What needs it must not need it any more.
    Remove,
    /// The task of this taskId.
    With(Str),
}

/// An answer about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer, or why there is none.
    pub result: Result<T, StrategyError>,
    /// Lines for the log.
    pub notes: Vec<String>,
}

impl<T> Answer<T> {
    /// An answer with a line for the log.
    pub fn noted(answer: T, note: String) -> Self {
        Answer { result: Ok(answer), notes: vec![note] }
    }
}

impl<T> From<T> for Answer<T> {
    fn from(answer: T) -> Self {
        Answer { result: Ok(answer), notes: Vec::new() }
    }
}

impl<T> From<Result<T, StrategyError>> for Answer<T> {
    fn from(result: Result<T, StrategyError>) -> Self {
        Answer { result, notes: Vec::new() }
    }
}
