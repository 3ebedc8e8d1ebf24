//! `docker_image`: tasks that build the images other tasks run in.

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use taskgraph_docker::Context;
use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform, TransformSequence};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{List, Map, Str, Value, json, map, text};

use crate::{run_task_files::run_task_files, schema::INDEX};

/// The image that builds images.
const IMAGE_BUILDER: Str = text!(
    "mozillareleases/image_builder:6.2.0@sha256:f7df722770d6caadea79b2de458e072d8b3d93e59675b34dffb32c3e7e30f5b9"
);

static TASK: Object = Object::closed(&[
    required("name", Shape::Str),
    optional("parent", Shape::Str),
    optional("symbol", Shape::Str),
    optional("task-from", Shape::Str),
    optional("args", Shape::MapOf(&Shape::Str)),
    optional("definition", Shape::Str),
    optional("packages", Shape::ListOf(&Shape::Str)),
    optional("index", Shape::Object(&INDEX)),
    optional("cache", Shape::Bool),
]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    BuildImages.into()
}

/// Not split: images are few and their contexts large, so each is worth a thread of its own.
struct BuildImages;

impl Transform for BuildImages {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let packages = kind.dependencies.iter().filter(|task| task.kind == "packages");
        let packages: FxHashSet<String> = packages.map(|task| task.label.replace("packages-", "")).collect();
        let described: Vec<_> = tasks
            .into_par_iter()
            .map(|task| describe_image(kind, &task, &packages).map_err(|problem| task.error(problem)))
            .collect();
        described.into_iter().collect()
    }
}

fn describe_image(
    kind: &KindContext<'_>,
    task: &Description,
    available: &FxHashSet<String>,
) -> Result<Description, Problem> {
    if !kind.fast {
        task.validate(&TASK)?;
    }
    let name = task.text("name")?;
    let parameters = &kind.parameters;
    let mut args = task.get_map("args").cloned().unwrap_or_default();
    let definition = task.get_str("definition").unwrap_or(name);
    let mut packages: Vec<&Str> = task.get_list("packages").iter().filter_map(Value::as_str).collect();
    if let Some(missing) = packages.iter().find(|package| !available.contains(package.as_str())) {
        return Err(Problem::wrong("packages", "packages that have a task", format!("`{missing}`")));
    }

    let context_hash =
        if kind.fast { "0".repeat(40) } else { context_digest(kind, name, definition, &args)? };
    let digest_data: List = [
        context_hash.clone(),
        json::compact_sorted(&args.clone().into())?,
        format!("image-builder-image:{IMAGE_BUILDER}"),
    ]
    .into_iter()
    .collect();
    let references: Vec<String> = packages.iter().map(|package| format!("<{package}>")).collect();
    args.insert(text!("DOCKER_IMAGE_PACKAGES"), references.join(" ").into());

    let level = parameters.text("level")?;
    // At level 1 somebody waits for the image; at higher levels it is read more often than built.
    let compression = if level == "1" { text!("3") } else { text!("10") };
    let expires =
        kind.session.config.get("task-expires-after").cloned().unwrap_or_else(|| text!("28 days").into());
    let mut env = map! {
        "CONTEXT_TASK_ID" => map! { "task-reference" => text!("<decision>") },
        "CONTEXT_PATH" => format!("public/docker-contexts/{name}.tar.gz"),
        "HASH" => context_hash,
        "PROJECT" => parameters.text("project")?,
        "IMAGE_NAME" => name,
        "DOCKER_IMAGE_ZSTD_LEVEL" => compression,
        "DOCKER_BUILD_ARGS" => map! { "task-reference" => json::compact(&args.into())? },
        "VCS_BASE_REPOSITORY" => parameters.text("base_repository")?,
        "VCS_HEAD_REPOSITORY" => parameters.text("head_repository")?,
        "VCS_HEAD_REV" => parameters.text("head_rev")?,
        "VCS_REPOSITORY_TYPE" => parameters.text("repository_type")?,
    };
    let mut dependencies = Map::new();
    packages.sort_unstable();
    for package in packages {
        dependencies.insert(package.clone(), format!("packages-{package}").into());
    }
    if let Some(parent) = task.get_str("parent").filter(|parent| !parent.is_empty()) {
        dependencies.insert(text!("parent"), format!("docker-image-{parent}").into());
        env.insert(text!("PARENT_TASK_ID"), map! { "task-reference" => text!("<parent>") }.into());
    }
    let mut made = task.with_fields(map! {
        "label" => format!("docker-image-{name}"),
        "description" => format!("Build the docker image {name} for use by dependent tasks"),
        "attributes" => map! { "image_name" => name, "artifact_prefix" => text!("public") },
        "always-target" => true,
        "expires-after" => if level == "1" { expires } else { text!("1 year").into() },
        "scopes" => vec![],
        "run-on-projects" => vec![],
        "worker-type" => text!("images"),
        "worker" => map! {
            "implementation" => text!("docker-worker"),
            "os" => text!("linux"),
            "artifacts" => vec![map! {
                "type" => text!("file"),
                "path" => text!("/workspace/out/image.tar.zst"),
                "name" => text!("public/image.tar.zst"),
            }.into()],
            "env" => env,
            "chain-of-trust" => true,
            "max-run-time" => 7200,
            "docker-image" => IMAGE_BUILDER,
        },
    });
    if let Some(index) = task.get("index") {
        made.insert(text!("index"), index.clone());
    }
    if let Some(symbol) = task.get_str("symbol").filter(|symbol| !symbol.is_empty()) {
        let treeherder = map! {
            "symbol" => symbol,
            "platform" => text!("taskcluster-images/opt"),
            "kind" => text!("other"),
            "tier" => 1,
        };
        made.insert(text!("treeherder"), treeherder.into());
    }
    if !dependencies.is_empty() {
        made.insert(text!("dependencies"), dependencies.into());
    }
    if task.get("cache").is_none_or(Value::is_truthy) && !kind.fast {
        let cache =
            map! { "type" => text!("docker-images.v2"), "name" => name, "digest-data" => digest_data };
        made.insert(text!("cache"), cache.into());
    }
    Ok(made)
}

/// The digest of the files that the image is built from. A decision task also keeps them.
fn context_digest(
    kind: &KindContext<'_>,
    name: &str,
    definition: &str,
    args: &Map,
) -> Result<String, Problem> {
    let root = kind.session.config.vcs_root()?;
    let args: Vec<(&str, &str)> =
        args.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.as_str()))).collect();
    let folder = taskgraph_docker::path::join("taskcluster/docker", definition);
    let files = || run_task_files(kind);
    let context = Context::load(&root, &folder, &args, &files).map_err(Problem::other)?;
    match &kind.contexts {
        Some(artifacts) => context.write_tar_gz(&artifacts.join(format!("{name}.tar.gz"))),
        None => context.digest(),
    }
    .map_err(Problem::other)
}
