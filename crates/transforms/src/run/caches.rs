//! Caches that keep what tasks of a kind need again and again.

use taskgraph_docker::path::join;
use taskgraph_kinds::{KindContext, Problem};
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::describe::RunJob;
use crate::{caching::sha256, repositories::repositories};

/// The caches that tasks may ask for by name, with the variable that tells a tool about it. The checkout is no tool.
const CACHES: [(Str, Option<Str>); 5] = [
    (text!("cargo"), Some(text!("CARGO_HOME"))),
    (text!("checkout"), None),
    (text!("npm"), Some(text!("npm_config_cache"))),
    (text!("pip"), Some(text!("PIP_CACHE_DIR"))),
    (text!("uv"), Some(text!("UV_CACHE_DIR"))),
];

/// The folder of checkouts, on the worker.
pub(super) fn checkout_folder(job: &RunJob) -> Result<String, Problem> {
    Ok(match (job.os()?.as_str(), job.implementation()) {
        ("windows", _) => "build".into(),
        (_, "docker-worker") => format!("{}/checkouts", job.run_text("workdir")?),
        _ => "checkouts".into(),
    })
}

/// Adds the caches that the task, or else config.yml, asks for under `use-caches`.
pub(super) fn add_caches(kind: &KindContext<'_>, job: &mut RunJob) -> Result<(), Problem> {
    let base = if job.implementation() == "docker-worker" {
        let workdir = job.run.get_str("workdir").filter(|workdir| !workdir.is_empty());
        join(workdir.map_or("/builds/worker", Str::as_str), ".task-cache")
    } else {
        ".task-cache".into()
    };
    let configured =
        kind.session.config.taskgraph().get_map("run").and_then(|run| run.get_some("use-caches"));
    let wanted = match job.run.get_some("use-caches").or(configured) {
        Some(wanted) => wanted.clone(),
        None => List::from(vec![text!("checkout").into()]).into(),
    };
    let has_checkout = job.run.is_true("checkout");
    for (name, variable) in CACHES {
        let checkout = name == "checkout";
        // Without a clone there is nothing to keep, so `checkout` can be a default for all tasks.
        let used = match &wanted {
            Value::Bool(all) => *all,
            Value::List(names) => names.contains(&Value::Str(name.clone())),
            _ => false,
        };
        if !used || checkout && !has_checkout {
            continue;
        }
        let folder = if checkout { checkout_folder(job)? } else { format!("{base}/{name}") };
        let cache = if checkout { checkout_cache_name(kind)? } else { name };
        if let Some(variable) = variable {
            job.env().insert(variable, folder.as_str().into());
        }
        add_cache(job, cache, &folder);
    }
    Ok(())
}

fn add_cache(job: &mut RunJob, name: Str, folder: &str) {
    match job.implementation() {
        "docker-worker" => job.worker().list_mut(text!("caches")).push(
            map! {
                "type" => text!("persistent"),
                "name" => name,
                "mount-point" => folder,
                "skip-untrusted" => false,
            }
            .into(),
        ),
        "generic-worker" => {
            let mount = map! { "cache-name" => name, "directory" => folder };
            job.worker().list_mut(text!("mounts")).push(mount.into());
        }
        // Others have no caches.
        _ => {}
    }
}

/// Projects that check out different sets of repositories must not share a cache, so its name depends on the set.
fn checkout_cache_name(kind: &KindContext<'_>) -> Result<Str, Problem> {
    let all = repositories(kind)?;
    if all.len() <= 1 {
        return Ok(text!("checkouts"));
    }
    let text = |repository: &Map, key: &str| repository.get_str(key).cloned().unwrap_or_default();
    let mut paths: Vec<String> = all
        .values()
        .filter_map(Value::as_map)
        .map(|repository| format!("{}\t{}", text(repository, "path"), text(repository, "prefix")))
        .collect();
    paths.sort_unstable();
    Ok(format!("checkouts-repos-{}", sha256(paths.join("\n").as_bytes())).into())
}
