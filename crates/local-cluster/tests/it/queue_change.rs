//! Cancel, rerun, schedule and priorities, row by row.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{queue, start, task_id};

#[tokio::test]
async fn cancel_unscheduled_makes_an_exception_run() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "dependencies": [task_id(1)] })).await;
    let status = setup.act(&id, "cancel").await.expect(200)["status"].clone();
    let now = setup.time.from_now(TimeDelta::zero());
    assert_eq!(status["state"], "exception");
    assert_eq!(
        status["runs"],
        json!([{
            "runId": 0,
            "state": "exception",
            "reasonCreated": "exception",
            "reasonResolved": "canceled",
            "scheduled": now,
            "resolved": now,
        }])
    );
}

#[tokio::test]
async fn cancel_pending_or_running_is_exception_canceled() {
    let setup = start().await;
    for number in [1, 2] {
        let (id, _) = setup.create(number, json!({})).await;
        if number == 2 {
            setup.claim(&id, 0).await;
        }
        let status = setup.act(&id, "cancel").await.expect(200)["status"].clone();
        assert_eq!(status["state"], "exception");
        assert_eq!(status["runs"][0]["reasonCreated"], "scheduled");
        assert_eq!(status["runs"][0]["reasonResolved"], "canceled");
    }
}

#[tokio::test]
async fn cancel_completed_or_already_canceled_changes_nothing() {
    let setup = start().await;
    let (completed, _) = setup.create(1, json!({})).await;
    setup.claim(&completed, 0).await;
    setup.act(&completed, "runs/0/completed").await.expect(200);
    let (canceled, _) = setup.create(2, json!({})).await;
    setup.act(&canceled, "cancel").await.expect(200);
    for id in [completed, canceled] {
        let before = setup.status(&id).await;
        setup.time.pass(TimeDelta::seconds(1));
        assert_eq!(setup.act(&id, "cancel").await.expect(200)["status"], before);
    }
}

#[tokio::test]
async fn cancel_rerun_and_schedule_past_the_deadline_are_conflicts_in_any_state() {
    let setup = start().await;
    let (waiting, _) = setup.create(1, json!({ "dependencies": [task_id(1)] })).await;
    let (pending, _) = setup.create(2, json!({})).await;
    let (completed, _) = setup.create(3, json!({})).await;
    setup.claim(&completed, 0).await;
    setup.act(&completed, "runs/0/completed").await.expect(200);
    setup.time.pass(TimeDelta::hours(25));
    for id in [waiting, pending, completed] {
        for verb in ["cancel", "rerun", "schedule"] {
            setup.act(&id, verb).await.refused(409, "RequestConflict", "past its deadline");
        }
    }
}

#[tokio::test]
async fn rerun_unscheduled_is_pending_by_rerun() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "dependencies": [task_id(1)] })).await;
    let status = setup.act(&id, "rerun").await.expect(200)["status"].clone();
    assert_eq!(status["state"], "pending");
    assert_eq!(status["runs"][0]["reasonCreated"], "rerun");
}

#[tokio::test]
async fn rerun_pending_or_running_changes_nothing() {
    let setup = start().await;
    let (id, pending) = setup.create(1, json!({})).await;
    assert_eq!(setup.act(&id, "rerun").await.expect(200)["status"], pending);
    setup.claim(&id, 0).await;
    let running = setup.status(&id).await;
    assert_eq!(setup.act(&id, "rerun").await.expect(200)["status"], running);
}

#[tokio::test]
async fn rerun_resolved_is_a_new_run_with_all_retries() {
    let setup = start().await;
    for (number, report) in [(1, "completed"), (2, "failed"), (3, "exception")] {
        let (id, _) = setup.create(number, json!({ "retries": 2 })).await;
        setup.claim(&id, 0).await;
        let path = queue(&format!("/task/{id}/runs/0/exception"));
        setup.root.post(&path, json!({ "reason": "worker-shutdown" })).await.expect(200);
        assert_eq!(setup.status(&id).await["retriesLeft"], 1);
        setup.claim(&id, 1).await;
        let path = queue(&format!("/task/{id}/runs/1/{report}"));
        setup.root.post(&path, json!({ "reason": "malformed-payload" })).await.expect(200);
        let status = setup.act(&id, "rerun").await.expect(200)["status"].clone();
        assert_eq!(status["state"], "pending", "{report}");
        assert_eq!(status["retriesLeft"], 2);
        assert_eq!(status["runs"][2]["reasonCreated"], "rerun");
    }
}

#[tokio::test]
async fn rerun_stops_at_fifty_runs() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    for _ in 1..50 {
        setup.act(&id, "cancel").await.expect(200);
        setup.act(&id, "rerun").await.expect(200);
    }
    setup.act(&id, "cancel").await.expect(200);
    setup.act(&id, "rerun").await.refused(409, "RequestConflict", "Maximum number of runs reached (50)");
}

#[tokio::test]
async fn schedule_with_unresolved_dependencies_is_pending() {
    let setup = start().await;
    let (first, _) = setup.create(1, json!({})).await;
    let (id, _) = setup.create(2, json!({ "dependencies": [first] })).await;
    let status = setup.act(&id, "schedule").await.expect(200)["status"].clone();
    assert_eq!(status["state"], "pending");
    assert_eq!(status["runs"][0]["reasonCreated"], "scheduled");
    // Again, and when it is resolved, changes nothing.
    assert_eq!(setup.act(&id, "schedule").await.expect(200)["status"], status);
    let canceled = setup.act(&id, "cancel").await.expect(200)["status"].clone();
    assert_eq!(setup.act(&id, "schedule").await.expect(200)["status"], canceled);
    // That the dependency completes later changes nothing, either.
    setup.claim(&first, 0).await;
    setup.act(&first, "runs/0/completed").await.expect(200);
    assert_eq!(setup.status(&id).await, canceled);
}

#[tokio::test]
async fn an_unknown_task_is_404() {
    let setup = start().await;
    let id = task_id(9);
    for verb in ["cancel", "rerun", "schedule"] {
        setup.act(&id, verb).await.refused(404, "ResourceNotFound", &id);
    }
    for path in ["", "/status", "/dependents", "/artifacts"] {
        let reply = setup.root.get(&queue(&format!("/task/{id}{path}"))).await;
        reply.refused(404, "ResourceNotFound", "");
    }
}

#[tokio::test]
async fn a_new_priority_counts_at_once_and_shows_in_the_definition() {
    let setup = start().await;
    let (first, _) = setup.create(1, json!({})).await;
    let (second, _) = setup.create(2, json!({})).await;
    let path = queue(&format!("/task/{second}/priority"));
    let status = setup.root.post(&path, json!({ "newPriority": "high" })).await.expect(200);
    assert_eq!(status["status"]["priority"], "high");
    let task = setup.root.get(&queue(&format!("/task/{second}"))).await.expect(200);
    assert_eq!(task["priority"], "high");
    let claim = json!({ "workerGroup": "group", "workerId": "worker" });
    let claimed = setup.root.post(&queue("/claim-work/proj/ci"), claim).await.expect(200);
    assert_eq!(claimed["tasks"][0]["status"]["taskId"], second);

    setup.act(&first, "cancel").await.expect(200);
    let path = queue(&format!("/task/{first}/priority"));
    let reply = setup.root.post(&path, json!({ "newPriority": "high" })).await;
    reply.refused(409, "RequestConflict", "already resolved");
}
