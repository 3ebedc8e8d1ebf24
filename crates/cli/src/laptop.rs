//! Work on a laptop: tasks of the embedded cluster that are run by this process.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use taskcluster_operations::Work;
use taskcluster_queue_client::{Report, TaskId};
use taskgraph_vcs::VcsTool;

use crate::connection::Connection;
use crate::world::World;

/// A task that no other process runs here as long as this is kept.
pub(crate) struct Alone {
    task_id: TaskId,
    /// Where it leaves its artifacts.
    folder: PathBuf,
    /// What becomes that: an empty folder beside it, because what an earlier run left is none of this one.
    new: PathBuf,
    /// The system unlocks it, however this process ends.
    _lock: File,
}

impl Alone {
    /// Fails at once if another process of this repository runs the task, for two would overwrite each other's files; or
    /// if no artifacts can be written.
    pub(crate) fn with(task_id: &TaskId, world: &World) -> Result<Alone> {
        let repository = repository_folder(world)?;
        let path = repository.join("running").join(task_id.as_str());
        let lock = lock(&path).with_context(|| format!("cannot lock {}", path.display()))?;
        let Some(lock) = lock else {
            bail!("another process is running task {task_id} here: try again when that has ended")
        };
        let folder = repository.join("artifacts").join(task_id.as_str());
        let new = folder.with_extension("new");
        fs::create_dir_all(&new).with_context(|| format!("cannot write to {}", folder.display()))?;
        Ok(Alone { task_id: task_id.clone(), folder, new, _lock: lock })
    }

    /// The folder for artifacts, without those of an earlier run.
    fn renewed(&self) -> Result<&Path> {
        let Alone { folder, new, .. } = self;
        let renew = || {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::rename(new, folder)
        };
        renew().with_context(|| format!("cannot write to {}", folder.display()))?;
        Ok(folder)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // There is none if it was used, and no harm if it stays.
        let _ = fs::remove_dir(&self.new);
    }
}

/// Makes a file that nobody else has locked; nothing if somebody has.
fn lock(path: &Path) -> std::io::Result<Option<File>> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // Not all file systems lock; most people do one thing at a time.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Claims a task, does its work, and reports how that ended. Files that it leaves in the folder become artifacts.
pub(crate) fn work(
    alone: &Alone,
    connection: &Connection,
    run: impl FnOnce(&Work, &Path) -> Result<()>,
) -> Result<()> {
    let work = connection.block_on(Work::begin(connection.cluster(), &alone.task_id))?;
    let folder = alone.renewed()?;
    let done = run(&work, folder);
    connection.block_on(async {
        work.upload(folder).await?;
        work.end(if done.is_ok() { Report::Completed } else { Report::Failed }).await
    })?;
    done
}

/// The folder of the current repository that is kept out of version control.
pub(crate) fn repository_folder(world: &World) -> Result<PathBuf> {
    let (root, tool) = taskgraph_vcs::find_root(&world.cwd).ok_or_else(|| {
        anyhow!("the embedded cluster is kept in a repository, and {} is in none", world.cwd.display())
    })?;
    let folder = root.join(".taskgraph");
    hide(&folder, tool).with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(folder)
}

/// Makes a folder that version control does not see.
fn hide(folder: &Path, tool: VcsTool) -> std::io::Result<()> {
    // Mercurial leaves alone what looks like another repository; only at its root it has a list of what to ignore.
    let made = if tool == VcsTool::Hg { &folder.join(".hg") } else { folder };
    fs::create_dir_all(made)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() { Ok(()) } else { fs::write(ignore, "*\n") }
}
