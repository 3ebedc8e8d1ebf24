//! `fetch`: tasks that download something once, to be found again by its digest.

mod git;
mod static_url;

use std::sync::Arc;

use taskgraph_docker::path::join;
use taskgraph_kinds::{
    Description, Error, Extension, KindContext, Problem, Registry, Transform, TransformSequence,
};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{Map, Str, Value, map, text};

use crate::{
    batch,
    caching::{add_optimization, name_in_kind},
    treeherder::join_symbol,
};

const CACHE_TYPE: &str = "content.v1";

static FETCH: Object = Object::open(&[required("type", Shape::Str)]);

static TASK: Object = Object::closed(&[
    required("name", Shape::Str),
    required("description", Shape::Str),
    required("fetch", Shape::Object(&FETCH)),
    optional("task-from", Shape::Str),
    optional("expires-after", Shape::Str),
    optional("docker-image", Shape::Any),
    optional("fetch-alias", Shape::Str),
    optional("artifact-prefix", Shape::Str),
    optional("attributes", Shape::Mapping),
]);

/// Knows how to download one type of thing.
pub trait FetchBuilder: Send + Sync {
    /// What tasks may write under `fetch`; none to check nothing.
    fn schema(&self) -> Option<&'static Object> {
        None
    }

    /// What each of some tasks does: all those of a kind that fetch this type, in order, with what they write under
    /// `fetch`.
    fn build(&self, kind: &KindContext<'_>, tasks: &[(&Description, &Map)]) -> Result<Vec<Fetch>, Error>;
}

impl Extension for dyn FetchBuilder {
    const WHAT: &'static str = "fetch type";
}

/// What a fetch task does.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// The command, for run-task.
    pub command: Vec<Value>,
    /// The name of the artifact.
    pub artifact_name: Str,
    /// Environment variables.
    pub env: Map,
    /// What the artifact is made from.
    pub digest_data: Vec<Str>,
    /// The name of a secret that it needs.
    pub secret: Option<Str>,
}

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    MakeTasks.into()
}

pub(crate) fn register(registry: &mut Registry) {
    registry.add::<dyn FetchBuilder>("static-url", Arc::new(static_url::StaticUrl));
    registry.add::<dyn FetchBuilder>("git", Arc::new(git::Git));
}

struct MakeTasks;

impl Transform for MakeTasks {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let mut fetches = Vec::with_capacity(tasks.len());
        for task in &tasks {
            if !kind.fast {
                task.validate(&TASK).map_err(|problem| task.error(problem))?;
            }
            let fetch = task.mapping("fetch").map_err(|problem| task.error(problem))?;
            let form = fetch
                .get_str("type")
                .ok_or_else(|| task.error(Problem::missing("fetch.type", "a string")))?;
            fetches.push((form.clone(), fetch.clone()));
        }
        let mut built: Vec<Option<Fetch>> = vec![None; tasks.len()];
        for (form, positions) in batch::by_name(fetches.iter().map(|(form, _)| Some(form))) {
            let first = &tasks[positions[0]];
            let builder = kind
                .registry
                .get::<dyn FetchBuilder>(&form)
                .map_err(|unknown| first.error(unknown.into()))?;
            let requests: Vec<(&Description, &Map)> =
                positions.iter().map(|at| (&tasks[*at], &fetches[*at].1)).collect();
            if let Some(schema) = builder.schema().filter(|_| !kind.fast) {
                for (task, fetch) in &requests {
                    Problem::validate(schema, fetch, "fetch").map_err(|problem| task.error(problem))?;
                }
            }
            for (at, fetch) in positions.iter().zip(builder.build(kind, &requests)?) {
                built[*at] = Some(fetch);
            }
        }
        let mut made = Vec::with_capacity(tasks.len());
        for (task, fetch) in tasks.iter().zip(built) {
            let fetch =
                fetch.ok_or_else(|| task.error(Problem::message("its fetch type made nothing of it")))?;
            made.push(make_task(kind, task, fetch).map_err(|problem| task.error(problem))?);
        }
        Ok(made)
    }
}

fn make_task(kind: &KindContext<'_>, task: &Description, fetch: Fetch) -> Result<Description, Problem> {
    let name = task.text("name")?;
    let prefix = task.get_str("artifact-prefix").cloned().unwrap_or(text!("public"));
    let config = &kind.session.config;
    // What was downloaded never changes, so what a release uses is kept forever.
    let expires = match kind.parameters.text("level")?.as_str() {
        "3" => "1000 years".into(),
        _ => config.get("task-expires-after").cloned().unwrap_or_else(|| text!("28 days").into()),
    };
    let mut env = fetch.env;
    env.insert(text!("UPLOAD_DIR"), text!("/builds/worker/artifacts").into());
    let mut attributes = task.get_map("attributes").cloned().unwrap_or_default();
    attributes.insert(text!("fetch-artifact"), join(&prefix, &fetch.artifact_name).into());
    if let Some(alias) = task.get_str("fetch-alias").filter(|alias| !alias.is_empty()) {
        attributes.insert(text!("fetch-alias"), alias.into());
    }
    let label = format!("fetch-{name}");
    let cache_name = name_in_kind(&label, &kind.kind);
    let image = task.get("docker-image").cloned().unwrap_or_else(|| map! { "in-tree" => "fetch" }.into());
    let mut made = task.with_fields(map! {
        "attributes" => attributes,
        "name" => name,
        "description" => task.text("description")?,
        "expires-after" => task.get("expires-after").cloned().unwrap_or(expires),
        "label" => label,
        "run-on-projects" => vec![],
        "run" => map! { "using" => text!("run-task"), "checkout" => false, "command" => fetch.command },
        "worker-type" => text!("images"),
        "worker" => map! {
            "chain-of-trust" => true,
            "docker-image" => image,
            "env" => env,
            "max-run-time" => 900,
            "artifacts" => vec![map! {
                "type" => text!("directory"),
                "name" => prefix,
                "path" => text!("/builds/worker/artifacts"),
            }.into()],
        },
    });
    if config.get("treeherder").is_some() {
        let treeherder = map! {
            "symbol" => join_symbol(Some("Fetch"), name),
            "kind" => text!("build"),
            "platform" => text!("fetch/opt"),
            "tier" => 1,
        };
        made.insert(text!("treeherder"), treeherder.into());
    }
    if let Some(secret) = fetch.secret.filter(|secret| !secret.is_empty()) {
        made.insert(text!("scopes"), vec![format!("secrets:get:{secret}").into()].into());
        made.map_mut(text!("worker")).insert(text!("taskcluster-proxy"), true.into());
    }
    if !kind.fast {
        add_optimization(kind, &mut made, CACHE_TYPE, &cache_name, &fetch.digest_data)?;
    }
    Ok(made)
}
