//! `task`: from a task description to a task definition.

mod build;
mod family;
mod index;
mod payload;
mod schema;
mod treeherder;

use std::sync::LazyLock;

use taskgraph_kinds::{Description, KindContext, PerTask, Problem, Registry, TransformSequence};
use taskgraph_value::{Map, Str, Value, map, text};

use crate::addition::check_mapping;
use crate::{family::Families, run::set_label, worker_types::implementation};

pub use self::{
    index::IndexBuilder,
    payload::{Building, PayloadBuilder},
};

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    let steps = TransformSequence::new()
        .then(PerTask(prepare))
        .then(schema::Validate)
        .then(treeherder::AddTreeherder)
        .then(index::AddIndexRoutes)
        .then(build::BuildTasks);
    Families { steps, kinship: family::TaskKinship }.into()
}

pub(crate) fn register(registry: &mut Registry) {
    payload::register(registry);
    index::register(registry);
}

fn prepare(kind: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
    // What is added to must be a mapping before the schema says so.
    check_mapping(&task, &["worker"])?;
    check_mapping(&task, &["tags"])?;
    set_implementation(kind, &mut task)?;
    set_defaults(&mut task);
    set_label(kind, &mut task)?;
    out.push(task);
    Ok(())
}

fn set_implementation(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    if task.map_mut(text!("worker")).contains_key("implementation") {
        return Ok(());
    }
    let found = implementation(kind, task.text("worker-type")?)?;
    let mut both = map! { "worker-implementation" => &found.name };
    let worker = task.map_mut(text!("worker"));
    worker.insert(text!("implementation"), found.name.into());
    if let Some(os) = found.os {
        worker.insert(text!("os"), (&os).into());
        both.insert(text!("os"), os.into());
    }
    task.map_mut(text!("tags")).extend_from(&both);
    Ok(())
}

/// One for all tasks, which payload builders notice.
static NO_VOLUMES: LazyLock<Value> = LazyLock::new(|| vec![].into());

fn set_defaults(task: &mut Description) {
    task.set_default(text!("always-target"), false);
    task.set_default(text!("optimization"), Value::Null);
    task.set_default(text!("needs-sccache"), false);
    let worker = task.map_mut(text!("worker"));
    match worker.get_str("implementation").map_or("", |name| name.as_str()) {
        "docker-worker" => {
            for key in [
                text!("chain-of-trust"),
                text!("taskcluster-proxy"),
                text!("allow-ptrace"),
                text!("loopback-video"),
            ] {
                worker.set_default(key, false);
            }
            worker.set_default(text!("volumes"), NO_VOLUMES.clone());
            set_default_map(worker, text!("env"));
            let incomplete =
                |cache: &Value| cache.as_map().is_some_and(|cache| !cache.contains_key("skip-untrusted"));
            if let Some(Value::List(caches)) = worker.get_mut("caches")
                && caches.iter().any(incomplete)
            {
                for cache in caches.iter_mut().filter_map(Value::as_map_mut) {
                    cache.set_default(text!("skip-untrusted"), false);
                }
            }
        }
        "generic-worker" => {
            set_default_map(worker, text!("env"));
            worker.set_default(text!("os-groups"), vec![]);
            worker.set_default(text!("chain-of-trust"), false);
        }
        "scriptworker-signing" | "beetmover" | "beetmover-push-to-release" | "beetmover-maven" => {
            worker.set_default(text!("max-run-time"), 600);
        }
        "push-apk" => worker.set_default(text!("commit"), false),
        _ => {}
    }
}

/// An empty map for a key that is absent, made only then.
fn set_default_map(map: &mut Map, key: Str) {
    if !map.contains_key(&key) {
        map.insert(key, Map::new().into());
    }
}
