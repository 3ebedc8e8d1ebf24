//! Releases, end to end on the embedded cluster.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod errors;
mod goldens;
mod people;
#[path = "../../../action-tasks/tests/it/replay/mod.rs"]
mod replay;
mod snowman;
mod support;

#[test]
fn every_test_file_is_listed() {
    let listed = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || listed.contains(&format!("mod {module};")),
            "{name} is not listed in main.rs"
        );
    }
}
