//! The specification, with its examples and with anything else.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod anything;
mod context;
mod document;
mod example;
mod input;
mod limits;
mod reference;
mod render;
mod support;

#[test]
fn every_test_file_is_listed() {
    support::assert_all_listed("tests/it");
}
