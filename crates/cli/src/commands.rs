//! The commands.

pub(crate) mod action;
pub(crate) mod action_callback;
pub(crate) mod actions;
pub(crate) mod api;
pub(crate) mod completions;
pub(crate) mod decision;
pub(crate) mod download;
pub(crate) mod explain;
pub(crate) mod from_now;
pub(crate) mod graph;
pub(crate) mod group;
pub(crate) mod kind_graph;
pub(crate) mod local;
pub(crate) mod release;
pub(crate) mod run_task;
pub(crate) mod signin;
pub(crate) mod slugid;
pub(crate) mod task;
pub(crate) mod verify;

use std::io::{IsTerminal, Write, stderr};

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failed, ReaderGone, hints, message};
use crate::generation::Phase;
use crate::log::Log;
use crate::world::World;

/// Runs a command: results to `out`, messages to `err`. Returns the exit code.
pub(crate) fn run(cli: Cli, out: &mut dyn Write, err: Box<dyn Write + Send>) -> u8 {
    let terminal = stderr().is_terminal();
    let log = Log::new(cli.global.verbosity(), err).on_terminal(terminal);
    let result = World::look(cli.global.local).and_then(|world| match cli.command {
        Command::Tasks(args) => graph::run(Phase::FullTaskSet, args, &world, out, &log),
        Command::Full(args) => graph::run(Phase::FullTaskGraph, args, &world, out, &log),
        Command::Target(args) => graph::run(Phase::TargetTaskSet, args, &world, out, &log),
        Command::TargetGraph(args) => graph::run(Phase::TargetTaskGraph, args, &world, out, &log),
        Command::Optimized(args) => graph::run(Phase::OptimizedTaskGraph, args, &world, out, &log),
        Command::Morphed(args) => graph::run(Phase::MorphedTaskGraph, args, &world, out, &log),
        Command::Decision(args) => decision::run(args, &world, out, &log),
        Command::Explain(args) => explain::run(args, &world, out, &log),
        Command::Actions(args) => actions::run(args, &world, out, &log),
        Command::ActionCallback(args) => action_callback::run(&args, &world, &log),
        Command::TestActionCallback(args) => action_callback::test(args, &world, out, &log),
        Command::KindGraph(args) => kind_graph::run(args, &world, out, &log),
        Command::RunTask(args) => run_task::run(args, &world, out, &log),
        Command::Task(args) => task::run(args, &world, out, &log),
        Command::Action(args) => action::run(args, &world, out, &log),
        Command::Group(args) => group::run(args, &world, out, &log),
        Command::Release(args) => release::run(args, &world, out, &log),
        Command::Verify(args) => verify::run(args, &world, out),
        Command::Download(args) => download::run(args, &world, out, &log),
        Command::Api(args) => api::run(&args, &world, out, &log),
        Command::FromNow(args) => from_now::run(&args, &world, out),
        Command::Slugid(args) => slugid::run(args, out),
        Command::SignIn(args) => signin::sign_in(args, &world, out, &log),
        Command::SignOut(args) => signin::sign_out(&args, out),
        Command::Creds(args) => signin::creds(&args, &world, out),
        Command::Local(args) => local::run(args, &world, out, &log),
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
