//! Where results and messages go.

use std::io::Read;
use std::process::Stdio;

use crate::support::TestEnv;

#[test]
fn results_and_messages_are_apart() {
    let env = TestEnv::new();
    let run = env.run("target -p params/main.yml");
    assert_eq!(
        run.stderr,
        "Generated target_task_set: 2 tasks (3 kinds loaded) in N s\nDumping result with parameters from main:\n"
    );
    let run = env.run("target");
    assert!(run.stderr.ends_with("Dumping result with parameters from defaults:\n"), "{}", run.stderr);
    assert_eq!(env.run("target -q").stderr, "");
    let message = env.run("target -q -r nowhere").failed(1);
    assert_eq!(
        message,
        "error: no taskgraph configuration: there is no folder `nowhere`\n\
         hint: run this in the root of a repository, or name the folder that has config.yml with --root\n"
    );
}

#[test]
fn verbose_says_what_is_done() {
    let env = TestEnv::new();
    env.write("scripts/x", "");
    let run = env.run("target -v -p params/main.yml");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].starts_with("parameters: params/main.yml (id "), "{lines:?}");
    assert!(lines[1].starts_with("run-task: "), "{lines:?}");
    assert_eq!(
        lines[2..],
        [
            "kinds: N s",
            "full_task_set: N s",
            "full_task_graph: N s",
            "target_task_set: N s",
            "Generated target_task_set: 2 tasks (3 kinds loaded) in N s",
            "Dumping result with parameters from main:",
        ]
    );
}

#[test]
fn run_task_is_found_where_it_is_said_to_be() {
    let env = TestEnv::new();
    for file in ["run-task", "fetch-content", "hgrc", "robustcheckout.py"] {
        env.write(&format!("scripts/{file}"), "");
    }
    let said = "run-task: `$ROOT/repo/scripts` (version unknown, from the command line or environment)";
    let line = |env: &TestEnv, args: &str| {
        let run = env.run(args);
        run.stderr.lines().find(|line| line.starts_with("run-task: ")).unwrap().to_owned()
    };
    assert_eq!(line(&env, "full -v --run-task-dir scripts"), said);
    assert_eq!(line(&env, "kind-graph -v --run-task-dir scripts"), said);
    let env = env.variable("TASKGRAPH_RUN_TASK_DIR", "scripts");
    assert_eq!(line(&env, "full -v"), said);
    assert!(
        line(&env, "full -v --run-task-dir params").contains("`$ROOT/repo/params` (from the command line")
    );
    assert!(
        !line(&TestEnv::new().variable("TASKGRAPH_RUN_TASK_DIR", ""), "full -v").contains("command line")
    );
}

#[test]
fn a_file_gets_all_of_a_result_or_stays() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("out")).unwrap();
    let run = env.run("target -p params/main.yml -o out/graph.txt");
    assert!(!run.stderr.contains("Dumping"), "{}", run.stderr);
    assert_eq!(run.ok(), "");
    assert_eq!(env.read("out/graph.txt"), "build-linux\ntest-unit\n\n");

    env.edit("taskcluster/kinds/test/kind.yml", "build-linux", "build-nothing");
    let message = env.run("target -q -p params/main.yml -o out/graph.txt").failed(1);
    assert!(message.contains("task `test-unit` depends on `build-nothing`"), "{message}");
    assert_eq!(env.read("out/graph.txt"), "build-linux\ntest-unit\n\n");
    assert_eq!(env.files("out").into_iter().collect::<Vec<_>>(), ["graph.txt"]);
}

#[test]
fn a_single_set_is_called_defaults() {
    let env = TestEnv::new();
    env.run("target -p params/main.yml -o out-{params}.txt").ok();
    assert_eq!(env.read("out-defaults.txt"), "build-linux\ntest-unit\n\n");
}

#[test]
fn files_that_cannot_be_are_said_before_anything_is_done() {
    let env = TestEnv::new();
    let message = |args: &str| env.run(args).failed(1);
    assert_eq!(message("full -o no/file"), "error: cannot write `no/file`: there is no folder `no`\n");
    assert_eq!(
        message("full -o params"),
        "error: cannot write `params`: expected the name of a file, found a folder\n"
    );
    assert_eq!(
        message("full -o {date}.json"),
        "error: bad name of an output file `{date}.json`: expected `{params}` or no braces: template `{date}.json`: \
         `date` has no value; known are params (a literal brace is written `{{` or `}}`)\n"
    );
    assert_eq!(message("kind-graph -o no/file"), "error: cannot write `no/file`: there is no folder `no`\n");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_in_place() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    let env = TestEnv::new();
    env.run("target -o /dev/null").ok();
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());

    env.write("real.txt", "");
    std::fs::set_permissions(env.path("real.txt"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("real.txt", env.path("link.txt")).unwrap();
    env.run("target -p params/main.yml -o link.txt").ok();
    assert_eq!(env.read("real.txt"), "build-linux\ntest-unit\n\n");
    assert!(env.path("link.txt").is_symlink());
    assert_eq!(env.path("real.txt").metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_reader_may_stop_early() {
    let env = TestEnv::new();
    let tasks: String = (0..3000).map(|n| format!("  t{n}: {{description: A task}}\n")).collect();
    env.write("taskcluster/kinds/build/kind.yml", &(crate::support::BUILD.to_owned() + &tasks));
    for args in ["full -qJ", "full -qY", "full -qJ --diff", "full -qJ -p params", "completions zsh"] {
        let mut child = env
            .taskgraph(&env.repo(), args.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let run = env.finished(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let env = TestEnv::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let run = env.finished(env.taskgraph(&env.repo(), ["full", "-q"]).stdout(full).output().unwrap());
    assert_eq!(run.failed(1), "error: cannot write the result: No space left on device (os error 28)\n");
    let message = env.run("full -q -o /dev/full").failed(1);
    assert_eq!(message, "error: cannot write `/dev/full`: No space left on device (os error 28)\n");
}
