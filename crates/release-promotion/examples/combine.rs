//! How long it takes to read and combine previous graphs: `cargo run --release --example combine -- 20000 3`.

use std::io::Write;
use std::time::Instant;

use taskgraph_release_promotion::{PreviousGraph, PreviousGraphs};

/// A full task graph and the taskIds of its tasks, with tasks of about the size of real ones.
fn artifacts(tasks: usize, graph: usize) -> (Vec<u8>, Vec<u8>) {
    let env: String =
        (0..30).map(|n| format!(r#""VARIABLE_{n}": "a value of some length, {n}", "#)).collect();
    let label = |n: usize| format!("kind-{}-label-{n}/opt", n % 60);
    let full: Vec<String> = (0..tasks)
        .map(|n| {
            let (label, kind) = (label(n), n % 60);
            format!(
                r#""{label}": {{"attributes": {{"kind": "kind-{kind}"}}, "dependencies": {{"build": "kind-0-label-0/opt"}}, "description": "A task", "kind": "kind-{kind}", "label": "{label}", "optimization": null, "task": {{"payload": {{"command": [["bash", "-c", "true \u00e9"]], "env": {{{env}"LAST": ""}}}}, "scopes": [], "routes": ["index.a.b.c", "index.d.e.f"]}}}}"#
            )
        })
        .collect();
    let ids: Vec<String> =
        (0..tasks).map(|n| format!(r#""{}": "{:0>22}""#, label(n), format!("{graph}x{n}"))).collect();
    (format!("{{{}}}", full.join(", ")).into_bytes(), format!("{{{}}}", ids.join(", ")).into_bytes())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>());
    let tasks = args.next().transpose()?.unwrap_or(20_000);
    let graphs = args.next().transpose()?.unwrap_or(3);
    let artifacts: Vec<_> = (0..graphs).map(|graph| artifacts(tasks, graph)).collect();
    let bytes: usize = artifacts.iter().map(|(full, ids)| full.len() + ids.len()).sum();
    let start = Instant::now();
    let read = artifacts.iter().enumerate().map(|(at, (full, ids))| {
        PreviousGraph::parse(format!("G{at}"), full, ids)
            .map_err(|(name, problem)| format!("{name}: {problem}"))
    });
    let previous = PreviousGraphs::new(read.collect::<Result<_, _>>()?);
    let parsed = start.elapsed();
    let existing = previous.existing_tasks(&["kind-7".into()]);
    let (all, mb) = (start.elapsed(), bytes as f64 / 1e6);
    writeln!(
        std::io::stdout(),
        "{graphs} graphs of {tasks} tasks, {mb:.0} MB: read in {parsed:.2?}, combined in {:.2?}; {} existing tasks",
        all - parsed,
        existing.len()
    )?;
    Ok(())
}
