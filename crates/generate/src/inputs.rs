//! What the phases after the target task graph need from outside.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use taskgraph_optimize::Lookups;
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_value::{Str, text};

/// Why a lookup failed.
pub type LookupError = Box<dyn StdError + Send + Sync>;

/// Asks the index and the queue about earlier tasks.
pub trait Lookup: Send + Sync {
    /// What there is at index paths, and how those tasks stand. Paths are sorted, each once, and there is at least
    /// one: without any, nobody asks. A path where there is nothing has no place in the answer.
    fn look_up(&self, index_paths: &[Str]) -> Result<Lookups, LookupError>;
}

/// Makes the taskId to create the task of a label with. Two labels must get two ids.
pub type MakeTaskId = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Says of a label whether its task must not be optimized away.
pub type MustKeep = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// What a graph is optimized and morphed with, beside what it is generated from.
pub struct OptimizationInputs {
    /// The current time, from which deadlines are counted.
    pub now: DateTime<Utc>,
    /// Makes taskIds. Asked once for each task that will be created, in the order of labels; then for those that morphs
    /// add.
    pub task_id: MakeTaskId,
    /// Whom to ask about earlier tasks.
    pub lookup: Box<dyn Lookup>,
    /// The decision task, for references to it.
    pub decision_task_id: Str,
    /// Says of a label whether its task must be created, whatever strategies and the index say. A decision that is run
    /// again asks so for the tasks that it created before.
    pub must_keep: MustKeep,
    /// Where artifacts are. By default the variables `TASKCLUSTER_ROOT_URL` and `TASKCLUSTER_PROXY_URL` of the session
    /// say it.
    pub urls: Option<ArtifactUrls>,
}

impl OptimizationInputs {
    /// Inputs for a graph that no decision task makes: references to it say `DECISION-TASK`.
    pub fn new(
        now: DateTime<Utc>,
        task_id: impl Fn(&str) -> String + Send + Sync + 'static,
        lookup: impl Lookup + 'static,
    ) -> Self {
        OptimizationInputs {
            now,
            task_id: Box::new(task_id),
            lookup: Box::new(lookup),
            decision_task_id: text!("DECISION-TASK"),
            must_keep: Box::new(|_| false),
            urls: None,
        }
    }

    /// The same inputs for a graph that this decision task makes.
    #[must_use]
    pub fn with_decision_task(mut self, task_id: impl Into<Str>) -> Self {
        self.decision_task_id = task_id.into();
        self
    }

    /// The same inputs, with tasks that must not be optimized away.
    #[must_use]
    pub fn keeping(mut self, must_keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.must_keep = Box::new(must_keep);
        self
    }

    /// The same inputs for a deployment that is not the one of the session's variables.
    #[must_use]
    pub fn with_urls(mut self, urls: ArtifactUrls) -> Self {
        self.urls = Some(urls);
        self
    }
}

/// Finds nothing, and asks nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingFound;

impl Lookup for NothingFound {
    fn look_up(&self, _: &[Str]) -> Result<Lookups, LookupError> {
        Ok(Lookups::default())
    }
}
