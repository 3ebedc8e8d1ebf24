//! One task that would become more tasks than anybody can want.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;
use taskgraph_generate::Generator;

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

#[test]
fn it_is_told_once_that_there_are_many() {
    let told = |many: usize| {
        let lines =
            "    label: test-{this_chunk}\n    chunk: {total-chunks: 300, substitution-fields: [label]}";
        let repository = Repository::transformed_task("chunking", lines);
        let mut session = repository.session(|_| ()).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        session.when_many(many, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(Generator::new(session).full_task_set().map(|set| set.len()).unwrap(), 300);
        count.load(Ordering::Relaxed)
    };
    assert_eq!([told(0), told(299), told(300)], [1, 1, 0]);
}
