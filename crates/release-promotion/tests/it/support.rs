//! A checkout, an embedded cluster whose clock stands still until it is told otherwise, decision tasks and action tasks.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use serde_json::{Value as Json, json};
use taskcluster_local_cluster::{LocalCluster, Resolution};
use taskcluster_operations::Work;
use taskcluster_queue_client::{Cluster, Report, TaskId};
use taskgraph_action_tasks::{Asked, Call, Error as ActionError};
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_decision::{Artifacts, CreatedBefore, DecisionTask, TaskIds};
use taskgraph_fixtures::{TestCluster, Time};
use taskgraph_generate::{Generator, NothingFound, registry};
use taskgraph_kinds::{Environment, Registry, Session};
use taskgraph_release_promotion::{register, register_methods};
use taskgraph_value::{Map, Value, map};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The flavors of most tests.
pub(crate) const CONFIG: &str = "
trust-domain: example
task-priority: low
workers: {aliases: {}}
taskgraph: {repositories: {example: {name: example}}}
release-promotion:
    flavors:
        promote_example: {target-tasks-method: promote_example}
        push_example: {target-tasks-method: push_example}
        ship_example: {target-tasks-method: ship_example}
";

/// A task of a kind of its own: label, phase (none if empty), and labels that it depends on.
pub(crate) type Line<'a> = (&'a str, &'a str, &'a [&'a str]);

/// A checkout, a cluster, and whoever works with them.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    pub(crate) local: LocalCluster,
    pub(crate) cluster: Cluster,
    pub(crate) time: Time,
    pub(crate) tree: TempDir,
    next_id: Cell<u8>,
}

/// What became of an action task.
pub(crate) struct Promoted {
    pub(crate) task_id: TaskId,
    pub(crate) result: Result<(), String>,
    pub(crate) said: Vec<String>,
    artifacts: TempDir,
}

impl Promoted {
    #[track_caller]
    pub(crate) fn ok(self) -> Promoted {
        if let Err(error) = &self.result {
            panic!("{error}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Json {
        let text = fs::read_to_string(self.artifacts.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn parameters(&self) -> Map {
        let text = fs::read(self.artifacts.path().join("parameters.yml")).unwrap();
        let document = taskgraph_config::yaml::read_bytes(&text, Path::new("parameters.yml")).unwrap();
        document.value.as_map().unwrap().clone()
    }

    pub(crate) fn artifacts(&self) -> &Path {
        self.artifacts.path()
    }
}

impl Place {
    /// A checkout of these tasks, with the version 1.0.
    pub(crate) fn new(tasks: &[Line<'_>]) -> Place {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let TestCluster { local, cluster, time } = runtime.block_on(TestCluster::start());
        let tree = tempfile::tempdir().unwrap();
        let place = Place { runtime, local, cluster, time, tree, next_id: Cell::new(1) };
        place.write("taskcluster/config.yml", CONFIG);
        place.write(".taskcluster.yml", "version: 1\n");
        place.write("version.txt", "1.0\n");
        place.tasks(tasks);
        place
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Replaces the tasks of the checkout. The kind of a task is its label up to the first dash.
    pub(crate) fn tasks(&self, tasks: &[Line<'_>]) {
        let kinds = self.tree.path().join("taskcluster/kinds");
        if kinds.exists() {
            fs::remove_dir_all(&kinds).unwrap();
        }
        let kind = |label: &str| label.split('-').next().unwrap().to_owned();
        let mut by_kind: BTreeMap<String, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
        for (label, phase, needs) in tasks {
            let entry = by_kind.entry(kind(label)).or_default();
            entry.0.extend(needs.iter().map(|need| kind(need)).filter(|need| *need != kind(label)));
            let needs: Map = needs.iter().map(|need| ((*need).into(), Value::from(*need))).collect();
            let mut attributes = map! {};
            if !phase.is_empty() {
                attributes = map! { "shipping_phase" => *phase, "shipping_product" => "example" };
            }
            let task = map! {
                "label" => *label, "description" => *label, "worker-type" => "succeed", "attributes" => attributes,
                "dependencies" => needs, "run-on-projects" => vec![Value::from("all")],
            };
            entry.1.push(format!("    {label}: {}\n", serde_json::to_string(&Value::from(task)).unwrap()));
        }
        for (kind, (needs, tasks)) in by_kind {
            let needs: Vec<String> = needs.into_iter().collect();
            self.write(
                &format!("taskcluster/kinds/{kind}/kind.yml"),
                &format!(
                    "loader: taskgraph.loader.transform:loader\ntransforms: [taskgraph.transforms.task]\n\
                     kind-dependencies: [{}]\ntasks:\n{}",
                    needs.join(", "),
                    tasks.concat()
                ),
            );
        }
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn id(&self) -> TaskId {
        let next = self.next_id.get();
        self.next_id.set(next + 1);
        TaskId::from_random([next; 16])
    }

    pub(crate) fn parameters(&self, revision: &str) -> Parameters {
        let url = "https://github.com/example-org/example";
        Parameters::from_values(
            map! {
                "base_ref" => "", "base_repository" => url, "base_rev" => "aaaa", "build_date" => 0, "build_number" => 1,
                "do_not_optimize" => vec![], "enable_always_target" => true, "existing_tasks" => map! {},
                "files_changed" => vec![], "filters" => vec!["target_tasks_method".into()], "head_ref" => "main",
                "head_repository" => url, "head_rev" => revision, "head_tag" => "", "level" => "1",
                "moz_build_date" => "19700101000000", "next_version" => Value::Null,
                "optimize_strategies" => Value::Null, "optimize_target_tasks" => true, "owner" => "a@b.example",
                "project" => "example", "pushdate" => 0, "pushlog_id" => "0", "repository_type" => "git",
                "target_tasks_method" => "default", "tasks_for" => "github-push", "version" => "0.9",
            },
            true,
        )
    }

    pub(crate) fn config(&self) -> GraphConfig {
        GraphConfig::load("taskcluster".as_ref(), self.tree.path()).unwrap()
    }

    pub(crate) fn registry(&self, parameters: &Parameters) -> Registry {
        let mut registry = registry();
        taskgraph_action_tasks::register(&mut registry);
        register(&mut registry);
        register_methods(&mut registry, &self.config(), parameters);
        registry
    }

    pub(crate) fn session(&self, parameters: Parameters) -> Session {
        let registry = self.registry(&parameters).into();
        Session::new(self.config(), parameters, registry, Environment::default(), self.tree.path().to_owned())
    }

    /// A definition of a decision or action task.
    pub(crate) fn definition(&self, group: &TaskId, name: &str, extra: &Json) -> Json {
        let times = |days| (self.time.now() + TimeDelta::days(days)).to_rfc3339();
        json!({
            "taskQueueId": "local/decision", "schedulerId": "example-level-1", "taskGroupId": group,
            "created": times(0), "deadline": times(1), "expires": times(300), "payload": {}, "extra": extra,
            "scopes": ["queue:*", "index:*", "auth:current-scopes", "assume:repo:github.com/example-org/example:action:release-promotion"],
            "metadata": {"name": name, "description": "", "owner": "a@b.example", "source": "https://a.example"},
        })
    }

    /// What a decision task left, in a folder.
    pub(crate) fn decision_folder(&self, decision: &TaskId) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["full-task-graph.json", "label-to-taskid.json", "parameters.yml"] {
            let artifact = self.cluster.queue();
            let content = self.wait(artifact.artifact(decision, None, &format!("public/{name}"))).unwrap();
            fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    /// Creates a decision task, which waits.
    pub(crate) fn create_decision(&self, revision: &str) -> TaskId {
        let task_id = self.id();
        let mut definition = self.definition(&task_id, "Decision", &json!({}));
        definition["routes"] =
            json!([format!("index.example.v2.example.revision.{revision}.taskgraph.decision")]);
        self.wait(self.cluster.queue().create_task(&task_id, &definition)).unwrap();
        task_id
    }

    /// A push of what is checked out: a decision task, and its tasks, all of which have run.
    pub(crate) fn push(&self, revision: &str) -> TaskId {
        let task_id = self.push_unresolved(revision);
        self.local.resolve_all(task_id.as_str()).unwrap();
        task_id
    }

    /// A push whose tasks have not run yet.
    pub(crate) fn push_unresolved(&self, revision: &str) -> TaskId {
        let task_id = self.create_decision(revision);
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(folder.path()).unwrap();
        let work = self.wait(Work::begin(&self.cluster, &task_id)).unwrap();
        let decision = DecisionTask {
            task_id: &task_id,
            artifacts: &artifacts,
            actions: None,
            action_yml: None,
            now: self.time.now().fixed_offset(),
        };
        let generator = Generator::new(self.session(self.parameters(revision)))
            .with_inputs(decision.inputs(NothingFound, CreatedBefore::default()));
        let plan = decision.describe(&generator).unwrap();
        self.wait(plan.create(work.cluster(), || self.time.now(), |_| {})).unwrap();
        self.wait(async {
            work.upload(folder.path()).await.unwrap();
            work.end(Report::Completed).await.unwrap();
        });
        task_id
    }

    /// Triggers the action in the group of a decision task, and runs it.
    pub(crate) fn promote(&self, group: &TaskId, input: Json) -> Promoted {
        let task_id = self.id();
        let extra = json!({"action": {"name": "release-promotion", "context": {"input": input}}});
        let definition = self.definition(group, "Action: Release Promotion", &extra);
        self.wait(self.cluster.queue().create_task(&task_id, &definition)).unwrap();
        self.run(&task_id, group, input, usize::MAX)
    }

    /// Runs an action task, again if it ran before. It is killed after it has created so many tasks.
    pub(crate) fn run(&self, task_id: &TaskId, group: &TaskId, input: Json, most: usize) -> Promoted {
        let work = self.wait(Work::begin(&self.cluster, task_id)).unwrap();
        let artifacts = tempfile::tempdir().unwrap();
        let (result, said) = self.call(work.cluster(), Some(task_id), group, &input, artifacts.path(), most);
        self.wait(async {
            work.upload(artifacts.path()).await.unwrap();
            work.end(if result.is_ok() { Report::Completed } else { Report::Failed }).await.unwrap();
        });
        Promoted { task_id: task_id.clone(), result, said, artifacts }
    }

    /// Runs the callback alone.
    pub(crate) fn call(
        &self,
        cluster: &Cluster,
        own: Option<&TaskId>,
        group: &TaskId,
        input: &Json,
        artifacts: &Path,
        most: usize,
    ) -> (Result<(), String>, Vec<String>) {
        let said = std::cell::RefCell::new(Vec::new());
        let asked = Asked {
            callback: "release-promotion".to_owned(),
            task_id: None,
            task_group_id: Some(group.clone()),
            input: serde_json::from_value(input.clone()).unwrap(),
        };
        let result = self.wait(asked.parameters(cluster)).and_then(|parameters| {
            let creator = own.cloned().unwrap_or_else(|| TaskId::from_random([200; 16]));
            let created = Cell::new(0);
            let call = Call {
                config: self.config(),
                registry: self.registry(&parameters).into(),
                parameters,
                environment: Environment::default(),
                cwd: self.tree.path().to_owned(),
                run_task_dir: None,
                input: asked.input,
                task_id: None,
                task_group_id: asked.task_group_id,
                own_task_id: own.cloned(),
                ids: TaskIds::new(&creator),
                cluster,
                runtime: &self.runtime,
                artifacts: artifacts.to_owned(),
                contexts: artifacts.join("docker-contexts"),
                now: &|| self.time.now(),
                log: &|line| {
                    created.set(created.get() + usize::from(line.starts_with("created: ")));
                    said.borrow_mut().push(line.to_owned());
                    assert!(created.get() <= most, "killed");
                },
            };
            call.run("release-promotion")
        });
        let told = |error: ActionError| match error {
            ActionError::Action { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        (result.map_err(told), said.into_inner())
    }

    /// The names of the tasks of a group, sorted, with those whose id is the group's left out.
    pub(crate) fn group(&self, group: &TaskId) -> Vec<String> {
        let tasks = match self.wait(self.cluster.queue().task_group(group)) {
            Ok(tasks) => tasks,
            // There is no group before its first task.
            Err(taskcluster_queue_client::Error::NotFound(_)) => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        let mut names: Vec<String> = tasks
            .into_iter()
            .filter(|task| task.status.task_id != *group)
            .map(|task| task.task["metadata"]["name"].as_str().unwrap().to_owned())
            .filter(|name| !name.starts_with("Action: "))
            .collect();
        names.sort();
        names
    }

    /// The definition of the task of a label that a task created.
    pub(crate) fn created(&self, creator: &TaskId, label: &str) -> Json {
        let id = taskgraph_decision::task_id(creator, label);
        self.wait(self.cluster.queue().task(&id)).unwrap()
    }

    /// What a task that `creator` created for a label depends on, by `<creator>/<label>` where those are known.
    pub(crate) fn needs(
        &self,
        creator: &TaskId,
        label: &str,
        known: &[(&str, &TaskId, &str)],
    ) -> Vec<String> {
        let needs = self.created(creator, label)["dependencies"].clone();
        let mut needs: Vec<String> = serde_json::from_value(needs).unwrap();
        for need in &mut needs {
            if need == creator.as_str() {
                *need = "self".to_owned();
            }
            for (shown, creator, label) in known {
                if *need == taskgraph_decision::task_id(creator, label).as_str() {
                    *need = (*shown).to_owned();
                }
            }
        }
        needs.sort();
        needs
    }

    pub(crate) fn resolve(&self, task_id: &TaskId, how: Resolution) {
        self.local.resolve(task_id.as_str(), how).unwrap();
    }
}
