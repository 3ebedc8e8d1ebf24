//! Completing tasks in a worker's stead.

use taskcluster_operations::plan_complete;
use taskcluster_queue_client::State;

use crate::support::{World, told};

#[tokio::test]
async fn a_pending_task_is_claimed_and_reported() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    let next = world.task("next", &[&task]).await;
    let failed = world.task("failed", &[]).await;
    world.fail(&failed);
    let ids = [task.clone(), next.clone(), failed];
    let outcomes = world.act(plan_complete(&world.cluster, &ids, world.now()).await.unwrap()).await;
    assert_eq!(
        outcomes,
        [
            "task: completed run 0",
            "next: it is unscheduled: only a pending task can be claimed and completed",
            "failed: it is failed: only a pending task can be claimed and completed",
        ]
    );
    let run = &world.status(&task).await.runs[0];
    assert_eq!(
        (&run.other["workerGroup"], &run.other["workerId"]),
        (&"linux".into(), &"taskcluster-cli".into())
    );
    assert_eq!(world.status(&next).await.state, State::Pending);
    let again = plan_complete(&world.cluster, &[task], world.now()).await.unwrap();
    assert_eq!(world.act(again).await, ["task: still completed"]);
}

#[tokio::test]
async fn a_dry_run_says_both_requests() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    let (dry, recorder) = world.cluster.dry_run();
    let plan = plan_complete(&dry, std::slice::from_ref(&task), world.now()).await.unwrap();
    assert_eq!(told(&plan.act(&dry, |_| {}).await[0]), "task: Recorded");
    let methods: Vec<_> = recorder.requests().iter().map(|request| request.method).collect();
    assert_eq!(methods, ["claimTask", "reportCompleted"]);
    assert_eq!(world.status(&task).await.state, State::Pending);
}
