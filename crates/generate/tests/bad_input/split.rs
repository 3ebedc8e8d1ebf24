//! One task that would become more tasks than anybody can want.

use insta::assert_snapshot;

use crate::support::{Repository, transformed_task_error};

#[test]
fn chunks() {
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {total-chunks: 1000000000, substitution-fields: []}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `chunk.total-chunks`: expected at most 100000 tasks from one task, found more");
    assert_snapshot!(transformed_task_error("chunking", "    chunk: {total-chunks: 100000000000000000000000, substitution-fields: []}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `chunk.total-chunks`: expected at most 100000 tasks from one task, found more");
    let none = |count: &str| {
        Repository::transformed_task(
            "chunking",
            &format!("    chunk: {{total-chunks: {count}, substitution-fields: []}}"),
        )
        .generate()
    };
    assert_eq!(none("0"), Ok(0));
    assert_eq!(none("-1"), Ok(0));
}

#[test]
fn matrix() {
    let list: Vec<String> = (0..100).map(|at| at.to_string()).collect();
    let list = list.join(", ");
    let dimensions: String = (0..12).map(|at| format!("d{at}: [{list}], ")).collect();
    assert_snapshot!(transformed_task_error("matrix", &format!("    matrix: {{{dimensions}}}")), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `matrix`: expected at most 100000 tasks from one task, found more");
    // What is left out does not count.
    let rules: Vec<String> = (0..9).map(|at| format!("{{d0: v{at}}}")).collect();
    let values: Vec<String> = (0..9).map(|at| format!("v{at}")).collect();
    let dimensions: String = (0..9).map(|at| format!("d{at}: [{}], ", values.join(", "))).collect();
    let none = format!("    matrix: {{{dimensions} exclude: [{}]}}", rules.join(", "));
    assert_eq!(Repository::transformed_task("matrix", &none).generate(), Ok(0));
}
