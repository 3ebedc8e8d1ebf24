//! Talks to the services of a Taskcluster deployment: finds tasks by their index path, gets artifacts and files.
//!
//! Two parts: [`Http`] gets any `http` or `https` URL, with retries, time and size limits; [`Cluster`] knows how
//! the URLs of one deployment are built and what its answers mean. Calls block, and must not be made from within
//! an asynchronous runtime. Nothing is signed yet, so private artifacts are reachable only through the proxy that
//! tasks have.
//!
//! ```
//! use std::{io::{Read, Write}, net::TcpListener, thread};
//! use taskcluster_queue_client::{Cluster, Http, Settings};
//!
//! // A deployment that knows one thing.
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let root_url = format!("http://{}/", listener.local_addr()?);
//! thread::spawn(move || {
//!     let mut stream = listener.accept()?.0;
//!     let _ = stream.read(&mut [0; 4096])?;
//!     stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n{\"taskId\": \"fdtgsD5DQUmAQZEaGMvQ4Q\"}")
//! });
//!
//! let http = Http::new(&Settings { use_proxies: false, ..Settings::default() })?;
//! let cluster = Cluster::new(&root_url, http)?;
//! let task_id = cluster.find_task("mobile.v2.fenix.latest.taskgraph.decision")?;
//! assert_eq!(task_id, "fdtgsD5DQUmAQZEaGMvQ4Q");
//! assert!(cluster.artifact_url(&task_id, "public/parameters.yml")?.ends_with("/artifacts/public/parameters.yml"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cluster;
mod error;
mod http;
mod settings;
mod tls;
mod url;

pub use crate::{
    cluster::Cluster,
    error::Error,
    http::Http,
    settings::{Retry, Settings},
};
