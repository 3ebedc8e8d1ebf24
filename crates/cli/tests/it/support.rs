//! A machine of its own for each test: an empty environment, a home, a repository.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A home and a repository, in a folder that goes away.
pub(crate) struct TestEnv {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left behind. Paths below the test's folder begin with `$ROOT`, durations are `N s`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The standard output of a run that succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// The messages of a run that failed with this code, and printed nothing.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        self.stderr
    }
}

pub(crate) const CONFIG: &str = "\
trust-domain: example
task-priority: low
workers:
  aliases: {}
taskgraph:
  repositories:
    example: {name: example}
";

pub(crate) const BUILD: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
task-defaults: {worker-type: succeed}
tasks:
  linux: {description: Builds for Linux, run-on-projects: [all]}
  mac: {description: Builds for macOS, run-on-projects: [release]}
";

pub(crate) const TEST: &str = "\
loader: taskgraph.loader.transform:loader
kind-dependencies: [build]
transforms: [taskgraph.transforms.task]
tasks:
  unit:
    description: Tests on Linux
    worker-type: succeed
    run-on-projects: [main]
    dependencies: {build: build-linux}
";

pub(crate) const NOTES: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
tasks:
  write: {description: Writes notes, worker-type: succeed, run-on-projects: [release]}
";

impl TestEnv {
    /// A repository with three kinds and two parameter files, all committed.
    pub(crate) fn new() -> TestEnv {
        let env = TestEnv::without_checkout();
        env.git(["init", "--quiet", "--initial-branch=main"]);
        env.git(["remote", "add", "origin", "https://github.com/example-org/example"]);
        env.commit("first");
        env
    }

    /// The same files in no checkout.
    pub(crate) fn without_checkout() -> TestEnv {
        let env = TestEnv { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        fs::create_dir(env.folder.path().join("home")).unwrap();
        env.write("taskcluster/config.yml", CONFIG);
        env.write("taskcluster/kinds/build/kind.yml", BUILD);
        env.write("taskcluster/kinds/test/kind.yml", TEST);
        env.write("taskcluster/kinds/release-notes/kind.yml", NOTES);
        env.write("params/main.yml", "project: main\nhead_rev: '1234'\nbuild_date: 1700000000\n");
        env.write(
            "params/release.json",
            r#"{"project": "release", "head_rev": "5678", "build_date": 1700000000}"#,
        );
        env
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The root of the repository.
    pub(crate) fn repo(&self) -> PathBuf {
        // As the program finds it: the temporary folder of a system may be a link.
        self.folder.path().canonicalize().unwrap().join("repo")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.repo().join(file)
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        let path = self.folder.path().join("repo").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Replaces text of a file, which must be there.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no `{from}`");
        self.write(file, &text.replace(from, to));
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
    }

    #[track_caller]
    pub(crate) fn git<const N: usize>(&self, args: [&str; N]) -> String {
        let output = self.command("git", &self.repo()).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A program in this environment, with nothing to read.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, cwd: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Test")
                .env(format!("GIT_{role}_EMAIL"), "test@example.com");
        }
        command.envs(self.variables.iter().cloned()).current_dir(cwd).stdin(Stdio::null());
        command
    }

    /// `taskgraph` in this environment.
    pub(crate) fn taskgraph<'a>(&self, cwd: &Path, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_taskgraph"), cwd);
        command.args(args);
        command
    }

    /// Runs `taskgraph` in the repository; arguments are separated by spaces.
    pub(crate) fn run(&self, args: &str) -> Run {
        self.run_in("", args)
    }

    /// Runs `taskgraph` in a folder of the repository.
    pub(crate) fn run_in(&self, folder: &str, args: &str) -> Run {
        self.finished(self.taskgraph(&self.path(folder), args.split_whitespace()).output().unwrap())
    }

    /// Runs `taskgraph` in the repository, which reads this from its standard input.
    pub(crate) fn feed(&self, args: &str, input: &str) -> Run {
        let mut command = self.taskgraph(&self.repo(), args.split_whitespace());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        self.finished(child.wait_with_output().unwrap())
    }

    pub(crate) fn finished(&self, output: Output) -> Run {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let root = self.repo().parent().unwrap().to_str().unwrap().to_owned();
            without_durations(&text.replace(&root, "$ROOT"))
        };
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// All files below a folder of the repository, with their contents.
    pub(crate) fn files(&self, folder: &str) -> BTreeSet<String> {
        fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// `0.12 s` becomes `N s`.
fn without_durations(text: &str) -> String {
    let mut clean = String::new();
    for line in text.split_inclusive('\n') {
        let seconds = line.trim_end().strip_suffix(" s").and_then(|line| line.rsplit_once(' '));
        match seconds {
            Some((before, number)) if number.parse::<f64>().is_ok() => {
                clean.push_str(before);
                clean.push_str(" N s\n");
            }
            _ => clean.push_str(line),
        }
    }
    clean
}

/// Checks that each file in a folder of this crate is a module of its `main.rs`.
#[track_caller]
pub(crate) fn assert_all_listed(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "main.rs does not list {name}");
    }
}
