//! Ending tasks before they end by themselves.

use taskcluster_operations::{Done, Failure, Outcome, Plan, Refusal, group_tasks, plan_cancel};
use taskcluster_queue_client::TaskId;
use taskgraph_value::{List, Map};

use super::contexts;
use crate::{About, Action, AnyError, Call, Declaring, Error};

pub(super) struct Cancel;

impl Action for Cancel {
    fn about(&self) -> About {
        About { order: 350, ..About::new("cancel", "Cancel Task", "cx", "Cancel the given task") }
    }

    fn context(&self, _: &Declaring<'_>) -> Result<List, AnyError> {
        Ok(contexts([Map::new()]))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let target = call.target()?;
        Ok(cancel(call, &[target.task_id])?)
    }
}

pub(super) struct CancelAll;

impl Action for CancelAll {
    fn about(&self) -> About {
        let description = "Cancel all running and pending tasks created by the decision task this action task is \
                           associated with.";
        About { order: 400, ..About::new("cancel-all", "Cancel All", "cAll", description) }
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let tasks = call
            .wait(group_tasks(call.cluster, call.group()?, &mut |_| {}))
            .map_err(|source| Error::Statuses { source })?;
        let mut ids: Vec<TaskId> = tasks
            .into_iter()
            .map(|task| task.status)
            .filter(|status| {
                !status.state.is_resolved() && Some(&status.task_id) != call.own_task_id.as_ref()
            })
            .map(|status| status.task_id)
            .collect();
        ids.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        let doing = if call.is_test() { "would cancel" } else { "canceling" };
        call.say(&format!("{doing} {} tasks", ids.len()));
        Ok(cancel(call, &ids)?)
    }
}

fn cancel(call: &Call<'_>, ids: &[TaskId]) -> Result<(), Error> {
    let plan = call.wait(plan_cancel(call.cluster, ids, (call.now)()));
    let plan = plan.map_err(|source| Error::Statuses { source })?;
    // Past its deadline, it does not run any more.
    carry_out(call, plan, ["cancel", "canceled"], |refusal| matches!(refusal, Refusal::PastDeadline { .. }))
}

/// Carries a plan out, and tells of each task with a verb, in the present and in the past. All are tried. Refusals that
/// are fine are only told of.
pub(super) fn carry_out(
    call: &Call<'_>,
    plan: Plan,
    [verb, done]: [&str; 2],
    fine: impl Fn(&Refusal) -> bool,
) -> Result<(), Error> {
    let total = plan.items().len();
    let outcomes = call.wait(plan.act(call.cluster, |_| {}));
    let mut failures = Vec::new();
    let mut source = None;
    for Outcome { task_id, name, result } in outcomes {
        match result {
            Ok(Done::Recorded) => call.say(&format!("would {verb}: {task_id} {name}")),
            Ok(Done::Unchanged(status)) => {
                call.say(&format!("nothing to {verb}: {task_id} {name} is {}", status.state));
            }
            Ok(_) => call.say(&format!("{done}: {task_id} {name}")),
            Err(Failure::Refused(refusal)) if fine(&refusal) => {
                call.say(&format!("did not {verb} {task_id} {name}: {refusal}"));
            }
            // The reference does not look at tasks in a test, so their state must not decide about what it prints.
            Err(failure) if call.is_test() => {
                call.say(&format!("would not {verb} {task_id} {name}: {failure}"));
            }
            Err(failure) => {
                failures.push(format!("did not {verb} {task_id} ({name}): {failure}"));
                if let (Failure::Failed(error), None) = (failure, &source) {
                    source = Some(error);
                }
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Incomplete { failures, total, source }) }
}
