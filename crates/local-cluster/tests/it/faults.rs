//! A client that meets faults of the network and of the cluster loses nothing, and does nothing twice.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_local_cluster::{Clock, LocalCluster, Options, Random, State};
use taskcluster_queue_client::{Cluster, Credentials, Http, NewTask, Retry, Settings, TaskId};

use crate::fault_proxy::{FAULTS, Proxy};

const BROKEN_PER_MILLE: u64 = 100;
/// How long the client waits for an answer when it creates, which nothing but stalled answers should exceed.
const PATIENCE: Duration = Duration::from_millis(300);

fn clock() -> Clock {
    // Signatures hold the time of the client, which is that of the machine.
    #[expect(clippy::disallowed_methods, reason = "the clock of the cluster has to be that of the client")]
    Arc::new(Utc::now)
}

async fn start(state: &State) -> LocalCluster {
    let count = AtomicU64::new(0);
    let random: Random = Arc::new(move |bytes| {
        let count = count.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(byte, value)| *byte = *value);
    });
    let token = Some("a-token-for-tests-only".to_owned());
    LocalCluster::start(Options {
        state: state.clone(),
        port: 0,
        access_token: token,
        clock: clock(),
        random,
    })
    .await
    .unwrap()
}

fn client(root_url: &str, timeout: Duration) -> Cluster {
    let settings = Settings {
        retry: Retry {
            attempts: 12,
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(20),
            max_asked: Duration::from_millis(20),
        },
        timeout,
        use_proxies: false,
        ..Settings::default()
    };
    let credentials = Credentials::new("local/root", "a-token-for-tests-only");
    Cluster::new(root_url, Http::new(&settings).unwrap()).unwrap().with_credentials(credentials).unwrap()
}

fn id(number: u64) -> TaskId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    TaskId::from_random(bytes)
}

/// A graph of three layers: one task of 50 is a build, most test one build each, and one at the end for each build needs
/// all tests of it.
#[derive(Clone, Copy)]
struct Tasks(u64);

impl Tasks {
    fn builds(self) -> u64 {
        self.0 / 50
    }

    fn dependencies(self, number: u64) -> Vec<TaskId> {
        let builds = self.builds();
        let tests = builds..self.0 - builds;
        if number < builds {
            vec![]
        } else if tests.contains(&number) {
            vec![id(number % builds)]
        } else {
            tests.filter(|test| test % builds == number % builds).map(id).collect()
        }
    }

    fn definition(self, number: u64, group: &TaskId, now: DateTime<Utc>) -> Value {
        let time = |delta: TimeDelta| (now + delta).to_rfc3339_opts(SecondsFormat::Millis, true);
        json!({
            "taskQueueId": "proj/ci",
            "schedulerId": "tests",
            "taskGroupId": group,
            "dependencies": self.dependencies(number),
            "created": time(TimeDelta::zero()),
            "deadline": time(TimeDelta::hours(24)),
            "expires": time(TimeDelta::days(28)),
            "payload": { "number": number, "command": ["true"] },
            "metadata": {
                "name": format!("task-{number}"),
                "description": "for a test",
                "owner": "nobody@example.com",
                "source": "https://example.com/",
            },
        })
    }
}

/// A thousand tasks, or as many as `cargo xtask interop` asks for, which has more time.
fn tasks() -> Tasks {
    let asked = std::env::var("TASKGRAPH_FAULT_TASKS").ok();
    Tasks(asked.map_or(1000, |count| count.parse().expect("TASKGRAPH_FAULT_TASKS is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_created_once_and_whole() {
    let all = tasks();
    let folder = tempfile::tempdir().unwrap();
    let state = State::File(folder.path().join("cluster.sqlite"));
    let cluster = start(&state).await;
    let proxy = Proxy::start(cluster.root_url(), 1, BROKEN_PER_MILLE).await;
    let cautious = client(&proxy.root_url, PATIENCE);

    let group = id(u64::MAX);
    let now = clock()();
    let numbers: BTreeMap<TaskId, u64> = (0..all.0).map(|number| (id(number), number)).collect();
    let tasks: Vec<NewTask> = (0..all.0)
        .map(|number| NewTask { task_id: id(number), dependencies: all.dependencies(number) })
        .collect();
    let define = |id: &TaskId| all.definition(numbers[id], &group, now);
    let restart = async {
        proxy.handled(all.0 as usize / 2).await;
        proxy.cluster_stops();
        cluster.stop().await;
        let cluster = start(&state).await;
        proxy.cluster_starts(cluster.root_url());
        cluster
    };
    let queue = cautious.queue();
    let (creation, _cluster) = tokio::join!(queue.create_tasks(&tasks, define, |_| ()), restart);
    assert!(creation.failed.is_empty(), "{:?}", creation.failed);
    assert_eq!((creation.created.len(), creation.skipped.len()), (numbers.len(), 0));

    // Read through the same faults.
    let client = client(&proxy.root_url, Duration::from_secs(20));
    let listed = client.queue().task_group(&group).await.unwrap();
    assert_eq!(listed.len(), numbers.len());
    let found: BTreeMap<&TaskId, _> = listed.iter().map(|task| (&task.status.task_id, task)).collect();
    for (id, number) in &numbers {
        let task = found.get(id).unwrap_or_else(|| panic!("task {number} is lost"));
        for (key, value) in all.definition(*number, &group, now).as_object().unwrap() {
            assert_eq!(&task.task[key], value, "{key} of task {number}");
        }
        let runs = usize::from(all.dependencies(*number).is_empty());
        assert_eq!(task.status.runs.len(), runs, "task {number}: {:?}", task.status);
    }
    assert_eq!(queue_length(&client).await, json!(all.builds()));

    let counts = proxy.counts();
    assert!(counts.requests > numbers.len() && counts.down > 0, "{} {}", counts.requests, counts.down);
    assert_eq!(counts.faults.len(), FAULTS.len(), "{:?}", counts.faults);
    let broken = counts.faults.values().sum::<usize>();
    let few = counts.requests * 8 / 100;
    assert!((few..few * 3 / 2).contains(&broken), "{broken} broken of {}", counts.requests);
}

/// How many tasks wait for a worker.
async fn queue_length(client: &Cluster) -> Value {
    use taskcluster_queue_client::{Call, api::Service};
    let service = Service::find("queue").unwrap();
    let method = service.method("pendingTasks").unwrap();
    let call = Call { service, method, arguments: &["proj/ci"], query: &[], body: None };
    client.call(&call).await.unwrap().done().unwrap()["pendingTasks"].clone()
}
