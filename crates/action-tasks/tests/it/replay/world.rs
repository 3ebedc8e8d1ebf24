//! The embedded cluster that a callback is called in, and what it does there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, State};
use taskcluster_operations::Work;
use taskcluster_queue_client::{
    Clock, Cluster, Credentials, Http, Recorded, Report, Retry, Settings, Task, TaskId,
};
use taskgraph_action_tasks::Call;
use taskgraph_decision::TaskIds;
use taskgraph_fixtures::{Json, NOW, Run};
use taskgraph_kinds::{Environment, Registry};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::case::{Case, Decision, Described};
use super::{DECISION, new_name, renamed};

/// When the decision task was created.
const BEFORE: &str = "2024-05-01T10:00:00.123Z";

fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

/// An embedded cluster, and a folder for artifacts.
pub(super) struct World {
    runtime: Runtime,
    _local: LocalCluster,
    cluster: Cluster,
    time: Arc<AtomicI64>,
    folder: TempDir,
}

impl World {
    pub(super) fn new() -> World {
        let time = Arc::new(AtomicI64::new(BEFORE.parse::<DateTime<Utc>>().unwrap().timestamp_millis()));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let now = |time: &AtomicI64| DateTime::from_timestamp_millis(time.load(Ordering::SeqCst)).unwrap();
        let (clock, counter) = (time.clone(), AtomicI64::new(1));
        let options = Options {
            state: State::Memory,
            port: 0,
            access_token: None,
            clock: Arc::new(move || now(&clock)),
            random: Arc::new(move |bytes| {
                for byte in bytes {
                    let next =
                        counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
                    *byte = (next >> 32) as u8;
                }
            }),
        };
        let local = runtime.block_on(LocalCluster::start(options)).unwrap();
        let clock = time.clone();
        let retry = Retry { attempts: 1, ..Retry::default() };
        let clock = Clock::new(move || SystemTime::from(now(&clock)));
        let settings = Settings { retry, use_proxies: false, clock, ..Settings::default() };
        let root = Credentials::new(local.client_id(), local.access_token());
        let cluster = Cluster::new(local.root_url(), Http::new(&settings).unwrap()).unwrap();
        let cluster = cluster.with_credentials(root).unwrap();
        World { runtime, _local: local, cluster, time, folder: tempfile::tempdir().unwrap() }
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(super) fn artifacts(&self) -> PathBuf {
        self.folder.path().join("artifacts")
    }

    /// Makes all that lookups may find. `other` are the artifacts of a task that are those of another decision or
    /// callback.
    pub(super) fn prepare(
        &self,
        case: &Case<'_>,
        decision: &Decision,
        other: impl Fn(&str, &str) -> Described,
    ) {
        let definitions = case.map("tasks");
        self.create(DECISION, definitions.get(DECISION), "Decision task");
        let of_decision = decision.artifacts();
        self.work(DECISION, Some(Report::Completed), &of_decision);
        self.time.store(NOW.parse::<DateTime<Utc>>().unwrap().timestamp_millis(), Ordering::SeqCst);

        for task in case.tasks() {
            let label = case.ids.iter().find(|(_, id)| **id == task).map_or("another", |(label, _)| label);
            self.create(&task, definitions.get(&task), label);
            let artifacts = case.map("artifacts").remove(&task);
            let state = case.map("states").remove(&task);
            let report = match state.as_ref().map(|state| state.as_str().unwrap()) {
                None => artifacts.as_ref().map(|_| Report::Completed),
                Some("completed") => Some(Report::Completed),
                Some("failed") => Some(Report::Failed),
                Some("exception") => Some(Report::Exception("malformed-payload")),
                Some(other) => panic!("unknown state {other}"),
            };
            let text = |file: &Value| match file.as_str().and_then(|text| text.strip_prefix("decision:")) {
                Some(name) => of_decision[name].clone(),
                None => file.to_string(),
            };
            let files: BTreeMap<&str, String> = match &artifacts {
                None => BTreeMap::new(),
                Some(Value::String(reference)) => other(reference, &task),
                Some(artifacts) => {
                    let files = artifacts.as_object().unwrap().iter();
                    files.map(|(name, file)| (name.strip_prefix("public/").unwrap(), text(file))).collect()
                }
            };
            if report.is_some() {
                self.work(&task, report, &files);
            }
        }
        for (path, task) in case.map("index") {
            self.insert(&path, task.as_str().unwrap(), 300);
        }
        for (namespace, tasks) in case.map("lists") {
            for (at, task) in tasks.as_array().unwrap().iter().enumerate() {
                self.insert(&format!("{namespace}.number-{at}"), task.as_str().unwrap(), 100 + at as i64);
            }
        }
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.time.load(Ordering::SeqCst)).unwrap()
    }

    fn create(&self, task_id: &str, given: Option<&Value>, name: &str) {
        let at = |days| (self.now() + TimeDelta::days(days)).to_rfc3339();
        let mut definition = json!({
            "taskQueueId": "p/w", "schedulerId": "act", "taskGroupId": DECISION,
            "created": at(0), "deadline": at(1), "expires": at(365), "payload": {},
            "metadata": {"name": name, "description": "", "owner": "a@b.example", "source": "https://a.example"},
        });
        merge(&mut definition, given.unwrap_or(&Value::Null));
        // A group has one of them.
        definition["schedulerId"] = "act".into();
        self.wait(self.cluster.queue().create_task(&id(task_id), &definition)).unwrap();
    }

    fn work(&self, task_id: &str, report: Option<Report<'_>>, files: &BTreeMap<&str, String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        self.wait(async {
            let work = Work::begin(&self.cluster, &id(task_id)).await.unwrap();
            work.upload(folder.path()).await.unwrap();
            if let Some(report) = report {
                work.end(report).await.unwrap();
            }
        });
    }

    fn insert(&self, path: &str, task_id: &str, days: i64) {
        let expires = (self.now() + TimeDelta::days(days)).to_rfc3339();
        self.wait(self.cluster.index().insert_task(path, &id(task_id), 0.0, &json!({}), &expires)).unwrap();
    }

    /// Calls the callback of a case, which creates nothing.
    pub(super) fn call(&self, case: &Case<'_>, action: &str, run: &Run, registry: Registry) -> Done {
        let (cluster, recorder) = self.cluster.dry_run();
        let error = self.call_in(&cluster, case, action, run, registry, &|_| {});
        let artifacts = self.artifacts();
        let parameters = taskgraph_config::yaml::read_file(&artifacts.join("parameters.yml"));
        let parameters = parameters.ok().map(|document| document.value);
        Done { error, requests: recorder.requests(), files: read_all(&artifacts), parameters }
    }

    /// Calls the callback of a case in an action task, which is killed when it has created its first task, and again in the
    /// same one. Returns what it says then, and the tasks of its group.
    ///
    /// All of `existing` are tasks that were created before.
    pub(super) fn call_again(
        &self,
        case: &Case<'_>,
        action: &str,
        run: &Run,
        registry: impl Fn() -> Registry,
        existing: &[String],
    ) -> (Vec<String>, Vec<Task>) {
        let role = "assume:repo:github.com/example-org/snowman:action:release-promotion";
        let scopes = json!({"scopes": ["queue:*", "index:*", "auth:current-scopes", role]});
        self.create(action, Some(&scopes), "Action");
        for task_id in existing {
            self.create(task_id, None, "another");
        }
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let die = |line: &str| assert!(!line.starts_with("created: "), "killed");
            let work = self.wait(Work::begin(&self.cluster, &id(action))).unwrap();
            self.call_in(work.cluster(), case, action, run, registry(), &die)
        }));
        assert!(killed.is_err(), "it was not killed: {killed:?}");
        let said = RefCell::new(Vec::new());
        let work = self.wait(Work::begin(&self.cluster, &id(action))).unwrap();
        let error = self.call_in(work.cluster(), case, action, run, registry(), &|line| {
            said.borrow_mut().push(line.to_owned());
        });
        assert_eq!(error, None);
        (said.into_inner(), self.wait(self.cluster.queue().task_group(&id(action))).unwrap())
    }

    fn call_in(
        &self,
        cluster: &Cluster,
        case: &Case<'_>,
        action: &str,
        run: &Run,
        registry: Registry,
        log: &dyn Fn(&str),
    ) -> Option<String> {
        let session = run.generator().session();
        let artifacts = self.artifacts();
        let input = case.values.get("input").cloned().unwrap_or(Value::Null);
        let call = Call {
            parameters: session.parameters.clone(),
            config: session.config.clone(),
            registry: registry.into(),
            environment: Environment::new(
                [("TASKCLUSTER_ROOT_URL", "https://tc.example.com"), ("TASK_ID", action)]
                    .map(|(name, value)| (name.into(), value.into())),
            ),
            cwd: session.cwd.clone(),
            run_task_dir: None,
            input: serde_json::from_value(input).unwrap(),
            task_id: case.task_id().map(id),
            task_group_id: Some(id(DECISION)),
            own_task_id: Some(id(action)),
            ids: TaskIds::new(&id(action)),
            cluster,
            runtime: &self.runtime,
            artifacts: artifacts.clone(),
            contexts: artifacts.join("docker-contexts"),
            now: &|| self.now(),
            log,
        };
        call.run(case.values["callback"].as_str().unwrap()).err().map(|error| error.to_string())
    }
}

fn merge(definition: &mut Value, given: &Value) {
    for (key, value) in given.as_object().into_iter().flatten() {
        match &mut definition[key] {
            Value::Object(old) if key == "metadata" => old.extend(value.as_object().unwrap().clone()),
            other => *other = value.clone(),
        }
    }
}

fn read_all(folder: &Path) -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        files.insert(name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
    }
    files
}

/// What a callback did.
pub(super) struct Done {
    pub(super) error: Option<String>,
    pub(super) requests: Vec<Recorded>,
    /// The JSON files, by name.
    files: BTreeMap<String, Value>,
    pub(super) parameters: Option<taskgraph_value::Value>,
}

impl Done {
    /// In the form of the goldens, but with whole definitions, and with names in the place of new taskIds.
    pub(super) fn effects(&self, full: &Json<'_>) -> String {
        let mut created = Map::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut names = BTreeMap::new();
        for request in self.requests.iter().filter(|request| request.method == "createTask") {
            let label = request.body["metadata"]["name"].as_str().unwrap();
            let attributes = full.get(label).and_then(|task| task.get("attributes"));
            let copies = attributes.and_then(|attributes| attributes.get("task_duplicates"));
            let copies: usize = copies.map_or(1, |copies| copies.text().parse().unwrap());
            let count = counts.entry(label).or_default();
            names.insert(request.arguments[0].clone(), new_name(label, *count / copies + 1, *count % copies));
            *count += 1;
            created.insert(request.arguments[0].clone(), request.body.clone());
        }
        let mut effects = json!({"created": created});
        for (key, method) in [("cancelled", "cancelTask"), ("rerun", "rerunTask")] {
            let changed = self.requests.iter().filter(|request| request.method == method);
            let changed: Vec<Value> = changed.map(|request| request.arguments[0].clone().into()).collect();
            if !changed.is_empty() {
                effects[key] = changed.into();
            }
        }
        for name in ["label-to-taskid", "target-tasks", "to-run"] {
            if let Some(file) = self.files.get(name) {
                effects[name] = file.clone();
            }
        }
        if let Some(graph) = self.files.get("task-graph") {
            effects["task-graph"] = graph.as_object().unwrap().keys().cloned().collect();
        }
        let known = ["createTask", "cancelTask", "rerunTask"];
        assert!(self.requests.iter().all(|request| known.contains(&request.method)), "{:?}", self.requests);
        renamed(&effects.to_string(), &names)
    }
}
