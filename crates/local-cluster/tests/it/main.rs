//! The cluster from outside, as clients see it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic as the tests do")]

mod auth;
mod credentials;
mod errors;
mod fault_proxy;
mod faults;
mod hooks;
mod index;
mod notify;
mod purge_cache;
mod queue_artifacts;
mod queue_change;
mod queue_claim;
mod queue_create;
mod queue_groups;
mod queue_lifecycle;
mod queue_report;
mod queue_scopes;
mod secrets;
mod server_faults;
mod state;
mod support;

#[test]
fn every_test_file_is_listed() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let listed = include_str!("main.rs");
    for entry in std::fs::read_dir(here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || listed.contains(&format!("\nmod {module};\n")), "{name} is not listed");
    }
}
