//! `taskgraph slugid`

use std::io::Write;

use anyhow::Result;
use clap::{Args, Subcommand};
use taskgraph_parameterize::{decode_slugid, encode_slugid, nice_slugid, slugid};

use crate::output::Destination;
use crate::world::random_bytes;

#[derive(Args, Debug)]
pub(crate) struct SlugidArgs {
    #[command(subcommand)]
    command: SlugidCommand,
}

#[derive(Debug, Subcommand)]
enum SlugidCommand {
    /// Print a new id
    Generate {
        /// One that begins with a letter, so that no command takes it for an option
        #[arg(short, long)]
        nice: bool,
    },
    /// Print the id of a version 4 UUID
    Encode {
        #[arg(value_name = "UUID")]
        uuid: String,
    },
    /// Print the UUID of an id
    Decode {
        #[arg(value_name = "SLUG", allow_hyphen_values = true)]
        slug: String,
    },
}

pub(crate) fn run(args: SlugidArgs, out: &mut dyn Write) -> Result<()> {
    let line = match args.command {
        SlugidCommand::Generate { nice: true } => nice_slugid(random_bytes()?),
        SlugidCommand::Generate { nice: false } => slugid(random_bytes()?),
        SlugidCommand::Encode { uuid } => encode_slugid(&uuid)?,
        SlugidCommand::Decode { slug } => decode_slugid(&slug)?,
    };
    Destination::Out.write(out, |out| Ok(writeln!(out, "{line}")?))
}
