//! Checking out repositories with run-task.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use taskgraph_docker::path::{join, normpath};
use taskgraph_kinds::{KindContext, Problem};
use taskgraph_parameterize::format;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, json, map, python, text};

use super::caches::checkout_folder;
use super::describe::RunJob;
use crate::repositories::{Repository, repositories};

/// The folder below the folder of checkouts.
pub(super) fn checkout_name(os: &str) -> &'static str {
    if os == "windows" { "src" } else { "vcs" }
}

/// Adds what run-task needs to know to check out the repositories that the task wants, and resolves `run.cwd`.
pub(super) fn add_checkout(
    kind: &KindContext<'_>,
    job: &mut RunJob,
    command: &mut Vec<Value>,
) -> Result<(), Problem> {
    if !job.run.is_true("checkout") {
        return match job.run.get_str("cwd") {
            Some(cwd) if cwd.contains("{checkout}") => Err(Problem::wrong(
                "run.cwd",
                "no `{checkout}`, because `run.checkout` is false",
                format!("`{cwd}`"),
            )),
            _ => Ok(()),
        };
    }
    let checkout = match job.run.get("checkout") {
        Some(Value::Map(_)) | None => Arc::new(Checkout::new(kind, job)?),
        Some(_) => usual_checkout(kind, job)?,
    };
    command.extend(checkout.arguments.iter().cloned());
    job.env().extend_from(&checkout.env);
    if !checkout.scopes.is_empty() {
        job.task.list_mut(text!("scopes")).extend(checkout.scopes.iter().cloned());
    }
    // Not all platforms have the proxy.
    if job.implementation() == "docker-worker" {
        job.worker().insert(text!("taskcluster-proxy"), true.into());
    }
    if let Some(cwd) = job.run.get_str("cwd") {
        let filled = format(cwd, &checkout.template)?;
        job.run.insert(text!("cwd"), normpath(&filled).into());
    }
    Ok(())
}

/// The checkout of tasks that want all repositories: the same for all on workers of one sort.
fn usual_checkout(kind: &KindContext<'_>, job: &RunJob) -> Result<Arc<Checkout>, Problem> {
    type Key = (Str, bool, Str);
    #[derive(Default)]
    struct Known(RwLock<FxHashMap<Key, Arc<Checkout>>>);

    let known = kind.session.memo(Known::default);
    let docker = job.implementation() == "docker-worker";
    let key = (job.os()?.clone(), docker, job.run.get_str("workdir").cloned().unwrap_or_default());
    if let Some(checkout) = known.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(checkout.clone());
    }
    let checkout = Arc::new(Checkout::new(kind, job)?);
    known.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, checkout.clone());
    Ok(checkout)
}

fn field(repository: &Repository, key: &str) -> String {
    repository.get(key).map(python::str).unwrap_or_default()
}

/// All repositories for `true`; otherwise those named, with what the task overwrites.
fn wanted_repositories(kind: &KindContext<'_>, checkout: Option<&Value>) -> Result<Map, Problem> {
    let all = repositories(kind)?;
    let Some(Value::Map(named)) = checkout else {
        return match all.len() {
            0 | 1 => Ok(all),
            _ => Err(Problem::wrong(
                "run.checkout",
                "the repositories to check out, because config.yml has several",
                checkout.map_or("nothing".into(), describe),
            )),
        };
    };
    let mut wanted = Map::new();
    for (name, overwritten) in named {
        let Some(Value::Map(repository)) = all.get(name) else {
            let known: Vec<&str> = all.keys().map(Str::as_str).collect();
            return Err(Problem::wrong(
                "run.checkout",
                &format!("one of the repositories {}", known.join(", ")),
                format!("`{name}`"),
            ));
        };
        let mut repository = repository.clone();
        for (key, value) in overwritten.as_map().into_iter().flatten() {
            if !repository.contains_key(key) {
                let known: Vec<&str> = repository.keys().map(Str::as_str).collect();
                return Err(Problem::wrong(
                    &format!("run.checkout.{name}"),
                    &format!("any of {}", known.join(", ")),
                    format!("`{key}`"),
                ));
            }
            repository.insert(key.clone(), value.clone());
        }
        wanted.insert(name.clone(), repository.into());
    }
    Ok(wanted)
}

/// What a task is told about its repositories.
struct Checkout {
    /// Arguments of run-task.
    arguments: Vec<Value>,
    env: Map,
    scopes: Vec<Value>,
    /// The folder that `run.cwd` may name.
    template: Map,
}

impl Checkout {
    fn new(kind: &KindContext<'_>, job: &RunJob) -> Result<Checkout, Problem> {
        let wanted = wanted_repositories(kind, job.run.get("checkout"))?;
        let os = job.os()?;
        if !["linux", "macosx", "windows"].contains(&os.as_str()) {
            return Err(Problem::message(format!(
                "run-task cannot check out on `{os}`; set `run.checkout` to false"
            )));
        }
        let folder = checkout_folder(job)?;
        let store = match os.as_str() {
            "windows" => "y:/hg-shared".to_owned(),
            _ if job.implementation() == "docker-worker" => format!("{folder}/hg-store"),
            _ => format!("{folder}/hg-shared"),
        };
        let path = format!("{folder}/{}", checkout_name(os));
        let repositories = || wanted.values().filter_map(Value::as_map);
        let names: Map = repositories()
            .map(|repository| {
                (field(repository, "prefix").into(), repository.get("name").cloned().unwrap_or_default())
            })
            .collect();
        let mut env = map! {
            "HG_STORE_PATH" => store,
            "REPOSITORIES" => json::compact(&names.into())?,
            "VCS_PATH" => path.as_str(),
        };
        let mut arguments = Vec::new();
        let mut scopes = Vec::new();
        for repository in repositories() {
            let prefix = field(repository, "prefix");
            arguments.push(format!("--{prefix}-checkout={}", join(&path, &field(repository, "path"))).into());
            for (variable, key) in [
                ("BASE_REPOSITORY", "base_repository"),
                ("HEAD_REPOSITORY", "head_repository"),
                ("HEAD_REV", "head_rev"),
                ("HEAD_REF", "head_ref"),
                ("REPOSITORY_TYPE", "type"),
                ("SSH_SECRET_NAME", "ssh_secret_name"),
            ] {
                if let Some(value) = repository.get_some(key) {
                    env.insert(format!("{}_{variable}", prefix.to_uppercase()).into(), value.clone());
                }
            }
            if repository.is_true("ssh_secret_name") {
                scopes.push(format!("secrets:get:{}", field(repository, "ssh_secret_name")).into());
            }
        }
        Ok(Checkout { arguments, env, scopes, template: map! { "checkout" => path } })
    }
}
