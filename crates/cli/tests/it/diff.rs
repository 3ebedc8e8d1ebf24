//! `--diff`: never touches the checkout, and needs no clean one.

use std::time::SystemTime;

use crate::support::TestEnv;

/// A repository with two commits; the second one and the working tree have a change each.
fn changed() -> TestEnv {
    let env = TestEnv::new();
    env.edit("taskcluster/kinds/build/kind.yml", "Builds for Linux", "Builds for Linux again");
    env.commit("second");
    env.edit("taskcluster/kinds/build/kind.yml", "mac:", "windows:");
    env
}

/// What must not change: the status, the revision, the branch, the index, the files.
fn state(env: &TestEnv) -> (String, String, SystemTime, String) {
    let index = env.path(".git/index").metadata().unwrap().modified().unwrap();
    let head = env.git(["rev-parse", "--abbrev-ref", "HEAD", "@"]);
    // Without this, git would refresh the index itself.
    let status = env.git(["--no-optional-locks", "status", "--porcelain", "--ignored"]);
    let refs = env.git(["for-each-ref"]) + &env.git(["worktree", "list"]) + &env.git(["stash", "list"]);
    (status, head, index, refs)
}

#[test]
fn uncommitted_work_is_compared_with_a_revision() {
    let env = changed();
    env.write("untracked.txt", "");
    env.git(["rm", "--quiet", "--cached", "params/release.json"]);
    let before = state(&env);
    let run = env.run("full -p params/main.yml --diff HEAD");
    let head = &env.git(["rev-parse", "HEAD"])[..12];
    assert_eq!(
        run.stderr,
        format!(
            "Generating full_task_graph @ main\n\
             Generated full_task_graph: 4 tasks (3 kinds loaded) in N s\n\
             Generating full_task_graph @ {head}\n\
             Generated full_task_graph: 4 tasks (3 kinds loaded) in N s\n\
             Dumping result with parameters from main:\n\
             If you were expecting differences in task bodies you should pass \"-J\"\n\n"
        )
    );
    assert_eq!(
        run.ok(),
        format!(
            "--- full_task_graph@{head}\n+++ full_task_graph@main\n@@ -1,5 +1,5 @@\n build-linux\n-build-mac\n\
             +build-windows\n release-notes-write\n test-unit\n \n\n\n"
        )
    );
    assert_eq!(state(&env), before);
}

#[test]
fn bodies_are_compared_as_json_and_yaml() {
    let env = changed();
    env.git(["checkout", "--quiet", "--", "."]);
    let run = env.run("tasks -J -p params/main.yml --diff HEAD~1");
    assert!(!run.stderr.contains("-J"), "{}", run.stderr);
    let diff = run.ok();
    let changes: Vec<&str> = diff.lines().filter(|line| line.starts_with(['+', '-'])).skip(2).collect();
    assert_eq!(
        changes,
        [
            "-    \"description\": \"Builds for Linux\",",
            "+    \"description\": \"Builds for Linux again\",",
            "-        \"description\": \"Builds for Linux\",",
            "+        \"description\": \"Builds for Linux again\",",
        ]
    );
    let diff = env.run("tasks -Y -p params/main.yml --diff=HEAD~1 --exclude-key task.metadata").ok();
    assert!(
        diff.contains("\n-  description: Builds for Linux\n+  description: Builds for Linux again\n"),
        "{diff}"
    );
    assert_eq!(diff.lines().filter(|line| line.starts_with("@@")).count(), 1);
}

#[test]
fn equal_graphs_are_identical() {
    let env = changed();
    let run = env.run("target -p params/main.yml --diff HEAD~1 -o diff.txt");
    let base = &env.git(["rev-parse", "HEAD~1"])[..12];
    assert_eq!(
        run.ok(),
        format!("Files target_task_set@{base} and target_task_set@main are identical\n\n\n")
    );
    assert!(!env.path("diff.txt").exists());
}

#[test]
fn the_base_revision_is_what_a_remote_has() {
    let env = changed();
    env.git(["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    let base = &env.git(["rev-parse", "HEAD~1"])[..12];
    let diff = env.run("full -J --diff --exclude-key task.routes").ok();
    assert!(diff.starts_with(&format!("--- full_task_graph@{base}\n+++ full_task_graph@main\n")), "{diff}");
    assert!(diff.contains("Builds for Linux again"), "{diff}");
    // The reference's own word for it, also where a branch has this name.
    env.git(["branch", "default"]);
    assert_eq!(env.run("full -J --diff default --exclude-key task.routes").ok(), diff);
}

#[test]
fn a_detached_head_is_called_by_its_revision() {
    let env = changed();
    env.git(["checkout", "--quiet", "--detach"]);
    let head = &env.git(["rev-parse", "HEAD"])[..12];
    let diff = env.run("full -p params/main.yml --diff main").ok();
    assert!(diff.starts_with(&format!("--- full_task_graph@{head}\n+++ full_task_graph@{head}\n")), "{diff}");
}

#[test]
fn each_side_has_the_defaults_of_its_revision() {
    let env = changed();
    env.write("version.txt", "2.0\n");
    env.edit(
        "taskcluster/kinds/build/kind.yml",
        "transforms: [",
        "transforms: [taskgraph.transforms.task_context, ",
    );
    let context = "worker-type: succeed, task-context: {from-parameters: {v: version, r: head_rev}, \
                   substitution-fields: [description]}";
    env.edit("taskcluster/kinds/build/kind.yml", "worker-type: succeed", context);
    env.edit("taskcluster/kinds/build/kind.yml", "Builds for Linux again", "'{v} {r}'");
    env.commit("third");
    env.write("version.txt", "2.1\n");
    env.commit("fourth");
    let [old, new] = ["HEAD~1", "HEAD"].map(|revision| env.git(["rev-parse", revision]).trim().to_owned());
    let diff = env.run("full -J --diff HEAD~1 --tasks build-linux").ok();
    assert!(
        diff.contains(&format!(
            "-    \"description\": \"2.0 {old}\",\n+    \"description\": \"2.1 {new}\",\n"
        )),
        "{diff}"
    );
}

#[test]
fn paths_are_the_same_on_both_sides() {
    let env = changed();
    env.write("sub/own.yml", "project: main\n");
    // Below a folder that the other revision does not have; the parameters are in neither.
    let diff = env.run_in("sub", "full -q -r ../taskcluster -p own.yml --diff HEAD").ok();
    assert!(diff.contains("\n-build-mac\n+build-windows\n"), "{diff}");
    let diff = env.run_in("sub", "full -J -q -r ../taskcluster -p own.yml --diff HEAD --tasks test").ok();
    assert!(diff.ends_with("are identical\n\n\n"), "{diff}");
    let message = env.run_in("sub", "full -q -r ../../repo/taskcluster --diff").failed(1);
    assert!(
        message.starts_with("error: cannot compare `../../repo/taskcluster` with another revision: "),
        "{message}"
    );
}

#[test]
fn a_failing_side_is_named() {
    let env = changed();
    let head = env.git(["rev-parse", "HEAD"])[..12].to_owned();
    env.edit("taskcluster/kinds/test/kind.yml", "build-linux", "build-nothing");
    let message = env.run("full -q --diff HEAD").failed(1);
    assert_eq!(
        message,
        "error: full_task_graph @ main: taskcluster/kinds/test/kind.yml:5: task `test-unit` depends on \
         `build-nothing` (as `build`), which no kind makes\n"
    );
    env.commit("broken");
    env.edit("taskcluster/kinds/test/kind.yml", "build-nothing", "build-linux");
    let broken = env.git(["rev-parse", "HEAD"])[..12].to_owned();
    let message = env.run("full -q --diff HEAD").failed(1);
    assert!(message.starts_with(&format!("error: full_task_graph @ {broken}: ")), "{message}");
    assert!(env.run(&format!("full -q --diff {head}")).ok().contains("+build-windows"));
    let message = env.run("full -q --diff no-such-revision").failed(1);
    assert!(
        message.starts_with("error: cannot get the files of the revision `no-such-revision`: "),
        "{message}"
    );
}

#[test]
fn sets_have_a_diff_each() {
    let env = changed();
    let head = env.git(["rev-parse", "HEAD"])[..12].to_owned();
    env.write("params/broken.yml", "level: 7\n");
    let run = env.run("target -q -p params --diff HEAD -o diff.txt");
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.stdout,
        format!("Files target_task_set@{head} and target_task_set@main are identical\n\n\n")
    );
    assert!(
        run.stderr.ends_with("error: 1 of 3 sets of parameters failed: params/broken.yml\n"),
        "{}",
        run.stderr
    );
    assert!(env.read("diff_release.txt").contains("\n-build-mac\n+build-windows\n"));
    assert!(!env.path("diff_main.txt").exists() && !env.path("diff_broken.txt").exists());
}

#[test]
fn temporary_files_are_removed() {
    let env = changed();
    std::fs::create_dir(env.path("tmp")).unwrap();
    let env = {
        let tmp = env.path("tmp");
        env.variable("TMPDIR", tmp.to_str().unwrap())
    };
    env.run("full --diff HEAD").ok();
    env.run("full --diff HEAD -r nowhere").failed(1);
    assert!(env.files("tmp").is_empty());
}

#[test]
fn a_checkout_is_needed() {
    let env = TestEnv::without_checkout();
    let message = env.run("full -q --diff").failed(1);
    assert_eq!(message, "error: `$ROOT/repo` is neither in a git nor in a Mercurial checkout\n");
    env.write("p.yml", "head_repository: https://github.com/example-org/example\n");
    assert!(env.run("full -q -p p.yml").ok().contains("test-unit"));
}
