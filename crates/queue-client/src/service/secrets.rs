//! Secrets.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::call;
use crate::{cluster::Cluster, error::Error};

/// The secrets service. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'a> {
    cluster: &'a Cluster,
}

/// A secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Secret {
    /// The secret.
    pub secret: Value,
    /// When it is forgotten, as the service writes times.
    pub expires: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl<'a> Secrets<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Secrets { cluster }
    }

    /// A secret by its name.
    pub async fn get(&self, name: &str) -> Result<Secret, Error> {
        self.cluster.read(&call!("secrets", "get", &[name])).await
    }
}
