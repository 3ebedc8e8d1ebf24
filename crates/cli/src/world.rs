//! What commands need from the machine: the current folder, the environment, the clock, whether people look on.

use std::cell::OnceCell;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use taskcluster_queue_client::TaskId;
use taskgraph_config::{Remote, RemoteError};
use taskgraph_docker::SearchEnvironment;
use taskgraph_kinds::Environment;

use crate::connection::{Deployment, Network};

/// The root URL that tasks see of the embedded cluster. It has another address each time, but what is generated must not
/// change with it. This one leads to this machine; nobody listens there.
pub(crate) const LOCAL_ROOT_URL: &str = "http://taskcluster.localhost";

/// The machine as it was when the program started.
#[derive(Clone)]
pub(crate) struct World {
    /// The current folder.
    pub(crate) cwd: PathBuf,
    /// The variables that are text.
    pub(crate) environment: Environment,
    /// The present, in the local time zone.
    pub(crate) now: DateTime<FixedOffset>,
    /// Whether the embedded cluster of the repository is to be used.
    pub(crate) local: bool,
    pub(crate) terminals: Terminals,
}

/// Which of the standard streams lead to a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminals {
    pub(crate) input: bool,
    pub(crate) output: bool,
    pub(crate) messages: bool,
}

impl World {
    /// Looks around. `local` says whether the embedded cluster was asked for; the environment may ask for it, too.
    pub(crate) fn look(local: bool) -> Result<Self> {
        let variables = std::env::vars_os();
        let text =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        #[expect(
            clippy::disallowed_methods,
            reason = "here the clock is read; libraries get it as an argument"
        )]
        let now = chrono::Local::now().fixed_offset();
        let cwd = std::env::current_dir().context("cannot tell the current folder")?;
        let environment = Environment::new(text);
        let local = local || environment.get("TASKCLUSTER_ROOT_URL") == Some("local");
        let terminals = Terminals {
            input: stdin().is_terminal(),
            output: stdout().is_terminal(),
            messages: stderr().is_terminal(),
        };
        Ok(World { cwd, environment, now, local, terminals })
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).filter(|value| !value.is_empty())
    }

    /// The variables that a graph is generated with.
    ///
    pub(crate) fn generation_environment(&self) -> Environment {
        if !self.local {
            return self.environment.clone();
        }
        self.environment.clone().with("TASKCLUSTER_ROOT_URL", LOCAL_ROOT_URL)
    }

    /// Where programs, packages and caches are.
    pub(crate) fn search_environment(&self) -> SearchEnvironment {
        SearchEnvironment::from_lookup(|name| self.environment.get(name).map(Into::into))
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}

/// Random bytes for ids, taken from the operating system for many ids at a time: asking it takes longer than all else.
#[derive(Default)]
pub(crate) struct RandomIds(Mutex<Vec<[u8; 16]>>);

impl RandomIds {
    /// Bytes for the next id. None are given twice.
    pub(crate) fn next(&self) -> Result<[u8; 16]> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if left.is_empty() {
            left.extend_from_slice(random_bytes::<4096>()?.as_chunks().0);
        }
        left.pop().map_or_else(random_bytes, Ok)
    }
}

/// The services that the environment names. Nothing is set up before it is needed.
pub(crate) struct Services<'a> {
    world: &'a World,
    network: OnceCell<Network>,
    deployment: OnceCell<Deployment>,
}

impl<'a> Services<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Services { world, network: OnceCell::new(), deployment: OnceCell::new() }
    }

    fn network(&self) -> Result<&Network> {
        kept(&self.network, Network::new)
    }

    fn deployment(&self) -> Result<(&Network, &Deployment)> {
        let network = self.network()?;
        Ok((network, kept(&self.deployment, || network.deployment(self.world))?))
    }
}

fn kept<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}

impl Remote for Services<'_> {
    fn find_task(&self, index: &str) -> Result<String, RemoteError> {
        let (network, deployment) = self.deployment().map_err(plain)?;
        Ok(network.block_on(deployment.cluster().index().find_task(index))?.task_id.into())
    }

    fn artifact(&self, task_id: &str, name: &str) -> Result<Vec<u8>, RemoteError> {
        let id: TaskId = task_id.parse()?;
        let (network, deployment) = self.deployment().map_err(plain)?;
        Ok(network.block_on(deployment.cluster().queue().artifact(&id, None, name))?)
    }

    fn get(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        let network = self.network().map_err(plain)?;
        Ok(network.block_on(network.http().get(url))?)
    }
}

/// The client's own error, which decides about hints and the exit code.
fn plain(error: anyhow::Error) -> RemoteError {
    error.downcast::<taskcluster_queue_client::Error>().map_or_else(Into::into, Into::into)
}
