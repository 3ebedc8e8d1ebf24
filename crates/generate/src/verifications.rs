//! The checks that come with the program: of the full task graph, but for one.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use taskgraph_graph::Task;
use taskgraph_kinds::Registry;
use taskgraph_transforms::{join_symbol, run_task_digest};
use taskgraph_value::{Str, Value, python};

use crate::facts::{Place, Shown};
use crate::{Finding, Phase, Verification, Verifying};

/// How many dependencies the queue accepts, less the one on the decision task.
const MAX_DEPENDENCIES: usize = 9999;

const NOTIFICATION_FILTERS: [&str; 9] = [
    "on-any",
    "on-completed",
    "on-defined",
    "on-failed",
    "on-exception",
    "on-pending",
    "on-resolved",
    "on-running",
    "on-transition",
];

pub(crate) fn register(registry: &mut Registry) {
    for (name, check) in [
        ("caches-are-volumes", caches_are_volumes as Check),
        ("dependency-count", dependency_count),
        ("identifiers", identifiers),
        ("index-routes", index_routes),
        ("notification-filters", notification_filters),
        ("run-task-caches", run_task_caches),
    ] {
        registry.add::<dyn Verification>(
            name,
            Arc::new(Checked { phase: Phase::FullTaskGraph, check, splits: true }),
        );
    }
    for (name, check) in [
        ("dependency-tiers", dependency_tiers as Check),
        ("toolchain-aliases", toolchain_aliases),
        ("treeherder-symbols", treeherder_symbols),
        ("trust-domain-routes", trust_domain_routes),
    ] {
        registry.add::<dyn Verification>(
            name,
            Arc::new(Checked { phase: Phase::FullTaskGraph, check, splits: false }),
        );
    }
    let always_optimized =
        Checked { phase: Phase::OptimizedTaskGraph, check: always_optimized, splits: true };
    registry.add::<dyn Verification>("always-optimized", Arc::new(always_optimized));
}

type Check = fn(Verifying<'_>, &mut Vec<Finding>);

struct Checked {
    phase: Phase,
    check: Check,
    splits: bool,
}

impl Verification for Checked {
    fn phase(&self) -> Phase {
        self.phase
    }

    fn verify(&self, verifying: Verifying<'_>, found: &mut Vec<Finding>) {
        (self.check)(verifying, found);
    }

    fn splits(&self) -> bool {
        self.splits
    }

    fn needs_graph(&self) -> bool {
        !self.splits
    }
}

fn is_always_optimized(task: &Task) -> bool {
    let worker_type = task.task.peek("workerType");
    worker_type.as_deref().and_then(Value::as_str).is_some_and(|name| name == "always-optimized")
}

/// Checks what the definition of each task has at some paths. Neighbours often share it, and what was right before is
/// right again.
fn check_parts<const N: usize>(
    tasks: &[Arc<Task>],
    paths: [&str; N],
    found: &mut Vec<Finding>,
    mut check: impl FnMut(&Task, [Option<&Value>; N], &mut Vec<Finding>),
) {
    let mut right: Option<[Option<Cow<'_, Value>>; N]> = None;
    let is_same = |(a, b): (&Option<Cow<'_, Value>>, &Option<Cow<'_, Value>>)| match (a, b) {
        (Some(a), Some(b)) => a.is(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    for task in tasks {
        let parts = paths.map(|path| task.task.peek(path));
        if right.as_ref().is_some_and(|right| right.iter().zip(&parts).all(is_same)) {
            continue;
        }
        let before = found.len();
        check(task, parts.each_ref().map(Option::as_deref), found);
        right = (found.len() == before).then_some(parts);
    }
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &Str> {
    list.and_then(Value::as_list).into_iter().flatten().filter_map(Value::as_str)
}

/// No two tasks look the same on Treeherder.
fn treeherder_symbols(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let mut seen: FxHashMap<&Shown, &Str> =
        FxHashMap::with_capacity_and_hasher(verifying.facts.len(), FxBuildHasher);
    for (task, facts) in verifying.tasks.iter().zip(verifying.facts) {
        let shown = match &facts.place {
            Place::Nowhere => continue,
            Place::Collections(count) => {
                let problem = format!("expected one Treeherder collection, found {count}");
                found.push(Finding::of_task(&task.label, problem));
                continue;
            }
            Place::At(shown) => shown,
        };
        if let Some(other) = seen.insert(shown, &task.label) {
            let Shown { platform, collection, group, symbol, .. } = shown;
            let joined = join_symbol(group.as_deref(), symbol);
            let problem = format!(
                "has the Treeherder platform and symbol of task `{other}`: {platform}/{collection} {joined}"
            );
            found.push(Finding::of_task(&task.label, problem));
        }
    }
}

/// No two tasks claim the same place in the index.
fn trust_domain_routes(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let prefix = format!("index.{}.v2", verifying.session.config.trust_domain());
    let mut seen: FxHashMap<&Str, &Str> = FxHashMap::default();
    for (task, facts) in verifying.tasks.iter().zip(verifying.facts) {
        let routes = facts.routes.iter().filter_map(Value::as_str);
        for route in routes.filter(|route| route.starts_with(&prefix)) {
            if let Some(other) = seen.insert(route, &task.label) {
                found.push(Finding::of_task(
                    &task.label,
                    format!("has the route `{route}` of task `{other}`"),
                ));
            }
        }
    }
}

fn notification_filters(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    check_parts(verifying.tasks, ["routes"], found, |task, [routes], found| {
        for route in texts(routes).filter(|route| route.starts_with("notify.")) {
            let filter = route.rsplit('.').next().unwrap_or_default();
            if !NOTIFICATION_FILTERS.contains(&filter) {
                let problem = format!(
                    "the route `{route}` must end with one of {}, found `{filter}`",
                    NOTIFICATION_FILTERS.join(", ")
                );
                found.push(Finding::of_task(&task.label, problem));
            }
        }
    });
}

fn index_routes(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_!~*'()%-".contains(&byte);
    check_parts(verifying.tasks, ["routes"], found, |task, [routes], found| {
        for route in texts(routes) {
            let Some(namespace) = route.strip_prefix("index.") else { continue };
            if namespace.split('.').any(|part| part.is_empty() || !part.bytes().all(valid)) {
                let mut problem = format!(
                    "the route `{route}` is no path of the index: parts between dots have letters, digits and _!~*'()%-"
                );
                let is_wrong = |letter: char| letter != '.' && !u8::try_from(letter).is_ok_and(valid);
                if let Some((name, value)) = verifying.session.parameters.origin(route, is_wrong) {
                    problem += &format!("; `{value}` is the parameter `{name}`");
                }
                found.push(Finding::of_task(&task.label, problem));
            }
        }
    });
}

/// What others rely on is at least as important as they are.
fn dependency_tiers(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let shown = |tier: i64| if tier == i64::MAX { "unknown".into() } else { tier.to_string() };
    let (tasks, facts) = (verifying.tasks, verifying.facts);
    for (from, to) in verifying.graph.graph().edge_positions() {
        let (own, theirs, needed) = (facts[from].tier, facts[to].tier, &tasks[to]);
        if own >= theirs || needed.kind.contains("dummy") {
            continue;
        }
        if is_always_optimized(needed) {
            continue;
        }
        let problem = format!(
            "its Treeherder tier is {}, so it cannot depend on `{}`, whose tier is {}",
            shown(own),
            needed.label,
            shown(theirs)
        );
        found.push(Finding::of_task(&tasks[from].label, problem));
    }
}

fn toolchain_aliases(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let mut seen: FxHashMap<&Str, &Str> = FxHashMap::default();
    for (task, facts) in verifying.tasks.iter().zip(verifying.facts) {
        for alias in facts.aliases() {
            if let Some(other) = seen.insert(alias, &task.label) {
                found.push(Finding::of_task(
                    &task.label,
                    format!("has the toolchain-alias `{alias}` of task `{other}`"),
                ));
            }
        }
    }
}

/// Caches that run-task prepares in its own way are only for run-task, and only for the version that prepared them.
fn run_task_caches(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let session = verifying.session;
    let level = session.parameters.get("level").map(python::str).unwrap_or_default();
    let prefix = format!("{}-level-{level}-", session.config.trust_domain());
    let digest = OnceCell::new();
    let parts = ["payload.cache", "payload.command[0]"];
    check_parts(verifying.tasks, parts, found, |task, [cache, program], found| {
        let Some(cache) = cache.and_then(Value::as_map) else { return };
        let names = cache.get_map("task-reference").unwrap_or(cache);
        let program = program.and_then(Value::as_str).map_or("", Str::as_str);
        let run_task = program.rsplit('/').next().unwrap_or_default().starts_with("run-task");
        for name in names.keys() {
            let mut report = |problem: String| found.push(Finding::of_task(&task.label, problem));
            let Some(rest) = name.strip_prefix(prefix.as_str()) else {
                report(format!(
                    "the cache `{name}` must start with `{prefix}`, for its trust domain and level"
                ));
                continue;
            };
            if !rest.starts_with("checkouts") && !rest.starts_with("tooltool-cache") {
                continue;
            }
            if !run_task {
                report(format!(
                    "the cache `{rest}` is reserved for run-task; use run-task, or a cache of another name"
                ));
                continue;
            }
            match digest.get_or_init(|| run_task_digest(session)) {
                Ok(digest) if rest.contains(digest.as_str()) => {}
                Ok(digest) => report(format!(
                    "the cache `{rest}` is reserved for run-task, so its name must have the digest of run-task, {digest}"
                )),
                Err(problem) => report(problem.to_string()),
            }
        }
    });
}

fn identifiers(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    let valid = |text: &str| {
        (1..=38).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let keys = ["workerType", "provisionerId"];
    check_parts(verifying.tasks, keys, found, |task, values, found| {
        for (key, value) in keys.into_iter().zip(values) {
            if !value.and_then(Value::as_str).is_some_and(|text| valid(text)) {
                let problem = format!(
                    "`{key}` must have 1 to 38 letters, digits, _ or -, found {}",
                    value.map_or("nothing".into(), taskgraph_schema::describe)
                );
                found.push(Finding::of_task(&task.label, problem));
            }
        }
    });
}

fn dependency_count(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    for task in verifying.tasks {
        let count = task.dependencies.len() + task.if_dependencies.len() + task.soft_dependencies.len();
        if count > MAX_DEPENDENCIES {
            let problem = format!("expected at most {MAX_DEPENDENCIES} dependencies, found {count}");
            found.push(Finding::of_task(&task.label, problem));
        }
    }
}

/// For definitions that still have the description of their worker: what is mounted as a cache must be a volume.
fn caches_are_volumes(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    for task in verifying.tasks {
        let worker = task.task.peek("worker");
        let Some(worker) = worker.as_deref().and_then(Value::as_map) else { continue };
        if worker.get_str("implementation").is_none_or(|name| name != "docker-worker") {
            continue;
        }
        let volumes = worker.get_list("volumes");
        let paths = worker.get_list("caches").iter().filter_map(|cache| cache.as_map()?.get("mount-point"));
        let missing: Vec<String> = paths.filter(|path| !volumes.contains(path)).map(python::str).collect();
        if !missing.is_empty() {
            let problem = format!(
                "its caches at {} must be volumes; add a VOLUME to the Dockerfile",
                missing.join(", ")
            );
            found.push(Finding::of_task(&task.label, problem));
        }
    }
}

/// Tasks that nothing can run are gone.
fn always_optimized(verifying: Verifying<'_>, found: &mut Vec<Finding>) {
    for task in verifying.tasks {
        if is_always_optimized(task) {
            let problem =
                "has the worker type `always-optimized`, but no optimization removed or replaced it";
            found.push(Finding::of_task(&task.label, problem));
        }
    }
}
