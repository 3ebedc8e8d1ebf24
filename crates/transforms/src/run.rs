//! `run`: from how to run something, to a task description.

mod caches;
mod checkout;
mod describe;
mod fetches;
mod index_search;
mod run_task;
mod schema;
mod shell;
mod toolchain;

use taskgraph_kinds::{Description, KindContext, PerTask, Problem, Registry, TransformSequence};
use taskgraph_schema::describe;
use taskgraph_value::{Str, Value, map, text};

use crate::worker_types::implementation;

pub use self::describe::{RunJob, RunUsing};

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    TransformSequence::new()
        .then(PerTask(prepare))
        .then(fetches::OrderTasks)
        .then(PerTask(fetches::use_fetches))
        .then(describe::MakeDescriptions)
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

fn prepare(kind: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
    if !kind.fast {
        task.validate(&schema::TASK)?;
    }
    rewrite_when(kind, &mut task)?;
    set_implementation(kind, &mut task)?;
    set_label(kind, &mut task)?;
    out.push(task);
    Ok(())
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

fn set_implementation(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    let found = implementation(kind, task.text("worker-type")?)?;
    let tags = task.map_mut(text!("tags"));
    if let Some(os) = &found.os {
        tags.insert(text!("os"), os.into());
    }
    tags.insert(text!("worker-implementation"), (&found.name).into());
    let worker = task.map_mut(text!("worker"));
    if let Some(given) = worker.get("implementation") {
        return Err(Problem::wrong(
            "worker.implementation",
            "nothing, because `worker-type` decides it",
            describe(given),
        ));
    }
    worker.insert(text!("implementation"), found.name.into());
    if let Some(os) = found.os {
        worker.insert(text!("os"), os.into());
    }
    Ok(())
}

/// A task without a label has its kind and name for one. The name goes, because the label says all.
pub(crate) fn set_label(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    if !task.contains_key("label") {
        let Some(name) = task.get("name") else {
            return Err(Problem::message("it has neither a name nor a label"));
        };
        let label: Str = format!("{}-{}", kind.kind, taskgraph_value::python::str(name)).into();
        task.insert(text!("label"), label.into());
    }
    if task.is_true("name") {
        task.remove("name");
    }
    Ok(())
}
