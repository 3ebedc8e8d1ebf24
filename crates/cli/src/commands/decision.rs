//! `taskgraph decision`

mod laptop;
mod push;

use std::io::{ErrorKind::NotFound, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use taskcluster_queue_client::{Cluster, TaskId};
use taskgraph_action_tasks::{Error, action_yml, actions_json};
use taskgraph_config::GraphConfig;
use taskgraph_decision::{
    Artifacts, CONTEXTS, CreatedBefore, DecisionTask, Plan, Push, PushContext, decision_parameters,
};
use taskgraph_generate::{Generator, registry};
use taskgraph_kinds::Session;
use taskgraph_value::Value;
use taskgraph_vcs::Repository;

use self::push::PushArgs;
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
    let tree = Tree::look(&args, world)?;
    let folder = world.cwd.join(ARTIFACTS);
    if args.dry_run {
        let push = args.push.push(tree.checkout(world.now.timestamp())?)?;
        if world.local {
            tree.check_event(&push, tree.template()?.as_ref())?;
        }
        let decision = tree.prepare(push, &task_id, args.no_verify, log)?;
        let plan = decision.describe(&task_id, &folder, CreatedBefore::default())?;
        return Destination::Out.write(out, |out| {
            plan.tasks().iter().try_for_each(|task| Ok(writeln!(out, "{} {}", task.task_id(), task.label())?))
        });
    }
    let connection = Connection::open(world)?;
    if world.local {
        laptop::on_laptop(*args, tree, &task_id, &connection, log)?;
    } else {
        let push = args.push.push(None)?;
        let decision = tree.prepare(push, &task_id, args.no_verify, log)?;
        decision.make(&task_id, &folder, &connection, connection.cluster())?;
    }
    Destination::Out.write(out, |out| Ok(writeln!(out, "{task_id}")?))
}

/// What there is to decide about.
struct Tree<'a> {
    world: &'a World,
    config: GraphConfig,
    repository: Repository,
    run_task_dir: Option<PathBuf>,
}

impl<'a> Tree<'a> {
    fn look(args: &DecisionArgs, world: &'a World) -> Result<Tree<'a>> {
        Ok(Tree {
            world,
            config: GraphConfig::load(&args.common.root, &world.cwd)?,
            repository: Repository::discover(&world.cwd)?,
            run_task_dir: args.common.run_task_dir().cloned(),
        })
    }

    /// The push that the checkout is, on a laptop.
    fn checkout(&self, pushdate: i64) -> Result<Option<Push>> {
        Ok(if self.world.local { Some(Push::of_checkout(&self.repository, pushdate)?) } else { None })
    }

    /// Finds out what to generate.
    fn prepare<'b>(self, push: Push, task_id: &TaskId, no_verify: bool, log: &'b Log) -> Result<Prepared<'b>>
    where
        'a: 'b,
    {
        let Tree { world, config, repository, run_task_dir } = self;
        let registry = registry();
        let context = PushContext {
            config: &config,
            repository: &repository,
            cwd: &world.cwd,
            now: world.now.to_utc(),
            registry: &registry,
            environment: &world.environment,
            extensions: &[],
        };
        let decided = decision_parameters(&push, &context)?;
        if let Some(source) = &decided.overridden {
            log.info(format_args!("Parameters are overridden by {source}."));
        }
        let mut session =
            session(world, config, decided.parameters, &world.cwd, run_task_dir.as_deref(), log);
        // Tasks say who made them, also if the id was made up.
        session.environment = session.environment.with("TASK_ID", task_id.as_str());
        Ok(Prepared { world, log, push, session, no_verify })
    }
}

/// A decision whose graph is not generated yet.
struct Prepared<'a> {
    world: &'a World,
    log: &'a Log,
    push: Push,
    session: Session,
    no_verify: bool,
}

impl Prepared<'_> {
    /// Writes the artifacts to a folder.
    fn describe(mut self, task_id: &TaskId, folder: &Path, before: CreatedBefore) -> Result<Plan> {
        let (world, log) = (self.world, self.log);
        let artifacts = &Artifacts::open(folder)?;
        // Tasks look for them among the artifacts, but only a worker is told that they are there.
        let contexts = if world.local { folder } else { &world.cwd };
        self.session.contexts = Some(contexts.join(CONTEXTS));
        let actions = self.actions(task_id)?;
        let action_yml = actions.is_some().then(|| self.action_yml(task_id)).flatten();
        let decision = DecisionTask {
            task_id,
            artifacts,
            actions: actions.as_ref(),
            action_yml: action_yml.as_deref(),
            now: world.now,
        };
        let inputs = decision.inputs(Asking::of(world), before);
        let generator = Generator::new(self.session).with_inputs(inputs);
        let generator = if self.no_verify { generator.without_verifications() } else { generator };
        let plan = decision.describe(&generator)?;
        let folder = folder.strip_prefix(&world.cwd).unwrap_or(folder).display();
        log.info(format_args!("Wrote the description of {} to {folder}.", tasks(plan.tasks().len())));
        if plan.tasks().is_empty() {
            let method = generator.session().parameters.text("target_tasks_method").map_or("?", |name| name);
            log.info(format_args!(
                "There is nothing to create: the target method `{method}` chooses no task, or all are optimized away."
            ));
        }
        // The program ends soon; taking the graph apart would only delay that.
        std::mem::forget(generator);
        Ok(plan)
    }

    /// The actions of the graph. A laptop can do without a `.taskcluster.yml`, and then there are none.
    fn actions(&self, task_id: &TaskId) -> Result<Option<Value>> {
        let Session { registry, parameters, config, .. } = &self.session;
        match actions_json(registry, parameters, config, task_id.as_str()) {
            Ok(actions) => Ok(Some(actions)),
            Err(Error::TaskclusterYml { path, source }) if self.world.local && source.kind() == NotFound => {
                self.log.info(format_args!("There is no {}, so the graph has no actions.", path.display()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The template of tasks that add jobs. Few still use it, so it is no reason to fail.
    fn action_yml(&self, task_id: &TaskId) -> Option<String> {
        let Session { registry, parameters, config, .. } = &self.session;
        action_yml(registry, parameters, config, task_id, self.world.now.to_utc()).unwrap_or_else(|error| {
            self.log.debug(format_args!("no action.yml: {error}"));
            None
        })
    }

    /// Writes the artifacts to a folder, and creates the tasks that do not exist yet.
    fn make(self, task_id: &TaskId, folder: &Path, connection: &Connection, cluster: &Cluster) -> Result<()> {
        let log = self.log;
        let before = connection.block_on(CreatedBefore::look(cluster, task_id))?;
        let plan = self.describe(task_id, folder, before)?;
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

fn tasks(count: usize) -> String {
    format!("{count} task{}", if count == 1 { "" } else { "s" })
}
