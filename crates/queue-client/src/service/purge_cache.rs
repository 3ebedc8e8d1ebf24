//! Caches of workers.

use serde_json::json;

use super::call;
use crate::{
    cluster::{Cluster, Sent},
    error::Error,
};

/// The purge-cache service. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct PurgeCache<'a> {
    cluster: &'a Cluster,
}

impl<'a> PurgeCache<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        PurgeCache { cluster }
    }

    /// Has the workers of a pool (`provisioner/worker-type`) drop a cache before their next task.
    pub async fn purge_cache(&self, worker_pool_id: &str, cache: &str) -> Result<Sent<()>, Error> {
        let body = json!({"cacheName": cache});
        let call = call!("purge-cache", "purgeCache", &[worker_pool_id], Some(&body));
        Ok(self.cluster.call(&call).await?.map(|_| ()))
    }
}
