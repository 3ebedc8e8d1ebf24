//! The files that version control knows, which toolchains are found again by.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use taskgraph_docker::PathHasher;
use taskgraph_kinds::{Problem, Session};
use taskgraph_vcs::Repository;

type Listed = Result<Arc<PathHasher>, String>;

/// The digests of tracked files, each read once in a session.
#[derive(Default)]
struct Tracked {
    coming: Mutex<Option<JoinHandle<Listed>>>,
    listed: OnceLock<Listed>,
}

/// Starts to list the tracked files on a thread of its own. Toolchains need them, and must not wait for version control
/// then. Worth it only if there are toolchains; without it, they are listed when they are needed.
pub fn list_tracked_files_ahead(session: &Session) {
    // What is wrong is said to whoever needs them.
    let Ok(root) = session.config.vcs_root() else { return };
    session.memo(|| Tracked {
        coming: Mutex::new(std::thread::Builder::new().spawn(move || list(&root)).ok()),
        listed: OnceLock::new(),
    });
}

/// The digests of tracked files.
pub(crate) fn tracked_files(session: &Session) -> Result<Arc<PathHasher>, Problem> {
    let tracked = session.memo(Tracked::default);
    let listed = tracked.listed.get_or_init(|| {
        let coming = tracked.coming.lock().unwrap_or_else(PoisonError::into_inner).take();
        match coming.and_then(|thread| thread.join().ok()) {
            Some(listed) => listed,
            None => list(&session.config.vcs_root().map_err(|error| error.to_string())?),
        }
    });
    listed.clone().map_err(Problem::message)
}

fn list(root: &Path) -> Listed {
    let list = || {
        let repository = Repository::discover(root)?;
        let files = repository.tracked_files(&[root], None)?;
        Ok::<_, taskgraph_vcs::Error>(PathHasher::new(repository.root(), files))
    };
    list().map(Arc::new).map_err(|error| error.to_string())
}
