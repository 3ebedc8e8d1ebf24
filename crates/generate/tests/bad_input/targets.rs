//! Targets that are not there.

use insta::assert_snapshot;

use crate::support::Repository;

#[test]
fn wrong_types() {
    let task = || Repository::task("    attributes: {}");
    assert_snapshot!(task().parameters("filters: [[x]]").error(), @"
    invalid parameters:
      parameters.yml:29: `filters[0]`: expected a string, found a list of 1
    ");
    assert_snapshot!(task().parameters("enable_always_target: 3").error(), @"
    invalid parameters:
      parameters.yml:29: `enable_always_target`: expected a boolean or a list of strings, found the integer 3
    ");
}
