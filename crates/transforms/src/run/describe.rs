//! Run-using handlers: who knows how to run what on which workers.

use std::sync::Arc;

use taskgraph_kinds::{Description, Error, Extension, KindContext, Problem, Registry, Transform};
use taskgraph_schema::Object;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::batch;

/// Knows how to run tasks of one `run.using` on one worker implementation. Registered under
/// `<using>/<implementation>`, e.g. `run-task/docker-worker`.
pub trait RunUsing: Send + Sync {
    /// What tasks may write under `run`; none to check nothing.
    fn schema(&self) -> Option<&'static Object> {
        None
    }

    /// What `run` has where a task does not say otherwise.
    fn defaults(&self) -> Map {
        Map::new()
    }

    /// Completes some tasks: all those of a kind that name this handler, in order. Must keep their number and order.
    fn describe(&self, kind: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error>;

    /// Whether tasks may come in several calls, on several threads.
    fn splits(&self) -> bool {
        false
    }

    /// Whether, on a worker implementation, tasks that differ in no more than what is passed on need not all be
    /// described, such as the chunks of a suite.
    ///
    /// What is passed on is a `run.command` that is a text, which is to be the last word of `worker.command` as it is;
    /// texts in `worker.env`, which stay as they are or are replaced whatever they are; and the label, description,
    /// attributes and `treeherder` of the task, which stay. Nothing else may follow from them, nor may the schema tell
    /// one text from another.
    fn passes_on(&self, _implementation: &str) -> bool {
        false
    }
}

impl Extension for dyn RunUsing {
    const WHAT: &'static str = "run-using handler";
}

/// A task that is to be run.
#[derive(Clone, Debug)]
pub struct RunJob {
    /// What the task has under `run`, with defaults filled in.
    pub run: Map,
    /// The task without `run`. Has `attributes`, `dependencies`, `soft-dependencies`, `routes`, `scopes`, `extra`, and
    /// `worker` with its `implementation`.
    pub task: Description,
}

impl RunJob {
    /// The worker implementation.
    pub fn implementation(&self) -> &str {
        self.task
            .get_map("worker")
            .and_then(|worker| worker.get_str("implementation"))
            .map_or("", Str::as_str)
    }

    /// The operating system of the worker.
    pub fn os(&self) -> Result<&Str, Problem> {
        let os = self.task.get_map("worker").and_then(|worker| worker.get_str("os"));
        os.ok_or_else(|| Problem::message("the alias of its `worker-type` in config.yml has no `os`"))
    }

    /// What the worker is told, to change it.
    pub fn worker(&mut self) -> &mut Map {
        self.task.map_mut(text!("worker"))
    }

    /// The environment variables, to change them.
    pub fn env(&mut self) -> &mut Map {
        self.worker().map_mut(text!("env"))
    }

    /// The text of a key of `run` that must be a string.
    pub fn run_text(&self, key: &str) -> Result<&Str, Problem> {
        self.run.get_str(key).ok_or_else(|| Problem::missing(&format!("run.{key}"), "a string"))
    }
}

pub(super) fn register(
    registry: &mut Registry,
    using: &str,
    implementations: &[&str],
    handler: impl RunUsing + 'static,
) {
    let handler: Arc<dyn RunUsing> = Arc::new(handler);
    for implementation in implementations {
        registry.add(format!("{using}/{implementation}"), handler.clone());
    }
}

/// Calls the handlers.
pub(super) struct MakeDescriptions;

impl Transform for MakeDescriptions {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let mut jobs = Vec::with_capacity(tasks.len());
        for mut task in tasks {
            let Some(Value::Map(mut run)) = task.remove("run") else {
                return Err(task.error(Problem::missing("run", "a mapping")));
            };
            // Tasks that never execute have no folder to work in.
            let implementation = task.get_map("worker").and_then(|worker| worker.get_str("implementation"));
            if implementation.is_some_and(|name| name == "docker-worker" || name == "generic-worker") {
                run.set_default(text!("workdir"), text!("/builds/worker"));
            }
            for key in [text!("attributes"), text!("dependencies"), text!("extra")] {
                if task.get_some(&key).is_none() {
                    task.insert(key, Map::new().into());
                }
            }
            for key in [text!("soft-dependencies"), text!("routes"), text!("scopes")] {
                if task.get_some(&key).is_none() {
                    task.insert(key, List::new().into());
                }
            }
            jobs.push(RunJob { run, task });
        }
        let jobs = configure(kind, jobs)?;
        Ok(jobs.into_iter().map(|job| job.task).collect())
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        kind.registry.all::<dyn RunUsing>(RunUsing::splits)
    }
}

/// Calls the handler of each job: all jobs of a handler in one call, in order.
pub(super) fn configure(kind: &KindContext<'_>, jobs: Vec<RunJob>) -> Result<Vec<RunJob>, Error> {
    let mut names: Vec<Str> = Vec::with_capacity(jobs.len());
    for job in &jobs {
        let using = job.run_text("using").map_err(|problem| job.task.error(problem))?;
        let implementation = job.implementation();
        // Most jobs have the handler of the one before them.
        let same = |name: &&Str| {
            name.strip_prefix(using.as_str())
                .is_some_and(|rest| rest.strip_prefix('/') == Some(implementation))
        };
        let name = names.last().filter(same).cloned();
        names.push(name.unwrap_or_else(|| format!("{using}/{implementation}").into()));
    }
    let mut slots: Vec<Option<RunJob>> = jobs.into_iter().map(Some).collect();
    for (name, positions) in batch::by_name(names.iter().map(Some)) {
        batch::with_items(&mut slots, &positions, |jobs| call(kind, &name, jobs))?;
    }
    Ok(slots.into_iter().flatten().collect())
}

fn call(kind: &KindContext<'_>, name: &str, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
    let handler = match kind.registry.get::<dyn RunUsing>(name) {
        Ok(handler) => handler,
        Err(unknown) => return Err(jobs[0].task.error(unknown.into())),
    };
    let defaults = handler.defaults();
    let schema = handler.schema().filter(|_| !kind.fast);
    let mut accepted: Option<&Map> = None;
    for RunJob { run, task } in jobs.iter_mut() {
        for (key, value) in &defaults {
            run.set_default(key.clone(), value.clone());
        }
        if let Some(schema) = schema {
            Problem::validate_like(accepted, schema, run, "run").map_err(|problem| task.error(problem))?;
            accepted = Some(run);
        }
    }
    let before = jobs.len();
    handler.describe(kind, jobs)?;
    if jobs.len() != before {
        let left = jobs.len();
        let problem = format!("the run-using handler `{name}` was given {before} tasks, and left {left}");
        return Err(Error::new(Problem::message(problem)));
    }
    Ok(())
}

/// Calls a function for each job, for handlers that treat each on its own.
pub(super) fn each(
    jobs: &mut [RunJob],
    mut f: impl FnMut(&mut RunJob) -> Result<(), Problem>,
) -> Result<(), Error> {
    for job in jobs {
        f(job).map_err(|problem| job.task.error(problem))?;
    }
    Ok(())
}
