//! A cluster whose clock moves when it is told to, a push in it, and calls of callbacks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use chrono::TimeDelta;
use serde_json::{Value as Json, json};
use taskcluster_local_cluster::LocalCluster;
use taskcluster_operations::Work;
use taskcluster_queue_client::{Cluster, Report, State as TaskState, TaskId};
use taskgraph_action_tasks::{Call, Error, register};
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_decision::{TaskIds, task_id};
use taskgraph_fixtures::{TestCluster, Time};
use taskgraph_kinds::{Environment, Registry};
use taskgraph_value::{Map, Value, map};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub(crate) const DECISION: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
pub(crate) const ACTION: &str = "PgAKBjVOQPCNmKf4k9nSZA";
/// A task of somebody else.
pub(crate) const OTHER: &str = "AAECAwQFRgeICQoLDA0ODw";

/// An embedded cluster in memory with a push, and a checkout of it.
pub(crate) struct Push {
    pub(crate) runtime: Runtime,
    _local: LocalCluster,
    pub(crate) cluster: Cluster,
    pub(crate) time: Time,
    pub(crate) folder: TempDir,
    pub(crate) said: RefCell<Vec<String>>,
}

pub(crate) fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

/// The taskId of a task of the decision.
pub(crate) fn of_decision(label: &str) -> TaskId {
    task_id(&id(DECISION), label)
}

/// The taskId of a task of the action.
pub(crate) fn of_action(suffix: &str, label: &str) -> TaskId {
    TaskIds::new(&id(ACTION)).with_suffix(suffix).task_id(label)
}

fn after(text: &str) -> Map {
    map! { "relative-datestamp" => text }
}

/// A task of the full graph.
fn task(label: &str, needs: &[&str], attributes: Map, optimization: Value) -> Value {
    let needs: Map = needs.iter().map(|need| ((*need).into(), Value::from(*need))).collect();
    let references: Map = needs
        .keys()
        .map(|need| (need.clone(), Value::from(map! { "task-reference" => format!("<{need}>") })))
        .collect();
    map! {
        "kind" => "k", "label" => label, "description" => "", "attributes" => attributes,
        "dependencies" => needs, "optimization" => optimization,
        "task" => map! {
            "taskQueueId" => "p/w",
            "created" => after("0 seconds"), "deadline" => after("1 day"), "expires" => after("28 days"),
            "payload" => map! { "env" => references },
            "metadata" => map! {
                "name" => label, "description" => "", "owner" => "a@b.example", "source" => "https://a.example",
            },
        },
    }
    .into()
}

/// An image, a build of it, two tests and a signature of that; the docs and the tool were optimized away.
fn full_graph() -> Value {
    let retrigger = |value: bool| map! { "retrigger" => value };
    let search = |path: &str| Value::from(map! { "index-search" => vec![path.into()] });
    let tasks = [
        ("image", task("image", &[], map! { "cached_task" => true }, search("example.cache.image"))),
        ("build", task("build", &["image"], retrigger(true), Value::Null)),
        ("test-1", task("test-1", &["build"], retrigger(true), Value::Null)),
        ("test-2", task("test-2", &["build"], retrigger(false), Value::Null)),
        ("sign", task("sign", &["build"], map! { "task_duplicates" => 2 }, Value::Null)),
        ("docs", task("docs", &["image", "tool"], retrigger(true), map! { "always" => Value::Null }.into())),
        ("tool", task("tool", &[], map! { "cached_task" => true }, search("example.cache.tool"))),
    ];
    tasks.into_iter().map(|(label, task)| (label.into(), task)).collect::<Map>().into()
}

pub(crate) fn parameters() -> Map {
    map! {
        "base_repository" => "https://github.com/example/example", "base_rev" => "a", "base_ref" => "main",
        "head_repository" => "https://github.com/example/example", "head_rev" => "b", "head_ref" => "main",
        "level" => "1", "project" => "example", "pushlog_id" => "0", "tasks_for" => "github-push",
        "repository_type" => "git", "files_changed" => vec![],
    }
}

pub(crate) fn config(checkout: &Path, taskgraph: Map) -> GraphConfig {
    let mut taskgraph = taskgraph;
    taskgraph.insert("repositories".into(), map! { "example" => map! { "name" => "example" } }.into());
    let values = map! {
        "trust-domain" => "example", "task-priority" => "low", "workers" => map! { "aliases" => map! {} },
        "taskgraph" => taskgraph,
    };
    GraphConfig::new(values, "taskcluster".as_ref(), checkout).unwrap()
}

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    taskgraph_optimize::register(&mut registry);
    register(&mut registry);
    registry
}

impl Push {
    /// A push whose decision task has created its tasks. They are pending, but for `test-2`, which failed.
    pub(crate) fn new() -> Push {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let TestCluster { local, cluster, time } = runtime.block_on(TestCluster::start());
        let folder = tempfile::tempdir().unwrap();
        let push = Push { runtime, _local: local, cluster, time, folder, said: RefCell::default() };

        let labels = ["image", "build", "test-1", "test-2", "sign"];
        let ids: Map =
            labels.iter().map(|label| ((*label).into(), Value::from(of_decision(label).as_str()))).collect();
        push.task(DECISION, "decision", &[]);
        push.artifacts(
            DECISION,
            &[("full-task-graph.json", full_graph()), ("label-to-taskid.json", ids.into())],
        );
        push.index("example.v2.example.revision.b.taskgraph.decision", DECISION);
        for label in labels {
            push.task(of_decision(label).as_str(), label, &[DECISION]);
        }
        push.end(of_decision("test-2").as_str(), Report::Failed);
        push.task(ACTION, "action", &[DECISION]);
        push
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Creates a task of the group.
    pub(crate) fn task(&self, task_id: &str, name: &str, needs: &[&str]) {
        self.task_of(task_id, name, needs, DECISION);
    }

    /// Creates a task of the group that can be found.
    pub(crate) fn task_with_routes(&self, task_id: &str, name: &str, routes: &[&str]) {
        self.create(task_id, name, json!({ "taskGroupId": DECISION, "routes": routes }));
    }

    pub(crate) fn task_of(&self, task_id: &str, name: &str, needs: &[&str], group: &str) {
        self.create(task_id, name, json!({ "taskGroupId": group, "dependencies": needs }));
    }

    fn create(&self, task_id: &str, name: &str, keys: Json) {
        let times = |days| (self.time.now() + TimeDelta::days(days)).to_rfc3339();
        let mut definition = json!({
            "taskQueueId": "p/w", "schedulerId": "example-level-1",
            "created": times(0), "deadline": times(1), "expires": times(30), "payload": {},
            "metadata": {"name": name, "description": "", "owner": "a@b.example", "source": "https://a.example"},
        });
        for (key, value) in keys.as_object().unwrap() {
            definition[key] = value.clone();
        }
        self.wait(self.cluster.queue().create_task(&id(task_id), &definition)).unwrap();
    }

    /// Leaves artifacts of a task, and completes it.
    pub(crate) fn artifacts(&self, task_id: &str, files: &[(&str, Value)]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), serde_json::to_string(content).unwrap()).unwrap();
        }
        self.wait(async {
            let work = Work::begin(&self.cluster, &id(task_id)).await.unwrap();
            work.upload(folder.path()).await.unwrap();
            work.end(Report::Completed).await.unwrap();
        });
    }

    /// Lets a worker take a task.
    pub(crate) fn begin(&self, task_id: &str) {
        self.wait(Work::begin(&self.cluster, &id(task_id))).unwrap();
    }

    /// Creates another action task of the push, in which somebody builds again.
    pub(crate) fn other_action(&self) {
        self.task(OTHER, "another action", &[]);
    }

    /// Ends it, so that its labels can be seen.
    pub(crate) fn end_other_action(&self) {
        self.artifacts(OTHER, &[("label-to-taskid.json", map! { "build" => OTHER }.into())]);
        self.index(&format!("example.v2.example.revision.b.actions.{OTHER}"), OTHER);
    }

    pub(crate) fn end(&self, task_id: &str, report: Report<'_>) {
        self.wait(async {
            let work = Work::begin(&self.cluster, &id(task_id)).await.unwrap();
            work.end(report).await.unwrap();
        });
    }

    pub(crate) fn index(&self, path: &str, task_id: &str) {
        let expires = (self.time.now() + TimeDelta::days(30)).to_rfc3339();
        let task_id = id(task_id);
        self.wait(self.cluster.index().insert_task(path, &task_id, 0.0, &json!({}), &expires)).unwrap();
    }

    /// A call as the action task makes it, without input.
    pub(crate) fn call<'a>(
        &'a self,
        cluster: &'a Cluster,
        body: &dyn Fn(&mut Call<'_>),
        run: &str,
    ) -> Result<(), Error> {
        let now = || self.time.now();
        let log = |line: &str| self.said.borrow_mut().push(line.to_owned());
        let mut call = Call {
            parameters: Parameters::from_values(parameters(), true),
            config: config(self.folder.path(), map! {}),
            registry: registry().into(),
            environment: Environment::default(),
            cwd: self.folder.path().to_owned(),
            run_task_dir: None,
            input: Value::Null,
            task_id: None,
            task_group_id: Some(id(DECISION)),
            own_task_id: Some(id(ACTION)),
            ids: TaskIds::new(&id(ACTION)),
            cluster,
            runtime: &self.runtime,
            artifacts: self.folder.path().join("artifacts"),
            contexts: self.folder.path().join("docker-contexts"),
            now: &now,
            log: &log,
        };
        body(&mut call);
        call.run(run)
    }

    /// The cluster with these scopes, and the one to ask for one's scopes.
    pub(crate) fn with_scopes(&self, scopes: &[&str]) -> Cluster {
        let scopes = scopes.iter().copied().chain(["auth:current-scopes"]);
        self.cluster.with_authorized_scopes(scopes).unwrap()
    }

    /// With the scopes of an action of a permission.
    pub(crate) fn permitted(&self, permission: &str) -> Cluster {
        let scope = format!("assume:repo:github.com/example/example:action:{permission}");
        self.with_scopes(&[&scope, "queue:*", "index:*", "object:*"])
    }

    /// Runs a callback for a task of the decision, with an input.
    pub(crate) fn run(
        &self,
        callback: &str,
        label: Option<&str>,
        input: impl Into<Value>,
    ) -> Result<(), Error> {
        let input = input.into();
        self.call(
            &self.permitted("generic"),
            &|call| {
                call.task_id = label.map(of_decision);
                call.input = input.clone();
            },
            callback,
        )
    }

    /// How often there is a task of each name in the group, the decision and action tasks aside.
    pub(crate) fn names(&self) -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        for task in self.wait(self.cluster.queue().task_group(&id(DECISION))).unwrap() {
            *names.entry(task.task["metadata"]["name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        names.remove("decision");
        names.remove("action");
        names
    }

    pub(crate) fn definition(&self, task_id: &TaskId) -> Json {
        self.wait(self.cluster.queue().task(task_id)).unwrap()
    }

    pub(crate) fn state(&self, task_id: &TaskId) -> TaskState {
        self.wait(self.cluster.queue().status(task_id)).unwrap().state
    }

    pub(crate) fn runs(&self, task_id: &TaskId) -> usize {
        self.wait(self.cluster.queue().status(task_id)).unwrap().runs.len()
    }

    /// The names of artifacts, and the content of one.
    pub(crate) fn written(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path().join("artifacts"))
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    pub(crate) fn read(&self, name: &str) -> Json {
        let text = std::fs::read(self.folder.path().join("artifacts").join(name)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// Names with numbers: `build 2, image 1`.
pub(crate) fn counts(names: &BTreeMap<String, usize>) -> String {
    names.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// What a push has to begin with.
pub(crate) const BEFORE: &str = "build 1, image 1, sign 1, test-1 1, test-2 1";
