//! Parameters from real repositories, and creation in an embedded cluster. All throw-away.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod create;
mod goldens;
mod parameters;
mod support;

#[test]
fn every_test_file_is_listed() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let mut files: Vec<_> = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["create.rs", "goldens.rs", "main.rs", "parameters.rs", "support.rs"]);
}
