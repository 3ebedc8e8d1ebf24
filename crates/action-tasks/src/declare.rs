//! `actions.json`: what a decision task says about the actions of its graph.

use std::collections::BTreeSet;
use std::fs;

use sha2::{Digest, Sha256};
use taskgraph_actions::Document;
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_kinds::Registry;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, map, text};

use crate::{
    Error,
    action::{Declaring, Registered, all},
};

/// Who is said to have pushed what an action task makes.
const OWNER: Str = text!("mozilla-taskcluster-maintenance@mozilla.com");

/// The content of the artifact `actions.json` of a decision task: every registered action that is available for these
/// parameters, in the order of menus, without those that `taskgraph.disabled-actions` names. Triggering one triggers
/// a hook, whose name has a digest of `.taskcluster.yml` in it.
///
/// Fails with [`Error::TaskclusterYml`], [`Error::Config`], [`Error::Parameters`], [`Error::UnknownDisabled`],
/// [`Error::Declaration`] and [`Error::Declaring`], and with [`Error::Document`] if the whole is not as the specification of
/// actions wants it.
pub fn actions_json(
    registry: &Registry,
    parameters: &Parameters,
    config: &GraphConfig,
    decision_task_id: &str,
) -> Result<Value, Error> {
    let all = all(registry);
    let disabled = disabled(config, &all)?;
    let declaring = Declaring { parameters, config };
    let mut hooks = None;
    let mut actions = List::new();
    for Registered { callback, action } in all.iter().filter(|one| !disabled.contains(&one.callback)) {
        let failed = |source| Error::Declaring { action: callback.clone(), source };
        if !action.is_available(&declaring).map_err(failed)? {
            continue;
        }
        let hooks = match &hooks {
            Some(hooks) => hooks,
            None => hooks.insert(Hooks::new(declaring, decision_task_id)?),
        };
        let declared = hooks.declare(callback, action.as_ref(), &declaring)?;
        if let Some((path, date)) = Value::from(declared.clone()).find_date() {
            let problem = format!("`{path}`: the date {date} cannot be written as JSON");
            return Err(Error::Declaration { action: callback.clone(), problem });
        }
        actions.push(declared.into());
    }
    let document = Value::from(map! { "version" => 1, "variables" => Map::new(), "actions" => actions });
    Document::from_value(&document).and_then(|document| document.to_value())?;
    Ok(document)
}

/// The callbacks that the configuration disables.
fn disabled(config: &GraphConfig, all: &[Registered]) -> Result<Vec<Str>, Error> {
    let names = config.disabled_actions().iter();
    let names = names.map(|name| name.as_str().cloned().unwrap_or_else(|| describe(name).into()));
    let names: Vec<Str> = names.collect();
    let mut unknown: Vec<Str> =
        names.iter().filter(|name| all.iter().all(|one| one.callback != **name)).cloned().collect();
    if unknown.is_empty() {
        return Ok(names);
    }
    unknown.sort_unstable();
    unknown.dedup();
    let mut known: Vec<Str> = all.iter().map(|one| one.callback.clone()).collect();
    known.sort_unstable();
    Err(Error::UnknownDisabled { config: config.root().join("config.yml"), unknown, known })
}

/// What the hooks of all actions of a push have in common.
struct Hooks<'a> {
    decision_task_id: &'a str,
    group: String,
    /// The beginning of their names.
    prefix: String,
    digest: String,
    repository: Map,
    push: Map,
}

impl<'a> Hooks<'a> {
    fn new(
        Declaring { parameters, config }: Declaring<'_>,
        decision_task_id: &'a str,
    ) -> Result<Hooks<'a>, Error> {
        let text = |name| parameters.text(name).map(Value::from);
        let optional = |name| parameters.get(name).filter(|value| value.is_truthy());
        let level = parameters.text("level")?;
        let mut push = map! {
            "owner" => OWNER,
            "pushlog_id" => text("pushlog_id")?,
            "revision" => text("head_rev")?,
            "base_revision" => text("base_rev")?,
        };
        let branch = optional("head_ref");
        if let Some(branch) = branch {
            push.insert(text!("branch"), branch.clone());
        }
        if let Some(base) = optional("base_ref").filter(|base| branch != Some(base)) {
            push.insert(text!("base_branch"), base.clone());
        }
        let pull_request = parameters.text("tasks_for")?.starts_with("github-pull-request");
        let kind = if pull_request { "pr-action" } else { "action" };
        Ok(Hooks {
            decision_task_id,
            group: format!("project-{}", config.trust_domain()),
            prefix: format!("in-tree-{kind}-{level}-"),
            digest: digest(config)?,
            repository: map! {
                "url" => text("head_repository")?,
                "project" => text("project")?,
                "level" => level,
                "base_url" => text("base_repository")?,
            },
            push,
        })
    }

    fn declare(
        &self,
        callback: &Str,
        action: &dyn crate::Action,
        declaring: &Declaring<'_>,
    ) -> Result<Map, Error> {
        let failed = |source| Error::Declaring { action: callback.clone(), source };
        let wrong = |problem| Error::Declaration { action: callback.clone(), problem };
        let about = action.about();
        let permission = &about.permission;
        // A scope for all hooks of a permission would also be one for those of a permission below it.
        if permission.contains('/') {
            return Err(wrong(format!("the permission `{permission}` must have no slash; use a dash")));
        }
        let length = about.symbol.chars().count();
        if !about.symbol.contains('$') && !(1..=25).contains(&length) {
            let symbol = &about.symbol;
            return Err(wrong(format!("the symbol `{symbol}` must have between 1 and 25 characters")));
        }
        let (title, description) = (about.title.trim(), about.description.trim());
        let mut declared = map! {
            "name" => &about.name,
            "title" => title,
            "description" => description,
            "context" => action.context(declaring).map_err(failed)?,
        };
        if let Some(schema) = action.schema(declaring.config).map_err(failed)? {
            declared.insert(text!("schema"), schema);
        }
        let told = map! {
            "name" => &about.name,
            "title" => title,
            "description" => description,
            "taskGroupId" => self.decision_task_id,
            "cb_name" => callback,
            "symbol" => &about.symbol,
        };
        let passed = |name: &str| map! { "$eval" => name };
        declared.extend_from(&map! {
            "kind" => "hook",
            "hookGroupId" => self.group.as_str(),
            "hookId" => format!("{}{permission}/{}", self.prefix, self.digest),
            "hookPayload" => map! {
                "decision" => map! {
                    "action" => told,
                    "repository" => self.repository.clone(),
                    "push" => self.push.clone(),
                },
                "user" => map! {
                    "input" => passed("input"),
                    "taskId" => passed("taskId"),
                    "taskGroupId" => passed("taskGroupId"),
                },
            },
            "extra" => map! { "actionPerm" => permission },
        });
        Ok(declared)
    }
}

/// The permissions that actions, as [`actions_json`] has them, are declared with.
pub fn permissions(actions: &Value) -> BTreeSet<String> {
    let actions = actions.at("actions").and_then(Value::as_list);
    let permission = |action: &Value| Some(action.at("extra.actionPerm")?.as_str()?.to_string());
    actions.into_iter().flatten().filter_map(permission).collect()
}

/// The first ten digits of the SHA-256 of `.taskcluster.yml`.
fn digest(config: &GraphConfig) -> Result<String, Error> {
    let path = config.taskcluster_yml()?;
    let bytes = fs::read(&path).map_err(|source| Error::TaskclusterYml { path, source })?;
    Ok(Sha256::digest(&bytes).iter().take(5).map(|byte| format!("{byte:02x}")).collect())
}
