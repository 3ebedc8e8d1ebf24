//! `taskgraph from-now`

use std::io::Write;

use anyhow::{Context, Result};
use chrono::{Local, SecondsFormat};
use clap::Args;
use taskgraph_parameterize::Span;

use crate::output::Destination;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct FromNowArgs {
    /// How long, the largest unit first: `1 year 2 months 3 weeks 4 days 5 hours 6 minutes 7 seconds`, `1d2h`
    ///
    /// Units are y, mo, w, d, h, min, s and longer forms of them. With a minus before it, it leads to the past.
    #[arg(value_name = "DURATION", required = true, allow_hyphen_values = true)]
    duration: Vec<String>,
}

pub(crate) fn run(args: &FromNowArgs, world: &World, out: &mut dyn Write) -> Result<()> {
    let duration = args.duration.join(" ");
    let span: Span = duration.parse()?;
    let then = span.after(world.now.with_timezone(&Local));
    let then =
        then.with_context(|| format!("bad duration `{duration}`: expected a time that is not so far away"))?;
    let then = then.to_rfc3339_opts(SecondsFormat::Secs, true);
    Destination::Out.write(out, |out| Ok(writeln!(out, "{then}")?))
}
