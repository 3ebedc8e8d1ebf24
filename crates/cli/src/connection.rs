//! Reaching a deployment: the one that the environment names, or the embedded one.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use taskcluster_local_cluster::{LocalCluster, Options, State};
use taskcluster_queue_client::{Cluster, Credentials, Http, Settings};
use tokio::runtime::{Builder, Runtime};

use crate::laptop::repository_folder;
use crate::world::{World, random_bytes};

/// Where asynchronous work is done, and connections are made.
pub(crate) struct Network {
    runtime: Runtime,
    http: Http,
}

/// A deployment, and who we are there.
pub(crate) struct Deployment {
    cluster: Cluster,
    /// It serves as long as it is here.
    local: Option<LocalCluster>,
}

/// What a command that talks to a deployment needs.
pub(crate) struct Connection {
    network: Network,
    deployment: Deployment,
}

impl Network {
    /// Sets up connections and trust.
    pub(crate) fn new() -> Result<Network> {
        Ok(Network { runtime: runtime()?, http: Http::new(&Settings::default())? })
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The deployment that the environment names, or the embedded one of the repository.
    pub(crate) fn deployment(&self, world: &World) -> Result<Deployment> {
        if !world.local {
            let cluster =
                Cluster::from_env(&|name| world.variable(name).map(str::to_owned), self.http.clone())?;
            return Ok(Deployment { cluster, local: None });
        }
        let local = self.block_on(start_local(repository_state(world)?, 0))?;
        // Proxies have no business on loopback.
        let http = Http::new(&Settings { use_proxies: false, ..Settings::default() })?;
        let root = Credentials::new(local.client_id(), local.access_token());
        let cluster = Cluster::new(local.root_url(), http)?.with_credentials(root)?;
        Ok(Deployment { cluster, local: Some(local) })
    }
}

impl Deployment {
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

impl Connection {
    /// Connects to the deployment that the environment names, or to the embedded one. Nothing is sent yet.
    pub(crate) fn open(world: &World) -> Result<Connection> {
        let network = Network::new()?;
        let deployment = network.deployment(world)?;
        Ok(Connection { network, deployment })
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.deployment.cluster()
    }

    /// Does asynchronous work, and waits for it.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.network.block_on(work)
    }

    /// Where it is done.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.network.runtime
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // Stops it; what is left of it is the state file.
        self.local.take();
    }
}

/// One thread is enough for a client.
pub(crate) fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("cannot start the asynchronous runtime")
}

/// Starts the embedded cluster on a port of loopback; 0 is any.
pub(crate) async fn start_local(state: PathBuf, port: u16) -> Result<LocalCluster> {
    random_bytes::<1>()?; // if there are none now, there are none later
    Ok(LocalCluster::start(Options {
        state: State::File(state),
        port,
        access_token: None,
        clock: Arc::new(now),
        random: Arc::new(|bytes| {
            if getrandom::fill(bytes).is_err() {
                // Secrets that can be guessed would be worse.
                std::process::abort();
            }
        }),
    })
    .await?)
}

/// The present.
#[expect(clippy::disallowed_methods, reason = "here the clock is read; libraries get it as an argument")]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// The state of the embedded cluster of the current repository.
pub(crate) fn repository_state(world: &World) -> Result<PathBuf> {
    Ok(repository_folder(world)?.join("cluster.sqlite"))
}
