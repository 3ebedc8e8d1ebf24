//! `taskgraph action`: what can be done to tasks and groups by their own actions.

mod look;
mod trigger;

use std::io::Write;

use anyhow::Result;
use clap::{Args, Subcommand};
use taskcluster_queue_client::TaskId;

use crate::args::CommonArgs;
use crate::change::ChangeArgs;
use crate::listing::ListingArgs;
use crate::log::Log;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct ActionArgs {
    #[command(subcommand)]
    command: ActionCommand,
}

#[derive(Debug, Subcommand)]
enum ActionCommand {
    /// List the actions for a task, or for a group as a whole, in the order of menus
    ///
    /// Of several actions with one name, the first one counts.
    List {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Show what an action does, what input it takes, and an example of that
    ///
    /// For a task, these are the actions of that name that are for it; for a group, all of that name that there are.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// The name of the action
        name: String,
        #[command(flatten)]
        on: ShowOn,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Trigger an action: for each of the tasks, or for a group as a whole
    ///
    /// The input is compared with what the action takes before anything is sent, and defaults are filled in. On a
    /// terminal, without --input, --set and --yes, every field is asked for. What is created is created with your
    /// credentials, and with no more than the scopes of the group's decision task.
    #[command(after_help = TRIGGER_EXAMPLES, mut_arg("noop", |arg| arg.visible_alias("dry-run")))]
    Trigger {
        #[command(flatten)]
        args: TriggerArgs,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

/// What actions are listed for.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct On {
    /// The task
    task: Option<TaskId>,
    /// The group
    #[arg(long)]
    group: Option<TaskId>,
}

/// What an action is shown for.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ShowOn {
    /// A task that it is for
    #[arg(long)]
    task: Option<TaskId>,
    /// A group whose actions have it
    #[arg(long)]
    group: Option<TaskId>,
}

#[derive(Args, Debug)]
struct TriggerArgs {
    /// The name of the action
    name: String,
    /// The ids of tasks; `-` stands for those on standard input, between white space
    #[arg(value_name = "TASK", required_unless_present = "group")]
    tasks: Vec<String>,
    /// The group that the action is for; with tasks, the group that these are in
    #[arg(long)]
    group: Option<TaskId>,
    /// Which one, if there are several actions of the name
    #[arg(long)]
    title: Option<String>,
    /// The file that has the input, as JSON or YAML; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<String>,
    /// A value of the input, as YAML; dots lead into mappings
    #[arg(short, long, value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
    set: Vec<String>,
    /// Fetch what the schema of the input refers to, over https
    #[arg(long)]
    fetch_schemas: bool,
    #[command(flatten, next_help_heading = "What the action runs with, if --local runs it here")]
    common: CommonArgs,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  taskgraph action show retrigger --task fdtgsD5DQUmAQZEaGMvQ4Q
      The retrigger action for a task.
  taskgraph action show add-new-jobs --group PgAKBjVOQPCNmKf4k9nSZA --json
      What a program needs to know about it.";

const TRIGGER_EXAMPLES: &str = "\
Examples:
  taskgraph action trigger rerun fdtgsD5DQUmAQZEaGMvQ4Q
      Without input.
  taskgraph action trigger retrigger --title Retrigger --set times=3 fdtgsD5DQUmAQZEaGMvQ4Q
      One of several of that name, with some of its input; the rest gets its defaults.
  taskgraph action trigger add-new-jobs --group PgAKBjVOQPCNmKf4k9nSZA --input jobs.yml --dry-run
      What would be sent, for a group.";

pub(crate) fn run(args: ActionArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    match args.command {
        ActionCommand::List { on, listing } => {
            look::list(on.task, on.group, listing.style(world), world, out, log)
        }
        ActionCommand::Show { name, on, listing } => {
            look::show(&name, on.task, on.group, listing.style(world), world, out, log)
        }
        ActionCommand::Trigger { args, change, listing } => {
            trigger::run(args, change, listing, world, out, log)
        }
    }
}
