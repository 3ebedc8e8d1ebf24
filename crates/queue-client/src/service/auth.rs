//! Scopes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call;
use crate::{
    cluster::{Cluster, Sent},
    error::Error,
};

/// The auth service. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Auth<'a> {
    cluster: &'a Cluster,
}

#[derive(Deserialize)]
struct Scopes {
    scopes: Vec<String>,
}

impl<'a> Auth<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Auth { cluster }
    }

    /// What whoever asks may do, expanded.
    pub async fn current_scopes(&self) -> Result<Vec<String>, Error> {
        let answer: Scopes = self.cluster.read(&call!("auth", "currentScopes", &[])).await?;
        Ok(answer.scopes)
    }

    /// A role, as the service defines it.
    pub async fn role(&self, id: &str) -> Result<Value, Error> {
        self.cluster.read(&call!("auth", "role", &[id])).await
    }

    /// Creates a role: what assuming it gives.
    pub async fn create_role(
        &self,
        id: &str,
        description: &str,
        scopes: &[String],
    ) -> Result<Sent<Value>, Error> {
        let body = json!({"description": description, "scopes": scopes});
        self.cluster.change(&call!("auth", "createRole", &[id], Some(&body))).await
    }

    /// Replaces what assuming a role gives.
    pub async fn update_role(
        &self,
        id: &str,
        description: &str,
        scopes: &[String],
    ) -> Result<Sent<Value>, Error> {
        let body = json!({"description": description, "scopes": scopes});
        self.cluster.change(&call!("auth", "updateRole", &[id], Some(&body))).await
    }

    /// The scopes with all that their roles give.
    pub async fn expand_scopes(&self, scopes: &[String]) -> Result<Vec<String>, Error> {
        let body = json!({"scopes": scopes});
        let answer: Scopes = self.cluster.read(&call!("auth", "expandScopes", &[], Some(&body))).await?;
        Ok(answer.scopes)
    }
}
