//! Action tasks.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use taskcluster_queue_client::{Cluster, TaskId};
use taskgraph_schema::one_line;

use super::{Expectations, Verification, artifact, parameters, said::Said, template_of};
use crate::{
    error::Error,
    hook::{render_wrapped, wrap},
    render::{Making, render, tasks},
    source::Source,
};

const ACTIONS: &str = "public/actions.json";

/// Verifies an action task: rebuilds it from its decision task's `actions.json`, the template of that task's revision, and
/// what the user chose, as the action task has it. What the user chose can thus be anything.
///
/// Fails with [`Error::Task`] if the task is no action task or does not say where it comes from, with [`Error::Artifact`] if
/// `actions.json` is missing, makes no sense or has no such action, with what is wrong with the template, and with what the
/// services and the source say.
pub async fn verify_action(
    task_id: &TaskId,
    cluster: &Cluster,
    source: &dyn Source,
    expectations: &Expectations,
) -> Result<Verification, Error> {
    let task = cluster.queue().task(task_id).await?;
    let action = Said::bare(task_id, &task);
    if !action.is_action() {
        return Err(action.wrong(
            "it is no action task: it has neither a variable `ACTION_CALLBACK` nor `extra.action`".to_owned(),
        ));
    }
    let tasks_for = action.tasks_for()?;
    if !matches!(tasks_for, "action" | "pr-action") {
        let found = one_line(tasks_for);
        return Err(
            action.wrong(format!("expected `action` or `pr-action` in `extra.tasks_for`, found `{found}`"))
        );
    }
    let decision_id = action.group()?;
    let decision_task = cluster.queue().task(&decision_id).await?;
    let decision = Said::new(&decision_id, &decision_task, expectations)?;
    if decision.is_action() {
        return Err(action.wrong(format!(
            "expected the decision task of its group, found that {decision_id} is an action task, too"
        )));
    }

    let callback = action.env("ACTION_CALLBACK").unwrap_or_default();
    let (variables, entry) = entry(cluster, &decision_id, callback).await?;
    let template = template_of(&decision, source).await?;
    let parameters = parameters(cluster, &decision_id).await?;
    let now = action.created()?;
    let making = Making { root_url: expectations.root_url(cluster), ..Making::of_one_task(task_id, now) };
    let payload = payload(&action, &decision_id, &entry, variables, parameters, &making)?;

    let action_perm = permission(&entry);
    let file = serde_json::to_value(template.value())
        .map_err(|error| Error::Template { name: template.name().to_owned(), problem: error.to_string() })?;
    let wrapped = wrap(file, tasks_for, &action_perm);
    let client_id = task["extra"]["action"]["context"]["clientId"].as_str();
    let rendered = render_wrapped(&wrapped, template.name(), payload, client_id, &making)?;
    let rebuilt = tasks(template.name(), rendered)?.into_iter().map(Value::Object).collect();

    let groups = [decision_id.as_str(), task_id.as_str()];
    let mut verification = Verification::of(&action, &decision, &template, rebuilt, &groups)?;
    let (group, id) = (text(&entry["hookGroupId"]), text(&entry["hookId"]));
    verification.hook = Some(format!("{group}/{id}"));
    if !id.is_empty() && id.rsplit('/').next() != Some(template.hash()) {
        verification.remarks.push(format!(
            "the hook `{}` is not named by the hash {} of the template: it was made of another one",
            one_line(id),
            template.hash()
        ));
    }
    verification.assumed.push("what the user chose: the input and the selected task".to_owned());
    Ok(verification)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The action with a callback, and the variables that all actions have.
async fn entry(
    cluster: &Cluster,
    decision: &TaskId,
    callback: &str,
) -> Result<(Map<String, Value>, Value), Error> {
    let wrong = |problem: String| Error::Artifact { task_id: decision.clone(), name: ACTIONS, problem };
    let content = artifact(cluster, decision, ACTIONS).await?;
    let content = content.ok_or_else(|| wrong("it does not exist".to_owned()))?;
    let mut file: Value = serde_json::from_slice(&content).map_err(|error| wrong(error.to_string()))?;
    let mut part = |key: &str| file.get_mut(key).map(Value::take).unwrap_or_default();
    let (entries, variables) = (part("actions"), part("variables"));
    let Value::Array(entries) = entries else {
        return Err(wrong("expected a list of `actions`".to_owned()));
    };
    let is_it =
        |entry: &Value| entry["hookPayload"]["decision"]["action"]["cb_name"].as_str() == Some(callback);
    let entry = entries.into_iter().find(is_it);
    let entry =
        entry.ok_or_else(|| wrong(format!("it has no action with the callback `{}`", one_line(callback))))?;
    if entry["kind"] != "hook" {
        let found = entry["kind"].to_string();
        return Err(wrong(format!("expected an action of kind `hook`, found {}", one_line(&found))));
    }
    let variables = match variables {
        Value::Object(variables) => variables,
        _ => Map::new(),
    };
    Ok((variables, entry))
}

/// The permission of an action; older files say it in other places.
fn permission(entry: &Value) -> String {
    let said = entry["extra"]["actionPerm"].as_str().or_else(|| entry["actionPerm"].as_str());
    match said {
        Some(permission) => permission.to_owned(),
        None if entry["hookId"].as_str().is_none_or(|id| id.contains("generic/")) => "generic".to_owned(),
        None => text(&entry["hookPayload"]["decision"]["action"]["cb_name"]).to_owned(),
    }
}

/// What the hook was triggered with: what the action's entry makes of what the action task says that the user chose.
fn payload(
    action: &Said<'_>,
    decision: &TaskId,
    entry: &Value,
    variables: Map<String, Value>,
    parameters: Option<Value>,
    making: &Making<'_>,
) -> Result<Value, Error> {
    let chosen = &action.task["extra"]["action"]["context"];
    let choice = |key: &str, variable: &str| -> Result<Value, Error> {
        if let Some(value) = chosen.get(key) {
            return Ok(value.clone());
        }
        let Some(text) = action.env(variable) else { return Ok(Value::Null) };
        serde_json::from_str(text)
            .map_err(|error| action.wrong(format!("the variable `{variable}` is no JSON: {error}")))
    };
    let mut context = Map::new();
    context.insert("parameters".to_owned(), parameters.unwrap_or_else(|| chosen["parameters"].clone()));
    context.insert("taskGroupId".to_owned(), json!(decision));
    context.insert("taskId".to_owned(), choice("taskId", "ACTION_TASK_ID")?);
    context.insert("input".to_owned(), choice("input", "ACTION_INPUT")?);
    context.extend(variables);
    let wrong = |problem: String| Error::Artifact { task_id: decision.clone(), name: ACTIONS, problem };
    let template = taskgraph_value::Value::deserialize(&entry["hookPayload"]);
    let template = template.map_err(|error| wrong(error.to_string()))?;
    let what = format!("the payload of the action in `{ACTIONS}` of task {decision}");
    let rendered = render(&template, &what, context, making)?;
    rendered.ok_or_else(|| wrong("the payload of the action renders to nothing".to_owned()))
}
