//! The commands, end to end: on temporary repositories, in an empty environment.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod diff;
mod graphs;
mod interface;
mod output;
mod remote;
mod sets;
mod support;

#[test]
fn every_test_file_is_listed() {
    support::assert_all_listed("tests/it");
}
