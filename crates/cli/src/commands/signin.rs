//! `taskgraph signin`, `signout` and `creds`

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use taskcluster_operations::{Identity, SignIn, Wanted, lifetime, split_scopes, who_am_i};
use taskcluster_queue_client::{Cluster, Error};

use crate::connection::{Connection, Network};
use crate::listing::print_json;
use crate::log::Log;
use crate::output::Destination;
use crate::shell::ShellArgs;
use crate::world::{World, random_bytes};

#[derive(Args, Debug)]
pub(crate) struct SignInArgs {
    /// The beginning of the name of the new client, after your own
    #[arg(short, long, value_name = "NAME", default_value = "cli")]
    name: String,
    /// What it may do; may be repeated, and may hold several scopes on lines of their own
    #[arg(short, long = "scope", value_name = "SCOPE", default_value = "*", allow_hyphen_values = true)]
    scopes: Vec<String>,
    /// How long it lives, such as `15m`, `1h` or `1d`
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    expires: String,
    /// Really have the scope `*` for more than an hour
    #[arg(long)]
    all_scopes: bool,
    /// The port on loopback to wait at; 0 is any that is free
    ///
    /// Name one to forward it from another machine that has the browser.
    #[arg(short, long, value_name = "NUMBER", default_value_t = 0)]
    port: u16,
    /// Only check whether the environment has credentials that work; exits with 4 if not
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    shell: ShellArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SignOutArgs {
    #[command(flatten)]
    shell: ShellArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CredsArgs {
    #[command(subcommand)]
    command: CredsCommand,
}

#[derive(Debug, Subcommand)]
enum CredsCommand {
    /// Print who the credentials in the environment are for, with which scopes, and until when
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

const CREDENTIALS: [&str; 3] =
    ["TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN", "TASKCLUSTER_CERTIFICATE"];

pub(crate) fn sign_in(args: SignInArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    if args.check {
        let identity = identity(world)?;
        log.info(format_args!("Signed in as {}.", client(&identity)));
        return Ok(());
    }
    if world.local {
        bail!("nobody signs in to the embedded cluster: commands use it as its client `local/root`");
    }
    let wanted = Wanted {
        name: args.name,
        scopes: split_scopes(args.scopes.iter().map(String::as_str)),
        lifetime: lifetime(&args.expires)?,
        description: "Made by `taskgraph signin` for the command line".into(),
    };
    wanted.check(args.all_scopes)?;
    let network = Network::new()?;
    let root_url = world.variable("TASKCLUSTER_ROOT_URL").ok_or(Error::NoRootUrl)?;
    let cluster = Cluster::new(root_url, network.http().clone())?;
    let root_url = cluster.root_url().unwrap_or(root_url);
    let credentials = network.block_on(async {
        let waiting = SignIn::begin(root_url, &wanted, args.port, random_bytes()?).await?;
        log.always(format_args!(
            "To sign in, open this page in a browser on this machine:\n{}",
            waiting.url()
        ));
        open(waiting.url());
        anyhow::Ok(waiting.finish().await?)
    })?;
    let shell = args.shell.shell();
    Destination::Out.write(out, |out| {
        writeln!(out, "{}", shell.set("TASKCLUSTER_ROOT_URL", root_url))?;
        writeln!(out, "{}", shell.set("TASKCLUSTER_CLIENT_ID", credentials.client_id()))?;
        writeln!(out, "{}", shell.set("TASKCLUSTER_ACCESS_TOKEN", credentials.access_token()))?;
        // That of other credentials would spoil these.
        match credentials.certificate() {
            Some(certificate) => writeln!(out, "{}", shell.set("TASKCLUSTER_CERTIFICATE", &certificate))?,
            None => writeln!(out, "{}", shell.unset("TASKCLUSTER_CERTIFICATE"))?,
        }
        Ok(())
    })?;
    log.info(format_args!("Signed in as {}.", credentials.client_id()));
    Ok(())
}

/// Opens a page in the browser that the machine prefers. If there is none, the person has read the address.
fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let _ = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

pub(crate) fn sign_out(args: &SignOutArgs, out: &mut dyn Write) -> Result<()> {
    let shell = args.shell.shell();
    Destination::Out.write(out, |out| {
        for name in CREDENTIALS {
            writeln!(out, "{}", shell.unset(name))?;
        }
        Ok(())
    })
}

pub(crate) fn creds(args: &CredsArgs, world: &World, out: &mut dyn Write) -> Result<()> {
    let CredsCommand::Check { json } = args.command;
    let identity = identity(world)?;
    if json {
        return print_json(&identity, out);
    }
    Destination::Out.write(out, |out| {
        writeln!(out, "client:     {}", client(&identity))?;
        writeln!(out, "deployment: {}", identity.root_url.as_deref().unwrap_or("unknown"))?;
        writeln!(out, "expires:    {}", identity.expires.as_deref().unwrap_or("unknown"))?;
        writeln!(out, "scopes:")?;
        for scope in &identity.scopes {
            writeln!(out, "  {}", scope.escape_debug())?;
        }
        Ok(())
    })
}

fn client(identity: &Identity) -> &str {
    identity.client_id.as_deref().unwrap_or("the task that the proxy signs for")
}

fn identity(world: &World) -> Result<Identity> {
    let connection = Connection::open(world)?;
    let proxied = !world.local && world.variable("TASKCLUSTER_PROXY_URL").is_some();
    Ok(connection.block_on(who_am_i(connection.cluster(), proxied))?)
}
