//! Triggering the actions that a group's decision task offers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use taskcluster_queue_client::{Cluster, Error, Http, Settings, Status, TaskId};
use taskgraph_actions::{
    Action, Document, Documents, FindError, MOST_DOCUMENT, MOST_FETCH_SECONDS, Occasion, RenderError,
    Rendered, SchemaError, Subject as On, satisfies,
};
use taskgraph_value::Value;

use crate::{
    failure::{Failure, Refusal},
    look::{Definitions, Subject, name, subjects},
    plan::{Item, Plan, Step},
};

const ACTIONS: &str = "public/actions.json";

/// What actions are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets<'a> {
    /// A group as a whole.
    Group(&'a TaskId),
    /// Tasks, each for itself.
    Tasks {
        /// Which ones.
        ids: &'a [TaskId],
        /// The group that they have to be in, if that matters.
        group: Option<&'a TaskId>,
    },
}

/// Which of several actions of one name is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick<'a> {
    /// There has to be only one: nobody looks at it before it is triggered.
    Only,
    /// The first one, as in menus: somebody is shown which one that is.
    First,
    /// The first one with this title.
    Titled(&'a str),
}

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
    /// Nobody signs the requests here, so that they cannot be restricted to what the decision task may do.
    #[error(
        "there are no credentials to sign with, and the action's task must not be created with more scopes than \
         the decision task has"
    )]
    Unsigned,
}

impl ActionFailure {
    /// What to do about it, in a sentence.
    pub fn advice(&self) -> Option<String> {
        Some(match self {
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
    decision: String,
}

impl GroupActions {
    /// Looks up what the decision task of a group offers.
    pub async fn look(cluster: &Cluster, group: &TaskId) -> Result<GroupActions, Failure> {
        let decision = cluster.queue().task(group).await.map_err(|error| match error {
            Error::NotFound(_) => ActionFailure::NoDecision { group: group.clone() }.into(),
            error => Failure::Failed(error),
        })?;
        let bad = |reason| Failure::BadArtifact { task_id: group.clone(), name: ACTIONS, reason };
        let content = bounded(cluster, group).await?;
        let content = content.ok_or_else(|| ActionFailure::NoActions { decision: group.clone() })?;
        let text = str::from_utf8(&content).map_err(|error| bad(error.to_string()))?;
        let document = Document::parse(text).map_err(|error| bad(error.to_string()))?;
        let scopes = decision["scopes"].as_array().into_iter().flatten();
        let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        Ok(GroupActions { task_group_id: group.clone(), document, scopes, decision: name(&decision) })
    }

    fn pick(&self, action: &str, on: &On<'_>, pick: Pick<'_>) -> Result<Action, ActionFailure> {
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
fn definition(definition: Option<Json>) -> Value {
    serde_json::from_value(definition.unwrap_or_default()).unwrap_or_default()
}

/// The actions of one name that tasks, or a group, have. Nothing has been changed yet.
#[derive(Debug)]
pub struct Choices {
    items: Vec<Choice>,
}

/// The action that is chosen for one task, or for a group.
#[derive(Debug)]
struct Choice {
    task_id: TaskId,
    name: String,
    status: Option<Status>,
    /// None for a group.
    definition: Option<Value>,
    found: Result<(Arc<GroupActions>, Action), Failure>,
}

/// Finds the action of a name for each of the targets.
///
/// Fails if nothing could be looked up; what is wrong with single targets comes with the plan.
pub async fn choose_action(
    cluster: &Cluster,
    targets: Targets<'_>,
    action: &str,
    pick: Pick<'_>,
) -> Result<Choices, Error> {
    let mut items = Vec::new();
    match targets {
        Targets::Group(group) => {
            let found = GroupActions::look(cluster, group).await.and_then(|actions| {
                let picked = actions.pick(action, &On::Group, pick)?;
                Ok((Arc::new(actions), picked))
            });
            let name = found.as_ref().map(|(actions, _)| actions.decision.clone()).unwrap_or_default();
            items.push(Choice { task_id: group.clone(), name, status: None, definition: None, found });
        }
        Targets::Tasks { ids, group } => {
            let mut groups = BTreeMap::new();
            for subject in subjects(cluster, ids, Definitions::Needed).await? {
                items.push(choose(cluster, subject, group, action, pick, &mut groups).await);
            }
        }
    }
    Ok(Choices { items })
}

/// What groups offer, each looked up once.
type Groups = BTreeMap<TaskId, Result<Arc<GroupActions>, Arc<Failure>>>;

async fn choose(
    cluster: &Cluster,
    subject: Subject,
    group: Option<&TaskId>,
    action: &str,
    pick: Pick<'_>,
    groups: &mut Groups,
) -> Choice {
    let (task_id, name) = (subject.task_id.clone(), subject.name());
    let definition = definition(subject.definition);
    let (status, found) = match subject.status {
        Err(failure) => (None, Err(failure)),
        Ok(status) => {
            let found = of_group(cluster, &status.task_group_id, group, groups).await.and_then(|actions| {
                let on = On::Task { id: task_id.as_str(), definition: &definition };
                let picked = actions.pick(action, &on, pick)?;
                Ok((actions, picked))
            });
            (Some(status), found)
        }
    };
    Choice { task_id, name, status, definition: Some(definition), found }
}

async fn of_group(
    cluster: &Cluster,
    found: &TaskId,
    expected: Option<&TaskId>,
    groups: &mut Groups,
) -> Result<Arc<GroupActions>, Failure> {
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        let (expected, found) = (expected.clone(), found.clone());
        return Err(ActionFailure::OtherGroup { expected, found }.into());
    }
    if !groups.contains_key(found) {
        let looked = GroupActions::look(cluster, found).await;
        groups.insert(found.clone(), looked.map(Arc::new).map_err(Arc::new));
    }
    match &groups[found] {
        Ok(actions) => Ok(actions.clone()),
        Err(failure) => Err(Failure::OfGroup(failure.clone())),
    }
}

impl Choices {
    /// The actions that were found, each once, in the order of the targets.
    pub fn actions(&self) -> Vec<&Action> {
        let mut actions: Vec<&Action> = Vec::new();
        for (_, action) in self.items.iter().filter_map(|item| item.found.as_ref().ok()) {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions
    }

    /// Plans to trigger them with an input, which is compared with the schema of each first. `documents` are those that
    /// their schemas may refer to; `random` fills the ids of new tasks.
    pub async fn plan(
        self,
        cluster: &Cluster,
        input: Option<&Value>,
        documents: &Documents,
        now: DateTime<Utc>,
        random: &mut dyn FnMut(&mut [u8; 16]),
    ) -> Plan {
        let mut expanded = Expanded::new();
        let mut items = Vec::new();
        for Choice { task_id, name, status, definition, found } in self.items {
            let mut bytes = [0; 16];
            random(&mut bytes);
            let own = TaskId::from_random(bytes);
            let step = match found {
                Err(failure) => Err(failure),
                Ok((actions, action)) => {
                    let subject = match &definition {
                        None => On::Group,
                        Some(definition) => On::Task { id: task_id.as_str(), definition },
                    };
                    let group = actions.task_group_id.as_str();
                    let occasion = Occasion { task_group_id: group, subject, own_task_id: own.as_str(), now };
                    match actions.document.render(&action, &occasion, input, documents) {
                        Err(error) => Err(ActionFailure::from(error).into()),
                        Ok(rendered) => {
                            allowed(cluster, &actions, &action, rendered, own.clone(), &mut expanded).await
                        }
                    }
                }
            };
            items.push(Item { task_id, name, status, step });
        }
        Plan { items }
    }
}

/// What scopes of decision tasks expand to, each looked up once.
type Expanded = BTreeMap<TaskId, Result<Vec<String>, Arc<Failure>>>;

/// The step that triggers an action, if the decision task has what it needs.
async fn allowed(
    cluster: &Cluster,
    actions: &GroupActions,
    action: &Action,
    rendered: Rendered,
    task_id: TaskId,
    expanded: &mut Expanded,
) -> Result<Step, Failure> {
    if let Some(scope) = action.required_scope() {
        let decision = &actions.task_group_id;
        if !expanded.contains_key(decision) {
            let scopes = cluster.auth().expand_scopes(&actions.scopes).await;
            expanded.insert(decision.clone(), scopes.map_err(|error| Arc::new(Failure::Failed(error))));
        }
        match &expanded[decision] {
            Err(failure) => return Err(Failure::OfGroup(failure.clone())),
            Ok(scopes) if !satisfies(scopes, &scope) => {
                return Err(ActionFailure::LacksScope { decision: decision.clone(), scope }.into());
            }
            Ok(_) => {}
        }
    }
    let sendable = |value| serde_json::to_value(value).map_err(|error| ActionFailure::Unsendable(error));
    match rendered {
        Rendered::Task { .. } if cluster.credentials().is_none() && !cluster.is_dry_run() => {
            Err(ActionFailure::Unsigned.into())
        }
        Rendered::Task { definition } => {
            let definition = sendable(definition)?;
            Ok(Step::CreateWith { task_id, definition, scopes: actions.scopes.clone() })
        }
        Rendered::Hook { hook_group_id, hook_id, payload } => {
            let (hook_group_id, hook_id) = (hook_group_id.to_string(), hook_id.to_string());
            Ok(Step::TriggerHook { hook_group_id, hook_id, payload: sendable(payload)? })
        }
        _ => Err(ActionFailure::UnknownKind.into()),
    }
}

/// Plans to trigger the action of a name: [`choose_action`] and [`Choices::plan`] in one.
pub async fn plan_trigger(
    cluster: &Cluster,
    targets: Targets<'_>,
    action: (&str, Pick<'_>),
    input: Option<&Value>,
    now: DateTime<Utc>,
    random: &mut dyn FnMut(&mut [u8; 16]),
) -> Result<Plan, Error> {
    let choices = choose_action(cluster, targets, action.0, action.1).await?;
    Ok(choices.plan(cluster, input, &Documents::default(), now, random).await)
}

/// Fetches all documents that the schema of an action refers to: over `https` only, without credentials, each with at most
/// 1 MiB and within [`MOST_FETCH_SECONDS`].
pub async fn fetch_documents(settings: &Settings, schema: &Value) -> Result<Documents, SchemaError> {
    let mut documents = Documents::default();
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
    Ok(documents)
}
