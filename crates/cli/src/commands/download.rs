//! `taskgraph download`

use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use taskcluster_queue_client::TaskId;

use crate::connection::Connection;
use crate::failure::Misuse;
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct DownloadArgs {
    #[command(subcommand)]
    command: DownloadCommand,
}

#[derive(Debug, Subcommand)]
enum DownloadCommand {
    /// Download an artifact of a task
    ///
    /// A file appears when all of it is there. What is compressed for the way is decompressed.
    #[command(after_help = EXAMPLES, override_usage = "taskgraph download artifact [OPTIONS] <TASK> [RUN] <NAME> [FILE]")]
    Artifact(ArtifactArgs),
}

const EXAMPLES: &str = "\
Examples:
  taskgraph download artifact fdtgsD5DQUmAQZEaGMvQ4Q public/build/target.zip
      From the latest run, to `target.zip`, which must not exist.
  taskgraph download artifact fdtgsD5DQUmAQZEaGMvQ4Q 0 public/logs/live.log first.log
      From run 0 to `first.log`, as in the official client.
  taskgraph download artifact fdtgsD5DQUmAQZEaGMvQ4Q -r 0 public/actions.json -o -
      From run 0 to the standard output.";

#[derive(Args, Debug)]
struct ArtifactArgs {
    /// The id of the task
    #[arg(value_name = "TASK")]
    task: TaskId,
    /// The name of the artifact; the number of a run may be before it, and a file after it
    #[arg(value_name = "NAME", num_args = 1..=3, required = true)]
    names: Vec<String>,
    /// The run that made it [default: the latest]
    #[arg(short, long, value_name = "RUN")]
    run: Option<u32>,
    /// Write to this file; `-` is the standard output [default: a new file called as the artifact]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
}

/// What is to be downloaded, and where to.
struct Wanted {
    run: Option<u32>,
    name: String,
    /// None is the standard output.
    file: Option<String>,
}

impl ArtifactArgs {
    fn wanted(self, world: &World) -> Result<Wanted> {
        let mut names = self.names;
        let mut run = self.run;
        let starts_with_number = |names: &[String]| names[0].bytes().all(|byte| byte.is_ascii_digit());
        if names.len() == 3 || (names.len() == 2 && starts_with_number(&names)) {
            let given = names.remove(0);
            let number = given.parse().with_context(|| format!("bad run `{given}`: expected a number"))?;
            if run.replace(number).is_some() {
                return Err(Misuse(format!("the run is given twice: `{given}`, and with --run")).into());
            }
        }
        let mut names = names.into_iter();
        let name = names.next().unwrap_or_default();
        let file = match (names.next(), self.output) {
            (Some(file), Some(_)) => {
                return Err(Misuse(format!("the file is given twice: `{file}`, and with --output")).into());
            }
            (Some(file), None) | (None, Some(file)) => file,
            (None, None) => new_file(&name, world)?,
        };
        Ok(Wanted { run, name, file: (file != "-").then_some(file) })
    }
}

/// The last part of an artifact's name, if there is no such file.
fn new_file(name: &str, world: &World) -> Result<String> {
    let file = name.rsplit('/').next().unwrap_or_default();
    if matches!(file, "" | "." | "..") || file.contains(['\\', '\0']) {
        bail!("the artifact `{name}` has no name that a file can have; give one with --output");
    }
    if world.cwd.join(file).exists() {
        bail!("there is a file `{file}` already; name it with --output to replace it");
    }
    Ok(file.to_owned())
}

pub(crate) fn run(args: DownloadArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let DownloadCommand::Artifact(args) = args.command;
    let task = args.task.clone();
    let Wanted { run, name, file } = args.wanted(world)?;
    let from = run.map_or_else(|| "the latest run".to_owned(), |run| format!("run {run}"));
    let Some(file) = file else {
        return print(&task, run, &name, &Connection::open(world)?, out);
    };
    // Looks whether the file can be there.
    let Destination::File { shown, path } = Destination::new(Some(&file), &world.cwd)? else {
        bail!("no file is named");
    };
    let connection = Connection::open(world)?;
    log.info(format_args!("Downloading `{name}` of {from} of task {task} to `{shown}`"));
    let start = Instant::now();
    let queue = connection.cluster().queue();
    let downloaded = connection.block_on(queue.download_artifact(&task, run, &name, &path))?;
    log.info(format_args!(
        "Downloaded {} bytes of type {} in {:.2} s",
        downloaded.length,
        downloaded.content_type.as_deref().unwrap_or("unknown"),
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn print(
    task: &TaskId,
    run: Option<u32>,
    name: &str,
    connection: &Connection,
    out: &mut dyn Write,
) -> Result<()> {
    let mut content = connection.block_on(connection.cluster().queue().open_artifact(task, run, name))?;
    // What goes wrong on either side is not the other's fault.
    let mut read = Ok(());
    Destination::Out.write(out, |out| {
        loop {
            match connection.block_on(content.next()) {
                Ok(Some(piece)) => out.write_all(&piece)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    read = Err(error);
                    return Ok(());
                }
            }
        }
    })?;
    Ok(read?)
}
