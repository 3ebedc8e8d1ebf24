//! `cached_tasks`: tasks that say what they are made from are found again instead of run again.

use rustc_hash::FxHashMap;
use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform, TransformSequence};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, python};

use crate::{caching::add_optimization, order::in_dependency_order};

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    CacheTasks.into()
}

/// Sees the tasks of its kind together, because they may be made from each other.
struct CacheTasks;

impl Transform for CacheTasks {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        if kind.fast {
            return Ok(tasks);
        }
        let mut digests: FxHashMap<Str, String> = FxHashMap::default();
        for task in kind.dependencies.iter() {
            if let Some(digest) = task.attributes.get_map("cached_task").and_then(digest_of) {
                digests.insert(task.label.clone(), digest);
            }
        }
        let mut tasks = in_dependency_order(kind, tasks, |task| task.text("label").cloned())?;
        for task in &mut tasks {
            let Some(cache) = task.remove("cache").filter(|cache| !cache.is_null()) else { continue };
            let label = task.text("label").map_err(|problem| task.error(problem))?.clone();
            cache_task(kind, task, &cache, &digests).map_err(|problem| task.error(problem))?;
            if let Some(digest) =
                task.get_map("attributes").and_then(|map| map.get_map("cached_task")).and_then(digest_of)
            {
                digests.insert(label, digest);
            }
        }
        Ok(tasks)
    }
}

/// What others that are made from a cached task say of it.
fn digest_of(cached: &Map) -> Option<String> {
    Some(format!("{}/{}/{}", cached.get_str("type")?, cached.get_str("name")?, cached.get_str("digest")?))
}

fn cache_task(
    kind: &KindContext<'_>,
    task: &mut Description,
    cache: &Value,
    digests: &FxHashMap<Str, String>,
) -> Result<(), Problem> {
    let Value::Map(cache) = cache else {
        return Err(Problem::wrong("cache", "a mapping", describe(cache)));
    };
    let wrong = |key: &str, expected| {
        let (path, found) = (format!("cache.{key}"), cache.get(key));
        found.map_or_else(
            || Problem::missing(&path, expected),
            |found| Problem::wrong(&path, expected, describe(found)),
        )
    };
    let text = |key| cache.get_str(key).ok_or_else(|| wrong(key, "a string"));
    let mut parents = Vec::new();
    for (_, label) in task.get_map("dependencies").into_iter().flatten() {
        let label =
            label.as_str().ok_or_else(|| Problem::wrong("dependencies", "labels", describe(label)))?;
        let digest = digests.get(label).ok_or_else(|| {
            Problem::message(format!(
                "a cached task can only depend on cached tasks, but `{label}` is not cached"
            ))
        })?;
        parents.push(digest.as_str());
    }
    parents.sort_unstable();
    // Without it, the digest would be one of nothing, and the task replaced whatever changes.
    let Some(Value::List(written)) = cache.get("digest-data") else {
        return Err(wrong("digest-data", "a list of strings"));
    };
    let mut data: Vec<Str> = Vec::with_capacity(written.len() + parents.len() + 1);
    for item in written {
        let item =
            item.as_str().ok_or_else(|| Problem::wrong("cache.digest-data", "strings", describe(item)))?;
        data.push(item.clone());
    }
    data.extend(parents.into_iter().map(Str::from));
    // It changes the artifacts, so it is part of what the task is made from.
    if let Some(value) =
        task.get_map("worker").and_then(|worker| worker.get("chain-of-trust")).filter(|v| v.is_truthy())
    {
        data.push(python::str(value).into());
    }
    add_optimization(kind, task, text("type")?, text("name")?, &data)
}
