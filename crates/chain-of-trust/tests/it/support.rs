//! Deployments for tests: one that knows a few answers, and the embedded one.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use serde_json::Value;
use taskcluster_local_cluster::{LocalCluster, Options, State};
use taskcluster_queue_client::{Clock, Cluster, Credentials, Http, Retry, Settings};
use taskgraph_chain_of_trust::{Change, Error, Fetch, Source, Template};

pub(crate) const DECISION: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
pub(crate) const ACTION: &str = "dGhlIGFjRGmvbiB0YXNrIQ";

pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

pub(crate) fn tree(name: &str) -> Vec<u8> {
    std::fs::read(here().join("trees").join(name)).unwrap()
}

pub(crate) fn template(name: &str) -> Template {
    Template::parse(&tree(name), Path::new(".taskcluster.yml")).unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2026-02-03T04:05:06.789Z".parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        use_proxies: false,
        retry: Retry { attempts: 1, ..Retry::default() },
        clock: Clock::new(|| SystemTime::from(now())),
        ..Settings::default()
    }
}

/// A deployment that answers requests for some paths of its queue, and 404 to all others.
pub(crate) fn stub(answers: BTreeMap<String, Vec<u8>>) -> Cluster {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root_url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever hangs up has what they wanted.
            let _ = stream.and_then(|stream| answer(stream, &answers));
        }
    });
    Cluster::new(&root_url, Http::new(&settings()).unwrap()).unwrap()
}

fn answer(mut stream: TcpStream, answers: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).take(64 << 10).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default().replace("%2F", "/");
    let found = path.strip_prefix("/api/queue/v1/").and_then(|path| answers.get(path));
    let (status, body) = match found {
        Some(body) => ("200 OK", body.as_slice()),
        None => ("404 Not Found", b"{}".as_slice()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

/// A tree, and documents of the host of its repository.
pub(crate) struct Tree {
    pub(crate) content: Vec<u8>,
    pub(crate) documents: Value,
}

impl Source for Tree {
    fn template<'a>(&'a self, _: &'a str, _: &'a str) -> Fetch<'a, Vec<u8>> {
        Box::pin(async { Ok(self.content.clone()) })
    }

    fn document<'a>(&'a self, url: &'a str) -> Fetch<'a, Option<Value>> {
        Box::pin(async move { Ok::<_, Error>(self.documents.get(url).cloned()) })
    }
}

/// A change as the cases have it.
pub(crate) fn change(keys: &Value) -> Change {
    let text = |key: &str| keys[key].as_str().unwrap_or_default().to_owned();
    Change {
        tasks_for: text("tasks_for"),
        repository_type: text("repository_type"),
        base_repository: text("base_repository"),
        base_ref: text("base_ref"),
        base_rev: text("base_rev"),
        head_repository: text("head_repository"),
        head_ref: text("head_ref"),
        head_rev: text("head_rev"),
        owner: text("owner"),
        level: text("level"),
        project: text("project"),
        pushlog_id: text("pushlog_id"),
        pushdate: keys["pushdate"].as_i64().unwrap_or_default(),
        message: text("message"),
        pull_request: keys["pull_request"].as_u64().unwrap_or_default(),
        cron: keys["cron"].clone(),
        ..Change::default()
    }
}

/// An embedded cluster at [`now`], and its root client.
pub(crate) async fn embedded() -> (LocalCluster, Cluster) {
    let bytes = AtomicU8::new(0);
    let local = LocalCluster::start(Options {
        state: State::Memory,
        port: 0,
        access_token: Some("secret-of-the-test-with-many-letters-000000".to_owned()),
        clock: Arc::new(now),
        random: Arc::new(move |slice: &mut [u8]| slice.fill(bytes.fetch_add(1, Ordering::Relaxed))),
    })
    .await
    .unwrap();
    let root = Credentials::new(local.client_id(), local.access_token());
    let http = Http::new(&settings()).unwrap();
    let cluster = Cluster::new(local.root_url(), http).unwrap().with_credentials(root).unwrap();
    (local, cluster)
}
