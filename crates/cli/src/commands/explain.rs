//! `taskgraph explain`

use std::io::Write;

use anyhow::Result;
use clap::Args;
use taskgraph_value::Map;

use crate::args::CommonArgs;
use crate::generation::Request;
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The labels of the tasks
    #[arg(value_name = "LABEL", required = true)]
    labels: Vec<String>,
    /// The parameters to generate for [default: those of what is checked out]
    ///
    /// As with `taskgraph full`: a file, a URL, `project=<name>`, `task-id=<id>` or `index=<path>`.
    #[arg(short, long, value_name = "PARAMETERS")]
    parameters: Option<String>,
    #[command(flatten)]
    common: CommonArgs,
}

pub(crate) fn run(args: ExplainArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let run_task_dir = args.common.run_task_dir().cloned();
    let request = Request { world, root: args.common.root, overrides: Map::new(), run_task_dir, fast: false };
    let generator = request.generator(&world.cwd, args.parameters.as_deref(), log)?;
    let generator = generator.with_inputs(request.optimization_inputs()?);
    let explanations =
        args.labels.iter().map(|label| generator.explain(label)).collect::<Result<Vec<_>, _>>()?;
    Destination::Out
        .write(out, |out| explanations.iter().try_for_each(|explanation| Ok(writeln!(out, "{explanation}")?)))
}
