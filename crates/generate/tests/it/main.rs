//! What the reference printed, for every fixture and every set of its parameters.
//!
//! A test checks the six graphs of one set, and which taskId has which label. fixtures/README.md says what the files
//! are and how the reference was run; here the same is done with this library.

use taskgraph_fixtures::{Expected, Printed, Run, Shared, differences, each_set};

each_set!(check);

#[track_caller]
fn check(shared: &Shared, set: &str) {
    let fixture = shared.fixture();
    let checkout = shared.get();
    let run = Run::new(&checkout, &fixture, set);
    let expected = Expected::new(&fixture, set);
    let mut problems = Vec::new();
    let mut compare = |graph: &str, expected: Option<Printed>| {
        let expected = expected.unwrap_or_else(|| panic!("no golden of {graph}"));
        let different = differences(&expected, &run.print(graph));
        problems.extend(different.into_iter().map(|problem| format!("{graph}: {problem}")));
    };
    for graph in ["tasks", "full", "target", "target-graph"] {
        compare(graph, expected.graph(graph));
    }
    match expected.file("optimized.error") {
        Some(error) => {
            if run.optimization_error().is_none() {
                problems.push(format!("optimized: the reference fails with {}", error.trim()));
            }
        }
        None => {
            for graph in ["optimized", "morphed"] {
                compare(graph, expected.graph(graph));
            }
            if Some(run.label_to_taskid()) != expected.label_to_taskid() {
                problems.push("label-to-taskid differs".to_owned());
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} with {set} differs from the reference\n{}",
        fixture.name(),
        problems.join("\n")
    );
}
