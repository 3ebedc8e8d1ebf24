//! Creates the tasks in a file at the deployment in the environment (TASKCLUSTER_ROOT_URL and credentials), each after
//! those that it depends on, and prints how many there are now:
//!
//! ```text
//! cargo run -p taskcluster-queue-client --example create -- tasks.json
//! ```
//!
//! The file is a JSON array of `{"taskId": "...", "task": {...}}`.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::{Write, stdout},
};

use serde::Deserialize;
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Http, NewTask, Settings, TaskId};

#[derive(Deserialize)]
struct Given {
    #[serde(rename = "taskId")]
    task_id: TaskId,
    task: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Needs {
    dependencies: Vec<TaskId>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("expected a file of tasks")?;
    let given: Vec<Given> = serde_json::from_slice(&fs::read(path)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(create(given))
}

async fn create(given: Vec<Given>) -> Result<(), Box<dyn Error>> {
    let mut tasks = Vec::new();
    let mut definitions = BTreeMap::new();
    for Given { task_id, task } in given {
        let Needs { dependencies } = Needs::deserialize(&task)?;
        tasks.push(NewTask { task_id: task_id.clone(), dependencies });
        definitions.insert(task_id, task);
    }
    let cluster = Cluster::from_env(&|name| env::var(name).ok(), Http::new(&Settings::default())?)?;
    let define = |id: &TaskId| definitions.get(id).cloned().unwrap_or_default();
    let creation = cluster.queue().create_tasks(&tasks, define, |_| ()).await;

    let mut out = stdout().lock();
    for failed in &creation.failed {
        writeln!(out, "{}: {}", failed.task_id, failed.error)?;
    }
    let (created, failed, skipped) = (creation.created.len(), creation.failed.len(), creation.skipped.len());
    writeln!(out, "{created} created, {failed} failed, {skipped} skipped")?;
    if failed + skipped > 0 { Err("some tasks were not created".into()) } else { Ok(()) }
}
