//! Commands that only look at groups.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use taskcluster_operations::{Failure, count, group_tasks, name};
use taskcluster_queue_client::{State, Status, Task, TaskId};

use super::format::Template;
use super::{listed, tell};
use crate::connection::Connection;
use crate::listing::{Listing, Style};
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

/// Which tasks are listed: all if nothing is said.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct States {
    /// All tasks, whatever the other options say
    #[arg(short, long)]
    all: bool,
    /// Running tasks
    #[arg(short, long)]
    running: bool,
    /// Failed tasks
    #[arg(short, long)]
    failed: bool,
    /// Exception tasks
    #[arg(short, long)]
    exception: bool,
    /// Completed tasks
    #[arg(short, long, alias = "completed")]
    complete: bool,
    /// Unscheduled tasks
    #[arg(short, long)]
    unscheduled: bool,
    /// Pending tasks
    #[arg(short, long)]
    pending: bool,
}

impl States {
    fn include(self, status: &Status) -> bool {
        let chosen = [
            (State::Running, self.running),
            (State::Failed, self.failed),
            (State::Exception, self.exception),
            (State::Completed, self.complete),
            (State::Unscheduled, self.unscheduled),
            (State::Pending, self.pending),
        ];
        self.all || chosen.iter().all(|(_, on)| !on) || chosen.contains(&(status.state, true))
    }
}

/// The tasks of each group, and why some cannot be listed.
#[derive(Default)]
struct Groups {
    found: Vec<(TaskId, Vec<Task>)>,
    failures: Vec<(String, Failure)>,
}

fn tasks(groups: &[TaskId], world: &World, log: &Log) -> Result<Groups> {
    let connection = Connection::open(world)?;
    let mut all = Groups::default();
    for group in groups {
        let tasks =
            listed(log, |listed| Ok(connection.block_on(group_tasks(connection.cluster(), group, listed))))?;
        match tasks {
            Ok(tasks) => all.found.push((group.clone(), tasks)),
            Err(error) => all.failures.push((group.to_string(), Failure::Failed(error))),
        }
    }
    Ok(all)
}

/// Lists tasks: by the template, if there is one, and where no person reads it as the official client would.
pub(crate) fn list(
    groups: &[TaskId],
    states: States,
    template: Option<Template>,
    style: Style,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let Groups { found, failures } = tasks(groups, world, log)?;
    let tasks = found.into_iter().flat_map(|(_, tasks)| tasks).filter(|task| states.include(&task.status));
    let template = template.or_else(|| (style == Style::Columns).then(Template::default));
    match template {
        Some(template) => Destination::Out.write(out, |out| {
            for task in tasks {
                writeln!(out, "{}", template.fill(&task)?)?;
            }
            Ok(())
        })?,
        None => {
            let mut listing = Listing::new(&[("TASK", "taskId"), ("NAME", "name"), ("STATE", "state")]);
            for task in tasks {
                listing.push(json!({
                    "taskId": task.status.task_id, "name": name(&task.task), "state": task.status.state,
                    "taskGroupId": task.status.task_group_id, "taskQueueId": task.status.task_queue_id,
                    "runs": task.status.runs.len(), "deadline": task.status.deadline,
                }));
            }
            listing.print(style, out)?;
        }
    }
    tell(failures, groups.len(), log)
}

/// Counts tasks in each state.
pub(crate) fn status(
    groups: &[TaskId],
    alone: bool,
    style: Style,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let Groups { found, failures } = tasks(groups, world, log)?;
    let counts = |tasks: &[Task]| count(tasks.iter().map(|task| &task.status));
    match style {
        Style::Json => {
            let mut listing = Listing::new(&[]);
            for (group, tasks) in &found {
                let states: serde_json::Map<String, Value> =
                    counts(tasks).into_iter().map(|(state, n)| (state.to_string(), n.into())).collect();
                listing.push(json!({"taskGroupId": group, "tasks": tasks.len(), "states": states}));
            }
            listing.print(style, out)?;
        }
        _ if alone => Destination::Out.write(out, |out| {
            for (state, n) in found.iter().flat_map(|(_, tasks)| counts(tasks)) {
                writeln!(out, "{state}: {n}")?;
            }
            Ok(())
        })?,
        _ => {
            let mut listing =
                Listing::new(&[("GROUP", "taskGroupId"), ("STATE", "state"), ("TASKS", "tasks")]);
            for (group, tasks) in &found {
                for (state, n) in counts(tasks) {
                    listing.push(json!({"taskGroupId": group, "state": state, "tasks": n}));
                }
            }
            listing.print(style, out)?;
        }
    }
    tell(failures, groups.len(), log)
}
