//! Descriptions that are not as their schema wants them: everything that is wrong at once.

use insta::assert_snapshot;

use crate::support::{CONFIG, DEFAULTS, error, kind_error, task_error, transformed_task_error};

#[test]
fn run() {
    assert_snapshot!(task_error("
    description: 3
    worker-tpye: linux
    priority: urgent
    routes: [1, x]
    tags: {a: true}
    optimization: {skip-unless-changed: [x]}
    when: {files-changed: y, since: 3}
    run-on-projects: 3
    fetches: {build: [{artifact: a, des: b}]}
    treeherder: {tier: one}"), @r#"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: 9 things are wrong:
      `description`: expected a string, found the integer 3
      `priority`: expected one of highest, very-high, high, medium, low, very-low, lowest, found the string "urgent"
      `routes[0]`: expected a string, found the integer 1
      `tags.a`: expected a string, found the boolean true
      `when.files-changed`: expected a list of strings, found the string "y"
      `when.since`: unknown key; known are files-changed
      `fetches.build[0].des`: unknown key; did you mean `dest`?
      `treeherder.tier`: expected an integer, found the string "one"
      `optimization` and `when` exclude each other
    "#);
    assert_snapshot!(task_error("    run: null"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `run`: expected a mapping, found null");
    assert_snapshot!(task_error("    run: {using: null}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `run.using`: expected a string, found null");
    assert_snapshot!(task_error("    worker: {implementation: generic-worker}"), @r#"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `worker.implementation`: expected nothing, because `worker-type` decides it, found the string "generic-worker""#);
    assert_snapshot!(task_error("    worker-type: [linux]"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `worker-type`: expected a string, found a list of 1");
}

#[test]
fn run_task() {
    assert_snapshot!(task_error("    run: {command: 3, checkout: maybe, cwd: [], exec-with: fish, use-caches: [gradle]}"), @r#"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: 5 things are wrong:
      `run.checkout`: expected a boolean or a mapping, found the string "maybe"
      `run.command`: expected a list or a string or a mapping, found the integer 3
      `run.cwd`: expected a string, found an empty list
      `run.exec-with`: expected one of bash, powershell, found the string "fish"
      `run.use-caches[0]`: expected one of cargo, checkout, npm, pip, uv, found the string "gradle"
    "#);
    assert_snapshot!(task_error("    run: {command: null}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.command`: expected a list or a string or a mapping, found null");
    assert_snapshot!(task_error("    run: {command: {task-reference: 3}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.command.task-reference`: expected a string, found the integer 3");
    assert_snapshot!(task_error("    run: {command: {task-reference: x, artifact-reference: y}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.command`: `task-reference` and `artifact-reference` exclude each other");
    assert_snapshot!(task_error("    run: {cwd: '{checkout}/x'}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.cwd`: expected no `{checkout}`, because `run.checkout` is false, found `{checkout}/x`");
    assert_snapshot!(task_error("    run: {checkout: {other: {}}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.checkout`: expected one of the repositories example, found `other`");
    assert_snapshot!(task_error("    run: {checkout: {example: {branch: x}}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `run.checkout.example`: expected any of prefix, name, base_repository, head_repository, head_ref, head_rev, type, path, ssh_secret_name, found `branch`");
    assert_snapshot!(task_error("    worker-type: win\n    worker: {docker-image: null}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: TASKCLUSTER_ROOT_URL must be set to use run-task on generic-worker, e.g. to https://tc.example.com");
}

#[test]
fn toolchain_script() {
    assert_snapshot!(task_error("    run: {using: toolchain-script, resources: x, toolchain-alias: 3}"), @r#"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: 4 things are wrong:
      `run.resources`: expected a list of strings, found the string "x"
      `run.toolchain-alias`: expected a string or a list of strings, found the integer 3
      `run.script`: missing, expected a string
      `run.toolchain-artifact`: missing, expected a string
    "#);
    assert_snapshot!(task_error("    run: {using: index-search}\n    worker-type: always-optimized"), @"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: 3 things are wrong:
      `run.checkout`: unknown key; known are using, index-search
      `run.command`: unknown key; known are using, index-search
      `run.index-search`: missing, expected a list of strings
    ");
}

#[test]
fn task_and_worker() {
    let kind = |lines: &str| {
        kind_error(&format!(
            "loader: taskgraph.loader.transform:loader\ntransforms: [taskgraph.transforms.task]\ntasks:\n  unit:\n{lines}"
        ))
    };
    assert_snapshot!(kind("
    description: d
    worker-type: linux
    requires: nothing
    index: {rank: high}
    worker:
      max-run-time: 1 hour
      env: {A: 1, B: {task-reference: x}, C: {}}
      artifacts: [{type: archive, pth: x}]
      caches: [{type: persistent, mount: x}]"), @r#"
    taskcluster/kinds/test/kind.yml:4: kind `test`, task `test-unit`: 9 things are wrong:
      `requires`: expected one of all-completed, all-resolved, found the string "nothing"
      `index.rank`: expected one of by-tier, build_date or an integer, found the string "high"
      `worker.max-run-time`: expected an integer, found the string "1 hour"
      `worker.env.A`: expected a string or a mapping, found an integer
      `worker.env.C`: expected `task-reference` or `artifact-reference`
      `worker.artifacts[0].type`: expected one of file, directory, volume, found the string "archive"
      `worker.artifacts[0].pth`: unknown key; did you mean `path`?
      `worker.caches[0].mount`: unknown key; known are type, name, mount-point, skip-untrusted
      `worker.docker-image`: missing, expected a string or a mapping of strings
    "#);
    assert_snapshot!(kind("
    description: d
    worker-type: win
    worker: {max-run-time: 1, command: echo, mounts: [{content: {uri: x}}], os-groups: admins}"), @r#"
    taskcluster/kinds/test/kind.yml:4: kind `test`, task `test-unit`: 3 things are wrong:
      `worker.command`: expected a list, found the string "echo"
      `worker.mounts[0].content.uri`: unknown key; known are artifact, task-id, url
      `worker.os-groups`: expected a list of strings, found the string "admins"
    "#);
    assert_snapshot!(kind("
    description: d
    worker-type: beetmover
    worker: {release-properties: {}, upstream-artifacts: [{taskId: x}]}"), @"
    taskcluster/kinds/test/kind.yml:4: kind `test`, task `test-unit`: 3 things are wrong:
      `worker.upstream-artifacts[0].taskType`: missing, expected a string
      `worker.upstream-artifacts[0].paths`: missing, expected a list of strings
      `worker.upstream-artifacts[0].locale`: missing, expected a string
    ");
    assert_snapshot!(kind("
    description: d
    worker-type: linux
    worker: x"), @r#"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `worker`: expected a mapping, found the string "x""#);
    assert_snapshot!(kind("
    worker-type: linux
    label: [x]"), @"
    taskcluster/kinds/test/kind.yml:4: kind `test`: 4 things are wrong:
      `label`: expected a string, found a list of 1
      `description`: missing, expected a string
      `worker.docker-image`: missing, expected a string or a mapping of strings
      `worker.max-run-time`: missing, expected an integer
    ");
    assert_snapshot!(kind("    {}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `worker-type`: missing, expected a string");
}

#[test]
fn docker_images_of_tasks() {
    assert_snapshot!(task_error("    worker: {docker-image: 3}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `worker.docker-image`: expected a string or a mapping of strings, found the integer 3");
    assert_snapshot!(task_error("    worker: {docker-image: {in-tree: 3}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `worker.docker-image.in-tree`: expected a string, found the integer 3");
    assert_snapshot!(task_error("    worker: {docker-image: {image: x}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `worker.docker-image`: expected a name, `in-tree` or `indexed`, found a mapping with the keys image");
    assert_snapshot!(task_error("    worker: {docker-image: {}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `worker.docker-image`: expected a name, `in-tree` or `indexed`, found an empty mapping");
    assert_snapshot!(task_error("    worker: {docker-image: {in-tree: missing}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: taskcluster/kinds/docker-image/kind.yml: no such file");
    assert_snapshot!(task_error("    worker: {docker-image: null}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `worker.docker-image`: expected a string or a mapping of strings, found null");
}

#[test]
fn matrix_and_chunk() {
    assert_snapshot!(transformed_task_error("matrix", "    matrix: {exclude: [x], set-name: 3, substitution-fields: y}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: 3 things are wrong:
      `matrix.exclude[0]`: expected a mapping of strings, found the string "x"
      `matrix.set-name`: expected a string, found the integer 3
      `matrix.substitution-fields`: expected a list of strings, found the string "y"
    "#);
    assert_snapshot!(transformed_task_error("matrix", "    matrix: {os: 3, set-name: x}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `matrix.os`: expected a list of values, found the integer 3");
    assert_snapshot!(transformed_task_error("matrix", "    matrix: {exclude: [{os: linux}]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `matrix`: missing, expected at least one name with a list of values");
    assert_snapshot!(transformed_task_error("matrix", "    matrix: {os: [linux], substitution-fields: [treeherder]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: no field `treeherder`: the task has no key `treeherder`");
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {total-chunks: '3', chunks: 4}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: 2 things are wrong:
      `chunk.total-chunks`: expected an integer, found the string "3"
      `chunk.chunks`: unknown key; known are total-chunks, substitution-fields
    "#);
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `chunk.total-chunks`: missing, expected an integer");
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {total-chunks: 3, substitution-fields: [treeherder.symbol]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `treeherder.symbol`: missing, expected a field of the task, because `chunk.substitution-fields` lists it");
    assert_snapshot!(transformed_task_error("chunking", "    chunk: 3"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `chunk`: expected a mapping, found the integer 3");
}

#[test]
fn from_deps() {
    let from_deps = |lines: &str| {
        let kind = format!(
            "kind-dependencies: [build]\ntransforms: [taskgraph.transforms.from_deps]\ntasks:\n  unit:\n    from-deps: {lines}\n{DEFAULTS}"
        );
        let build = format!("tasks: {{linux: {{}}, mac: {{}}}}\n{DEFAULTS}");
        error(&[("kinds/build/kind.yml", &build), ("kinds/test/kind.yml", &kind)])
    };
    assert_snapshot!(from_deps("{kinds: build, group-by: 3, unique-kinds: 'no', fetches: {build: [x]}, copy: true}"), @r#"
    taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: 5 things are wrong:
      `from-deps.kinds`: expected a list of strings, found the string "build"
      `from-deps.group-by`: expected a string or a mapping, found the integer 3
      `from-deps.unique-kinds`: expected a boolean, found the string "no"
      `from-deps.fetches.build[0]`: expected a mapping, found the string "x"
      `from-deps.copy`: unknown key; known are kinds, set-name, with-attributes, group-by, copy-attributes, unique-kinds, fetches
    "#);
    assert_snapshot!(from_deps("null"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps`: expected a mapping, found null");
    assert_snapshot!(from_deps("{kinds: [lint, other]}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps.kinds`: expected kinds that this kind depends on, found lint, other, which `kind-dependencies` does not list");
    assert_snapshot!(from_deps("{group-by: {attribute: x, all: y}}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps.group-by`: expected a name, or a mapping of one name to its argument, found a mapping with the keys attribute, all");
    assert_snapshot!(from_deps("{group-by: attribute}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps.group-by.attribute`: expected the name of an attribute, found nothing");
    assert_snapshot!(from_deps("{group-by: {all: x}}"), @r#"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps.group-by.all`: expected no argument, found the string "x""#);
    assert_snapshot!(from_deps("{group-by: all}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: a group has several tasks of kind `build`, one of them `build-mac`; group them differently, or set `from-deps.unique-kinds` to false");
    assert_snapshot!(from_deps("{set-name: {a: b}}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: `from-deps.set-name`: expected a name, or false, found a mapping with the keys a");
    assert_snapshot!(from_deps("{fetches: {build: [{artifact: '{platform}.zip'}]}}"), @"taskcluster/kinds/test/kind.yml:4: kind `test`, task `unit`: field `from-deps.fetches.build`: template `{platform}.zip`: `platform` has no value; known are run_on_projects, run_on_tasks_for, always_target, shipping_phase, kind (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(transformed_task_error("from_deps", "    from-deps: {}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `from-deps` needs at least one kind, in `kinds` or in `kind-dependencies`");
    assert_snapshot!(transformed_task_error("from_deps", "    from-deps: {kinds: []}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `from-deps` needs at least one kind, in `kinds` or in `kind-dependencies`");
}

#[test]
fn notify() {
    assert_snapshot!(transformed_task_error("notify", "    notify: {recipients: [{type: fax}, {type: email}, {type: pulse, routing-key: 3, status-type: never}, x], content: {email: {subj: x}}}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: 6 things are wrong:
      `notify.recipients[0].type`: expected one of email, matrix-room, pulse, slack-channel, found the string "fax"
      `notify.recipients[1].address`: missing, expected a string
      `notify.recipients[2].routing-key`: expected a string, found the integer 3
      `notify.recipients[2].status-type`: expected one of on-completed, on-defined, on-exception, on-failed, on-pending, on-resolved, on-running, found the string "never"
      `notify.recipients[3]`: expected a mapping, found the string "x"
      `notify.content.email.subj`: unknown key; known are subject, content, link
    "#);
    assert_snapshot!(transformed_task_error("notify", "    notify: {}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `notify.recipients`: missing, expected a list");
    assert_snapshot!(transformed_task_error("notify", "    notifications: {emails: me, status-types: [x]}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: 3 things are wrong:
      `notifications.emails`: expected a list of strings, found the string "me"
      `notifications.status-types[0]`: expected one of on-completed, on-defined, on-exception, on-failed, on-pending, on-resolved, on-running, found the string "x"
      `notifications.subject`: missing, expected a string
    "#);
    assert_snapshot!(transformed_task_error("notify", "    notifications: {emails: [a], subject: x}\n    notify: {recipients: []}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `notify` and `notifications` exclude each other");
}

#[test]
fn task_context() {
    assert_snapshot!(transformed_task_error("task_context", "    task-context: {from-parameters: {a: 3}, from-object: [x], from-custom: y, from: z}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: 5 things are wrong:
      `task-context.from-parameters.a`: expected a string or a list of strings, found the integer 3
      `task-context.from-object`: expected a mapping, found a list of 1
      `task-context.from-custom`: expected a list of strings, found the string "y"
      `task-context.from`: unknown key; known are substitution-fields, from-parameters, from-file, from-object, from-custom, resolve-keyed-by-options
      `task-context.substitution-fields`: missing, expected a list of strings
    "#);
    assert_snapshot!(transformed_task_error("task_context", "    task-context: {substitution-fields: [name, treeherder.symbol]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: no field `treeherder.symbol`: the task has no key `treeherder`");
}

#[test]
fn fetch() {
    let fetch = |lines: &str| {
        kind_error(&format!(
            "transforms: [taskgraph.transforms.fetch]\ntasks:\n  thing:\n    description: d\n    {lines}\n"
        ))
    };
    assert_snapshot!(fetch("x: 1"), @"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: 2 things are wrong:
      `x`: unknown key; known are name, description, fetch, task-from, expires-after, docker-image, fetch-alias, artifact-prefix, attributes
      `fetch`: missing, expected a mapping
    ");
    assert_snapshot!(fetch("fetch: {type: static-url, url: 3, size: big}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: 3 things are wrong:
      `fetch.url`: expected a string, found the integer 3
      `fetch.size`: expected an integer, found the string "big"
      `fetch.sha256`: missing, expected a string
    "#);
    assert_snapshot!(fetch("fetch: {type: git, repo: https://example.com/x, revision: main}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: `fetch.revision`: expected a full SHA-1, found `main`");
    assert_snapshot!(fetch("fetch: {type: git, repo: [], include-dot-git: maybe}"), @r#"
    taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: 3 things are wrong:
      `fetch.repo`: expected a string, found an empty list
      `fetch.include-dot-git`: expected a boolean, found the string "maybe"
      `fetch.revision`: missing, expected a string
    "#);
    assert_snapshot!(fetch("fetch: {type: static-url, url: 'https://example.com/x', sha256: a, size: 1, gpg-signature: {sig-url: '{url}.asc', key-path: key}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: `fetch.gpg-signature.key-path`: expected a file of the repository, found `key`: No such file or directory (os error 2)");
    assert_snapshot!(fetch("fetch: {type: static-url, url: 'https://example.com/x', sha256: a, size: 1, gpg-signature: {sig-url: '{url}.asc', key-path: ../../run-task/hgrc}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `thing`: `fetch.gpg-signature.key-path`: expected a file of the repository, found `../../run-task/hgrc`: No such file or directory (os error 2)");
}

#[test]
fn docker_image() {
    assert_snapshot!(error(&[("kinds/docker-image/kind.yml", "
transforms: [taskgraph.transforms.docker_image]
tasks: {image: {args: {A: 1}, packages: x, parent: [], symbl: I, worker: {}}}
")]), @r#"
    taskcluster/kinds/docker-image/kind.yml:3: kind `docker-image`, task `image`: 5 things are wrong:
      `args.A`: expected a string, found the integer 1
      `packages`: expected a list of strings, found the string "x"
      `parent`: expected a string, found an empty list
      `symbl`: unknown key; did you mean `symbol`?
      `worker`: unknown key; known are name, parent, symbol, task-from, args, definition, packages, index, cache
    "#);
    assert_snapshot!(error(&[("kinds/docker-image/kind.yml", "
transforms: [taskgraph.transforms.docker_image]
tasks: {image: {packages: [python]}}
")]), @"taskcluster/kinds/docker-image/kind.yml:3: kind `docker-image`, task `image`: `packages`: expected packages that have a task, found `python`");
}

#[test]
fn config() {
    let config = |text: &str| error(&[("config.yml", text), ("kinds/test/kind.yml", "tasks: {}\n")]);
    assert_snapshot!(config("{}"), @"
    invalid graph configuration:
      taskcluster/config.yml: `trust-domain`: missing, expected a string
      taskcluster/config.yml: `task-priority`: missing, expected one of highest, very-high, high, medium, low, very-low, lowest
      taskcluster/config.yml: `workers`: missing, expected a mapping
      taskcluster/config.yml: `taskgraph`: missing, expected a mapping
    ");
    assert_snapshot!(config("
trust-domain: [x]
task-priority:
  by-level:
    '3': urgent
    default: low
workers:
  aliases:
    a: {provisioner: p}
    b:
      provisioner: p
      implementation: x
      os: linux
      worker-type: {by-project: {default: 3}}
      image: z
taskgraph:
  repositories: {}
  cached-task-prefx: a
  run: {use-caches: [gradle]}
  index-path-regexes: [3]
task-expires-after: 3
run-task-dir: []
"), @r#"
    invalid graph configuration:
      taskcluster/config.yml:2: `trust-domain`: expected a string, found a list of 1
      taskcluster/config.yml:4: `task-priority.by-level.3`: expected one of highest, very-high, high, medium, low, very-low, lowest, found the string "urgent"
      taskcluster/config.yml:8: `workers.aliases.a.implementation`: missing, expected a string
      taskcluster/config.yml:8: `workers.aliases.a.os`: missing, expected a string
      taskcluster/config.yml:8: `workers.aliases.a.worker-type`: missing, expected a string
      taskcluster/config.yml:8: `workers.aliases.b.worker-type`: expected a string, found a mapping with the keys by-project
      taskcluster/config.yml:8: `workers.aliases.b.image`: unknown key; known are provisioner, implementation, os, worker-type
      taskcluster/config.yml:18: `taskgraph.cached-task-prefx`: unknown key; did you mean `cached-task-prefix`?
      taskcluster/config.yml:19: `taskgraph.run.use-caches[0]`: expected one of cargo, checkout, npm, pip, uv, found the string "gradle"
      taskcluster/config.yml:20: `taskgraph.index-path-regexes[0]`: expected a string, found the integer 3
      taskcluster/config.yml:16: `taskgraph`: expected at least one repository in `repositories`, found none
      taskcluster/config.yml:21: `task-expires-after`: expected a string, found the integer 3
      taskcluster/config.yml:22: `run-task-dir`: expected a string, found an empty list
    "#);
    assert_snapshot!(config(&CONFIG.replace("repositories: {example: {name: Example}}", "repositories: {example: {project-regex: 3}}")), @"
    invalid graph configuration:
      taskcluster/config.yml:5: `taskgraph.repositories.example.project-regex`: expected a string, found the integer 3
      taskcluster/config.yml:5: `taskgraph.repositories.example.name`: missing, expected a string
    ");
    let priority = |priority: &str| {
        let config = CONFIG.replace("task-priority: low", &format!("task-priority: {priority}"));
        error(&[
            ("config.yml", &config),
            ("kinds/test/kind.yml", &format!("tasks: {{unit: {{}}}}\n{DEFAULTS}")),
        ])
    };
    assert_snapshot!(priority("{by-project: {other: low}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `by-project`: `example` matches no alternative (alternatives: `other`), and there is no `default`, while determining `task-priority` of config.yml");
    assert_snapshot!(priority("{by-project: {default: low}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `by-project` has no alternative but `default`, so it is unnecessary, while determining `task-priority` of config.yml");
    assert_snapshot!(priority("{by-level: {'1': low}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `by-level`: there is no attribute `level` and no alternative `default` (alternatives: `1`), while determining `task-priority` of config.yml");
    let deadline = CONFIG.replace(
        "task-priority: low",
        "task-priority: low\ntask-deadline-after: {by-project: {default: 1 day}}",
    );
    assert_snapshot!(error(&[("config.yml", &deadline), ("kinds/test/kind.yml", &format!("tasks: {{unit: {{}}}}\n{DEFAULTS}"))]), @"kind `test`: `by-project` has no alternative but `default`, so it is unnecessary, while determining `task-deadline-after` of config.yml");
}

#[test]
fn treeherder() {
    assert_snapshot!(task_error("    treeherder: {symbol: T(a}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `treeherder.symbol`: expected `symbol` or `group(symbol)`, found `T(a`");
    assert_snapshot!(task_error("    treeherder: {symbol: X(a)}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `treeherder.symbol`: expected a group that `treeherder.group-names` of taskcluster/config.yml lists, found `X`");
    assert_snapshot!(task_error("    treeherder: {symbol: T(abcdefghijklmnopqrstuvwxyz)}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `treeherder.symbol`: expected at most 25 characters for group and symbol each, found `abcdefghijklmnopqrstuvwxyz`");
    assert_snapshot!(task_error("    treeherder: {platform: linux}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `treeherder.platform`: expected `platform/collection`, found `linux`");
    assert_snapshot!(task_error("    treeherder: {kind: lint}"), @r#"taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: `treeherder.kind`: expected one of build, test, other, found the string "lint""#);
}

#[test]
fn index() {
    assert_snapshot!(task_error("    index: {product: 3, jobname: x}"), @"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `unit`: 2 things are wrong:
      `index.product`: expected a string, found the integer 3
      `index.jobname`: unknown key; did you mean `job-name`?
    ");
    assert_snapshot!(task_error("    index: {job-name: x}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `index.product`: expected one of `index.products` of config.yml, which are example, found null");
    assert_snapshot!(task_error("    index: {product: x, job-name: y}"), @r#"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `index.product`: expected one of `index.products` of config.yml, which are example, found the string "x""#);
}

#[test]
fn what_transforms_add_to() {
    let notify = "notify: {recipients: [{type: email, address: x}], content: {email: {subject: s}}}";
    let matrix = "matrix: {a: [x]}";
    let cached = "label: a\n    cache: {type: t, name: n, digest-data: []}";
    for (module, task, written, expected) in [
        ("notify", notify, "routes: index.a", r#"`routes`: expected a list, found the string "index.a""#),
        ("notify", notify, "extra: [x]", "`extra`: expected a mapping, found a list of 1"),
        (
            "code_review",
            "a: b",
            "soft-dependencies: x",
            r#"`soft-dependencies`: expected a list, found the string "x""#,
        ),
        (
            "chunking",
            "chunk: {total-chunks: 2}",
            "attributes: [x]",
            "`attributes`: expected a mapping, found a list of 1",
        ),
        ("matrix", matrix, "attributes: x", r#"`attributes`: expected a mapping, found the string "x""#),
        ("cached_tasks", cached, "routes: 5", "`routes`: expected a list, found the integer 5"),
        ("cached_tasks", cached, "attributes: 5", "`attributes`: expected a mapping, found the integer 5"),
    ] {
        let error = transformed_task_error(module, &format!("    {task}\n    {written}"));
        assert!(error.contains(expected), "{module}: {error}");
    }
    for (written, expected) in [
        ("extra: {index: 5}\n    index: {product: example, job-name: x}", "`extra.index`"),
        (
            "extra: {treeherder: 5}\n    treeherder: {symbol: a, platform: b/c, kind: test, tier: 1}",
            "`extra.treeherder`",
        ),
        ("extra: 5", "`extra`"),
    ] {
        let error = task_error(&format!("    {written}"));
        assert!(error.contains(&format!("{expected}: expected a mapping, found the integer 5")), "{error}");
    }
}

#[test]
fn what_a_digest_is_made_of() {
    let error =
        |cache: &str| transformed_task_error("cached_tasks", &format!("    label: a\n    cache: {cache}"));
    assert_snapshot!(error("{type: t, name: n}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `a`: `cache.digest-data`: missing, expected a list of strings");
    assert_snapshot!(error("{type: t, name: n, digest-data: x}"), @r#"taskcluster/kinds/test/kind.yml:3: kind `test`, task `a`: `cache.digest-data`: expected a list of strings, found the string "x""#);
    assert_snapshot!(error("{type: 5, name: n, digest-data: [a]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `a`: `cache.type`: expected a string, found the integer 5");
    assert_snapshot!(error("5"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `a`: `cache`: expected a mapping, found the integer 5");
}

#[test]
fn what_is_added_to_under_worker() {
    for (worker, run, expected) in [
        ("env: 5", "{}", "`worker.env`: expected a mapping, found the integer 5"),
        ("env: null", "{}", "`worker.env`: expected a mapping, found null"),
        ("caches: {}", "{checkout: true}", "`worker.caches`: expected a list, found an empty mapping"),
        (
            "env: []",
            "{using: toolchain-script, script: a.sh, toolchain-artifact: a}",
            "`worker.env`: expected a mapping, found an empty list",
        ),
        (
            "artifacts: 5",
            "{using: toolchain-script, script: a.sh, toolchain-artifact: a}",
            "`worker.artifacts`: expected a list, found the integer 5",
        ),
    ] {
        let error = task_error(&format!("    worker: {{{worker}}}\n    run: {run}"));
        assert!(error.ends_with(expected), "{error}");
    }
    let error = task_error("    worker-type: win\n    worker: {docker-image: null, mounts: 5}");
    assert!(error.ends_with("`worker.mounts`: expected a list, found the integer 5"), "{error}");
    let error = task_error("    worker: {env: 5}\n    dependencies: {x: y}\n    fetches: {x: [a]}");
    assert!(error.ends_with("`worker.env`: expected a mapping, found the integer 5"), "{error}");
}
