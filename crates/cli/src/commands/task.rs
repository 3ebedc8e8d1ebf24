//! `taskgraph task`: what is done to tasks, and what they are.

mod act;
mod look;
mod stream;

use std::io::Write;

use anyhow::Result;
use chrono::Utc;
use clap::{Args, Subcommand};
use taskcluster_operations::{
    Retrigger, plan_cancel, plan_complete, plan_rerun, plan_retrigger, plan_schedule,
};
use taskcluster_queue_client::TaskId;

pub(crate) use act::{Change, Random, Verb, tell};

use crate::change::ChangeArgs;
use crate::ids::TaskIds;
use crate::listing::ListingArgs;
use crate::log::Log;
use crate::world::World;
use look::{Look, Runs};

pub(crate) const RERUN: Verb = Verb("rerun", "rerunning");
pub(crate) const RETRIGGER: Verb = Verb("retrigger", "retriggering");

#[derive(Args, Debug)]
pub(crate) struct TaskArgs {
    #[command(subcommand)]
    command: TaskCommand,
}

#[derive(Debug, Subcommand)]
enum TaskCommand {
    /// Print how tasks stand
    ///
    /// It is the state of the last run, and why that ended: `exception 'canceled'`.
    Status {
        #[command(flatten)]
        tasks: TaskIds,
        /// All runs of each task
        #[arg(short, long, conflicts_with = "run")]
        all_runs: bool,
        /// This run instead of the last one
        #[arg(short, long)]
        run: Option<u32>,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Print the definitions of tasks, as JSON
    Def {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Print the names of tasks
    Name {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Print the ids of the groups of tasks
    Group {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// List the artifacts of tasks
    Artifacts {
        #[command(flatten)]
        tasks: TaskIds,
        /// Those of this run instead of the last one
        #[arg(short, long)]
        run: Option<u32>,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Print the logs of tasks, as they grow, until the tasks end
    ///
    /// Several tasks come one after another. A task that no worker took yet has no log.
    Log {
        #[command(flatten)]
        tasks: TaskIds,
    },
    /// Cancel tasks that did not end
    ///
    /// A task that ended stays as it is, which is no failure.
    Cancel {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Run failed and exception tasks again: the same tasks, with a new run
    ///
    /// A task is queued at once, without a look at its dependencies, so that a graph goes on where it stopped. A
    /// task that never ran, because it was canceled while it waited, must have its dependencies completed, all but one
    /// that ended without success. Past its deadline, nothing runs a task again.
    #[command(after_help = RERUN_EXAMPLES)]
    Rerun {
        #[command(flatten)]
        tasks: TaskIds,
        /// Also tasks that are completed or did not end yet, and without any look at dependencies
        ///
        /// A rerun of a completed task replaces its artifacts. Chain-of-trust verification of all that used them
        /// fails.
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Create copies of tasks: new ids, and times that begin now
    ///
    /// Copies are in the same group. They have no routes and no dependencies, so they do not take the place of their
    /// originals in the index, wait for nothing, and nothing waits for them. Tasks of a phase of a release, and those
    /// that the group's own retrigger action is not meant for, are refused: rerun those.
    #[command(after_help = RETRIGGER_EXAMPLES)]
    Retrigger {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        how: RetriggerArgs,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Complete pending tasks without running them
    ///
    /// They are claimed as by a worker, and reported as completed.
    Complete {
        #[command(flatten)]
        tasks: TaskIds,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Run tasks that wait, although something that they depend on cannot succeed
    ///
    /// All other dependencies must have completed. Who may cancel and rerun but not schedule gets the same by
    /// canceling the waiting task, then rerunning it.
    Schedule {
        #[command(flatten)]
        tasks: TaskIds,
        /// Without a look at dependencies
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RetriggerArgs {
    /// Keep routes and dependencies
    #[arg(short, long)]
    exact: bool,
    /// How many copies of each task
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
    /// Also tasks that are marked as not to be retriggered
    #[arg(short, long)]
    force: bool,
}

impl RetriggerArgs {
    pub(crate) fn how(self) -> Retrigger {
        Retrigger { exact: self.exact, times: self.times, force: self.force }
    }
}

const RERUN_EXAMPLES: &str = "\
Examples:
  taskgraph task rerun fdtgsD5DQUmAQZEaGMvQ4Q
      Once more, after something outside of the task failed.
  taskgraph group list -f GROUP | cut -d' ' -f1 | taskgraph task rerun -n -
      What would be sent to rerun all failed tasks of a group.";

const RETRIGGER_EXAMPLES: &str = "\
Examples:
  taskgraph task retrigger --times 5 fdtgsD5DQUmAQZEaGMvQ4Q
      Five more runs of a test that fails now and then.
  taskgraph task retrigger --force fdtgsD5DQUmAQZEaGMvQ4Q
      A signing task of an old graph, to try a new pool of workers.";

/// The tasks, or groups, that a command is about.
pub(crate) struct Ids {
    pub(crate) ids: Vec<TaskId>,
    /// Whether somebody named just one: then what is printed is what the official client prints.
    pub(crate) alone: bool,
}

pub(crate) fn run(args: TaskArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let now = world.now.with_timezone(&Utc);
    let look = |tasks: &TaskIds, listing: ListingArgs| -> Result<Look<'_>> {
        let ids = Ids { ids: tasks.read(log)?, alone: tasks.is_one() };
        Ok(Look { ids, style: listing.style(world), world, log })
    };
    match args.command {
        TaskCommand::Status { tasks, all_runs, run, listing } => {
            let runs = if all_runs { Runs::All } else { Runs::One(run) };
            look(&tasks, listing)?.status(runs, out)
        }
        TaskCommand::Def { tasks, listing } => look(&tasks, listing)?.definition(out),
        TaskCommand::Name { tasks, listing } => look(&tasks, listing)?.name(out),
        TaskCommand::Group { tasks, listing } => look(&tasks, listing)?.group(out),
        TaskCommand::Artifacts { tasks, run, listing } => look(&tasks, listing)?.artifacts(run, out),
        TaskCommand::Log { tasks } => stream::run(&tasks.read(log)?, world, out, log),
        TaskCommand::Cancel { tasks, change, listing } => {
            let ids = tasks.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let plan = change.with(async |cluster| plan_cancel(cluster, &ids, now).await)?;
            change.carry_out(Verb("cancel", "canceling"), plan, tasks.is_one(), out)
        }
        TaskCommand::Rerun { tasks, force, change, listing } => {
            let ids = tasks.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let plan = change.with(async |cluster| plan_rerun(cluster, &ids, force, now).await)?;
            change.carry_out(RERUN, plan, tasks.is_one(), out)
        }
        TaskCommand::Retrigger { tasks, how, change, listing } => {
            let ids = tasks.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let mut random = Random::default();
            let mut fill = |bytes: &mut [u8; 16]| random.fill(bytes);
            let plan = change
                .with(async |cluster| plan_retrigger(cluster, &ids, how.how(), now, &mut fill).await)?;
            change.carry_out(RETRIGGER, random.checked(plan)?, tasks.is_one(), out)
        }
        TaskCommand::Complete { tasks, change, listing } => {
            let ids = tasks.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let plan = change.with(async |cluster| plan_complete(cluster, &ids, now).await)?;
            change.carry_out(Verb("complete", "completing"), plan, tasks.is_one(), out)
        }
        TaskCommand::Schedule { tasks, force, change, listing } => {
            let ids = tasks.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let plan = change.with(async |cluster| plan_schedule(cluster, &ids, force, now).await)?;
            change.carry_out(Verb("schedule", "scheduling"), plan, tasks.is_one(), out)
        }
    }
}
