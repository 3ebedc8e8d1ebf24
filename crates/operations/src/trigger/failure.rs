//! Why an action is not triggered.

use std::sync::Arc;

use taskcluster_queue_client::{Error, TaskId};
use taskgraph_actions::{FindError, RenderError};

use super::group::ACTIONS;
use crate::failure::Failure;

/// Why an action is not triggered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActionFailure {
    /// A group whose id is not that of a task.
    #[error("group {group} has no decision task: the queue knows no task of that id")]
    NoDecision {
        /// The group.
        group: TaskId,
    },
    /// A group whose decision task offers nothing.
    #[error("task {decision} has no artifact `{ACTIONS}`, so there are no actions for its group")]
    NoActions {
        /// The decision task.
        decision: TaskId,
    },
    /// What the decision task published cannot be read.
    #[error("cannot read `{ACTIONS}` of task {decision}: {reason}")]
    BadActions {
        /// The decision task.
        decision: TaskId,
        /// What is wrong with it.
        reason: String,
    },
    /// Whatever keeps from looking at a group, for each of its tasks.
    #[error(transparent)]
    OfGroup(Arc<Failure>),
    /// A task of another group than was said.
    #[error("it is in group {found}, expected group {expected}")]
    OtherGroup {
        /// The group that was named.
        expected: TaskId,
        /// Its own.
        found: TaskId,
    },
    /// There is no such action, or more than one.
    #[error(transparent)]
    Find(#[from] FindError),
    /// None of those of that name has that title.
    #[error("no action `{name}` has the title `{title}`; there are {}", titles.join(", "))]
    Title {
        /// The action's name.
        name: String,
        /// The title that was asked for.
        title: String,
        /// Those that there are.
        titles: Vec<String>,
    },
    /// The input, or the template.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// What is rendered could not be sent.
    #[error("the action renders to something that cannot be sent: {0}")]
    Unsendable(serde_json::Error),
    /// Another thing than creating a task or triggering a hook.
    #[error("the action does what is not known here")]
    UnknownKind,
    /// The decision task may not trigger the hook of its own action.
    #[error("decision task {decision} lacks the scope `{scope}`, which the action needs")]
    LacksScope {
        /// The decision task.
        decision: TaskId,
        /// The scope.
        scope: String,
    },
    /// Whoever triggers an action that creates a task lacks what the decision task has.
    #[error(
        "the action's task is created with the scopes of the decision task, of which you lack {}",
        listed(missing)
    )]
    YouLack {
        /// Those that are missing.
        missing: Vec<String>,
    },
    /// Nobody signs the requests here, so that they cannot be restricted to what the decision task may do.
    #[error(
        "there are no credentials to sign with, and the action's task must not be created with more scopes than \
         the decision task has"
    )]
    Unsigned,
}

impl ActionFailure {
    /// Whether it is about who asks, and what they may do.
    pub fn is_about_rights(&self) -> bool {
        matches!(self, ActionFailure::YouLack { .. } | ActionFailure::Unsigned)
    }

    /// The error of a service behind it, if there is one.
    pub fn error(&self) -> Option<&Error> {
        match self {
            ActionFailure::OfGroup(failure) => failure.error(),
            _ => None,
        }
    }

    /// What to do about it, in a sentence.
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            ActionFailure::OfGroup(failure) => match &**failure {
                Failure::Action(failure) => return failure.advice(),
                _ => return None,
            },
            ActionFailure::NoActions { .. } => {
                "actions appear when the decision task has ended; groups without one have none".to_owned()
            }
            ActionFailure::Find(FindError::NotRelevant { subject, relevant, .. }) if !relevant.is_empty() => {
                format!("for {subject} there are {}", relevant.join(", "))
            }
            ActionFailure::Find(FindError::Several { .. }) => "say which one by its title".to_owned(),
            ActionFailure::LacksScope { .. } => {
                "the hook is made for one version of `.taskcluster.yml` and for repositories of one level; somebody \
                 who administers the deployment can grant the scope to the repository's role"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

impl From<ActionFailure> for Failure {
    fn from(failure: ActionFailure) -> Failure {
        Failure::Action(Box::new(failure))
    }
}

fn listed(scopes: &[String]) -> String {
    const MOST: usize = 5;
    let mut shown: Vec<String> = scopes.iter().take(MOST).map(|scope| format!("`{scope}`")).collect();
    if scopes.len() > MOST {
        shown.push(format!("{} more", scopes.len() - MOST));
    }
    shown.join(", ")
}
