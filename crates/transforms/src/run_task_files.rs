//! The in-task scripts of the reference, which images include and cache names depend on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use taskgraph_docker::{
    DEFAULT_RELEASE, Error, RunTaskFiles, RunTaskSearch, SearchEnvironment, cache_digest, known_digest,
};
use taskgraph_kinds::{Problem, Session};
use taskgraph_value::Str;

/// Where to look for the scripts, decided by whoever starts the program; put it into [`Session::memo`] before
/// generating, with [`set_run_task_dir`].
#[derive(Clone, Debug, Default)]
struct ExplicitFolder(Option<PathBuf>);

/// Names the folder that has run-task and the other in-task scripts. Must be called before a session generates.
pub fn set_run_task_dir(session: &Session, folder: Option<PathBuf>) {
    session.memo(|| ExplicitFolder(folder));
}

/// What is found without starting Python.
struct Found(Result<RunTaskFiles, String>);

/// What is found with its help.
struct Told(Option<RunTaskFiles>);

fn found(session: &Session) -> Arc<Found> {
    session.memo(|| Found(search(session, None).locate().map_err(|error| error.to_string())))
}

/// The scripts, searched for once: in the folder that was named, the one that config.yml names, an installed
/// reference, the user's cache.
///
/// Fails with [`Error::RunTaskNotFound`] if they are nowhere, and with what is wrong with a folder that was named.
pub fn run_task_files(session: &Session) -> Result<RunTaskFiles, Error> {
    if let Ok(files) = &found(session).0 {
        return Ok(files.clone());
    }
    let told = session.memo(|| Told(search(session, Some(Duration::from_secs(5))).locate().ok()));
    // Without Python it fails once more, for the same reason.
    told.0.clone().map_or_else(|| search(session, None).locate(), Ok)
}

fn search(session: &Session, ask_python: Option<Duration>) -> RunTaskSearch {
    let configured = session.config.get(RunTaskSearch::CONFIG_KEY).and_then(|folder| folder.as_str());
    RunTaskSearch {
        explicit: session.memo(ExplicitFolder::default).0.clone().map(|folder| session.cwd.join(folder)),
        configured: configured.map(|folder| session.config.root_dir().join(folder.as_str())),
        environment: SearchEnvironment::from_lookup(|name| session.environment.get(name).map(Into::into)),
        ask_python,
    }
}

struct Digest(Result<Str, String>);

/// The digest of run-task that is part of the names of caches: of the scripts that are found without starting Python,
/// else of the release that this program follows.
pub fn run_task_digest(session: &Session) -> Result<Str, Problem> {
    let digest = session.memo(|| {
        let named = session.memo(ExplicitFolder::default).0.is_some()
            || session.config.get(RunTaskSearch::CONFIG_KEY).is_some();
        Digest(match &found(session).0 {
            Ok(files) => cache_digest(files).map(Into::into).map_err(|error| error.to_string()),
            // A folder that was named and does not have the files is a mistake.
            Err(error) if named => Err(error.clone()),
            Err(error) => {
                known_digest(DEFAULT_RELEASE).map(|digest| digest[..20].into()).ok_or(error.clone())
            }
        })
    });
    digest.0.clone().map_err(Problem::message)
}
