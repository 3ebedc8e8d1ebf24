//! `taskgraph completions`

use std::io::Write;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::output::Destination;

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell to complete in
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: CompletionsArgs, out: &mut dyn Write) -> Result<()> {
    // Made in memory, because the generator panics if it cannot write.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "taskgraph", &mut script);
    Destination::Out.write(out, |out| Ok(out.write_all(&script)?))
}
