//! Parameters from a cluster and from the web, played by a server on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use crate::local::FIRST;
use crate::support::TestEnv;

/// Serves requests until the test ends. Returns the address.
fn serve(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            // Nothing is answered before all of the request was read.
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let (status, body) = answer(request.split(' ').nth(1).unwrap());
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    address
}

const INDEXED: &str = r#"{"taskId": "PgAKBjVOQPCNmKf4k9nSZA", "namespace": "some.index.path", "rank": 0, "data": {},
    "expires": "2036-01-01T00:00:00.000Z"}"#;

fn cluster() -> String {
    serve(|path| match path {
        "/api/index/v1/task/example.v2.autoland.latest.taskgraph.decision"
        | "/api/index/v1/task/some.index.path" => (200, INDEXED.into()),
        "/api/queue/v1/task/PgAKBjVOQPCNmKf4k9nSZA/artifacts/public%2Fparameters.yml" | "/files/p.yml" => {
            (200, "project: release\n".into())
        }
        "/files/broken.yml" => (403, "no".into()),
        _ => (404, r#"{"message": "not here"}"#.into()),
    })
}

#[test]
fn parameters_are_found_in_the_cluster() {
    let address = cluster();
    let env = TestEnv::new().variable("TASKCLUSTER_ROOT_URL", &address);
    let url = format!("{address}/files/p.yml");
    for spec in ["project=autoland", "index=some.index.path", "task-id=PgAKBjVOQPCNmKf4k9nSZA", &url] {
        let found = env.run(&format!("target -q -p {spec}")).ok();
        assert_eq!(found, "build-linux\nbuild-mac\nrelease-notes-write\n\n", "{spec}");
    }
    let run = env.run("target -p project=autoland");
    assert!(
        run.stderr.ends_with("Dumping result with parameters from project=autoland:\n"),
        "{}",
        run.stderr
    );
    env.run("kind-graph -p project=autoland").ok();
}

#[test]
fn what_is_not_there_is_said() {
    let address = cluster();
    let env = TestEnv::new().variable("TASKCLUSTER_ROOT_URL", &address);
    let message = env.run("target -q -p project=nothing").failed(1);
    assert!(
        message.starts_with(
            "error: cannot get the parameters of `project=nothing`: `index.findTask(example.v2.nothing.latest."
        ),
        "{message}"
    );
    // Not the fault of what was given.
    let message = env.run(&format!("target -q -p {address}/files/broken.yml")).failed(4);
    assert!(message.contains("answered 403"), "{message}");
}

#[test]
fn a_cluster_must_be_named() {
    let message = TestEnv::new().run("target -q -p project=autoland").failed(1);
    assert!(message.contains("expected the environment variable TASKCLUSTER_ROOT_URL\nhint: "), "{message}");
}

#[test]
fn nothing_is_set_up_before_it_is_needed() {
    let env = TestEnv::new().variable("TASKCLUSTER_ROOT_URL", "nonsense");
    let graph = env.run("full -q").ok();
    assert_eq!(env.run("--local full -q").ok(), graph);
    assert!(!env.path(".taskgraph").exists());
}

#[test]
fn parameters_are_found_in_the_embedded_cluster() {
    let env = TestEnv::new();
    env.create(FIRST, &[]);
    env.put_artifact(FIRST, "public/parameters.yml", b"project: release\n");
    let found = env.run(&format!("--local target -q -p task-id={FIRST}")).ok();
    assert_eq!(found, "build-linux\nbuild-mac\nrelease-notes-write\n\n");
    let message = env.run("--local target -q -p project=release").failed(1);
    assert!(message.contains(" answered 404 ResourceNotFound: "), "{message}");
}

#[test]
fn a_service_that_makes_no_sense_is_not_our_fault() {
    let env = TestEnv::new()
        .variable("TASKCLUSTER_ROOT_URL", &serve(|_| (200, "hello".into())))
        .variable("TASKCLUSTER_CLIENT_ID", "me")
        .variable("TASKCLUSTER_ACCESS_TOKEN", "s3cret");
    let message = env.run("creds check").failed(3);
    assert!(
        message.starts_with(
            "error: cannot tell who is signed in: `auth.currentScopes()` answered something else than expected: "
        ),
        "{message}"
    );
    // Raw answers may be anything.
    assert_eq!(env.run("api auth currentScopes").ok(), "hello");
}
