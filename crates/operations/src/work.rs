//! Running a task in this process, in place of a worker: claim it, leave artifacts, report how it ended.

use std::path::{Path, PathBuf};

use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error, Report, Sent, State, Status, TaskId, Upload};
use tokio::fs;

/// The worker that the queue sees.
const WORKER: (&str, &str) = ("local", "local");

/// A task that runs here. Whoever drops it leaves it running; its claim expires after some time.
#[derive(Debug)]
pub struct Work {
    cluster: Cluster,
    task_id: TaskId,
    run: u32,
    definition: Value,
}

/// Why a task cannot be run here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// The service does not do it.
    #[error(transparent)]
    Service(#[from] Error),
    /// The cluster only records what would be sent.
    #[error("no task can be claimed in a dry run")]
    DryRun,
    /// It is not due.
    #[error("task {task_id} is {state}: only a task that can run, or ran without success, is run here")]
    NotDue {
        /// The task.
        task_id: TaskId,
        /// Where it stands.
        state: State,
    },
    /// A file that is to be an artifact cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Work {
    /// Claims a task. One that failed is run again; one that was begun here before, and never ended, is taken over.
    /// Needs the scopes of a worker, and to rerun the task.
    ///
    /// Fails with [`WorkError::NotDue`] if it waits for others, or has succeeded or been canceled.
    pub async fn begin(cluster: &Cluster, task_id: &TaskId) -> Result<Work, WorkError> {
        let mut status = cluster.queue().status(task_id).await?;
        if matches!(status.state, State::Failed | State::Exception) {
            status = done(cluster.queue().rerun_task(task_id).await?)?;
        }
        let run = match (status.state, status.runs.last()) {
            (State::Pending | State::Running, Some(run)) => run.run_id,
            (state, _) => {
                return Err(WorkError::NotDue { task_id: task_id.clone(), state });
            }
        };
        let claim = done(cluster.queue().claim_task(task_id, run, WORKER.0, WORKER.1).await?)?;
        let cluster = cluster.with_credentials(claim.signer()?)?;
        Ok(Work { cluster, task_id: task_id.clone(), run, definition: claim.task })
    }

    /// The cluster as the task sees it: with the task's own scopes, and no others.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The definition of the task.
    pub fn definition(&self) -> &Value {
        &self.definition
    }

    /// Makes an artifact `public/<path>` of every file below a folder, as long-lived as the task.
    pub async fn upload(&self, folder: &Path) -> Result<(), WorkError> {
        let expires = self.definition.get("expires").and_then(Value::as_str).unwrap_or_default();
        for (name, path) in files(folder).await? {
            let content = fs::read(&path).await.map_err(|source| WorkError::Read { path, source })?;
            let upload = Upload { content_type: content_type(&name), expires, content };
            let name = format!("public/{name}");
            self.cluster.queue().upload_artifact(&self.task_id, self.run, &name, upload).await?;
        }
        Ok(())
    }

    /// Reports how it ended.
    pub async fn end(self, report: Report<'_>) -> Result<Status, WorkError> {
        done(self.cluster.queue().report(&self.task_id, self.run, report).await?)
    }
}

fn done<T>(sent: Sent<T>) -> Result<T, WorkError> {
    sent.done().ok_or(WorkError::DryRun)
}

/// The files below a folder: names from there, with slashes, and paths, in order. Links and names that are no text are
/// left out.
async fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, WorkError> {
    let mut files = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        let unreadable = |source| WorkError::Read { path: folder.clone(), source };
        let mut entries = fs::read_dir(&folder).await.map_err(unreadable)?;
        while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type().await.map_err(unreadable)?;
            if kind.is_file() {
                files.push((format!("{prefix}{name}"), entry.path()));
            } else if kind.is_dir() {
                folders.push((format!("{prefix}{name}/"), entry.path()));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("json") => "application/json",
        Some("gz") => "application/gzip",
        Some("yml") => "application/yaml",
        _ => "text/plain; charset=utf-8",
    }
}
