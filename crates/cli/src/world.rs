//! What commands need from the machine: the current folder, the environment, the clock, the network.

use std::cell::OnceCell;
use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use taskcluster_queue_client::{Cluster, Error, Http, Settings};
use taskgraph_config::{Remote, RemoteError};
use taskgraph_docker::SearchEnvironment;
use taskgraph_kinds::Environment;

/// The machine as it was when the program started.
pub(crate) struct World {
    /// The current folder.
    pub(crate) cwd: PathBuf,
    /// The variables that are text.
    pub(crate) environment: Environment,
    /// The present, in the local time zone.
    pub(crate) now: DateTime<FixedOffset>,
}

impl World {
    pub(crate) fn look() -> Result<Self> {
        let variables = std::env::vars_os();
        let text =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        #[expect(
            clippy::disallowed_methods,
            reason = "here the clock is read; libraries get it as an argument"
        )]
        let now = chrono::Local::now().fixed_offset();
        let cwd = std::env::current_dir().context("cannot tell the current folder")?;
        Ok(World { cwd, environment: Environment::new(text), now })
    }

    /// Where programs, packages and caches are.
    pub(crate) fn search_environment(&self) -> SearchEnvironment {
        SearchEnvironment::from_lookup(|name| self.environment.get(name).map(Into::into))
    }
}

/// The services that the environment names. Nothing is set up before it is needed.
pub(crate) struct Services<'a> {
    environment: &'a Environment,
    http: OnceCell<Http>,
}

impl<'a> Services<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Services { environment, http: OnceCell::new() }
    }

    fn http(&self) -> Result<Http, Error> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let http = Http::new(&Settings::default())?;
        Ok(self.http.get_or_init(|| http).clone())
    }

    fn cluster(&self) -> Result<Cluster, Error> {
        Cluster::from_env(&|name| self.environment.get(name).map(str::to_owned), self.http()?)
    }
}

impl Remote for Services<'_> {
    fn find_task(&self, index: &str) -> Result<String, RemoteError> {
        Ok(self.cluster()?.find_task(index)?)
    }

    fn artifact(&self, task_id: &str, name: &str) -> Result<Vec<u8>, RemoteError> {
        Ok(self.cluster()?.artifact(task_id, name)?)
    }

    fn get(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        Ok(self.http()?.get(url)?)
    }
}
