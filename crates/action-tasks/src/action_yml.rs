//! `action.yml`: the template of a task that adds jobs, from the time before `actions.json`.

use std::fs;

use chrono::{DateTime, Utc};
use taskcluster_queue_client::TaskId;
use taskgraph_chain_of_trust::{HookMaking, Making, Template, action_definition};
use taskgraph_config::{GraphConfig, Parameters, yaml};
use taskgraph_decision::TaskIds;
use taskgraph_kinds::Registry;
use taskgraph_value::{Map, Str, Value, map};

use crate::{Error, actions_json};

const CALLBACK: &str = "add-new-jobs";
/// What stands for the decision task, and for the labels to add, separated by commas.
const DECISION: &str = "{{decision_task_id}}";
const LABELS: &str = "{{task_labels}}";

/// The content of the artifact `action.yml`: a definition, as YAML, of a task that runs the callback `add-new-jobs`, as
/// `.taskcluster.yml` makes action tasks. Whoever has replaced `{{decision_task_id}}`, and `{{task_labels}}` by labels,
/// separated by commas, and moved its times to the present, can create it.
///
/// Its id is not known, so what `.taskcluster.yml` makes of `ownTaskId`, usually a route of the index, is the same for all
/// such tasks of one decision. Nothing if this callback is not available, or `.taskcluster.yml` makes no task for it.
///
/// Fails as [`actions_json`], and with [`Error::Template`].
pub fn action_yml(
    registry: &Registry,
    parameters: &Parameters,
    config: &GraphConfig,
    decision_task_id: &TaskId,
    now: DateTime<Utc>,
) -> Result<Option<String>, Error> {
    let document = actions_json(registry, parameters, config, DECISION)?;
    let actions =
        document.at("actions").and_then(Value::as_list).map(|list| list.as_slice()).unwrap_or_default();
    let text = |action: &Value, path: &str| action.at(path).and_then(Value::as_str).cloned();
    let is_ours = |action: &&Value| {
        text(action, "hookPayload.decision.action.cb_name").is_some_and(|callback| callback == CALLBACK)
    };
    let Some(action) = actions.iter().find(is_ours) else { return Ok(None) };
    let payload = map! {
        "decision" => action.at("hookPayload.decision").cloned().unwrap_or_default(),
        "user" => map! {
            "input" => map! { "tasks" => vec![Value::from(LABELS)] },
            "taskId" => Value::Null,
            "taskGroupId" => DECISION,
        },
    };

    let path = config.taskcluster_yml()?;
    let bytes = fs::read(&path).map_err(|source| Error::TaskclusterYml { path: path.clone(), source })?;
    let failed = |source| Error::Template { source };
    let template = Template::parse(&bytes, &path).map_err(failed)?;
    let permission: Str = text(action, "extra.actionPerm").unwrap_or_default();
    let making = HookMaking {
        trust_domain: config.trust_domain(),
        level: parameters.text("level")?,
        action_perm: &permission,
        pull_request: parameters.text("tasks_for")?.starts_with("github-pull-request"),
    };
    let own = TaskIds::new(decision_task_id).with_suffix("action.yml").task_id("");
    let task = Making::of_one_task(&own, now);
    let payload = serde_json::to_value(Value::from(payload)).unwrap_or_default();
    let definition =
        action_definition(&template, &making, &payload, Some("action.yml"), &task).map_err(failed)?;
    let definition =
        definition.map(|definition| serde_json::from_value::<Map>(definition).unwrap_or_default());
    Ok(definition.map(|mut definition| {
        // The queue gets the id apart from the definition.
        definition.remove("taskId");
        yaml::write_unicode(&definition.into())
    }))
}
