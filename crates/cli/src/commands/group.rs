//! `taskgraph group`: whole groups of tasks.

mod format;
mod look;

use std::io::Write;

use anyhow::Result;
use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::Value;
use taskcluster_operations::{Failure, plan_cancel_groups, plan_rerun_failed, plan_retrigger_failed, seal};
use taskcluster_queue_client::Sent;

use super::task::{Change, RERUN, RETRIGGER, Random, RetriggerArgs, Verb, tell};
use crate::change::ChangeArgs;
use crate::ids::GroupIds;
use crate::listing::{Listing, ListingArgs};
use crate::log::Log;
use crate::progress::Progress;
use crate::world::World;
use format::Template;
use look::States;

#[derive(Args, Debug)]
pub(crate) struct GroupArgs {
    #[command(subcommand)]
    command: GroupCommand,
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    /// List the tasks of groups: all, or those in some states
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[command(flatten)]
        groups: GroupIds,
        #[command(flatten)]
        states: States,
        /// How to print a task: text with fields such as `{{ .Status.TaskID }}` or `{{ .Task.Metadata.Name }}`
        #[arg(long, value_name = "TEMPLATE", conflicts_with = "json")]
        format_string: Option<Template>,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Count the tasks of groups in each state
    Status {
        #[command(flatten)]
        groups: GroupIds,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Cancel the tasks of groups that did not end
    ///
    /// It is done task by task, which works for groups that are not sealed, too.
    Cancel {
        #[command(flatten)]
        groups: GroupIds,
        /// Only tasks for this worker type
        #[arg(short, long, value_name = "WORKER_TYPE")]
        worker_type: Option<String>,
        /// Do not ask; the same as --yes
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Rerun the failures of groups: failed tasks, and exceptions other than canceled ones
    ///
    /// What waits for them goes on when they complete.
    Rerun {
        #[command(flatten)]
        groups: GroupIds,
        /// Which tasks: those that failed
        #[arg(long, required = true)]
        failed: bool,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Create copies of the failures of groups: failed tasks, and exceptions other than canceled ones
    Retrigger {
        #[command(flatten)]
        groups: GroupIds,
        /// Which tasks: those that failed
        #[arg(long, required = true)]
        failed: bool,
        #[command(flatten)]
        how: RetriggerArgs,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Seal groups, so that no task can be added to them; this cannot be undone
    Seal {
        #[command(flatten)]
        groups: GroupIds,
        /// Do not ask; the same as --yes
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

const LIST_EXAMPLES: &str = "\
Examples:
  taskgraph group list -f -e GROUP
      The tasks that ended without success.
  taskgraph group list -r --format-string '{{ .Status.TaskID }} {{ .Status.WorkerType }}' GROUP
      Where the running ones run.";

pub(crate) fn run(args: GroupArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let now = world.now.with_timezone(&Utc);
    match args.command {
        GroupCommand::List { groups, states, format_string, listing } => {
            let ids = groups.read(log)?;
            look::list(&ids, states, format_string, listing.style(world), world, out, log)
        }
        GroupCommand::Status { groups, listing } => {
            look::status(&groups.read(log)?, groups.is_one(), listing.style(world), world, out, log)
        }
        GroupCommand::Cancel { groups, worker_type, force, change, listing } => {
            let ids = groups.read(log)?;
            let change = Change::begin(unasked(change, force), listing, world, log)?;
            let plan = listed(log, |listed| {
                let wanted = worker_type.as_deref();
                change.with(async |cluster| Ok(plan_cancel_groups(cluster, &ids, wanted, now, listed).await))
            })?;
            if plan.items().is_empty() {
                log.info("There is no task to cancel.");
            }
            change.carry_out(Verb("cancel", "canceling"), plan, false, out)
        }
        GroupCommand::Rerun { groups, failed: _, change, listing } => {
            let ids = groups.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let plan = listed(log, |listed| {
                change.with(async |cluster| plan_rerun_failed(cluster, &ids, now, listed).await)
            })?;
            if plan.items().is_empty() {
                log.info("No task failed.");
            }
            change.carry_out(RERUN, plan, false, out)
        }
        GroupCommand::Retrigger { groups, failed: _, how, change, listing } => {
            let ids = groups.read(log)?;
            let change = Change::begin(change, listing, world, log)?;
            let mut random = Random::default();
            let plan = listed(log, |listed| {
                let mut fill = |bytes: &mut [u8; 16]| random.fill(bytes);
                change.with(async |cluster| {
                    Ok(plan_retrigger_failed(cluster, &ids, how.how(), now, &mut fill, listed).await)
                })
            })?;
            if plan.items().is_empty() {
                log.info("No task failed.");
            }
            change.carry_out(RETRIGGER, random.checked(plan)?, false, out)
        }
        GroupCommand::Seal { groups, force, change, listing } => {
            let ids = groups.read(log)?;
            let change = Change::begin(unasked(change, force), listing, world, log)?;
            let question = match &ids[..] {
                [group] => format!("seal group {group}, which cannot be undone"),
                groups => format!("seal {} groups, which cannot be undone", groups.len()),
            };
            // It is worth a question even for one.
            change.ask(&question, if ids.is_empty() { 0 } else { ids.len().max(2) })?;
            let sealed = change.with(async |cluster| Ok(seal(cluster, &ids).await))?;
            let mut rows = Listing::new(&[("GROUP", "taskGroupId"), ("SEALED", "sealed")]);
            let mut failures = Vec::new();
            for outcome in sealed {
                match outcome.result {
                    Ok(Sent::Done(group)) => rows.push(serde_json::to_value(group).unwrap_or(Value::Null)),
                    Ok(Sent::Recorded) => {}
                    Err(error) => failures.push((outcome.task_group_id.to_string(), Failure::Failed(error))),
                }
            }
            if !change.recorded(out)? {
                rows.print(change.style(), out)?;
            }
            tell(failures, ids.len(), log)
        }
    }
}

fn unasked(change: ChangeArgs, force: bool) -> ChangeArgs {
    ChangeArgs { yes: change.yes || force, ..change }
}

/// Shows how many tasks were listed while `work` lists them.
fn listed<T>(log: &Log, work: impl FnOnce(&mut dyn FnMut(usize)) -> Result<T>) -> Result<T> {
    let mut progress = Progress::new(log, "listing", 0);
    work(&mut |more| (0..more).for_each(|_| progress.step()))
}
