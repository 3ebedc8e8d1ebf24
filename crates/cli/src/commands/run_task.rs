//! `taskgraph run-task`

use std::io::Write;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use taskgraph_docker::{DEFAULT_RELEASE, install, pip_download};

use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct RunTaskArgs {
    #[command(subcommand)]
    command: RunTaskCommand,
}

#[derive(Debug, Subcommand)]
enum RunTaskCommand {
    /// Download the scripts of a release into the user's cache, and print the folder
    ///
    /// Gets the wheel of taskcluster-taskgraph with `python3 -m pip download`, compares its SHA-256 with the published
    /// one, and unpacks just the scripts.
    #[command(after_help = EXAMPLES)]
    Install {
        /// The release of taskcluster-taskgraph
        #[arg(long, value_name = "VERSION", default_value = DEFAULT_RELEASE)]
        version: String,
    },
}

const EXAMPLES: &str = "\
Examples:
  taskgraph run-task install
      Once on a machine without the Python taskgraph.
  taskgraph run-task install --version 24.4.1
      For graphs as another release makes them.";

pub(crate) fn run(args: RunTaskArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    match args.command {
        RunTaskCommand::Install { version } => {
            let cache = world.search_environment().run_task_cache().context(
                "there is no cache to install to: expected an absolute path in the environment variable HOME or \
                 XDG_CACHE_HOME",
            )?;
            let files = install(&version, &cache, &pip_download)?;
            log.info(format_args!(
                "Installed run-task, fetch-content, hgrc and robustcheckout.py of {version} in:"
            ));
            Destination::Out.write(out, |out| Ok(writeln!(out, "{}", files.dir().display())?))
        }
    }
}
