//! The commands.

pub(crate) mod completions;
pub(crate) mod graph;
pub(crate) mod kind_graph;
pub(crate) mod run_task;

use std::io::Write;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failed, ReaderGone, hints, message};
use crate::generation::Phase;
use crate::log::{Log, Verbosity};
use crate::world::World;

/// Runs a command: results to `out`, messages to `err`. Returns the exit code.
pub(crate) fn run(cli: Cli, out: &mut dyn Write, err: Box<dyn Write + Send>) -> u8 {
    let verbosity = match &cli.command {
        Command::Tasks(args) | Command::Full(args) | Command::Target(args) | Command::TargetGraph(args) => {
            args.common.verbosity()
        }
        Command::KindGraph(args) => args.common.verbosity(),
        Command::RunTask(_) | Command::Completions(_) => Verbosity::Normal,
    };
    let log = Log::new(verbosity, err);
    let result = World::look().and_then(|world| match cli.command {
        Command::Tasks(args) => graph::run(Phase::FullTaskSet, args, &world, out, &log),
        Command::Full(args) => graph::run(Phase::FullTaskGraph, args, &world, out, &log),
        Command::Target(args) => graph::run(Phase::TargetTaskSet, args, &world, out, &log),
        Command::TargetGraph(args) => graph::run(Phase::TargetTaskGraph, args, &world, out, &log),
        Command::KindGraph(args) => kind_graph::run(args, &world, out, &log),
        Command::RunTask(args) => run_task::run(args, &world, out, &log),
        Command::Completions(args) => completions::run(args, out),
    });
    match result {
        Ok(()) => Exit::Success as u8,
        Err(error) => {
            if !error.is::<ReaderGone>() && !error.is::<Failed>() {
                log.error(message(&error), &hints(&error));
            }
            Exit::of(&error) as u8
        }
    }
}
