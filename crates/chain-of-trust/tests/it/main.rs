//! Making and verifying tasks, compared with json-e and scriptworker, and on the embedded cluster.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod cases;
mod install;
mod refusals;
mod sources;
mod support;

/// Every file is a module here, or it would not be tested.
#[test]
fn every_test_file_is_listed() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let list = std::fs::read_to_string(here.join("main.rs")).unwrap();
    for file in std::fs::read_dir(here).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".rs") else { continue };
        assert!(name == "main" || list.contains(&format!("mod {name};")), "{name}");
    }
}
