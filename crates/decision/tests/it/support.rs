//! A cluster with a decision task, graphs, and git repositories.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use taskcluster_queue_client::{Cluster, TaskId};
use taskgraph_decision::{Plan, task_id};
use taskgraph_fixtures::TestCluster;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_value::{Value, map};
use taskgraph_vcs::Tools;
use tempfile::TempDir;

pub(crate) fn decision() -> TaskId {
    "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap()
}

/// A cluster with a decision task that is running.
pub(crate) async fn start() -> TestCluster {
    let setup = TestCluster::start().await;
    let TestCluster { cluster, time, .. } = &setup;
    let times = |days| (time.now() + TimeDelta::days(days)).to_rfc3339();
    let definition = json!({
        "taskQueueId": "p/w", "schedulerId": "example-level-1", "taskGroupId": decision(),
        "created": times(0), "deadline": times(1), "expires": times(30), "payload": {},
        "metadata": {"name": "decision", "description": "", "owner": "a@b.example", "source": "https://a.example"},
    });
    cluster.queue().create_task(&decision(), &definition).await.unwrap();
    setup
}

/// A task as the optimized graph has it.
pub(crate) fn task(label: &str, needs: &[String]) -> Task {
    let needs: Vec<Value> = needs.iter().map(|need| task_id(&decision(), need).as_str().into()).collect();
    let after = |text: &str| map! { "relative-datestamp" => text };
    let definition = map! {
        "taskQueueId" => "p/w",
        "dependencies" => needs,
        "created" => after("0 seconds"),
        "deadline" => after("1 day"),
        "expires" => after("28 days"),
        "payload" => map! { "artifacts" => map! { "public" => map! { "expires" => after("28 days") } } },
        "metadata" => map! {
            "name" => label, "description" => "", "owner" => "a@b.example", "source" => "https://a.example",
        },
    };
    let map = map! {
        "kind" => "k", "label" => label, "attributes" => map! {}, "optimization" => Value::Null, "task" => definition,
    };
    Task {
        task_id: Some(task_id(&decision(), label).as_str().into()),
        ..Task::from_map(label, &map).unwrap()
    }
}

pub(crate) fn plan(tasks: impl IntoIterator<Item = Task>) -> Plan {
    let graph = TaskGraph::by_task_id(tasks.into_iter().map(Arc::new).collect(), []).unwrap();
    Plan::new(&graph, &decision(), "example-level-1", "2026-02-02T02:40:00Z".parse().unwrap()).unwrap()
}

/// The labels of the tasks of the group, sorted, without the decision task.
pub(crate) async fn labels(cluster: &Cluster) -> Vec<String> {
    let tasks = cluster.queue().task_group(&decision()).await.unwrap();
    let mut labels: Vec<String> = tasks
        .into_iter()
        .filter(|task| task.status.task_id != decision())
        .map(|task| task.task["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    labels.sort();
    labels
}

/// What git sees: no configuration, no `GIT_*` of the surrounding process, a fixed clock.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.com"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"),
    ("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"),
    ("LC_ALL", "C.UTF-8"),
];

pub(crate) fn tools() -> Tools {
    let tools = Tools::default().env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    ENVIRONMENT.into_iter().fold(tools, |tools, (key, value)| tools.env(key, value))
}

/// A git repository in a temporary directory.
pub(crate) struct Git(TempDir);

impl Git {
    /// With one commit on `main`.
    pub(crate) fn new() -> Git {
        let git = Git(tempfile::tempdir().unwrap());
        git.run(&["init", "--quiet", "--initial-branch=main"]);
        git.write("a.txt", "a\n");
        git.commit("first");
        git
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.root()).env_clear().envs(ENVIRONMENT);
        let output = command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        fs::write(self.root().join(path), content).unwrap();
    }

    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.run(&["rev-parse", "HEAD"])
    }
}
