//! Tasks that are made when something asks for them.

use serde::Deserialize;
use serde_json::Value;

use super::call;
use crate::{
    cluster::{Cluster, Sent},
    error::Error,
    task_id::TaskId,
};

/// The hooks. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Hooks<'a> {
    cluster: &'a Cluster,
}

impl<'a> Hooks<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Hooks { cluster }
    }

    /// The names of all groups.
    pub async fn list_hook_groups(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            groups: Vec<String>,
        }
        let answer: Answer = self.cluster.read(&call!("hooks", "listHookGroups", &[])).await?;
        Ok(answer.groups)
    }

    /// The hooks of a group, as the service defines them.
    pub async fn list_hooks(&self, group: &str) -> Result<Vec<Value>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            hooks: Vec<Value>,
        }
        let answer: Answer = self.cluster.read(&call!("hooks", "listHooks", &[group])).await?;
        Ok(answer.hooks)
    }

    /// One hook, as the service defines it.
    pub async fn hook(&self, group: &str, hook: &str) -> Result<Value, Error> {
        self.cluster.read(&call!("hooks", "hook", &[group, hook])).await
    }

    /// Creates a hook. Creating it again with the same definition changes nothing; with another one, the service refuses
    /// with [`Error::Conflict`].
    pub async fn create_hook(
        &self,
        group: &str,
        hook: &str,
        definition: &Value,
    ) -> Result<Sent<Value>, Error> {
        self.cluster.change(&call!("hooks", "createHook", &[group, hook], Some(definition))).await
    }

    /// Replaces the definition of a hook.
    pub async fn update_hook(
        &self,
        group: &str,
        hook: &str,
        definition: &Value,
    ) -> Result<Sent<Value>, Error> {
        self.cluster.change(&call!("hooks", "updateHook", &[group, hook], Some(definition))).await
    }

    /// Makes a hook create its task. Each call makes another one, so it is not repeated if no answer comes.
    pub async fn trigger_hook(
        &self,
        group: &str,
        hook: &str,
        payload: &Value,
    ) -> Result<Sent<TaskId>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            task_id: TaskId,
        }
        let call = call!("hooks", "triggerHook", &[group, hook], Some(payload));
        Ok(self.cluster.change::<Answer>(&call).await?.map(|answer| answer.task_id))
    }
}
