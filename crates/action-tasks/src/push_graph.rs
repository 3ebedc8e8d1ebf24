//! What a push has: its full graph, and which tasks there are by now.

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use rustc_hash::{FxHashMap, FxHashSet};
use taskcluster_queue_client::{Error as ClientError, IndexedTask, Run, Status, TaskId};
use taskgraph_graph::TaskGraph;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Value, text};

use crate::{Call, Error};

const LABELS: &str = "public/label-to-taskid.json";
const FULL_GRAPH: &str = "public/full-task-graph.json";

/// The graph of a push, and which of its tasks exist.
#[derive(Clone, Debug)]
pub struct PushGraph {
    /// The decision task.
    pub decision_task_id: TaskId,
    /// The full task graph, as the decision task made it.
    pub graph: TaskGraph,
    /// The taskIds of the tasks that exist, by label: those of the decision task, then, in the order in which they were
    /// created, those of action and cron tasks of the same revision. The latest of a label counts.
    pub label_to_taskid: Map,
}

impl Call<'_> {
    /// The decision task of the push: the one that the index has for its revision, or for its number in a Mercurial
    /// repository. If the index has none, as for pull requests, it is the one that the group is named after.
    ///
    /// Fails with [`Error::Parameters`], [`Error::RepositoryType`], [`Error::Index`], and with [`Error::NoDecision`] if
    /// there is no group either.
    pub fn decision_task_id(&self) -> Result<TaskId, Error> {
        let text = |name| self.parameters.text(name);
        let (domain, project) = (self.config.trust_domain(), text("project")?);
        let of = self.parameters.get("repository_type").cloned().unwrap_or_else(|| text!("hg").into());
        let path = match of.as_str().map(|of| of.as_str()) {
            Some("hg") => format!("{domain}.v2.{project}.pushlog-id.{}.decision", text("pushlog_id")?),
            Some("git") => {
                format!("{domain}.v2.{project}.revision.{}.taskgraph.decision", text("head_rev")?)
            }
            _ => return Err(Error::RepositoryType { found: describe(&of) }),
        };
        match (self.wait(self.cluster.index().find_task(&path)), &self.task_group_id) {
            (Ok(found), _) => Ok(found.task_id),
            (Err(ClientError::NotFound(_)), None) => Err(Error::NoDecision { path }),
            // Without the right to look, too.
            (Err(error), Some(group)) if !error.is_about_reach() => Ok(group.clone()),
            (Err(source), _) => Err(Error::Index { path, source }),
        }
    }

    /// The graph of the push, and which of its tasks exist.
    ///
    /// Action and cron tasks that leave no labels are passed over, as those that only cancel or rerun. So is this action
    /// task itself, if it ran before, and what had not ended when its first run began: run again, it finds what it
    /// found then. If it has never begun, or may not look, what was created after it is passed over.
    ///
    /// Fails as [`Call::decision_task_id`], and with [`Error::Artifact`], [`Error::BadArtifact`] and
    /// [`Error::Statuses`].
    pub fn push_graph(&self) -> Result<PushGraph, Error> {
        let decision_task_id = self.decision_task_id()?;
        self.say(&format!("reading the graph of the decision task {decision_task_id}"));
        self.wait(async {
            let queue = self.cluster.queue();
            let artifact = async |name| {
                let failed = |source| Error::Artifact { task_id: decision_task_id.clone(), name, source };
                let bytes = queue.artifact(&decision_task_id, None, name).await.map_err(failed)?;
                json(&decision_task_id, name, &bytes)
            };
            let graph = TaskGraph::from_value(&artifact(FULL_GRAPH).await?)
                .map_err(|error| bad(&decision_task_id, FULL_GRAPH, error.to_string()))?;
            let mut label_to_taskid = labels(&decision_task_id, artifact(LABELS).await?)?;

            let others = self.other_tasks().await?;
            let answers = others.iter().map(async |other| (&other.task_id, self.labels_of(other).await));
            let mut answers = stream::iter(answers).buffered(self.cluster.concurrency());
            while let Some((id, answer)) = answers.next().await {
                match answer {
                    Ok(Some(bytes)) => {
                        label_to_taskid.extend_from(&labels(id, json(id, LABELS, &bytes)?)?);
                    }
                    Ok(None) => self.say(&format!("task {id} created no tasks")),
                    Err(source) => {
                        return Err(Error::Artifact { task_id: id.clone(), name: LABELS, source });
                    }
                }
            }
            Ok(PushGraph { decision_task_id: decision_task_id.clone(), graph, label_to_taskid })
        })
    }

    /// Whether the task that a group is named after has created a task, or re-used it, as its labels say: one that made a
    /// graph offers actions for all tasks of it.
    ///
    /// Fails with [`Error::Artifact`] and [`Error::BadArtifact`]. One that has left no labels created nothing.
    pub(crate) fn is_of_graph(&self, group: &TaskId, task_id: &TaskId) -> Result<bool, Error> {
        match self.wait(self.cluster.queue().artifact(group, None, LABELS)) {
            Ok(bytes) => {
                let labels = labels(group, json(group, LABELS, &bytes)?)?;
                Ok(labels.values().any(|known| *known == Value::from(task_id.as_str())))
            }
            Err(ClientError::NotFound(_)) => Ok(false),
            Err(source) => Err(Error::Artifact { task_id: group.clone(), name: LABELS, source }),
        }
    }

    /// The labels that another task has left, in the latest of its runs that has any.
    async fn labels_of(&self, other: &Other) -> Result<Option<Vec<u8>>, ClientError> {
        for run in &other.runs {
            match self.cluster.queue().artifact(&other.task_id, *run, LABELS).await {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(ClientError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The action and cron tasks of the push that count, in the order in which they were created.
    async fn other_tasks(&self) -> Result<Vec<Other>, Error> {
        let text = |name| self.parameters.text(name);
        let push = format!("{}.v2.{}", self.config.trust_domain(), text("project")?);
        let (number, revision) = (text("pushlog_id")?, text("head_rev")?);
        let mut found: Vec<IndexedTask> = Vec::new();
        for path in [
            format!("{push}.pushlog-id.{number}.actions"),
            format!("{push}.revision.{revision}.actions"),
            format!("{push}.revision.{revision}.cron"),
        ] {
            match self.cluster.index().list_tasks(&path).try_concat().await {
                Ok(tasks) => found.extend(tasks),
                Err(ClientError::NotFound(_)) => {}
                Err(source) => return Err(Error::Index { path, source }),
            }
        }
        let own = self.own_task_id.as_ref();
        let mut seen = FxHashSet::default();
        found.retain(|task| Some(&task.task_id) != own && seen.insert(task.task_id.clone()));
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<TaskId> = found.iter().map(|task| task.task_id.clone()).collect();
        ids.extend(own.cloned());
        let definitions = match self.cluster.queue().tasks(&ids).await {
            Ok(definitions) => definitions,
            Err(source) if source.is_about_reach() => {
                return Err(Error::Index { path: format!("{push}.revision.{revision}"), source });
            }
            // They expire in the order in which they were created, mostly.
            Err(_) => vec![None; ids.len()],
        };
        let mut created =
            definitions.iter().map(|definition| time(definition.as_ref()?["created"].as_str()?));
        let mut ordered: Vec<_> = found
            .into_iter()
            .map(|task| (created.next().flatten(), time(&task.expires), task.task_id))
            .collect();
        let own_created = created.next().flatten();
        ordered.sort_by(|a, b| (a.0, a.1, a.2.as_str()).cmp(&(b.0, b.1, b.2.as_str())));
        if let Some(own) = own
            && let Some(ended) = self.ended_before(own, &ids).await?
        {
            let counts = ordered.into_iter().filter_map(|(_, _, task_id)| {
                let runs: Vec<_> = ended.get(&task_id)?.iter().rev().copied().map(Some).collect();
                if runs.is_empty() {
                    self.say(&format!("task {task_id} does not count: this action began before it ended"));
                }
                (!runs.is_empty()).then_some(Other { task_id, runs })
            });
            return Ok(counts.collect());
        }
        if let Some(own) = own_created {
            ordered.retain(|(created, _, _)| created.is_none_or(|created| created <= own));
        }
        Ok(ordered.into_iter().map(|(_, _, task_id)| Other { task_id, runs: vec![None] }).collect())
    }

    /// Of each task, the runs that had ended when the first run of this action task began. They are the same whenever it
    /// is run again, unlike what has ended by now. Nothing if it has not begun, or may not look.
    async fn ended_before(
        &self,
        own: &TaskId,
        ids: &[TaskId],
    ) -> Result<Option<FxHashMap<TaskId, Vec<u32>>>, Error> {
        let statuses = match self.cluster.queue().statuses(ids).await {
            Ok(statuses) => statuses,
            Err(source) if source.is_about_reach() => return Err(Error::Statuses { source }),
            Err(_) => return Ok(None),
        };
        let statuses: Vec<_> = statuses.into_iter().flatten().collect();
        let own = statuses.iter().find(|status| status.task_id == *own);
        let Some(began) = own.and_then(|own| time(own.runs.first()?.started.as_deref()?)) else {
            return Ok(None);
        };
        let had_ended = |run: &&Run| run.resolved.as_deref().and_then(time).is_some_and(|end| end <= began);
        let ended = |status: Status| {
            let runs = status.runs.iter().filter(had_ended).map(|run| run.run_id).collect();
            (status.task_id, runs)
        };
        Ok(Some(statuses.into_iter().map(ended).collect()))
    }
}

/// Another action or cron task of the push.
struct Other {
    task_id: TaskId,
    /// The runs that may have left labels, the latest first; nothing is whichever is the latest.
    runs: Vec<Option<u32>>,
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}

fn bad(task_id: &TaskId, name: &'static str, problem: String) -> Error {
    Error::BadArtifact { task_id: task_id.clone(), name, problem }
}

fn json(task_id: &TaskId, name: &'static str, bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|error| bad(task_id, name, error.to_string()))
}

fn labels(task_id: &TaskId, value: Value) -> Result<Map, Error> {
    let Value::Map(labels) = value else {
        return Err(bad(
            task_id,
            LABELS,
            format!("expected a mapping of labels to taskIds, found {}", describe(&value)),
        ));
    };
    match labels.iter().find(|(_, id)| id.as_str().is_none()) {
        None => Ok(labels),
        Some((label, id)) => {
            Err(bad(task_id, LABELS, format!("`{label}`: expected a taskId, found {}", describe(id))))
        }
    }
}
