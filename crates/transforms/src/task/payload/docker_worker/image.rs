//! The images of docker-worker: of the repository, of other tasks, or ready made.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use taskgraph_config::yaml;
use taskgraph_docker::volumes;
use taskgraph_kinds::{KindContext, Problem, Session};
use taskgraph_schema::{describe, shown_path};
use taskgraph_value::{Map, Str, Value, map, text};

use super::super::Building;
use crate::last::Last;

/// What all tasks say whose image is a dependency.
static IMAGE_OF_TASK: LazyLock<Value> = LazyLock::new(|| {
    map! {
        "path" => text!("public/image.tar.zst"),
        "taskId" => map! { "task-reference" => text!("<docker-image>") },
        "type" => text!("task-image"),
    }
    .into()
});

/// An image of the repository becomes a dependency. `last` is what became of the dependencies of the task before.
pub(super) fn depend_on_image(
    building: &mut Building,
    worker: &Map,
    last: &mut Last<Value, 2>,
) -> Result<(), Problem> {
    let Some(name) = worker.get_map("docker-image").and_then(|by| by.get_str("in-tree")) else {
        return Ok(());
    };
    let values = [Some(name.into()), building.task.get("dependencies").cloned()];
    let dependencies = last.or_make(values, |[_, dependencies]| {
        let mut dependencies = dependencies.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        if let Some(other) = dependencies.get("docker-image") {
            return Err(Problem::wrong(
                "dependencies.docker-image",
                "nothing, because `worker.docker-image` needs the name",
                describe(other),
            ));
        }
        dependencies.insert(text!("docker-image"), format!("docker-image-{name}").into());
        Ok(Value::from(dependencies))
    })?;
    building.task.insert(text!("dependencies"), dependencies.clone());
    Ok(())
}

/// The image as the worker wants it. The volumes of one of the repository are added.
pub(super) fn image(
    kind: &KindContext<'_>,
    worker: &Map,
    all_volumes: &mut Vec<Value>,
) -> Result<Value, Problem> {
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
        |(name, task): (&Str, &Value)| Some((name.clone(), task.as_map()?.get_str("definition")?.clone()));
    Ok(tasks.into_iter().flatten().filter_map(definition).collect())
}
