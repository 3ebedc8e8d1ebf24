//! `taskgraph local`

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Resolution, Resolved};
use tokio::runtime::Runtime;

use crate::connection::{repository_state, runtime, start_local};
use crate::failure::{Exit, Failed};
use crate::ids::{GroupIds, TaskIds};
use crate::listing::{Listing, ListingArgs};
use crate::log::Log;
use crate::output::Destination;
use crate::shell::ShellArgs;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct LocalArgs {
    #[command(subcommand)]
    command: LocalCommand,
}

#[derive(Debug, Subcommand)]
enum LocalCommand {
    /// Run an embedded cluster until Ctrl-C, and print the environment that clients need
    ///
    /// It listens on loopback only. The access token is random; it is kept with the state of the cluster, so that it
    /// stays the same as long as the state file.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Resolve tasks, as workers would
    Resolve(ResolveArgs),
    /// Complete all tasks of groups, in the order of their dependencies, as workers would
    ///
    /// Tasks that wait for one that did not complete stay unscheduled; they are reported as failures of this command.
    ResolveAll(ResolveAllArgs),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  taskgraph local serve --port 8080
      The embedded cluster of the current repository, for other programs, too.
  taskgraph local serve --state /tmp/cluster.sqlite > env.sh & sleep 1; . ./env.sh
      Another one, whose environment the shell gets.";

#[derive(Args, Debug)]
struct StateArgs {
    /// The file with the state of the cluster [default: that of the current repository]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct ServeArgs {
    /// The port to listen on; 0 is any that is free
    #[arg(short, long, value_name = "NUMBER", default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    shell: ShellArgs,
}

#[derive(Args, Debug)]
struct ResolveArgs {
    #[command(flatten)]
    tasks: TaskIds,
    /// How they end
    #[arg(value_name = "RESOLUTION", value_enum)]
    resolution: ResolutionArg,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    listing: ListingArgs,
}

#[derive(Args, Debug)]
struct ResolveAllArgs {
    #[command(flatten)]
    groups: GroupIds,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    listing: ListingArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ResolutionArg {
    /// With success
    Completed,
    /// Without
    Failed,
    /// Not at all: an internal error of the worker
    Exception,
}

impl From<ResolutionArg> for Resolution {
    fn from(resolution: ResolutionArg) -> Resolution {
        match resolution {
            ResolutionArg::Completed => Resolution::Completed,
            ResolutionArg::Failed => Resolution::Failed,
            ResolutionArg::Exception => Resolution::Exception,
        }
    }
}

impl StateArgs {
    fn file(&self, world: &World) -> Result<PathBuf> {
        match &self.state {
            Some(file) => Ok(world.cwd.join(file)),
            None => repository_state(world),
        }
    }

    /// The cluster with this state, and what it needs to run.
    fn open(&self, world: &World) -> Result<(Runtime, LocalCluster)> {
        let runtime = runtime()?;
        let cluster = runtime.block_on(start_local(self.file(world)?, 0))?;
        Ok((runtime, cluster))
    }
}

const COLUMNS: &[(&str, &str)] = &[("TASK", "taskId"), ("STATE", "state")];

pub(crate) fn run(args: LocalArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    match args.command {
        LocalCommand::Serve(args) => serve(&args, world, out, log),
        LocalCommand::Resolve(args) => resolve(&args, world, out, log),
        LocalCommand::ResolveAll(args) => resolve_all(&args, world, out, log),
    }
}

fn serve(args: &ServeArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let file = args.state.file(world)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        // Before anybody can know that it runs.
        let stop = Stop::listen()?;
        let cluster = start_local(file.clone(), args.port).await?;
        let shell = args.shell.shell();
        let variables = [
            ("TASKCLUSTER_ROOT_URL", cluster.root_url()),
            ("TASKCLUSTER_CLIENT_ID", cluster.client_id()),
            ("TASKCLUSTER_ACCESS_TOKEN", cluster.access_token()),
        ];
        Destination::Out.write(out, |out| {
            for (name, value) in variables {
                writeln!(out, "{}", shell.set(name, value))?;
            }
            // Those of another deployment would be in the way.
            for name in ["TASKCLUSTER_CERTIFICATE", "TASKCLUSTER_PROXY_URL"] {
                writeln!(out, "{}", shell.unset(name))?;
            }
            Ok(())
        })?;
        log.info(format_args!(
            "Listening on {}, with the state in {}. Ctrl-C stops it.",
            cluster.root_url(),
            file.display()
        ));
        stop.wait().await;
        cluster.stop().await;
        log.info("Stopped.");
        Ok(())
    })
}

/// The wish of somebody that this program ends.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    #[cfg(unix)]
    fn listen() -> Result<Stop> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Stop { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Stop> {
        Ok(Stop {})
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn resolve(args: &ResolveArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let tasks = args.tasks.read(log)?;
    let (_runtime, cluster) = args.state.open(world)?;
    let mut listing = Listing::new(COLUMNS);
    let mut failed = false;
    for task in &tasks {
        match cluster.resolve(task.as_str(), args.resolution.into()) {
            Ok(resolved) => listing.push(row(&resolved)),
            Err(error) => {
                failed = true;
                log.error(error, &[]);
            }
        }
    }
    listing.print(args.listing.style(world), out)?;
    if failed { Err(anyhow!(Failed(Exit::Failure))) } else { Ok(()) }
}

fn resolve_all(args: &ResolveAllArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let groups = args.groups.read(log)?;
    let (_runtime, cluster) = args.state.open(world)?;
    let mut listing = Listing::new(COLUMNS);
    let mut failed = false;
    for group in &groups {
        let resolved = match cluster.resolve_all(group.as_str()) {
            Ok(resolved) => resolved,
            Err(error) => {
                failed = true;
                log.error(error, &[]);
                continue;
            }
        };
        for task in &resolved {
            listing.push(row(task));
            if !task.waits_for.is_empty() {
                failed = true;
                let waits: Vec<String> =
                    task.waits_for.iter().map(|(id, state)| format!("{id} ({state})")).collect();
                log.error(
                    format_args!(
                        "task {} stays {}: it waits for {}",
                        task.task_id,
                        task.state,
                        waits.join(", ")
                    ),
                    &[],
                );
            }
        }
    }
    listing.print(args.listing.style(world), out)?;
    if failed { Err(anyhow!(Failed(Exit::Failure))) } else { Ok(()) }
}

fn row(resolved: &Resolved) -> Value {
    let waits: Vec<Value> =
        resolved.waits_for.iter().map(|(id, state)| json!({"taskId": id, "state": state})).collect();
    json!({
        "taskId": resolved.task_id,
        "state": resolved.state,
        "changed": resolved.changed,
        "waitsFor": waits,
    })
}
