//! Logs, while they are written.

use std::{io, time::Duration};

use taskcluster_queue_client::{Cluster, Error, State, Status, TaskId};

use crate::failure::{Failure, Refusal};

/// The log of a run, under the name that works while it is written and afterwards.
const LIVE: &str = "public/logs/live.log";

/// How often a log of a run that ended is asked for again if it did not come whole.
const ATTEMPTS: u32 = 5;

/// Why a log ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// There is no log, or no more of it.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Whoever reads it has seen enough, or cannot be written to.
    #[error("cannot write the log")]
    Write(#[source] io::Error),
}

impl From<Error> for LogError {
    fn from(error: Error) -> LogError {
        LogError::Failure(Failure::Failed(error))
    }
}

/// Writes the log of a task as it grows, until the task ends: of its latest run, and of the runs that follow if it is
/// retried. `pause` is waited for before anything is asked again.
///
/// Fails with [`Refusal::NotStarted`] if no worker took the task yet, and if its log cannot be read.
pub async fn follow_log(
    cluster: &Cluster,
    id: &TaskId,
    write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    pause: impl AsyncFn(Duration),
) -> Result<Status, LogError> {
    let queue = cluster.queue();
    let mut status = queue.status(id).await.map_err(|error| match error {
        Error::NotFound(_) => Failure::Refused(Refusal::Unknown),
        error => Failure::Failed(error),
    })?;
    if let state @ (State::Unscheduled | State::Pending) = status.state {
        return Err(Failure::Refused(Refusal::NotStarted { state }).into());
    }
    let mut log = Log { written: 0, broken: 0 };
    let mut run = status.runs.last().map(|run| run.run_id).unwrap_or_default();
    loop {
        let ended = run_ended(&status, run);
        let whole = log.copy(cluster, id, run, ended, write).await?;
        if !(ended && whole) {
            pause(Duration::from_secs(2)).await;
        }
        // What is there after the end is all there is, but it may have come after we looked.
        if ended && whole {
            match status.runs.iter().map(|run| run.run_id).find(|next| *next > run) {
                None if status.state.is_resolved() => return Ok(status),
                None => pause(Duration::from_secs(2)).await,
                Some(next) => {
                    run = next;
                    log = Log { written: 0, broken: 0 };
                }
            }
        }
        status = queue.status(id).await?;
    }
}

fn run_ended(status: &Status, run: u32) -> bool {
    status.runs.iter().find(|known| known.run_id == run).is_some_and(|known| known.state.is_resolved())
}

fn may_pass(error: &Error) -> bool {
    matches!(error, Error::NotFound(_) | Error::ArtifactFailed(_)) || error.is_about_reach()
}

/// What of a log was written.
struct Log {
    written: u64,
    broken: u32,
}

impl Log {
    /// Writes what is there and was not written yet. Whether that was all that is there: if not, it is worth another
    /// look.
    async fn copy(
        &mut self,
        cluster: &Cluster,
        id: &TaskId,
        run: u32,
        ended: bool,
        write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<bool, LogError> {
        let mut chunks = match cluster.queue().open_artifact(id, Some(run), LIVE).await {
            Ok(chunks) => chunks,
            // The worker has not come to it yet, or its server is gone already.
            Err(error) if !ended && may_pass(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let mut skip = self.written;
        loop {
            match chunks.next().await {
                Ok(None) => return Ok(true),
                Ok(Some(chunk)) => {
                    let from = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
                    skip -= from as u64;
                    let fresh = &chunk[from..];
                    if !fresh.is_empty() {
                        write(fresh).map_err(LogError::Write)?;
                        self.written += fresh.len() as u64;
                    }
                }
                Err(error) => {
                    // A log that grows may be silent for as long as it likes.
                    self.broken += u32::from(ended);
                    if self.broken >= ATTEMPTS {
                        return Err(error.into());
                    }
                    return Ok(false);
                }
            }
        }
    }
}
