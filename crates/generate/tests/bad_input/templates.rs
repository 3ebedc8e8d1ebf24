//! Templates with names that nobody knows, or with braces that make no sense.

use insta::assert_snapshot;

use crate::support::{CONFIG, DEFAULTS, Repository, error, kind_error, task_error, transformed_task_error};

fn context(description: &str) -> String {
    transformed_task_error(
        "task_context",
        &format!(
            "    description: \"{description}\"\n    task-context: {{from-object: {{a: 1, b: {{c: [2]}}}}, substitution-fields: [description]}}"
        ),
    )
}

#[test]
fn in_a_task_context() {
    assert_snapshot!(context("{unknown}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{unknown}`: `unknown` has no value; known are a, b, name (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context("{a"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a`: `{a` has no closing brace (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context("a}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `a}`: single `}` (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context("{}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{}`: `{}` asks for a value by position, but values only have names (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context("{0}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{0}`: `{0}` asks for a value by position, but values only have names (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context("{b[d]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{b[d]}`: `{b[d]}`: no key `d`; known are c");
    assert_snapshot!(context("{b.c}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{b.c}`: `{b.c}`: a mapping has no attribute `c`; a key is written `[c]`");
    assert_snapshot!(context("{b[c][5]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{b[c][5]}`: `{b[c][5]}`: no item 5 in a list of 1");
    assert_snapshot!(context("{a!x}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a!x}`: `{a!x}`: unknown conversion `x`; the conversions are `r`, `s` and `a`");
    assert_snapshot!(context("{a:q}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a:q}`: `{a:q}`: the format type `q` is not one for an integer");
    assert_snapshot!(context("{b:>5}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{b:>5}`: `{b:>5}`: a mapping takes no format specification, found `>5`");
    assert_snapshot!(context(&format!("{{unknown}}{}", "x".repeat(100_000))), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{unknown}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`: `unknown` has no value; known are a, b, name (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context(&"{".repeat(9999)), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{…`: single `{` (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(context(&format!("{{a:{}1{}}}", "{a:".repeat(1000), "}".repeat(1000))), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{a:{…`: fields are nested too deeply (a literal brace is written `{{` or `}}`)");
}

#[test]
fn elsewhere() {
    assert_snapshot!(task_error("    scopes: ['project:{name}']"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: template `project:{name}`: `name` has no value; known are level, project (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(task_error("    scopes: ['project:{level']"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: template `project:{level`: `{level` has no closing brace (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(task_error("    run: {checkout: true, cwd: '{chekout}/x'}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: template `{chekout}/x`: `chekout` has no value; known are checkout (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(kind_error("
tasks:
  unit:
    description: d
    worker-type: always-optimized
    run: {using: index-search, index-search: ['a.{b}']}
"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `test-unit`: field `run.index-search`: template `a.{b}`: `b` has no value; known are base_ref, base_repository, base_rev, build_date, build_number, do_not_optimize, enable_always_target, existing_tasks, files_changed, filters, head_ref, head_repository and 15 more (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(transformed_task_error("matrix", "    matrix: {os: [linux]}\n    description: '{matrix[so]}'"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{matrix[so]}`: `{matrix[so]}`: no key `so`; known are os");
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {total-chunks: 2, substitution-fields: [description]}\n    description: '{chunk}'"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{chunk}`: `chunk` has no value; known are this_chunk, total_chunks (a literal brace is written `{{` or `}}`)");
    assert_snapshot!(transformed_task_error("notify", "    notify: {recipients: [{type: pulse, routing-key: '{tsak[label]}'}]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `notify.recipients.routing-key`: template `{tsak[label]}`: `tsak` has no value; known are task, config (a literal brace is written `{{` or `}}`)");
    let config = CONFIG.replace("worker-type: t}", "worker-type: 't-{lvl}'}");
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &format!("tasks: {{unit: {{}}}}\n{DEFAULTS}"))]), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `worker-type` of the worker alias `linux` in config.yml: template `t-{lvl}`: `lvl` has no value; known are alias, level, trust-domain (a literal brace is written `{{` or `}}`)");
}

#[test]
fn secrets_are_not_shown() {
    // Whatever is wrong with a variable, its value stays out of logs.
    let task =
        Repository::task("    worker: {env: {PASSWORD: 123456789, TOKEN: [hunter2], KEY: {value: hunter2}}}");
    assert_snapshot!(task.error(), @"
    taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: 3 things are wrong:
      `worker.env.PASSWORD`: expected a string or a mapping, found an integer
      `worker.env.TOKEN`: expected a string or a mapping, found a list
      `worker.env.KEY`: expected `task-reference` or `artifact-reference`
    ");
}
