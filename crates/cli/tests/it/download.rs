//! `download artifact`, from the embedded cluster.

use std::sync::Arc;

use taskcluster_local_cluster::{LocalCluster, Options, State};

use crate::local::FIRST;
use crate::support::TestEnv;

impl TestEnv {
    /// Adds an artifact to the latest run of a task of the embedded cluster.
    pub(crate) fn put_artifact(&self, id: &str, name: &str, content: &[u8]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let now = self.run("from-now 0s").ok().trim_end().parse().unwrap();
        let cluster = LocalCluster::start(Options {
            state: State::File(self.path(".taskgraph/cluster.sqlite")),
            port: 0,
            access_token: None,
            clock: Arc::new(move || now),
            random: Arc::new(|bytes: &mut [u8]| bytes.fill(7)),
        });
        let cluster = runtime.block_on(cluster).unwrap();
        cluster.put_artifact(id, None, name, "text/plain", content).unwrap();
    }
}

fn with_artifact() -> TestEnv {
    let env = TestEnv::new();
    env.create(FIRST, &[]);
    env.put_artifact(FIRST, "public/logs/a.txt", b"some text\n");
    env.variable("TASKCLUSTER_ROOT_URL", "local")
}

#[test]
fn artifacts_are_downloaded() {
    let env = with_artifact();
    let run = env.run(&format!("download artifact {FIRST} public/logs/a.txt"));
    assert_eq!(
        run.stderr,
        format!(
            "Downloading `public/logs/a.txt` of the latest run of task {FIRST} to `a.txt`\n\
             Downloaded 10 bytes of type text/plain in N s\n"
        )
    );
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(env.read("a.txt"), "some text\n");
    // What is there is replaced if it is named.
    let message = env.run(&format!("download artifact {FIRST} public/logs/a.txt")).failed(1);
    assert_eq!(message, "error: there is a file `a.txt` already; name it with --output to replace it\n");
    env.write("a.txt", "other");
    env.run(&format!("download artifact {FIRST} public/logs/a.txt a.txt")).ok();
    assert_eq!(env.read("a.txt"), "some text\n");

    for (at, args) in ["0 public/logs/a.txt b.txt", "-r 0 public/logs/a.txt -o b.txt"].iter().enumerate() {
        let run = env.run(&format!("download artifact {FIRST} {args}"));
        assert!(run.stderr.contains(" of run 0 of task "), "{at}: {}", run.stderr);
        assert_eq!(env.read("b.txt"), "some text\n");
        std::fs::remove_file(env.path("b.txt")).unwrap();
    }
    for args in ["public/logs/a.txt -", "public/logs/a.txt -o -", "--run=0 public/logs/a.txt -"] {
        let run = env.run(&format!("download artifact {FIRST} {args}"));
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("some text\n", ""), "{args}");
    }
}

#[test]
fn what_cannot_be_downloaded_is_said() {
    let env = with_artifact();
    let check = |args: &str, code: i32, expected: &str| {
        let message = env.run(&format!("-q download artifact {args}")).failed(code);
        assert!(message.starts_with(&format!("error: {expected}")), "{args}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    };
    check(
        &format!("{FIRST} public/nothing x"),
        1,
        &format!("`queue.getLatestArtifact({FIRST}, public/nothing)` answered 404"),
    );
    check(
        &format!("{FIRST} public/nothing -"),
        1,
        &format!("`queue.getLatestArtifact({FIRST}, public/nothing)` answered 404"),
    );
    check(
        &format!("{FIRST} -r 5 public/logs/a.txt x"),
        1,
        &format!("`queue.getArtifact({FIRST}, 5, public/logs/a.txt)` answered 404"),
    );
    check(&format!("{FIRST} latest public/logs/a.txt x"), 1, "bad run `latest`: expected a number: ");
    check(&format!("{FIRST} -r 0 0 public/logs/a.txt x"), 2, "the run is given twice");
    check(&format!("{FIRST} public/logs/a.txt x -o y"), 2, "the file is given twice");
    check(
        &format!("{FIRST} public/logs/"),
        1,
        "the artifact `public/logs/` has no name that a file can have",
    );
    check(&format!("{FIRST} public/logs/a.txt no/x"), 1, "cannot write `no/x`: there is no folder `no`");
    check(
        &format!("{FIRST} public/logs/a.txt params"),
        1,
        "cannot write `params`: expected the name of a file",
    );
    let message = env.run("download artifact abc public/a").failed(2);
    assert!(message.contains("bad task id `abc`"), "{message}");
    assert!(!env.path("x").exists());
}
