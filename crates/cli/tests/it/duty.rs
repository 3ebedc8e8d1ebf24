//! A cluster with tasks in all states, for the tests of what is done to tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, Random, Resolution, State};
use taskcluster_queue_client::{Clock, Cluster, Credentials, Http, Settings, Status, TaskId, Temporary};
use tokio::runtime::{Builder, Runtime};

use crate::support::{Run, TestEnv};

pub(crate) struct Duty {
    pub(crate) env: TestEnv,
    pub(crate) local: LocalCluster,
    pub(crate) cluster: Cluster,
    runtime: Runtime,
    created: AtomicU8,
    /// How many minutes ago it is for the cluster.
    ago: Arc<AtomicI64>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "commands have the clock of the machine, so the cluster has it, too"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

pub(crate) const TOKEN: &str = "a-secret-of-44-characters-for-this-test-only";

impl Duty {
    pub(crate) fn new() -> Duty {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let ago = Arc::new(AtomicI64::new(0));
        let clock = {
            let ago = ago.clone();
            move || now() - TimeDelta::minutes(ago.load(Ordering::Relaxed))
        };
        let bytes = AtomicU8::new(0);
        let random: Random = Arc::new(move |slice| slice.fill(bytes.fetch_add(1, Ordering::Relaxed)));
        let options = Options {
            state: State::Memory,
            port: 0,
            access_token: Some(TOKEN.to_owned()),
            clock: Arc::new(clock.clone()),
            random,
        };
        let local = runtime.block_on(LocalCluster::start(options)).unwrap();
        let clock = Clock::new(move || SystemTime::from(clock()));
        let http = Http::new(&Settings { use_proxies: false, clock, ..Settings::default() }).unwrap();
        let root = Credentials::new(local.client_id(), TOKEN);
        let cluster = Cluster::new(local.root_url(), http).unwrap().with_credentials(root).unwrap();
        let env = TestEnv::without_checkout()
            .variable("TASKCLUSTER_ROOT_URL", local.root_url())
            .variable("TASKCLUSTER_CLIENT_ID", local.client_id())
            .variable("TASKCLUSTER_ACCESS_TOKEN", TOKEN);
        Duty { env, local, cluster, runtime, created: AtomicU8::new(0), ago }
    }

    /// Turns the clock of the cluster back by so many minutes.
    pub(crate) fn back(&self, minutes: i64) {
        self.ago.store(minutes, Ordering::Relaxed);
    }

    /// Creates a task in the group of the first one.
    pub(crate) fn task(&self, name: &str, dependencies: &[&TaskId]) -> TaskId {
        self.task_with(name, json!({"dependencies": dependencies}))
    }

    /// Creates a task whose definition has these keys in place of the usual ones.
    pub(crate) fn task_with(&self, name: &str, keys: Value) -> TaskId {
        let now = now() - TimeDelta::minutes(self.ago.load(Ordering::Relaxed));
        let at = |hours| (now + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let id = id(self.created.fetch_add(1, Ordering::Relaxed));
        let mut definition = json!({
            "provisionerId": "proj-x", "workerType": "linux", "schedulerId": "sched", "taskGroupId": group(),
            "created": at(0), "deadline": at(24), "expires": at(240), "payload": {},
            "metadata": {
                "name": name, "description": "d", "owner": "me@example.com", "source": "https://example.com/",
            },
        });
        for (key, value) in keys.as_object().unwrap() {
            definition[key] = value.clone();
        }
        self.runtime.block_on(self.cluster.queue().create_task(&id, &definition)).unwrap();
        id
    }

    pub(crate) fn end(&self, id: &TaskId, resolution: Resolution) {
        self.local.resolve(id.as_str(), resolution).unwrap();
    }

    pub(crate) fn fail(&self, id: &TaskId) {
        self.end(id, Resolution::Failed);
    }

    pub(crate) fn artifact(&self, id: &TaskId, name: &str, content: &str) {
        self.local.put_artifact(id.as_str(), None, name, "text/plain", content.as_bytes()).unwrap();
    }

    pub(crate) fn status(&self, id: &TaskId) -> Status {
        self.runtime.block_on(self.cluster.queue().status(id)).unwrap()
    }

    /// How a task stands, and how many runs it has.
    pub(crate) fn stands(&self, id: &TaskId) -> String {
        let status = self.status(id);
        format!("{} {}", status.state, status.runs.len())
    }

    /// How many tasks the group has.
    pub(crate) fn count(&self) -> usize {
        self.runtime.block_on(self.cluster.queue().task_group(&group())).unwrap().len()
    }

    /// Runs a command.
    pub(crate) fn run(&self, args: &str) -> Run {
        self.env.run(args)
    }

    /// Runs a command and gives it something to read.
    pub(crate) fn run_with(&self, args: &str, input: &str) -> Run {
        self.env.feed(args, input)
    }

    /// Gives commands the rights of a client with these scopes.
    pub(crate) fn with_scopes(mut self, scopes: &[&str]) -> Duty {
        let temporary = Temporary {
            client_id: None,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            start: now().into(),
            lifetime: std::time::Duration::from_secs(3600),
            seed: [1; 33],
        };
        let few = Credentials::new(self.local.client_id(), TOKEN).temporary(&temporary).unwrap();
        self.env = self
            .env
            .variable("TASKCLUSTER_ACCESS_TOKEN", few.access_token())
            .variable("TASKCLUSTER_CERTIFICATE", &few.certificate().unwrap());
        self
    }
}

/// The ids of tasks, in the order of their creation.
pub(crate) fn id(number: u8) -> TaskId {
    TaskId::from_random([number; 16])
}

/// The group of all tasks: its decision task is the first one that a test creates.
pub(crate) fn group() -> TaskId {
    id(0)
}
