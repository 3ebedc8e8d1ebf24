//! A cluster of its own for each test, with a clock that the test sets.

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::SystemTime,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, Random, Resolution, State as Kept};
use taskcluster_operations::{Done, Outcome, Plan};
use taskcluster_queue_client::{Clock, Cluster, Credentials, Http, Settings, Status, TaskId};

pub(crate) struct World {
    pub(crate) local: LocalCluster,
    pub(crate) cluster: Cluster,
    now: Arc<Mutex<DateTime<Utc>>>,
    created: AtomicU8,
    copied: AtomicU8,
}

impl World {
    pub(crate) async fn new() -> World {
        let now = Arc::new(Mutex::new("2026-02-03T04:05:06Z".parse::<DateTime<Utc>>().unwrap()));
        let clock = {
            let now = now.clone();
            move || *now.lock().unwrap()
        };
        let bytes = AtomicU8::new(0);
        let random: Random =
            Arc::new(move |slice: &mut [u8]| slice.fill(bytes.fetch_add(1, Ordering::Relaxed)));
        let local = LocalCluster::start(Options {
            state: Kept::Memory,
            port: 0,
            access_token: Some("secret-of-the-test-with-many-letters-000000".to_owned()),
            clock: Arc::new(clock.clone()),
            random,
        })
        .await
        .unwrap();
        let settings = Settings {
            use_proxies: false,
            clock: Clock::new(move || SystemTime::from(clock())),
            ..Settings::default()
        };
        let root = Credentials::new(local.client_id(), local.access_token());
        let http = Http::new(&settings).unwrap();
        let cluster = Cluster::new(local.root_url(), http).unwrap().with_credentials(root).unwrap();
        World { local, cluster, now, created: AtomicU8::new(0), copied: AtomicU8::new(200) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    pub(crate) fn wait(&self, hours: i64) {
        *self.now.lock().unwrap() += TimeDelta::hours(hours);
    }

    /// Creates a task in the group of the first one.
    pub(crate) async fn task(&self, name: &str, dependencies: &[&TaskId]) -> TaskId {
        self.task_with(name, json!({"dependencies": dependencies})).await
    }

    /// Creates a task whose definition has these keys in place of the usual ones.
    pub(crate) async fn task_with(&self, name: &str, keys: Value) -> TaskId {
        let at = |hours| (self.now() + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let id = id(self.created.fetch_add(1, Ordering::Relaxed));
        let mut definition = json!({
            "provisionerId": "proj-x", "workerType": "linux", "schedulerId": "sched",
            "taskGroupId": group(), "created": at(0), "deadline": at(24), "expires": at(240),
            "priority": "low", "retries": 3, "scopes": [], "payload": {"command": ["true"]},
            "metadata": {"name": name, "description": "d", "owner": "me@example.com", "source": "https://example.com/"},
            "tags": {"kind": name}, "extra": {"a": 1}, "routes": [],
        });
        for (key, value) in keys.as_object().unwrap() {
            definition[key] = value.clone();
        }
        self.cluster.queue().create_task(&id, &definition).await.unwrap();
        id
    }

    pub(crate) async fn status(&self, id: &TaskId) -> Status {
        self.cluster.queue().status(id).await.unwrap()
    }

    pub(crate) fn end(&self, id: &TaskId, resolution: Resolution) {
        self.local.resolve(id.as_str(), resolution).unwrap();
    }

    pub(crate) fn fail(&self, id: &TaskId) {
        self.end(id, Resolution::Failed);
    }

    /// Gives the decision task of the group, the first task, an artifact.
    pub(crate) fn artifact(&self, id: &TaskId, name: &str, content: &str) {
        self.local.put_artifact(id.as_str(), None, name, "application/json", content.as_bytes()).unwrap();
    }

    /// Fills the ids of copies, from 200 on.
    pub(crate) fn ids(&self) -> impl FnMut(&mut [u8; 16]) {
        |bytes| bytes.fill(self.copied.fetch_add(1, Ordering::Relaxed))
    }

    /// Carries a plan out; each line has the name of a task, and what came of it.
    pub(crate) async fn act(&self, plan: Plan) -> Vec<String> {
        let mut finished = 0;
        let outcomes = plan.act(&self.cluster, |_| finished += 1).await;
        assert_eq!(finished, outcomes.len());
        outcomes.iter().map(told).collect()
    }
}

/// What came of a task in a line.
pub(crate) fn told(outcome: &Outcome) -> String {
    let what = match &outcome.result {
        Ok(Done::Changed(status)) => format!("{} run {}", status.state, status.runs.len() - 1),
        Ok(Done::Unchanged(status)) => format!("still {}", status.state),
        Ok(Done::Created(id)) => format!("created {id}"),
        Ok(other) => format!("{other:?}"),
        Err(failure) => failure.to_string(),
    };
    format!("{}: {what}", outcome.name)
}

/// The ids of tasks, in the order of their creation.
pub(crate) fn id(number: u8) -> TaskId {
    TaskId::from_random([number; 16])
}

/// The group of all tasks: its decision task is the first one that a test creates.
pub(crate) fn group() -> TaskId {
    id(0)
}

/// Checks that each file in a folder of this crate is a module of its `main.rs`.
#[track_caller]
pub(crate) fn assert_all_listed(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "main.rs does not list {name}");
    }
}
