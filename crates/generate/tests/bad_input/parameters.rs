//! Parameters that are missing, unknown or of another type.

use insta::assert_snapshot;

use crate::support::{PARAMETERS, Repository};

fn repository() -> Repository {
    Repository::task("    attributes: {}")
}

fn without(name: &str) -> String {
    PARAMETERS.lines().filter(|line| !line.starts_with(name)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn strict() {
    let wrong = "level: 3\nbuild_date: today\nfilters: x\nexisting_tasks: [x]\nfiles_changed: [1]\nlevle: '3'\ncode-review: {}\n";
    assert_snapshot!(repository().parameters(wrong).error(), @r#"
    invalid parameters:
      parameters.yml:30: `build_date`: expected an integer, found the string "today"
      parameters.yml:32: `existing_tasks`: expected a mapping of strings, found a list of 1
      parameters.yml:33: `files_changed[0]`: expected a string, found the integer 1
      parameters.yml:31: `filters`: expected a list of strings, found the string "x"
      parameters.yml:29: `level`: expected a string, found the integer 3
      parameters.yml:34: `levle`: unknown key; known are base_repository, base_ref, base_rev, build_date, build_number, do_not_optimize, enable_always_target, existing_tasks, files_changed, filters, head_ref, head_repository, head_rev, head_tag, level, moz_build_date, next_version, optimize_strategies, optimize_target_tasks, owner, project, pushdate, pushlog_id, repository_type, target_tasks_method, tasks_for, version, code-review
      parameters.yml:35: `code-review.phabricator-build-target`: missing, expected a string
    "#);
    assert_snapshot!(repository().file("../parameters.yml", without("head_")).error(), @"
    invalid parameters:
      parameters.yml: `head_ref`: missing, expected a string
      parameters.yml: `head_repository`: missing, expected a string
      parameters.yml: `head_rev`: missing, expected a string
      parameters.yml: `head_tag`: missing, expected a string
    ");
    assert_snapshot!(repository().file("../parameters.yml", "{}").error(), @"
    invalid parameters:
      parameters.yml: `base_repository`: missing, expected a string
      parameters.yml: `base_rev`: missing, expected a string
      parameters.yml: `build_date`: missing, expected an integer
      parameters.yml: `build_number`: missing, expected an integer
      parameters.yml: `do_not_optimize`: missing, expected a list of strings
      parameters.yml: `enable_always_target`: missing, expected a boolean or a list of strings
      parameters.yml: `existing_tasks`: missing, expected a mapping of strings
      parameters.yml: `files_changed`: missing, expected a list of strings
      parameters.yml: `filters`: missing, expected a list of strings
      parameters.yml: `head_ref`: missing, expected a string
      parameters.yml: `head_repository`: missing, expected a string
      parameters.yml: `head_rev`: missing, expected a string
      parameters.yml: `head_tag`: missing, expected a string
      parameters.yml: `level`: missing, expected a string
      parameters.yml: `moz_build_date`: missing, expected a string
      parameters.yml: `optimize_target_tasks`: missing, expected a boolean
      parameters.yml: `owner`: missing, expected a string
      parameters.yml: `project`: missing, expected a string
      parameters.yml: `pushdate`: missing, expected an integer
      parameters.yml: `pushlog_id`: missing, expected a string
      parameters.yml: `repository_type`: missing, expected a string
      parameters.yml: `target_tasks_method`: missing, expected a string
      parameters.yml: `tasks_for`: missing, expected a string
    ");
    assert_snapshot!(repository().file("../parameters.json", "{\n  \"level\": 3\n}").spec(Some("parameters.json")).error(), @"
    invalid parameters:
      parameters.json:2: `level`: expected a string, found the integer 3
      parameters.json: `base_repository`: missing, expected a string
      parameters.json: `base_rev`: missing, expected a string
      parameters.json: `build_date`: missing, expected an integer
      parameters.json: `build_number`: missing, expected an integer
      parameters.json: `do_not_optimize`: missing, expected a list of strings
      parameters.json: `enable_always_target`: missing, expected a boolean or a list of strings
      parameters.json: `existing_tasks`: missing, expected a mapping of strings
      parameters.json: `files_changed`: missing, expected a list of strings
      parameters.json: `filters`: missing, expected a list of strings
      parameters.json: `head_ref`: missing, expected a string
      parameters.json: `head_repository`: missing, expected a string
      parameters.json: `head_rev`: missing, expected a string
      parameters.json: `head_tag`: missing, expected a string
      parameters.json: `moz_build_date`: missing, expected a string
      parameters.json: `optimize_target_tasks`: missing, expected a boolean
      parameters.json: `owner`: missing, expected a string
      parameters.json: `project`: missing, expected a string
      parameters.json: `pushdate`: missing, expected an integer
      parameters.json: `pushlog_id`: missing, expected a string
      parameters.json: `repository_type`: missing, expected a string
      parameters.json: `target_tasks_method`: missing, expected a string
      parameters.json: `tasks_for`: missing, expected a string
    ");
    assert_snapshot!(repository().spec(None).error(), @"
    invalid parameters:
      `base_repository`: missing, expected a string
      `base_rev`: missing, expected a string
      `build_date`: missing, expected an integer
      `build_number`: missing, expected an integer
      `do_not_optimize`: missing, expected a list of strings
      `enable_always_target`: missing, expected a boolean or a list of strings
      `existing_tasks`: missing, expected a mapping of strings
      `files_changed`: missing, expected a list of strings
      `filters`: missing, expected a list of strings
      `head_ref`: missing, expected a string
      `head_repository`: missing, expected a string
      `head_rev`: missing, expected a string
      `head_tag`: missing, expected a string
      `level`: missing, expected a string
      `moz_build_date`: missing, expected a string
      `optimize_target_tasks`: missing, expected a boolean
      `owner`: missing, expected a string
      `project`: missing, expected a string
      `pushdate`: missing, expected an integer
      `pushlog_id`: missing, expected a string
      `repository_type`: missing, expected a string
      `target_tasks_method`: missing, expected a string
      `tasks_for`: missing, expected a string
    ");
}

#[test]
fn not_strict() {
    let wrong = "level: 3\nbuild_date: today\nlevle: '3'\n";
    assert_snapshot!(repository().not_strict().parameters(wrong).error(), @r#"
    invalid parameters:
      parameters.yml:30: `build_date`: expected an integer, found the string "today"
      parameters.yml:29: `level`: expected a string, found the integer 3
    "#);
    let few = "level: '1'\nproject: example\nhead_repository: https://github.com/example/example\n";
    assert_eq!(repository().not_strict().file("../parameters.yml", few).generate(), Ok(1));
    let secret = "head_repository: https://me:hunter2@example.com/x\n";
    assert_snapshot!(repository().not_strict().file("../parameters.yml", secret).error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: no URL for files of `https://***@example.com/x`, the repository that the parameters name: expected a repository on github.com");
}

#[test]
fn values() {
    assert_snapshot!(repository().parameters("level: high\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the parameter `level` must be a number, found `high`");
    assert_snapshot!(repository().parameters("level: ''\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the parameter `level` must be a number, found ``");
    let date = || Repository::task("    index: {product: example, job-name: y}");
    assert_snapshot!(date().parameters("build_date: 99999999999999999\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: the parameter `build_date` is no date: 99999999999999999 seconds");
    assert_snapshot!(date().parameters("build_date: 99999999999999999999999999\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: taskgraph parameter `build_date`: expected an integer of at most 64 bits, found the integer 99999999999999999999999999");
    assert_snapshot!(repository().parameters("repository_type: svn\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: no URL for files of a repository of the type `svn`: expected `git` or `hg`");
    assert_snapshot!(repository().parameters("head_repository: ''\n").error(), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: no URL for files of ``, the repository that the parameters name: expected a repository on github.com");
}

#[test]
fn files() {
    assert_snapshot!(repository().spec(Some("missing.yml")).error(), @"no parameters file `missing.yml`: expected a .yml or .json file, a URL of one, `task-id=<id>`, `project=<name>` or `index=<path>`");
    assert_snapshot!(repository().file("../parameters.toml", "").spec(Some("parameters.toml")).error(), @"parameters file `parameters.toml` is neither JSON nor YAML: expected a name that ends in .yml or .json");
    assert_snapshot!(repository().file("../parameters.json", "{\"a\": }").spec(Some("parameters.json")).error(), @"parameters.json:1:7: expected value");
    assert_snapshot!(repository().file("../parameters.json", "[]").spec(Some("parameters.json")).error(), @"parameters.json: expected a mapping of parameters, found a list");
    assert_snapshot!(repository().file("../parameters.yml", "a: [b").error(), @"parameters.yml:2:1: did not find expected ',' or ']' while parsing a flow sequence");
    assert_snapshot!(repository().file("../parameters.yml", "[a]").error(), @"parameters.yml: expected a mapping of parameters, found a list");
    assert_snapshot!(repository().file("../p.yml/x", "").spec(Some("p.yml")).error(), @"cannot read `p.yml`: Is a directory (os error 21)");
    assert_snapshot!(repository().spec(Some("project=x")).error(), @"cannot get the parameters of `project=x`: this program does not use the network");
    assert_snapshot!(repository().spec(Some("task-id=x")).error(), @"cannot get the parameters of `task-id=x`: this program does not use the network");
    assert_snapshot!(repository().spec(Some("https://example.com/parameters.yml")).error(), @"cannot get the parameters of `https://example.com/parameters.yml`: this program does not use the network");
    assert_snapshot!(repository().spec(Some("https://example.com/parameters")).error(), @"parameters file `https://example.com/parameters` is neither JSON nor YAML: expected a name that ends in .yml or .json");
    assert_snapshot!(repository().spec(Some("file:///nowhere/parameters.yml")).error(), @"cannot read `/nowhere/parameters.yml`: No such file or directory (os error 2)");
}
