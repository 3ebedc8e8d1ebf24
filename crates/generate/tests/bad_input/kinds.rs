//! Kinds that depend on what is not there or on each other, and keys of kind.yml that are not what they should be.

use insta::assert_snapshot;

use crate::support::{DEFAULTS, Repository, error, kind_error};

#[test]
fn dependencies_that_do_not_exist() {
    assert_snapshot!(kind_error("tasks: {}\nkind-dependencies:\n- build\n- tset\n"), @"taskcluster/kinds/test/kind.yml:2: there is no kind `build`, which kind `test` depends on; there are test");
    let targets = Repository::new(&[("kinds/test/kind.yml", "tasks: {}\nkind-dependencies: [build]\n")]);
    assert_snapshot!(targets.not_strict().parameters("target-kinds: [test]\n").error(), @"taskcluster/kinds/test/kind.yml:2: there is no kind `build`, which kind `test` depends on; there are test");
    let targets = Repository::new(&[("kinds/test/kind.yml", "tasks: {}\n")]);
    assert_snapshot!(targets.not_strict().parameters("target-kinds: [tset]\n").error(), @"there is no kind `tset`; there are test");
    let targets = Repository::new(&[("kinds/test/kind.yml", "tasks: {}\n")]);
    assert_snapshot!(targets.not_strict().parameters("target-kinds: test\n").error(), @r#"the parameter `target-kinds` must be a list of kinds, found the string "test""#);
    let targets = Repository::new(&[("kinds/test/kind.yml", "tasks: {}\n")]);
    assert_snapshot!(targets.not_strict().parameters("target-kinds: [test, 1]\n").error(), @"the parameter `target-kinds` must be a list of kinds, found a list of 2");
}

#[test]
fn a_dependency_of_a_kind_that_is_not_loaded() {
    let other = ("kinds/other/kind.yml", "tasks: {}\n");
    let kind = format!("tasks:\n  unit:\n    dependencies: {{a: other-b}}\n{DEFAULTS}");
    let repository = Repository::new(&[("kinds/test/kind.yml", &kind), other]);
    assert_snapshot!(repository.not_strict().parameters("target-kinds: [test]\n").error(), @"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `other-b` (as `a`), which none of the kinds that are loaded with `--target-kind test` makes");
}

#[test]
fn loops() {
    assert_snapshot!(kind_error("kind-dependencies: [test]\n"), @"taskcluster/kinds/test/kind.yml:1: kinds depend on each other in a loop: test -> test");
    assert_snapshot!(error(&[
        ("kinds/a/kind.yml", "kind-dependencies: [b]\n"),
        ("kinds/b/kind.yml", "kind-dependencies: [c]\n"),
        ("kinds/c/kind.yml", "kind-dependencies: [a]\n"),
    ]), @"taskcluster/kinds/a/kind.yml:1: kinds depend on each other in a loop: a -> b -> c -> a");
}

/// Only Linux has such names.
#[test]
#[cfg(target_os = "linux")]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let repository = Repository::new(&[]);
    let folder = repository.path("kinds").join(std::ffi::OsStr::from_bytes(b"k\xff"));
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(repository.generate(), Ok(0));
    std::fs::write(folder.join("kind.yml"), "tasks: {}\n").unwrap();
    assert_snapshot!(repository.error(), @"`taskcluster/kinds/k�`: the name of a kind must be UTF-8");
}

#[test]
fn keys_of_the_wrong_type() {
    assert_snapshot!(kind_error("kind-dependencies: build\n"), @r#"taskcluster/kinds/test/kind.yml:1: kind `test`: `kind-dependencies`: expected a list of kinds, found the string "build""#);
    assert_snapshot!(kind_error("kind-dependencies: [1]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: `kind-dependencies`: expected a list of kinds, found a list of 1");
    assert_snapshot!(kind_error("loader: [x]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: `loader`: expected the name of a loader, found a list of 1");
    assert_snapshot!(kind_error("transforms: x\n"), @r#"taskcluster/kinds/test/kind.yml:1: kind `test`: `transforms`: expected a list of names, found the string "x""#);
    assert_snapshot!(kind_error("transforms: [1]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: `transforms`: expected names, found the integer 1");
    assert_snapshot!(kind_error("tasks: [a]\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: `tasks`: expected a mapping, found a list of 1");
    assert_snapshot!(kind_error("tasks:\n  a: 3\n"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `a`: expected a mapping, found the integer 3");
    assert_snapshot!(kind_error("tasks: {}\ntask-defaults: [a]\n"), @"taskcluster/kinds/test/kind.yml:2: kind `test`: `task-defaults`: expected a mapping, found a list of 1");
    assert_snapshot!(kind_error("tasks: {a: {}}\ntask-defaults: {worker: 3}\n"), @"
    taskcluster/kinds/test/kind.yml:1: kind `test`, task `a`: 4 things are wrong:
      `worker`: expected a mapping, found the integer 3
      `run`: missing, expected a mapping
      `description`: missing, expected a string
      `worker-type`: missing, expected a string
    ");
    assert_snapshot!(kind_error("loader: taskgraph.loader.transform:loader\ntasks: {}\n"), @"taskcluster/kinds/test/kind.yml: kind `test`: `transforms`: missing, expected a list of names");
}

#[test]
fn transforms_that_the_loader_adds_already() {
    assert_snapshot!(kind_error("transforms: ['taskgraph.transforms.task:transforms']\ntasks: {}\n"), @"taskcluster/kinds/test/kind.yml:1: kind `test`: the default loader adds the transform `taskgraph.transforms.task:transforms` itself; leave it out, or name the loader `taskgraph.loader.transform:loader`");
    assert_snapshot!(kind_error(&format!("transforms: [taskgraph.transforms.task]\ntasks: {{unit: {{}}}}\n{DEFAULTS}")), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run`: unknown key; known are label, always-target, optimization, needs-sccache, worker, description, worker-type, attributes, task-from, dependencies, priority, soft-dependencies, if-dependencies, requires, expires-after, deadline-after, routes, scopes, tags, extra, treeherder, index, run-on-projects, run-on-tasks-for, run-on-git-branches, shipping-phase");
}

#[test]
fn what_no_transform_completes() {
    let kind = |task: &str| {
        kind_error(&format!(
            "loader: taskgraph.loader.transform:loader\ntransforms: []\ntasks:\n  unit: {task}\n"
        ))
    };
    assert_snapshot!(kind("{}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `attributes`: missing, expected a mapping");
    assert_snapshot!(kind("{label: a, description: 3, attributes: {}, task: {}}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `description`: expected a string, found the integer 3");
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: x}"), @r#"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `task`: expected a mapping, found the string "x""#);
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: {}, dependencies: [x]}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `dependencies`: expected a mapping, found a list of 1");
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: {}, dependencies: {x: 1}}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `dependencies.x`: expected a label, found the integer 1");
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: {}, soft-dependencies: x}"), @r#"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `soft-dependencies`: expected a list, found the string "x""#);
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: {}, soft-dependencies: [3]}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `a`: `soft-dependencies`: expected labels, found the integer 3");
    assert_snapshot!(kind("{label: a, description: b, attributes: {}, task: {}, if-dependencies: [missing]}"), @"
    the full task graph has 2 faults:
      taskcluster/kinds/test/kind.yml:4: task `a`: `workerType` must have 1 to 38 letters, digits, _ or -, found nothing
      taskcluster/kinds/test/kind.yml:4: task `a`: `provisionerId` must have 1 to 38 letters, digits, _ or -, found nothing
    ");
}

#[test]
fn of_several_the_first_kind_is_told() {
    let names: Vec<String> = (0..20).map(|at| format!("kinds/k{at:02}/kind.yml")).collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "transforms: [x.y]\n")).collect();
    let slow =
        format!("tasks:\n{}  b: 3\n", (0..200).map(|at| format!("  a{at}: {{}}\n")).collect::<String>());
    files[0].1 = &slow;
    let errors: Vec<String> = (0..5).map(|_| error(&files)).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    assert_snapshot!(errors[0], @"taskcluster/kinds/k00/kind.yml:202: kind `k00`, task `b`: expected a mapping, found the integer 3");
}
