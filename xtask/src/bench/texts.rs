//! The texts of a synthetic repository that do not depend on its size.

pub(super) const CONFIG: &str = "\
trust-domain: bench
task-priority:
    by-project:
        bench: medium
        default: low
task-deadline-after: 1 day
task-expires-after: 28 days
taskgraph:
    repositories:
        bench: {name: Bench}
    cached-task-prefix: bench
    run:
        use-caches: [checkout, pip]
workers:
    aliases:
        b-.*:
            provisioner: 'bench-{level}'
            implementation: docker-worker
            os: linux
            worker-type: '{alias}'
        t-.*:
            provisioner: 'bench-t'
            implementation: docker-worker
            os: linux
            worker-type: {by-level: {'3': '{alias}-trusted', default: '{alias}'}}
        images:
            provisioner: 'bench-{level}'
            implementation: docker-worker
            os: linux
            worker-type: images
        beetmover:
            provisioner: scriptworker-k8s
            implementation: beetmover
            os: scriptworker
            worker-type: 'bench-{level}-beetmover'
index:
    products: [bench]
treeherder:
    group-names: {B: Builds, C: Checks, Fetch: Fetches, S: Signing, TL: Toolchains, T: Tests}
";

pub(super) const PARAMETERS: &str = "\
base_ref: main
base_repository: https://github.com/example-org/bench
base_rev: 1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a
build_date: 1700000000
build_number: 1
do_not_optimize: []
enable_always_target: true
existing_tasks: {}
files_changed: [src/area-1/main.rs]
filters: [target_tasks_method]
head_ref: main
head_repository: https://github.com/example-org/bench
head_rev: 2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b
head_tag: ''
level: '3'
moz_build_date: '20231114221320'
next_version: null
optimize_strategies: null
optimize_target_tasks: true
owner: dev@example.com
project: bench
pushdate: 1700000000
pushlog_id: '0'
repository_type: git
target_tasks_method: default
tasks_for: github-push
version: 1.2.3
";

pub(super) const IMAGE_KIND: &str = "\
loader: taskgraph.loader.transform:loader

transforms:
    - taskgraph.transforms.docker_image
    - taskgraph.transforms.cached_tasks
    - taskgraph.transforms.task

tasks:
";

pub(super) const TOOLCHAIN_KIND: &str = "\
loader: taskgraph.loader.transform:loader

transforms:
    - taskgraph.transforms.run
    - taskgraph.transforms.cached_tasks
    - taskgraph.transforms.task

kind-dependencies: [docker-image, fetch]

task-defaults:
    worker-type: b-linux
    worker: {docker-image: {in-tree: build}, max-run-time: 7200, env: {LANG: C.UTF-8}}
    run: {using: toolchain-script}

tasks:
";

pub(super) const BUILD_KIND: &str = "\
transforms:
    - taskgraph.transforms.matrix

kind-dependencies: [docker-image, toolchain]

task-defaults:
    description: 'Build for {matrix[platform]} ({matrix[type]})'
    matrix:
        set-name: '{matrix[platform]}-{matrix[type]}'
        type: [opt, debug]
        substitution-fields: [description, attributes, index, treeherder, worker.env, run.command]
    attributes:
        build_platform: '{matrix[platform]}'
        build-type: '{matrix[type]}'
    index: {product: bench, job-name: '{matrix[platform]}-{matrix[type]}'}
    treeherder: {symbol: B, platform: '{matrix[platform]}/{matrix[type]}', kind: build}
    run-on-projects: {by-build-platform: {plat.*: [bench], default: [all]}}
    worker-type: b-linux
    worker:
        docker-image: {in-tree: build}
        max-run-time: 7200
        env: {PLATFORM: '{matrix[platform]}', BUILD_TYPE: '{matrix[type]}', LANG: C.UTF-8}
        artifacts:
            - {type: directory, name: public/build, path: /builds/worker/artifacts}
    run:
        using: run-task
        cwd: '{checkout}'
        command: 'make build PLATFORM={matrix[platform]} TYPE={matrix[type]}'

tasks:
";

pub(super) const TEST_KIND: &str = "\
transforms:
    - taskgraph.transforms.from_deps
    - taskgraph.transforms.task_context
    - taskgraph.transforms.matrix
    - taskgraph.transforms.chunking

kind-dependencies: [docker-image, build]

tasks:
    test:
        description: 'Suite {{matrix[suite]}} on {name} at level {level}, chunk {{{{this_chunk}}}} of {{{{total_chunks}}}}'
        from-deps:
            kinds: [build]
            copy-attributes: true
            fetches:
                build:
                    - artifact: '{build_platform}.tar.gz'
                    - {artifact: tests.zip, dest: tests}
        task-context:
            from-parameters: {level: level, project: project}
            substitution-fields: [description, treeherder, matrix.set-name, worker.max-run-time]
        matrix:
            suite: [SUITES]
            set-name: '{name}-{{matrix[suite]}}-{{{{this_chunk}}}}'
            substitution-fields: [description, treeherder, attributes.suite, worker.env, run.command]
        chunk:
            total-chunks: CHUNKS
            substitution-fields: [name, description, treeherder.symbol, run.command]
        attributes: {suite: '{matrix[suite]}'}
        treeherder: {symbol: 'T({{matrix[suite]}}-{{{{this_chunk}}}})', platform: '{name}/opt', kind: test}
        run-on-projects: [bench]
        run-on-tasks-for: [github-push, github-pull-request]
        worker-type: t-linux
        worker:
            docker-image: {in-tree: test}
            max-run-time: {by-level: {'3': 3600, default: 1800}}
            env: {SUITE: '{matrix[suite]}', DISPLAY: ':0', LANG: C.UTF-8}
            artifacts:
                - {type: directory, name: public/logs, path: /builds/worker/logs}
        run:
            using: run-task
            cwd: '{checkout}'
            command: 'tools/test.py --suite {matrix[suite]} --chunk {{this_chunk}}/{{total_chunks}} --fetches $MOZ_FETCHES_DIR'
";

pub(super) const SIGN: &str = "\
transforms:
    - taskgraph.transforms.from_deps

kind-dependencies: [docker-image, build]

tasks:
    sign:
        description: Sign a build
        from-deps:
            kinds: [build]
            copy-attributes: true
            fetches:
                build: [{artifact: '{build_platform}.tar.gz', extract: false}]
        scopes: ['project:bench:signing:level-{level}']
        worker-type: b-signing
        worker: {docker-image: {in-tree: base}, max-run-time: 600, taskcluster-proxy: true}
        run: {using: run-task, checkout: false, use-caches: false, command: [sign, '--all']}
";

pub(super) const PUBLISH: &str = "\
loader: taskgraph.loader.transform:loader

transforms:
    - taskgraph.transforms.from_deps
    - taskgraph.transforms.task

kind-dependencies: [sign]

tasks:
    publish:
        description: Publish a signed build
        from-deps: {with-attributes: {build-type: opt}, copy-attributes: true}
        shipping-phase: ship
        worker-type: beetmover
        worker:
            release-properties:
                {app-name: bench, app-version: 1.2.3, branch: main, build-id: '1', hash-type: sha512, platform: all}
            upstream-artifacts:
                - {taskId: {task-reference: '<sign>'}, taskType: signing, paths: [public/build/out.tar.gz], locale: en-US}
";

pub(super) const REPORT: &str = "\
transforms:
    - taskgraph.transforms.notify
    - taskgraph.transforms.code_review

kind-dependencies: [docker-image, check]

tasks:
    review:
        description: Report what the checks found
        notify:
            recipients:
                - {type: email, address: 'review-{config[params][level]}@example.com', status-type: on-failed}
            content: {email: {subject: '{task[name]} failed', content: 'see {config[params][head_rev]}'}}
        worker-type: t-linux
        worker: {docker-image: {in-tree: base}, max-run-time: 600}
        run: {using: run-task, checkout: false, use-caches: false, command: report}
";

pub(super) const CHECK_KIND: &str = "\
kind-dependencies: [docker-image]

task-defaults:
    attributes: {code-review: true}
    worker-type: t-linux
    worker: {docker-image: {in-tree: base}, max-run-time: 1200, env: {LANG: C.UTF-8}}
    run: {using: run-task, cwd: '{checkout}'}

tasks-from: [more.yml]

tasks:
";
