//! Decisions in the embedded cluster, which has neither GitHub nor administrators.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind::NotFound;

use anyhow::{Context, Result};
use chrono::DateTime;
use serde_json::Value as Json;
use taskcluster_queue_client::{Cluster, Error as ClientError, TaskId};
use taskgraph_action_tasks::actions_json;
use taskgraph_chain_of_trust::{Making, Template, Tree as Installed, install_hooks};
use taskgraph_decision::{Push, stand_in};
use taskgraph_kinds::Session;
use taskgraph_value::Value;

use super::{DecisionArgs, Prepared, Tree};
use crate::connection::Connection;
use crate::laptop::work;
use crate::log::Log;
use crate::world::LOCAL_ROOT_URL;

/// Makes a decision task up, unless there is one, and does its work here.
pub(super) fn on_laptop(
    args: DecisionArgs,
    tree: Tree<'_>,
    task_id: &TaskId,
    connection: &Connection,
    log: &Log,
) -> Result<()> {
    let (world, cluster) = (tree.world, connection.cluster());
    let begun = connection.block_on(begun(cluster, task_id))?;
    // One that is finished later has the date that it began with.
    let date = begun.as_ref().map_or(world.now.timestamp(), |(date, _)| *date);
    let level_is_given = args.push.level.is_some();
    let mut push = args.push.push(tree.checkout(date)?)?;
    let template = tree.template()?;
    let is_new = begun.is_none();
    let definition = match begun {
        Some((_, definition)) => definition,
        None => tree.decision_task(&push, template.as_ref(), task_id, log)?,
    };
    // A project's template knows which branches it trusts.
    if let Some(level) = tree.level_of(&definition).filter(|_| !level_is_given) {
        push.level = level;
    }
    let decision = tree.prepare(push, args.no_verify, log)?;
    connection.block_on(async {
        if let Some(template) = &template {
            decision.install(template, cluster, task_id).await?;
        }
        if is_new {
            cluster.queue().create_task(task_id, &definition).await?;
        }
        anyhow::Ok(())
    })?;
    work(task_id, connection, world, |work, folder| {
        let made = decision.make(task_id, folder, connection, work.cluster());
        if made.is_err() {
            log.info(format_args!(
                "The decision task {task_id} failed; `TASK_ID={task_id} taskgraph decision --local` finishes it."
            ));
        }
        made
    })?;
    log.info(format_args!(
        "Next: `taskgraph --local group list {task_id}`, `taskgraph local resolve-all {task_id}`."
    ));
    Ok(())
}

impl Tree<'_> {
    /// The tree's `.taskcluster.yml`, if it has one.
    fn template(&self) -> Result<Option<Template>> {
        let path = self.repository.root().join(".taskcluster.yml");
        match fs::read(&path) {
            Ok(content) => Ok(Some(Template::parse(&content, &path)?)),
            Err(error) if error.kind() == NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The decision task that the tree wants, or a plain one.
    fn decision_task(
        &self,
        push: &Push,
        template: Option<&Template>,
        task_id: &TaskId,
        log: &Log,
    ) -> Result<Json> {
        let now = self.world.now.to_utc();
        let plain = || stand_in(push, self.config.trust_domain(), task_id, now);
        let Some(template) = template else { return Ok(plain()) };
        let message = self.repository.commit_message(None).unwrap_or_default();
        let making = Making { root_url: Some(LOCAL_ROOT_URL), ..Making::of_one_task(task_id, now) };
        let why = match push.decision_task(template, &message, &making) {
            Ok(Some(definition)) => return Ok(definition),
            Ok(None) => format!("it wants none for {}", push.tasks_for),
            Err(error) => error.to_string(),
        };
        log.info(format_args!("A plain decision task takes the place of that of .taskcluster.yml: {why}"));
        Ok(plain())
    }

    /// The level of the repository, as the scheduler of a task says.
    fn level_of(&self, definition: &Json) -> Option<String> {
        let scheduler = definition.get("schedulerId")?.as_str()?;
        let level = scheduler.strip_prefix(self.config.trust_domain().as_str())?.strip_prefix("-level-")?;
        ["1", "2", "3"].contains(&level).then(|| level.to_owned())
    }
}

impl Prepared<'_> {
    /// Makes the hooks of the tree's actions in a cluster that nobody else uses, and lets tasks do what they need there.
    async fn install(&self, template: &Template, cluster: &Cluster, task_id: &TaskId) -> Result<()> {
        let Session { registry, parameters, config, .. } = &self.session;
        let actions = actions_json(registry, parameters, config, task_id.as_str())?;
        let permissions = permissions(&actions);
        let tree = Installed {
            trust_domain: config.trust_domain(),
            level: &self.push.level,
            repositories: &[&self.push.head_repository, &self.push.base_repository],
            permissions: &permissions.iter().map(String::as_str).collect::<Vec<_>>(),
            scopes: Installed::ON_A_LAPTOP,
        };
        install_hooks(cluster, template, &tree).await?;
        Ok(())
    }
}

/// When the decision task was created, in seconds since 1970, and its definition, if it is there.
async fn begun(cluster: &Cluster, task_id: &TaskId) -> Result<Option<(i64, Json)>> {
    match cluster.queue().task(task_id).await {
        Ok(definition) => {
            let created = definition.get("created").and_then(Json::as_str);
            let created = created.and_then(|time| DateTime::parse_from_rfc3339(time).ok());
            Ok(Some((created.map_or(0, |time| time.timestamp()), definition)))
        }
        Err(ClientError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The permissions that actions are declared with.
fn permissions(actions: &Value) -> BTreeSet<String> {
    let actions = actions.at("actions").and_then(Value::as_list);
    let permission = |action: &Value| Some(action.at("extra.actionPerm")?.as_str()?.to_string());
    actions.into_iter().flatten().filter_map(permission).collect()
}
