//! Whole groups.

use serde_json::json;
use taskcluster_local_cluster::Resolution;
use taskcluster_operations::{
    Retrigger, count, group_tasks, plan_cancel, plan_cancel_groups, plan_rerun_failed, plan_retrigger_failed,
    seal,
};
use taskcluster_queue_client::{Error, State, TaskId};

use crate::support::{World, group, id};

/// Tasks in all states.
async fn all_kinds(world: &World) -> Vec<TaskId> {
    let done = world.task("done", &[]).await;
    let failed = world.task("failed", &[]).await;
    let waiting = world.task("waiting", &[&failed]).await;
    let broken = world.task("broken", &[]).await;
    let canceled = world.task("canceled", &[]).await;
    let pending = world.task_with("pending", json!({"workerType": "mac"})).await;
    world.end(&done, Resolution::Completed);
    world.fail(&failed);
    world.end(&broken, Resolution::Exception);
    let plan = plan_cancel(&world.cluster, std::slice::from_ref(&canceled), world.now()).await.unwrap();
    world.act(plan).await;
    vec![done, failed, waiting, broken, canceled, pending]
}

#[tokio::test]
async fn tasks_are_listed_by_name_and_counted() {
    let world = World::new().await;
    all_kinds(&world).await;
    let mut listed = 0;
    let tasks = group_tasks(&world.cluster, &group(), &mut |more| listed += more).await.unwrap();
    let names: Vec<_> = tasks.iter().map(|task| task.task["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["broken", "canceled", "done", "failed", "pending", "waiting"]);
    let counts = count(tasks.iter().map(|task| &task.status));
    assert_eq!(
        counts,
        [
            (State::Unscheduled, 1),
            (State::Pending, 1),
            (State::Completed, 1),
            (State::Failed, 1),
            (State::Exception, 2),
        ]
    );
    assert_eq!(listed, 6);
    let unknown = group_tasks(&world.cluster, &id(99), &mut |_| {}).await;
    assert!(matches!(unknown, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn what_did_not_end_is_canceled_although_the_group_is_not_sealed() {
    let world = World::new().await;
    all_kinds(&world).await;
    let groups = [group(), group()];
    let plan = plan_cancel_groups(&world.cluster, &groups, Some("mac"), world.now(), &mut |_| {}).await;
    assert_eq!(world.act(plan).await, ["pending: exception run 0"]);
    let plan = plan_cancel_groups(&world.cluster, &groups, None, world.now(), &mut |_| {}).await;
    assert_eq!(world.act(plan).await, ["waiting: exception run 0"]);
    let plan = plan_cancel_groups(&world.cluster, &groups, None, world.now(), &mut |_| {}).await;
    assert_eq!(plan.items().len(), 0);
}

#[tokio::test]
async fn failures_are_rerun() {
    let world = World::new().await;
    let tasks = all_kinds(&world).await;
    let plan = plan_rerun_failed(&world.cluster, &[group()], world.now(), &mut |_| {}).await.unwrap();
    assert_eq!(plan.changes(), 2);
    assert_eq!(world.act(plan).await, ["broken: pending run 1", "failed: pending run 1"]);
    // What waits goes on when it is done.
    world.end(&tasks[1], Resolution::Completed);
    assert_eq!(world.status(&tasks[2]).await.state, State::Pending);
}

#[tokio::test]
async fn failures_are_retriggered() {
    let world = World::new().await;
    all_kinds(&world).await;
    let how = Retrigger { exact: false, times: 1, force: false };
    let plan =
        plan_retrigger_failed(&world.cluster, &[group()], how, world.now(), &mut world.ids(), &mut |_| {})
            .await;
    let outcomes = world.act(plan).await;
    assert_eq!(outcomes, [format!("broken: created {}", id(200)), format!("failed: created {}", id(201))]);
}

#[tokio::test]
async fn one_failure_does_not_keep_from_the_others() {
    let world = World::new().await;
    let mut tasks = Vec::new();
    for number in 0..30 {
        tasks.push(world.task(&format!("task {number:02}"), &[]).await);
    }
    // Some of them are none of our business.
    let mut scopes: Vec<String> = vec!["queue:list-task-group:*".into()];
    let even = tasks.iter().step_by(2);
    scopes.extend(even.map(|id| format!("queue:cancel-task:sched/{}/{id}", group())));
    let few = world.cluster.with_authorized_scopes(scopes).unwrap();
    let plan = plan_cancel_groups(&few, &[group()], None, world.now(), &mut |_| {}).await;
    let mut seen = Vec::new();
    let outcomes = plan.act(&few, |outcome| seen.push(outcome.task_id.clone())).await;
    assert_eq!((outcomes.len(), seen.len()), (30, 30));
    for (index, outcome) in outcomes.iter().enumerate() {
        assert_eq!((&outcome.task_id, outcome.result.is_ok()), (&tasks[index], index % 2 == 0));
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_listed_does_not_keep_from_the_others() {
    let world = World::new().await;
    all_kinds(&world).await;
    let groups = [id(99), group()];
    let plan = plan_rerun_failed(&world.cluster, &groups, world.now(), &mut |_| {}).await.unwrap();
    assert_eq!(plan.changes(), 2);
    let outcomes = world.act(plan).await;
    assert!(outcomes[0].contains("404"), "{outcomes:?}");
    assert_eq!(outcomes[1..], ["broken: pending run 1", "failed: pending run 1"]);
}

#[tokio::test]
async fn groups_are_sealed() {
    let world = World::new().await;
    world.task("task", &[]).await;
    let outcomes = seal(&world.cluster, &[group(), id(99), group()]).await;
    assert_eq!(outcomes.len(), 2);
    let sealed = outcomes[0].result.as_ref().unwrap().clone().done().unwrap();
    assert_eq!(sealed.sealed.as_deref(), Some("2026-02-03T04:05:06.000Z"));
    assert!(matches!(outcomes[1].result, Err(Error::NotFound(_))));
}
