//! An embedded Taskcluster-compatible cluster: queue, index, hooks, auth and a few small services on loopback.
//!
//! Official clients, unmodified, talk to it as to a real deployment. All of its state is in one SQLite file, so that
//! programs that run one after another, or at the same time, see the same cluster. Nothing runs tasks: whoever started
//! the cluster says how they end, or a real worker claims them.
//!
//! ```
//! use std::sync::Arc;
//! use taskcluster_local_cluster::{Clock, LocalCluster, Options, Random, State};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let cluster = LocalCluster::start(Options {
//!     state: State::Memory,
//!     port: 0,
//!     access_token: None,
//!     clock: Arc::new(|| "2026-02-03T04:05:06Z".parse().unwrap_or_default()) as Clock,
//!     random: Arc::new(|bytes: &mut [u8]| bytes.fill(7)) as Random,
//! })
//! .await?;
//! assert!(cluster.root_url().starts_with("http://127.0.0.1:"));
//! assert_eq!(cluster.client_id(), "local/root");
//! cluster.stop().await;
//! # Ok::<(), taskcluster_local_cluster::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod call;
mod error;
mod hooks;
mod http;
mod index;
mod notify;
mod page;
mod purge_cache;
mod queue;
mod route;
mod schema;
mod secrets;
mod server;
mod store;
mod workers;

pub use crate::{
    error::Error,
    server::{Clock, LocalCluster, Options, Random, State},
    workers::{Resolution, Resolved},
};
