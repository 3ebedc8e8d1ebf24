//! The decision task of a laptop, where no hook and no GitHub makes one.

use chrono::{DateTime, Months, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_queue_client::TaskId;
use taskgraph_chain_of_trust::{Change, Making, Template, decision_definitions};

use crate::push::Push;

impl Push {
    /// The push as what happened to a repository, from which a tree's `.taskcluster.yml` makes a decision task. `message`
    /// is that of the commit.
    pub fn change(&self, message: &str) -> Change {
        let is_branch = self.tasks_for == "github-push" && !self.head_ref.starts_with("refs/");
        Change {
            tasks_for: self.tasks_for.clone(),
            repository_type: self.repository_type.clone(),
            base_repository: self.base_repository.clone(),
            base_ref: self.base_ref.clone(),
            base_rev: self.base_rev.clone(),
            head_repository: self.head_repository.clone(),
            head_ref: format!("{}{}", if is_branch { "refs/heads/" } else { "" }, self.head_ref),
            head_rev: self.head_rev.clone(),
            head_tag: self.head_tag.clone(),
            owner: self.owner.clone(),
            level: self.level.clone(),
            project: self.project.clone(),
            pushlog_id: self.pushlog_id.clone(),
            pushdate: self.pushdate,
            message: message.to_owned(),
            ..Change::default()
        }
    }

    /// The definition of the decision task that a tree's `.taskcluster.yml` makes of the push; nothing if it wants none.
    ///
    /// Fails with what is wrong with the template.
    pub fn decision_task(
        &self,
        template: &Template,
        message: &str,
        making: &Making<'_>,
    ) -> Result<Option<Value>, taskgraph_chain_of_trust::Error> {
        let made = decision_definitions(template, &self.change(message), making)?.into_iter();
        Ok(made.map(|made| made.definition).next())
    }
}

/// The definition of a decision task for a push of a tree without `.taskcluster.yml`, to create in an embedded cluster: the
/// tasks of the graph depend on it, and the index finds it as it would one that a deployment makes.
///
/// It has all scopes, because there is nobody to protect from. It is never run by a worker, so its payload is empty.
///
/// ```
/// # use taskgraph_decision::{Push, stand_in};
/// # fn example(push: &Push) -> Result<(), Box<dyn std::error::Error>> {
/// let task = stand_in(push, "example", &"fdtgsD5DQUmAQZEaGMvQ4Q".parse()?, "2026-01-31T12:00:00Z".parse()?);
/// assert_eq!(task["schedulerId"], "example-level-3");
/// # Ok(()) }
/// ```
pub fn stand_in(push: &Push, trust_domain: &str, task_id: &TaskId, now: DateTime<Utc>) -> Value {
    let Push { project, head_rev, head_repository, owner, level, pushlog_id, tasks_for, .. } = push;
    let index = |path: &str| format!("index.{trust_domain}.v2.{project}.{path}");
    // The queue wants a page.
    let source = if head_repository.starts_with("http") { head_repository } else { "https://localhost" };
    let at = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "taskQueueId": "local/decision",
        "schedulerId": format!("{trust_domain}-level-{level}"),
        "taskGroupId": task_id,
        "created": at(now),
        "deadline": at(now + TimeDelta::days(1)),
        "expires": at(now.checked_add_months(Months::new(12)).unwrap_or(now)),
        "priority": "highest",
        "scopes": ["*"],
        "routes": [
            index("latest.taskgraph.decision"),
            index(&format!("revision.{head_rev}.taskgraph.decision")),
            index(&format!("pushlog-id.{pushlog_id}.decision")),
        ],
        "payload": {},
        "metadata": {
            "name": "Decision Task",
            "description": "Generates the task graph of what is checked out.",
            "owner": owner,
            "source": source,
        },
        "tags": {"kind": "decision-task"},
        "extra": {"tasks_for": tasks_for, "treeherder": {"symbol": "D"}},
    })
}
