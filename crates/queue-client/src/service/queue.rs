//! Tasks, groups and their artifacts.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::call;
use crate::{
    cluster::{Call, Cluster, Sent, shaped},
    error::Error,
    task_id::TaskId,
    types::{Artifact, CanceledGroup, Claim, Group, Status, Task},
};

/// How many ids one batch has: the service takes a thousand.
const BATCH: usize = 500;

/// The queue. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Queue<'a> {
    pub(crate) cluster: &'a Cluster,
}

#[derive(Deserialize)]
struct StatusAnswer {
    status: Status,
}

/// How a worker ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report<'a> {
    /// With success.
    Completed,
    /// Without success.
    Failed,
    /// Not at all: the reason is one of the queue's, such as `worker-shutdown` or `malformed-payload`.
    Exception(&'a str),
}

impl<'a> Queue<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Queue { cluster }
    }

    /// Creates a task. Creating it again with the same definition changes nothing.
    pub async fn create_task(&self, id: &TaskId, definition: &Value) -> Result<Sent<Status>, Error> {
        self.status_of(call!("queue", "createTask", &[id.as_str()], Some(definition))).await
    }

    /// The definition of a task.
    pub async fn task(&self, id: &TaskId) -> Result<Value, Error> {
        self.cluster.read(&call!("queue", "task", &[id.as_str()])).await
    }

    /// The definitions of many tasks, in the order of the ids; nothing for ids that the queue does not know.
    pub async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Option<Value>>, Error> {
        self.batched(ids, call!("queue", "tasks", &[]), "tasks", "task").await
    }

    /// How a task stands.
    pub async fn status(&self, id: &TaskId) -> Result<Status, Error> {
        let answer: StatusAnswer = self.cluster.read(&call!("queue", "status", &[id.as_str()])).await?;
        Ok(answer.status)
    }

    /// How many tasks stand, in the order of the ids; nothing for ids that the queue does not know.
    pub async fn statuses(&self, ids: &[TaskId]) -> Result<Vec<Option<Status>>, Error> {
        self.batched(ids, call!("queue", "statuses", &[]), "statuses", "status").await
    }

    /// Cancels a task, whatever its state. One that is resolved stays as it is.
    pub async fn cancel_task(&self, id: &TaskId) -> Result<Sent<Status>, Error> {
        self.status_of(call!("queue", "cancelTask", &[id.as_str()])).await
    }

    /// Makes a new run of a task, without a look at its dependencies. One that is pending or running stays as it is.
    /// This is not repeated if no answer comes: the new run may have ended by then, and there would be another.
    pub async fn rerun_task(&self, id: &TaskId) -> Result<Sent<Status>, Error> {
        self.status_of(call!("queue", "rerunTask", &[id.as_str()])).await
    }

    /// Makes an unscheduled task pending, without a look at its dependencies.
    pub async fn schedule_task(&self, id: &TaskId) -> Result<Sent<Status>, Error> {
        self.status_of(call!("queue", "scheduleTask", &[id.as_str()])).await
    }

    /// Changes the priority of a task: `highest`, `very-high`, `high`, `medium`, `low`, `very-low`, `lowest`.
    pub async fn change_task_priority(&self, id: &TaskId, priority: &str) -> Result<Sent<Status>, Error> {
        let body = json!({"newPriority": priority});
        self.status_of(call!("queue", "changeTaskPriority", &[id.as_str()], Some(&body))).await
    }

    /// Changes the priority of all tasks of a group that are not resolved. The answer is as the service gives it.
    pub async fn change_task_group_priority(
        &self,
        id: &TaskId,
        priority: &str,
    ) -> Result<Sent<Value>, Error> {
        let body = json!({"newPriority": priority});
        self.cluster.change(&call!("queue", "changeTaskGroupPriority", &[id.as_str()], Some(&body))).await
    }

    /// The tasks of a group, page by page, in no particular order.
    pub fn list_task_group(
        &self,
        id: &TaskId,
    ) -> impl Stream<Item = Result<Vec<Task>, Error>> + Send + use<> {
        self.cluster.items(&call!("queue", "listTaskGroup", &[id.as_str()]), "tasks")
    }

    /// All the tasks of a group, in no particular order.
    pub async fn task_group(&self, id: &TaskId) -> Result<Vec<Task>, Error> {
        self.list_task_group(id).try_concat().await
    }

    /// The tasks that wait for a task, page by page.
    pub fn list_dependent_tasks(
        &self,
        id: &TaskId,
    ) -> impl Stream<Item = Result<Vec<Task>, Error>> + Send + use<> {
        self.cluster.items(&call!("queue", "listDependentTasks", &[id.as_str()]), "tasks")
    }

    /// All the tasks that wait for a task.
    pub async fn dependent_tasks(&self, id: &TaskId) -> Result<Vec<Task>, Error> {
        self.list_dependent_tasks(id).try_concat().await
    }

    /// A group, without its tasks.
    pub async fn get_task_group(&self, id: &TaskId) -> Result<Group, Error> {
        self.cluster.read(&call!("queue", "getTaskGroup", &[id.as_str()])).await
    }

    /// Seals a group, so that no task can be added to it. This cannot be undone.
    pub async fn seal_task_group(&self, id: &TaskId) -> Result<Sent<Group>, Error> {
        self.cluster.change(&call!("queue", "sealTaskGroup", &[id.as_str()])).await
    }

    /// Cancels all tasks of a group that are not resolved. The group must be sealed.
    pub async fn cancel_task_group(&self, id: &TaskId) -> Result<Sent<CanceledGroup>, Error> {
        self.cluster.change(&call!("queue", "cancelTaskGroup", &[id.as_str()])).await
    }

    /// The artifacts of a run, or of the latest one.
    pub async fn list_artifacts(&self, id: &TaskId, run: Option<u32>) -> Result<Vec<Artifact>, Error> {
        match run.map(|run| run.to_string()) {
            Some(run) => {
                let call = call!("queue", "listArtifacts", &[id.as_str(), &run]);
                self.cluster.all(&call, "artifacts").await
            }
            None => {
                let call = call!("queue", "listLatestArtifacts", &[id.as_str()]);
                self.cluster.all(&call, "artifacts").await
            }
        }
    }

    /// Makes an artifact known. The answer says where its content goes, if it has any.
    pub async fn create_artifact(
        &self,
        id: &TaskId,
        run: u32,
        name: &str,
        artifact: &Value,
    ) -> Result<Sent<Value>, Error> {
        let run = run.to_string();
        self.cluster
            .change(&call!("queue", "createArtifact", &[id.as_str(), &run, name], Some(artifact)))
            .await
    }

    /// Claims up to `most` tasks of a pool (`provisioner/worker-type`) for a worker. Waits up to 20 seconds for one.
    pub async fn claim_work(
        &self,
        task_queue_id: &str,
        most: usize,
        worker_group: &str,
        worker_id: &str,
    ) -> Result<Sent<Vec<Claim>>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            tasks: Vec<Claim>,
        }
        let body = json!({"tasks": most, "workerGroup": worker_group, "workerId": worker_id});
        let call = call!("queue", "claimWork", &[task_queue_id], Some(&body));
        Ok(self.cluster.change::<Answer>(&call).await?.map(|answer| answer.tasks))
    }

    /// Claims one run for a worker.
    pub async fn claim_task(
        &self,
        id: &TaskId,
        run: u32,
        worker_group: &str,
        worker_id: &str,
    ) -> Result<Sent<Claim>, Error> {
        let body = json!({"workerGroup": worker_group, "workerId": worker_id});
        let run = run.to_string();
        self.cluster.change(&call!("queue", "claimTask", &[id.as_str(), &run], Some(&body))).await
    }

    /// Keeps a claim. The worker signs with the credentials of its last claim.
    pub async fn reclaim_task(&self, id: &TaskId, run: u32) -> Result<Sent<Claim>, Error> {
        self.cluster.change(&call!("queue", "reclaimTask", &[id.as_str(), &run.to_string()])).await
    }

    /// Ends a run.
    pub async fn report(&self, id: &TaskId, run: u32, report: Report<'_>) -> Result<Sent<Status>, Error> {
        let run = run.to_string();
        let arguments = [id.as_str(), &run];
        match report {
            Report::Completed => self.status_of(call!("queue", "reportCompleted", &arguments)).await,
            Report::Failed => self.status_of(call!("queue", "reportFailed", &arguments)).await,
            Report::Exception(reason) => {
                let body = json!({"reason": reason});
                self.status_of(call!("queue", "reportException", &arguments, Some(&body))).await
            }
        }
    }

    async fn status_of(&self, call: Call<'_>) -> Result<Sent<Status>, Error> {
        Ok(self.cluster.change::<StatusAnswer>(&call).await?.map(|answer| answer.status))
    }

    /// Looks ids up, many at a time. The service leaves out what it does not know, and keeps no order.
    async fn batched<T: DeserializeOwned + Clone + Send>(
        &self,
        ids: &[TaskId],
        call: Call<'_>,
        list: &'static str,
        field: &'static str,
    ) -> Result<Vec<Option<T>>, Error> {
        let batches = ids.chunks(BATCH).map(async |batch| {
            let body = json!({"taskIds": batch});
            let call = Call { body: Some(&body), ..call };
            let answers: Vec<Value> = self.cluster.all(&call, list).await?;
            let mut found = BTreeMap::new();
            for mut answer in answers {
                let mut take = |name| answer.get_mut(name).map(Value::take).unwrap_or_default();
                found.insert(shaped::<TaskId>(&call, take("taskId"))?, shaped::<T>(&call, take(field))?);
            }
            Ok(batch.iter().map(|id| found.get(id).cloned()).collect::<Vec<_>>())
        });
        stream::iter(batches).buffered(self.cluster.concurrency()).try_concat().await
    }
}
