//! Claiming work, and what time does to claims, tasks and deadlines.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, Setup, queue, start, task_id};

fn worker(count: usize) -> Value {
    json!({ "workerGroup": "group", "workerId": "worker", "tasks": count })
}

async fn claim_work(client: &Client, count: usize) -> Vec<Value> {
    let reply = client.post(&queue("/claim-work/proj%2Fci"), worker(count)).await.expect(200);
    reply["tasks"].as_array().unwrap().clone()
}

async fn claimed_ids(setup: &Setup, count: usize) -> Vec<String> {
    let tasks = claim_work(&setup.root, count).await;
    tasks.iter().map(|task| task["status"]["taskId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn claim_work_is_by_priority_highest_first_then_by_age() {
    let setup = start().await;
    let mut expected = Vec::new();
    for (number, priority) in ["low", "highest", "lowest", "high", "very-low", "medium", "very-high", "high"]
        .into_iter()
        .enumerate()
    {
        setup.time.pass(TimeDelta::seconds(1));
        let (id, _) = setup.create(number as u64 + 1, json!({ "priority": priority })).await;
        expected.push((priority, number, id));
    }
    let order = ["highest", "very-high", "high", "medium", "low", "very-low", "lowest"];
    expected.sort_by_key(|(priority, number, _)| (order.iter().position(|name| name == priority), *number));
    let expected = expected.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>();
    let mut claimed = claimed_ids(&setup, 3).await;
    assert_eq!(claimed, expected[..3]);
    claimed.extend(claimed_ids(&setup, 10).await);
    assert_eq!(claimed, expected);
}

#[tokio::test]
async fn claim_work_with_nothing_there_waits_up_to_20_seconds_then_gives_an_empty_list() {
    let setup = start().await;
    let client = setup.root.clone();
    let waiting = tokio::spawn(async move { claim_work(&client, 1).await });
    // Others are served meanwhile.
    for number in 1..20 {
        setup.create(number, json!({ "taskQueueId": "proj/other" })).await;
    }
    assert!(!waiting.is_finished());
    setup.time.pass(TimeDelta::seconds(20));
    assert_eq!(waiting.await.unwrap(), [] as [Value; 0]);
}

#[tokio::test]
async fn claim_work_wakes_when_something_becomes_pending() {
    let setup = start().await;
    let client = setup.root.clone();
    let waiting = tokio::spawn(async move { claim_work(&client, 1).await });
    let (id, _) = setup.create(1, json!({})).await;
    let claimed = tokio::time::timeout(Duration::from_secs(15), waiting).await.unwrap().unwrap();
    assert_eq!(claimed[0]["status"]["taskId"], id);
}

#[tokio::test]
async fn many_workers_get_each_task_once() {
    let setup = start().await;
    for number in 1..=20 {
        setup.create(number, json!({})).await;
    }
    let mut workers = Vec::new();
    for _ in 0..10 {
        let client = setup.root.clone();
        workers.push(tokio::spawn(async move { claim_work(&client, 2).await }));
    }
    let mut ids = Vec::new();
    for worker in workers {
        ids.extend(worker.await.unwrap().iter().map(|task| task["status"]["taskId"].to_string()));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn a_claim_that_expires_gives_a_retry_while_retries_are_left() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "retries": 1 })).await;
    setup.claim(&id, 0).await;
    setup.time.pass(TimeDelta::minutes(20));
    assert_eq!(setup.state(&id).await, "running");
    let expired = setup.time.from_now(TimeDelta::zero());
    setup.time.pass(TimeDelta::minutes(1));
    let status = setup.status(&id).await;
    assert_eq!(status["state"], "pending");
    assert_eq!(status["retriesLeft"], 0);
    assert_eq!(status["runs"][0]["state"], "exception");
    assert_eq!(status["runs"][0]["reasonResolved"], "claim-expired");
    assert_eq!(status["runs"][0]["resolved"], expired);
    assert_eq!(status["runs"][1]["reasonCreated"], "retry");

    setup.claim(&id, 1).await;
    setup.time.pass(TimeDelta::minutes(21));
    let status = setup.status(&id).await;
    assert_eq!(status["state"], "exception");
    assert_eq!(status["runs"][1]["reasonResolved"], "claim-expired");
}

#[tokio::test]
async fn reclaim_extends_the_claim_with_new_credentials() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "scopes": ["some:scope"] })).await;
    let claim = setup.claim(&id, 0).await;
    setup.time.pass(TimeDelta::minutes(19));
    let worker = setup.root.with_credentials(&claim["credentials"]);
    let path = queue(&format!("/task/{id}/runs/0/reclaim"));
    let reclaimed = worker.call("POST", &path, None).await.expect(200);
    assert_eq!(reclaimed["takenUntil"], setup.time.from_now(TimeDelta::minutes(20)));
    assert_ne!(reclaimed["credentials"], claim["credentials"]);
    setup.time.pass(TimeDelta::minutes(19));
    assert_eq!(setup.state(&id).await, "running");
    // The first credentials are over, and are refused.
    worker.call("POST", &path, None).await.refused(401, "AuthenticationFailed", "expiry < now");
    let worker = setup.root.with_credentials(&reclaimed["credentials"]);
    worker.call("POST", &path, None).await.expect(200);
}

#[tokio::test]
async fn credentials_of_a_claim_are_for_its_run_and_the_scopes_of_the_task() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "scopes": ["queue:status:*"] })).await;
    let (other, _) = setup.create(2, json!({})).await;
    let claim = setup.claim(&id, 0).await;
    setup.claim(&other, 0).await;
    let credentials = &claim["credentials"];
    let until = setup.time.now() + TimeDelta::minutes(20);
    assert_eq!(
        credentials["clientId"],
        format!("task-client/{id}/0/on/group/worker/until/{}", until.timestamp())
    );
    let worker = setup.root.with_credentials(credentials);
    worker.get(&queue(&format!("/task/{other}/status"))).await.expect(200);
    let path = queue(&format!("/task/{other}/runs/0/completed"));
    worker.call("POST", &path, None).await.refused(403, "InsufficientScopes", "queue:resolve-task");
    let path = queue(&format!("/task/{id}/runs/0/completed"));
    worker.call("POST", &path, None).await.expect(200);
}

#[tokio::test]
async fn claim_task_twice_is_for_the_same_worker_only() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    let first = setup.claim(&id, 0).await;
    let again = setup.claim(&id, 0).await;
    assert_eq!(first["takenUntil"], again["takenUntil"]);
    let path = queue(&format!("/task/{id}/runs/0/claim"));
    let other = json!({ "workerGroup": "group", "workerId": "other" });
    setup.root.post(&path, other).await.refused(409, "RequestConflict", "already claimed by another worker");
    let path = queue(&format!("/task/{id}/runs/1/claim"));
    let worker = json!({ "workerGroup": "group", "workerId": "worker" });
    setup.root.post(&path, worker).await.refused(404, "ResourceNotFound", "Run 1 not found");
}

#[tokio::test]
async fn a_task_past_its_deadline_is_exception_deadline_exceeded() {
    let setup = start().await;
    let (waiting, _) = setup.create(1, json!({ "dependencies": [task_id(1)] })).await;
    let (pending, _) = setup.create(2, json!({})).await;
    let (running, _) = setup.create(3, json!({})).await;
    setup.time.pass(TimeDelta::hours(24) - TimeDelta::minutes(5));
    setup.claim(&running, 0).await;
    let late = json!({
        "dependencies": [pending],
        "requires": "all-resolved",
        "created": setup.time.from_now(TimeDelta::zero()),
        "deadline": setup.time.from_now(TimeDelta::hours(1)),
    });
    let (dependent, _) = setup.create(4, late).await;
    setup.time.pass(TimeDelta::minutes(6));
    for (id, created) in [(waiting, "exception"), (pending, "scheduled"), (running, "scheduled")] {
        let status = setup.status(&id).await;
        assert_eq!(status["state"], "exception");
        assert_eq!(status["runs"].as_array().unwrap().len(), 1);
        assert_eq!(status["runs"][0]["reasonCreated"], created);
        assert_eq!(status["runs"][0]["reasonResolved"], "deadline-exceeded");
        assert_eq!(status["runs"][0]["resolved"], status["deadline"]);
    }
    assert_eq!(setup.state(&dependent).await, "pending");
}

#[tokio::test]
async fn a_task_is_gone_when_it_expires_and_its_group_an_hour_later() {
    let setup = start().await;
    let expires = setup.time.from_now(TimeDelta::hours(48));
    let (id, _) = setup.create(1, json!({ "expires": expires })).await;
    let group = queue(&format!("/task-group/{}", task_id(0)));
    let info = setup.root.get(&group).await.expect(200);
    assert_eq!(info["expires"], setup.time.from_now(TimeDelta::hours(49)));
    setup.time.pass(TimeDelta::hours(48));
    assert_eq!(setup.state(&id).await, "exception");
    setup.time.pass(TimeDelta::minutes(1));
    setup.root.get(&queue(&format!("/task/{id}/status"))).await.refused(404, "ResourceNotFound", &id);
    setup.root.get(&group).await.expect(200);
    setup.time.pass(TimeDelta::hours(1));
    setup.root.get(&group).await.refused(404, "ResourceNotFound", "No task-group");
}

#[tokio::test]
async fn what_is_pending_and_claimed_is_counted_and_listed() {
    let setup = start().await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        setup.time.pass(TimeDelta::seconds(1));
        ids.push(setup.create(number, json!({})).await.0);
    }
    setup.claim(&ids[0], 0).await;
    let counts = setup.root.get(&queue("/task-queues/proj%2Fci/counts")).await.expect(200);
    assert_eq!(
        counts,
        json!({
            "provisionerId": "proj",
            "workerType": "ci",
            "taskQueueId": "proj/ci",
            "pendingTasks": 2,
            "claimedTasks": 1,
        })
    );
    let pending = setup.root.get(&queue("/pending/proj%2Fci")).await.expect(200);
    assert_eq!(pending["pendingTasks"], 2);

    let first = setup.root.get(&queue("/task-queues/proj%2Fci/pending?limit=1")).await.expect(200);
    assert_eq!(first["tasks"][0]["taskId"], ids[1]);
    assert_eq!(first["tasks"][0]["runId"], 0);
    let token = first["continuationToken"].as_str().unwrap();
    let rest = queue(&format!("/task-queues/proj%2Fci/pending?continuationToken={token}"));
    let rest = setup.root.get(&rest).await.expect(200);
    assert_eq!(rest["tasks"][0]["taskId"], ids[2]);
    assert_eq!(rest["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(rest.get("continuationToken"), None);

    let claimed = setup.root.get(&queue("/task-queues/proj%2Fci/claimed")).await.expect(200);
    assert_eq!(claimed["tasks"][0]["taskId"], ids[0]);
    assert_eq!(claimed["tasks"][0]["workerId"], "worker");
}
