//! `api`, and what all commands say about a deployment that they cannot use.

use crate::local::FIRST;
use crate::support::TestEnv;

#[test]
fn any_method_can_be_called() {
    let env = TestEnv::new();
    env.create(FIRST, &[]);
    let tasks = env.run(&format!("--local api queue listTaskGroup {FIRST} --limit=1")).ok();
    let tasks: serde_json::Value = serde_json::from_str(&tasks).unwrap();
    assert_eq!(tasks["tasks"][0]["status"]["taskId"], FIRST);
    // Services may be called as the official client calls them.
    for service in ["purge-cache", "purgeCache"] {
        env.run(&format!("api --local {service} ping")).ok();
    }
    let run = env.run(&format!("api queue task {FIRST} --local -o task.json"));
    assert_eq!(run.ok(), "");
    assert!(env.read("task.json").contains("\"a task\""));
    let printed = env.run(&format!("--local api queue task {FIRST} --output -")).ok();
    assert_eq!(printed, env.read("task.json"));

    // What the service refuses.
    let message = env.run("--local api queue status A5RqCMWqTnamYCzB8iV8-A").failed(1);
    assert!(
        message.starts_with("error: `queue.status(A5RqCMWqTnamYCzB8iV8-A)` answered 404 ResourceNotFound: "),
        "{message}"
    );
    let message = env.run("--local api queue status x").failed(1);
    assert!(
        message.starts_with("error: `queue.status(x)` answered 400 InvalidRequestArguments: "),
        "{message}"
    );
    let message = env.run("--local api queue status ..").failed(1);
    assert!(message.starts_with("error: bad taskId `..`: expected "), "{message}");
}

#[test]
fn redirections_are_answers() {
    let env = TestEnv::new();
    env.create(FIRST, &[]);
    env.put_artifact(FIRST, "public/a.txt", b"content");
    let answer = env.run(&format!("--local api queue getLatestArtifact {FIRST} public/a.txt")).ok();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{answer}");
}

#[test]
fn methods_that_do_not_exist_have_near_names() {
    let env = TestEnv::new();
    let message = env.run("api quue status x").failed(2);
    assert!(message.contains("'quue'") && message.contains("'queue'"), "{message}");
    let message = env.run("api queue statuss x").failed(2);
    assert!(message.contains("'statuss'") && message.contains("'status'"), "{message}");
    let message = env.run("api queue status").failed(2);
    assert!(message.contains("<taskId>"), "{message}");
    let message = env.run(&format!("api queue listTaskGroup {FIRST} --limt=1")).failed(2);
    assert!(message.contains("'--limt'") && message.contains("'--limit'"), "{message}");
    env.run(&format!("api queue status {FIRST} {FIRST}")).failed(2);
    let help = env.run("api --help").ok();
    assert!(help.contains("\n  worker-manager  Methods of "), "{help}");
    let help = env.run("api queue createTask --help").ok();
    assert!(help.contains("PUT /task/<taskId>") && help.contains("standard input"), "{help}");
}

#[test]
fn a_body_must_be_json() {
    let env = TestEnv::new();
    let create = format!("--local api queue createTask {FIRST}");
    let message = env.feed(&create, "created: today").failed(1);
    assert_eq!(
        message,
        "error: the body on the standard input is no JSON: expected value at line 1 column 1\n"
    );
    // None at all is the service's matter.
    let message = env.feed(&create, "").failed(1);
    assert!(message.contains(" answered 400 "), "{message}");
    let message = env.feed(&create, "{}").failed(1);
    assert!(message.contains(" answered 400 InputValidationError: "), "{message}");
}

/// Runs a command in an environment that names a deployment in this way.
fn creds_check(variables: &[(&str, &str)], code: i32) -> String {
    let env =
        variables.iter().fold(TestEnv::without_checkout(), |env, (name, value)| env.variable(name, value));
    let message = env.run("creds check").failed(code);
    assert!(!message.contains("s3cret"), "{message}");
    message
}

#[test]
fn deployments_that_cannot_be_used_are_said() {
    const ROOT: (&str, &str) = ("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
    const ID: (&str, &str) = ("TASKCLUSTER_CLIENT_ID", "me");
    const TOKEN: (&str, &str) = ("TASKCLUSTER_ACCESS_TOKEN", "s3cret");

    let message = creds_check(&[], 1);
    assert!(message.contains("expected the environment variable TASKCLUSTER_ROOT_URL\nhint: "), "{message}");
    for bad in ["tc.example.com", "localhost:8080", "ftp://tc.example.com", "//tc.example.com"] {
        let message = creds_check(&[("TASKCLUSTER_ROOT_URL", bad)], 1);
        assert!(
            message.starts_with(&format!("error: bad URL `{bad}`: expected one that begins with `http://`"))
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let message = creds_check(&[ROOT], 4);
    assert!(
        message.starts_with("error: nobody is signed in: expected the environment variables "),
        "{message}"
    );
    let message = creds_check(&[ROOT, ID], 4);
    assert_eq!(
        message,
        "error: bad credentials: TASKCLUSTER_CLIENT_ID is set, but not TASKCLUSTER_ACCESS_TOKEN\n"
    );
    let message = creds_check(&[ROOT, ID, TOKEN, ("TASKCLUSTER_CERTIFICATE", "s3cret")], 4);
    assert!(
        message.starts_with(
            "error: bad credentials: expected as certificate (TASKCLUSTER_CERTIFICATE) a JSON object"
        ),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
    let expired =
        r#"{"version": 1, "scopes": [], "start": 0, "expiry": 1700000000000, "seed": "x", "signature": "y"}"#;
    let message = creds_check(&[ROOT, ID, TOKEN, ("TASKCLUSTER_CERTIFICATE", expired)], 4);
    assert_eq!(
        message,
        "error: the credentials of `me` expired at 2023-11-14T22:13:20Z\n\
         hint: `taskgraph signin` gets new credentials; its --help says how\n"
    );
}
