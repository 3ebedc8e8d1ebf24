//! docker-worker: runs a command in a Docker image, on Linux.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use taskgraph_config::yaml;
use taskgraph_docker::volumes;
use taskgraph_kinds::{Error, KindContext, Problem, Session};
use taskgraph_schema::{Object, Shape, describe, optional, required, shown_path, with_default};
use taskgraph_value::{Map, Str, Value, map, python, text};

use super::{Building, PayloadBuilder};
use crate::{
    caching::sha256,
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

/// Builds payloads. Tasks that differ in no more than their command and environment share all else.
pub(super) struct DockerWorker;

impl PayloadBuilder for DockerWorker {
    fn schema(&self) -> Option<&'static Object> {
        Some(&WORKER)
    }

    fn build(&self, kind: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        let mut last = None;
        for building in tasks {
            build(kind, building, &mut last).map_err(|problem| building.task.error(problem))?;
        }
        Ok(())
    }

    fn splits(&self) -> bool {
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
    scopes: Vec<Value>,
}

fn build(kind: &KindContext<'_>, building: &mut Building, last: &mut Option<Built>) -> Result<(), Problem> {
    let worker = building.worker().clone();
    depend_on_image(building, &worker)?;
    let (run_task, sccache) = (runs_run_task(&worker), building.task.is_true("needs-sccache"));
    let expires = building.definition.get("expires");
    let same = |known: &Built| {
        known.worker.is_but_for(&["command", "env"], &worker)
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
            last.insert(Built { worker: worker.clone(), run_task, sccache, expires, payload, scopes })
        }
    };
    let mut payload = built.payload.clone();
    // All of it is on top of what the task says itself.
    let mut env = worker.get_map("env").cloned().unwrap_or_default();
    env.extend_from(payload.get_map("env").unwrap_or(&Map::new()));
    payload.insert(text!("env"), env.into());
    if let Some(command) = worker.get("command") {
        payload.insert(text!("command"), command.clone());
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

/// What all tasks say whose image is a dependency.
static IMAGE_OF_TASK: LazyLock<Value> = LazyLock::new(|| {
    map! {
        "path" => text!("public/image.tar.zst"),
        "taskId" => map! { "task-reference" => text!("<docker-image>") },
        "type" => text!("task-image"),
    }
    .into()
});

/// An image of the repository becomes a dependency.
fn depend_on_image(building: &mut Building, worker: &Map) -> Result<(), Problem> {
    let Some(name) = worker.get_map("docker-image").and_then(|by| by.get_str("in-tree")) else {
        return Ok(());
    };
    let dependencies = building.task.map_mut(text!("dependencies"));
    if let Some(other) = dependencies.get("docker-image") {
        return Err(Problem::wrong(
            "dependencies.docker-image",
            "nothing, because `worker.docker-image` needs the name",
            describe(other),
        ));
    }
    dependencies.insert(text!("docker-image"), format!("docker-image-{name}").into());
    Ok(())
}

/// The image as the worker wants it. The volumes of one of the repository are added.
fn image(kind: &KindContext<'_>, worker: &Map, all_volumes: &mut Vec<Value>) -> Result<Value, Problem> {
    let wanted = worker.get("docker-image").cloned().unwrap_or_default();
    let Value::Map(by) = &wanted else { return Ok(wanted) };
    if let Some(name) = by.get_str("in-tree") {
        for volume in image_volumes(kind, name)?.iter() {
            let volume = Value::from(volume.as_str());
            if all_volumes.contains(&volume) {
                return Err(Problem::wrong(
                    "worker.volumes",
                    "volumes that the Dockerfile does not define already",
                    describe(&volume),
                ));
            }
            all_volumes.push(volume);
        }
        return Ok(IMAGE_OF_TASK.clone());
    }
    match by.get("indexed") {
        Some(namespace) => Ok(map! {
            "namespace" => namespace.clone(),
            "path" => text!("public/image.tar.zst"),
            "type" => text!("indexed-image"),
        }
        .into()),
        None => {
            Err(Problem::wrong("worker.docker-image", "a name, `in-tree` or `indexed`", describe(&wanted)))
        }
    }
}

#[derive(Default)]
struct ImageVolumes(Mutex<FxHashMap<Str, Arc<BTreeSet<String>>>>);

/// The volumes that the Dockerfile of an image of the repository defines.
fn image_volumes(session: &Session, image: &Str) -> Result<Arc<BTreeSet<String>>, Problem> {
    let known = session.memo(ImageVolumes::default);
    let mut known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(volumes) = known.get(image) {
        return Ok(volumes.clone());
    }
    let definitions = session.memo(|| image_definitions(session).map_err(|problem| problem.to_string()));
    let definitions = definitions.as_ref().as_ref().map_err(|problem| Problem::message(problem.clone()))?;
    let folder = definitions.get(image).unwrap_or(image);
    let dockerfile = session.config.docker_dir().join(folder.as_str()).join("Dockerfile");
    check_inside(session, &dockerfile)?;
    let found = volumes(&dockerfile);
    let found = Arc::new(found.map_err(Problem::other)?);
    Ok(known.entry(image.clone()).or_insert(found).clone())
}

/// Whether a Dockerfile that exists is a file of the repository, links followed.
fn check_inside(session: &Session, dockerfile: &Path) -> Result<(), Problem> {
    let root = session.config.vcs_root().unwrap_or_else(|_| session.config.root_dir().to_owned());
    match (root.canonicalize(), dockerfile.canonicalize()) {
        (Ok(root), Ok(target)) if !target.starts_with(&root) => Err(Problem::message(format!(
            "the Dockerfile `{}` is outside of the repository, at `{}`",
            shown_path(dockerfile),
            shown_path(&target)
        ))),
        _ => Ok(()),
    }
}

/// The folders of images that have another name than the image.
fn image_definitions(session: &Session) -> Result<FxHashMap<Str, Str>, Problem> {
    let file = session.config.kinds_dir().join(session.config.docker_image_kind()).join("kind.yml");
    let shown = session.config.root().join("kinds").join(session.config.docker_image_kind()).join("kind.yml");
    let document = yaml::read_file_as(&file, &shown)?;
    let tasks = document.value.as_map().and_then(|kind| kind.get_map("tasks"));
    let definition =
        |(name, task): &(Str, Value)| Some((name.clone(), task.as_map()?.get_str("definition")?.clone()));
    Ok(tasks.into_iter().flatten().filter_map(definition).collect())
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
