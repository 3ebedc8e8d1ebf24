//! The commands that print no task graph, and the interface itself.

use std::fs;
use std::path::Path;

use crate::support::TestEnv;

const KINDS: &str = "\
flowchart TD
    build[build]
    release_notes[release-notes]
    test[test]
    build --> test
";

#[test]
fn kinds_are_drawn() {
    let env = TestEnv::new();
    assert_eq!(env.run("kind-graph").ok(), KINDS);
    assert_eq!(env.run("kind-graph").stderr, "");
    assert_eq!(env.run("kind-graph -q -p nothing.yml -p params/main.yml -r taskcluster").ok(), KINDS);
    let some = "flowchart TD\n    build[build]\n    test[test]\n    build --> test\n";
    assert_eq!(env.run("kind-graph -k test").ok(), some);
    let run = env.run("kind-graph -o kinds.mmd --target-kind test --target-kind build");
    assert_eq!(run.stderr, "Kind graph written to kinds.mmd\n");
    assert_eq!((run.stdout.as_str(), env.read("kinds.mmd").as_str()), ("", some));
    assert_eq!(env.run("kind-graph -v").stderr.lines().count(), 2);
    let message = env.run("kind-graph -k nothing").failed(1);
    assert!(message.starts_with("error: there is no kind `nothing`"), "{message}");
}

#[test]
fn shells_complete() {
    let env = TestEnv::new();
    for (shell, part) in [
        ("bash", "complete -F _taskgraph"),
        ("zsh", "#compdef taskgraph"),
        ("fish", "complete -c taskgraph"),
        ("elvish", "set edit:completion:arg-completer[taskgraph]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = env.run(&format!("completions {shell}")).ok();
        assert!(script.contains(part) && script.contains("target-graph"), "{shell}");
    }
    assert!(env.run("completions tcsh").failed(2).contains("[possible values: bash, "));
}

/// A `python3` that does what a line of shell says.
#[cfg(unix)]
fn with_python(line: &str) -> TestEnv {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    env.write("bin/python3", &format!("#!/bin/sh\n{line}\n"));
    fs::set_permissions(env.path("bin/python3"), PermissionsExt::from_mode(0o755)).unwrap();
    let bin = env.path("bin").to_str().unwrap().to_owned();
    env.variable("PATH", &format!("{bin}:/usr/bin:/bin"))
}

#[cfg(unix)]
#[test]
fn run_task_is_installed_only_if_it_is_what_was_published() {
    let env = with_python("echo no network >&2; exit 1");
    let message = env.run("run-task install").failed(3);
    assert!(message.starts_with("error: cannot download taskcluster-taskgraph 24.5.1: "), "{message}");
    assert!(message.contains("no network"), "{message}");
    let message = env.run("run-task install --version 0.1").failed(1);
    assert!(
        message.starts_with("error: unknown taskcluster-taskgraph version `0.1`, known are 24.5.1, "),
        "{message}"
    );

    // The last but one argument is the folder to download to.
    let env = with_python("for last; do folder=$before; before=$last; done; echo forged > $folder/x.whl");
    let message = env.run("run-task install").failed(1);
    assert!(message.contains("is not the published wheel of 24.5.1"), "{message}");
    assert!(env.files("../home/.cache/taskgraph/run-task").is_empty());

    let message = env.variable("HOME", "").run("run-task install").failed(1);
    assert!(message.starts_with("error: there is no cache to install to: "), "{message}");
}

#[test]
fn a_command_line_without_sense_is_code_2() {
    let env = TestEnv::new();
    for args in [
        "",
        "nonsense",
        "full --nonsense",
        "full -j 0",
        "full -j x",
        "kind-graph -J",
        "run-task",
        "full extra",
    ] {
        let message = env.run(args).failed(2);
        assert!(message.contains("--help") || message.contains("Usage: "), "{args}: {message}");
    }
    assert!(env.run("--version").ok().starts_with("taskgraph "));
}

/// All commands, as their help lists them, but for the hundreds of methods that `api` has.
fn commands(env: &TestEnv) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut at = 0;
    while let Some(command) = commands.get(at).cloned() {
        at += 1;
        let help = env.run(&format!("{command} --help")).ok();
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let below = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names = below.filter_map(|line| line.split(' ').next());
        let names = names.filter(|name| !matches!(*name, "" | "help"));
        let names: Vec<String> = names.map(|name| format!("{command} {name}").trim().to_owned()).collect();
        commands.splice(at..at, names);
    }
    assert!(commands.iter().any(|command| command == "slugid generate"), "{commands:?}");
    commands
}

/// Refreshed by running the tests with `UPDATE_REFERENCE=1` in the environment.
#[test]
fn the_reference_is_up_to_date() {
    let env = TestEnv::new();
    let mut reference = String::from(
        "# Command line\n\n\
         What `--help` prints, for every command. This file is compared by a test; `UPDATE_REFERENCE=1 cargo test -p \
         taskgraph-cli` writes it.\n",
    );
    for command in commands(&env) {
        let help = env.run(&format!("{command} --help")).ok();
        let name = format!("taskgraph {command}");
        let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        reference += &format!("\n## `{}`\n\n```text\n{help}```\n", name.trim_end());
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&file, &reference).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == reference,
        "{} is stale; refresh it with UPDATE_REFERENCE=1 cargo test -p taskgraph-cli",
        file.display()
    );
}
