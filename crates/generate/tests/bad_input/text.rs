//! Names that would break a message, or the terminal that shows it.

use insta::assert_snapshot;

use crate::support::{Repository, kind_error, task_error};

#[test]
fn control_characters() {
    assert_snapshot!(kind_error("tasks:\n  \"a\\nerror: b\\e[31m\": {x: 1}\n"), @r"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `a\nerror: b\u{1b}[31m`: 3 things are wrong:
      `run`: missing, expected a mapping
      `description`: missing, expected a string
      `worker-type`: missing, expected a string
    ");
    assert_snapshot!(kind_error("transforms: [\"a\\e[31m\\nb\"]\n"), @r"taskcluster/kinds/test/kind.yml:1: kind `test`: there is no transform `a\u{1b}[31m\nb`; known are taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.chunking:transforms, taskgraph.transforms.code_review:transforms, taskgraph.transforms.docker_image:transforms, taskgraph.transforms.fetch:transforms, taskgraph.transforms.from_deps:transforms, taskgraph.transforms.matrix:transforms, taskgraph.transforms.notify:transforms, taskgraph.transforms.run:transforms, taskgraph.transforms.task:transforms, taskgraph.transforms.task_context:transforms; names that a project defines in Python are not run; register a Rust transform of this name (see docs/composing.md)");
    assert_snapshot!(kind_error("kind-dependencies: [\"a\\rb\"]\n"), @r"taskcluster/kinds/test/kind.yml:1: there is no kind `a\rb`, which kind `test` depends on; there are test");
    assert_snapshot!(kind_error("tasks-from: [\"a\\eb.yml\"]\n"), @r"taskcluster/kinds/test/kind.yml:1: kind `test`: taskcluster/kinds/test/a\u{1b}b.yml: no such file");
    assert_snapshot!(task_error("    \"x\\ey\": 1\n    priority: \"z\\e\""), @r#"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `priority`: expected one of highest, very-high, high, medium, low, very-low, lowest, found the string "z\u{1b}""#);
    assert_snapshot!(task_error("    worker-type: \"li\\enux\\n\""), @r"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: there is no worker alias `li\u{1b}nux\n` under `workers.aliases` of config.yml; there are `linux`, `win`, `beetmover`, `images`");
    assert_snapshot!(task_error("    scopes: [\"{a\\eb}\"]"), @r"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: template `{a\u{1b}b}`: `a\u{1b}b` has no value; known are level, project (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(task_error("    run-on-git-branches: [\"(\\e\"]"), @r"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `(\u{1b}`: missing `)` for the group at position 0");
    assert_snapshot!(task_error("    dependencies: {a: \"b\\ec\"}"), @r"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `b\u{1b}c` (as `a`), which no kind makes");
    assert_snapshot!(task_error("    label: \"b\\ec\"\n    dependencies: {a: \"b\\ec\"}"), @r"taskcluster/kinds/test/kind.yml:2: dependency loop: b\u{1b}c -> b\u{1b}c");
    assert_snapshot!(task_error("    routes: [\"index.b\\ec\"]"), @r"taskcluster/kinds/test/kind.yml:2: task `test-unit`: the route `index.b\u{1b}c` is no path of the index: parts between dots have letters, digits and _!~*'()%-");
    assert_snapshot!(Repository::task("    attributes: {}").parameters("filters: [\"x\\ey\"]").error(), @r"in the parameters: there is no filter `x\u{1b}y`; known are target_tasks_method; names that a project defines in Python are not run; register a Rust filter of this name (see docs/composing.md)");
    assert_snapshot!(Repository::task("    attributes: {}").parameters("\"x\\ey\": 1").error(), @r"
    invalid parameters:
      parameters.yml:29: `x\u{1b}y`: unknown key; known are base_repository, base_ref, base_rev, build_date, build_number, do_not_optimize, enable_always_target, existing_tasks, files_changed, filters, head_ref, head_repository, head_rev, head_tag, level, moz_build_date, next_version, optimize_strategies, optimize_target_tasks, owner, project, pushdate, pushlog_id, repository_type, target_tasks_method, tasks_for, version, code-review
    ");
    assert_snapshot!(Repository::new(&[]).root("a\u{1b}b").error(), @r"no taskgraph configuration: there is no folder `a\u{1b}b`");
}

#[test]
fn long_names() {
    let long = "x".repeat(100_000);
    assert_snapshot!(task_error(&format!("    {}: 1", &long[..1000])), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`: unknown key; known are label, always-target, optimization, needs-sccache, worker, description, worker-type, attributes, task-from, dependencies, priority, soft-dependencies, if-dependencies, requires, expires-after, deadline-after, routes, scopes, tags, extra, treeherder, index, run-on-projects, run-on-tasks-for, run-on-git-branches, shipping-phase");
    assert_snapshot!(task_error(&format!("    worker-type: {long}")), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: there is no worker alias `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` under `workers.aliases` of config.yml; there are `linux`, `win`, `beetmover`, `images`");
    assert_snapshot!(task_error(&format!("    dependencies: {{a: {long}}}")), @"taskcluster/kinds/test/kind.yml:2: task `test-unit` depends on `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` (as `a`), which no kind makes");
    assert_snapshot!(task_error(&format!("    run-on-git-branches: ['({long}']")), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`: missing `)` for the group at position 0");
    assert_snapshot!(kind_error(&format!("tasks: {{? {long} : 3}}")), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`: expected a mapping, found the integer 3");
    assert_snapshot!(kind_error(&format!("kind-dependencies: [{long}]")), @"taskcluster/kinds/test/kind.yml:1: there is no kind `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`, which kind `test` depends on; there are test");
}
