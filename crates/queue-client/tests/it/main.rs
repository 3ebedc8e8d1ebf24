//! The client against a server on the loopback interface.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod artifact;
mod cluster;
mod create;
mod http;
mod retry;
mod server;
mod sign;

#[test]
fn every_test_file_is_listed() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let mut files: Vec<_> = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["artifact.rs", "cluster.rs", "create.rs", "http.rs", "main.rs", "retry.rs", "server.rs", "sign.rs"]
    );
}
