//! Chunks of a suite, of which just the first goes through all transforms: all must come out as if each had gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use taskgraph_generate::Generator;
use taskgraph_kinds::{Description, Error, Family, KindContext, PerTask, Problem, Registry, Transform};
use taskgraph_transforms::{Building, PayloadBuilder, RunJob, RunUsing};
use taskgraph_value::{Map, Value};

use crate::support::{CONFIG, DEFAULTS, Repository};

/// A copy that shares nothing, so nobody can see at a glance that it is the same.
fn copy(value: &Value) -> Value {
    match value {
        Value::Str(text) => Value::from(text.as_str()),
        Value::List(items) => items.iter().map(copy).collect::<Vec<_>>().into(),
        Value::Map(map) => copy_map(map).into(),
        other => other.clone(),
    }
}

fn copy_map(map: &Map) -> Map {
    map.iter().map(|(key, value)| (key.clone(), copy(value))).collect()
}

fn unshare(_: &KindContext<'_>, task: Description, out: &mut Vec<Description>) -> Result<(), Problem> {
    out.push(task.with_fields(copy_map(&task)));
    Ok(())
}

/// Gives the first of a family the level of the parameters, the same in memory, where run-task will put it.
struct GiveLevel;

impl Transform for GiveLevel {
    fn apply(&self, _: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        Ok(tasks)
    }

    fn follows(&self, _: &KindContext<'_>, _: &Family) -> bool {
        true
    }

    fn apply_to_families(
        &self,
        kind: &KindContext<'_>,
        mut families: Vec<Family>,
    ) -> Result<Vec<Family>, Error> {
        let level = kind.parameters.text("level").map_err(Error::new)?;
        for Family { first, .. } in families.iter_mut().filter(|family| family.others > 0) {
            let env = first.map_mut("worker".into()).map_mut("env".into());
            env.insert("MOZ_SCM_LEVEL".into(), level.into());
        }
        Ok(families)
    }
}

/// The chunks of a task with some more lines of YAML, or the error.
fn chunks(transforms: &str, lines: &str, fields: &str) -> Result<String, String> {
    let kind = format!(
        "transforms: [{transforms}]
tasks:
  unit:
    label: unit-{{this_chunk}}
{lines}
    chunk: {{total-chunks: 5, substitution-fields: [label, {fields}]}}
  fetched: {{}}
{DEFAULTS}
"
    );
    let config = CONFIG.replace("{T: Tests}", "{T: Tests, T1: First, T2: Second}");
    let repository = Repository::new(&[("kinds/test/kind.yml", &kind), ("config.yml", &config)])
        .variable("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
    let session = repository.session(|registry| {
        registry.add_transform("test.unshare", PerTask(unshare));
        registry.add_transform("test.level", GiveLevel);
    });
    let generator = Generator::new(session.unwrap());
    let graph = generator.full_task_graph().map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    taskgraph_graph::write_json(graph, &mut json).unwrap();
    Ok(String::from_utf8(json).unwrap())
}

/// What chunks become must not depend on what they share. Returns it.
#[track_caller]
fn check(lines: &str, fields: &str) -> Result<String, String> {
    check_after("taskgraph.transforms.chunking", lines, fields)
}

#[track_caller]
fn check_after(transforms: &str, lines: &str, fields: &str) -> Result<String, String> {
    let together = chunks(transforms, lines, fields);
    let alone = chunks(&format!("{transforms}, test.unshare"), lines, fields);
    assert!(together == alone, "{lines}");
    together
}

#[test]
fn what_differs_is_passed_on() {
    for (lines, fields) in [
        ("", ""),
        ("    description: 'd {this_chunk} of {total_chunks}'", "description"),
        (
            "    description: 'd {this_chunk}'\n    treeherder: {symbol: 'T({this_chunk})', platform: linux/opt}",
            "description, treeherder.symbol",
        ),
        (
            "    treeherder: {symbol: 'c{this_chunk}', platform: linux/opt, tier: 2, kind: test}",
            "treeherder.symbol",
        ),
        ("    treeherder: {symbol: 'T(x)', platform: 'p{this_chunk}/opt'}", "treeherder.platform"),
        ("    worker: {env: {CHUNK: '{this_chunk}', SAME: '1'}}", "worker.env.CHUNK"),
        (
            "    worker: {env: {CHUNK: {task-reference: '<x{this_chunk}>'}}}\n    dependencies: {x1: test-fetched, x2: test-fetched, x3: test-fetched, x4: test-fetched, x5: test-fetched}",
            "worker.env",
        ),
        ("    run: {command: 'run {this_chunk}'}", "run.command"),
        ("    run: {command: [run, '{this_chunk}']}", "run.command"),
        ("    run: {command: [run, all]}", ""),
        (
            "    run: {command: {task-reference: 'run {this_chunk} <x>'}}\n    dependencies: {x: test-fetched}",
            "run.command",
        ),
        ("    run: {cwd: '/x/{this_chunk}'}", "run.cwd"),
        (
            "    run: {exec-with: bash, command: '{this_chunk}', run-task-command: ['/a/run-task', '{this_chunk}']}",
            "run.command, run.run-task-command",
        ),
        (
            "    run: {command: '{this_chunk}', run-task-command: ['x{this_chunk}']}",
            "run.command, run.run-task-command",
        ),
        (
            "    attributes: {a: '{this_chunk}', run_on_projects: '{this_chunk}', build_platform: p}",
            "attributes",
        ),
        (
            "    attributes: {build_platform: 'p{this_chunk}'}\n    run-on-projects: {by-build-platform: {p1: [], p2: [b], default: [c]}}",
            "attributes.build_platform",
        ),
        (
            "    worker-type: win\n    worker: {env: {CHUNK: '{this_chunk}'}, max-run-time: 1}\n    run: {command: 'run {this_chunk}'}",
            "worker.env, run.command",
        ),
        ("    worker: {docker-image: 'image:{this_chunk}'}", "worker.docker-image"),
        ("    optimization: {skip-unless-changed: ['src/{this_chunk}/**']}", "optimization"),
        (
            "    dependencies: {x: test-fetched}\n    fetches: {x: [a.zip]}\n    worker: {env: {MOZ_FETCHES_DIR: '{this_chunk}', MOZ_FETCHES: '{this_chunk}'}}",
            "worker.env",
        ),
        ("    scopes: ['a:{this_chunk}']\n    routes: ['r.{this_chunk}']", "scopes, routes"),
        ("    worker: {env: {EMPTY: '{this_chunk!s:.0}', MOZ_SCM_LEVEL: '{this_chunk!s:.0}'}}", "worker.env"),
        ("    worker: {env: {'X{this_chunk}': '{total_chunks}'}}", "worker.env"),
        ("    worker: {env: {'X{this_chunk}': '{{this_chunk}}'}}", "'worker.env.X{this_chunk}'"),
        (
            "    attributes: {this_chunk: '{total_chunks}', a: [1, '{this_chunk}', {b: '{this_chunk}'}]}",
            "attributes",
        ),
        ("    attributes: {a: '{{this_chunk}}', b: x}", "attributes.a, attributes, attributes.b"),
        ("    attributes: {kind: '{this_chunk}'}", "attributes.kind"),
        ("    attributes: {run_on_tasks_for: '{this_chunk}', a: b}", "attributes.run_on_tasks_for"),
        ("    attributes: {always_target: '{this_chunk}'}", "attributes.always_target"),
        (
            "    attributes: {run_on_git_branches: '{this_chunk}'}\n    run-on-git-branches: [main]",
            "attributes.run_on_git_branches",
        ),
        ("    attributes: {shipping_phase: '{this_chunk}', retrigger: true}", "attributes.shipping_phase"),
    ] {
        let chunks = check(lines, fields).unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert!(chunks.contains("\"unit-5\""), "{lines}");
    }
}

#[test]
fn what_is_set_whatever_a_task_says_stays() {
    for name in ["MOZ_SCM_LEVEL", "MOZ_AUTOMATION", "SCCACHE_DISABLE"] {
        let lines = format!("    worker: {{env: {{{name}: '{{this_chunk}}', CHUNK: '{{this_chunk}}'}}}}");
        let after = match name {
            "MOZ_SCM_LEVEL" => "taskgraph.transforms.chunking, test.level",
            _ => "taskgraph.transforms.chunking",
        };
        let chunks = check_after(after, &lines, "worker.env").unwrap();
        assert_eq!(chunks.matches(&format!("\"{name}\": \"1\"")).count(), 6, "{name}");
        assert_eq!(chunks.matches("\"CHUNK\": \"4\"").count(), 1);
    }
}

/// Two chunks, with some who are registered.
fn two_chunks(register: impl FnOnce(&mut Registry)) -> Result<(), String> {
    let kind = format!(
        "loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.chunking, taskgraph.transforms.run, taskgraph.transforms.task]
{DEFAULTS}
tasks:
  unit: {{label: 'unit-{{this_chunk}}', chunk: {{total-chunks: 2, substitution-fields: [label]}}}}
"
    );
    let repository = Repository::new(&[("kinds/test/kind.yml", &kind)]);
    Generator::new(repository.session(register).unwrap())
        .full_task_graph()
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Counts its tasks, passes on if it is told to, or takes one away.
#[derive(Default)]
struct Counting {
    count: AtomicUsize,
    passes_on: bool,
    loses: bool,
}

impl PayloadBuilder for Counting {
    fn build(&self, _: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        self.count.fetch_add(tasks.len(), Ordering::Relaxed);
        tasks.iter_mut().for_each(|task| task.set_payload(Map::new()));
        Ok(())
    }

    fn passes_on(&self) -> bool {
        self.passes_on
    }
}

impl RunUsing for Counting {
    fn describe(&self, _: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
        self.count.fetch_add(jobs.len(), Ordering::Relaxed);
        jobs.truncate(if self.loses { 1 } else { 2 });
        Ok(())
    }

    fn passes_on(&self, _: &str) -> bool {
        self.passes_on
    }
}

#[test]
fn handlers_get_all_but_what_they_pass_on() {
    let counts = |passes_on| {
        let [builder, handler] = [(); 2].map(|()| Arc::new(Counting { passes_on, ..Counting::default() }));
        let register = |registry: &mut Registry| {
            registry.add::<dyn PayloadBuilder>("docker-worker", builder.clone());
            registry.add::<dyn RunUsing>("run-task/docker-worker", handler.clone());
        };
        assert_eq!(two_chunks(register), Ok(()));
        [builder, handler].map(|counting| counting.count.load(Ordering::Relaxed))
    };
    assert_eq!([counts(false), counts(true)], [[2, 2], [1, 1]]);
    let error = two_chunks(|registry| {
        let losing = Counting { loses: true, ..Counting::default() };
        registry.add::<dyn RunUsing>("run-task/docker-worker", Arc::new(losing));
    });
    let lost = "the run-using handler `run-task/docker-worker` was given 2 tasks, and left 1";
    assert!(error.as_ref().is_err_and(|error| error.ends_with(lost)), "{error:?}");
}

#[test]
fn errors_are_those_of_the_task() {
    for (lines, fields, error) in [
        (
            "    treeherder: {symbol: 'T{this_chunk}(x)', platform: linux/opt}",
            "treeherder.symbol",
            "task `unit-3`: `treeherder.symbol`: expected a group that",
        ),
        (
            "    treeherder: {symbol: 'T({this_chunk:0>26})', platform: linux/opt}",
            "treeherder.symbol",
            "task `unit-1`: `treeherder.symbol`: expected at most 25 characters",
        ),
        (
            "    dependencies: {x: 'fetched{this_chunk}'}",
            "dependencies.x",
            "task `unit-1` depends on `fetched1`",
        ),
    ] {
        let found = check(lines, fields).err();
        assert!(found.as_ref().is_some_and(|found| found.contains(error)), "{lines}: {found:?}");
    }
}

#[test]
fn each_chunk_has_its_finding_and_large_kinds_their_order() {
    let suite = |at: usize, more: &str| {
        format!(
            "  s{at}: {{label: 's{at}-{{this_chunk}}', chunk: {{total-chunks: {}, substitution-fields: [label]}}{more}}}\n",
            1 + at % 5
        )
    };
    let labels = |transforms: &str, more: &str| -> Result<Vec<String>, String> {
        let suites: String = (0..150).map(|at| suite(at, if at == 77 { more } else { "" })).collect();
        let kind = format!("transforms: [{transforms}]\n{DEFAULTS}\ntasks:\n{suites}");
        let repository = Repository::new(&[("kinds/test/kind.yml", &kind)]);
        let session = repository.session(|registry| registry.add_transform("test.unshare", PerTask(unshare)));
        let generator = Generator::new(session.unwrap());
        let graph = generator.full_task_graph().map_err(|error| error.to_string())?;
        Ok(graph.tasks().map(|task| task.label.to_string()).collect())
    };
    let (together, apart) = ("taskgraph.transforms.chunking", "taskgraph.transforms.chunking, test.unshare");
    let expected: Vec<String> =
        (0..150).flat_map(|at| (1..=1 + at % 5).map(move |chunk| format!("s{at}-{chunk}"))).collect();
    assert_eq!(labels(together, ""), Ok(expected.clone()));
    assert_eq!(labels(apart, ""), Ok(expected));
    let found = labels(together, ", routes: [index.a..b]").unwrap_err();
    for chunk in 1..=3 {
        assert!(found.contains(&format!("task `s77-{chunk}`: the route `index.a..b` is no path")), "{found}");
    }
    assert_eq!(labels(apart, ", routes: [index.a..b]"), Err(found));
}
