//! `fetches`: what a task downloads before it starts.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taskgraph_kinds::{Description, Error, Family, KindContext, Problem, Transform};
use taskgraph_value::{Map, Str, Value, json::Writer, map, text};

use super::{check_worker, label_of};
use crate::{
    last::{Last, change_shared},
    order::{artifact_prefix, builds_on_its_kind, in_dependency_order},
};

/// Sorts the tasks of a kind, and looks at all of them for what [`UseFetches`] has to know: they may fetch from each
/// other.
pub(super) struct OrderTasks;

impl Transform for OrderTasks {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let mut known = Known::new(kind, &tasks);
        let tasks = in_dependency_order(kind, tasks, |task| label_of(kind, task))?;
        for (at, task) in tasks.iter().enumerate() {
            if let Ok(label) = label_of(kind, task) {
                let prefix = artifact_prefix(task.get_map("attributes"));
                known.of_this_kind.insert(label, (at, prefix));
            }
        }
        kind.memo_of_kind(|| known);
        Ok(tasks)
    }

    fn follows(&self, _: &KindContext<'_>, family: &Family) -> bool {
        !["dependencies", "fetches"].into_iter().any(|key| family.differs_in(key))
    }

    fn apply_to_families(&self, kind: &KindContext<'_>, families: Vec<Family>) -> Result<Vec<Family>, Error> {
        // Few kinds need it, and all threads wait until this one is through with it.
        if is_fetched_from(&kind.kind) || families.par_chunks(PART).any(|part| need_order(kind, part)) {
            let tasks = families.into_iter().flat_map(Family::into_tasks).collect();
            return Ok(self.apply(kind, tasks)?.into_iter().map(Family::from).collect());
        }
        kind.memo_of_kind(|| Known::new(kind, &[]));
        Ok(families)
    }
}

/// How many tasks one thread looks at, at a time.
const PART: usize = 256;

/// Whether any of these builds on tasks of its own kind, or fetches from one that is not in the kinds that this kind
/// depends on.
fn need_order(kind: &KindContext<'_>, families: &[Family]) -> bool {
    let mut last = [None; 2];
    families.iter().any(|Family { first: task, .. }| {
        let now = ["fetches", "dependencies"].map(|key| task.get_map(key));
        let before = std::mem::replace(&mut last, now);
        let same = |(a, b): (Option<&Map>, Option<&Map>)| a.zip(b).is_some_and(|(a, b)| a.is(b));
        if before.into_iter().zip(now).all(same) {
            return false;
        }
        let [fetches, dependencies] = now;
        let from_elsewhere = |from: &Str| {
            let label = dependencies.and_then(|dependencies| dependencies.get_str(from));
            label.is_none_or(|label| kind.dependencies.position(label).is_none())
        };
        builds_on_its_kind(kind, task)
            || fetches
                .into_iter()
                .flat_map(Map::keys)
                .filter(|from| !is_fetched_from(from))
                .any(from_elsewhere)
    })
}

/// Whether a key of `fetches` stands for a kind of tasks that are fetched from, not for a dependency.
fn is_fetched_from(from: &str) -> bool {
    from == "fetch" || from == "toolchain"
}

/// What the `fetch` and `toolchain` tasks of this kind and its dependencies offer, by label.
#[derive(Default)]
struct Known {
    artifacts: FxHashMap<Str, Str>,
    env: FxHashMap<Str, Map>,
    /// The labels behind other names, which begin with the kind as labels do.
    aliases: FxHashMap<String, Str>,
    /// The position of each task of this kind, and its artifact prefix; empty if none builds on another.
    of_this_kind: FxHashMap<Str, (usize, Str)>,
}

impl Known {
    fn new(kind: &KindContext<'_>, tasks: &[Description]) -> Self {
        let mut known = Known::default();
        if is_fetched_from(&kind.kind) {
            for task in tasks {
                let (Ok(label), Some(run)) = (label_of(kind, task), task.get_map("run")) else { continue };
                known.add(&label, run.get("toolchain-artifact"), None);
                known.add_aliases(&kind.kind, &label, run.get(&format!("{}-alias", kind.kind)));
            }
        }
        for task in kind.dependencies.iter().filter(|task| is_fetched_from(&task.kind)) {
            let attribute = |name: &str| task.attributes.get(&format!("{}-{name}", task.kind));
            known.add(&task.label, attribute("artifact"), attribute("env"));
            known.add_aliases(&task.kind, &task.label, attribute("alias"));
        }
        known
    }

    fn add(&mut self, label: &Str, artifact: Option<&Value>, env: Option<&Value>) {
        if let Some(Value::Str(artifact)) = artifact.filter(|artifact| artifact.is_truthy()) {
            self.artifacts.insert(label.clone(), artifact.clone());
        }
        if let Some(Value::Map(env)) = env.filter(|env| env.is_truthy()) {
            self.env.insert(label.clone(), env.clone());
        }
    }

    fn add_aliases(&mut self, kind: &str, label: &Str, aliases: Option<&Value>) {
        match aliases {
            Some(Value::Str(alias)) if !alias.is_empty() => {
                self.aliases.insert(format!("{kind}-{alias}"), label.clone());
            }
            Some(Value::List(list)) => {
                list.iter().for_each(|alias| self.add_aliases(kind, label, Some(alias)))
            }
            _ => {}
        }
    }
}

/// Turns `fetches` into dependencies, and into what fetch-content is told.
pub(super) struct UseFetches;

impl Transform for UseFetches {
    fn apply(&self, kind: &KindContext<'_>, mut tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let known = kind.memo_of_kind(Known::default);
        let mut last = Memory::default();
        for task in &mut tasks {
            if let Some(fetches @ Value::Map(_)) = task.remove("fetches").filter(Value::is_truthy) {
                use_fetches(kind, task, fetches, &known, &mut last).map_err(|problem| task.error(problem))?;
            }
        }
        Ok(tasks)
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

/// What became of the task before.
#[derive(Default)]
struct Memory {
    fetching: Last<Fetching, 3>,
    worker: Last<Map, 2>,
}

/// What becomes of a task that fetches something.
struct Fetching {
    dependencies: Map,
    /// What is added to the environment.
    env: Map,
    /// For artifacts that not everybody may read.
    scopes: Vec<Value>,
}

fn use_fetches(
    kind: &KindContext<'_>,
    task: &mut Description,
    fetches: Value,
    known: &Known,
    Memory { fetching: last, worker: last_worker }: &mut Memory,
) -> Result<(), Problem> {
    check_worker(task, "env", "a mapping", |env| env.as_map().is_some())?;
    // Tasks of this kind can be fetched from when they come first.
    let label = task.get_str("label").filter(|_| !known.of_this_kind.is_empty());
    let own = label.and_then(|label| known.of_this_kind.get(label)).map_or(0, |(at, _)| *at);
    let place = i64::try_from(own).unwrap_or(i64::MAX).into();
    let values = [Some(fetches), task.get("dependencies").cloned(), Some(place)];
    let fetching = last.or_make(values, |[fetches, dependencies, _]| {
        let map = |value: &Option<Value>| value.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        fetching(kind, &map(fetches), map(dependencies), own, known)
    })?;
    task.insert(text!("dependencies"), fetching.dependencies.clone().into());
    change_shared(task.map_mut(text!("worker")), fetching.env.clone(), last_worker, |worker| {
        let env = worker.map_mut(text!("env"));
        env.extend_from(&fetching.env);
        env.set_default(text!("MOZ_FETCHES_DIR"), text!("fetches"));
        if !fetching.scopes.is_empty() {
            worker.insert(text!("taskcluster-proxy"), true.into());
        }
        Ok(())
    })?;
    if !fetching.scopes.is_empty() {
        let scopes = task.list_mut(text!("scopes"));
        for scope in &fetching.scopes {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    }
    Ok(())
}

/// `own` is the position of the task in its kind.
fn fetching(
    kind: &KindContext<'_>,
    fetches: &Map,
    mut dependencies: Map,
    own: usize,
    known: &Known,
) -> Result<Fetching, Problem> {
    let earlier =
        |label: &str| known.of_this_kind.get(label).filter(|(at, _)| *at <= own).map(|(_, prefix)| prefix);
    let mut env = Map::new();
    let mut wanted = Vec::new();
    let mut kinds: Vec<(&Str, &Value)> = fetches.iter().collect();
    kinds.sort_by(|a, b| a.0.cmp(b.0));
    for (from, entries) in kinds {
        let prefix =
            if is_fetched_from(from) { None } else { Some(prefix_of(kind, &dependencies, from, &earlier)?) };
        for entry in sorted_entries(from, entries)? {
            let (path, reference) = match &prefix {
                Some(prefix) => {
                    (Str::from([prefix, "/", entry.artifact].concat()), ["<", from, ">"].concat())
                }
                None => {
                    let name = [from, "-", entry.artifact].concat();
                    let label = known.aliases.get(&name).cloned().unwrap_or_else(|| name.into());
                    let artifact = known.artifacts.get(&label).ok_or_else(|| {
                        Problem::wrong(
                            &format!("fetches.{from}"),
                            &format!("tasks of the kind `{from}`, which must be in `kind-dependencies`"),
                            format!("`{}`", entry.artifact),
                        )
                    })?;
                    if let Some(extra) = known.env.get(&label) {
                        env.extend_from(extra);
                    }
                    dependencies.insert(label.clone(), (&label).into());
                    (artifact.clone(), ["<", &label, ">"].concat())
                }
            };
            wanted.push(Wanted { artifact: path, reference, entry });
        }
    }
    env.insert(text!("MOZ_FETCHES"), map! { "task-reference" => embed(&wanted)? }.into());
    let scope = |folder: &String| format!("queue:get-artifact:{folder}/*").into();
    let scopes = private_folders(&wanted).iter().map(scope).collect();
    Ok(Fetching { dependencies, env, scopes })
}

/// Something to download.
struct Wanted<'a> {
    /// The path of the artifact.
    artifact: Str,
    /// The task that has it, as a reference.
    reference: String,
    entry: Entry<'a>,
}

/// What fetch-content is told: JSON with sorted keys.
fn embed(wanted: &[Wanted<'_>]) -> Result<String, Problem> {
    let mut writer = Writer::sorted();
    for (at, Wanted { artifact, reference, entry }) in wanted.iter().enumerate() {
        writer.raw(if at == 0 { "[{\"artifact\":" } else { ",{\"artifact\":" });
        writer.string(artifact);
        if let Some(dest) = entry.field("dest").filter(|dest| !dest.is_null()) {
            writer.raw(",\"dest\":");
            writer.compact(dest)?;
        }
        writer.raw(",\"extract\":");
        writer.compact(entry.field("extract").unwrap_or(&Value::Bool(true)))?;
        writer.raw(",\"task\":");
        writer.string(reference);
        if let Some(verify) = entry.field("verify-hash").filter(|verify| verify.is_truthy()) {
            writer.raw(",\"verify-hash\":");
            writer.compact(verify)?;
        }
        writer.raw("}");
    }
    writer.raw(if wanted.is_empty() { "[]" } else { "]" });
    Ok(writer.into_string())
}

/// One artifact of a list of `fetches`.
struct Entry<'a> {
    artifact: &'a Str,
    fields: Option<&'a Map>,
}

impl<'a> Entry<'a> {
    fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name)
    }
}

fn sorted_entries<'a>(from: &str, entries: &'a Value) -> Result<Vec<Entry<'a>>, Problem> {
    let each = |entry: &'a Value| match entry {
        Value::Str(artifact) => Ok(Entry { artifact, fields: None }),
        Value::Map(fields) => {
            let artifact = fields.get_str("artifact");
            let artifact =
                artifact.ok_or_else(|| Problem::missing(&format!("fetches.{from}.artifact"), "a string"))?;
            Ok(Entry { artifact, fields: Some(fields) })
        }
        other => {
            let found = taskgraph_schema::describe(other);
            Err(Problem::wrong(&format!("fetches.{from}"), "artifacts", found))
        }
    };
    let mut entries: Vec<Entry<'a>> =
        entries.as_list().into_iter().flatten().map(each).collect::<Result<_, _>>()?;
    entries.sort_by(|a, b| a.artifact.cmp(b.artifact));
    Ok(entries)
}

/// The artifact prefix of the dependency that a task calls `from`.
fn prefix_of<'a>(
    kind: &'a KindContext<'_>,
    dependencies: &Map,
    from: &Str,
    earlier: &dyn Fn(&str) -> Option<&'a Str>,
) -> Result<Str, Problem> {
    let label = dependencies.get_str(from).ok_or_else(|| {
        let known: Vec<&str> = dependencies.keys().map(Str::as_str).collect();
        let found = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Problem::wrong(
            &format!("fetches.{from}"),
            "the name of one of its dependencies",
            format!("it has {found}"),
        )
    })?;
    if let Some(task) = kind.dependencies.get(label) {
        return Ok(artifact_prefix(Some(&task.attributes)));
    }
    match earlier(label) {
        Some(prefix) => Ok(prefix.clone()),
        None => Err(Problem::message(format!(
            "`fetches.{from}`: its dependency `{from}` is `{label}`, which is no task of this kind or of its `kind-dependencies`"
        ))),
    }
}

/// The folders of artifacts that need a scope to be read, sorted.
fn private_folders(fetches: &[Wanted<'_>]) -> Vec<String> {
    let private = fetches.iter().filter(|fetch| !fetch.artifact.starts_with("public/"));
    let mut folders: Vec<String> = private
        .map(|Wanted { artifact, .. }| match artifact.rsplit_once('/') {
            Some((folder, _)) if folder.trim_end_matches('/').is_empty() => {
                artifact[..=folder.len()].to_owned()
            }
            Some((folder, _)) => folder.trim_end_matches('/').to_owned(),
            None => String::new(),
        })
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
}
