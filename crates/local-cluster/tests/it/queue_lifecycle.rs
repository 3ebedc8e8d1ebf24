//! The life of a task: created, claimed, reported.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{queue, start, task_id};

#[tokio::test]
async fn created_pending_claimed_completed() {
    let setup = start().await;
    let (id, status) = setup.create(1, json!({})).await;
    let now = setup.time.from_now(TimeDelta::zero());
    assert_eq!(
        status,
        json!({
            "taskId": id,
            "provisionerId": "proj",
            "workerType": "ci",
            "taskQueueId": "proj/ci",
            "schedulerId": "tests",
            "projectId": "none",
            "taskGroupId": task_id(0),
            "priority": "lowest",
            "deadline": setup.time.from_now(TimeDelta::hours(24)),
            "expires": "2027-02-03T02:40:00.000Z",
            "retriesLeft": 5,
            "state": "pending",
            "runs": [{ "runId": 0, "state": "pending", "reasonCreated": "scheduled", "scheduled": now }],
        })
    );

    setup.time.pass(TimeDelta::seconds(10));
    let claim = json!({ "workerGroup": "group", "workerId": "worker", "tasks": 3 });
    let claimed = setup.root.post(&queue("/claim-work/proj%2Fci"), claim).await.expect(200);
    let [claimed] = claimed["tasks"].as_array().unwrap().as_slice() else { panic!("{claimed:#}") };
    let until = setup.time.from_now(TimeDelta::minutes(20));
    assert_eq!(claimed["takenUntil"], until);
    assert_eq!(claimed["runId"], 0);
    assert_eq!(claimed["workerGroup"], "group");
    assert_eq!(claimed["workerId"], "worker");
    assert_eq!(claimed["task"]["payload"], json!({ "command": ["true"] }));
    assert_eq!(claimed["status"]["state"], "running");
    let started = setup.time.from_now(TimeDelta::zero());

    setup.time.pass(TimeDelta::seconds(10));
    let worker = setup.root.with_credentials(&claimed["credentials"]);
    let done = worker.call("POST", &queue(&format!("/task/{id}/runs/0/completed")), None).await.expect(200);
    assert_eq!(done["status"]["state"], "completed");
    assert_eq!(
        done["status"]["runs"],
        json!([{
            "runId": 0,
            "state": "completed",
            "reasonCreated": "scheduled",
            "reasonResolved": "completed",
            "workerGroup": "group",
            "workerId": "worker",
            "takenUntil": until,
            "scheduled": now,
            "started": started,
            "resolved": setup.time.from_now(TimeDelta::zero()),
        }])
    );
    assert_eq!(setup.status(&id).await, done["status"]);
}
