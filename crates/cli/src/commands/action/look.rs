//! `taskgraph action list` and `show`.

use std::io::Write;

use anyhow::{Result, anyhow};
use serde_json::{Value as Json, json};
use taskcluster_operations::{ActionFailure, Failure, GroupActions, actions_of_task};
use taskcluster_queue_client::TaskId;
use taskgraph_actions::{Action, InputSchema, Subject, Trigger};
use taskgraph_schema::{many_lines, one_line};
use taskgraph_value::Value;

use crate::commands::task::tell;
use crate::connection::Connection;
use crate::fields::shown;
use crate::listing::{Listing, Style, print_json};
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

/// The actions of a group, and the task of it that they are asked for.
struct Found {
    actions: GroupActions,
    task: Option<(TaskId, Value)>,
}

impl Found {
    fn subject(&self) -> Subject<'_> {
        match &self.task {
            Some((id, definition)) => Subject::Task { id: id.as_str(), definition },
            None => Subject::Group,
        }
    }
}

fn find(task: Option<TaskId>, group: Option<TaskId>, world: &World, log: &Log) -> Result<Found> {
    let connection = Connection::open(world)?;
    let cluster = connection.cluster();
    let (id, found) = match (task, group) {
        (Some(id), _) => {
            let found = connection.block_on(actions_of_task(cluster, &id));
            (id.clone(), found.map(|(actions, task)| Found { actions, task: Some((id, task)) }))
        }
        (None, Some(id)) => {
            let found = connection.block_on(GroupActions::look(cluster, &id));
            (id, found.map(|actions| Found { actions, task: None }))
        }
        (None, None) => return Err(anyhow!("expected a task or a group")),
    };
    let found = match found {
        Ok(found) => found,
        Err(failure) => {
            tell(vec![(id.to_string(), failure)], 1, log)?;
            return Err(anyhow!("no actions were found"));
        }
    };
    for skipped in &found.actions.document.skipped {
        log.info(format_args!("Left out an action that this program does not know: {skipped}."));
    }
    Ok(found)
}

pub(super) fn list(
    task: Option<TaskId>,
    group: Option<TaskId>,
    style: Style,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let found = find(task, group, world, log)?;
    let mut listing = Listing::new(&[("ACTION", "name"), ("TITLE", "title"), ("DESCRIPTION", "shown")]);
    for action in found.actions.document.menu(&found.subject()) {
        let mut row = row(action);
        if style != Style::Json {
            let first = action.description.lines().next().unwrap_or_default();
            row["shown"] = one_line(first).into();
        }
        listing.push(row);
    }
    listing.print(style, out)
}

/// What programs get to know of an action.
fn row(action: &Action) -> Json {
    let (kind, hook) = match &action.trigger {
        Trigger::Hook { hook_group_id, hook_id, .. } => ("hook", json!(format!("{hook_group_id}/{hook_id}"))),
        _ => ("task", Json::Null),
    };
    let context: Vec<Json> = action
        .context
        .iter()
        .map(|set| set.iter().map(|(tag, value)| (tag.to_string(), json!(value.as_str()))).collect())
        .collect();
    json!({
        "name": action.name.as_deref(), "title": action.title.as_str(), "description": action.description.as_str(),
        "kind": kind, "hook": hook, "context": context, "schema": action.schema,
    })
}

pub(super) fn show(
    name: &str,
    task: Option<TaskId>,
    group: Option<TaskId>,
    style: Style,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let found = find(task, group, world, log)?;
    let document = &found.actions.document;
    // For a group, whatever the group has.
    let all: Vec<&Action> =
        document.actions.iter().filter(|action| action.name.as_deref() == Some(name)).collect();
    let actions = match document.named(name, &found.subject()) {
        Ok(actions) if found.task.is_some() => actions,
        Ok(_) => all,
        Err(_) if found.task.is_none() && !all.is_empty() => all,
        Err(error) => {
            let id = found.task.map_or(found.actions.task_group_id.to_string(), |(id, _)| id.to_string());
            return tell(vec![(id, Failure::from(ActionFailure::from(error)))], 1, log);
        }
    };
    if style == Style::Json {
        let rows: Vec<Json> = actions
            .iter()
            .map(|action| {
                let mut row = row(action);
                row["example"] = json!(schema_of(action).ok().flatten().and_then(|schema| schema.example()));
                row
            })
            .collect();
        return print_json(&rows, out);
    }
    Destination::Out.write(out, |out| {
        for (at, action) in actions.into_iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            write!(out, "{}", text(action))?;
        }
        Ok(())
    })
}

fn schema_of(action: &Action) -> Result<Option<InputSchema>, taskgraph_actions::SchemaError> {
    action.schema.as_ref().map(InputSchema::new).transpose()
}

/// An action for people.
fn text(action: &Action) -> String {
    let mut lines =
        vec![format!("{}: {}", one_line(action.name.as_deref().unwrap_or("-")), one_line(&action.title))];
    lines.push(match action.context.as_slice() {
        [] => "For the task group.".to_owned(),
        sets => format!("For {}.", sets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ")),
    });
    lines.push(match &action.trigger {
        Trigger::Hook { hook_group_id, hook_id, .. } => {
            format!("Triggers the hook {}/{}.", one_line(hook_group_id), one_line(hook_id))
        }
        _ => "Creates a task.".to_owned(),
    });
    lines.push(String::new());
    lines.extend(many_lines(&action.description).lines().map(str::to_owned));
    lines.push(String::new());
    match (&action.schema, schema_of(action)) {
        (None, _) | (_, Ok(None)) => lines.push("It takes no input.".to_owned()),
        (Some(schema), Err(error)) => {
            lines.push(format!("Its input cannot be checked: {error}"));
            lines.push(indented(schema));
        }
        (Some(schema), Ok(Some(prepared))) => {
            lines.push("Input:".to_owned());
            for field in prepared.fields() {
                let name = if field.name.is_empty() { "all of it" } else { field.name.as_str() };
                let mut line = format!("  {} ({}", one_line(name), field.shown_type());
                if let Some(default) = &field.default {
                    line += &format!(", default {}", shown(default));
                } else if field.required {
                    line += ", required";
                }
                line += ")";
                if let Some(about) = field.description.as_ref().or(field.title.as_ref()) {
                    line += &format!(": {}", one_line(about));
                }
                lines.push(line);
            }
            lines.push(String::new());
            lines.push("Schema:".to_owned());
            lines.push(indented(schema));
            lines.push(String::new());
            lines.push("Example:".to_owned());
            lines.push(
                prepared
                    .example()
                    .map_or_else(|| "  none was found".to_owned(), |example| indented(&example)),
            );
        }
    }
    lines.join("\n") + "\n"
}

/// A value as JSON, in lines that stand apart.
fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    // Whatever else moves the cursor is escaped in JSON.
    text.lines().map(|line| format!("  {}", one_line(line))).collect::<Vec<_>>().join("\n")
}
