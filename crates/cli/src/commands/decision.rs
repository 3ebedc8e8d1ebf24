//! `taskgraph decision`

use std::io::{ErrorKind::NotFound, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use chrono::DateTime;
use clap::Args;
use taskcluster_operations::Work;
use taskcluster_queue_client::{Cluster, Error as ClientError, Report, TaskId};
use taskgraph_action_tasks::{Error, actions_json};
use taskgraph_config::GraphConfig;
use taskgraph_decision::{
    Artifacts, CreatedBefore, DecisionTask, Plan, Push, PushContext, decision_parameters, stand_in,
};
use taskgraph_generate::{Generator, registry};
use taskgraph_kinds::Session;
use taskgraph_value::Value;
use taskgraph_vcs::Repository;

use crate::args::CommonArgs;
use crate::connection::{Connection, now};
use crate::failure::Misuse;
use crate::generation::{Asking, session};
use crate::log::Log;
use crate::output::Destination;
use crate::progress::Progress;
use crate::world::{World, random_bytes};

/// Where a decision task leaves its files, in the current folder.
pub(crate) const ARTIFACTS: &str = "artifacts";

#[derive(Args, Debug)]
pub(crate) struct DecisionArgs {
    /// Do everything but create tasks; print those that would be created
    #[arg(long)]
    dry_run: bool,
    /// Skip the verifications of the graph
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    push: PushArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// All but a few are required, unless the checkout says them.
#[derive(Args, Debug)]
#[command(next_help_heading = "The push (with --local, what is checked out)")]
struct PushArgs {
    /// The name of the project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// The number of the push, 0 if it has none
    #[arg(long, value_name = "NUMBER")]
    pushlog_id: Option<String>,
    /// When it was pushed, in seconds since 1970; 0 if nobody knows
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pushdate: Option<i64>,
    /// The address of who pushed
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// How much the repository is trusted: 1, 2 or 3
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// How to choose the target tasks [default: default]
    #[arg(long, value_name = "METHOD")]
    target_tasks_method: Option<String>,
    /// `git` or `hg`
    #[arg(long, value_name = "TYPE")]
    repository_type: Option<String>,
    /// The URL of the repository that the change is meant for
    #[arg(long, value_name = "URL")]
    base_repository: Option<String>,
    /// The branch there
    #[arg(long, value_name = "REF")]
    base_ref: Option<String>,
    /// The revision that files are compared with
    #[arg(long, value_name = "REVISION")]
    base_rev: Option<String>,
    /// The URL of the repository that has the change
    #[arg(long, value_name = "URL")]
    head_repository: Option<String>,
    /// The branch there (in Mercurial, the revision)
    #[arg(long, value_name = "REF")]
    head_ref: Option<String>,
    /// The revision
    #[arg(long, value_name = "REVISION")]
    head_rev: Option<String>,
    /// The tag of the revision
    #[arg(long, value_name = "TAG")]
    head_tag: Option<String>,
    /// What happened: github-push, hg-push, cron, ...
    #[arg(long, value_name = "EVENT")]
    tasks_for: Option<String>,
    /// The file that may override parameters [default: try_task_config.json]
    #[arg(long, value_name = "FILE")]
    try_task_config_file: Option<PathBuf>,
    /// Let that file, or a git note, override parameters
    #[arg(long)]
    allow_parameter_override: bool,
    /// Accepted as in the reference, where it makes no difference either
    #[arg(long, value_name = "TEXT", hide = true)]
    message: Option<String>,
}

impl PushArgs {
    /// The push as the flags have it; what they do not say is as in `checkout`. Without a checkout, a message about all
    /// that is missing.
    fn push(self, checkout: Option<Push>) -> Result<Push, Misuse> {
        let mut missing = Vec::new();
        let is_local = checkout.is_some();
        let known = checkout.unwrap_or_default();
        let mut required = |name: &'static str, flag: Option<String>, known: String| {
            flag.unwrap_or_else(|| {
                if !is_local {
                    missing.push(name);
                }
                known
            })
        };
        let push = Push {
            project: required("--project", self.project, known.project),
            pushlog_id: required("--pushlog-id", self.pushlog_id, known.pushlog_id),
            owner: required("--owner", self.owner, known.owner),
            level: required("--level", self.level, known.level),
            repository_type: required("--repository-type", self.repository_type, known.repository_type),
            base_repository: required("--base-repository", self.base_repository, known.base_repository),
            head_repository: required("--head-repository", self.head_repository, known.head_repository),
            head_ref: required("--head-ref", self.head_ref, known.head_ref),
            head_rev: required("--head-rev", self.head_rev, known.head_rev),
            tasks_for: required("--tasks-for", self.tasks_for, known.tasks_for),
            pushdate: self.pushdate.unwrap_or_else(|| {
                required("--pushdate", None, String::new());
                known.pushdate
            }),
            base_ref: self.base_ref.unwrap_or(known.base_ref),
            base_rev: self.base_rev.unwrap_or(known.base_rev),
            head_tag: self.head_tag.unwrap_or(known.head_tag),
            target_tasks_method: self.target_tasks_method,
            optimize_target_tasks: None,
            allow_parameter_override: self.allow_parameter_override,
            try_task_config_file: self.try_task_config_file,
            uncommitted: known.uncommitted,
        };
        match missing[..] {
            [] => Ok(push),
            _ => Err(Misuse(format!(
                "a decision needs {}; with --local, the checkout says all of that",
                missing.join(", ")
            ))),
        }
    }
}

pub(crate) fn run(args: Box<DecisionArgs>, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let named = world.variable("TASK_ID").map(str::parse::<TaskId>).transpose().context("TASK_ID")?;
    let task_id = match named {
        Some(task_id) => task_id,
        None if world.local || args.dry_run => TaskId::from_random(random_bytes()?),
        None => {
            return Err(anyhow!(Misuse(
                "TASK_ID is not set: it is the id of the decision task, in whose group tasks are created; with \
                 --local, a decision task is made up"
                    .into()
            )));
        }
    };
    if args.dry_run {
        let plan = prepare(*args, world, world.now.timestamp(), log)?.describe(
            &task_id,
            world,
            CreatedBefore::default(),
            log,
        )?;
        return Destination::Out.write(out, |out| {
            plan.tasks().iter().try_for_each(|task| Ok(writeln!(out, "{} {}", task.task_id(), task.label())?))
        });
    }
    let connection = Connection::open(world)?;
    if world.local {
        on_laptop(*args, &task_id, &connection, world, log)?;
    } else {
        let decision = prepare(*args, world, 0, log)?;
        decision.make(&task_id, &connection, connection.cluster(), world, log)?;
    }
    Destination::Out.write(out, |out| Ok(writeln!(out, "{task_id}")?))
}

/// Makes a decision task up, unless there is one, and does its work here.
fn on_laptop(
    args: DecisionArgs,
    task_id: &TaskId,
    connection: &Connection,
    world: &World,
    log: &Log,
) -> Result<()> {
    let cluster = connection.cluster();
    let begun = connection.block_on(begun(cluster, task_id))?;
    // One that is finished later has the date that it began with.
    let decision = prepare(args, world, begun.unwrap_or(world.now.timestamp()), log)?;
    let work = connection.block_on(async {
        if begun.is_none() {
            let trust_domain = decision.generator.session().config.trust_domain();
            let definition = stand_in(&decision.push, trust_domain, task_id, world.now.to_utc());
            cluster.queue().create_task(task_id, &definition).await?;
        }
        anyhow::Ok(Work::begin(cluster, task_id).await?)
    })?;
    let folder = decision.artifacts.folder().to_owned();
    let made = decision.make(task_id, connection, work.cluster(), world, log);
    connection.block_on(async {
        work.upload(&folder).await?;
        let report = if made.is_ok() { Report::Completed } else { Report::Failed };
        anyhow::Ok(work.end(report).await?)
    })?;
    match &made {
        Ok(()) => log.info(format_args!(
            "Next: `taskgraph --local group list {task_id}`, `taskgraph local resolve-all {task_id}`."
        )),
        Err(_) => log.info(format_args!(
            "The decision task {task_id} failed; `TASK_ID={task_id} taskgraph decision --local` finishes it."
        )),
    }
    made
}

/// A decision whose graph is not generated yet.
struct Prepared {
    push: Push,
    artifacts: Artifacts,
    generator: Generator,
}

/// Finds out what to generate. `pushdate` is that of a checkout.
fn prepare(args: DecisionArgs, world: &World, pushdate: i64, log: &Log) -> Result<Prepared> {
    let config = GraphConfig::load(&args.common.root, &world.cwd)?;
    let repository = Repository::discover(&world.cwd)?;
    let checkout = if world.local { Some(Push::of_checkout(&repository, pushdate)?) } else { None };
    let push = args.push.push(checkout)?;
    let registry = registry();
    let decided = decision_parameters(
        &push,
        &PushContext {
            config: &config,
            repository: &repository,
            cwd: &world.cwd,
            now: world.now.to_utc(),
            registry: &registry,
            environment: &world.environment,
            extensions: &[],
        },
    )?;
    if let Some(source) = &decided.overridden {
        log.info(format_args!("Parameters are overridden by {source}."));
    }
    let artifacts = Artifacts::open(&world.cwd.join(ARTIFACTS))?;
    let run_task_dir = args.common.run_task_dir().cloned();
    let mut session = session(world, config, decided.parameters, &world.cwd, run_task_dir.as_deref(), log);
    session.artifacts = Some(artifacts.folder().to_owned());
    let generator = Generator::new(session);
    let generator = if args.no_verify { generator.without_verifications() } else { generator };
    Ok(Prepared { push, artifacts, generator })
}

impl Prepared {
    /// Writes the artifacts.
    fn describe(self, task_id: &TaskId, world: &World, before: CreatedBefore, log: &Log) -> Result<Plan> {
        let actions = self.actions(task_id, world, log)?;
        let (artifacts, actions) = (&self.artifacts, actions.as_ref());
        let decision = DecisionTask { task_id, artifacts, actions, now: world.now };
        let generator = self.generator.with_inputs(decision.inputs(Asking::of(world), before));
        let plan = decision.describe(&generator)?;
        log.info(format_args!("Wrote the description of {} to `{ARTIFACTS}`.", tasks(plan.tasks().len())));
        // The program ends soon; taking the graph apart would only delay that.
        std::mem::forget(generator);
        Ok(plan)
    }

    /// The actions of the graph. A laptop can do without a `.taskcluster.yml`, and then there are none.
    fn actions(&self, task_id: &TaskId, world: &World, log: &Log) -> Result<Option<Value>> {
        let Session { registry, parameters, config, .. } = self.generator.session();
        match actions_json(registry, parameters, config, task_id.as_str()) {
            Ok(actions) => Ok(Some(actions)),
            Err(Error::TaskclusterYml { path, source }) if world.local && source.kind() == NotFound => {
                log.info(format_args!("There is no {}, so the graph has no actions.", path.display()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the artifacts, and creates the tasks that do not exist yet.
    fn make(
        self,
        task_id: &TaskId,
        connection: &Connection,
        cluster: &Cluster,
        world: &World,
        log: &Log,
    ) -> Result<()> {
        let before = connection.block_on(CreatedBefore::look(cluster, task_id))?;
        let plan = self.describe(task_id, world, before, log)?;
        let mut progress = Progress::new(log, "creating tasks", plan.tasks().len());
        let created = connection.block_on(plan.create(cluster, now, |_| progress.step()));
        drop(progress);
        let created = created?;
        let existed = match created.existed.len() {
            0 => String::new(),
            count => format!("; {count} existed already"),
        };
        log.info(format_args!("Created {}{existed}.", tasks(created.created.len())));
        Ok(())
    }
}

/// When the decision task was created, in seconds since 1970, if it is there.
async fn begun(cluster: &Cluster, task_id: &TaskId) -> Result<Option<i64>> {
    match cluster.queue().task(task_id).await {
        Ok(definition) => {
            let time =
                definition.get("created").and_then(|time| DateTime::parse_from_rfc3339(time.as_str()?).ok());
            Ok(Some(time.map_or(0, |time| time.timestamp())))
        }
        Err(ClientError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tasks(count: usize) -> String {
    format!("{count} task{}", if count == 1 { "" } else { "s" })
}
