//! Canceling tasks.

use taskcluster_local_cluster::Resolution;
use taskcluster_operations::plan_cancel;

use crate::support::World;

#[tokio::test]
async fn what_did_not_end_is_canceled() {
    let world = World::new().await;
    let pending = world.task("pending", &[]).await;
    let waiting = world.task("waiting", &[&pending]).await;
    let done = world.task("done", &[]).await;
    world.end(&done, Resolution::Completed);
    let ids = [pending.clone(), waiting.clone(), done.clone()];
    let plan = plan_cancel(&world.cluster, &ids, world.now()).await.unwrap();
    assert_eq!(plan.changes(), 2);
    let outcomes = world.act(plan).await;
    assert_eq!(outcomes, ["pending: exception run 0", "waiting: exception run 0", "done: still completed"]);
    let run = &world.status(&waiting).await.runs[0];
    assert_eq!(
        (run.reason_created.as_str(), run.reason_resolved.as_deref()),
        ("exception", Some("canceled"))
    );
    // Once more: there is nothing to do.
    let again = plan_cancel(&world.cluster, &ids, world.now()).await.unwrap();
    assert_eq!(again.changes(), 0);
}

#[tokio::test]
async fn a_deadline_that_passes_meanwhile_is_said() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    let plan = plan_cancel(&world.cluster, &[task], world.now()).await.unwrap();
    world.wait(25);
    assert!(world.act(plan).await[0].contains("has passed"));
}
