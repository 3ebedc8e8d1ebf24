//! `taskgraph actions`

use std::io::Write;

use anyhow::Result;
use clap::Args;
use taskgraph_action_tasks::actions_json;
use taskgraph_value::{Map, json};

use crate::args::CommonArgs;
use crate::generation::Request;
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct ActionsArgs {
    /// The parameters of the push: a .yml or .json file, a URL, `project=`, `task-id=` or `index=`
    #[arg(short, long, value_name = "PARAMETERS", default_value = "", hide_default_value = true)]
    parameters: String,
    #[command(flatten)]
    common: CommonArgs,
}

pub(crate) fn run(args: ActionsArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let request = Request {
        world,
        run_task_dir: args.common.run_task_dir().cloned(),
        root: args.common.root,
        overrides: Map::new(),
        fast: false,
    };
    let generator = request.generator(&world.cwd, Some(&args.parameters), log)?;
    let session = generator.session();
    let actions = actions_json(&session.registry, &session.parameters, &session.config, "DECISION-TASK")?;
    let text = json::pretty(&actions)?;
    Destination::Out.write(out, |out| Ok(writeln!(out, "{text}")?))
}
