//! generic-worker: runs commands on Windows, macOS and Linux.

use taskgraph_kinds::{KindContext, Problem};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{List, Map, Str, Value, text};

use super::Building;
use crate::schema::{STRINGS, TEXT_OR_REFERENCE};

static ARTIFACT: Object = Object::closed(&[
    required("type", Shape::OneOf(&["file", "directory"])),
    required("path", Shape::Str),
    optional("name", Shape::Str),
]);

static CONTENT: Object = Object::closed(&[
    optional("artifact", Shape::Str),
    optional("task-id", TEXT_OR_REFERENCE),
    optional("url", Shape::Str),
]);

static MOUNT: Object = Object::closed(&[
    optional("cache-name", Shape::Str),
    optional("content", Shape::Object(&CONTENT)),
    optional("directory", Shape::Str),
    optional("file", Shape::Str),
    optional("format", Shape::OneOf(&["rar", "tar.bz2", "tar.gz", "zip"])),
]);

pub(super) static WORKER: Object = Object::open(&[
    required("implementation", Shape::OneOf(&["generic-worker"])),
    required("os", Shape::OneOf(&["windows", "macosx", "linux", "linux-bitbar"])),
    required("command", Shape::List),
    required("env", Shape::MapOf(&TEXT_OR_REFERENCE)),
    required("max-run-time", Shape::Int),
    required("chain-of-trust", Shape::Bool),
    optional("artifacts", Shape::ListOf(&Shape::Object(&ARTIFACT))),
    optional("mounts", Shape::ListOf(&Shape::Object(&MOUNT))),
    optional("retry-exit-status", Shape::ListOf(&Shape::Int)),
    optional("purge-caches-exit-status", Shape::ListOf(&Shape::Int)),
    optional("os-groups", STRINGS),
    optional("run-as-administrator", Shape::Bool),
    optional("run-task-as-current-user", Shape::Bool),
    optional("taskcluster-proxy", Shape::Bool),
    optional("hide-cmd-window", Shape::Bool),
    optional("skip-artifacts", Shape::Bool),
]);

/// What Windows reports when a task was interrupted instead of failing: the system shut down, or somebody stopped it.
const INTERRUPTED: [i64; 2] = [1_073_807_364, 3_221_225_786];

pub(super) fn build(kind: &KindContext<'_>, building: &mut Building) -> Result<(), Problem> {
    let mut worker = building.task.take_map("worker");
    let mut env = worker.take_map("env");
    let mut scopes: Vec<Value> = Vec::new();
    let mut payload = Map::with_capacity(10);

    let artifacts: List = worker.get_list("artifacts").iter().map(artifact).collect();
    if !artifacts.is_empty() {
        payload.insert(text!("artifacts"), artifacts.into());
    }
    let value = |key: &str| {
        worker.get(key).cloned().ok_or_else(|| Problem::missing(&format!("worker.{key}"), "a value"))
    };
    payload.insert(text!("command"), value("command")?);

    if building.task.is_true("needs-sccache") {
        env.insert(text!("USE_SCCACHE"), text!("1").into());
        env.insert(text!("SCCACHE_IDLE_TIMEOUT"), text!("0").into());
    } else {
        env.insert(text!("SCCACHE_DISABLE"), text!("1").into());
    }
    payload.insert(text!("env"), env.into());

    payload.insert(text!("maxRunTime"), value("max-run-time")?);
    let mounts = mounts(kind, &worker, &mut scopes)?;
    if !mounts.is_empty() {
        payload.insert(text!("mounts"), mounts.into());
    }
    let on_exit = on_exit_status(&worker);
    if !on_exit.is_empty() {
        payload.insert(text!("onExitStatus"), on_exit.into());
    }
    let pool = building.task.get_str("worker-type").cloned().unwrap_or_default();
    if worker.is_true("os-groups") {
        payload.insert(text!("osGroups"), value("os-groups")?);
        for group in worker.get_list("os-groups").iter().filter_map(Value::as_str) {
            scopes.push(format!("generic-worker:os-group:{pool}/{group}").into());
        }
    }
    let features = features(&worker, &pool, &mut scopes);
    if !features.is_empty() {
        payload.insert(text!("features"), features.into());
    }
    building.task.insert(text!("worker"), worker.into());
    building.scopes().extend(scopes);
    building.set_payload(payload);
    Ok(())
}

fn artifact(artifact: &Value) -> Value {
    let Value::Map(artifact) = artifact else { return artifact.clone() };
    let mut named = Map::with_capacity(3);
    for key in [text!("name"), text!("path"), text!("type")] {
        if let Some(value) = artifact.get(&key) {
            named.insert(key, value.clone());
        }
    }
    named.into()
}

fn on_exit_status(worker: &Map) -> Map {
    let mut on_exit = Map::new();
    if let Some(codes) = worker.get("retry-exit-status") {
        on_exit.insert(text!("retry"), codes.clone());
    }
    if let Some(codes) = worker.get("purge-caches-exit-status") {
        on_exit.insert(text!("purgeCaches"), codes.clone());
    }
    if worker.get_str("os").is_some_and(|os| os == "windows") {
        on_exit.list_mut(text!("retry")).extend(INTERRUPTED.map(Value::from));
    }
    on_exit
}

/// Mounts with the keys that the worker wants, and the scopes for caches and private artifacts.
fn mounts(kind: &KindContext<'_>, worker: &Map, scopes: &mut Vec<Value>) -> Result<List, Problem> {
    let mut mounts = List::new();
    for mount in worker.get_list("mounts") {
        let Value::Map(mount) = mount else { continue };
        let mut mount = mount.clone();
        if let Some(name) = mount.remove("cache-name") {
            let config = &kind.session.config;
            let level = kind.parameters.text("level")?;
            let name =
                format!("{}-level-{level}-{}", config.trust_domain(), taskgraph_value::python::str(&name));
            scopes.push(format!("generic-worker:cache:{name}").into());
            mount.insert(text!("cacheName"), name.into());
        }
        if let Some(Value::Map(content)) = mount.get_mut("content") {
            if let Some(task) = content.remove("task-id") {
                content.insert(text!("taskId"), task);
            }
            if let Some(artifact) =
                content.get_str("artifact").filter(|artifact| !artifact.starts_with("public/"))
            {
                scopes.push(format!("queue:get-artifact:{artifact}").into());
            }
        }
        mounts.push(mount.into());
    }
    Ok(mounts)
}

fn features(worker: &Map, pool: &Str, scopes: &mut Vec<Value>) -> Map {
    let mut features = Map::new();
    let mut enable = |key: &str, feature: Str, scope: Option<&str>| {
        if worker.is_true(key) {
            features.insert(feature, true.into());
            scopes.extend(scope.map(|scope| Value::from(format!("generic-worker:{scope}:{pool}"))));
        }
    };
    enable("chain-of-trust", text!("chainOfTrust"), None);
    enable("taskcluster-proxy", text!("taskclusterProxy"), None);
    enable("run-as-administrator", text!("runAsAdministrator"), Some("run-as-administrator"));
    enable("run-task-as-current-user", text!("runTaskAsCurrentUser"), Some("run-task-as-current-user"));
    enable("hide-cmd-window", text!("hideCmdWindow"), None);
    features
}
