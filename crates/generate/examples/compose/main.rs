//! A program of its own, composed from the crates: it has everything that comes with taskgraph, and one of each sort
//! of object that a program can add. docs/composing.md walks through it.
//!
//! `cargo run -p taskgraph-generate --example compose` prints the graph of the kinds in `compose/taskcluster`.

mod kinds;
mod targets;
mod workers;

use std::error::Error;
use std::io::{Write, stdout};
use std::path::Path;

use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_generate::{Generator, registry};
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::{Environment, Session};
use taskgraph_value::{Map, map};

fn main() -> Result<(), Box<dyn Error>> {
    let generator = generator()?;
    let mut out = stdout().lock();
    writeln!(out, "all tasks:")?;
    show(generator.full_task_graph()?, &mut out)?;
    writeln!(out, "targets and what they need:")?;
    show(generator.target_task_graph()?, &mut out)?;
    Ok(())
}

/// Everything that a run starts from, and the phases as methods.
fn generator() -> Result<Generator, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/compose");
    let mut registry = registry();
    kinds::register(&mut registry);
    workers::register(&mut registry);
    targets::register(&mut registry);
    let config = GraphConfig::load("taskcluster".as_ref(), &folder)?;
    let parameters = Parameters::from_values(parameters(), false);
    // No environment variable reaches the graph unless it is passed here.
    let environment = Environment::default();
    Ok(Generator::new(Session::new(config, parameters, registry.into(), environment, folder)))
}

/// What the graph is generated for. A program that starts from a file or a push uses `load_parameters`.
fn parameters() -> Map {
    map! {
        "base_repository" => "https://github.com/example/acme", "build_date" => 1_700_000_000, "enable_always_target" => false,
        "filters" => vec!["target_tasks_method".into(), "acme-no-windows".into()],
        "head_ref" => "main", "head_repository" => "https://github.com/example/acme", "head_rev" => "abcdef",
        "level" => "1", "owner" => "dev@example.com", "project" => "acme", "pushlog_id" => "0",
        "repository_type" => "git", "target_tasks_method" => "acme-nightly", "tasks_for" => "github-push",
        "version" => "1.2",
    }
}

/// One line per task: its label, what it needs, its description.
fn show(graph: &TaskGraph, out: &mut impl Write) -> std::io::Result<()> {
    for task in graph.tasks() {
        let needs: Vec<&str> = task.dependencies().map(|(_, label)| label.as_str()).collect();
        writeln!(out, "  {} <- [{}]: {}", task.label, needs.join(", "), task.description)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use taskgraph_value::json;

    use super::*;

    fn labels(graph: &TaskGraph) -> String {
        graph.graph().nodes().map(|label| label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_object_takes_part() {
        let generator = generator().unwrap();
        let full = generator.full_task_graph().unwrap();
        let expected =
            "fetch-sources build-linux-arm build-linux-x86 build-mac build-windows bundle-1 bundle-2";
        assert_eq!(labels(full), expected);
        let targets = generator.target_task_graph().unwrap();
        assert_eq!(labels(targets), "fetch-sources build-linux-arm build-linux-x86 build-mac bundle-1");

        let build = full.get("build-mac").unwrap();
        assert_eq!(build.description, "BUILD MAC OF ACME 1.2");
        assert_eq!(build.attributes.get_str("owner").unwrap(), "builders@example.com");
        assert_eq!(
            json::compact(build.task.at("payload.command").unwrap()).unwrap(),
            r#"["make","-j2","all"]"#
        );
        let bundle = full.get("bundle-2").unwrap();
        assert_eq!(
            json::compact(bundle.task.at("payload").unwrap()).unwrap(),
            r#"{"formats":["gpg"],"upstream":[{"task-reference":"<build-windows>"}]}"#
        );
        assert_eq!(
            bundle.task.at("routes").unwrap().as_list().unwrap()[0],
            "index.acme.nightly.bundle-2".into()
        );
        let fetch = full.get("fetch-sources").unwrap();
        assert_eq!(fetch.attributes.get_str("fetch-artifact").unwrap(), "public/zlib-1.3.1.tar.gz");
    }
}
