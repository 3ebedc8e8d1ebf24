//! The `taskgraph` command: arguments in, text out.
//!
//! `args` has the command line, `commands` a file for each command, `failure` the exit codes. What a command needs
//! from the machine (folder, environment, clock) is collected in a `World` once.

mod args;
mod change;
mod commands;
mod connection;
mod diff;
mod failure;
mod fields;
mod format;
mod generation;
mod ids;
mod laptop;
mod listing;
mod log;
mod memory;
mod output;
mod progress;
mod sets;
mod shell;
mod unified;
mod world;

use std::io::{BufWriter, stderr, stdout};

use clap::Parser;

fn main() {
    memory::huge_pages(false);
    let cli = args::Cli::parse();
    // Parts of a large graph are written as they come; only small pieces are gathered.
    let mut out = BufWriter::with_capacity(1 << 16, stdout());
    let code = commands::run(cli, &mut out, Box::new(stderr()));
    // Taking a large graph apart would only delay the end.
    std::process::exit(code.into());
}
