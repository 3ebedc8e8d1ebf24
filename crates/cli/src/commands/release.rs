//! `taskgraph release`: graphs that build on earlier graphs.

mod duty;
mod simulate;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use taskcluster_queue_client::{State, TaskId};
use taskgraph_config::{GraphConfig, yaml};
use taskgraph_release_promotion::{
    Base, Flavor, Flavors, Input, Planning, Release, ReleasePlan, Triggered, check_decision,
};

use crate::args::CommonArgs;
use crate::change::ChangeArgs;
use crate::connection::Connection;
use crate::listing::{Listing, ListingArgs, Style};
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct ReleaseArgs {
    #[command(subcommand)]
    command: ReleaseCommand,
}

#[derive(Debug, Subcommand)]
enum ReleaseCommand {
    /// List the flavors of releases that config.yml has, in the order in which they are released
    Flavors {
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Print the input of each phase, and the graphs that it builds on
    ///
    /// Phases that were triggered already are looked up in the deployment, if one is named, and it is said how they
    /// stand; the others are called by their names between angle brackets.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan {
        /// The decision task to build on; with several, parameters are those of the first
        #[arg(long, value_name = "TASK", required = true, action = clap::ArgAction::Append)]
        decision: Vec<TaskId>,
        /// The flavors, in order, or their phases if there is one of each; without, all that there are
        #[arg(long, value_name = "FLAVORS", value_delimiter = ',')]
        flavors: Vec<String>,
        #[command(flatten)]
        version: VersionArgs,
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Trigger a phase, through the action of the decision task
    ///
    /// It builds on the decision task, and on the phases before it that have run. With --local, the phase is made at
    /// once, in this process, with the scopes of its action task.
    #[command(after_help = TRIGGER_EXAMPLES, mut_arg("noop", |arg| arg.visible_alias("dry-run")))]
    Trigger {
        /// The flavor
        flavor: String,
        #[command(flatten)]
        of: OfRelease,
        /// A graph to build on, instead of those that are found: a decision or action task. Parameters are those of the
        /// first
        #[arg(long, value_name = "TASK", action = clap::ArgAction::Append)]
        previous: Vec<TaskId>,
        /// Trigger a flavor that was triggered already; what that has made is made once more
        #[arg(long)]
        again: bool,
        #[command(flatten)]
        version: VersionArgs,
        /// A value of the input, as YAML
        #[arg(short, long, value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
        set: Vec<String>,
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Show which phases were triggered, what they build on, and how their tasks stand
    Status {
        #[command(flatten)]
        of: OfRelease,
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Cancel a phase: its action task, then its group, which is sealed then
    ///
    /// A group that is sealed takes no more tasks, so the phase is triggered anew, not run again. An action task that has
    /// ended without having created a task has no group: it is rerun, to be canceled at once.
    Cancel {
        /// The action task of the phase
        task: TaskId,
        #[command(flatten)]
        change: ChangeArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Say what a phase would re-use, what it would make anew and why, from folders of artifacts
    ///
    /// Nothing is asked and nothing is created. Each folder has what a decision task leaves: full-task-graph.json and
    /// label-to-taskid.json; the first one parameters.yml, too. What only the index knows counts as not found.
    #[command(after_help = SIMULATE_EXAMPLES)]
    Simulate {
        /// The flavor
        flavor: String,
        /// A folder of artifacts, the oldest graph first
        #[arg(long, value_name = "FOLDER", required = true, action = clap::ArgAction::Append)]
        previous: Vec<PathBuf>,
        #[command(flatten)]
        version: VersionArgs,
        /// A value of the input, as YAML
        #[arg(short, long, value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
        set: Vec<String>,
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        listing: ListingArgs,
    },
}

/// Which release.
#[derive(Args, Debug)]
struct OfRelease {
    /// The decision task; without, that of what is checked out, which the index knows
    #[arg(long, value_name = "TASK")]
    decision: Option<TaskId>,
}

#[derive(Args, Clone, Debug)]
struct VersionArgs {
    /// How often this version was built
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    build_number: i64,
    /// The version; without, that of the tree
    #[arg(long = "release-version", value_name = "VERSION")]
    version: Option<String>,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  taskgraph release plan --decision fdtgsD5DQUmAQZEaGMvQ4Q --flavors promote_app,push_app,ship_app
      What to trigger one after the other.";

const TRIGGER_EXAMPLES: &str = "\
Examples:
  taskgraph release trigger promote_app --decision fdtgsD5DQUmAQZEaGMvQ4Q --release-version 1.2
      Promotes what a push has built.
  taskgraph release trigger push_app --set 'rebuild_kinds=[signing]' --dry-run
      What would be sent to push what is checked out, with signing made again.";

const SIMULATE_EXAMPLES: &str = "\
Examples:
  taskgraph release simulate promote_app --previous artifacts
      What promoting would make anew, after a decision in this folder.
  taskgraph release simulate ship_app --previous build/ --previous promote/ --previous push/ --json
      The same for three graphs, for a program.";

pub(crate) fn run(args: ReleaseArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    match args.command {
        ReleaseCommand::Flavors { common, listing } => flavors(&common, listing.style(world), world, out),
        ReleaseCommand::Plan { decision, flavors, version, common, listing } => {
            plan(&decision, &flavors, version, &common, listing.style(world), world, out)
        }
        ReleaseCommand::Trigger { flavor, of, previous, again, version, set, common, change, listing } => {
            let asked = duty::Asked { flavor, of, previous, again, version, set };
            duty::trigger(asked, &common, change, listing, world, out, log)
        }
        ReleaseCommand::Status { of, common, listing } => {
            duty::status(&of, &common, listing.style(world), world, out)
        }
        ReleaseCommand::Cancel { task, change, listing } => {
            duty::cancel(&task, change, listing, world, out, log)
        }
        ReleaseCommand::Simulate { flavor, previous, version, set, common, listing } => {
            let asked = simulate::Asked { flavor, previous, version, set };
            simulate::run(asked, &common, listing.style(world), world, out, log)
        }
    }
}

fn flavors(common: &CommonArgs, style: Style, world: &World, out: &mut dyn Write) -> Result<()> {
    let config = GraphConfig::load(&common.root, &world.cwd)?;
    let flavors = Flavors::of(&config)?;
    let mut listing = Listing::new(&[
        ("FLAVOR", "flavor"),
        ("PHASE", "phase"),
        ("PRODUCT", "product"),
        ("TARGET METHOD", "targetTasksMethod"),
        ("REBUILDS KINDS", "shownKinds"),
        ("MAKES AGAIN", "shownLabels"),
    ]);
    for flavor in flavors.in_order() {
        let stage = flavor.stage();
        let mut row = json!({
            "flavor": flavor.name.as_str(),
            "phase": stage.as_ref().map(|stage| stage.phase.as_str()),
            "product": stage.as_ref().and_then(|stage| stage.product.as_deref()),
            "isReleaseCandidate": stage.is_some_and(|stage| stage.is_rc),
            "targetTasksMethod": flavor.target_tasks_method.as_str(),
            "rebuildKinds": flavor.rebuild_kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
            "doNotOptimize": flavor.do_not_optimize.iter().map(|label| label.as_str()).collect::<Vec<_>>(),
        });
        if style != Style::Json {
            row["shownKinds"] = some(flavor.rebuild_kinds.join(" "));
            row["shownLabels"] = some(flavor.do_not_optimize.join(" "));
        }
        listing.push(row);
    }
    listing.print(style, out)
}

/// A text, or nothing if there is none.
fn some(text: String) -> serde_json::Value {
    if text.is_empty() { serde_json::Value::Null } else { text.into() }
}

fn plan(
    decisions: &[TaskId],
    names: &[String],
    version: VersionArgs,
    common: &CommonArgs,
    style: Style,
    world: &World,
    out: &mut dyn Write,
) -> Result<()> {
    let config = GraphConfig::load(&common.root, &world.cwd)?;
    let all = Flavors::of(&config)?;
    let named: Vec<&Flavor> = match names {
        [] => all.in_order(),
        names => names.iter().map(|name| all.of_phase(name, config.root())).collect::<Result<_, _>>()?,
    };
    let triggered = match decisions.first() {
        Some(decision) if world.local || world.variable("TASKCLUSTER_ROOT_URL").is_some() => {
            let connection = Connection::open(world)?;
            connection.block_on(check_decision(connection.cluster(), decision))?;
            connection.block_on(Release::look(connection.cluster(), decision))?.triggered()
        }
        _ => Vec::new(),
    };
    let planning = Planning {
        decisions,
        build_number: version.build_number,
        version: version.version.map(Into::into),
        triggered: &triggered,
    };
    let plan = ReleasePlan::new(&planning, &named, |flavor| all.before(flavor));
    for phase in &plan.phases {
        // Graphs that are not there yet have names that are no ids.
        Input::read(&phase.input.to_value([]))?;
    }
    if style == Style::Json {
        let mut listing = Listing::new(&[]);
        for phase in plan.phases {
            let run = phase.triggered.as_ref();
            listing.push(json!({
                "flavor": phase.flavor.as_str(), "taskId": run.map(|run| &run.task_id),
                "actionState": run.map(|run| run.action), "state": run.map(|run| run.state), "input": phase.to_value(),
                "previous": phase.previous.iter().map(|base| base.shown().to_string()).collect::<Vec<_>>(),
            }));
        }
        return listing.print(style, out);
    }
    Destination::Out.write(out, |out| {
        for (at, phase) in plan.phases.iter().enumerate() {
            let previous: Vec<_> = phase.previous.iter().map(|base| shown(base, &triggered)).collect();
            let ran = phase.triggered.as_ref().map(how_it_stands).unwrap_or_default();
            writeln!(
                out,
                "{}# {}{ran}: builds on {}",
                if at == 0 { "" } else { "---\n" },
                phase.flavor,
                previous.join(", ")
            )?;
            write!(out, "{}", yaml::write_unicode(&phase.to_value()))?;
        }
        Ok(())
    })
}

/// What is said about a phase that was triggered.
fn how_it_stands(run: &Triggered) -> String {
    let Triggered { task_id, action, state, .. } = run;
    match (action, state) {
        (State::Completed, State::Completed) => format!(" (has run as {task_id})"),
        (State::Completed, state) if state.is_resolved() => {
            format!(" (triggered as {task_id}, some of whose tasks have ended as {state})")
        }
        (State::Completed, state) => format!(" (triggered as {task_id}, whose tasks are {state})"),
        (action, _) if action.is_resolved() => {
            format!(" (triggered as {task_id}, which has ended as {action}; rerun it, or give it up)")
        }
        (action, _) => {
            format!(" (triggered as {task_id}, which is {action}; the next phase has to wait for it)")
        }
    }
}

/// A graph to build on, and what it is if it is that of a phase.
fn shown(base: &Base, triggered: &[Triggered]) -> String {
    let run = triggered.iter().find(|run| *base == Base::Task(run.task_id.clone()));
    match run {
        None => base.shown().to_string(),
        Some(Triggered { flavor, action: State::Completed, .. }) => format!("{} ({flavor})", base.shown()),
        Some(Triggered { flavor, action, .. }) => format!("{} ({flavor}, {action})", base.shown()),
    }
}
