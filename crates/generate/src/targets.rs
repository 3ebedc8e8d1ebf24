//! Which tasks are targets.

use std::sync::Arc;

use taskgraph_config::{runs_on, runs_on_git_branch};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Extension, Registry, Session};
use taskgraph_value::{Map, Str, Value, text};

use crate::Error;

/// Chooses among the tasks that earlier filters left. The parameter `filters` names those to apply, in order.
pub trait Filter: Send + Sync {
    /// The labels to keep.
    fn keep(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error>;
}

impl Extension for dyn Filter {
    const WHAT: &'static str = "filter";
}

/// Chooses the targets. The parameter `target_tasks_method` names the one to use.
pub trait TargetMethod: Send + Sync {
    /// The labels of the targets.
    fn targets(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error>;
}

impl Extension for dyn TargetMethod {
    const WHAT: &'static str = "target method";
}

pub(crate) fn register(registry: &mut Registry) {
    registry.add::<dyn Filter>("target_tasks_method", Arc::new(ByMethod));
    registry.add::<dyn TargetMethod>("default", Arc::new(Standard { code_review: false }));
    registry.add::<dyn TargetMethod>("codereview", Arc::new(Standard { code_review: true }));
    registry.add::<dyn TargetMethod>("nothing", Arc::new(Nothing));
}

/// The filter that leaves it to the target method.
struct ByMethod;

impl Filter for ByMethod {
    fn keep(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error> {
        let name = match session.parameters.get("target_tasks_method") {
            None => text!("all_tasks"),
            Some(_) => session.parameters.text("target_tasks_method")?.clone(),
        };
        session.registry.get::<dyn TargetMethod>(&name)?.targets(tasks, session)
    }
}

/// Tasks that want to run on this project, event and branch.
struct Standard {
    /// Only those that take part in code review.
    code_review: bool,
}

impl TargetMethod for Standard {
    fn targets(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error> {
        let push = Push::new(session)?;
        let mut targets = Vec::new();
        for task in tasks.tasks() {
            let wanted = !self.code_review || task.attributes.is_true("code-review");
            if wanted && push.runs(task)? {
                targets.push(task.label.clone());
            }
        }
        Ok(targets)
    }
}

/// No tasks, for pushes that say so.
struct Nothing;

impl TargetMethod for Nothing {
    fn targets(&self, _: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        Ok(Vec::new())
    }
}

/// What the attributes `run_on_*` are compared with.
struct Push<'a> {
    project: &'a Str,
    tasks_for: &'a Str,
    /// The branch; none where branches make no difference.
    branch: Option<&'a str>,
}

impl<'a> Push<'a> {
    fn new(session: &'a Session) -> Result<Self, Error> {
        let parameters = &session.parameters;
        let tasks_for = parameters.text("tasks_for")?;
        let git = parameters.get("repository_type").and_then(Value::as_str).is_some_and(|form| form == "git");
        // The branches of pull requests have any names.
        let branch = if git && !tasks_for.starts_with("github-pull-request") {
            let head = parameters.text("head_ref")?;
            Some(head.strip_prefix("refs/heads/").unwrap_or(head))
        } else {
            None
        };
        Ok(Push { project: parameters.text("project")?, tasks_for, branch })
    }

    fn runs(&self, task: &Task) -> Result<bool, Error> {
        let attributes = &task.attributes;
        let all = [Value::from(text!("all"))];
        if attributes.is_true("cron") || !in_build_phase(attributes) {
            return Ok(false);
        }
        if !runs_on(self.project, list_of(attributes, "run_on_projects").unwrap_or_default()) {
            return Ok(false);
        }
        if !runs_on(self.tasks_for, list_of(attributes, "run_on_tasks_for").unwrap_or(&all)) {
            return Ok(false);
        }
        match (self.branch, list_of(attributes, "run_on_git_branches")) {
            (Some(branch), Some(patterns)) => runs_on_git_branch(branch, patterns)
                .map_err(|source| Error::Regex { origin: None, task: task.label.clone(), source }),
            _ => Ok(true),
        }
    }
}

fn list_of<'a>(attributes: &'a Map, key: &str) -> Option<&'a [Value]> {
    attributes.get(key).and_then(Value::as_list).map(|list| list.as_slice())
}

/// Later phases of a release are started by people.
fn in_build_phase(attributes: &Map) -> bool {
    match attributes.get("shipping_phase") {
        None | Some(Value::Null) => true,
        Some(phase) => phase.as_str().is_some_and(|phase| phase == "build"),
    }
}
