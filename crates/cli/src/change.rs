//! Commands that change something: asking first, and only saying what would be done.

use std::fs::File;
use std::io::{BufRead, BufReader, Write, stdin};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use serde_json::{Value, json};
use taskcluster_queue_client::{Cluster, Recorder};

use crate::failure::Declined;
use crate::listing::{Listing, Style};
use crate::log::Log;
use crate::world::World;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ChangeArgs {
    /// Say what would be sent, and change nothing
    #[arg(short, long, help_heading = "Care")]
    pub(crate) noop: bool,
    /// Ask first, even if it is about one task only
    #[arg(short, long, help_heading = "Care")]
    pub(crate) confirm: bool,
    /// Do not ask, however many tasks it is about
    #[arg(long, overrides_with = "confirm", help_heading = "Care")]
    pub(crate) yes: bool,
}

impl ChangeArgs {
    /// The deployment to work with. With --noop, what would change it is recorded instead.
    pub(crate) fn cluster(self, cluster: &Cluster) -> (Cluster, Option<Recorder>) {
        if self.noop {
            let (cluster, recorder) = cluster.dry_run();
            (cluster, Some(recorder))
        } else {
            (cluster.clone(), None)
        }
    }

    /// Asks `question`, such as "rerun 3 tasks", if there is reason to: on a terminal before more than one task
    /// changes, and always with --confirm. Fails with [`Declined`].
    pub(crate) fn ask(self, question: &str, tasks: usize, world: &World, log: &Log) -> Result<()> {
        if self.noop || self.yes || tasks == 0 || !(self.confirm || tasks > 1) {
            return Ok(());
        }
        let terminals = world.terminals;
        if !terminals.messages && !self.confirm && (terminals.input || terminals.output) {
            bail!(
                "cannot ask whether to {question}, because messages are redirected: --yes goes on without asking"
            );
        }
        let Some(mut answers) = answers(self.confirm, world) else { return Ok(()) };
        log.ask(format_args!("{question}? [y/N] "));
        let mut answer = String::new();
        answers.read_line(&mut answer).context("cannot read the answer")?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(anyhow!(Declined)),
        }
    }
}

/// Where a person answers. None if nobody is there.
fn answers(must: bool, world: &World) -> Option<Box<dyn BufRead>> {
    if world.terminals.input && world.terminals.messages {
        return Some(Box::new(stdin().lock()));
    }
    // Standard input may be full of ids.
    if world.terminals.messages
        && let Ok(terminal) = File::open("/dev/tty")
    {
        return Some(Box::new(BufReader::new(terminal)));
    }
    must.then(|| Box::new(stdin().lock()) as Box<dyn BufRead>)
}

/// Prints what a dry run would have sent.
pub(crate) fn print_recorded(recorder: &Recorder, style: Style, out: &mut dyn Write) -> Result<()> {
    let mut listing = Listing::new(&[
        ("SERVICE", "service"),
        ("METHOD", "method"),
        ("ARGUMENTS", "shown"),
        ("BODY", "body"),
    ]);
    for request in recorder.requests() {
        let mut row = json!({
            "service": request.service,
            "method": request.method,
            "arguments": request.arguments,
            "body": request.body,
        });
        if style != Style::Json {
            row["shown"] = Value::String(request.arguments.join(" "));
        }
        listing.push(row);
    }
    listing.print(style, out)
}
