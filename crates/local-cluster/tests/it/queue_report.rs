//! What workers report, row by row, and what follows for dependents.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Setup, queue, start};

async fn report(setup: &Setup, id: &str, run: usize, body: Value) -> crate::support::Reply {
    setup.root.post(&queue(&format!("/task/{id}/runs/{run}/exception")), body).await
}

#[tokio::test]
async fn report_completed_twice_is_fine() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    setup.claim(&id, 0).await;
    let first = setup.act(&id, "runs/0/completed").await.expect(200);
    setup.time.pass(TimeDelta::seconds(1));
    assert_eq!(setup.act(&id, "runs/0/completed").await.expect(200), first);
}

#[tokio::test]
async fn report_failed_exception_or_reclaim_after_completed_is_a_conflict() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    setup.claim(&id, 0).await;
    setup.act(&id, "runs/0/completed").await.expect(200);
    setup.act(&id, "runs/0/failed").await.refused(409, "RequestConflict", "not running");
    setup.act(&id, "runs/0/reclaim").await.refused(409, "RequestConflict", "not running");
    let reason = json!({ "reason": "internal-error" });
    report(&setup, &id, 0, reason).await.refused(409, "RequestConflict", "not running");
}

#[tokio::test]
async fn a_report_on_a_pending_run_is_a_conflict() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    setup.act(&id, "runs/0/completed").await.refused(409, "RequestConflict", "not running");
}

#[tokio::test]
async fn a_report_on_a_run_that_does_not_exist_is_404_naming_the_run() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    for verb in ["completed", "failed", "reclaim"] {
        setup.act(&id, &format!("runs/3/{verb}")).await.refused(404, "ResourceNotFound", "Run 3 not found");
    }
    let reason = json!({ "reason": "internal-error" });
    report(&setup, &id, 3, reason).await.refused(404, "ResourceNotFound", "Run 3 not found");
}

#[tokio::test]
async fn worker_shutdown_and_intermittent_task_are_retried_while_retries_are_left() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "retries": 2 })).await;
    for (run, reason, created) in [(0, "worker-shutdown", "retry"), (1, "intermittent-task", "task-retry")] {
        setup.claim(&id, run).await;
        let reply = report(&setup, &id, run, json!({ "reason": reason })).await.expect(200);
        let status = &reply["status"];
        assert_eq!(status["state"], "pending");
        assert_eq!(status["runs"][run]["state"], "exception");
        assert_eq!(status["runs"][run]["reasonResolved"], reason);
        assert_eq!(status["runs"][run + 1]["reasonCreated"], created);
        // The same report again is fine.
        report(&setup, &id, run, json!({ "reason": reason })).await.expect(200);
    }
    setup.claim(&id, 2).await;
    let status = report(&setup, &id, 2, json!({ "reason": "worker-shutdown" })).await.expect(200);
    assert_eq!(status["status"]["state"], "exception");
    assert_eq!(status["status"]["retriesLeft"], 0);
}

#[tokio::test]
async fn other_exceptions_are_not_retried() {
    let setup = start().await;
    let reasons = ["malformed-payload", "resource-unavailable", "internal-error"];
    for (number, reason) in reasons.into_iter().enumerate() {
        let (id, _) = setup.create(number as u64 + 1, json!({})).await;
        setup.claim(&id, 0).await;
        let status = report(&setup, &id, 0, json!({ "reason": reason })).await.expect(200);
        assert_eq!(status["status"]["state"], "exception");
        assert_eq!(status["status"]["runs"][0]["reasonResolved"], reason);
    }
}

#[tokio::test]
async fn dependents_become_pending_when_all_their_dependencies_are_satisfied() {
    let setup = start().await;
    let (a, _) = setup.create(1, json!({})).await;
    let (b, _) = setup.create(2, json!({})).await;
    let (both, _) = setup.create(3, json!({ "dependencies": [a, b] })).await;
    let (any, _) = setup.create(4, json!({ "dependencies": [a, b], "requires": "all-resolved" })).await;
    let (next, _) = setup.create(5, json!({ "dependencies": [any] })).await;

    setup.claim(&a, 0).await;
    setup.act(&a, "runs/0/completed").await.expect(200);
    for id in [&both, &any, &next] {
        assert_eq!(setup.state(id).await, "unscheduled");
    }
    setup.claim(&b, 0).await;
    setup.act(&b, "runs/0/failed").await.expect(200);
    assert_eq!(setup.state(&both).await, "unscheduled");
    assert_eq!(setup.state(&any).await, "pending");

    // A rerun that completes satisfies those that want completion.
    setup.act(&b, "rerun").await.expect(200);
    setup.claim(&b, 1).await;
    setup.act(&b, "runs/1/completed").await.expect(200);
    let status = setup.status(&both).await;
    assert_eq!(status["state"], "pending");
    assert_eq!(status["runs"][0]["reasonCreated"], "scheduled");
    assert_eq!(setup.state(&next).await, "unscheduled");
}

#[tokio::test]
async fn a_retry_does_not_count_as_a_resolution() {
    let setup = start().await;
    let (a, _) = setup.create(1, json!({ "retries": 1 })).await;
    let (b, _) = setup.create(2, json!({ "dependencies": [a], "requires": "all-resolved" })).await;
    setup.claim(&a, 0).await;
    report(&setup, &a, 0, json!({ "reason": "worker-shutdown" })).await.expect(200);
    assert_eq!(setup.state(&b).await, "unscheduled");
    setup.claim(&a, 1).await;
    report(&setup, &a, 1, json!({ "reason": "worker-shutdown" })).await.expect(200);
    assert_eq!(setup.state(&b).await, "pending");
}

#[tokio::test]
async fn cancel_lets_go_those_that_want_resolution() {
    let setup = start().await;
    let (a, _) = setup.create(1, json!({})).await;
    let (completed, _) = setup.create(2, json!({ "dependencies": [a] })).await;
    let (resolved, _) = setup.create(3, json!({ "dependencies": [a], "requires": "all-resolved" })).await;
    setup.act(&a, "cancel").await.expect(200);
    assert_eq!(setup.state(&completed).await, "unscheduled");
    assert_eq!(setup.state(&resolved).await, "pending");
}
