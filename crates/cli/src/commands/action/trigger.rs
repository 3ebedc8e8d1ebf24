//! `taskgraph action trigger`.

use std::io::{Write, stdin};

use anyhow::{Result, anyhow};
use taskcluster_operations::{Choices, Pick, Targets, choose_action, fetch_documents};
use taskcluster_queue_client::Settings;
use taskgraph_actions::{Action, InputSchema, SchemaDocuments, SchemaError};
use taskgraph_schema::{many_lines, one_line};
use taskgraph_value::Value;

use super::TriggerArgs;
use crate::change::ChangeArgs;
use crate::commands::action_callback::on_laptop;
use crate::commands::task::{Change, Random, Verb};
use crate::failure::Misuse;
use crate::fields;
use crate::ids;
use crate::listing::ListingArgs;
use crate::log::Log;
use crate::world::World;

pub(super) fn run(
    args: TriggerArgs,
    change: ChangeArgs,
    listing: ListingArgs,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    if args.input.as_deref() == Some("-") && args.tasks.iter().any(|task| task == "-") {
        return Err(anyhow!(Misuse("standard input cannot be both the tasks and the input".to_owned())));
    }
    let given = args.input.as_deref().map(|file| fields::read_input(file, world)).transpose()?;
    let ids = match args.tasks.is_empty() {
        true => Vec::new(),
        false => ids::of_args(&args.tasks, log)?,
    };
    if ids.is_empty() && !args.tasks.is_empty() {
        return Ok(());
    }
    let terminals = world.terminals;
    let asks = given.is_none() && args.set.is_empty() && !change.yes && terminals.input && terminals.messages;
    let pick = match &args.title {
        Some(title) => Pick::Titled(title),
        None if asks => Pick::First,
        None => Pick::Only,
    };
    let targets = match &args.group {
        Some(group) if ids.is_empty() => Targets::Group(group),
        group => Targets::Tasks { ids: &ids, group: group.as_ref() },
    };
    let change = Change::begin(change, listing, world, log)?;
    let choices = change.with(async |cluster| choose_action(cluster, targets, &args.name, pick).await)?;
    let mut documents = SchemaDocuments::default();
    if args.fetch_schemas {
        for schema in choices.actions().into_iter().filter_map(|action| action.schema.as_ref()) {
            change.wait(fetch_documents(&Settings::default(), schema, &mut documents))?;
        }
    }
    let input = if asks {
        ask(&choices, &documents, log)?
    } else {
        let known = schemas(&choices, &documents).into_iter().next();
        let known = known.and_then(Result::ok).map(|schema| schema.fields()).unwrap_or_default();
        fields::set_values(given, &args.set, &known)?
    };
    let mut random = Random::default();
    let mut fill = |bytes: &mut [u8; 16]| random.fill(bytes);
    let now = world.now.to_utc();
    let plan = change
        .with(async |cluster| Ok(choices.plan(cluster, input.as_ref(), &documents, now, &mut fill).await))?;
    let alone = matches!(args.tasks.as_slice(), [] | [_]) && !args.tasks.iter().any(|task| task == "-");
    let (verb, plan) = (Verb("trigger an action for", "triggering"), random.checked(plan)?);
    change.carry_out_and(verb, plan, alone, out, |action_task, connection| {
        // No worker claims it, so its work is done here.
        if world.local { on_laptop(action_task, &args.common, connection, world, log) } else { Ok(()) }
    })
}

/// The schemas of the actions that take input.
fn schemas(choices: &Choices, documents: &SchemaDocuments) -> Vec<Result<InputSchema, SchemaError>> {
    let schemas = choices.actions().into_iter().filter_map(|action| action.schema.as_ref());
    schemas.map(|schema| InputSchema::with_documents(schema, documents)).collect()
}

/// Shows which action it is, and asks for its input.
fn ask(choices: &Choices, documents: &SchemaDocuments, log: &Log) -> Result<Option<Value>> {
    let actions = choices.actions();
    actions.iter().for_each(|action| introduce(action, log));
    match schemas(choices, documents).into_iter().next() {
        Some(_) if actions.iter().any(|action| action.schema != actions[0].schema) => Err(anyhow!(Misuse(
            "the actions take different input: expected --input, --set or --yes".to_owned()
        ))),
        // A schema that cannot be used is reported with the plan.
        Some(Ok(schema)) => fields::ask(&schema, log, &mut stdin().lock()),
        Some(Err(_)) | None => Ok(None),
    }
}

fn introduce(action: &Action, log: &Log) {
    log.always(one_line(&action.title));
    many_lines(&action.description).lines().for_each(|line| log.always(line));
}
