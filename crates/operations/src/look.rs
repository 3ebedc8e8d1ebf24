//! How tasks stand, and what they are: what plans are made from.

use futures_util::{StreamExt, stream};
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error, Run, Status, Task, TaskId};

use crate::failure::{Failure, Refusal};

/// A task that something may be done to.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) task_id: TaskId,
    pub(crate) status: Result<Status, Failure>,
    /// Nothing if it was not looked up, or could not be.
    pub(crate) definition: Option<Value>,
}

/// Whether definitions are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definitions {
    /// For their names: no failure if they cannot be read.
    Helpful,
    /// Without one nothing can be done to a task.
    Needed,
}

impl From<Task> for Subject {
    fn from(task: Task) -> Subject {
        Subject { task_id: task.status.task_id.clone(), status: Ok(task.status), definition: Some(task.task) }
    }
}

impl Subject {
    pub(crate) fn name(&self) -> String {
        self.definition.as_ref().map(name).unwrap_or_default()
    }
}

/// The name of a task, by its definition; empty if it has none.
pub fn name(definition: &Value) -> String {
    definition["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The tasks, each once, in the order of the ids. Failures of one task are its own; what keeps from looking up any is
/// an error.
pub(crate) async fn subjects(
    cluster: &Cluster,
    ids: &[TaskId],
    need: Definitions,
) -> Result<Vec<Subject>, Error> {
    let ids = distinct(ids);
    let statuses = statuses(cluster, &ids).await?;
    let mut subjects: Vec<Subject> = ids
        .iter()
        .zip(statuses)
        .map(|(id, status)| Subject { task_id: id.clone(), status, definition: None })
        .collect();
    let known: Vec<usize> = (0..ids.len()).filter(|&index| subjects[index].status.is_ok()).collect();
    let known_ids: Vec<TaskId> = known.iter().map(|&index| ids[index].clone()).collect();
    match definitions(cluster, &known_ids).await {
        Ok(found) => {
            for (index, definition) in known.into_iter().zip(found) {
                match definition {
                    Ok(definition) => subjects[index].definition = Some(definition),
                    Err(failure) if need == Definitions::Needed => subjects[index].status = Err(failure),
                    Err(_) => {}
                }
            }
        }
        Err(error) if need == Definitions::Needed => return Err(error),
        Err(_) => {}
    }
    Ok(subjects)
}

/// How tasks stand, in the order of the ids.
pub async fn statuses(cluster: &Cluster, ids: &[TaskId]) -> Result<Vec<Result<Status, Failure>>, Error> {
    let queue = cluster.queue();
    each(cluster, ids, queue.statuses(ids).await, async |id| queue.status(id).await).await
}

/// The definitions of tasks, in the order of the ids.
pub async fn definitions(cluster: &Cluster, ids: &[TaskId]) -> Result<Vec<Result<Value, Failure>>, Error> {
    let queue = cluster.queue();
    each(cluster, ids, queue.tasks(ids).await, async |id| queue.task(id).await).await
}

/// What a batch found. If we may not have all of it, one by one: we may have some.
async fn each<T>(
    cluster: &Cluster,
    ids: &[TaskId],
    batch: Result<Vec<Option<T>>, Error>,
    one: impl AsyncFn(&TaskId) -> Result<T, Error>,
) -> Result<Vec<Result<T, Failure>>, Error> {
    match batch {
        Ok(found) => Ok(found.into_iter().map(|found| found.ok_or(Refusal::Unknown.into())).collect()),
        Err(Error::InsufficientScopes { .. }) => {
            let one = &one;
            let asked = ids.iter().map(|id| async move {
                one(id).await.map_err(|error| match error {
                    Error::NotFound(_) => Refusal::Unknown.into(),
                    error => Failure::Failed(error),
                })
            });
            Ok(stream::iter(asked).buffered(cluster.concurrency()).collect().await)
        }
        Err(error) => Err(error),
    }
}

/// A run of a task by its number, or the last one.
///
/// Fails with [`Refusal::NoRun`].
pub fn run_of(status: &Status, run: Option<u32>) -> Result<&Run, Refusal> {
    let found = match run {
        Some(run) => status.runs.iter().find(|known| known.run_id == run),
        None => status.runs.last(),
    };
    found.ok_or(Refusal::NoRun { run: run.unwrap_or(0), runs: status.runs.len() })
}

/// The ids, each once, in order.
pub(crate) fn distinct(ids: &[TaskId]) -> Vec<TaskId> {
    let mut seen = std::collections::BTreeSet::new();
    ids.iter().filter(|id| seen.insert(*id)).cloned().collect()
}
