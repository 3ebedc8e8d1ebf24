//! The embedded cluster, from the command line.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::TestEnv;

pub(crate) const FIRST: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
pub(crate) const SECOND: &str = "PgAKBjVOQPCNmKf4k9nSZA";

impl TestEnv {
    /// Creates a task in the embedded cluster, in the group [`FIRST`].
    #[track_caller]
    pub(crate) fn create(&self, id: &str, dependencies: &[&str]) {
        let time = |duration: &str| self.run(&format!("from-now {duration}")).ok().trim_end().to_owned();
        let (created, deadline, expires) = (time("0s"), time("1h"), time("1d"));
        let dependencies: Vec<String> = dependencies.iter().map(|id| format!("\"{id}\"")).collect();
        let definition = format!(
            r#"{{"taskGroupId": "{FIRST}", "schedulerId": "test", "taskQueueId": "proj/worker",
                "dependencies": [{}], "created": "{created}", "deadline": "{deadline}", "expires": "{expires}",
                "payload": {{}}, "metadata": {{"name": "a task", "description": "for tests",
                "owner": "me@example.com", "source": "https://example.com/"}}}}"#,
            dependencies.join(", ")
        );
        self.feed(&format!("--local api queue createTask {id}"), &definition).ok();
    }

    /// The state of a task of the embedded cluster.
    #[track_caller]
    pub(crate) fn state(&self, id: &str) -> String {
        let status = self.run(&format!("--local api queue status {id}")).ok();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        status["status"]["state"].as_str().unwrap().to_owned()
    }
}

/// A server that is running.
struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// Its first lines.
    environment: Vec<String>,
}

impl Server {
    fn start(env: &TestEnv, args: &str) -> Server {
        let args = format!("local serve {args}");
        let mut command = env.taskgraph(&env.repo(), args.split_whitespace());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let environment = (0..5)
            .map(|_| {
                let mut line = String::new();
                stdout.read_line(&mut line).unwrap();
                line.trim_end().to_owned()
            })
            .collect();
        Server { process, stdout, environment }
    }

    /// The value of a variable.
    fn value(&self, name: &str) -> &str {
        let line = self.environment.iter().find_map(|line| line.strip_prefix(&format!("export {name}='")));
        line.unwrap().strip_suffix("';").unwrap()
    }

    /// Stops it as Ctrl-C does, or another signal. Returns its messages.
    #[cfg(unix)]
    fn stop(mut self, signal: &str) -> String {
        let killed = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(out, "");
        err
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_server_serves_until_it_is_stopped() {
    let env = TestEnv::new();
    let server = Server::start(&env, "");
    let root_url = server.value("TASKCLUSTER_ROOT_URL").to_owned();
    assert!(root_url.starts_with("http://127.0.0.1:"), "{root_url}");
    assert_eq!(server.value("TASKCLUSTER_CLIENT_ID"), "local/root");
    let token = server.value("TASKCLUSTER_ACCESS_TOKEN").to_owned();
    assert!(token.len() >= 22, "{token}");
    assert_eq!(server.environment[3..], ["unset TASKCLUSTER_CERTIFICATE;", "unset TASKCLUSTER_PROXY_URL;"]);

    // Other programs reach it, this one even without it.
    let client = |env: TestEnv, token: &str| {
        env.variable("TASKCLUSTER_ROOT_URL", &root_url)
            .variable("TASKCLUSTER_CLIENT_ID", "local/root")
            .variable("TASKCLUSTER_ACCESS_TOKEN", token)
    };
    let other = client(TestEnv::without_checkout(), &token);
    assert_eq!(other.run("creds check").ok().lines().next(), Some("client:     local/root"));
    env.create(FIRST, &[]);
    let status = other.run(&format!("api queue status {FIRST}")).ok();
    assert!(status.contains("\"pending\""), "{status}");
    let message = client(TestEnv::without_checkout(), "guessed").run("creds check").failed(4);
    assert!(message.contains("answered 401") && !message.contains("guessed"), "{message}");

    let port = root_url.rsplit(':').next().unwrap().to_owned();
    let message = env.run(&format!("local serve --port {port}")).failed(1);
    assert!(message.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{message}");

    let messages = server.stop("-INT");
    assert!(messages.starts_with(&format!("Listening on {root_url}, with the state in ")), "{messages}");
    assert!(messages.ends_with("Stopped.\n"), "{messages}");

    // The state is kept, the token with it.
    let server = Server::start(&env, &format!("-q -p {port}"));
    assert_eq!(server.value("TASKCLUSTER_ROOT_URL"), root_url);
    assert_eq!(server.value("TASKCLUSTER_ACCESS_TOKEN"), token);
    assert_eq!(server.stop("-TERM"), "");

    let server = Server::start(&env, "--state other.sqlite");
    assert_ne!(server.value("TASKCLUSTER_ACCESS_TOKEN"), token);
    let fish = Server::start(&env, "--fish");
    assert!(fish.environment[1].contains("set -gx TASKCLUSTER_CLIENT_ID 'local/root';"));
    assert_eq!(fish.environment[3], "set -e TASKCLUSTER_CERTIFICATE;");
}

#[test]
fn the_state_is_in_the_repository_and_not_tracked() {
    let env = TestEnv::new();
    env.create(FIRST, &[]);
    assert!(env.path(".taskgraph/cluster.sqlite").is_file());
    assert_eq!(env.git(["status", "--porcelain"]), "");
    // From anywhere in it, and if the environment says so.
    let env = env.variable("TASKCLUSTER_ROOT_URL", "local");
    let status = env.run_in("taskcluster/kinds", &format!("api queue status {FIRST}")).ok();
    assert!(status.contains("\"pending\""), "{status}");

    let env = TestEnv::without_checkout();
    let message = env.run("creds check --local").failed(1);
    assert_eq!(message, "error: the embedded cluster is kept in a repository, and $ROOT/repo is in none\n");
    env.run("local serve").failed(1);
}

#[test]
fn workers_are_stood_in_for() {
    let env = TestEnv::new();
    let third = "A5RqCMWqTnamYCzB8iV8-Q";
    env.create(FIRST, &[]);
    env.create(SECOND, &[FIRST]);
    env.create(third, &[SECOND]);
    assert_eq!((env.state(FIRST).as_str(), env.state(SECOND).as_str()), ("pending", "unscheduled"));

    let run = env.run(&format!("local resolve {third} {FIRST} completed"));
    assert_eq!((run.code, run.stdout), (Some(1), format!("{FIRST}\tcompleted\n")));
    assert_eq!(
        run.stderr,
        format!("error: task {third} is unscheduled: it waits for {SECOND} (unscheduled)\n")
    );
    let json = env.feed("local resolve --json - failed", &format!("{SECOND}\n")).ok();
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected =
        serde_json::json!([{"taskId": SECOND, "state": "failed", "changed": true, "waitsFor": []}]);
    assert_eq!(rows, expected);

    let run = env.run(&format!("local resolve-all {FIRST}"));
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, format!("{FIRST}\tcompleted\n{SECOND}\tfailed\n{third}\tunscheduled\n"));
    assert_eq!(
        run.stderr,
        format!("error: task {third} stays unscheduled: it waits for {SECOND} (failed)\n")
    );
    env.run(&format!("--local api queue rerunTask {SECOND}")).ok();
    let all = env.run(&format!("local resolve-all {FIRST}")).ok();
    assert_eq!(all, format!("{FIRST}\tcompleted\n{SECOND}\tcompleted\n{third}\tcompleted\n"));

    let message = env.run(&format!("local resolve {FIRST} exception")).failed(1);
    assert_eq!(message, format!("error: task {FIRST} is completed: it is resolved already\n"));
    let message = env.run("local resolve-all A5RqCMWqTnamYCzB8iV8-A").failed(1);
    assert_eq!(message, "error: there is no task group A5RqCMWqTnamYCzB8iV8-A\n");
    let run = env.feed("local resolve - completed", " \n");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(run.stderr, "There are no ids on standard input, so there is nothing to do.\n");
}

#[test]
fn bad_arguments_are_said_once() {
    let env = TestEnv::new();
    let message = env.run("local resolve x y completed").failed(2);
    assert_eq!(
        message,
        "error: 2 bad ids: `x`, `y`: expected 22 letters, digits, `-` and `_` each, as in `fdtgsD5DQUmAQZEaGMvQ4Q`\n"
    );
    assert!(
        env.run(&format!("local resolve {FIRST} perhaps"))
            .failed(2)
            .contains("[possible values: completed, ")
    );
    env.run("local resolve completed").failed(2);
    env.run("local serve --port 70000").failed(2);
    assert!(!env.path(".taskgraph").exists());
}

#[test]
fn state_files_that_cannot_be_used_are_said() {
    let env = TestEnv::new();
    for command in ["serve", &format!("resolve {FIRST} completed"), &format!("resolve-all {FIRST}")] {
        // Nobody can write there, not even root.
        let message = env.run(&format!("local {command} --state params/main.yml/x.sqlite")).failed(1);
        assert!(
            message.starts_with("error: cannot use the state file $ROOT/repo/params/main.yml/x.sqlite: "),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        let before = env.read("params/main.yml");
        let message = env.run(&format!("local {command} --state params/main.yml")).failed(1);
        assert_eq!(
            message,
            "error: $ROOT/repo/params/main.yml is not a state file of a local cluster: another program wrote it\n"
        );
        assert_eq!(env.read("params/main.yml"), before);
    }
    // The folder of the repository's own state is taken.
    fs::write(env.path(".taskgraph"), "").unwrap();
    let message = env.run("--local creds check").failed(1);
    assert!(message.starts_with("error: cannot write to $ROOT/repo/.taskgraph: "), "{message}");
}
