//! The decision task of a laptop, where no hook and no GitHub makes one.

use chrono::{DateTime, Months, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_queue_client::TaskId;

use crate::push::Push;

/// The definition of a decision task for a push, to create in an embedded cluster: the tasks of the graph depend on it,
/// and the index finds it as it would one that a deployment makes.
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
