//! Hooks and roles of a tree in a cluster.

use std::collections::BTreeSet;

use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error as Refused, Sent};

use crate::{
    error::Error,
    hook::{Hook, HookMaking, hook},
    names::{role_path, trimmed},
    template::Template,
};

/// A tree whose actions a cluster is to have.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// The trust domain of the graph configuration.
    pub trust_domain: &'a str,
    /// The level of its repositories: `1`, `2` or `3`.
    pub level: &'a str,
    /// The URLs of its repositories: the head's, and that of the base if it is another one.
    pub repositories: &'a [&'a str],
    /// The permissions of its actions: `generic`, `release-promotion`, and those that its own actions declare.
    pub permissions: &'a [&'a str],
    /// What decision and action tasks of these repositories may do, besides triggering the actions.
    pub scopes: &'a [&'a str],
}

/// What a cluster has now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// The hooks, as `group/id`.
    pub hooks: Vec<String>,
    /// The roles.
    pub roles: Vec<String>,
}

impl Tree<'_> {
    /// What the tasks of a tree need on a cluster that is there for nobody else: everything that the queue, the index and
    /// the services around them do, but not changing who may do what.
    pub const ON_A_LAPTOP: &'static [&'static str] = &[
        "assume:project:*",
        "auth:aws-s3:*",
        "auth:azure-table:*",
        "auth:current-scopes",
        "auth:gcp:*",
        "auth:sentry:*",
        "auth:websocktunnel-token:*",
        "docker-worker:*",
        "generic-worker:*",
        "github:*",
        "index:*",
        "notify:*",
        "object:*",
        "project:*",
        "purge-cache:*",
        "queue:*",
        "secrets:get:*",
        "worker-manager:*",
    ];
}

/// Creates the hooks of all permissions, for pushes and for pull requests, and the roles that they need; hooks that differ
/// are replaced, and roles get what they lack. So this may be done again, whenever `.taskcluster.yml` has changed.
///
/// The roles are those of the hooks, which lead to those of the repositories' actions, and one for all decision and action
/// tasks of each repository, `repo:<url>:*`, which has the scopes of the tree and may trigger the actions.
///
/// Fails with what [`hook`] and the services say. What was made until then stays.
pub async fn install_hooks(
    cluster: &Cluster,
    template: &Template,
    tree: &Tree<'_>,
) -> Result<Installed, Error> {
    let mut installed = Installed::default();
    // One that has no name to speak of has no roles, either.
    let repositories = tree.repositories.iter().filter(|url| !role_path(trimmed(url)).is_empty());
    let mut granted = tree.scopes.iter().map(|&scope| scope.to_owned()).collect::<BTreeSet<_>>();
    for &action_perm in tree.permissions {
        for pull_request in [false, true] {
            let making =
                HookMaking { trust_domain: tree.trust_domain, level: tree.level, action_perm, pull_request };
            let made = hook(template, &making)?;
            let assumed = repositories.clone();
            let assumed = assumed.map(|url| format!("assume:{}", making.repository_role(trimmed(url))));
            let role = making.role();
            grant(cluster, &role, "What action tasks of a tree may do", assumed.collect()).await?;
            put_hook(cluster, &made).await?;
            granted.insert(making.trigger_scope());
            granted.insert(format!("hooks:trigger-hook:{}/{}/*", making.group(), making.id()));
            installed.hooks.push(format!("{}/{}", made.group, made.id));
            installed.roles.push(role);
        }
    }
    for url in repositories {
        let path = role_path(trimmed(url));
        let role = format!("repo:{path}:*");
        if installed.roles.contains(&role) {
            continue;
        }
        // There are actions that make a decision task again.
        let actions = format!("repo:{path}:action:*");
        let pushes = BTreeSet::from([format!("assume:repo:{path}:branch:*")]);
        grant(cluster, &actions, "What only action tasks of a repository may do", pushes).await?;
        installed.roles.push(actions);
        grant(cluster, &role, "What decision and action tasks of a repository may do", granted.clone())
            .await?;
        installed.roles.push(role);
    }
    Ok(installed)
}

async fn put_hook(cluster: &Cluster, hook: &Hook) -> Result<(), Error> {
    let hooks = cluster.hooks();
    match hooks.create_hook(&hook.group, &hook.id, &hook.body).await {
        Ok(_) => Ok(()),
        Err(Refused::Conflict(_)) => {
            hooks.update_hook(&hook.group, &hook.id, &hook.body).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes sure that a role has some scopes.
async fn grant(
    cluster: &Cluster,
    role: &str,
    description: &str,
    scopes: BTreeSet<String>,
) -> Result<Sent<()>, Error> {
    let auth = cluster.auth();
    let existing = match auth.role(role).await {
        Ok(existing) => existing,
        Err(Refused::NotFound(_)) => {
            let scopes = scopes.into_iter().collect::<Vec<_>>();
            return Ok(auth.create_role(role, description, &scopes).await?.map(drop));
        }
        Err(error) => return Err(error.into()),
    };
    let had = existing["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let had = had.map(str::to_owned).collect::<BTreeSet<_>>();
    if scopes.is_subset(&had) {
        return Ok(Sent::Done(()));
    }
    let scopes = had.union(&scopes).cloned().collect::<Vec<_>>();
    let description = existing["description"].as_str().unwrap_or(description);
    Ok(auth.update_role(role, description, &scopes).await?.map(drop))
}
