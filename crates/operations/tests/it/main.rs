//! Operations against the embedded cluster.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod cancel;
mod complete;
mod group;
mod log;
mod rerun;
mod retrigger;
mod schedule;
mod support;
mod trigger;
mod work;

#[test]
fn every_test_file_is_listed() {
    support::assert_all_listed("tests/it");
}
