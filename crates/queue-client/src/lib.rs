//! Talks to the services of a Taskcluster deployment.
//!
//! [`Cluster`] is one deployment and who asks it. It has a handle for each service ([`Cluster::queue`],
//! [`Cluster::index`], ...) with the methods that are used most, and [`Cluster::call`] for all others, which [`api`]
//! lists. Every request is signed, sent, and sent again, signed afresh, when that is safe and may help; [`Settings`]
//! has the limits. Whatever a service refuses is a variant of [`Error`].
//!
//! ```
//! use std::{io::{Read, Write}, net::TcpListener, thread};
//! use taskcluster_queue_client::{Cluster, Credentials, Error, Http, Settings};
//!
//! // A deployment that knows one thing.
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let root_url = format!("http://{}/", listener.local_addr()?);
//! thread::spawn(move || -> std::io::Result<()> {
//!     for answer in ["200 OK\r\n\r\n{\"scopes\": [\"queue:rerun-task:*\"]}", "404 Not Found\r\n\r\n{}"] {
//!         let mut stream = listener.accept()?.0;
//!         let _ = stream.read(&mut [0; 4096])?;
//!         stream.write_all(format!("HTTP/1.0 {answer}").as_bytes())?;
//!     }
//!     Ok(())
//! });
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let http = Http::new(&Settings { use_proxies: false, ..Settings::default() })?;
//! let cluster = Cluster::new(&root_url, http)?.with_credentials(Credentials::new("me", "my secret"))?;
//! assert_eq!(cluster.auth().current_scopes().await?, ["queue:rerun-task:*"]);
//! let missing = cluster.index().find_task("mobile.v2.fenix.latest.taskgraph.decision").await;
//! assert!(matches!(missing, Err(Error::NotFound(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why not the official client
//!
//! Requests are signed with the `hawk` crate, as in the official `taskcluster` crate. Its generated methods cannot be
//! used for this: they sign the path without the query, so that services refuse every authenticated request with
//! options; they send a retry with the signature of the first attempt; they hide the body and the headers of a
//! failure, so neither the error code nor `Retry-After` can be seen; and `Debug` of its credentials prints the secret.

pub mod api;
mod artifact;
mod cluster;
mod create;
mod credentials;
mod error;
mod http;
mod pages;
mod service;
mod settings;
mod sign;
mod task_id;
mod tls;
mod types;
mod url;

pub use crate::{
    artifact::{Chunks, Downloaded, Upload},
    cluster::{Call, Cluster, Recorded, Recorder, Sent},
    create::{Creation, FailedCreate, NewTask, SkippedCreate},
    credentials::{Credentials, Temporary},
    error::{Error, Refusal},
    http::Http,
    service::{Auth, Email, Hooks, Index, Link, Notify, PurgeCache, Queue, Report, Secret, Secrets},
    settings::{Clock, Retry, Settings},
    task_id::TaskId,
    types::{Artifact, CanceledGroup, Claim, Group, IndexedTask, Run, State, Status, Task},
};
