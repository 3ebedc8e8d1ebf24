//! Work on a laptop: tasks of the embedded cluster that are run by this process.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use taskcluster_operations::Work;
use taskcluster_queue_client::{Report, TaskId};

use crate::connection::Connection;
use crate::world::World;

/// Claims a task, does its work, and reports how that ended. Files that it leaves in the folder become artifacts.
pub(crate) fn work(
    task_id: &TaskId,
    connection: &Connection,
    world: &World,
    run: impl FnOnce(&Work, &Path) -> Result<()>,
) -> Result<()> {
    // If it cannot be written, nothing is begun.
    let folder = artifacts(world, task_id)?;
    let work = connection.block_on(Work::begin(connection.cluster(), task_id))?;
    let done = run(&work, &folder);
    connection.block_on(async {
        work.upload(&folder).await?;
        work.end(if done.is_ok() { Report::Completed } else { Report::Failed }).await
    })?;
    done
}

/// The folder of the current repository that is kept out of version control.
pub(crate) fn repository_folder(world: &World) -> Result<PathBuf> {
    let (root, _) = taskgraph_vcs::find_root(&world.cwd).ok_or_else(|| {
        anyhow!("the embedded cluster is kept in a repository, and {} is in none", world.cwd.display())
    })?;
    let folder = root.join(".taskgraph");
    hide(&folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(folder)
}

/// Where a task leaves its artifacts: a new folder, because what an earlier run left is none of this one.
fn artifacts(world: &World, task_id: &TaskId) -> Result<PathBuf> {
    let folder = repository_folder(world)?.join("artifacts").join(task_id.as_str());
    let renew = || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)
    };
    renew().with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(folder)
}

/// Makes a folder that version control does not see.
fn hide(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() { Ok(()) } else { fs::write(ignore, "*\n") }
}
