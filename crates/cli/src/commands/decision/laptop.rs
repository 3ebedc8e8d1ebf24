//! Decisions in the embedded cluster, which has neither GitHub nor administrators.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value as Json;
use taskcluster_queue_client::{Cluster, Error as ClientError, TaskId};
use taskgraph_action_tasks::{actions_json, permissions};
use taskgraph_chain_of_trust::{Making, Template, Tree as Installed, install_hooks};
use taskgraph_decision::{Plan, Push, level_of, stand_in};
use taskgraph_kinds::Session;
use taskgraph_value::Value;

use super::{DecisionArgs, Prepared, Tree};
use crate::connection::{Connection, now};
use crate::failure::{Misuse, message};
use crate::laptop::{Alone, repository_folder, work};
use crate::log::Log;
use crate::world::{LOCAL_ROOT_URL, World};

/// Makes a decision task up, unless there is one, and does its work here.
pub(super) fn on_laptop(
    args: DecisionArgs,
    tree: Tree<'_>,
    task_id: &TaskId,
    connection: &Connection,
    log: &Log,
) -> Result<()> {
    let (world, cluster) = (tree.world, connection.cluster());
    let alone = Alone::with(task_id, world)?;
    let begun = connection.block_on(begun(cluster, task_id))?;
    let record = record(world, task_id)?;
    // One that is finished later is about the push that it began with.
    let known = match &begun {
        Some(_) => recorded(&record, task_id)?,
        None => tree.checkout(world.now.timestamp())?,
    };
    let level = args.push.level.clone();
    let mut push = args.push.push(known)?;
    let template = tree.template()?;
    tree.check_event(&push, template.as_ref())?;
    let is_new = begun.is_none();
    let definition = match begun {
        Some(definition) => definition,
        None => tree.decision_task(&push, template.as_ref(), task_id, log)?,
    };
    // A project's template knows which branches it trusts.
    let scheduler = definition.get("schedulerId").and_then(Json::as_str).unwrap_or_default();
    match (level_of(scheduler, tree.config.trust_domain()), level) {
        (Some(of_task), Some(level)) if of_task != level => {
            return Err(anyhow!(Misuse(format!(
                "--level: the decision task of such a push has the level {of_task}, found {level}"
            ))));
        }
        (Some(of_task), _) => push.level = of_task.to_owned(),
        (None, _) => {}
    }
    let decision = tree.prepare(push, task_id, args.no_verify, log)?;
    // What no queue accepts is said before there are hooks.
    let plan = decision.plan_itself(task_id, &definition)?;
    connection.block_on(async {
        if let Some(template) = &template {
            decision.install(template, &definition, cluster, task_id).await?;
        }
        if is_new {
            fs::write(&record, serde_json::to_vec(&decision.push)?)
                .with_context(|| format!("cannot write {}", record.display()))?;
            plan.create(cluster, now, |_| {}).await?;
        }
        anyhow::Ok(())
    })?;
    work(&alone, connection, |work, folder| {
        let made = decision.make(task_id, folder, connection, work.cluster());
        if made.is_err() {
            log.info(format_args!(
                "The decision task {task_id} failed; when the cause is mended, `TASK_ID={task_id} taskgraph decision \
                 --local` finishes it."
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
    pub(super) fn template(&self) -> Result<Option<Template>> {
        let path = self.repository.root().join(".taskcluster.yml");
        match fs::read(&path) {
            Ok(content) => Ok(Some(Template::parse(&content, &path)?)),
            Err(error) if error.kind() == NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Fails if nobody knows what the push is.
    pub(super) fn check_event(&self, push: &Push, template: Option<&Template>) -> Result<(), Misuse> {
        push.check_event(template).map_err(|error| Misuse(format!("--tasks-for: {error}")))
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
        let commit = self.repository.commit_message(None).unwrap_or_default();
        let making = Making { root_url: Some(LOCAL_ROOT_URL), ..Making::of_one_task(task_id, now) };
        push.decision_task(template, &commit, &making).or_else(|why| {
            let why = message(&why.into());
            log.info(format_args!(
                "A plain decision task takes the place of that of .taskcluster.yml: {why}"
            ));
            Ok(plain())
        })
    }
}

impl Prepared<'_> {
    /// What creates the decision task itself.
    fn plan_itself(&self, task_id: &TaskId, definition: &Json) -> Result<Plan> {
        let name = definition.pointer("/metadata/name").and_then(Json::as_str).unwrap_or_default();
        let definition: Value = serde_json::from_value(definition.clone())?;
        let plan = Plan::of_definition(name, task_id.clone(), definition, self.world.now.to_utc());
        Ok(plan.map_err(|error| error.traced(&self.session.parameters))?)
    }

    /// Makes the hooks of the tree's actions in a cluster that nobody else uses, and lets tasks do what they need there.
    async fn install(
        &self,
        template: &Template,
        definition: &Json,
        cluster: &Cluster,
        task_id: &TaskId,
    ) -> Result<()> {
        let Session { registry, parameters, config, .. } = &self.session;
        let actions = actions_json(registry, parameters, config, task_id.as_str())?;
        let permissions = permissions(&actions);
        // A template may name the project's own repository, even if this is a copy of it.
        let assumed =
            scopes(definition).filter_map(|scope| scope.strip_prefix("assume:repo:")?.split(':').next());
        let mut repositories: Vec<String> = assumed.map(|path| format!("https://{path}")).collect();
        repositories.extend([self.push.head_repository.clone(), self.push.base_repository.clone()]);
        let tree = Installed {
            trust_domain: config.trust_domain(),
            level: &self.push.level,
            repositories: &repositories.iter().map(String::as_str).collect::<Vec<_>>(),
            permissions: &permissions.iter().map(String::as_str).collect::<Vec<_>>(),
            scopes: Installed::ON_A_LAPTOP,
        };
        install_hooks(cluster, template, &tree).await?;
        Ok(())
    }
}

/// The definition of the decision task, if it is there.
async fn begun(cluster: &Cluster, task_id: &TaskId) -> Result<Option<Json>> {
    match cluster.queue().task(task_id).await {
        Ok(definition) => Ok(Some(definition)),
        Err(ClientError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The file that has the push of a decision task, in case that it is interrupted.
fn record(world: &World, task_id: &TaskId) -> Result<PathBuf> {
    let folder = repository_folder(world)?.join("pushes");
    fs::create_dir_all(&folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(folder.join(format!("{task_id}.json")))
}

/// The push of a decision task that was begun here. No other task is one.
fn recorded(record: &Path, task_id: &TaskId) -> Result<Option<Push>> {
    let shown = || format!("cannot read {}", record.display());
    match fs::read(record) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).with_context(shown)?)),
        Err(error) if error.kind() == NotFound => {
            bail!("TASK_ID: the task {task_id} is no decision task that `taskgraph decision --local` made")
        }
        Err(error) => Err(error).with_context(shown),
    }
}

fn scopes(definition: &Json) -> impl Iterator<Item = &str> {
    definition.get("scopes").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}
