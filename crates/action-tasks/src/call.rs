//! An action task at work.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error as ClientError, TaskId};
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_decision::{Artifacts, TaskIds};
use taskgraph_kinds::{Environment, Registry};
use taskgraph_value::{Str, Value};
use tokio::runtime::Runtime;

use crate::{Action, Declaring, Error, input, scopes};

/// A call of a callback: what was asked for, and all that a callback works with.
///
/// If the cluster is one for a [dry run](Cluster::dry_run), this is a test: nothing is changed, and what would be is
/// recorded there. What is printed for a test by the reference does not depend on what the index has, so the index is not
/// asked then.
pub struct Call<'a> {
    /// The parameters of the push.
    pub parameters: Parameters,
    /// The configuration of its graph, from the checkout.
    pub config: GraphConfig,
    /// Where actions and strategies are looked up.
    pub registry: Arc<Registry>,
    /// The environment variables that a callback may see. `TASKCLUSTER_ROOT_URL` and `TASKCLUSTER_PROXY_URL` say where
    /// references to artifacts lead.
    pub environment: Environment,
    /// Where relative paths start.
    pub cwd: PathBuf,
    /// The folder with the in-task scripts, if one was named; relative to `cwd`. Callbacks that make a whole graph need
    /// it.
    pub run_task_dir: Option<PathBuf>,
    /// The input; null if the action takes none.
    pub input: Value,
    /// The task that the action is for; nothing if it is for the group.
    pub task_id: Option<TaskId>,
    /// The group that it was triggered from.
    pub task_group_id: Option<TaskId>,
    /// The action task itself; nothing in a test that is no task.
    pub own_task_id: Option<TaskId>,
    /// The ids of what it creates. They follow from the action task's own, so that running it again creates nothing
    /// twice.
    pub ids: TaskIds,
    /// The deployment, and what may be done there.
    pub cluster: &'a Cluster,
    /// Where requests are made.
    pub runtime: &'a Runtime,
    /// The folder to leave artifacts in. It is made when there is one.
    pub artifacts: PathBuf,
    /// The folder to leave the contexts of images in, if a whole graph is made.
    pub contexts: PathBuf,
    /// The present.
    pub now: &'a dyn Fn() -> DateTime<Utc>,
    /// Gets a line for each thing that is done.
    pub log: &'a dyn Fn(&str),
}

/// The task that an action is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its id.
    pub task_id: TaskId,
    /// Its definition, as the queue has it.
    pub definition: Value,
}

impl Target {
    /// Its name, which is its label if it is a task of a graph; empty if it has none.
    pub fn label(&self) -> Str {
        self.definition.at("metadata.name").and_then(Value::as_str).cloned().unwrap_or_default()
    }
}

impl Call<'_> {
    /// Runs the callback of a name, after a look at the scopes of the action task and at its input. Nothing is done if
    /// they do not suffice.
    ///
    /// Fails with [`Error::UnknownCallback`], [`Error::CurrentScopes`], [`Error::Scopes`], [`Error::Input`] and
    /// [`Error::Action`], which has whatever the callback fails with.
    pub fn run(mut self, callback: &str) -> Result<(), Error> {
        let action = self.registry.get::<dyn Action>(callback)?;
        if !self.is_test() {
            scopes::check(&self, &action.about().permission)?;
        }
        let declaring = Declaring { parameters: &self.parameters, config: &self.config };
        let schema = action
            .schema(declaring.config)
            .map_err(|source| Error::Declaring { action: callback.into(), source })?;
        let filled = input::checked(schema.as_ref(), &self.input)
            .map_err(|problem| Error::Input { action: callback.into(), problem })?;
        if action.fills_defaults() {
            self.input = filled;
        }
        action.run(&self).map_err(|source| Error::Action { action: callback.into(), source })
    }

    /// Whether nothing is to be changed.
    pub fn is_test(&self) -> bool {
        self.cluster.is_dry_run()
    }

    /// Waits for asynchronous work. Must not be called by such work itself.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Tells what is done.
    pub fn say(&self, message: &str) {
        (self.log)(message);
    }

    /// The group that the action was triggered from.
    ///
    /// Fails with [`Error::NoGroup`].
    pub fn group(&self) -> Result<&TaskId, Error> {
        self.task_group_id.as_ref().ok_or(Error::NoGroup)
    }

    /// The task that the action is for.
    ///
    /// Fails with [`Error::NoTask`] if it was triggered for the group, with [`Error::Target`] if there is no such task, and
    /// with [`Error::Outside`] if it is in another group.
    pub fn target(&self) -> Result<Target, Error> {
        let task_id = self.task_id.clone().ok_or(Error::NoTask)?;
        let definition = self
            .wait(self.cluster.queue().task(&task_id))
            .map_err(|source| Error::Target { task_id: task_id.clone(), source })?;
        let definition: Value = serde_json::from_value(definition).map_err(|source| Error::Target {
            task_id: task_id.clone(),
            source: ClientError::BadAnswer { asked: format!("`queue.task({task_id})`"), source },
        })?;
        let target = Target { task_id, definition };
        let found = target.definition.at("taskGroupId").and_then(Value::as_str);
        match (found, &self.task_group_id) {
            (Some(found), Some(group)) if found != group.as_str() => Err(Error::Outside {
                task_id: target.task_id.clone(),
                label: target.label(),
                found: found.clone(),
                group: group.clone(),
            }),
            _ => Ok(target),
        }
    }

    /// The folder of artifacts, which is made now.
    ///
    /// Fails with [`Error::Artifacts`].
    pub fn artifacts(&self) -> Result<Artifacts, Error> {
        Artifacts::open(&self.artifacts).map_err(|source| Error::Artifacts { source })
    }
}
