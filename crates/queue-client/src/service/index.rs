//! Tasks by path.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::call;
use crate::{
    cluster::{Call, Cluster, Sent},
    error::Error,
    task_id::TaskId,
    types::IndexedTask,
};

/// How many paths one batch has.
const BATCH: usize = 500;

/// The index. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Index<'a> {
    cluster: &'a Cluster,
}

impl<'a> Index<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Index { cluster }
    }

    /// The task at a path such as `mobile.v2.fenix.latest.taskgraph.decision`.
    pub async fn find_task(&self, path: &str) -> Result<IndexedTask, Error> {
        self.cluster.read(&call!("index", "findTask", &[path])).await
    }

    /// The tasks at many paths, in the order of the paths; nothing for paths where there is none.
    pub async fn find_tasks(&self, paths: &[String]) -> Result<Vec<Option<IndexedTask>>, Error> {
        let batches = paths.chunks(BATCH).map(async |batch| {
            let body = json!({"indexes": batch});
            let call = Call { body: Some(&body), ..call!("index", "findTasksAtIndex", &[]) };
            let found: Vec<IndexedTask> = self.cluster.all(&call, "tasks").await?;
            let found: BTreeMap<_, _> =
                found.into_iter().map(|task| (task.namespace.clone(), task)).collect();
            Ok(batch.iter().map(|path| found.get(path).cloned()).collect::<Vec<_>>())
        });
        stream::iter(batches).buffered(self.cluster.concurrency()).try_concat().await
    }

    /// The tasks right below a path, page by page.
    pub fn list_tasks(
        &self,
        path: &str,
    ) -> impl Stream<Item = Result<Vec<IndexedTask>, Error>> + Send + use<> {
        self.cluster.items(&call!("index", "listTasks", &[path]), "tasks")
    }

    /// Puts a task at a path. One of a higher rank stays there: the answer says which task is there now.
    pub async fn insert_task(
        &self,
        path: &str,
        task: &TaskId,
        rank: f64,
        data: &Value,
        expires: &str,
    ) -> Result<Sent<IndexedTask>, Error> {
        let body = json!({"taskId": task, "rank": rank, "data": data, "expires": expires});
        self.cluster.change(&call!("index", "insertTask", &[path], Some(&body))).await
    }

    /// Takes away what is at a path, if anything is.
    pub async fn delete_task(&self, path: &str) -> Result<Sent<()>, Error> {
        Ok(self.cluster.call(&call!("index", "deleteTask", &[path])).await?.map(|_| ()))
    }

    /// The content of an artifact of the task at a path, decompressed.
    pub async fn artifact(&self, path: &str, name: &str) -> Result<Vec<u8>, Error> {
        self.cluster.content(&call!("index", "findArtifactFromTask", &[path, name])).await
    }
}
