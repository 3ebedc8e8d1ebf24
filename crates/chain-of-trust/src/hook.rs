//! Hooks of actions, as the administrators of a cluster make them from a tree.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    error::Error,
    names::role_path,
    render::{Making, render},
    template::Template,
};

/// Which actions a hook is for. Its name follows from it, as `actions.json` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookMaking<'a> {
    /// The trust domain of the graph configuration.
    pub trust_domain: &'a str,
    /// The level of the repository: `1`, `2` or `3`.
    pub level: &'a str,
    /// The permission that actions behind this hook have: `generic`, `release-promotion`, ...
    pub action_perm: &'a str,
    /// Whether it is for actions of pull requests.
    pub pull_request: bool,
}

/// A hook to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// Its group: `project-<trust domain>`.
    pub group: String,
    /// Its id: `in-tree-action-<level>-<permission>/<hash of .taskcluster.yml>`.
    pub id: String,
    /// What `createHook` and `updateHook` take.
    pub body: Value,
}

impl HookMaking<'_> {
    /// `action`, or `pr-action`.
    pub fn tasks_for(&self) -> &'static str {
        if self.pull_request { "pr-action" } else { "action" }
    }

    /// The group of its hooks.
    pub fn group(&self) -> String {
        format!("project-{}", self.trust_domain)
    }

    /// The id of the hook, without the hash of the template.
    pub(crate) fn id(&self) -> String {
        format!("in-tree-{}-{}-{}", self.tasks_for(), self.level, self.action_perm)
    }

    /// The role of the hook, whatever the hash of the template.
    pub(crate) fn role(&self) -> String {
        format!("hook-id:{}/{}/*", self.group(), self.id())
    }

    /// What one needs to be let trigger actions like these, as a decision task must have it, whatever the hash.
    pub(crate) fn trigger_scope(&self) -> String {
        format!("in-tree:hook-action:{}/{}/*", self.group(), self.id())
    }

    /// The role of the action tasks of a repository.
    pub(crate) fn repository_role(&self, url: &str) -> String {
        format!("repo:{}:{}:{}", role_path(url), self.tasks_for(), self.action_perm)
    }

    /// A slash in a name would make it another hook, which somebody else may be allowed to trigger.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let named =
            [("trust domain", self.trust_domain), ("level", self.level), ("permission", self.action_perm)];
        for (what, name) in named {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(Error::Name { what, name: name.to_owned() });
            }
        }
        Ok(())
    }
}

/// The hook that actions with a permission are triggered by.
///
/// Its template is the first task of `.taskcluster.yml`, with the names that it expects taken from the payload. The payload
/// is what the `hookPayload` of `actions.json` renders to; others are refused by the hook's schema.
///
/// Fails with [`Error::Name`], and with [`Error::Template`] if `tasks` is not a list before it is rendered.
pub fn hook(template: &Template, making: &HookMaking<'_>) -> Result<Hook, Error> {
    making.check()?;
    let hash = template.hash();
    let (group, id) = (making.group(), format!("{}/{hash}", making.id()));
    let what = if making.pull_request { "pull request action" } else { "action" };
    let body = json!({
        "metadata": {
            "name": format!("{group}/{id}"),
            "description": format!(
                "Creates {what} tasks with the permission `{}` at level {}, from the `.taskcluster.yml` whose hash \
                 begins with {hash}. The `actions.json` of decision tasks says what to trigger it with.",
                making.action_perm, making.level
            ),
            "owner": "nobody@example.com",
            "emailOnError": false,
        },
        "schedule": [],
        "bindings": [],
        "triggerSchema": trigger_schema(),
        "task": wrap(template.first_task()?, making.tasks_for(), making.action_perm),
    });
    Ok(Hook { group, id, body })
}

/// What [`hook`] creates when it is triggered with a payload; nothing if the template wants no task. `client_id` is who
/// triggers it.
///
/// Fails as [`hook`], and with [`Error::Render`].
pub fn action_definition(
    template: &Template,
    making: &HookMaking<'_>,
    payload: &Value,
    client_id: Option<&str>,
    task: &Making<'_>,
) -> Result<Option<Value>, Error> {
    making.check()?;
    let wrapped = wrap(template.first_task()?, making.tasks_for(), making.action_perm);
    render_wrapped(&wrapped, template.name(), payload.clone(), client_id, task)
}

/// Renders a wrapped template as the hooks service does.
pub(crate) fn render_wrapped(
    wrapped: &Value,
    name: &str,
    payload: Value,
    client_id: Option<&str>,
    task: &Making<'_>,
) -> Result<Option<Value>, Error> {
    let mut context = Map::new();
    context.insert("payload".to_owned(), payload);
    context.insert("taskId".to_owned(), json!(task.own_task_id));
    context.insert("clientId".to_owned(), json!(client_id));
    context.insert("firedBy".to_owned(), json!("triggerHook"));
    if let Some(root_url) = task.root_url {
        context.insert("taskcluster_root_url".to_owned(), json!(root_url));
    }
    let wrapped = taskgraph_value::Value::deserialize(wrapped)
        .map_err(|error| Error::Template { name: name.to_owned(), problem: error.to_string() })?;
    render(&wrapped, name, context, task)
}

/// Gives a template the names that it expects, out of the payload of a hook.
pub(crate) fn wrap(template: Value, tasks_for: &str, action_perm: &str) -> Value {
    let action = |key: &str| format!("${{payload.decision.action.{key}}}");
    let eval = |expression: &str| json!({ "$eval": expression });
    json!({
        "$let": {
            "tasks_for": tasks_for,
            "action": {
                "name": action("name"),
                "title": action("title"),
                "description": action("description"),
                "taskGroupId": action("taskGroupId"),
                "symbol": action("symbol"),
                "cb_name": action("cb_name"),
                "action_perm": action_perm,
                // The repository is what anybody says; that the role of the hook has this scope is the check.
                "repo_scope": format!(
                    "assume:repo:${{payload.decision.repository.url[8:]}}:{tasks_for}:{action_perm}"
                ),
            },
            "push": eval("payload.decision.push"),
            "repository": eval("payload.decision.repository"),
            "parameters": eval("payload.decision['parameters']"),
            "input": eval("payload.user.input"),
            "taskId": eval("payload.user.taskId"),
            "taskGroupId": eval("payload.user.taskGroupId"),
            "ownTaskId": eval("taskId"),
        },
        "in": template,
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// A mapping with these keys and no others.
fn mapping(description: &str, properties: Value, optional: &[&str]) -> Value {
    let keys = properties.as_object().into_iter().flat_map(Map::keys);
    let required = keys.filter(|key| !optional.contains(&key.as_str())).collect::<Vec<_>>();
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// What a hook may be triggered with.
fn trigger_schema() -> Value {
    let action = json!({
        "name": text("name of the action"),
        "title": text("title of the action"),
        "description": text("description of the action, in markdown"),
        "taskGroupId": text("id of the decision task"),
        "cb_name": text("name of the callback"),
        "symbol": text("symbol of the action task in Treeherder"),
    });
    let push = json!({
        "owner": text("who pushed"),
        "revision": text("revision that was pushed"),
        "pushlog_id": text("number of the push"),
        "base_revision": text("revision before the push"),
        "branch": text("branch that was pushed to"),
        "base_branch": text("branch that a pull request is for"),
    });
    let repository = json!({
        "url": { "type": "string", "description": "URL of the repository", "pattern": "[^/]$" },
        "project": text("name of the project"),
        "level": text("level of the repository"),
        "base_url": text("URL of the repository whose roles count"),
    });
    let decision = json!({
        "action": mapping("which action", action, &[]),
        "push": mapping("the push of the decision task", push, &["base_revision", "branch", "base_branch"]),
        "repository": mapping("the repository of the push", repository, &["base_url"]),
        "parameters": { "type": "object", "description": "parameters of the decision task" },
    });
    let user = json!({
        "input": { "description": "input of the action; whoever triggers it has validated it" },
        "taskId": { "type": ["string", "null"], "description": "the selected task, if it is for one" },
        "taskGroupId": text("the group that it was triggered from"),
    });
    let payload = json!({
        "decision": mapping("what the decision task says", decision, &["parameters"]),
        "user": mapping("what the user says", user, &[]),
    });
    mapping("what the `hookPayload` of an action renders to", payload, &[])
}

#[cfg(test)]
mod tests;
