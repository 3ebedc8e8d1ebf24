//! Unblocking tasks that wait for something that cannot succeed.

use serde_json::json;
use taskcluster_local_cluster::Resolution;
use taskcluster_operations::plan_schedule;
use taskcluster_queue_client::TaskId;

use crate::support::World;

impl World {
    async fn schedule(&self, ids: &[&TaskId], force: bool) -> Vec<String> {
        let ids: Vec<TaskId> = ids.iter().map(|&id| id.clone()).collect();
        self.act(plan_schedule(&self.cluster, &ids, force, self.now()).await.unwrap()).await
    }
}

#[tokio::test]
async fn one_dependency_may_have_failed_if_the_others_completed() {
    let world = World::new().await;
    let broken = world.task("broken", &[]).await;
    let other = world.task("other", &[]).await;
    let blocked = world.task("blocked", &[&broken, &other]).await;
    world.fail(&broken);
    assert_eq!(
        world.schedule(&[&blocked], false).await,
        [format!("blocked: it never ran, and dependencies did not complete yet: {other} (pending)")]
    );
    world.end(&other, Resolution::Completed);
    assert_eq!(world.schedule(&[&blocked], false).await, ["blocked: pending run 0"]);
    // There is nothing more to do.
    assert_eq!(world.schedule(&[&blocked], false).await, ["blocked: still pending"]);
}

#[tokio::test]
async fn two_failures_need_force() {
    let world = World::new().await;
    let one = world.task("one", &[]).await;
    let two = world.task("two", &[]).await;
    let blocked = world.task("blocked", &[&one, &two]).await;
    world.fail(&one);
    world.end(&two, Resolution::Exception);
    assert_eq!(
        world.schedule(&[&blocked], false).await,
        [format!(
            "blocked: it never ran, and more than one dependency ended without success: {one} (failed), {two} \
             (exception)"
        )]
    );
    assert_eq!(world.schedule(&[&blocked], true).await, ["blocked: pending run 0"]);
}

#[tokio::test]
async fn a_task_that_minds_no_failures_needs_the_ends_only() {
    let world = World::new().await;
    let ids = [world.task("one", &[]).await, world.task("two", &[]).await, world.task("three", &[]).await];
    let blocked = world.task_with("blocked", json!({"dependencies": ids, "requires": "all-resolved"})).await;
    world.fail(&ids[0]);
    world.fail(&ids[1]);
    assert_eq!(
        world.schedule(&[&blocked], false).await,
        [format!("blocked: it never ran, and dependencies did not complete yet: {} (pending)", ids[2])]
    );
}

#[tokio::test]
async fn what_ended_is_not_scheduled() {
    let world = World::new().await;
    let failed = world.task("failed", &[]).await;
    let late = world.task("late", &[&failed]).await;
    world.fail(&failed);
    let message = "failed: it is failed, and scheduling does nothing to a task that ended";
    for force in [false, true] {
        assert_eq!(world.schedule(&[&failed], force).await, [message]);
    }
    let plan = plan_schedule(&world.cluster, &[late], false, world.now()).await.unwrap();
    world.wait(25);
    assert!(world.act(plan).await[0].contains("deadline 2026-02-04T04:05:06.000Z has passed"));
}
