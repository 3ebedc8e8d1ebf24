//! docker-worker: runs a command in a Docker image, on Linux.

mod image;

use taskgraph_kinds::{Error, KindContext, Problem};
use taskgraph_schema::{Object, Shape, optional, required, with_default};
use taskgraph_value::{Map, Str, Value, map, python, text};

use self::image::{depend_on_image, image};
use super::{Building, PayloadBuilder};
use crate::{
    caching::sha256,
    last::{Last, change_shared},
    run_task_files::run_task_digest,
    schema::{STRINGS, TEXT_OR_REFERENCE},
};

static CACHE: Object = Object::closed(&[
    with_default("type", Shape::OneOf(&["persistent"])),
    optional("name", Shape::Str),
    optional("mount-point", Shape::Str),
    optional("skip-untrusted", Shape::Bool),
]);

static ARTIFACT: Object = Object::closed(&[
    optional("type", Shape::OneOf(&["file", "directory", "volume"])),
    optional("path", Shape::Str),
    optional("name", Shape::Str),
]);

pub(super) static WORKER: Object = Object::open(&[
    required("implementation", Shape::OneOf(&["docker-worker"])),
    required("os", Shape::OneOf(&["linux"])),
    required("docker-image", Shape::AnyOf(&[Shape::Str, Shape::MapOf(&Shape::Str)])),
    required("chain-of-trust", Shape::Bool),
    required("taskcluster-proxy", Shape::Bool),
    required("allow-ptrace", Shape::Bool),
    required("loopback-video", Shape::Bool),
    required("env", Shape::MapOf(&TEXT_OR_REFERENCE)),
    required("max-run-time", Shape::Int),
    optional("volumes", STRINGS),
    optional("caches", Shape::ListOf(&Shape::Object(&CACHE))),
    optional("artifacts", Shape::ListOf(&Shape::Object(&ARTIFACT))),
    optional("command", Shape::ListOf(&TEXT_OR_REFERENCE)),
    optional("retry-exit-status", Shape::ListOf(&Shape::Int)),
    optional("purge-caches-exit-status", Shape::ListOf(&Shape::Int)),
    optional("skip-artifacts", Shape::Bool),
]);

/// What run-task exits with when something is wrong with a cache: the task is retried without it.
const CACHES_ARE_BROKEN: i64 = 72;

/// Part of the names of caches. Another one gives every task new caches.
const CACHE_VERSION: &str = "v3";

/// Builds payloads. Tasks that differ in no more than their command, environment and time share all else.
pub(super) struct DockerWorker;

impl PayloadBuilder for DockerWorker {
    fn schema(&self) -> Option<&'static Object> {
        Some(&WORKER)
    }

    fn build(&self, kind: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        let (mut last, mut dependencies) = (None, Last::default());
        for building in tasks {
            build(kind, building, &mut last, &mut dependencies)
                .map_err(|problem| building.task.error(problem))?;
        }
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }

    fn passes_on(&self) -> bool {
        true
    }
}

/// A payload, what it was made from, and the scopes for it.
struct Built {
    worker: Map,
    run_task: bool,
    sccache: bool,
    expires: Option<Value>,
    payload: Map,
    /// The whole environment, of what the task says of it.
    env: Last<Map, 2>,
    scopes: Vec<Value>,
}

fn build(
    kind: &KindContext<'_>,
    building: &mut Building,
    last: &mut Option<Built>,
    dependencies: &mut Last<Value, 2>,
) -> Result<(), Problem> {
    let worker = building.worker().clone();
    depend_on_image(building, &worker, dependencies)?;
    let (run_task, sccache) = (runs_run_task(&worker), building.task.is_true("needs-sccache"));
    let expires = building.definition.get("expires");
    let same = |known: &Built| {
        known.worker.is_but_for(&worker, |key, _, _| matches!(key, "command" | "env" | "max-run-time"))
            && (known.run_task, known.sccache) == (run_task, sccache)
            && match (&known.expires, expires) {
                (Some(known), Some(expires)) => known.is(expires),
                (known, expires) => known.is_none() && expires.is_none(),
            }
    };
    let built = match last.take().filter(same) {
        Some(built) => last.insert(built),
        None => {
            let expires = expires.cloned();
            let (payload, scopes) = payload(kind, &worker, run_task, sccache, expires.as_ref())?;
            let (worker, env) = (worker.clone(), Last::default());
            last.insert(Built { worker, run_task, sccache, expires, payload, env, scopes })
        }
    };
    let mut payload = built.payload.clone();
    // All of it is on top of what the task says itself.
    let more = built.payload.get_map("env").cloned().unwrap_or_default();
    let own = worker.get_map("env");
    let mut env = own.cloned().unwrap_or_default();
    if own.is_some_and(Map::is_shared) {
        change_shared(&mut env, more.clone(), &mut built.env, |env| {
            env.extend_from(&more);
            Ok(())
        })?;
    } else {
        env.extend_from(&more);
    }
    payload.insert(text!("env"), env.into());
    for (key, name) in [("command", text!("command")), ("max-run-time", text!("maxRunTime"))] {
        if let Some(value) = worker.get(key) {
            payload.insert(name, value.clone());
        }
    }
    if !built.scopes.is_empty() {
        building.scopes().extend(built.scopes.iter().cloned());
    }
    building.set_payload(payload);
    Ok(())
}

/// The payload, with just what is added to the environment, and the scopes for it.
fn payload(
    kind: &KindContext<'_>,
    worker: &Map,
    run_task: bool,
    sccache: bool,
    expires: Option<&Value>,
) -> Result<(Map, Vec<Value>), Problem> {
    let mut env = Map::new();
    let level_text = kind.parameters.text("level")?;
    let level: i64 = level_text.parse().map_err(|_| {
        Problem::message(format!("the parameter `level` must be a number, found `{level_text}`"))
    })?;
    let mut scopes: Vec<Value> = Vec::new();
    let mut all_volumes: Vec<Value> = worker.get_list("volumes").to_vec();
    let image = image(kind, worker, &mut all_volumes)?;

    let mut features = Map::new();
    if worker.is_true("allow-ptrace") {
        features.insert(text!("allowPtrace"), true.into());
        scopes.push(text!("docker-worker:feature:allowPtrace").into());
    }
    if worker.is_true("chain-of-trust") {
        features.insert(text!("chainOfTrust"), true.into());
    }
    if worker.is_true("taskcluster-proxy") || sccache {
        features.insert(text!("taskclusterProxy"), true.into());
    }
    if sccache {
        let domain = kind.session.config.trust_domain();
        scopes.push(format!("assume:project:taskcluster:{domain}:level-{level}-sccache-buckets").into());
        env.insert(text!("USE_SCCACHE"), text!("1").into());
        env.insert(text!("SCCACHE_IDLE_TIMEOUT"), text!("0").into());
    } else {
        env.insert(text!("SCCACHE_DISABLE"), text!("1").into());
    }
    let mut capabilities = Map::new();
    if worker.is_true("loopback-video") {
        capabilities.insert(text!("devices"), map! { "loopbackVideo" => true }.into());
        scopes.push(text!("docker-worker:capability:device:loopbackVideo").into());
    }

    let artifacts = artifacts(worker, expires)?;
    let cache = match worker.get("caches") {
        None => None,
        Some(caches) => Some(caches_of(kind, worker, caches, level, run_task, &mut scopes)?),
    };
    if run_task {
        if let Some(cache) = &cache {
            let mut folders: Vec<String> = cache.values().map(python::str).collect();
            folders.sort_unstable();
            env.insert(text!("TASKCLUSTER_CACHES"), folders.join(";").into());
        }
        if !all_volumes.is_empty() {
            let mut folders: Vec<String> = all_volumes.iter().map(python::str).collect();
            folders.sort_unstable();
            env.insert(text!("TASKCLUSTER_VOLUMES"), folders.join(";").into());
        }
    }
    if cache.is_some() && level == 1 {
        env.insert(text!("TASKCLUSTER_UNTRUSTED_CACHES"), text!("1").into());
    }

    // In the order in which they will be printed.
    let mut payload = Map::with_capacity(10);
    if let Some(artifacts) = artifacts {
        payload.insert(text!("artifacts"), artifacts.into());
    }
    if let Some(cache) = cache {
        payload.insert(text!("cache"), map! { "task-reference" => cache }.into());
    }
    if !capabilities.is_empty() {
        payload.insert(text!("capabilities"), capabilities.into());
    }
    if let Some(command) = worker.get("command") {
        payload.insert(text!("command"), command.clone());
    }
    payload.insert(text!("env"), env.into());
    if !features.is_empty() {
        payload.insert(text!("features"), features.into());
    }
    payload.insert(text!("image"), image);
    if let Some(time) = worker.get("max-run-time") {
        payload.insert(text!("maxRunTime"), time.clone());
    }
    payload.insert(text!("onExitStatus"), on_exit_status(worker, run_task).into());
    Ok((payload, scopes))
}

fn runs_run_task(worker: &Map) -> bool {
    let program = worker.get_list("command").first().and_then(Value::as_str);
    program.is_some_and(|program| program.rsplit('/').next().unwrap_or_default().starts_with("run-task"))
}

fn on_exit_status(worker: &Map, run_task: bool) -> Map {
    let mut on_exit = Map::new();
    for (key, name) in
        [("purge-caches-exit-status", text!("purgeCaches")), ("retry-exit-status", text!("retry"))]
    {
        if let Some(codes) = worker.get(key) {
            on_exit.insert(name.clone(), codes.clone());
        }
        if run_task {
            on_exit.list_mut(name).push(CACHES_ARE_BROKEN.into());
        }
    }
    on_exit
}

/// Artifacts by name. They expire with the task.
fn artifacts(worker: &Map, expires: Option<&Value>) -> Result<Option<Map>, Problem> {
    let Some(list) = worker.get("artifacts").and_then(Value::as_list) else { return Ok(None) };
    let mut artifacts = Map::with_capacity(list.len());
    for artifact in list.iter().filter_map(Value::as_map) {
        let field = |key: &str| {
            artifact
                .get(key)
                .cloned()
                .ok_or_else(|| Problem::missing(&format!("worker.artifacts.{key}"), "a string"))
        };
        // The schema lets null pass, which is this key in JSON.
        let name = field("name")?.as_str().cloned().unwrap_or(text!("null"));
        let described = map! {
            "expires" => expires.cloned().unwrap_or_default(),
            "path" => field("path")?,
            "type" => field("type")?,
        };
        artifacts.insert(name, described.into());
    }
    Ok(Some(artifacts))
}

/// Mount points by cache name, and the scopes for them.
///
/// run-task prepares caches in its own way, so those that it uses have its digest in their names. A cache must not be
/// shared by images either: the name has the image, as digest or, for an image of this graph, as reference to its task.
fn caches_of(
    kind: &KindContext<'_>,
    worker: &Map,
    caches: &Value,
    level: i64,
    run_task: bool,
    scopes: &mut Vec<Value>,
) -> Result<Map, Problem> {
    let suffix = match (run_task, worker.get("docker-image")) {
        (false, _) => CACHE_VERSION.to_owned(),
        (true, Some(Value::Str(image))) if !image.is_empty() => {
            format!("{CACHE_VERSION}-{}{}", run_task_digest(kind)?, &sha256(image.as_bytes())[..12])
        }
        (true, _) => format!("{CACHE_VERSION}-{}-<docker-image>", run_task_digest(kind)?),
    };
    let domain = kind.session.config.trust_domain();
    let mut mounted = Map::new();
    for cache in caches.as_list().into_iter().flatten().filter_map(Value::as_map) {
        if cache.is_true("skip-untrusted") && level == 1 {
            continue;
        }
        let field = |key: &str| {
            cache.get(key).ok_or_else(|| Problem::missing(&format!("worker.caches.{key}"), "a string"))
        };
        let name: Str = format!("{domain}-level-{level}-{}-{suffix}", python::str(field("name")?)).into();
        scopes.push(map! { "task-reference" => format!("docker-worker:cache:{name}") }.into());
        mounted.insert(name, field("mount-point")?.clone());
    }
    Ok(mounted)
}
