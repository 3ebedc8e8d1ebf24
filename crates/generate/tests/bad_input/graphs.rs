//! Tasks that are fine each, and no graph together.

use insta::assert_snapshot;

use crate::support::{DEFAULTS, Repository, error, kind_error, task_error};

fn kind(lines: &str) -> String {
    format!("{lines}{DEFAULTS}")
}

#[test]
fn loops() {
    assert_snapshot!(kind_error(&kind("
tasks:
  a: {dependencies: {b: test-b}}
  b: {dependencies: {c: test-c}}
  c: {dependencies: {a: test-a}}
")), @"taskcluster/kinds/test/kind.yml:3: kind `test`: dependency loop: test-a -> test-b -> test-c -> test-a");
    assert_snapshot!(kind_error(&kind("tasks: {a: {dependencies: {a: test-a}}}\n")), @"taskcluster/kinds/test/kind.yml:1: kind `test`: dependency loop: test-a -> test-a");
    assert_snapshot!(error(&[
        ("kinds/one/kind.yml", &kind("tasks: {a: {dependencies: {b: two-b}}}\n")),
        ("kinds/two/kind.yml", &kind("tasks: {b: {dependencies: {a: one-a}}}\n")),
    ]), @"taskcluster/kinds/one/kind.yml:1: dependency loop: one-a -> two-b -> one-a");
}

#[test]
fn duplicate_labels() {
    let task = |label: &str| format!("{{label: {label}, description: d, worker-type: succeed}}");
    let loader = "loader: taskgraph.loader.transform:loader\ntransforms: [taskgraph.transforms.task]\n";
    assert_snapshot!(kind_error(&format!("{loader}tasks:\n  a: {}\n\n  b: {}\n", task("same"), task("same"))), @"taskcluster/kinds/test/kind.yml:6: kind `test`, task `same`: there is another task of this label, at taskcluster/kinds/test/kind.yml:4");
    let more = ("kinds/one/more.yml", &*format!("b: {}\n", task("same")));
    let one = format!("{loader}tasks: {{a: {}}}\ntasks-from: [more.yml]\n", task("same"));
    assert_snapshot!(error(&[("kinds/one/kind.yml", &one), more]), @"taskcluster/kinds/one/more.yml:1: kind `one`, task `same`: there is another task of this label, at taskcluster/kinds/one/kind.yml:3");
    assert_snapshot!(error(&[
        ("kinds/one/kind.yml", &kind("tasks: {a: {label: same}}\n")),
        ("kinds/two/kind.yml", &kind("tasks: {b: {}}\n")),
        ("kinds/three/kind.yml", &kind("tasks:\n\n  c: {label: same}\n")),
    ]), @"taskcluster/kinds/three/kind.yml:3: kind `three`, task `same`: there is another task of this label, at taskcluster/kinds/one/kind.yml:1");
    // With the transforms that sort the tasks of a kind, whether there is something to sort or not.
    assert_snapshot!(kind_error(&kind("tasks:\n  a: {label: test-b}\n  b: {}\n")), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `test-b`: there is another task of this label, at taskcluster/kinds/test/kind.yml:2");
    assert_snapshot!(kind_error(&kind("tasks:\n  a: {label: test-b}\n  b: {}\n  c: {dependencies: {b: test-b}}\n")), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `test-b`: there is another task of this label, at taskcluster/kinds/test/kind.yml:2");
}

#[test]
fn dependencies_that_do_not_exist() {
    assert_snapshot!(task_error("    dependencies: {build: build-linux}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `build-linux` (as `build`), which no kind makes");
    assert_snapshot!(task_error("    dependencies: {build: test-untit}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `test-untit` (as `build`), which no kind makes");
    assert_snapshot!(task_error("    dependencies: {build: 3}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `dependencies.build`: expected a label, found the integer 3");
    assert_snapshot!(task_error("    dependencies: [build-linux]"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `dependencies`: expected a mapping, found a list of 1");
    assert_snapshot!(task_error("    dependencies: {self: x}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `dependencies.self`: the name is reserved for references");
    assert_snapshot!(task_error("    if-dependencies: [build]"), @r#"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `if-dependencies`: expected names of its dependencies, found the string "build""#);
    assert_snapshot!(task_error("    dependencies: {a: b, c: d}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `b` (as `a`), which no kind makes");
}

#[test]
fn fetches_of_what_is_not_there() {
    assert_snapshot!(task_error("    fetches: {fetch: [thing]}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `fetches.fetch`: expected tasks of the kind `fetch`, which must be in `kind-dependencies`, found `thing`");
    assert_snapshot!(task_error("    fetches: {toolchain: [{artifact: thing}]}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `fetches.toolchain`: expected tasks of the kind `toolchain`, which must be in `kind-dependencies`, found `thing`");
    assert_snapshot!(task_error("    fetches: {build: [thing.zip]}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `fetches.build`: expected the name of one of its dependencies, found it has none");
    assert_snapshot!(task_error("    fetches: {build: [thing.zip]}\n    dependencies: {other: x}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `fetches.build`: expected the name of one of its dependencies, found it has other");
    assert_snapshot!(task_error("    fetches: {build: [thing.zip]}\n    dependencies: {build: x}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `fetches.build`: its dependency `build` is `x`, which is no task of this kind or of its `kind-dependencies`");
    assert_snapshot!(task_error("    fetches: {build: [{dest: x}, 3]}"), @"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: 2 things are wrong:
      `fetches.build[0].artifact`: missing, expected a string
      `fetches.build[1]`: expected a string or a mapping, found the integer 3
    ");
    assert_snapshot!(task_error("    fetches: [thing]"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `fetches`: expected a mapping, found a list of 1");
}

#[test]
fn cached_tasks_on_tasks_that_are_not() {
    assert_snapshot!(kind_error(&kind("
transforms: [taskgraph.transforms.run, taskgraph.transforms.cached_tasks, taskgraph.transforms.task]
loader: taskgraph.loader.transform:loader
tasks:
  a: {}
  b:
    cache: {type: x, name: y, digest-data: []}
    dependencies: {a: test-a}
")), @"taskcluster/kinds/test/kind.yml:6: kind `test`, task `test-b`: a cached task can only depend on cached tasks, but `test-a` is not cached");
    assert_snapshot!(kind_error(&kind("
transforms: [taskgraph.transforms.run, taskgraph.transforms.cached_tasks, taskgraph.transforms.task]
loader: taskgraph.loader.transform:loader
tasks:
  a: {cache: {name: y, digest-data: [1]}}
")), @"taskcluster/kinds/test/kind.yml:5: kind `test`, task `test-a`: `cache.digest-data`: expected strings, found the integer 1");
}

#[test]
fn dates() {
    assert_snapshot!(task_error("    attributes: {a: {b: [2024-01-01]}}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `attributes.a.b.0`: the date 2024-01-01 cannot be written as JSON; quote it to make it a string");
    assert_snapshot!(task_error("    extra: {since: 2024-01-01 10:00:00}"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `task.extra.since`: the date 2024-01-01 10:00:00 cannot be written as JSON; quote it to make it a string");
    let unused = Repository::task("    attributes: {}").not_strict().parameters("since: 2024-01-01\n");
    assert_eq!(unused.generate(), Ok(1));
}
