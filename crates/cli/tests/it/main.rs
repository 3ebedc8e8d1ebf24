//! The commands, end to end: on temporary repositories, in an empty environment.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod action;
mod api;
mod callback;
mod decision;
mod diff;
mod download;
mod duty;
mod graphs;
mod group;
mod interface;
mod laptop;
mod local;
mod output;
mod release;
mod remote;
mod sets;
mod signin;
mod support;
mod task;
mod terminal;
mod tools;
mod verify;

#[test]
fn every_test_file_is_listed() {
    support::assert_all_listed("tests/it");
}
