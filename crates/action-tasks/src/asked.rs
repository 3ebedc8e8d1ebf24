//! What an action task was asked to do, by its environment.

use std::path::Path;

use taskcluster_queue_client::{Cluster, TaskId};
use taskgraph_config::{Parameters, yaml};
use taskgraph_kinds::Environment;
use taskgraph_schema::describe;
use taskgraph_value::Value;

use crate::Error;

const PARAMETERS: &str = "public/parameters.yml";

/// What an action task was asked to do.
///
/// ```
/// use taskgraph_action_tasks::Asked;
/// use taskgraph_kinds::Environment;
/// let variables = [
///     ("ACTION_CALLBACK", "retrigger"),
///     ("ACTION_TASK_GROUP_ID", "fdtgsD5DQUmAQZEaGMvQ4Q"),
///     ("ACTION_TASK_ID", r#""PgAKBjVOQPCNmKf4k9nSZA""#),
///     ("ACTION_INPUT", r#"{"times": 3}"#),
/// ];
/// let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
/// let asked = Asked::of_environment(&Environment::new(variables))?;
/// assert_eq!(asked.input.at("times"), Some(&3.into()));
/// # Ok::<(), taskgraph_action_tasks::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The callback to run.
    pub callback: String,
    /// The task that the action is for; nothing if it is for the group.
    pub task_id: Option<TaskId>,
    /// The group that it was triggered from; nothing only in a test.
    pub task_group_id: Option<TaskId>,
    /// The input, null if there is none.
    pub input: Value,
}

impl Asked {
    /// Reads the variables `ACTION_CALLBACK`, `ACTION_TASK_GROUP_ID`, and as JSON `ACTION_TASK_ID` and `ACTION_INPUT`, which
    /// may be missing.
    ///
    /// Fails with [`Error::Variable`].
    pub fn of_environment(environment: &Environment) -> Result<Asked, Error> {
        let wrong = |name, expected, found| Error::Variable { name, expected, found };
        let set = |name| environment.get(name).filter(|value| !value.is_empty());
        let callback = set("ACTION_CALLBACK")
            .ok_or_else(|| wrong("ACTION_CALLBACK", "the name of a callback", "nothing".to_owned()))?;
        let group = set("ACTION_TASK_GROUP_ID");
        let id = "a taskId";
        let group = group.ok_or_else(|| wrong("ACTION_TASK_GROUP_ID", id, "nothing".to_owned()))?;
        let group = group.parse().map_err(|_| wrong("ACTION_TASK_GROUP_ID", id, format!("`{group}`")))?;
        let json = |name: &'static str| match set(name) {
            None => Ok(Value::Null),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| wrong(name, "JSON", format!("{} ({error})", shortened(text)))),
        };
        let task_id = match json("ACTION_TASK_ID")? {
            Value::Null => None,
            value => {
                let parsed = value.as_str().and_then(|id| id.parse().ok());
                let expected = "a taskId in quotes, or null";
                Some(parsed.ok_or_else(|| wrong("ACTION_TASK_ID", expected, describe(&value)))?)
            }
        };
        let task_group_id = Some(group);
        Ok(Asked { callback: callback.to_owned(), task_id, task_group_id, input: json("ACTION_INPUT")? })
    }

    /// The parameters of the group, which its decision task left as an artifact. As in the reference, they are taken as
    /// they are.
    ///
    /// Fails with [`Error::NoGroup`], [`Error::Artifact`] and [`Error::BadArtifact`].
    pub async fn parameters(&self, cluster: &Cluster) -> Result<Parameters, Error> {
        let task_id = self.task_group_id.as_ref().ok_or(Error::NoGroup)?;
        let bytes = cluster
            .queue()
            .artifact(task_id, None, PARAMETERS)
            .await
            .map_err(|source| Error::Artifact { task_id: task_id.clone(), name: PARAMETERS, source })?;
        let bad = |problem| Error::BadArtifact { task_id: task_id.clone(), name: PARAMETERS, problem };
        let document =
            yaml::read_bytes(&bytes, Path::new(PARAMETERS)).map_err(|error| bad(error.to_string()))?;
        match document.value {
            Value::Map(values) => Ok(Parameters::from_values(values, true)),
            other => Err(bad(format!("expected a mapping, found {}", describe(&other)))),
        }
    }
}

/// A text that may be very long, for a message.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}
