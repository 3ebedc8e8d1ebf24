//! Whether a task was made from the tree.

mod action;
mod decision;
mod said;

use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error as Refused, TaskId};

use crate::{
    compare::{FieldDifference, agreed, compare},
    error::Error,
    source::Source,
    template::Template,
};
use said::Said;

pub use action::verify_action;
pub use decision::verify_decision;

/// The most bytes an artifact of a decision task may have that is read here.
const LARGEST_ARTIFACT: usize = 32 << 20;

/// What whoever verifies knows better than the tasks. By default it is taken from what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The level of the repository: `1`, `2` or `3`.
    pub level: Option<String>,
    /// The name of the project.
    pub project: Option<String>,
    /// What the environment variables of the repository begin with, as in `GECKO_HEAD_REPOSITORY`: `GECKO`.
    pub prefix: Option<String>,
    /// The root URL that the template was rendered with, if it is not the one that the cluster is reached at.
    pub root_url: Option<String>,
}

impl Expectations {
    fn root_url<'a>(&'a self, cluster: &'a Cluster) -> Option<&'a str> {
        self.root_url.as_deref().or(cluster.root_url())
    }
}

/// What verifying a task came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The task.
    pub task_id: TaskId,
    /// The decision task of its group; the same, if it is one.
    pub decision_task_id: TaskId,
    /// What asked for it: `github-push`, `action`, ...
    pub tasks_for: String,
    /// The repository, and the revision of it that has the template.
    pub repository: String,
    /// That revision.
    pub revision: String,
    /// The first ten hexadecimal digits of the template's SHA-256.
    pub hash: String,
    /// The hook that `actions.json` names, as `group/id`; only for an action task.
    pub hook: Option<String>,
    /// The fields that agree, by their names.
    pub agreed: Vec<String>,
    /// The fields that differ. If there are none, the task was made from the tree.
    pub differences: Vec<FieldDifference>,
    /// What could not be learned from anybody else, and so was taken from the task itself or its artifacts.
    pub assumed: Vec<String>,
    /// What is not as expected, although the definitions may agree.
    pub remarks: Vec<String>,
}

impl Verification {
    /// Whether the task agrees with the tree.
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }

    /// Compares a task with what the tree says it may be. With several of them, the closest counts.
    fn of(
        said: &Said<'_>,
        decision: &Said<'_>,
        template: &Template,
        rebuilt: Vec<Value>,
        groups: &[&str],
    ) -> Result<Verification, Error> {
        let differences = rebuilt.iter().map(|rebuilt| compare(rebuilt, said.task, groups));
        let differences = differences.min_by_key(Vec::len);
        let Some(differences) = differences else {
            return Err(said.wrong(format!(
                "the `.taskcluster.yml` of revision {} makes no task for `{}`",
                decision.revision()?,
                said.tasks_for()?
            )));
        };
        Ok(Verification {
            task_id: said.task_id.clone(),
            decision_task_id: decision.task_id.clone(),
            tasks_for: said.tasks_for()?.to_owned(),
            repository: decision.repository()?.to_owned(),
            revision: decision.revision()?.to_owned(),
            hash: template.hash().to_owned(),
            hook: None,
            agreed: agreed(said.task, &differences),
            differences,
            assumed: Vec::new(),
            remarks: Vec::new(),
        })
    }
}

/// The template of the revision that a decision task names.
async fn template_of(decision: &Said<'_>, source: &dyn Source) -> Result<Template, Error> {
    let content = source.template(decision.repository()?, decision.revision()?).await?;
    Template::parse(&content, ".taskcluster.yml".as_ref())
}

/// An artifact of the latest run of a task, if there is one.
async fn artifact(cluster: &Cluster, task_id: &TaskId, name: &'static str) -> Result<Option<Vec<u8>>, Error> {
    let mut chunks = match cluster.queue().open_artifact(task_id, None, name).await {
        Ok(chunks) => chunks,
        Err(Refused::NotFound(_) | Refused::ArtifactFailed(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut content = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        if content.len() + chunk.len() > LARGEST_ARTIFACT {
            let what = format!("artifact `{name}` of task {task_id}");
            return Err(Error::TooLarge { what, limit: LARGEST_ARTIFACT });
        }
        content.extend_from_slice(&chunk);
    }
    Ok(Some(content))
}

/// The parameters of a decision task; nothing if it published none.
async fn parameters(cluster: &Cluster, decision: &TaskId) -> Result<Option<Value>, Error> {
    const NAME: &str = "public/parameters.yml";
    let Some(content) = artifact(cluster, decision, NAME).await? else { return Ok(None) };
    let document = taskgraph_config::yaml::read_bytes(&content, NAME.as_ref())?;
    let wrong = |problem: String| Error::Artifact { task_id: decision.clone(), name: NAME, problem };
    match serde_json::to_value(&document.value) {
        Ok(parameters @ Value::Object(_)) => Ok(Some(parameters)),
        Ok(_) => Err(wrong("expected a mapping".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}
