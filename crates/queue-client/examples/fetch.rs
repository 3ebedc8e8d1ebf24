//! Prints the content of a URL, or an artifact of the task that is indexed under a path.
//!
//! `cargo run -p taskcluster-queue-client --example fetch -- URL`, or `-- INDEX_PATH ARTIFACT` with
//! `TASKCLUSTER_ROOT_URL` set.

use std::{
    env,
    error::Error,
    io::{Write, stdout},
};

use taskcluster_queue_client::{Cluster, Http, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    let http = Http::new(&Settings::default())?;
    let args: Vec<String> = env::args().skip(1).collect();
    let content = match args.as_slice() {
        [url] => http.get(url)?,
        [index_path, artifact] => {
            let cluster = Cluster::from_env(&|name| env::var(name).ok(), http)?;
            cluster.artifact(&cluster.find_task(index_path)?, artifact)?
        }
        _ => return Err("expected a URL, or an index path and the name of an artifact".into()),
    };
    stdout().write_all(&content)?;
    Ok(())
}
