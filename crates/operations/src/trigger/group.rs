//! What a group offers.

use std::time::Duration;

use serde_json::Value as Json;
use taskcluster_queue_client::{Cluster, Error, Http, Settings, TaskId};
use taskgraph_actions::{
    Action, Document, MOST_DOCUMENT, MOST_FETCH_SECONDS, SchemaDocuments, SchemaError, Subject as On,
};
use taskgraph_value::Value;

use super::{ActionFailure, Pick};
use crate::{
    failure::{Failure, Refusal},
    look::{Definitions, name, subjects},
};

pub(super) const ACTIONS: &str = "public/actions.json";

/// The actions of a group, and what they may be triggered with.
#[derive(Clone, Debug)]
pub struct GroupActions {
    /// The group; its decision task has the same id.
    pub task_group_id: TaskId,
    /// The actions.
    pub document: Document,
    /// The scopes of the decision task, as its definition has them.
    pub scopes: Vec<String>,
    /// The name of the decision task.
    pub(super) decision: String,
}

impl GroupActions {
    /// Looks up what the decision task of a group offers.
    pub async fn look(cluster: &Cluster, group: &TaskId) -> Result<GroupActions, Failure> {
        let decision = cluster.queue().task(group).await.map_err(|error| match error {
            Error::NotFound(_) => ActionFailure::NoDecision { group: group.clone() }.into(),
            error => Failure::Failed(error),
        })?;
        let bad = |reason| ActionFailure::BadActions { decision: group.clone(), reason };
        let content = bounded(cluster, group).await?;
        let content = content.ok_or_else(|| ActionFailure::NoActions { decision: group.clone() })?;
        let text = str::from_utf8(&content).map_err(|error| bad(error.to_string()))?;
        let document = Document::parse(text).map_err(|error| bad(error.to_string()))?;
        let scopes = decision["scopes"].as_array().into_iter().flatten();
        let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        Ok(GroupActions { task_group_id: group.clone(), document, scopes, decision: name(&decision) })
    }

    pub(super) fn pick(&self, action: &str, on: &On<'_>, pick: Pick<'_>) -> Result<Action, ActionFailure> {
        let found = match pick {
            Pick::Only => self.document.find(action, on)?,
            Pick::First | Pick::Titled(_) => {
                let named = self.document.named(action, on)?;
                let Pick::Titled(title) = pick else { return Ok(named[0].clone()) };
                let found = named.iter().find(|action| action.title == title);
                found.copied().ok_or_else(|| ActionFailure::Title {
                    name: action.to_owned(),
                    title: title.to_owned(),
                    titles: named.iter().map(|action| format!("`{}`", action.title)).collect(),
                })?
            }
        };
        Ok(found.clone())
    }
}

/// The actions of a group; nothing if there are none. Reading stops where a document is too large.
async fn bounded(cluster: &Cluster, decision: &TaskId) -> Result<Option<Vec<u8>>, Error> {
    let mut chunks = match cluster.queue().open_artifact(decision, None, ACTIONS).await {
        Ok(chunks) => chunks,
        Err(Error::NotFound(_) | Error::ArtifactFailed(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut content = Vec::new();
    while let Some(piece) = chunks.next().await? {
        content.extend(piece);
        if content.len() > MOST_DOCUMENT {
            let asked = format!("`{ACTIONS}` of task {decision}");
            return Err(Error::TooLarge { asked, limit: MOST_DOCUMENT as u64 });
        }
    }
    Ok(Some(content))
}

/// The actions of the group of a task, and the task's definition.
pub async fn actions_of_task(cluster: &Cluster, id: &TaskId) -> Result<(GroupActions, Value), Failure> {
    let found = subjects(cluster, std::slice::from_ref(id), Definitions::Needed).await?;
    let subject = found.into_iter().next().ok_or(Refusal::Unknown)?;
    let (group, definition) = (subject.status?.task_group_id, definition(subject.definition));
    Ok((GroupActions::look(cluster, &group).await?, definition))
}

/// A definition as actions take it.
pub(super) fn definition(definition: Option<Json>) -> Value {
    serde_json::from_value(definition.unwrap_or_default()).unwrap_or_default()
}

/// Fetches all documents that the schema of an action refers to and that are not there yet: over `https` only, without credentials, each with at most
/// 1 MiB and within [`MOST_FETCH_SECONDS`].
pub async fn fetch_documents(
    settings: &Settings,
    schema: &Value,
    documents: &mut SchemaDocuments,
) -> Result<(), SchemaError> {
    let mut http = None;
    while let Some(url) = documents.missing(schema)? {
        let fail = |problem: String| SchemaError::Fetch { url: url.clone(), problem };
        let http = match &mut http {
            Some(http) => http,
            none => {
                let settings = Settings { max_bytes: 1 << 20, ..settings.clone() };
                none.insert(Http::new(&settings).map_err(|error| fail(error.to_string()))?)
            }
        };
        let limit = Duration::from_secs(MOST_FETCH_SECONDS);
        let fetched = tokio::time::timeout(limit, http.get(&url)).await;
        let fetched = fetched.map_err(|_| fail(format!("no answer within {MOST_FETCH_SECONDS} seconds")))?;
        let content = fetched.map_err(|error| fail(error.to_string()))?;
        let text = String::from_utf8(content).map_err(|error| fail(error.to_string()))?;
        documents.insert(&url, &text)?;
    }
    Ok(())
}
