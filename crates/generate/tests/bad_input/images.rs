//! Images: contexts that leave the repository, Dockerfiles that are wrong, scripts that are missing.

use insta::assert_snapshot;
use taskgraph_generate::Generator;
use taskgraph_transforms::list_tracked_files_ahead;

use crate::support::{DEFAULTS, Repository};

const KIND: &str = "
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks, taskgraph.transforms.task]
tasks:
  base: {}
";

fn image(dockerfile: &str) -> Repository {
    Repository::new(&[("kinds/docker-image/kind.yml", KIND), ("docker/base/Dockerfile", dockerfile)])
}

#[test]
fn includes_outside() {
    assert_snapshot!(image("FROM x\n# %include ../outside\n").file("../../outside", "").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: path `../outside` leaves the repository");
    assert_snapshot!(image("# %include a/../../repo-2/file\n").file("../../repo-2/file", "").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: path `a/../../repo-2/file` leaves the repository");
    assert_snapshot!(image("# %include ../repo-2/file\n").file("../../repo-2/file", "").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: path `../repo-2/file` leaves the repository");
    assert_snapshot!(image("# %include /etc/hostname\n").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: include path `/etc/hostname` is absolute, expected one relative to the repository");
    assert_snapshot!(image("# %include missing\n").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: include path `missing` does not exist");
    assert_snapshot!(image("# %include link\n").file("../../outside", "").link("../link", "../outside").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: path `$ROOT/repo/link` leaves the repository through a link, to `$ROOT/outside`");
    assert_snapshot!(image("# %include link/file\n").file("../../repo-2/file", "").link("../link", "../repo-2").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: path `$ROOT/repo/link/file` leaves the repository through a link, to `$ROOT/repo-2/file`");
    assert_snapshot!(image("# %include folder\n").file("../../outside", "").link("../folder/link", "../../outside").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: path `$ROOT/repo/folder/link` leaves the repository through a link, to `$ROOT/outside`");
    assert_snapshot!(image("").file("../../outside", "").link("docker/base/link", "../../../../outside").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: docker context `$ROOT/repo/taskcluster/docker/base`: path `$ROOT/repo/taskcluster/docker/base/link` leaves the repository through a link, to `$ROOT/outside`");
}

#[test]
fn contexts_outside() {
    let definition = |path: &str| {
        let kind = KIND.replace("{}", &format!("{{definition: {path}}}"));
        Repository::new(&[("kinds/docker-image/kind.yml", &kind), ("../../repo-2/Dockerfile", "FROM x\n")])
    };
    assert_snapshot!(definition("../../../repo-2").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: docker context `$ROOT/repo/taskcluster/docker/../../../repo-2`: path `taskcluster/docker/../../../repo-2` leaves the repository");
    assert_snapshot!(definition("/etc").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: docker context `/etc`: path `/etc` leaves the repository");
    assert_snapshot!(definition("link").link("docker/link", "../../../repo-2").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: docker context `$ROOT/repo/taskcluster/docker/link`: path `$ROOT/repo/taskcluster/docker/link` leaves the repository through a link, to `$ROOT/repo-2`");
    assert_snapshot!(definition("missing").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: there is no Dockerfile at `$ROOT/repo/taskcluster/docker/missing/Dockerfile`");
    let file = definition("link")
        .file("docker/link/x", "")
        .link("docker/link/Dockerfile", "../../../../repo-2/Dockerfile");
    assert_snapshot!(file.error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: docker context `$ROOT/repo/taskcluster/docker/link`: path `$ROOT/repo/taskcluster/docker/link/Dockerfile` leaves the repository through a link, to `$ROOT/repo-2/Dockerfile`");
    let loops = definition("link").file("docker/link/x", "").link("docker/link/Dockerfile", "Dockerfile");
    assert_snapshot!(loops.error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: there is no Dockerfile at `$ROOT/repo/taskcluster/docker/link/Dockerfile`");
}

#[test]
fn dockerfiles() {
    assert_snapshot!(image("FROM x\n# %ARG NAME\nRUN $NAME\n").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: missing argument `NAME`, none were given");
    let bytes = image("").file("docker/base/Dockerfile", b"FROM x\n# caf\xe9\n");
    assert_snapshot!(bytes.error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: not UTF-8");
    let kind = KIND.replace("{}", "{args: {NAME: 'a\\1'}}");
    let argument = image("# %ARG NAME\nRUN $NAME\n").file("kinds/docker-image/kind.yml", kind);
    assert_snapshot!(argument.error(), @r"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: the value of argument `NAME` has a reference `\1` to a group that does not exist; write `\\` for a backslash");
    assert_snapshot!(image("FROM x").without("docker/base/Dockerfile").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: there is no Dockerfile at `$ROOT/repo/taskcluster/docker/base/Dockerfile`");
}

#[test]
fn volumes() {
    let task = |dockerfile: &[u8]| {
        let task = Repository::task("    worker: {docker-image: {in-tree: base}}");
        task.file("kinds/docker-image/kind.yml", KIND).file("docker/base/Dockerfile", dockerfile)
    };
    assert_snapshot!(task(b"FROM x\nVOLUME [\"/a\"]\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: array syntax in VOLUME is not supported, write one `VOLUME /path` line per entry");
    assert_snapshot!(task(b"FROM x\n# caf\xe9\n").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: not UTF-8");
    assert_snapshot!(task(b"FROM x\nVOLUME /caf\xe9\n").error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: not UTF-8");
}

#[test]
fn volumes_outside() {
    let task = |image: &str| {
        let task = Repository::task(&format!("    worker: {{docker-image: {{in-tree: {image}}}}}"));
        task.file("kinds/docker-image/kind.yml", "tasks: {}\n")
            .file("../../repo-2/Dockerfile", "VOLUME /x\n")
            .file("docker/x", "")
    };
    assert_snapshot!(task("../../../repo-2").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the Dockerfile `$ROOT/repo/taskcluster/docker/../../../repo-2/Dockerfile` is outside of the repository, at `$ROOT/repo-2/Dockerfile`");
    assert_snapshot!(task("link").link("docker/link", "../../../repo-2").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the Dockerfile `$ROOT/repo/taskcluster/docker/link/Dockerfile` is outside of the repository, at `$ROOT/repo-2/Dockerfile`");
    assert_snapshot!(task("missing").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: there is no Dockerfile at `$ROOT/repo/taskcluster/docker/missing/Dockerfile`");
    assert_snapshot!(task("base").without("kinds/docker-image/kind.yml").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: taskcluster/kinds/docker-image/kind.yml: no such file");
}

#[test]
fn scripts() {
    let missing = |repository: Repository| repository.without("../../run-task/hgrc");
    assert_snapshot!(missing(image("# %include-run-task\n")).error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: the run-task folder `$ROOT/repo/../run-task` (from the command line or environment) has no file `hgrc`");
    let nowhere = image("# %include-run-task\n").run_task_dir(Some("../nowhere"));
    assert_snapshot!(nowhere.error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: the run-task folder `$ROOT/repo/../nowhere` (from the command line or environment) has no file `run-task`");
    // Neither a Python nor a home is looked for, because there is no environment.
    assert_snapshot!(image("FROM x\n# %include-run-task\n").run_task_dir(None).error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:2: the files run-task, fetch-content, hgrc and robustcheckout.py were not found; either run `taskgraph run-task install`, or `pip install taskcluster-taskgraph==24.5.1`, or name their folder with --run-task-dir, TASKGRAPH_RUN_TASK_DIR or `run-task-dir` in config.yml (looked in: nowhere)");
    let configured = image("# %include-run-task\n").run_task_dir(None);
    let config = format!("{}run-task-dir: scripts\n", crate::support::CONFIG);
    assert_snapshot!(configured.file("config.yml", config).error(), @"taskcluster/kinds/docker-image/kind.yml:5: kind `docker-image`, task `base`: $ROOT/repo/taskcluster/docker/base/Dockerfile:1: the run-task folder `$ROOT/repo/taskcluster/scripts` (from config.yml) has no file `run-task`");
    let cache = missing(Repository::task("    run: {use-caches: [pip]}"));
    assert_snapshot!(cache.error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the run-task folder `$ROOT/repo/../run-task` (from the command line or environment) has no file `hgrc`");
}

#[test]
fn toolchains() {
    let run = |lines: &str| {
        let kind = format!(
            "tasks:\n  unit:\n    worker: {{env: {{}}, docker-image: {{in-tree: base}}}}\n    run:\n      using: toolchain-script\n      command: null\n      checkout: null\n      toolchain-artifact: public/x\n{lines}\n{DEFAULTS}"
        );
        let repository =
            Repository::new(&[("kinds/docker-image/kind.yml", KIND), ("docker/base/Dockerfile", "FROM x\n")]);
        repository.file("kinds/toolchain/kind.yml", kind).git()
    };
    assert_snapshot!(run("      script: missing.sh").error(), @"taskcluster/kinds/toolchain/kind.yml:2: kind `toolchain`, task `toolchain-unit`: `run.script`: expected a file that is tracked by the repository, found `taskcluster/scripts/toolchain/missing.sh`");
    assert_snapshot!(run("      script: ../../../../outside.sh").error(), @"taskcluster/kinds/toolchain/kind.yml:2: kind `toolchain`, task `toolchain-unit`: `run.script`: expected a file that is tracked by the repository, found `../outside.sh`");
    assert_snapshot!(run("      script: x.sh\n      resources: [missing/**]").file("scripts/toolchain/x.sh", "").error(), @"taskcluster/kinds/toolchain/kind.yml:2: kind `toolchain`, task `toolchain-unit`: `run.resources`: expected a file that is tracked by the repository, found `missing/**`");
}

#[test]
fn toolchains_on_windows() {
    let task = Repository::task("    worker-type: win\n    worker: {docker-image: null}");
    assert_snapshot!(task.error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: TASKCLUSTER_ROOT_URL must be set to use run-task on generic-worker, e.g. to https://tc.example.com");
    let task = Repository::task("    worker-type: win\n    worker: {docker-image: null}");
    assert_snapshot!(task.variable("MOZ_AUTOMATION", "1").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: TASK_ID must be set to use run-task on generic-worker in automation");
}

#[test]
fn files_that_are_listed_ahead_are_the_same() {
    let kind = |script: &str| {
        let run = format!("{{using: toolchain-script, script: {script}, toolchain-artifact: public/x}}");
        let worker = "{env: {}, max-run-time: 1, docker-image: {in-tree: base}}";
        let tasks = format!("{{unit: {{description: d, worker-type: linux, worker: {worker}, run: {run}}}}}");
        let transforms =
            ["run", "cached_tasks", "task"].map(|name| format!("taskgraph.transforms.{name}")).join(", ");
        format!("loader: taskgraph.loader.transform:loader\ntransforms: [{transforms}]\ntasks: {tasks}")
    };
    let repository = |script: &str| {
        let images = [("kinds/docker-image/kind.yml", KIND), ("docker/base/Dockerfile", "FROM x\n")];
        let files = Repository::new(&images).file("scripts/toolchain/x.sh", "x");
        files.file("kinds/toolchain/kind.yml", kind(script))
    };
    let printed = |repository: &Repository, ahead: bool| {
        let session = repository.session(|_| ()).unwrap();
        if ahead {
            list_tracked_files_ahead(&session);
        }
        let generator = Generator::new(session);
        let graph = generator.full_task_set().map_err(|error| error.to_string())?;
        let mut json = Vec::new();
        taskgraph_graph::write_json(graph, &mut json).unwrap();
        Ok::<_, String>(String::from_utf8(json).unwrap())
    };
    for (repository, works) in [
        (repository("x.sh").git(), true),
        (repository("missing.sh").git(), false),
        (repository("x.sh"), false),
    ] {
        let expected = printed(&repository, false);
        assert_eq!(expected.is_ok(), works, "{expected:?}");
        assert_eq!(printed(&repository, true), expected);
    }
}
