//! Gets a URL, or an artifact of the task at a path of the index, from the deployment in TASKCLUSTER_ROOT_URL:
//!
//! ```text
//! cargo run -p taskcluster-queue-client --example fetch -- https://example.com/parameters.yml
//! cargo run -p taskcluster-queue-client --example fetch -- mobile.v2.fenix.latest.taskgraph.decision public/parameters.yml
//! ```

use std::{env, error::Error, io::Write};

use taskcluster_queue_client::{Cluster, Http, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fetch(&env::args().skip(1).collect::<Vec<_>>()))
}

async fn fetch(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let http = Http::new(&Settings::default())?;
    let content = match arguments {
        [url] => http.get(url).await?,
        [index_path, artifact] => {
            let cluster = Cluster::from_env(&|name| env::var(name).ok(), http)?;
            let task = cluster.index().find_task(index_path).await?;
            cluster.queue().artifact(&task.task_id, None, artifact).await?
        }
        _ => return Err("expected a URL, or an index path and an artifact's name".into()),
    };
    std::io::stdout().write_all(&content)?;
    Ok(())
}
