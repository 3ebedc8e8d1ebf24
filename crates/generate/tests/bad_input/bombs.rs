//! Files that would stand for more than any machine has.

use insta::assert_snapshot;

use crate::support::{Repository, error, kind_error, transformed_task_error};

fn nested(depth: usize) -> String {
    format!("tasks: {}{}\n", "[".repeat(depth), "]".repeat(depth))
}

/// Ten lists, each of ten times the one before: ten thousand million values.
fn multiplied() -> String {
    let mut text = String::from("a0: &a0 [x]\n");
    for at in 1..=10 {
        let item = format!("*a{}", at - 1);
        text += &format!("a{at}: &a{at} [{}]\n", [item.as_str(); 10].join(", "));
    }
    text
}

#[test]
fn nesting() {
    assert_snapshot!(kind_error(&nested(100)), @"taskcluster/kinds/test/kind.yml:1:71: kind `test`: lists and mappings are nested more than 64 levels deep");
    assert_snapshot!(kind_error(&nested(100_000)), @"taskcluster/kinds/test/kind.yml:1:71: kind `test`: lists and mappings are nested more than 64 levels deep");
    assert_snapshot!(error(&[("config.yml", &nested(100))]), @"taskcluster/config.yml:1:71: lists and mappings are nested more than 64 levels deep");
    let blocks: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_snapshot!(kind_error(&blocks), @"taskcluster/kinds/test/kind.yml:65:65: kind `test`: lists and mappings are nested more than 64 levels deep");
    let parameters =
        Repository::new(&[("kinds/test/kind.yml", "tasks: {}")]).file("../parameters.yml", nested(100));
    assert_snapshot!(parameters.error(), @"parameters.yml:1:71: lists and mappings are nested more than 64 levels deep");
    let json = format!("{{\"a\": {}{}}}", "[".repeat(1000), "]".repeat(1000));
    let parameters = Repository::new(&[]).file("../parameters.json", json).spec(Some("parameters.json"));
    assert_snapshot!(parameters.error(), @"parameters.json:1:133: recursion limit exceeded");
}

#[test]
fn aliases_that_multiply() {
    assert_snapshot!(kind_error(&multiplied()), @"taskcluster/kinds/test/kind.yml:8:15: kind `test`: the file stands for more than 5000000 values; do its aliases multiply each other?");
    assert_snapshot!(error(&[("config.yml", &multiplied())]), @"taskcluster/config.yml:8:15: the file stands for more than 5000000 values; do its aliases multiply each other?");
    let kind = ("kinds/test/kind.yml", "tasks-from: [more.yml]\n");
    assert_snapshot!(error(&[kind, ("kinds/test/more.yml", &multiplied())]), @"taskcluster/kinds/test/more.yml:8:15: kind `test`: the file stands for more than 5000000 values; do its aliases multiply each other?");
    let context = "    task-context: {from-file: context.yml, substitution-fields: [description]}";
    let context = Repository::transformed_task("task_context", context).file("../context.yml", multiplied());
    assert_snapshot!(context.error(), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: context.yml:8:15: the file stands for more than 5000000 values; do its aliases multiply each other?");
    let merged: String =
        (1..=30).map(|at| format!("m{at}: &m{at}\n  <<: [*m{}, *m{}]\n", at - 1, at - 1)).collect();
    assert_snapshot!(kind_error(&format!("m0: &m0 {{a: 1}}\n{merged}tasks: {{}}\n")), @"taskcluster/kinds/test/kind.yml:41:8: kind `test`: the file stands for more than 5000000 values; do its aliases multiply each other?");
}

#[test]
fn numbers_and_texts() {
    // Numbers have no size limit, so this is a matter of time only.
    let digits = "9".repeat(200_000);
    assert_snapshot!(kind_error(&format!("tasks: {digits}\n")), @"taskcluster/kinds/test/kind.yml:1:8: kind `test`: `9999999999999999999999999999999999999999…` is not an integer: it has more than 4300 digits (if it is meant to be text, quote it)");
    assert_snapshot!(kind_error(&format!("transforms: {}\n", "x".repeat(1_000_000))), @r#"taskcluster/kinds/test/kind.yml:1: kind `test`: `transforms`: expected a list of names, found the string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...""#);
    assert_snapshot!(kind_error(&format!("transforms: [{}]\n", "x".repeat(1_000_000))), @"taskcluster/kinds/test/kind.yml:1: kind `test`: there is no transform `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`; known are taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.chunking:transforms, taskgraph.transforms.code_review:transforms, taskgraph.transforms.docker_image:transforms, taskgraph.transforms.fetch:transforms, taskgraph.transforms.from_deps:transforms, taskgraph.transforms.matrix:transforms, taskgraph.transforms.notify:transforms, taskgraph.transforms.run:transforms, taskgraph.transforms.task:transforms, taskgraph.transforms.task_context:transforms; names that a project defines in Python are not run; register a Rust transform of this name (see docs/composing.md)");
}

#[test]
fn formats() {
    let context = "    description: '{a:>99999999999}'
    task-context: {from-object: {a: 1}, substitution-fields: [description]}";
    assert_snapshot!(transformed_task_error("task_context", context), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a:>99999999999}`: `{a:>99999999999}`: the number 99999999999 in the format specification is larger than 100000");
    let context = "    description: '{a:.999999999f}'
    task-context: {from-object: {a: 1.5}, substitution-fields: [description]}";
    assert_snapshot!(transformed_task_error("task_context", context), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a:.999999999f}`: `{a:.999999999f}`: the number 999999999 in the format specification is larger than 100000");
    let context = "    description: '{a:>999999999}'
    task-context: {from-object: {a: 1}, substitution-fields: [description]}";
    assert_snapshot!(transformed_task_error("task_context", context), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: field `description`: template `{a:>999999999}`: `{a:>999999999}`: the number 999999999 in the format specification is larger than 100000");
}
