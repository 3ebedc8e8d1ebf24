//! What can go wrong with actions.

use std::path::PathBuf;

use taskcluster_queue_client::{Error as ClientError, TaskId};
use taskgraph_actions::DocumentError;
use taskgraph_config::{ConfigError, ParametersError};
use taskgraph_decision::{CreateError, Error as DecisionError};
use taskgraph_kinds::UnknownName;
use taskgraph_schema::{many_lines, one_line, shown_path};
use taskgraph_value::Str;
use thiserror::Error;

/// An error of any type, of an action that a program brings along.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with actions.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file that hooks are made from cannot be read.
    #[error("cannot read `{}`, whose content names the hooks of actions: {source}", shown_path(path))]
    TaskclusterYml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no checkout to look for that file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A parameter is missing, or not what it has to be.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// `disabled-actions` has names that no action has.
    #[error(
        "{}: `taskgraph.disabled-actions`: there is no action {}; known are {}",
        shown_path(config), quoted(unknown), known.join(", ")
    )]
    UnknownDisabled {
        /// The graph configuration.
        config: PathBuf,
        /// What nobody knows, sorted.
        unknown: Vec<Str>,
        /// The callbacks that are known, sorted.
        known: Vec<Str>,
    },
    /// An action that cannot be declared.
    #[error("the action `{}` cannot be declared: {}", one_line(action), many_lines(problem))]
    Declaration {
        /// Its callback.
        action: Str,
        /// What is wrong.
        problem: String,
    },
    /// An action that cannot say what it applies to, or which input it takes.
    #[error("the action `{}` cannot be declared: {}", one_line(action), many_lines(&source.to_string()))]
    Declaring {
        /// Its callback.
        action: Str,
        /// Why.
        source: AnyError,
    },
    /// The actions together are not as their specification wants it.
    #[error("the actions cannot be declared: {0}")]
    Document(#[from] DocumentError),
    /// `.taskcluster.yml` makes no action tasks.
    #[error("{}", many_lines(&source.to_string()))]
    Template {
        /// Why.
        source: taskgraph_chain_of_trust::Error,
    },
    /// A callback that nobody registered.
    #[error(transparent)]
    UnknownCallback(#[from] UnknownName),
    /// A variable of the environment that an action task must have is missing, or not what it should be.
    #[error("the environment variable `{name}`: expected {expected}, found {}", one_line(found))]
    Variable {
        /// Its name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The scopes of the action task cannot be asked for.
    #[error("cannot tell which scopes this task has: {source}")]
    CurrentScopes {
        /// Why.
        source: ClientError,
    },
    /// The action task was made by a hook of another permission than the action needs.
    #[error("this task must not run this action: expected the scope {}", alternatives(expected))]
    Scopes {
        /// The scopes, one of which it must have.
        expected: Vec<String>,
    },
    /// An input that is not what the action takes.
    #[error("bad input for the action `{}`: {}", one_line(action), many_lines(problem))]
    Input {
        /// The callback.
        action: Str,
        /// What is wrong.
        problem: String,
    },
    /// The callback has failed.
    #[error("the action `{}` failed: {}", one_line(action), many_lines(&source.to_string()))]
    Action {
        /// The callback.
        action: Str,
        /// Why.
        source: AnyError,
    },
    /// An action for a task that was triggered for a group.
    #[error("it needs a task to be triggered for")]
    NoTask,
    /// An action for a group that was triggered without one.
    #[error("it needs a task group to be triggered for")]
    NoGroup,
    /// The task that the action is for cannot be looked up.
    #[error("cannot look up task {task_id}: {source}")]
    Target {
        /// The task.
        task_id: TaskId,
        /// Why.
        source: ClientError,
    },
    /// The task that the action is for is in another group than the action.
    #[error("task {task_id} (`{}`) is in the group {}, not in {group}", one_line(label), one_line(found))]
    Outside {
        /// The task.
        task_id: TaskId,
        /// Its name.
        label: Str,
        /// Its group.
        found: Str,
        /// The group that the action was triggered from.
        group: TaskId,
    },
    /// A repository of neither sort.
    #[error("the parameter `repository_type`: expected `git` or `hg`, found {}", one_line(found))]
    RepositoryType {
        /// What it is.
        found: String,
    },
    /// Something cannot be looked up in the index.
    #[error("cannot look up `{}` in the index: {source}", one_line(path))]
    Index {
        /// The path.
        path: String,
        /// Why.
        source: ClientError,
    },
    /// There is no decision task.
    #[error("there is no decision task at `{}` in the index, and no task group is given", one_line(path))]
    NoDecision {
        /// Where it should be.
        path: String,
    },
    /// An artifact cannot be read.
    #[error("cannot read the artifact `{name}` of task {task_id}: {source}")]
    Artifact {
        /// The task.
        task_id: TaskId,
        /// The name of the artifact.
        name: &'static str,
        /// Why.
        source: ClientError,
    },
    /// An artifact that does not hold what it should.
    #[error("the artifact `{name}` of task {task_id}: {}", one_line(problem))]
    BadArtifact {
        /// The task.
        task_id: TaskId,
        /// The name of the artifact.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Labels that no task of the graph has.
    #[error("the full task graph of {decision_task_id} has no task {}", quoted(labels))]
    UnknownLabels {
        /// The decision task.
        decision_task_id: TaskId,
        /// The labels.
        labels: Vec<Str>,
    },
    /// The part of the graph that is needed cannot be made.
    #[error("{}", many_lines(&source.to_string()))]
    Optimize {
        /// Why.
        source: taskgraph_optimize::Error,
    },
    /// Earlier tasks cannot be looked up.
    #[error("cannot look up {count} index paths, the first of which is `{}`: {source}", one_line(first))]
    Lookup {
        /// The first path.
        first: Str,
        /// How many there are.
        count: usize,
        /// Why.
        source: ClientError,
    },
    /// The artifacts of this task cannot be written.
    #[error("{source}")]
    Artifacts {
        /// Why.
        source: DecisionError,
    },
    /// Tasks cannot be created.
    #[error("{source}")]
    Create {
        /// Why, and which.
        source: CreateError,
    },
    /// How tasks stand cannot be looked up.
    #[error("cannot look up how tasks stand: {source}")]
    Statuses {
        /// Why.
        source: ClientError,
    },
    /// A task that is not meant to be retriggered.
    #[error(
        "task `{}` should be rerun, not retriggered; the input `force: true` retriggers it all the same",
        one_line(label)
    )]
    NotRetriggerable {
        /// Its label.
        label: Str,
    },
    /// A task that is not one of the push.
    #[error(
        "task {task_id} (`{}`) was not created for the push of the decision task {decision_task_id}",
        one_line(label)
    )]
    NotOfPush {
        /// The task.
        task_id: TaskId,
        /// Its name.
        label: Str,
        /// The decision task.
        decision_task_id: TaskId,
    },
    /// Labels whose tasks do not exist.
    #[error("there is no task {} to rerun: nothing created it for this push", quoted(labels))]
    NotCreated {
        /// The labels.
        labels: Vec<Str>,
    },
    /// Something that was to be done to several tasks was not done to all of them.
    #[error("{} of {total} tasks: {}", failures.len(), listed(failures.iter().cloned(), failures.len(), "; "))]
    Incomplete {
        /// What is wrong with each that failed.
        failures: Vec<String>,
        /// How many there are.
        total: usize,
        /// What a service said about the first of them, if it was a service.
        source: Option<ClientError>,
    },
    /// A definition with a time that leads out of the calendar.
    #[error("task {task_id}: the time {} cannot be moved to the present", one_line(time))]
    Time {
        /// The task.
        task_id: TaskId,
        /// The time.
        time: Str,
    },
}

fn alternatives(scopes: &[String]) -> String {
    let scopes: Vec<_> = scopes.iter().map(|scope| format!("`{}`", one_line(scope))).collect();
    if scopes.is_empty() {
        "of a repository, which the parameters do not name".to_owned()
    } else {
        scopes.join(" or ")
    }
}

/// How many names or problems a message lists.
const SHOWN: usize = 10;

fn quoted(names: &[Str]) -> String {
    listed(names.iter().map(|name| format!("`{}`", one_line(name))), names.len(), ", ")
}

fn listed(items: impl Iterator<Item = String>, count: usize, separator: &str) -> String {
    let mut shown = items.take(SHOWN).collect::<Vec<_>>().join(separator);
    if count > SHOWN {
        shown += &format!(" and {} more", count - SHOWN);
    }
    shown
}
