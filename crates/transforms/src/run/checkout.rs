//! Checking out repositories with run-task.

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
pub(super) fn add_checkout(kind: &KindContext<'_>, job: &mut RunJob, command: &mut Vec<Value>) -> Result<(), Problem> {
    if !job.run.is_true("checkout") {
        return match job.run.get_str("cwd") {
            Some(cwd) if cwd.contains("{checkout}") => {
                Err(Problem::wrong("run.cwd", "no `{checkout}`, because `run.checkout` is false", format!("`{cwd}`")))
            }
            _ => Ok(()),
        };
    }
    let wanted = wanted_repositories(kind, job.run.get("checkout"))?;
    let folder = describe_checkout(job, &wanted)?;
    for repository in wanted.values().filter_map(Value::as_map) {
        let path = join(&folder, &field(repository, "path"));
        command.push(format!("--{}-checkout={path}", field(repository, "prefix")).into());
    }
    if let Some(cwd) = job.run.get_str("cwd") {
        let filled = format(cwd, &map! { "checkout" => folder })?;
        job.run.insert(text!("cwd"), normpath(&filled).into());
    }
    Ok(())
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
            return Err(Problem::wrong("run.checkout", &format!("one of the repositories {}", known.join(", ")), format!("`{name}`")));
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

/// Tells the task about its repositories. Returns the folder that they are checked out to.
fn describe_checkout(job: &mut RunJob, wanted: &Map) -> Result<String, Problem> {
    let os = job.os()?.clone();
    if !["linux", "macosx", "windows"].contains(&os.as_str()) {
        return Err(Problem::message(format!("run-task cannot check out on `{os}`; set `run.checkout` to false")));
    }
    let docker = job.implementation() == "docker-worker";
    let folder = checkout_folder(job)?;
    let store = match os.as_str() {
        "windows" => "y:/hg-shared".to_owned(),
        _ if docker => format!("{folder}/hg-store"),
        _ => format!("{folder}/hg-shared"),
    };
    let checkout = format!("{folder}/{}", checkout_name(&os));
    let names: Map = wanted
        .values()
        .filter_map(Value::as_map)
        .map(|repository| (field(repository, "prefix").into(), repository.get("name").cloned().unwrap_or_default()))
        .collect();
    let names = json::compact(&names.into())?;
    let env = job.env();
    env.insert(text!("HG_STORE_PATH"), store.into());
    env.insert(text!("REPOSITORIES"), names.into());
    env.insert(text!("VCS_PATH"), checkout.as_str().into());
    for repository in wanted.values().filter_map(Value::as_map) {
        let prefix = field(repository, "prefix").to_uppercase();
        for (variable, key) in [
            ("BASE_REPOSITORY", "base_repository"),
            ("HEAD_REPOSITORY", "head_repository"),
            ("HEAD_REV", "head_rev"),
            ("HEAD_REF", "head_ref"),
            ("REPOSITORY_TYPE", "type"),
            ("SSH_SECRET_NAME", "ssh_secret_name"),
        ] {
            if let Some(value) = repository.get_some(key) {
                env.insert(format!("{prefix}_{variable}").into(), value.clone());
            }
        }
    }
    for repository in wanted.values().filter_map(Value::as_map) {
        if repository.is_true("ssh_secret_name") {
            let scope = format!("secrets:get:{}", field(repository, "ssh_secret_name"));
            job.task.list_mut(text!("scopes")).push(scope.into());
        }
    }
    // Not all platforms have the proxy.
    if docker {
        job.worker().insert(text!("taskcluster-proxy"), true.into());
    }
    Ok(checkout)
}
