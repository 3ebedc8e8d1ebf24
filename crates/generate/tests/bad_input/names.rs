//! Names that nobody registered.

use insta::assert_snapshot;

use crate::support::{CONFIG, DEFAULTS, Repository, error, kind_error, task_error, transformed_task_error};

#[test]
fn of_loaders_and_transforms() {
    assert_snapshot!(kind_error("# first\nloader: my.loader:loader\n"), @"taskcluster/kinds/test/kind.yml:2: kind `test`: there is no loader `my.loader:loader`; known are taskgraph.loader.default:loader, taskgraph.loader.transform:loader; names that a project defines in Python are not run; register a Rust loader of this name (see docs/composing.md)");
    assert_snapshot!(kind_error("tasks: {}\n\ntransforms: [taskgraph.transforms.from_deps, my.transforms]\n"), @"taskcluster/kinds/test/kind.yml:3: kind `test`: there is no transform `my.transforms`; known are taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.chunking:transforms, taskgraph.transforms.code_review:transforms, taskgraph.transforms.docker_image:transforms, taskgraph.transforms.fetch:transforms, taskgraph.transforms.from_deps:transforms, taskgraph.transforms.matrix:transforms, taskgraph.transforms.notify:transforms, taskgraph.transforms.run:transforms, taskgraph.transforms.task:transforms, taskgraph.transforms.task_context:transforms; names that a project defines in Python are not run; register a Rust transform of this name (see docs/composing.md)");
    assert_snapshot!(kind_error("tasks: {}\ntransforms: ['my.transforms:more']\n"), @"taskcluster/kinds/test/kind.yml:2: kind `test`: there is no transform `my.transforms:more`; known are taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.chunking:transforms, taskgraph.transforms.code_review:transforms, taskgraph.transforms.docker_image:transforms, taskgraph.transforms.fetch:transforms, taskgraph.transforms.from_deps:transforms, taskgraph.transforms.matrix:transforms, taskgraph.transforms.notify:transforms, taskgraph.transforms.run:transforms, taskgraph.transforms.task:transforms, taskgraph.transforms.task_context:transforms; names that a project defines in Python are not run; register a Rust transform of this name (see docs/composing.md)");
}

#[test]
fn of_workers() {
    assert_snapshot!(task_error("    worker-type: linxu"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: there is no worker alias `linxu` under `workers.aliases` of config.yml; there are `linux`, `win`, `beetmover`, `images`");
    let config = CONFIG.replace("docker-worker", "my-worker");
    let kind = format!("tasks: {{unit: {{}}}}\n{DEFAULTS}");
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &kind)]), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: there is no run-using handler `run-task/my-worker`; known are always-optimized/always-optimized, index-search/always-optimized, run-task/docker-worker, run-task/generic-worker, toolchain-script/docker-worker, toolchain-script/generic-worker; names that a project defines in Python are not run; register a Rust run-using handler of this name (see docs/composing.md)");
    let kind = "
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
tasks:
  unit: {description: d, worker-type: linux, worker: {implementation: my-worker}}
";
    assert_snapshot!(kind_error(kind), @"taskcluster/kinds/test/kind.yml:5: kind `test`, task `test-unit`: there is no payload builder (worker implementation) `my-worker`; known are always-optimized, beetmover, docker-worker, generic-worker, invalid, succeed; names that a project defines in Python are not run; register a Rust payload builder (worker implementation) of this name (see docs/composing.md)");
    let config = CONFIG.replace("aliases:", "aliases:\n    lin.x: {provisioner: p, implementation: generic-worker, os: linux, worker-type: t}\n    linu.: {provisioner: p, implementation: generic-worker, os: linux, worker-type: t}\n").replace("    linux: {", "    other: {");
    let kind = format!("tasks: {{unit: {{}}}}\n{DEFAULTS}");
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &kind)]), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `unit`: `by-worker-type`: `linux` matches several alternatives (`lin.x`, `linu.`), while determining the aliases of `workers` in config.yml");
}

#[test]
fn of_ways_to_run() {
    assert_snapshot!(task_error("    run: {using: mach}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: there is no run-using handler `mach/docker-worker`; known are always-optimized/always-optimized, index-search/always-optimized, run-task/docker-worker, run-task/generic-worker, toolchain-script/docker-worker, toolchain-script/generic-worker; names that a project defines in Python are not run; register a Rust run-using handler of this name (see docs/composing.md)");
    assert_snapshot!(task_error("    worker-type: beetmover"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: there is no run-using handler `run-task/beetmover`; known are always-optimized/always-optimized, index-search/always-optimized, run-task/docker-worker, run-task/generic-worker, toolchain-script/docker-worker, toolchain-script/generic-worker; names that a project defines in Python are not run; register a Rust run-using handler of this name (see docs/composing.md)");
}

#[test]
fn of_what_transforms_call() {
    assert_snapshot!(task_error("    index: {product: x, job-name: y, type: nightly}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: there is no index type `nightly`; known are generic; names that a project defines in Python are not run; register a Rust index type of this name (see docs/composing.md)");
    let from_deps = |lines: &str| {
        let kind = format!(
            "kind-dependencies: [build]\ntransforms: [taskgraph.transforms.from_deps]\ntasks:\n  unit:\n    from-deps: {lines}\n{DEFAULTS}"
        );
        let build = format!("tasks: {{linux: {{}}}}\n{DEFAULTS}");
        error(&[("kinds/build/kind.yml", &build), ("kinds/test/kind.yml", &kind)])
    };
    assert_snapshot!(from_deps("{group-by: platform}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: there is no group-by function `platform`; known are all, attribute, single; names that a project defines in Python are not run; register a Rust group-by function of this name (see docs/composing.md)");
    assert_snapshot!(from_deps("{set-name: my-name}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: there is no set-name function `my-name`; known are retain-kind, strip-kind; names that a project defines in Python are not run; register a Rust set-name function of this name (see docs/composing.md)");
    assert_snapshot!(transformed_task_error("task_context", "    task-context: {from-custom: [mine], substitution-fields: []}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: there is no custom context `mine`; known are none; names that a project defines in Python are not run; register a Rust custom context of this name (see docs/composing.md)");
    let fetch = "
transforms: [taskgraph.transforms.fetch]
tasks: {thing: {description: d, fetch: {type: ftp}}}
";
    assert_snapshot!(kind_error(fetch), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: there is no fetch type `ftp`; known are git, static-url; names that a project defines in Python are not run; register a Rust fetch type of this name (see docs/composing.md)");
}

#[test]
fn of_parameters() {
    let task = || Repository::task("    attributes: {}");
    assert_snapshot!(task().parameters("filters: [target_tasks_method, my_filter]").error(), @"in the parameters: there is no filter `my_filter`; known are target_tasks_method; names that a project defines in Python are not run; register a Rust filter of this name (see docs/composing.md)");
    assert_snapshot!(task().parameters("target_tasks_method: my_method").error(), @"in the parameters: there is no target method `my_method`; known are codereview, default, nothing; names that a project defines in Python are not run; register a Rust target method of this name (see docs/composing.md)");
}
