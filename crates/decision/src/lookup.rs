//! What the services know about earlier tasks.

use std::collections::BTreeSet;

use taskcluster_queue_client::{Cluster, Error, TaskId};
use taskgraph_generate::{Lookups, Status};
use taskgraph_value::Str;

/// Asks the index and the queue about tasks at index paths, many at a time: what an optimization wants to know.
pub async fn look_up(cluster: &Cluster, index_paths: &[Str]) -> Result<Lookups, Error> {
    let paths: Vec<String> = index_paths.iter().map(|path| path.as_str().to_owned()).collect();
    let mut lookups = Lookups::default();
    let mut ids = BTreeSet::new();
    for (path, found) in index_paths.iter().zip(cluster.index().find_tasks(&paths).await?) {
        if let Some(task) = found {
            lookups.tasks.insert(path.clone(), task.task_id.as_str().into());
            ids.insert(task.task_id);
        }
    }
    let ids: Vec<TaskId> = ids.into_iter().collect();
    if !ids.is_empty() {
        for status in cluster.queue().statuses(&ids).await?.into_iter().flatten() {
            let task_id = status.task_id.as_str().into();
            let status = Status { state: status.state.as_str().into(), expires: status.expires.into() };
            lookups.statuses.insert(task_id, status);
        }
    }
    Ok(lookups)
}
