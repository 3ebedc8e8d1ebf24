//! Creating what is planned and does not exist yet.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error as ClientError, NewTask, TaskId};
use taskgraph_parameterize::resolve_timestamps;

use super::{
    Plan, PlannedTask,
    compare::difference,
    report::{Conflict, CreateError, CreateProblem, FailedTask},
};

/// How far the creation of a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// How many tasks exist now, this one included.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// The label of this one.
    pub label: &'a str,
    /// Its id.
    pub task_id: &'a TaskId,
    /// Whether it existed before.
    pub existed: bool,
}

/// What became of a plan that was created as a whole. Ids are in the order of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created {
    /// The tasks that were created. In a dry run, those that would have been.
    pub created: Vec<TaskId>,
    /// The tasks that existed before.
    pub existed: Vec<TaskId>,
}

/// Where a task stands.
enum Stage {
    /// Not tried.
    Due,
    Created,
    Existed,
    Failed(CreateProblem),
    /// Not tried, because of the task at this position.
    Skipped(usize),
}

impl Plan {
    /// Creates all tasks that do not exist yet, as many at a time as the cluster's settings allow.
    ///
    /// A task that exists already counts as done if nothing but times differs, so a creation that was interrupted is
    /// finished by the next. If one differs in something else, and that is known beforehand, no task is created. What
    /// fails on the way does not keep other tasks from being created, except those that depend on it.
    ///
    /// `now` is asked for each task right before it is sent. `progress` is called for each task that exists. With a
    /// cluster for a [dry run](Cluster::dry_run), nothing is asked and nothing created.
    ///
    /// Fails with [`CreateError::Unreachable`], [`CreateError::Conflicts`] and [`CreateError::Incomplete`].
    pub async fn create(
        &self,
        cluster: &Cluster,
        now: impl Fn() -> DateTime<Utc>,
        progress: impl FnMut(Progress<'_>),
    ) -> Result<Created, CreateError> {
        let stages = self.tasks.iter().map(|_| Stage::Due).collect();
        let mut run =
            Run { plan: self, cluster, now, progress: RefCell::new(Counter { progress, done: 0 }), stages };
        if !cluster.is_dry_run() {
            run.look_for_existing().await?;
        }
        while run.is_due() {
            run.create_due().await;
        }
        run.outcome()
    }

    fn position(&self, id: &TaskId) -> Option<usize> {
        self.positions.get(id).copied()
    }
}

/// Calls back.
struct Counter<P> {
    progress: P,
    done: usize,
}

impl<P: FnMut(Progress<'_>)> Counter<P> {
    fn done(&mut self, plan: &Plan, at: usize, existed: bool) {
        self.done += 1;
        let PlannedTask { label, task_id, .. } = &plan.tasks[at];
        (self.progress)(Progress { done: self.done, total: plan.tasks.len(), label, task_id, existed });
    }
}

/// One creation of a plan.
struct Run<'a, N, P> {
    plan: &'a Plan,
    cluster: &'a Cluster,
    now: N,
    progress: RefCell<Counter<P>>,
    /// In the order of the plan.
    stages: Vec<Stage>,
}

impl<N: Fn() -> DateTime<Utc>, P: FnMut(Progress<'_>)> Run<'_, N, P> {
    /// Finds the tasks that an earlier run created, many at a time: asking costs far less than creating in vain.
    async fn look_for_existing(&mut self) -> Result<(), CreateError> {
        let ids: Vec<TaskId> = self.plan.tasks.iter().map(|task| task.task_id.clone()).collect();
        let existing = match self.cluster.queue().tasks(&ids).await {
            Ok(existing) => existing,
            Err(source) if source.is_about_reach() => return Err(CreateError::Unreachable { source }),
            // Without the right to look, conflicts will tell.
            Err(_) => return Ok(()),
        };
        let mut conflicts = Vec::new();
        for (at, existing) in existing.iter().enumerate() {
            match existing.as_ref().map(|existing| self.compare(at, existing)) {
                None => {}
                Some(None) => self.existed(at),
                Some(Some(conflict)) => conflicts.push(conflict),
            }
        }
        if conflicts.is_empty() { Ok(()) } else { Err(CreateError::Conflicts { conflicts }) }
    }

    /// Whether there is something to try. Skips what depends on a task that failed.
    fn is_due(&mut self) -> bool {
        let mut due = false;
        for at in 0..self.stages.len() {
            if !matches!(self.stages[at], Stage::Due) {
                continue;
            }
            let needs = self.plan.tasks[at].dependencies.iter().filter_map(|id| self.plan.position(id));
            let because_of = needs.into_iter().find_map(|needed| match &self.stages[needed] {
                Stage::Failed(_) => Some(needed),
                Stage::Skipped(because_of) => Some(*because_of),
                _ => None,
            });
            match because_of {
                Some(because_of) => self.stages[at] = Stage::Skipped(because_of),
                None => due = true,
            }
        }
        due
    }

    /// Tries all that is due. What is left due afterwards waited for a task that was thought to conflict, and does not.
    async fn create_due(&mut self) {
        let due: Vec<NewTask> = self
            .plan
            .tasks
            .iter()
            .zip(&self.stages)
            .filter(|(_, stage)| matches!(stage, Stage::Due))
            .map(|(task, _)| NewTask {
                task_id: task.task_id.clone(),
                dependencies: task.dependencies.clone(),
            })
            .collect();
        let define = |id: &TaskId| {
            self.plan
                .position(id)
                .map_or(Value::Null, |at| definition(&self.plan.tasks[at], Some((self.now)())))
        };
        let created = |id: &TaskId| {
            if let Some(at) = self.plan.position(id) {
                self.progress.borrow_mut().done(self.plan, at, false);
            }
        };
        let creation = self.cluster.queue().create_tasks(&due, define, created).await;
        for at in creation.created.iter().filter_map(|id| self.plan.position(id)) {
            self.stages[at] = Stage::Created;
        }
        let mut conflicting = Vec::new();
        for failed in creation.failed {
            let Some(at) = self.plan.position(&failed.task_id) else { continue };
            match failed.error {
                error @ ClientError::Conflict(_) => conflicting.push((at, error)),
                error => self.stages[at] = Stage::Failed(CreateProblem::Refused(error)),
            }
        }
        self.settle(conflicting).await;
    }

    /// Looks at the tasks that stand where ours should.
    async fn settle(&mut self, conflicting: Vec<(usize, ClientError)>) {
        let (plan, queue) = (self.plan, self.cluster.queue());
        let questions = conflicting
            .into_iter()
            .map(|(at, error)| async move { (at, error, queue.task(&plan.tasks[at].task_id).await) });
        let answers: Vec<_> = stream::iter(questions).buffered(self.cluster.concurrency()).collect().await;
        for (at, error, existing) in answers {
            match existing {
                Ok(existing) => match self.compare(at, &existing) {
                    None => self.existed(at),
                    Some(conflict) => {
                        self.stages[at] = Stage::Failed(CreateProblem::Conflict(Box::new(conflict)));
                    }
                },
                // Something else is in the way, such as a sealed group.
                Err(ClientError::NotFound(_)) => {
                    self.stages[at] = Stage::Failed(CreateProblem::Refused(error));
                }
                Err(lookup) => {
                    self.stages[at] = Stage::Failed(CreateProblem::Unknown { refused: error, lookup });
                }
            }
        }
    }

    fn existed(&mut self, at: usize) {
        self.stages[at] = Stage::Existed;
        self.progress.borrow_mut().done(self.plan, at, true);
    }

    fn compare(&self, at: usize, existing: &Value) -> Option<Conflict> {
        let task = &self.plan.tasks[at];
        let difference = difference(&definition(task, None), existing)?;
        let name = existing.pointer("/metadata/name").and_then(Value::as_str);
        Some(Conflict {
            label: task.label.clone(),
            task_id: task.task_id.clone(),
            existing: name.unwrap_or_default().to_owned(),
            difference,
        })
    }

    fn outcome(self) -> Result<Created, CreateError> {
        let mut done = Created::default();
        let mut failed: Vec<(usize, FailedTask)> = Vec::new();
        for (at, stage) in self.stages.into_iter().enumerate() {
            let PlannedTask { label, task_id, .. } = &self.plan.tasks[at];
            let (label, task_id) = (label.clone(), task_id.clone());
            match stage {
                Stage::Created => done.created.push(task_id),
                Stage::Existed => done.existed.push(task_id),
                Stage::Failed(problem) => {
                    failed.push((at, FailedTask { label, task_id, problem, skipped: Vec::new() }));
                }
                Stage::Skipped(because_of) => {
                    // It comes after what it depends on.
                    if let Ok(cause) = failed.binary_search_by_key(&because_of, |(at, _)| *at) {
                        failed[cause].1.skipped.push(label);
                    }
                }
                Stage::Due => {}
            }
        }
        if failed.is_empty() {
            return Ok(done);
        }
        let failed = failed.into_iter().map(|(_, failed)| failed).collect();
        let exist = done.created.len() + done.existed.len();
        Err(CreateError::Incomplete { failed, exist, total: self.plan.tasks.len() })
    }
}

/// The definition as JSON; without a time with its `relative-datestamp`s.
fn definition(task: &PlannedTask, now: Option<DateTime<Utc>>) -> Value {
    let resolved = now.and_then(|now| resolve_timestamps(&task.definition, now).ok());
    // All of it was found to be JSON when it was planned, and all of its times to be times.
    serde_json::to_value(resolved.as_ref().unwrap_or(&task.definition)).unwrap_or_default()
}
