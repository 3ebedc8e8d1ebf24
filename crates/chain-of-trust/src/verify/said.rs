//! What a task says about where it comes from.

use chrono::{DateTime, Utc};
use serde_json::Value;
use taskcluster_queue_client::TaskId;

use crate::{error::Error, names::trimmed, verify::Expectations};

/// A task, and the names of its variables.
pub(super) struct Said<'a> {
    pub(super) task_id: &'a TaskId,
    pub(super) task: &'a Value,
    /// What the variables of the repository begin with; empty if there are none.
    prefix: String,
}

impl<'a> Said<'a> {
    /// Finds the variables of a decision or action task.
    pub(super) fn new(
        task_id: &'a TaskId,
        task: &'a Value,
        expectations: &Expectations,
    ) -> Result<Said<'a>, Error> {
        let mut said = Said::bare(task_id, task);
        said.prefix = match &expectations.prefix {
            Some(prefix) => prefix.clone(),
            None => said.find_prefix()?,
        };
        Ok(said)
    }

    /// A task whose repository does not matter.
    pub(super) fn bare(task_id: &'a TaskId, task: &'a Value) -> Said<'a> {
        Said { task_id, task, prefix: String::new() }
    }

    fn find_prefix(&self) -> Result<String, Error> {
        let env = self.task["payload"]["env"].as_object();
        let named = env.into_iter().flatten().filter_map(|(key, value)| {
            Some((key.strip_suffix("_HEAD_REPOSITORY")?, trimmed(value.as_str()?)))
        });
        let named = named.collect::<Vec<_>>();
        let source = self.task["metadata"]["source"].as_str().unwrap_or_default();
        // Where there are several repositories, the source is in the one that counts.
        let is_source =
            |url: &str| source.strip_prefix(url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match &named[..] {
            [] => Err(self.wrong("it has no variable `*_HEAD_REPOSITORY`".to_owned())),
            [(prefix, _)] => Ok((*prefix).to_owned()),
            several => {
                let mut likely = several.iter().filter(|(_, url)| is_source(url));
                match (likely.next(), likely.next()) {
                    (Some((prefix, _)), None) => Ok((*prefix).to_owned()),
                    _ => {
                        let names = several.iter().map(|(prefix, _)| *prefix).collect::<Vec<_>>();
                        Err(self.wrong(format!(
                            "it names several repositories, with variables that begin with {}; which counts?",
                            names.join(", ")
                        )))
                    }
                }
            }
        }
    }

    pub(super) fn wrong(&self, problem: String) -> Error {
        Error::Task { task_id: self.task_id.clone(), problem }
    }

    /// A variable of its payload.
    pub(super) fn env(&self, name: &str) -> Option<&'a str> {
        self.task["payload"]["env"][name].as_str()
    }

    /// A variable of the repository: `HEAD_REV` is `GECKO_HEAD_REV`.
    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.env(&format!("{}_{name}", self.prefix))
    }

    /// The first of some variables that is there.
    pub(super) fn first(&self, names: &[&str]) -> &'a str {
        names.iter().find_map(|name| self.variable(name)).unwrap_or_default()
    }

    fn required(&self, name: &str) -> Result<&'a str, Error> {
        self.variable(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| self.wrong(format!("expected a variable `{}_{name}`, found none", self.prefix)))
    }

    /// The URL of the repository that has the template.
    pub(super) fn repository(&self) -> Result<&'a str, Error> {
        Ok(trimmed(self.required("HEAD_REPOSITORY")?))
    }

    /// The revision of it.
    pub(super) fn revision(&self) -> Result<&'a str, Error> {
        self.required("HEAD_REV")
    }

    /// The name of the variable that has the message of the commit.
    pub(super) fn message_field(&self) -> String {
        format!("payload.env.{}_COMMIT_MSG", self.prefix)
    }

    pub(super) fn tasks_for(&self) -> Result<&'a str, Error> {
        let tasks_for = self.task["extra"]["tasks_for"].as_str();
        tasks_for.ok_or_else(|| self.wrong("expected a text in `extra.tasks_for`".to_owned()))
    }

    pub(super) fn created(&self) -> Result<DateTime<Utc>, Error> {
        let created = self.task["created"].as_str().and_then(|time| time.parse().ok());
        created.ok_or_else(|| self.wrong("expected a time in `created`".to_owned()))
    }

    /// The decision task, by convention.
    pub(super) fn group(&self) -> Result<TaskId, Error> {
        let group = self.task["taskGroupId"].as_str().and_then(|id| id.parse().ok());
        group.ok_or_else(|| self.wrong("expected an id in `taskGroupId`".to_owned()))
    }

    /// Whether it looks like an action task.
    pub(super) fn is_action(&self) -> bool {
        self.env("ACTION_CALLBACK").is_some_and(|name| !name.is_empty())
            || !self.task["extra"]["action"].is_null()
    }
}
