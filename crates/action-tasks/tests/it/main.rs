//! Declared actions, and action tasks at work in an embedded cluster. All throw-away.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod action_yml;
mod bad_input;
mod create;
mod declare;
mod goldens;
mod labels;
mod operate;
#[expect(dead_code, reason = "the tests of another crate use more of it")]
mod replay;
mod support;

#[test]
fn every_test_file_is_listed() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let mut files: Vec<_> = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed = [
        "action_yml.rs",
        "bad_input.rs",
        "create.rs",
        "declare.rs",
        "goldens.rs",
        "labels.rs",
        "main.rs",
        "operate.rs",
        "replay",
        "support.rs",
    ];
    assert_eq!(files, listed);
}
