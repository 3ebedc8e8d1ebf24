//! The decision task of a laptop, where no hook and no GitHub makes one.

use chrono::{DateTime, Months, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use taskcluster_queue_client::TaskId;
use taskgraph_chain_of_trust::{Change, Making, Template, decision_definitions};
use taskgraph_schema::one_line;
use thiserror::Error;

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

    /// The definition of the decision task that a tree's `.taskcluster.yml` makes of the push.
    ///
    /// Fails with why there is none that could decide.
    pub fn decision_task(
        &self,
        template: &Template,
        message: &str,
        making: &Making<'_>,
    ) -> Result<Value, NoDecisionTask> {
        let made = decision_definitions(template, &self.change(message), making)?.into_iter().next();
        let Some(made) = made else {
            return Err(NoDecisionTask::Unwanted { tasks_for: self.tasks_for.clone() });
        };
        match made.definition.get("scopes").and_then(Value::as_array) {
            Some(scopes) if !scopes.is_empty() => Ok(made.definition),
            _ => Err(NoDecisionTask::NoScopes),
        }
    }

    /// Fails if nobody knows what the push is: a word that is written wrong would choose other tasks, or none. Known are the
    /// events of services, actions, and what an expression of `.taskcluster.yml` compares with.
    pub fn check_event(&self, template: Option<&Template>) -> Result<(), UnknownEvent> {
        let tasks_for = self.tasks_for.as_str();
        let is_known = Change::EVENTS.iter().chain(&ACTIONS).any(|known| *known == tasks_for);
        if is_known || template.is_some_and(|template| template.mentions(tasks_for)) {
            return Ok(());
        }
        Err(UnknownEvent { tasks_for: self.tasks_for.clone() })
    }
}

/// What asks for tasks besides events.
const ACTIONS: [&str; 2] = ["action", "pr-action"];

/// Why a tree's `.taskcluster.yml` makes no decision task of a push.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NoDecisionTask {
    /// One without scopes.
    #[error("it has no scopes, so it could not create a task")]
    NoScopes,
    /// None at all.
    #[error("it wants none for {}", one_line(tasks_for))]
    Unwanted {
        /// What happened.
        tasks_for: String,
    },
    /// It is no template that can be rendered.
    #[error(transparent)]
    Template(#[from] taskgraph_chain_of_trust::Error),
}

/// A push that is nothing that anybody has heard of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "expected {}, {}, or what an expression of .taskcluster.yml compares with, found `{}`",
    Change::EVENTS.join(", "), ACTIONS.join(", "), one_line(tasks_for)
)]
pub struct UnknownEvent {
    /// What it is said to be.
    pub tasks_for: String,
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn push(tasks_for: &str) -> Push {
        Push { tasks_for: tasks_for.to_owned(), ..Push::default() }
    }

    fn template(tasks: &str) -> Template {
        let text = format!("version: 1\ntasks:\n  - {tasks}\n");
        Template::parse(text.as_bytes(), Path::new(".taskcluster.yml")).unwrap()
    }

    #[test]
    fn templates_may_make_no_task_that_decides() {
        let task_id = "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap();
        let making = Making::of_one_task(&task_id, "2026-01-31T12:00:00Z".parse().unwrap());
        for (tasks, expected) in [
            ("{$if: 'tasks_for == \"cron\"', then: {}}", "it wants none for github-push"),
            ("{payload: {}}", "it has no scopes, so it could not create a task"),
            ("{scopes: []}", "it has no scopes, so it could not create a task"),
        ] {
            let why = push("github-push").decision_task(&template(tasks), "", &making).unwrap_err();
            assert_eq!(why.to_string(), expected);
        }
        let made = push("github-push").decision_task(&template("{scopes: [a]}"), "", &making).unwrap();
        assert_eq!(made["scopes"], json!(["a"]));
        assert!(push("nightly").decision_task(&template("{scopes: [a]}"), "", &making).is_err());
    }

    #[test]
    fn events_are_known_to_services_or_to_the_template() {
        let nightly = template("{$if: 'tasks_for == \"nightly\"'}");
        for (tasks_for, known) in
            [("github-push", true), ("pr-action", true), ("nightly", true), ("push", false)]
        {
            assert_eq!(push(tasks_for).check_event(Some(&nightly)).is_ok(), known, "{tasks_for}");
        }
        assert!(push("nightly").check_event(None).is_err());
    }
}
