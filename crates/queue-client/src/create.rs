//! Creating many tasks.

use std::collections::{BTreeMap, VecDeque};

use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::Value;

use crate::{error::Error, service::Queue, task_id::TaskId};

/// A task to create.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    /// The id it will have.
    pub task_id: TaskId,
    /// The tasks that must exist before it. Those that are not created along with it do not count.
    pub dependencies: Vec<TaskId>,
}

/// What became of each task, in the order in which they were given.
#[derive(Debug, Default)]
#[must_use = "some tasks may not have been created"]
pub struct Creation {
    /// Those that exist now. In a dry run, those that would.
    pub created: Vec<TaskId>,
    /// Those that the queue did not accept.
    pub failed: Vec<FailedCreate>,
    /// Those that were not tried, because something that they depend on could not be created.
    pub skipped: Vec<SkippedCreate>,
}

/// A task that could not be created.
#[derive(Debug)]
pub struct FailedCreate {
    /// Which one.
    pub task_id: TaskId,
    /// Why.
    pub error: Error,
}

/// A task that was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedCreate {
    /// Which one.
    pub task_id: TaskId,
    /// The dependency that could not be created.
    pub because_of: TaskId,
}

/// Where a task stands while others are being created.
enum Stage {
    /// It waits for that many dependencies.
    Waits(usize),
    Created,
    /// Its id was there before.
    Repeated,
    Failed(Error),
    /// One of those that it depends on, directly or not, failed.
    Skipped(TaskId),
}

impl Queue<'_> {
    /// Creates many tasks, each when all that it depends on exists, as many at a time as
    /// [`Settings::concurrency`](crate::Settings) allows. What depends on a task that could not be created is skipped;
    /// the others go on, so all failures are found.
    ///
    /// `define` makes the definition of a task, once, right before it is sent: its times count from there. `created`
    /// is called after each task that was created.
    ///
    /// Tasks that depend on one another in a circle are skipped, each because of itself. Ids must not repeat: a
    /// repeated one counts once.
    pub async fn create_tasks(
        &self,
        tasks: &[NewTask],
        define: impl Fn(&TaskId) -> Value,
        mut created: impl FnMut(&TaskId),
    ) -> Creation {
        let mut positions: BTreeMap<&TaskId, usize> = BTreeMap::new();
        for (position, task) in tasks.iter().enumerate() {
            positions.entry(&task.task_id).or_insert(position);
        }
        let mut dependents = vec![Vec::new(); tasks.len()];
        let mut stages: Vec<Stage> = Vec::with_capacity(tasks.len());
        for (position, task) in tasks.iter().enumerate() {
            if positions.get(&task.task_id) != Some(&position) {
                stages.push(Stage::Repeated);
                continue;
            }
            let mut needs: Vec<usize> =
                task.dependencies.iter().filter_map(|id| positions.get(id).copied()).collect();
            needs.sort_unstable();
            needs.dedup();
            needs.iter().for_each(|&need| dependents[need].push(position));
            stages.push(Stage::Waits(needs.len()));
        }

        let mut ready: VecDeque<usize> =
            (0..tasks.len()).filter(|&position| matches!(stages[position], Stage::Waits(0))).collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.cluster.concurrency() {
                let Some(position) = ready.pop_front() else { break };
                let id = &tasks[position].task_id;
                let definition = define(id);
                running.push(async move { (position, self.create_task(id, &definition).await) });
            }
            let Some((position, result)) = running.next().await else { break };
            match result {
                Ok(_) => {
                    stages[position] = Stage::Created;
                    created(&tasks[position].task_id);
                    for &dependent in &dependents[position] {
                        if let Stage::Waits(count) = &mut stages[dependent] {
                            *count -= 1;
                            if *count == 0 {
                                ready.push_back(dependent);
                            }
                        }
                    }
                }
                Err(error) => {
                    stages[position] = Stage::Failed(error);
                    skip(position, &tasks[position].task_id, &dependents, &mut stages);
                }
            }
        }
        outcome(tasks, stages)
    }
}

fn skip(position: usize, because_of: &TaskId, dependents: &[Vec<usize>], stages: &mut [Stage]) {
    let mut next = dependents[position].clone();
    while let Some(position) = next.pop() {
        if matches!(stages[position], Stage::Waits(_)) {
            stages[position] = Stage::Skipped(because_of.clone());
            next.extend(&dependents[position]);
        }
    }
}

fn outcome(tasks: &[NewTask], stages: Vec<Stage>) -> Creation {
    let mut creation = Creation::default();
    for (task, stage) in tasks.iter().zip(stages) {
        let task_id = task.task_id.clone();
        match stage {
            Stage::Created => creation.created.push(task_id),
            Stage::Repeated => {}
            Stage::Failed(error) => creation.failed.push(FailedCreate { task_id, error }),
            Stage::Skipped(because_of) => creation.skipped.push(SkippedCreate { task_id, because_of }),
            // Nothing that it waits for ever came: it waits for itself.
            Stage::Waits(_) => {
                creation.skipped.push(SkippedCreate { because_of: task_id.clone(), task_id });
            }
        }
    }
    creation
}
