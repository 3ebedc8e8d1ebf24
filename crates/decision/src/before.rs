//! What a decision task did when it was run before.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error, TaskId};
use taskgraph_generate::{Lookup, LookupError, Lookups, Status};
use taskgraph_value::Str;

/// The tasks that a decision or action task has created already, if it was interrupted and is run again, and the tasks of
/// others that these need. By default none.
#[derive(Clone, Debug, Default)]
pub struct CreatedBefore {
    tasks: FxHashSet<TaskId>,
    /// The tasks of others, at the index paths that they have themselves put there.
    replaced: Lookups,
}

impl CreatedBefore {
    /// Looks at the group of a decision task.
    ///
    /// Fails if the cluster cannot be reached. Without the right to look there are none; creating them will tell.
    pub async fn look(cluster: &Cluster, decision: &TaskId) -> Result<CreatedBefore, Error> {
        let group = known(cluster.queue().task_group(decision).await)?.unwrap_or_default();
        let tasks = group.into_iter().map(|task| (task.status.task_id, task.task)).collect();
        CreatedBefore::new(cluster, tasks).await
    }

    /// Looks which of some tasks there are.
    ///
    /// Fails as [`CreatedBefore::look`].
    pub async fn among(cluster: &Cluster, ids: &[TaskId]) -> Result<CreatedBefore, Error> {
        let definitions = known(cluster.queue().tasks(ids).await)?.unwrap_or_default();
        let tasks = ids.iter().zip(definitions).filter_map(|(id, task)| Some((id.clone(), task?))).collect();
        CreatedBefore::new(cluster, tasks).await
    }

    async fn new(cluster: &Cluster, tasks: Vec<(TaskId, Value)>) -> Result<CreatedBefore, Error> {
        let needed: BTreeSet<TaskId> = tasks
            .iter()
            .flat_map(|(_, task)| texts(task, "dependencies").filter_map(|id| id.parse().ok()))
            .collect();
        let tasks: FxHashSet<TaskId> = tasks.into_iter().map(|(id, _)| id).collect();
        let others: Vec<TaskId> = needed.into_iter().filter(|id| !tasks.contains(id)).collect();
        Ok(CreatedBefore { tasks, replaced: at_index_paths(cluster, &others).await? })
    }

    /// Whether a task was created.
    pub fn contains(&self, task_id: &TaskId) -> bool {
        !self.tasks.is_empty() && self.tasks.contains(task_id)
    }

    /// Changes what was found at index paths: a task that took the place of another then does so again, even if the index
    /// has a newer one.
    pub fn remind(&self, index_paths: &[Str], found: &mut Lookups) {
        for path in index_paths {
            let Some(id) = self.replaced.tasks.get(path) else { continue };
            found.tasks.insert(path.clone(), id.clone());
            if let Some(status) = self.replaced.statuses.get(id) {
                found.statuses.insert(id.clone(), status.clone());
            }
        }
    }
}

/// The answer, if we may have one.
fn known<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_about_reach() => Err(error),
        Err(_) => Ok(None),
    }
}

fn texts<'a>(definition: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    definition.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The tasks at the index paths of their routes.
async fn at_index_paths(cluster: &Cluster, ids: &[TaskId]) -> Result<Lookups, Error> {
    if ids.is_empty() {
        return Ok(Lookups::default());
    }
    let queue = cluster.queue();
    let definitions = known(queue.tasks(ids).await)?.unwrap_or_default();
    let statuses = known(queue.statuses(ids).await)?.unwrap_or_default();
    let mut found = Lookups::default();
    let mut ambiguous: FxHashSet<Str> = FxHashSet::default();
    for ((id, definition), status) in ids.iter().zip(definitions).zip(statuses) {
        let (Some(definition), Some(status)) = (definition, status) else { continue };
        let id: Str = id.as_str().into();
        for path in texts(&definition, "routes").filter_map(|route| route.strip_prefix("index.")) {
            if found.tasks.insert(path.into(), id.clone()).is_some() {
                ambiguous.insert(path.into());
            }
        }
        // It was good enough then, and tasks depend on it, so how it stands now makes no difference.
        let status = Status { state: "completed".into(), expires: status.expires.into() };
        found.statuses.insert(id, status);
    }
    found.tasks.retain(|path, _| !ambiguous.contains(path));
    Ok(found)
}

/// Finds what was found before, and asks about the rest.
pub(crate) struct Remembering<L> {
    pub(crate) lookup: L,
    pub(crate) before: Arc<CreatedBefore>,
}

impl<L: Lookup> Lookup for Remembering<L> {
    fn look_up(&self, index_paths: &[Str]) -> Result<Lookups, LookupError> {
        let mut found = self.lookup.look_up(index_paths)?;
        self.before.remind(index_paths, &mut found);
        Ok(found)
    }
}
