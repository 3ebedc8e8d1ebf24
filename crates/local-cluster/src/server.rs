//! The cluster as a whole: starting, stopping, and the thread that serves.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{Router, serve::ListenerExt};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use tokio::{
    net::TcpListener,
    runtime,
    sync::{Notify, oneshot, watch},
    time,
};

use crate::{auth, error::Error, http, store::Store};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Fills a slice with bytes that nobody can guess.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// How long requests that are being answered may still take when the cluster stops.
const GRACE: Duration = Duration::from_secs(2);

/// Where a cluster keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In this file, which is made with its folder if it is missing. Several processes may use it at the same time.
    File(PathBuf),
    /// In memory: it is gone with the cluster.
    Memory,
}

/// How a cluster is started.
#[derive(Clone)]
pub struct Options {
    /// Where it keeps its state.
    pub state: State,
    /// The port on 127.0.0.1. 0 means any that is free.
    pub port: u16,
    /// The access token of the root client. `None` means the one in the state, which is made at first.
    pub access_token: Option<String>,
    /// What time it is.
    pub clock: Clock,
    /// For access tokens and other secrets.
    pub random: Random,
}

/// A cluster that listens on loopback, until it is stopped or dropped.
///
/// It has a thread of its own, so blocking in the program that started it does no harm.
pub struct LocalCluster {
    pub(crate) shared: Arc<Shared>,
    root_url: String,
    access_token: String,
    stop: watch::Sender<bool>,
    stopped: Option<oneshot::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    /// Rings when something was changed, for those who wait for work.
    pub(crate) changed: Notify,
    /// Becomes true when the cluster stops.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) started: Instant,
    pub(crate) root_url: String,
}

impl LocalCluster {
    /// Opens the state and starts to listen.
    ///
    /// # Errors
    ///
    /// The state file cannot be used or belongs to another program, or the port is taken.
    pub async fn start(options: Options) -> Result<LocalCluster, Error> {
        let Options { state, port, access_token, clock, random } = options;
        let store = Store::open(&state)?;
        let access_token = prepare(&store, access_token, &clock, &random)?;
        let failed = |source| Error::Listen { port, source };
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let root_url = format!("http://{}", listener.local_addr().map_err(failed)?);

        let (stop, stopping) = watch::channel(false);
        let (report, stopped) = oneshot::channel();
        let shared = Arc::new(Shared {
            store,
            clock,
            random,
            changed: Notify::new(),
            stopping,
            started: Instant::now(),
            root_url: root_url.clone(),
        });
        let (ready, is_ready) = mpsc::sync_channel(1);
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("local-cluster".to_owned())
            .spawn(move || serve(&serving, listener, &ready, report))
            .map_err(failed)?;
        is_ready.recv().unwrap_or(Ok(())).map_err(failed)?;
        Ok(LocalCluster {
            shared,
            root_url,
            access_token,
            stop,
            stopped: Some(stopped),
            thread: Some(thread),
        })
    }

    /// Where it listens, without a slash at the end.
    pub fn root_url(&self) -> &str {
        &self.root_url
    }

    /// The client that may do everything.
    pub fn client_id(&self) -> &str {
        auth::ROOT
    }

    /// The access token of [`client_id`](Self::client_id).
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// Stops listening, lets the requests end that are being answered, for two seconds at most, and closes the state.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.await;
        }
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // It ends when the grace is over, at the latest.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for LocalCluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalCluster").field("root_url", &self.root_url).finish_non_exhaustive()
    }
}

/// Sees to the clients that every cluster has. Returns the token of the root client.
fn prepare(store: &Store, token: Option<String>, clock: &Clock, random: &Random) -> Result<String, Error> {
    let now = clock();
    let prepared = store.transact(now, |db| {
        let token = match token {
            Some(token) => token,
            None => auth::root_token(db)?.unwrap_or_else(|| {
                let mut bytes = [0; 33];
                random(&mut bytes);
                URL_SAFE_NO_PAD.encode(bytes)
            }),
        };
        auth::set_up(db, &token, now)?;
        Ok(token)
    });
    prepared.map_err(|error| Error::Refused(error.message))
}

fn serve(
    shared: &Arc<Shared>,
    listener: std::net::TcpListener,
    ready: &mpsc::SyncSender<std::io::Result<()>>,
    stopped: oneshot::Sender<()>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    runtime.block_on(async {
        let listener = match TcpListener::from_std(listener) {
            Ok(listener) => listener.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            }),
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let router = Router::new().fallback(http::answer).with_state(Arc::clone(shared));
        let stop = |mut stopping: watch::Receiver<bool>| async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let graceful = stop(shared.stopping.clone());
        let serving = axum::serve(listener, router).with_graceful_shutdown(graceful);
        let impatient = async {
            stop(shared.stopping.clone()).await;
            time::sleep(GRACE).await;
        };
        tokio::select! {
            _ = serving => {}
            () = impatient => {}
        }
    });
    drop(runtime);
    let _ = stopped.send(());
}
