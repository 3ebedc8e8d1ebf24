//! A new run of a task that failed.

use taskcluster_operations::{Refusal, plan_rerun};
use taskcluster_queue_client::TaskId;
use taskgraph_config::GraphConfig;
use taskgraph_value::{List, Map, Value, map};

use super::{cancel::carry_out, contexts};
use crate::{About, Action, AnyError, Call, Declaring, Error};

pub(super) struct Rerun;

impl Action for Rerun {
    fn about(&self) -> About {
        let description = "Rerun a task.\n\nThis only works on failed or exception tasks in the original taskgraph, \
                           and is CoT friendly.";
        About { order: 300, ..About::new("rerun", "Rerun", "rr", description) }
    }

    fn context(&self, _: &Declaring<'_>) -> Result<List, AnyError> {
        Ok(contexts([Map::new()]))
    }

    fn schema(&self, _: &GraphConfig) -> Result<Option<Value>, AnyError> {
        Ok(Some(map! { "type" => "object", "properties" => Map::new() }.into()))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let target = call.target()?;
        let push = call.push_graph()?;
        let id = Value::from(target.task_id.as_str());
        let of_push = push.label_to_taskid.values().any(|known| *known == id)
            || target.definition.at("taskGroupId") == Some(&push.decision_task_id.as_str().into());
        // The graph of a phase or of a cron task is a group of its own, which the index may not know.
        let of_group = |group| call.is_of_graph(group, &target.task_id);
        if !of_push && !call.task_group_id.as_ref().map_or(Ok(false), of_group)? {
            let (task_id, label) = (target.task_id.clone(), target.label());
            return Err(Error::NotOfPush { task_id, label, decision_task_id: push.decision_task_id }.into());
        }
        Ok(rerun(call, &[target.task_id])?)
    }
}

/// Makes new runs of tasks that ended without success. Others are left alone.
pub(super) fn rerun(call: &Call<'_>, ids: &[TaskId]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let plan = call.wait(plan_rerun(call.cluster, ids, false, (call.now)()));
    let plan = plan.map_err(|source| Error::Statuses { source })?;
    carry_out(call, plan, ["rerun", "rerun"], |refusal| {
        matches!(refusal, Refusal::Completed | Refusal::NotEnded { .. })
    })
}
