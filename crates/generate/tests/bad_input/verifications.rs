//! What the queue, the index or Treeherder would not accept: everything that is found, at once.

use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use taskgraph_generate::{Finding, Generator, Phase, Verification, Verifying};

use crate::support::{CONFIG, DEFAULTS, Repository, error, kind_error, task_error};

fn tasks(lines: &str) -> String {
    format!("tasks:\n{lines}\n{DEFAULTS}")
}

#[test]
fn treeherder() {
    assert_snapshot!(kind_error(&tasks("
  a: {treeherder: {symbol: T(x), platform: linux/opt}}
  b: {treeherder: {symbol: T(x), platform: linux/opt}}
  c: {treeherder: {symbol: x, platform: linux/opt}}
  d: {treeherder: {symbol: T(x), platform: linux/opt}}
  e: {treeherder: {symbol: x, platform: linux/opt}}")), @"
    the full task graph has 3 faults:
      taskcluster/kinds/test/kind.yml:4: task `test-b`: has the Treeherder platform and symbol of task `test-a`: linux/opt T(x)
      taskcluster/kinds/test/kind.yml:6: task `test-d`: has the Treeherder platform and symbol of task `test-b`: linux/opt T(x)
      taskcluster/kinds/test/kind.yml:7: task `test-e`: has the Treeherder platform and symbol of task `test-c`: linux/opt x
    ");
    assert_snapshot!(kind_error(&tasks("
  a: {treeherder: {symbol: a, tier: 3}}
  b: {treeherder: {symbol: b, tier: 1}, dependencies: {a: test-a, c: test-c}}
  c: {}")), @"
    the full task graph has 2 faults:
      taskcluster/kinds/test/kind.yml:4: task `test-b`: its Treeherder tier is 1, so it cannot depend on `test-a`, whose tier is 3
      taskcluster/kinds/test/kind.yml:4: task `test-b`: its Treeherder tier is 1, so it cannot depend on `test-c`, whose tier is unknown
    ");
    assert_snapshot!(task_error("    extra: {treeherder: {collection: {a: true, b: true}}}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: expected one Treeherder collection, found 2");
}

#[test]
fn routes() {
    assert_snapshot!(kind_error(&tasks("
  a: {routes: [index.example.v2.x, 'notify.email.x.on-nothing', 'index.a b..c']}
  b: {routes: [index.example.v2.x, 'notify.']}")), @"
    the full task graph has 4 faults:
      taskcluster/kinds/test/kind.yml:3: task `test-a`: the route `index.a b..c` is no path of the index: parts between dots have letters, digits and _!~*'()%-
      taskcluster/kinds/test/kind.yml:3: task `test-a`: the route `notify.email.x.on-nothing` must end with one of on-any, on-completed, on-defined, on-failed, on-exception, on-pending, on-resolved, on-running, on-transition, found `on-nothing`
      taskcluster/kinds/test/kind.yml:4: task `test-b`: the route `notify.` must end with one of on-any, on-completed, on-defined, on-failed, on-exception, on-pending, on-resolved, on-running, on-transition, found ``
      taskcluster/kinds/test/kind.yml:4: task `test-b`: has the route `index.example.v2.x` of task `test-a`
    ");
}

#[test]
fn caches() {
    assert_snapshot!(kind_error(&tasks("
  a: {run: {run-task-command: [python, run-task], checkout: true}}")), @"taskcluster/kinds/test/kind.yml:3: task `test-a`: the cache `checkouts-v3` is reserved for run-task; use run-task, or a cache of another name");
    assert_snapshot!(kind_error("
loader: taskgraph.loader.transform:loader
transforms: []
tasks:
  a:
    label: a
    description: b
    attributes: {}
    task:
      workerType: w
      provisionerId: p
      payload: {command: [run-task], cache: {other-level-1-x: /y, example-level-1-checkouts: /z}}
      worker: {implementation: docker-worker, caches: [{mount-point: /a}, {mount-point: /b}], volumes: [/b]}
"), @"
    the full task graph has 3 faults:
      taskcluster/kinds/test/kind.yml:5: task `a`: its caches at /a must be volumes; add a VOLUME to the Dockerfile
      taskcluster/kinds/test/kind.yml:5: task `a`: the cache `other-level-1-x` must start with `example-level-1-`, for its trust domain and level
      taskcluster/kinds/test/kind.yml:5: task `a`: the cache `checkouts` is reserved for run-task, so its name must have the digest of run-task, 82d91bef0a42b0a0fee8
    ");
}

#[test]
fn identifiers() {
    let config = CONFIG
        .replace("provisioner: p, ", "provisioner: 'a b', ")
        .replace("worker-type: t}", &format!("worker-type: {}}}", "x".repeat(39)));
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &tasks("  unit: {}"))]), @r#"
    the full task graph has 2 faults:
      taskcluster/kinds/test/kind.yml:2: task `test-unit`: `workerType` must have 1 to 38 letters, digits, _ or -, found the string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      taskcluster/kinds/test/kind.yml:2: task `test-unit`: `provisionerId` must have 1 to 38 letters, digits, _ or -, found the string "a b"
    "#);
}

#[test]
fn aliases() {
    let image = Repository::task("    attributes: {toolchain-alias: [x, y]}").file(
        "kinds/more/kind.yml",
        tasks("  unit: {attributes: {toolchain-alias: y}}\n  other: {attributes: {toolchain-alias: x}}"),
    );
    assert_snapshot!(image.error(), @"
    the full task graph has 2 faults:
      taskcluster/kinds/test/kind.yml:2: task `test-unit`: has the toolchain-alias `x` of task `more-other`
      taskcluster/kinds/test/kind.yml:2: task `test-unit`: has the toolchain-alias `y` of task `more-unit`
    ");
}

#[test]
fn dependencies() {
    let others: String = (0..10_000).map(|at| format!("d{at}: test-b, ")).collect();
    assert_snapshot!(kind_error(&tasks(&format!("  a: {{dependencies: {{{others}}}}}\n  b: {{}}"))), @"taskcluster/kinds/test/kind.yml:2: task `test-a`: expected at most 9999 dependencies, found 10000");
}

/// A verification that finds fault with every seventh task, and notes how large the graph is that it is shown.
struct Sevenths {
    splits: bool,
    needs_graph: bool,
    seen: Mutex<Vec<usize>>,
}

impl Verification for Sevenths {
    fn phase(&self) -> Phase {
        Phase::FullTaskGraph
    }

    fn verify(&self, verifying: Verifying<'_>, found: &mut Vec<Finding>) {
        self.seen.lock().unwrap().extend(verifying.tasks.iter().map(|_| verifying.graph.len()));
        let faulty = verifying.tasks.iter().filter(|task| task.label.ends_with('7'));
        found.extend(faulty.map(|task| Finding::of_task(&task.label, "it is a seventh")));
    }

    fn splits(&self) -> bool {
        self.splits
    }

    fn needs_graph(&self) -> bool {
        self.needs_graph
    }
}

#[test]
fn whoever_needs_no_graph_sees_every_task_once_and_finds_the_same() {
    let lines: Vec<String> = (100..400).map(|n| format!("  t{n}: {{}}")).collect();
    let repository = Repository::new(&[("kinds/test/kind.yml", &tasks(&lines.join("\n")))]);
    let run = |splits, needs_graph| {
        let sevenths = Arc::new(Sevenths { splits, needs_graph, seen: Mutex::default() });
        let registered: Arc<dyn Verification> = sevenths.clone();
        let generator =
            Generator::new(repository.session(|registry| registry.add("sevenths", registered)).unwrap());
        assert!(generator.full_task_set().is_ok(), "faults are those of the graph, not of the set");
        let error = generator.full_task_graph().map(|graph| graph.len()).unwrap_err().to_string();
        let seen = sevenths.seen.lock().unwrap().clone();
        (error, seen)
    };
    let (expected, seen) = run(false, true);
    assert_eq!(expected.matches("it is a seventh").count(), 30);
    assert_eq!(seen, [300; 300]);
    assert_eq!(run(true, true), (expected.clone(), vec![300; 300]));
    assert_eq!(run(true, false), (expected, vec![0; 300]), "there is no graph yet");
}
