//! One callback of a fixture, called in an embedded cluster that has what the file of the callback says.
//!
//! The tests of other crates with actions include this file, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, State};
use taskcluster_operations::Work;
use taskcluster_queue_client::{
    Clock, Cluster, Credentials, Http, Recorded, Report, Retry, Settings, TaskId,
};
use taskgraph_action_tasks::Call;
use taskgraph_decision::TaskIds;
use taskgraph_fixtures::{Checkout, Expected, Fixture, Json, NOW, Run, reference_id};
use taskgraph_kinds::{Environment, Registry};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The decision task and the action task of the reference's driver.
const DECISION: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
const ACTION: &str = "Aa3Bb4CcTt6Dd7Eq8Ff9Gg";
/// When the decision task was created.
const BEFORE: &str = "2024-05-01T10:00:00.123Z";

/// The names of the callbacks that the cases of a fixture are for, by case.
pub(crate) fn cases(fixture: &Fixture) -> Vec<(String, String)> {
    let callback = |case: &str| read(fixture, case)["callback"].as_str().unwrap().to_owned();
    fixture.cases("callbacks").into_iter().map(|case| (callback(&case), case)).collect()
}

fn read(fixture: &Fixture, name: &str) -> Value {
    let path = fixture.folder().join("callbacks").join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Calls a callback, which is in a registry. Returns what differs from what the reference does.
pub(crate) fn replay(fixture: &Fixture, checkout: &Checkout, name: &str, registry: Registry) -> Vec<String> {
    let case = read(fixture, name);
    let set = case["set"].as_str().unwrap();
    let expected = Expected::new(fixture, set);
    let ids = expected.label_to_taskid().unwrap();
    let case = Case { ids: &ids, values: with_ids(&case, &ids) };
    let full = expected.file("full.json").unwrap();
    let run = Run::with_decision(checkout, fixture, set, DECISION);
    let parameters = run.generator().session().parameters.values().clone().into();
    let world = World::new();
    world.prepare(&case, &full, &parameters);
    let done = world.call(&case, &run, registry);

    let golden = fixture.folder().join("expected-callbacks").join(format!("{name}.json"));
    let golden = fs::read_to_string(golden).unwrap();
    let names = names_of_reference(&Json::read(&golden));
    let golden = renamed(&golden, &names).replace("/checkout", checkout.repo().to_str().unwrap());
    let golden = Json::read(&golden);
    if golden.get("status") != Some(&Json::Scalar("0")) {
        return match &done.error {
            None => vec!["the reference fails".to_owned()],
            Some(_) if done.requests.is_empty() => Vec::new(),
            Some(error) => vec![format!("{error}, after {:?}", done.requests)],
        };
    }
    if let Some(error) = done.error {
        return vec![format!("the reference does not fail: {error}")];
    }

    let full_graph = Json::read(&full);
    let found = done.effects(&full_graph);
    let found = Json::read(&found);
    let created = golden.get("created").cloned().unwrap_or(Json::Map(Vec::new()));
    let labels = created.get("labels").cloned().unwrap_or(Json::Map(Vec::new()));
    let nothing = Json::Map(Vec::new());
    let old = |name: &str| {
        let task = labels.get(name).and_then(|label| full_graph.get(label.text()));
        task.and_then(|task| task.get("task")).unwrap_or(&nothing).clone()
    };
    let names: Vec<&str> = labels.entries().map(|(name, _)| name).collect();
    let created = Json::Map(
        created
            .patched(names.iter().copied(), old)
            .into_iter()
            .map(|(name, task)| (name, sorted(task)))
            .collect(),
    );
    let mut problems = Vec::new();
    let mut compare =
        |what: &str, expected: Option<&Json<'_>>, found: Option<&Json<'_>>| match (expected, found) {
            (Some(expected), Some(found)) => problems.extend(expected.differences(found, what)),
            (None, None) => {}
            (expected, found) => problems.push(format!("{what}: expected {expected:?}, found {found:?}")),
        };
    compare(
        "created",
        Some(&without_quotes(created)),
        Some(&without_quotes(sorted(found.get("created").unwrap().clone()))),
    );
    for what in ["cancelled", "rerun", "to-run", "label-to-taskid", "task-graph"] {
        let [expected, found] = [&golden, &found].map(|json| json.get(what).cloned().map(in_order));
        compare(what, expected.as_ref(), found.as_ref());
    }
    if let Some(changed) = golden.get("parameters") {
        let text = |value: &taskgraph_value::Value| taskgraph_value::json::pretty(value).unwrap();
        let (before, after) = (text(&parameters), text(&done.parameters.unwrap()));
        let expected = Json::read(&before).merge(changed);
        problems.extend(expected.differences(&Json::read(&after), "parameters"));
    }
    problems
}

/// `task:LABEL` stands for a taskId.
fn with_ids(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    let text =
        |text: &str| text.strip_prefix("task:").map_or_else(|| text.to_owned(), |label| ids[label].clone());
    match value {
        Value::String(string) => text(string).into(),
        Value::Array(items) => items.iter().map(|item| with_ids(item, ids)).collect(),
        Value::Object(map) => map.iter().map(|(key, item)| (text(key), with_ids(item, ids))).collect(),
        other => other.clone(),
    }
}

/// A callback as its file has it.
struct Case<'a> {
    ids: &'a BTreeMap<String, String>,
    values: Value,
}

impl Case<'_> {
    fn map(&self, key: &str) -> Map<String, Value> {
        self.values.get(key).map_or_else(Map::new, |value| value.as_object().unwrap().clone())
    }

    fn task_id(&self) -> Option<&str> {
        let task = self.values.get("task")?.as_str().unwrap();
        Some(self.ids.get(task).map_or(task, String::as_str))
    }

    /// All tasks that somebody may look at.
    fn tasks(&self) -> Vec<String> {
        let mut tasks: Vec<String> = self.task_id().map(str::to_owned).into_iter().collect();
        for key in ["artifacts", "tasks", "states"] {
            tasks.extend(self.map(key).keys().cloned());
        }
        for list in self.map("lists").values().chain(self.values.get("incomplete")) {
            tasks.extend(list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        tasks.retain(|task| task != DECISION);
        tasks.sort();
        tasks.dedup();
        tasks
    }
}

fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

/// An embedded cluster, and a folder for artifacts.
struct World {
    runtime: Runtime,
    _local: LocalCluster,
    cluster: Cluster,
    time: Arc<AtomicI64>,
    folder: TempDir,
}

impl World {
    fn new() -> World {
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

    /// Makes all that lookups may find.
    fn prepare(&self, case: &Case<'_>, full: &str, parameters: &taskgraph_value::Value) {
        let definitions = case.map("tasks");
        self.create(DECISION, definitions.get(DECISION), "Decision task");
        let labels = serde_json::to_string(case.ids).unwrap();
        let parameters = taskgraph_config::yaml::write_unicode(parameters);
        let of_decision = [
            ("full-task-graph.json", full),
            ("label-to-taskid.json", &labels),
            ("parameters.yml", &parameters),
        ];
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
            let files: Vec<(String, String)> = artifacts.map_or_else(Vec::new, |artifacts| {
                let name = |name: &str| name.strip_prefix("public/").unwrap().to_owned();
                let text = |file: &Value| match file.as_str().and_then(|text| text.strip_prefix("decision:"))
                {
                    Some(name) => of_decision.iter().find(|(known, _)| *known == name).unwrap().1.to_owned(),
                    None => file.to_string(),
                };
                artifacts.as_object().unwrap().iter().map(|(key, file)| (name(key), text(file))).collect()
            });
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
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

    fn work(&self, task_id: &str, report: Option<Report<'_>>, files: &[(&str, &str)]) {
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

    fn call(&self, case: &Case<'_>, run: &Run, registry: Registry) -> Done {
        let session = run.generator().session();
        let (cluster, recorder) = self.cluster.dry_run();
        let artifacts = self.folder.path().join("artifacts");
        let input = case.values.get("input").cloned().unwrap_or(Value::Null);
        let call = Call {
            parameters: session.parameters.clone(),
            config: session.config.clone(),
            registry: registry.into(),
            environment: Environment::new(
                [("TASKCLUSTER_ROOT_URL", "https://tc.example.com"), ("TASK_ID", ACTION)]
                    .map(|(name, value)| (name.into(), value.into())),
            ),
            cwd: session.cwd.clone(),
            input: serde_json::from_value(input).unwrap(),
            task_id: case.task_id().map(id),
            task_group_id: Some(id(DECISION)),
            own_task_id: Some(id(ACTION)),
            ids: TaskIds::new(&id(ACTION)),
            cluster: &cluster,
            runtime: &self.runtime,
            artifacts: artifacts.clone(),
            contexts: artifacts.join("docker-contexts"),
            now: &|| self.now(),
            log: &|_| {},
        };
        let error = call.run(case.values["callback"].as_str().unwrap()).err().map(|error| error.to_string());
        let parameters = taskgraph_config::yaml::read_file(&artifacts.join("parameters.yml"));
        let parameters = parameters.ok().map(|document| document.value);
        Done { error, requests: recorder.requests(), files: read_all(&artifacts), parameters }
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
struct Done {
    error: Option<String>,
    requests: Vec<Recorded>,
    /// The JSON files, by name.
    files: BTreeMap<String, Value>,
    parameters: Option<taskgraph_value::Value>,
}

impl Done {
    /// In the form of the goldens, but with whole definitions, and with names in the place of new taskIds.
    fn effects(&self, full: &Json<'_>) -> String {
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
        for name in ["label-to-taskid", "to-run"] {
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

fn new_name(label: &str, number: usize, copy: usize) -> String {
    if copy == 0 { format!("{label}#{number}") } else { format!("{label}#{number}.{copy}") }
}

/// What to call the tasks that the reference creates.
fn names_of_reference(golden: &Json<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let Some(labels) = golden.get("created").and_then(|created| created.get("labels")) else { return names };
    for (_, label) in labels.entries() {
        let label = label.text();
        for number in 1.. {
            let id = reference_id(&format!("{label}\n{number}"));
            if labels.get(&id).is_none() {
                break;
            }
            let copies = (1..).map(|copy| (copy, reference_id(&format!("{id}\n{copy}"))));
            for (copy, id) in copies.take_while(|(_, id)| labels.get(id).is_some()) {
                names.insert(id, new_name(label, number, copy));
            }
            names.insert(id, new_name(label, number, 0));
        }
    }
    assert_eq!(names.len(), labels.entries().count());
    names
}

fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id.as_str(), name))
}

/// Dependencies are sorted by taskId, which differ.
fn sorted(json: Json<'_>) -> Json<'_> {
    let Json::Map(entries) = json else { return json };
    Json::Map(
        entries
            .into_iter()
            .map(|(key, value)| {
                (key, if key == "\"dependencies\"" { in_order(value) } else { sorted(value) })
            })
            .collect(),
    )
}

/// A list of texts, in order.
fn in_order(json: Json<'_>) -> Json<'_> {
    match json {
        Json::List(mut items) => {
            items.sort_by_key(Json::text);
            Json::List(items)
        }
        other => other,
    }
}

/// Keys that were made here have no quotes.
fn without_quotes(json: Json<'_>) -> Json<'_> {
    let Json::Map(entries) = json else { return json };
    let mut entries: Vec<_> =
        entries.into_iter().map(|(key, value)| (key.trim_matches('"'), value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    Json::Map(entries)
}
