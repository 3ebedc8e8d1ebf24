//! `taskgraph action-callback` and `taskgraph test-action-callback`

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use taskcluster_queue_client::{Cluster, TaskId};
use taskgraph_action_tasks::{Asked, Call};
use taskgraph_config::{GraphConfig, Parameters, yaml};
use taskgraph_decision::{CONTEXTS, TaskIds};
use taskgraph_value::{List, Map, Value, json};
use taskgraph_vcs::Repository;

use crate::args::CommonArgs;
use crate::commands::decision::ARTIFACTS;
use crate::connection::{Connection, now};
use crate::failure::Misuse;
use crate::generation::{Request, session};
use crate::laptop::{Alone, work};
use crate::log::Log;
use crate::output::Destination;
use crate::world::{World, random_bytes};

#[derive(Args, Debug)]
pub(crate) struct ActionCallbackArgs {
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TestActionCallbackArgs {
    /// The name of the callback, such as `retrigger`
    callback: String,
    /// The task that the action is for
    #[arg(long, value_name = "TASK")]
    task_id: Option<String>,
    /// The group that it is triggered from
    #[arg(long, value_name = "GROUP")]
    task_group_id: Option<String>,
    /// A .yml or .json file with the input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// The parameters of the push: a .yml or .json file, a URL, `project=`, `task-id=` or `index=`
    #[arg(short, long, value_name = "PARAMETERS", default_value = "", hide_default_value = true)]
    parameters: String,
    #[command(flatten)]
    common: CommonArgs,
}

pub(crate) fn run(args: &ActionCallbackArgs, world: &World, log: &Log) -> Result<()> {
    let own = own_task_id(world)?
        .ok_or_else(|| anyhow!(Misuse("TASK_ID is not set: it is the id of the action task".into())))?;
    let connection = Connection::open(world)?;
    if world.local {
        return on_laptop(&own, &args.common, &connection, world, log);
    }
    let asked = Asked::of_environment(&world.environment)?;
    let task = Task::new(own, asked, &args.common, connection.cluster(), &connection, world)?;
    task.run(connection.cluster(), &world.cwd.join(ARTIFACTS), &connection, world, log)
}

/// Does the work of an action task of the embedded cluster, with its own scopes, as a worker would let it.
pub(crate) fn on_laptop(
    own: &TaskId,
    common: &CommonArgs,
    connection: &Connection,
    world: &World,
    log: &Log,
) -> Result<()> {
    let alone = Alone::with(own, world)?;
    let definition = connection.block_on(connection.cluster().queue().task(own))?;
    let variables = definition.pointer("/payload/env").and_then(serde_json::Value::as_object);
    let environment =
        variables.into_iter().flatten().fold(world.environment.clone(), |environment, (name, value)| {
            value.as_str().map_or(environment.clone(), |value| environment.with(name, value))
        });
    // Without a callback it is another task, and those are left alone.
    let world = World { environment: environment.with("TASK_ID", own.as_str()), ..world.clone() };
    let asked = Asked::of_environment(&world.environment).with_context(|| format!("task {own}"))?;
    work(&alone, connection, |work, folder| {
        let task = Task::new(own.clone(), asked, common, work.cluster(), connection, &world)?;
        remind(&task.parameters, &world, log);
        task.run(work.cluster(), folder, connection, &world, log)
    })
}

/// Says so if what is checked out is not what was pushed: an action runs with what is there.
fn remind(parameters: &Parameters, world: &World, log: &Log) {
    let here = Repository::discover(&world.cwd).and_then(|repository| repository.head_rev());
    if let (Ok(here), Ok(pushed)) = (here, parameters.text("head_rev"))
        && here != pushed.as_str()
    {
        log.info(format_args!("Note: {here} is checked out, but the push was {pushed}."));
    }
}

pub(crate) fn test(
    args: TestActionCallbackArgs,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let id = |name: &str, id: Option<&String>| -> Result<Option<TaskId>> {
        id.map(|id| id.parse()).transpose().with_context(|| name.to_owned())
    };
    let task_id = id("--task-id", args.task_id.as_ref())?;
    let task_group_id = id("--task-group-id", args.task_group_id.as_ref())?;
    let input = args.input.map_or(Ok(Value::Null), |path| read(&path, &world.cwd))?;
    let request = Request {
        world,
        root: args.common.root.clone(),
        overrides: Map::new(),
        run_task_dir: args.common.run_task_dir().cloned(),
        fast: false,
    };
    let generator = request.generator(&world.cwd, Some(&args.parameters), log)?;
    let (config, parameters) = (generator.session().config.clone(), generator.session().parameters.clone());
    let connection = Connection::open(world)?;
    let (cluster, recorder) = connection.cluster().dry_run();
    let asked = Asked { callback: args.callback, task_id, task_group_id, input };
    let task = Task { asked, own: own_task_id(world)?, config, parameters, common: &args.common };
    let result = task.run(&cluster, &world.cwd.join(ARTIFACTS), &connection, world, log);
    let created = recorder.requests().into_iter().filter(|request| request.method == "createTask");
    Destination::Out.write(out, |out| {
        for request in created {
            let definition: Value = serde_json::from_value(request.body)?;
            let pair: List = request.arguments.into_iter().map(Value::from).chain([definition]).collect();
            writeln!(out, "{}", json::pretty(&pair.into())?)?;
        }
        Ok(())
    })?;
    result
}

/// An action task.
struct Task<'a> {
    asked: Asked,
    own: Option<TaskId>,
    config: GraphConfig,
    parameters: Parameters,
    common: &'a CommonArgs,
}

impl<'a> Task<'a> {
    /// An action task of a push, whose parameters its decision task has.
    fn new(
        own: TaskId,
        asked: Asked,
        common: &'a CommonArgs,
        cluster: &Cluster,
        connection: &Connection,
        world: &World,
    ) -> Result<Task<'a>> {
        let config = GraphConfig::load(&common.root, &world.cwd)?;
        let parameters = connection.block_on(asked.parameters(cluster))?;
        Ok(Task { asked, own: Some(own), config, parameters, common })
    }

    fn run(
        self,
        cluster: &Cluster,
        folder: &Path,
        connection: &Connection,
        world: &World,
        log: &Log,
    ) -> Result<()> {
        let Task { asked, own, config, parameters, common } = self;
        let run_task_dir = common.run_task_dir().map(PathBuf::as_path);
        let session = session(world, config, parameters, &world.cwd, run_task_dir, log);
        // Nothing that is created in a test needs an id that lasts.
        let creator = own.clone().map_or_else(|| random_bytes().map(TaskId::from_random), Ok)?;
        let contexts = if world.local { folder } else { &world.cwd };
        let call = Call {
            parameters: session.parameters.clone(),
            config: session.config.clone(),
            registry: session.registry.clone(),
            environment: session.environment.clone(),
            cwd: world.cwd.clone(),
            run_task_dir: run_task_dir.map(Path::to_owned),
            input: asked.input,
            task_id: asked.task_id,
            task_group_id: asked.task_group_id,
            own_task_id: own,
            ids: TaskIds::new(&creator),
            cluster,
            runtime: connection.runtime(),
            artifacts: folder.to_owned(),
            contexts: contexts.join(CONTEXTS),
            now: &now,
            log: &|message| log.info(message),
        };
        Ok(call.run(&asked.callback)?)
    }
}

fn own_task_id(world: &World) -> Result<Option<TaskId>> {
    world.variable("TASK_ID").map(str::parse::<TaskId>).transpose().context("TASK_ID")
}

fn read(path: &Path, cwd: &Path) -> Result<Value> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml") => Ok(yaml::read_file_as(&cwd.join(path), path)?.value),
        Some("json") => {
            let shown = || format!("cannot read the input `{}`", path.display());
            let text = std::fs::read(cwd.join(path)).with_context(shown)?;
            serde_json::from_slice(&text).with_context(shown)
        }
        _ => bail!(Misuse(format!("--input: expected a .yml or .json file, found `{}`", path.display()))),
    }
}
