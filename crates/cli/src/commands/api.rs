//! `taskgraph api`

use std::io::{Read, Write, stdin};

use anyhow::{Context, Result};
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, error::ErrorKind};
use serde_json::Value;
use taskcluster_queue_client::Call;
use taskcluster_queue_client::api::{Method, SERVICES, Service};

use crate::connection::Connection;
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

/// One call. The command line has a command for each service, and below it one for each method.
#[derive(Debug)]
pub(crate) struct ApiArgs {
    service: &'static Service,
    method: &'static Method,
    arguments: Vec<String>,
    query: Vec<(&'static str, String)>,
    output: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  taskgraph api queue status fdtgsD5DQUmAQZEaGMvQ4Q
      What the queue answers, as it comes.
  taskgraph api queue listTaskGroup fdtgsD5DQUmAQZEaGMvQ4Q --limit=10
      With an option of the method. `taskgraph api queue listTaskGroup --help` lists them.
  taskgraph api queue createTask fdtgsD5DQUmAQZEaGMvQ4Q < task.json
      The body is read from the standard input.";

impl Args for ApiArgs {
    fn augment_args(command: Command) -> Command {
        let output = Arg::new("output").short('o').long("output").value_name("FILE").global(true);
        let output = output.help("Write the answer to this file; `-` is the standard output");
        let services = SERVICES.iter().map(|service| {
            let command =
                Command::new(service.name).about(format!("Methods of the service {}", service.name));
            let command = command.subcommand_required(true).arg_required_else_help(true).defer(add_methods);
            match in_camel_case(service.name) {
                official if official == service.name => command,
                official => command.alias(official),
            }
        });
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand_value_name("SERVICE")
            .subcommand_help_heading("Services")
            .after_help(EXAMPLES)
            .arg(output)
            .subcommands(services)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Adds the methods of the service that the command is called after. There are hundreds, so this happens when they
/// are asked for.
fn add_methods(command: Command) -> Command {
    let methods = Service::find(command.get_name()).map_or(&[][..], |service| service.methods);
    command
        .subcommand_value_name("METHOD")
        .subcommand_help_heading("Methods")
        .subcommands(methods.iter().map(method_command))
}

fn method_command(method: &'static Method) -> Command {
    let about = format!("{} {}", method.verb.as_str(), method.path);
    let long = match method.takes_body {
        true => format!("{about}\n\nThe body, which is JSON, is read from the standard input."),
        false => about.clone(),
    };
    let arguments = method.arguments().map(|name| {
        Arg::new(name).value_name(name).required(true).value_parser(NonEmptyStringValueParser::new())
    });
    let query = method
        .query
        .iter()
        .map(|name| Arg::new(*name).long(*name).value_name("VALUE").help("An option of the method"));
    Command::new(method.name).about(about).long_about(long).args(arguments).args(query)
}

/// How the official client calls a service: `purgeCache`.
fn in_camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        name + &initial.to_uppercase() + rest
    })
}

impl FromArgMatches for ApiArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let missing = || Error::new(ErrorKind::MissingSubcommand);
        let (service, matches) = matches.subcommand().ok_or_else(missing)?;
        let service = Service::find(service).ok_or_else(missing)?;
        let (method, matches) = matches.subcommand().ok_or_else(missing)?;
        let method = service.method(method).ok_or_else(missing)?;
        let value = |name: &str| matches.get_one::<String>(name).cloned();
        Ok(ApiArgs {
            service,
            method,
            arguments: method.arguments().filter_map(value).collect(),
            query: method
                .query
                .iter()
                .filter_map(|name| Some((*name, value(name).filter(|value| !value.is_empty())?)))
                .collect(),
            output: value("output").filter(|file| file != "-"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(crate) fn run(args: &ApiArgs, world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let destination = Destination::new(args.output.as_deref(), &world.cwd)?;
    let connection = Connection::open(world)?;
    let body = if args.method.takes_body { read_body(world, log)? } else { None };
    let arguments: Vec<&str> = args.arguments.iter().map(String::as_str).collect();
    let query: Vec<(&str, &str)> = args.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let call = Call {
        service: args.service,
        method: args.method,
        arguments: &arguments,
        query: &query,
        body: body.as_ref(),
    };
    let answer = connection.block_on(connection.cluster().call_raw(&call))?.done().unwrap_or_default();
    destination.write(out, |out| {
        out.write_all(&answer)?;
        if destination == Destination::Out && world.terminals.output && !answer.ends_with(b"\n") {
            writeln!(out)?;
        }
        Ok(())
    })
}

/// The body on the standard input, if there is anything.
fn read_body(world: &World, log: &Log) -> Result<Option<Value>> {
    if world.terminals.input {
        log.info("Reading the body from the standard input; Ctrl-D ends it.");
    }
    let mut body = Vec::new();
    stdin().read_to_end(&mut body).context("cannot read the body from the standard input")?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(&body).map(Some).context("the body on the standard input is no JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_the_names_of_the_official_client() {
        assert_eq!(in_camel_case("queue"), "queue");
        assert_eq!(in_camel_case("purge-cache"), "purgeCache");
        assert_eq!(in_camel_case("worker-manager"), "workerManager");
    }
}
