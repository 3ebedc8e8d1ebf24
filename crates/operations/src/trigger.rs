//! Triggering the actions that a group's decision task offers.

mod failure;
mod group;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use taskcluster_queue_client::{Cluster, Error, Status, TaskId};
use taskgraph_actions::{Action, Occasion, Rendered, SchemaDocuments, Subject as On, satisfies};
use taskgraph_value::Value;

pub use self::{
    failure::ActionFailure,
    group::{GroupActions, actions_of_task, fetch_documents},
};
use crate::{
    failure::Failure,
    look::{Definitions, Subject, subjects},
    plan::{Item, Plan, Step},
};

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
    expected: Option<&TaskId>,
    action: &str,
    pick: Pick<'_>,
    groups: &mut Groups,
) -> Choice {
    let (task_id, name) = (subject.task_id.clone(), subject.name());
    let definition = group::definition(subject.definition);
    let (status, found) = match subject.status {
        Err(failure) => (None, Err(failure)),
        Ok(status) => {
            let found =
                of_group(cluster, &status.task_group_id, expected, groups).await.and_then(|actions| {
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
        Err(failure) => Err(ActionFailure::OfGroup(failure.clone()).into()),
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
        documents: &SchemaDocuments,
        now: DateTime<Utc>,
        random: &mut dyn FnMut(&mut [u8; 16]),
    ) -> Plan {
        let mut scopes = Scopes::default();
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
                            step(cluster, &actions, &action, rendered, own.clone(), &mut scopes).await
                        }
                    }
                }
            };
            items.push(Item { task_id, name, status, step });
        }
        Plan { items }
    }
}

/// What is known about scopes, each looked up once.
#[derive(Default)]
struct Scopes {
    /// Those of decision tasks, expanded.
    expanded: BTreeMap<TaskId, Result<Vec<String>, Arc<Failure>>>,
    /// Those of whoever asks; nothing if they could not be looked up.
    own: Option<Option<Vec<String>>>,
}

impl Scopes {
    /// Fails unless the decision task may trigger the hook of an action.
    async fn check_hook(
        &mut self,
        cluster: &Cluster,
        actions: &GroupActions,
        scope: String,
    ) -> Result<(), Failure> {
        let decision = &actions.task_group_id;
        if !self.expanded.contains_key(decision) {
            let scopes = cluster.auth().expand_scopes(&actions.scopes).await;
            self.expanded.insert(decision.clone(), scopes.map_err(|error| Arc::new(Failure::Failed(error))));
        }
        match &self.expanded[decision] {
            Err(failure) => Err(ActionFailure::OfGroup(failure.clone()).into()),
            Ok(scopes) if satisfies(scopes, &scope) => Ok(()),
            Ok(_) => Err(ActionFailure::LacksScope { decision: decision.clone(), scope }.into()),
        }
    }

    /// Fails if whoever asks cannot create tasks with all the scopes of the decision task. The queue would say so,
    /// too, but in the words of a failed authentication.
    async fn check_own(&mut self, cluster: &Cluster, actions: &GroupActions) -> Result<(), Failure> {
        if self.own.is_none() {
            self.own = Some(cluster.auth().current_scopes().await.ok());
        }
        let Some(Some(own)) = &self.own else { return Ok(()) };
        let missing: Vec<String> =
            actions.scopes.iter().filter(|scope| !satisfies(own, scope)).cloned().collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(ActionFailure::YouLack { missing }.into()),
        }
    }
}

/// The step that triggers an action, if everybody has what it needs.
async fn step(
    cluster: &Cluster,
    actions: &GroupActions,
    action: &Action,
    rendered: Rendered,
    task_id: TaskId,
    scopes: &mut Scopes,
) -> Result<Step, Failure> {
    if let Some(scope) = action.required_scope() {
        scopes.check_hook(cluster, actions, scope).await?;
    }
    let sendable = |value| serde_json::to_value(value).map_err(ActionFailure::Unsendable);
    match rendered {
        Rendered::Task { definition } => {
            if cluster.credentials().is_some() {
                scopes.check_own(cluster, actions).await?;
            } else if !cluster.is_dry_run() {
                return Err(ActionFailure::Unsigned.into());
            }
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
    Ok(choices.plan(cluster, input, &SchemaDocuments::default(), now, random).await)
}
