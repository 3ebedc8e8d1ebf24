//! Plans: what is about to be done, task by task, so that somebody can be asked first.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Credentials, Error, Report, Sent, State, Status, TaskId};

use crate::{failure::Failure, look::Subject};

/// What is about to be done. Nothing has been changed yet.
#[derive(Debug)]
#[must_use = "a plan does nothing before it is carried out"]
pub struct Plan {
    pub(crate) items: Vec<Item>,
}

/// What is about to be done to one task, or why it is not.
#[derive(Debug)]
pub struct Item {
    /// Which task.
    pub task_id: TaskId,
    /// Its name, if it could be looked up.
    pub name: String,
    /// How it stands, if it could be looked up.
    pub status: Option<Status>,
    /// What is about to be done.
    pub step: Result<Step, Failure>,
}

/// What is about to be done to a task.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// It gets a new run.
    Rerun,
    /// It becomes pending.
    Schedule,
    /// It ends as exception.
    Cancel,
    /// It is claimed and reported as completed.
    Complete {
        /// The run that is pending.
        run: u32,
        /// The group that the worker says it is of.
        worker_group: String,
    },
    /// A copy of it is created.
    Create {
        /// The id of the copy.
        task_id: TaskId,
        /// Its definition.
        definition: Value,
    },
    /// A task is created for it, with no more than these scopes.
    CreateWith {
        /// The id of the new task.
        task_id: TaskId,
        /// Its definition.
        definition: Value,
        /// The scopes to create it with.
        scopes: Vec<String>,
    },
    /// A hook is triggered for it, which creates a task.
    TriggerHook {
        /// The group of the hook.
        hook_group_id: String,
        /// Which hook.
        hook_id: String,
        /// What it is triggered with.
        payload: Value,
    },
    /// It stands as it should already.
    Nothing,
}

/// What came of one task, or one copy of it.
#[derive(Debug)]
pub struct Outcome {
    /// Which task.
    pub task_id: TaskId,
    /// Its name, if it could be looked up.
    pub name: String,
    /// What came of it.
    pub result: Result<Done, Failure>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Done {
    /// It changed, and stands like this now.
    Changed(Status),
    /// It stands as it should already.
    Unchanged(Status),
    /// A task with this id was created.
    Created(TaskId),
    /// This is a dry run.
    Recorded,
}

impl Item {
    /// An item for a subject: `decide` is asked unless the task could not be looked up.
    pub(crate) fn new(
        subject: Subject,
        decide: impl FnOnce(&Status, Option<&Value>) -> Result<Step, Failure>,
    ) -> Item {
        let name = subject.name();
        match subject.status {
            Ok(status) => {
                let step = decide(&status, subject.definition.as_ref());
                Item { task_id: subject.task_id, name, status: Some(status), step }
            }
            Err(failure) => Item { task_id: subject.task_id, name, status: None, step: Err(failure) },
        }
    }
}

impl Plan {
    /// What is about to be done, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many requests will be made that change something.
    pub fn changes(&self) -> usize {
        self.items.iter().filter(|item| matches!(&item.step, Ok(step) if *step != Step::Nothing)).count()
    }

    /// Carries it out: all of it is tried, some at the same time. `finished` is called after each task, in the order
    /// in which they finish. The outcomes are in the order of the plan.
    pub async fn act(self, cluster: &Cluster, mut finished: impl FnMut(&Outcome)) -> Vec<Outcome> {
        let jobs = self.items.into_iter().enumerate().map(async |(index, item)| {
            let result = match item.step {
                Ok(step) => carry_out(cluster, &item.task_id, item.status, step).await,
                Err(failure) => Err(failure),
            };
            (index, Outcome { task_id: item.task_id, name: item.name, result })
        });
        let mut running = stream::iter(jobs).buffer_unordered(cluster.concurrency());
        let mut outcomes = BTreeMap::new();
        while let Some((index, outcome)) = running.next().await {
            finished(&outcome);
            outcomes.insert(index, outcome);
        }
        outcomes.into_values().collect()
    }
}

async fn carry_out(
    cluster: &Cluster,
    id: &TaskId,
    before: Option<Status>,
    step: Step,
) -> Result<Done, Failure> {
    let queue = cluster.queue();
    let deadline = before.as_ref().map(|status| status.deadline.clone()).unwrap_or_default();
    let sent = match step {
        Step::Nothing => return Ok(before.map_or(Done::Recorded, Done::Unchanged)),
        Step::Create { task_id, definition } => {
            return Ok(match queue.create_task(&task_id, &definition).await? {
                Sent::Done(_) => Done::Created(task_id),
                Sent::Recorded => Done::Recorded,
            });
        }
        Step::CreateWith { task_id, definition, scopes } => {
            let restricted = cluster.with_authorized_scopes(scopes)?;
            return Ok(match restricted.queue().create_task(&task_id, &definition).await? {
                Sent::Done(_) => Done::Created(task_id),
                Sent::Recorded => Done::Recorded,
            });
        }
        Step::TriggerHook { hook_group_id, hook_id, payload } => {
            return Ok(match cluster.hooks().trigger_hook(&hook_group_id, &hook_id, &payload).await? {
                Sent::Done(task_id) => Done::Created(task_id),
                Sent::Recorded => Done::Recorded,
            });
        }
        Step::Rerun => queue.rerun_task(id).await,
        Step::Schedule => queue.schedule_task(id).await,
        Step::Cancel => queue.cancel_task(id).await,
        Step::Complete { run, worker_group } => complete(cluster, id, run, &worker_group).await,
    };
    Ok(match sent.map_err(|error| Failure::of(error, &deadline))? {
        Sent::Recorded => Done::Recorded,
        Sent::Done(after) => match before {
            Some(before) if (before.state, before.runs.len()) == (after.state, after.runs.len()) => {
                Done::Unchanged(after)
            }
            _ => Done::Changed(after),
        },
    })
}

/// Who completes tasks: the name that the official client uses, which scopes may be about.
const WORKER_ID: &str = "taskcluster-cli";

/// Claims a run as a worker would, and reports it with what the claim gave.
async fn complete(
    cluster: &Cluster,
    id: &TaskId,
    run: u32,
    worker_group: &str,
) -> Result<Sent<Status>, Error> {
    let claim = match cluster.queue().claim_task(id, run, worker_group, WORKER_ID).await? {
        Sent::Done(claim) => claim,
        Sent::Recorded => return cluster.queue().report(id, run, Report::Completed).await,
    };
    let text = |key: &str| claim.credentials[key].as_str().unwrap_or_default();
    let credentials = Credentials::new(text("clientId"), text("accessToken"));
    let credentials = match text("certificate") {
        "" => credentials,
        certificate => credentials.with_certificate(certificate)?,
    };
    let worker = cluster.with_credentials(credentials)?;
    worker.queue().report(id, claim.run_id, Report::Completed).await
}

/// How a run, or a task, stands in a word or two: `exception 'canceled'`.
pub fn summary(state: State, reason: Option<&str>) -> String {
    match reason {
        Some(reason) if !reason.is_empty() => format!("{state} '{reason}'"),
        _ => state.to_string(),
    }
}
