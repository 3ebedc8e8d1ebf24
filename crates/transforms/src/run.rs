//! `run`: from how to run something, to a task description.

mod caches;
mod checkout;
mod describe;
mod family;
mod fetches;
mod index_search;
mod run_task;
mod schema;
mod shell;
mod toolchain;

use taskgraph_kinds::{Description, Error, KindContext, Problem, Registry, Transform, TransformSequence};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, map, text};

use crate::{
    family::Families,
    last::{Last, change_shared},
    worker_types::{Implementation, implementation},
};

pub use self::describe::{RunJob, RunUsing};

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    let steps =
        TransformSequence::new().then(Prepare).then(fetches::UseFetches).then(describe::MakeDescriptions);
    // What needs all tasks at once comes first, before they are checked, so that of a family only the first is.
    TransformSequence::new().then(fetches::OrderTasks).then(Families { steps, kinship: family::RunKinship })
}

pub(crate) fn register(registry: &mut Registry) {
    describe::register(registry, "always-optimized", &["always-optimized"], index_search::AlwaysOptimized);
    describe::register(registry, "index-search", &["always-optimized"], index_search::IndexSearch);
    describe::register(registry, "run-task", &["docker-worker", "generic-worker"], run_task::RunTask);
    describe::register(
        registry,
        "toolchain-script",
        &["docker-worker", "generic-worker"],
        toolchain::Toolchain,
    );
}

/// Checks tasks, and adds what follows from how they are to be run.
struct Prepare;

impl Transform for Prepare {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        // All are compared with the schema before any changes, because then they still have most values in common.
        let valid = if kind.fast { tasks.len() } else { count_valid(&tasks) };
        let mut last = Memory::default();
        let prepare = |(at, mut task): (usize, Description)| {
            prepare(kind, &mut task, at < valid, &mut last).map_err(|problem| task.error(problem))?;
            Ok(task)
        };
        tasks.into_iter().enumerate().map(prepare).collect()
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

/// What was found out about the task before.
#[derive(Default)]
struct Memory {
    /// What runs it, and its tags, which say so.
    implementation: Last<(Implementation, Value), 2>,
    worker: Last<Map, 2>,
}

/// How many tasks there are before the first that violates the schema.
fn count_valid(tasks: &[Description]) -> usize {
    let mut accepted = None;
    let valid = tasks.iter().take_while(|task| {
        let known = accepted.replace(*task);
        task.validate_like(known, &schema::TASK).is_ok()
    });
    valid.count()
}

fn prepare(
    kind: &KindContext<'_>,
    task: &mut Description,
    valid: bool,
    last: &mut Memory,
) -> Result<(), Problem> {
    if !valid {
        task.validate(&schema::TASK)?;
    }
    rewrite_when(kind, task)?;
    set_implementation(kind, task, last)?;
    set_label(kind, task)
}

/// `when` is a way to write an optimization; the files that define the task count, too.
fn rewrite_when(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    let Some(when) = task.remove("when").filter(Value::is_truthy) else { return Ok(()) };
    let Some(Value::List(mut files)) = when.as_map().and_then(|when| when.get("files-changed")).cloned()
    else {
        return Err(Problem::missing("when.files-changed", "a list of path patterns"));
    };
    files.push(format!("{}/kind.yml", kind.path).into());
    if let Some(from) = task.get_str("task-from").filter(|from| !from.is_empty() && *from != "kind.yml") {
        files.push(format!("{}/{from}", kind.path).into());
    }
    task.insert(text!("optimization"), map! { "skip-unless-changed" => files }.into());
    Ok(())
}

fn set_implementation(
    kind: &KindContext<'_>,
    task: &mut Description,
    last: &mut Memory,
) -> Result<(), Problem> {
    let worker_type = task.text("worker-type")?.clone();
    let values = [Some((&worker_type).into()), task.get("tags").cloned()];
    let (found, tags) = last.implementation.or_make(values, |[_, tags]| {
        let found = implementation(kind, &worker_type)?;
        let mut tags = tags.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        if let Some(os) = &found.os {
            tags.insert(text!("os"), os.into());
        }
        tags.insert(text!("worker-implementation"), (&found.name).into());
        Ok::<_, Problem>((found, tags.into()))
    })?;
    task.insert(text!("tags"), tags.clone());
    change_shared(task.map_mut(text!("worker")), worker_type, &mut last.worker, |worker| {
        if let Some(given) = worker.get("implementation") {
            return Err(Problem::wrong(
                "worker.implementation",
                "nothing, because `worker-type` decides it",
                describe(given),
            ));
        }
        worker.insert(text!("implementation"), (&found.name).into());
        if let Some(os) = &found.os {
            worker.insert(text!("os"), os.into());
        }
        Ok(())
    })
}

/// What is added to under `worker` must be of the right type if it is there.
fn check_worker(task: &Map, key: &str, expected: &str, is_right: fn(&Value) -> bool) -> Result<(), Problem> {
    match task.get_map("worker").and_then(|worker| worker.get(key)).filter(|value| !is_right(value)) {
        Some(other) => Err(wrong_in_worker(key, expected, other)),
        None => Ok(()),
    }
}

fn wrong_in_worker(key: &str, expected: &str, found: &Value) -> Problem {
    Problem::wrong(&format!("worker.{key}"), expected, describe(found))
}

/// The label of a task, which has its kind and name for one if it does not say.
fn label_of(kind: &KindContext<'_>, task: &Map) -> Result<Str, Problem> {
    match (task.get("label"), task.get("name")) {
        (Some(Value::Str(label)), _) => Ok(label.clone()),
        (Some(other), _) => Err(Problem::wrong("label", "a string", describe(other))),
        (None, Some(name)) => Ok(label_by_name(kind, name)),
        (None, None) => Err(Problem::message("it has neither a name nor a label")),
    }
}

fn label_by_name(kind: &KindContext<'_>, name: &Value) -> Str {
    [kind.kind.as_str(), "-", &taskgraph_value::python::str(name)].concat().into()
}

/// Gives a task a label if it has none. The name goes, because the label says all.
pub(crate) fn set_label(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    if !task.contains_key("label") {
        let label = label_of(kind, task)?;
        task.insert(text!("label"), label.into());
    }
    if task.is_true("name") {
        task.remove("name");
    }
    Ok(())
}
