//! Which tasks are targets.

use std::sync::Arc;

use rayon::prelude::*;
use taskgraph_config::{runs_on, runs_on_git_branch};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Extension, Registry, Session};
use taskgraph_value::{Map, Str, Value, python::repr, text};

use crate::Error;

/// Chooses among the tasks that earlier filters left. The parameter `filters` names those to apply, in order.
pub trait Filter: Send + Sync {
    /// The labels to keep.
    fn keep(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error>;

    /// In a few words, for people, why a task is not kept; nothing if the filter cannot tell.
    fn why_not(&self, _task: &Task, _session: &Session) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

impl Extension for dyn Filter {
    const WHAT: &'static str = "filter";
}

/// Chooses the targets. The parameter `target_tasks_method` names the one to use.
pub trait TargetMethod: Send + Sync {
    /// The labels of the targets.
    fn targets(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error>;

    /// In a few words, for people, why a task is no target; nothing if the method cannot tell.
    fn why_not(&self, _task: &Task, _session: &Session) -> Result<Option<String>, Error> {
        Ok(None)
    }
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
        let (_, method) = self.method(session)?;
        method.targets(tasks, session)
    }

    fn why_not(&self, task: &Task, session: &Session) -> Result<Option<String>, Error> {
        let (name, method) = self.method(session)?;
        let reason = method.why_not(task, session)?.map(|reason| format!(": {reason}")).unwrap_or_default();
        Ok(Some(format!("the target method is `{name}`{reason}")))
    }
}

impl ByMethod {
    fn method(&self, session: &Session) -> Result<(Str, Arc<dyn TargetMethod>), Error> {
        let name = match session.parameters.get("target_tasks_method") {
            None => text!("all_tasks"),
            Some(_) => session.parameters.text("target_tasks_method")?.clone(),
        };
        let method = session.registry.get::<dyn TargetMethod>(&name)?;
        Ok((name, method))
    }
}

/// How many tasks one thread looks at, at a time.
const PART: usize = 128;

/// Tasks that want to run on this project, event and branch.
struct Standard {
    /// Only those that take part in code review.
    code_review: bool,
}

impl TargetMethod for Standard {
    fn targets(&self, tasks: &TaskGraph, session: &Session) -> Result<Vec<Str>, Error> {
        let push = Push::new(session)?;
        let target = |task: &Arc<Task>| Ok(self.unwanted(task, &push)?.is_none().then(|| task.label.clone()));
        let tasks = tasks.tasks().as_slice().par_iter().with_min_len(PART).with_max_len(PART);
        let targets: Vec<Result<Option<Str>, Error>> = tasks.map(target).collect();
        targets.into_iter().filter_map(Result::transpose).collect()
    }

    fn why_not(&self, task: &Task, session: &Session) -> Result<Option<String>, Error> {
        let push = Push::new(session)?;
        Ok(self.unwanted(task, &push)?.map(|unwanted| unwanted.text(task, &push)))
    }
}

impl Standard {
    fn unwanted(&self, task: &Task, push: &Push<'_>) -> Result<Option<Unwanted>, Error> {
        if self.code_review && !task.attributes.is_true("code-review") {
            return Ok(Some(Unwanted::NoReview));
        }
        push.unwanted(task)
    }
}

/// Why a task does not run for a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unwanted {
    NoReview,
    Cron,
    Phase,
    Project,
    Event,
    Branch,
}

impl Unwanted {
    fn text(self, task: &Task, push: &Push<'_>) -> String {
        let differs = |what: &str, is: &str, key: &str| {
            let wanted = task.attributes.get(key).map_or_else(|| "not set".to_owned(), repr);
            format!("the {what} is `{is}`, and `{key}` is {wanted}")
        };
        match self {
            Unwanted::NoReview => "`code-review` is not true".to_owned(),
            Unwanted::Cron => "`cron` is true: only a cron job runs it".to_owned(),
            Unwanted::Phase => {
                let phase = task.attributes.get("shipping_phase").map(repr).unwrap_or_default();
                format!("`shipping_phase` is {phase}: only a release runs it")
            }
            Unwanted::Project => differs("project", push.project, "run_on_projects"),
            Unwanted::Event => differs("event", push.tasks_for, "run_on_tasks_for"),
            Unwanted::Branch => differs("branch", push.branch.unwrap_or_default(), "run_on_git_branches"),
        }
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

    /// Why a task does not run, if it does not.
    fn unwanted(&self, task: &Task) -> Result<Option<Unwanted>, Error> {
        let attributes = &task.attributes;
        let all = [Value::from(text!("all"))];
        if attributes.is_true("cron") {
            return Ok(Some(Unwanted::Cron));
        }
        if !in_build_phase(attributes) {
            return Ok(Some(Unwanted::Phase));
        }
        if !runs_on(self.project, list_of(attributes, "run_on_projects").unwrap_or_default()) {
            return Ok(Some(Unwanted::Project));
        }
        if !runs_on(self.tasks_for, list_of(attributes, "run_on_tasks_for").unwrap_or(&all)) {
            return Ok(Some(Unwanted::Event));
        }
        if let (Some(branch), Some(patterns)) = (self.branch, list_of(attributes, "run_on_git_branches")) {
            let runs = runs_on_git_branch(branch, patterns).map_err(|source| Error::Regex {
                origin: None,
                task: task.label.clone(),
                source,
            })?;
            return Ok((!runs).then_some(Unwanted::Branch));
        }
        Ok(None)
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
