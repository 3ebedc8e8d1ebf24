//! `taskgraph verify`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use taskcluster_queue_client::{Settings, TaskId};
use taskgraph_chain_of_trust::{
    Checkout, Expectations, FieldDifference, Source, Verification, Web, verify_action, verify_decision,
};
use taskgraph_schema::one_line;
use taskgraph_vcs::Repository;

use crate::connection::Connection;
use crate::failure::{Exit, Failed};
use crate::listing::print_json;
use crate::output::Destination;
use crate::world::{LOCAL_ROOT_URL, World};

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(subcommand)]
    command: VerifyCommand,
}

#[derive(Debug, Subcommand)]
enum VerifyCommand {
    /// Verify that an action task is what its hook and the tree make of it
    ///
    /// Its definition is rebuilt from `actions.json` of its decision task, from the revision's `.taskcluster.yml`, and from
    /// what the user chose, which can be anything; then the two are compared, as scriptworker compares them.
    #[command(after_help = EXAMPLES)]
    Action(TaskArgs),
    /// Verify that a decision task is what the tree makes of the change
    ///
    /// Its definition is rebuilt from the revision's `.taskcluster.yml` and from what the host of the repository knows of
    /// the change, and compared, as scriptworker compares them. What could only be taken from the task itself is named.
    Decision(TaskArgs),
}

const EXAMPLES: &str = "\
Examples:
  taskgraph verify action PgAKBjVOQPCNmKf4k9nSZA
      The template is got from the host of the repository.
  taskgraph verify action PgAKBjVOQPCNmKf4k9nSZA --checkout .
      The template is read from the history of a checkout.";

#[derive(Args, Debug)]
struct TaskArgs {
    /// The id of the task
    #[arg(value_name = "TASK")]
    task: TaskId,
    /// Read the revision from this checkout, and ask no host [with --local: the current one]
    #[arg(long, value_name = "FOLDER")]
    checkout: Option<PathBuf>,
    /// The level of the repository [default: as the decision task says]
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// The name of the project [default: as the decision task says]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// What the variables of the repository begin with: GECKO of GECKO_HEAD_REV [default: found out]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Exits with 1 if the task differs.
pub(crate) fn run(args: VerifyArgs, world: &World, out: &mut dyn Write) -> Result<()> {
    let (args, is_action) = match args.command {
        VerifyCommand::Action(args) => (args, true),
        VerifyCommand::Decision(args) => (args, false),
    };
    let folder = args.checkout.map(|folder| world.cwd.join(folder));
    let folder = folder.or_else(|| world.local.then(|| world.cwd.clone()));
    let source: Box<dyn Source> = match folder {
        Some(folder) => Box::new(Checkout(Repository::discover(&folder)?)),
        None => Box::new(Web::new(&Settings::default())?),
    };
    // Decision tasks are made with an address that stays; hooks know where they are.
    let root_url = (world.local && !is_action).then(|| LOCAL_ROOT_URL.to_owned());
    let expectations =
        Expectations { level: args.level, project: args.project, prefix: args.prefix, root_url };
    let connection = Connection::open(world)?;
    let (cluster, source) = (connection.cluster(), source.as_ref());
    let verified = connection.block_on(async {
        match is_action {
            true => verify_action(&args.task, cluster, source, &expectations).await,
            false => verify_decision(&args.task, cluster, source, &expectations).await,
        }
    })?;
    match args.json {
        true => print_json(&as_json(&verified), out)?,
        false => Destination::Out.write(out, |out| print(&verified, out))?,
    }
    match verified.agrees() {
        true => Ok(()),
        false => Err(Failed(Exit::Failure).into()),
    }
}

fn as_json(verified: &Verification) -> Value {
    let difference = |difference: &FieldDifference| json!({ "field": difference.field, "expected": difference.expected, "found": difference.found });
    json!({
        "taskId": verified.task_id,
        "decisionTaskId": verified.decision_task_id,
        "tasksFor": verified.tasks_for,
        "repository": verified.repository,
        "revision": verified.revision,
        "hash": verified.hash,
        "hook": verified.hook,
        "agrees": verified.agrees(),
        "agreed": verified.agreed,
        "differences": verified.differences.iter().map(difference).collect::<Vec<_>>(),
        "assumed": verified.assumed,
        "remarks": verified.remarks,
    })
}

fn print(verified: &Verification, out: &mut dyn Write) -> Result<()> {
    let said = match verified.differences.len() {
        0 => "agrees with".to_owned(),
        1 => "differs in 1 field from".to_owned(),
        count => format!("differs in {count} fields from"),
    };
    writeln!(
        out,
        "Task {} {said} `.taskcluster.yml` ({}) of {} at {}.",
        verified.task_id,
        verified.hash,
        one_line(&verified.repository),
        one_line(&verified.revision)
    )?;
    for difference in &verified.differences {
        writeln!(out, "  {difference}")?;
    }
    let mut line = |name: &str, text: &str| writeln!(out, "{name}: {}", one_line(text));
    line("For", &verified.tasks_for)?;
    if verified.decision_task_id != verified.task_id {
        line("Decision task", verified.decision_task_id.as_str())?;
    }
    if let Some(hook) = &verified.hook {
        line("Hook", hook)?;
    }
    line("Agrees", &verified.agreed.join(", "))?;
    for assumed in &verified.assumed {
        line("Taken from the task", assumed)?;
    }
    for remark in &verified.remarks {
        line("Note", remark)?;
    }
    Ok(())
}
