//! `taskgraph kind-graph`

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use taskgraph_graph::Graph;
use taskgraph_value::map;

use super::graph::kinds_value;
use crate::args::CommonArgs;
use crate::generation::Request;
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct KindGraphArgs {
    /// The parameters: a .yml or .json file, its URL, `project=<name>`, `task-id=<id>` or `index=<path>`
    ///
    /// They are only checked: kinds depend on each other the same way whatever the parameters.
    #[arg(short, long, value_name = "PARAMETERS")]
    parameters: Option<String>,
    /// Only this kind and the kinds that it depends on; may be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    target_kinds: Vec<String>,
    /// Write to this file instead of printing
    #[arg(short, long, value_name = "FILE")]
    output_file: Option<String>,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

pub(crate) fn run(args: KindGraphArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let destination = Destination::new(args.output_file.as_deref(), &world.cwd)?;
    let request = Request {
        world,
        overrides: map! { "target-kinds" => kinds_value(&args.target_kinds) },
        run_task_dir: args.common.run_task_dir().cloned(),
        root: args.common.root,
        fast: false,
    };
    let generator = request.generator(&world.cwd, args.parameters.as_deref(), log)?;
    let kinds = generator.kind_graph()?;
    destination.write(out, |out| Ok(write_mermaid(kinds.graph(), out)?))?;
    if let Destination::File { shown, .. } = &destination {
        log.info(format_args!("Kind graph written to {shown}"));
    }
    Ok(())
}

/// Writes a graph as a flowchart; arrows point from what is needed to what needs it.
fn write_mermaid(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    let id = |name: &str| name.replace('-', "_");
    writeln!(out, "flowchart TD")?;
    let mut nodes: Vec<_> = graph.nodes().collect();
    nodes.sort_unstable();
    for node in nodes {
        writeln!(out, "    {}[{node}]", id(node))?;
    }
    let mut edges: Vec<_> = graph.edges().collect();
    edges.sort_unstable();
    // A kind that lists another twice depends on it once.
    edges.dedup();
    for edge in edges {
        writeln!(out, "    {} --> {}", id(edge.to), id(edge.from))?;
    }
    Ok(())
}
