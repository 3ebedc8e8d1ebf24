//! Where a release stands, and ending it.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use taskcluster_operations::{
    Done, Outcome, Sealed, count, group_tasks, name, plan_cancel, plan_cancel_groups, seal,
};
use taskcluster_queue_client::{Cluster, Error as ClientError, Sent, State, Status, Task, TaskId};
use taskgraph_value::Str;

use crate::{ACTION, Error, Flavor, Triggered};

/// A release: a decision task, and the phases that were triggered for it.
#[derive(Clone, Debug)]
pub struct Release {
    /// The decision task.
    pub decision: TaskId,
    /// The tasks of its group in each state, without the decision task and those of phases.
    pub counts: Vec<(State, usize)>,
    /// The phases, in the order in which they were triggered.
    pub phases: Vec<PhaseRun>,
}

/// A phase that was triggered.
#[derive(Clone, Debug)]
pub struct PhaseRun {
    /// The action task, and the group of its tasks.
    pub task_id: TaskId,
    /// Its flavor, if its definition says it.
    pub flavor: Option<Str>,
    /// The graphs it builds on, as its input has them.
    pub previous: Vec<Str>,
    /// The version, if its input has one.
    pub version: Option<Str>,
    /// The number of the build, if its input has one.
    pub build_number: Option<i64>,
    /// How the action task stands.
    pub status: Status,
    /// When it was created.
    pub created: String,
    /// The tasks of its group in each state. None before the action task has created one.
    pub counts: Vec<(State, usize)>,
    /// When its group was sealed, which is how a phase is given up.
    pub sealed: Option<String>,
}

impl PhaseRun {
    /// How its tasks stand all together: the action task's own state unless it has completed, then the worst of its
    /// group.
    pub fn state(&self) -> State {
        if self.status.state != State::Completed {
            return self.status.state;
        }
        let order = [
            State::Failed,
            State::Exception,
            State::Running,
            State::Pending,
            State::Unscheduled,
            State::Completed,
        ];
        let is_there = |state: &State| self.counts.iter().any(|(found, _)| found == state);
        order.into_iter().find(is_there).unwrap_or(State::Completed)
    }

    /// Whether it was given up: its group is sealed, or its action task was canceled before it had created anything.
    pub fn is_given_up(&self) -> bool {
        self.sealed.is_some() || (is_canceled(&self.status) && self.counts.is_empty())
    }

    /// What can be done about it, where it is in the way of another.
    fn way_on(&self) -> &'static str {
        match self.status.state {
            State::Completed => "give it up with `release cancel`",
            state if !state.is_resolved() => "wait for it, give it up with `release cancel`",
            _ => "rerun it, give it up with `release cancel`",
        }
    }
}

impl Release {
    /// Looks at the group of a decision task, and at those of the phases in it, and of phases that were triggered from
    /// those.
    pub async fn look(cluster: &Cluster, decision: &TaskId) -> Result<Release, ClientError> {
        let mut release = Release { decision: decision.clone(), counts: Vec::new(), phases: Vec::new() };
        let mut groups = VecDeque::from([decision.clone()]);
        while let Some(group) = groups.pop_front() {
            let tasks = match group_tasks(cluster, &group, &mut |_| {}).await {
                // There is no group before its first task.
                Err(ClientError::NotFound(_)) if group != *decision => Vec::new(),
                tasks => tasks?,
            };
            let (promotions, others): (Vec<Task>, Vec<Task>) =
                tasks.into_iter().partition(|task| is_promotion(&task.task));
            let counted = others.iter().map(|task| &task.status).filter(|status| status.task_id != group);
            let counts = count(counted);
            match release.phases.iter_mut().find(|phase| phase.task_id == group) {
                Some(phase) => {
                    phase.counts = counts;
                    phase.sealed = sealed(cluster, &group).await?;
                }
                None => release.counts = counts,
            }
            for Task { status, task, .. } in promotions {
                let known = release.phases.iter().any(|phase| phase.task_id == status.task_id);
                if known || status.task_id == *decision {
                    continue;
                }
                groups.push_back(status.task_id.clone());
                let input = input(&task);
                let text = |key: &str| input[key].as_str().filter(|text| !text.is_empty()).map(Str::from);
                release.phases.push(PhaseRun {
                    task_id: status.task_id.clone(),
                    flavor: text("release_promotion_flavor"),
                    version: text("version"),
                    build_number: input["build_number"].as_i64(),
                    previous: input["previous_graph_ids"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|id| id.as_str().map(Str::from))
                        .collect(),
                    created: task["created"].as_str().unwrap_or_default().to_owned(),
                    status,
                    counts: Vec::new(),
                    sealed: None,
                });
            }
        }
        release.phases.sort_by(|a, b| (&a.created, &a.task_id).cmp(&(&b.created, &b.task_id)));
        Ok(release)
    }

    /// What stands for each flavor that was triggered: the last of its phases that was not given up, whether it has made
    /// its graph or not.
    pub fn triggered(&self) -> Vec<Triggered> {
        let mut flavors: Vec<&Str> = self.phases.iter().filter_map(|phase| phase.flavor.as_ref()).collect();
        flavors.sort_unstable();
        flavors.dedup();
        let of = |flavor: &Str| {
            let phase = self.last(flavor)?;
            Some(Triggered {
                flavor: flavor.clone(),
                task_id: phase.task_id.clone(),
                version: phase.version.clone(),
                build_number: phase.build_number,
                action: phase.status.state,
                state: phase.state(),
            })
        };
        flavors.into_iter().filter_map(of).collect()
    }

    /// The last phase of a flavor that was not given up.
    pub fn last(&self, flavor: &str) -> Option<&PhaseRun> {
        self.phases.iter().rev().find(|phase| phase.flavor.as_deref() == Some(flavor) && !phase.is_given_up())
    }

    /// Looks whether a flavor was triggered already.
    ///
    /// Fails with [`Error::Triggered`] if so, unless that was given up.
    pub fn check_first(&self, flavor: &Flavor) -> Result<(), Error> {
        match self.last(&flavor.name) {
            None => Ok(()),
            Some(run) => Err(Error::Triggered {
                flavor: flavor.name.clone(),
                task_id: run.task_id.clone(),
                state: run.status.state,
                way_on: run.way_on(),
            }),
        }
    }

    /// Looks whether the phases before a flavor, as far as they were triggered, have made their graphs: those that have
    /// not are nothing to build on, and so their tasks would be made twice.
    ///
    /// Fails with [`Error::NotReady`] and the first that has not.
    pub fn check_before(&self, flavor: &Flavor, before: &[&Flavor]) -> Result<(), Error> {
        let runs = before.iter().filter_map(|other| Some((*other, self.last(&other.name)?)));
        match runs.into_iter().find(|(_, run)| run.status.state != State::Completed) {
            None => Ok(()),
            Some((other, run)) => Err(Error::NotReady {
                flavor: flavor.name.clone(),
                before: other.name.clone(),
                task_id: run.task_id.clone(),
                state: run.status.state,
                way_on: run.way_on(),
            }),
        }
    }
}

/// Whether canceling has ended a task.
fn is_canceled(status: &Status) -> bool {
    status.runs.last().is_some_and(|run| run.reason_resolved.as_deref() == Some("canceled"))
}

/// When a group was sealed, if it is there and was.
async fn sealed(cluster: &Cluster, group: &TaskId) -> Result<Option<String>, ClientError> {
    match cluster.queue().get_task_group(group).await {
        Ok(group) => Ok(group.sealed),
        Err(ClientError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the index has the decision task of a revision of a git repository.
pub fn decision_path(trust_domain: &str, project: &str, revision: &str) -> String {
    format!("{trust_domain}.v2.{project}.revision.{revision}.taskgraph.decision")
}

/// Whether a definition is that of a task that the action runs in.
fn is_promotion(definition: &Json) -> bool {
    let is = |path: &str| definition.pointer(path).and_then(Json::as_str) == Some(ACTION);
    is("/payload/env/ACTION_CALLBACK") || is("/extra/action/name")
}

/// The input of an action task, null if its definition does not have it.
fn input(definition: &Json) -> Json {
    let of_environment = definition.pointer("/payload/env/ACTION_INPUT").and_then(Json::as_str);
    of_environment
        .and_then(|text| serde_json::from_str(text).ok())
        .or_else(|| definition.pointer("/extra/action/context/input").cloned())
        .or_else(|| definition.pointer("/extra/action/input").cloned())
        .unwrap_or_default()
}

/// What came of canceling a phase.
#[derive(Debug)]
pub struct CanceledPhase {
    /// The action task.
    pub action: Vec<Outcome>,
    /// The tasks of its group that had not ended.
    pub tasks: Vec<Outcome>,
    /// The group; nothing if it never had a task.
    pub sealed: Option<Sealed>,
}

/// Looks whether a task is one that the action runs in.
///
/// Fails with [`Error::NoPromotion`] if not, and with [`Error::LookUp`].
pub async fn check_promotion(cluster: &Cluster, task_id: &TaskId) -> Result<(), Error> {
    let definition = cluster.queue().task(task_id).await.map_err(|source| Error::LookUp { source })?;
    if is_promotion(&definition) {
        return Ok(());
    }
    let problem =
        "expected one whose `extra.action.name` or variable `ACTION_CALLBACK` is `release-promotion`";
    Err(Error::NoPromotion { task_id: task_id.clone(), name: name(&definition), problem })
}

/// Looks whether a task may be the decision task of a release. One that does not exist may: looking at its group tells.
///
/// Fails with [`Error::NoDecision`] for an action task, and with [`Error::LookUp`].
pub async fn check_decision(cluster: &Cluster, task_id: &TaskId) -> Result<(), Error> {
    let definition = match cluster.queue().task(task_id).await {
        Err(ClientError::NotFound(_)) => return Ok(()),
        found => found.map_err(|source| Error::LookUp { source })?,
    };
    let is_there = |path: &str| definition.pointer(path).is_some_and(|value| !value.is_null());
    if !is_there("/payload/env/ACTION_CALLBACK") && !is_there("/extra/action") {
        return Ok(());
    }
    let group = definition["taskGroupId"].as_str().unwrap_or_default().to_owned();
    Err(Error::NoDecision { task_id: task_id.clone(), name: name(&definition), group })
}

/// Cancels a phase: first the action task, so that it creates nothing more, then what is in its group, and then seals
/// the group, which cannot be undone: a phase that was canceled is triggered anew, not run again.
///
/// An action task that has ended without having created a task has no group, and the queue does not cancel it: it is
/// rerun, to be canceled at once, which is what shows that it was given up.
///
/// Fails as [`check_promotion`], and with [`Error::NotGivenUp`]. What is wrong with single tasks is in the outcomes.
pub async fn cancel_phase(
    cluster: &Cluster,
    action: &TaskId,
    now: DateTime<Utc>,
) -> Result<CanceledPhase, Error> {
    check_promotion(cluster, action).await?;
    let looked = plan_cancel(cluster, std::slice::from_ref(action), now).await;
    let mut own = looked.map_err(|source| Error::LookUp { source })?.act(cluster, |_| {}).await;
    let mut has_group = has_group(cluster, action).await?;
    for outcome in &mut own {
        let Ok(Done::Unchanged(status)) = &outcome.result else { continue };
        if has_group || is_canceled(status) {
            continue;
        }
        let state = status.state;
        let canceled = cancel_ended(cluster, action).await;
        outcome.result = Ok(canceled.map_err(|source| {
            let task_id = action.clone();
            Error::NotGivenUp { task_id, state, source }
        })?);
        // A worker may have been faster.
        has_group = self::has_group(cluster, action).await?;
    }
    if !has_group {
        return Ok(CanceledPhase { action: own, tasks: Vec::new(), sealed: None });
    }
    let groups = std::slice::from_ref(action);
    let tasks = plan_cancel_groups(cluster, groups, None, now, &mut |_| {}).await.act(cluster, |_| {}).await;
    Ok(CanceledPhase { action: own, tasks, sealed: seal(cluster, groups).await.pop() })
}

/// Whether a task has a group named after it: it has one when it has created its first task.
async fn has_group(cluster: &Cluster, task: &TaskId) -> Result<bool, Error> {
    match cluster.queue().get_task_group(task).await {
        Ok(_) => Ok(true),
        Err(ClientError::NotFound(_)) => Ok(false),
        Err(source) => Err(Error::LookUp { source }),
    }
}

/// Cancels a task that has ended.
async fn cancel_ended(cluster: &Cluster, task: &TaskId) -> Result<Done, ClientError> {
    cluster.queue().rerun_task(task).await?;
    Ok(match cluster.queue().cancel_task(task).await? {
        Sent::Done(status) => Done::Changed(status),
        Sent::Recorded => Done::Recorded,
    })
}
