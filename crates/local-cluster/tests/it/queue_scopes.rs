//! The scopes that the methods of the queue need.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Setup, queue, start, task_id};

/// Refused with one scope less than enough, in the words of the services, and accepted with all of them.
async fn check(setup: &Setup, verb: &str, path: &str, body: Option<Value>, scopes: &[&str]) {
    for missing in 0..scopes.len() {
        let mut fewer = scopes.to_vec();
        let lost = fewer.remove(missing);
        let reply = setup.root.with_scopes(&fewer).call(verb, path, body.as_ref()).await;
        let message = reply.refused(403, "InsufficientScopes", lost);
        assert!(message.contains("missing the following scopes"), "{message}");
        assert!(message.contains("satisfy the following scope expression"), "{message}");
    }
    let anonymous = setup.root.anonymous().call(verb, path, body.as_ref()).await;
    anonymous.refused(403, "InsufficientScopes", scopes[0]);
    let reply = setup.root.with_scopes(scopes).call(verb, path, body.as_ref()).await;
    assert!(reply.status < 400, "{verb} {path}: {}", String::from_utf8_lossy(&reply.text));
}

#[tokio::test]
async fn reads_need_scopes() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    let group = task_id(0);
    for (path, scope) in [
        (format!("/task/{id}"), format!("queue:get-task:{id}")),
        (format!("/task/{id}/status"), format!("queue:status:{id}")),
        (format!("/task/{id}/dependents"), format!("queue:list-dependent-tasks:{id}")),
        (format!("/task/{id}/artifacts"), format!("queue:list-artifacts:{id}")),
        (format!("/task/{id}/runs/0/artifacts"), format!("queue:list-artifacts:{id}:0")),
        (format!("/task-group/{group}"), format!("queue:list-task-group:{group}")),
        (format!("/task-group/{group}/list"), format!("queue:list-task-group:{group}")),
        ("/pending/proj%2Fci".to_owned(), "queue:pending-count:proj/ci".to_owned()),
        ("/task-queues/proj%2Fci/pending".to_owned(), "queue:pending-list:proj/ci".to_owned()),
        ("/task-queues/proj%2Fci/claimed".to_owned(), "queue:claimed-list:proj/ci".to_owned()),
    ] {
        check(&setup, "GET", &queue(&path), None, &[&scope]).await;
    }
    let other = task_id(2);
    let body = Some(json!({ "taskIds": [id, other] }));
    for (path, scope) in [("/tasks", "queue:get-task"), ("/tasks/status", "queue:status")] {
        let scopes = [format!("{scope}:{id}"), format!("{scope}:{other}")];
        check(&setup, "POST", &queue(path), body.clone(), &[&scopes[0], &scopes[1]]).await;
    }
}

#[tokio::test]
async fn create_task_needs_its_scopes_routes_project_scheduler_and_a_priority() {
    let setup = start().await;
    let definition = setup.definition_with(json!({
        "scopes": ["some:scope"],
        "routes": ["index.some.route"],
        "projectId": "project",
        "priority": "medium",
    }));
    let path = queue(&format!("/task/{}", task_id(1)));
    let scopes = [
        "some:scope",
        "queue:route:index.some.route",
        "queue:create-task:project:project",
        "queue:scheduler-id:tests",
        "queue:create-task:medium:proj/ci",
    ];
    check(&setup, "PUT", &path, Some(definition.clone()), &scopes).await;
    // A higher priority will do, a lower one will not.
    for (priority, status) in [("highest", 200), ("high", 200), ("low", 403), ("lowest", 403)] {
        let scope = format!("queue:create-task:{priority}:proj/ci");
        let scopes = [&scopes[..4], &[scope.as_str()]].concat();
        let reply = setup.root.with_scopes(&scopes).put(&path, definition.clone()).await;
        assert_eq!(reply.status, status, "{priority}");
    }
}

#[tokio::test]
async fn cancel_rerun_and_schedule_need_a_scope_by_task_by_project_or_by_scheduler() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "projectId": "project" })).await;
    let group = task_id(0);
    for verb in ["schedule", "cancel", "rerun"] {
        let path = queue(&format!("/task/{id}/{verb}"));
        let by_task = format!("queue:{verb}-task:tests/{group}/{id}");
        check(&setup, "POST", &path, None, &[&by_task]).await;
        check(&setup, "POST", &path, None, &[&format!("queue:{verb}-task-in-project:project")]).await;
        let legacy = [format!("queue:{verb}-task"), format!("assume:scheduler-id:tests/{group}")];
        check(&setup, "POST", &path, None, &[&legacy[0], &legacy[1]]).await;
    }
}

#[tokio::test]
async fn groups_are_sealed_and_canceled_with_scopes_by_scheduler() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    let group = task_id(0);
    let priority = Some(json!({ "newPriority": "high" }));
    for (verb, body) in [("seal", None), ("change", priority.clone()), ("cancel", None)] {
        let (path, name) = match verb {
            "change" => ("priority", "change-task-group-priority".to_owned()),
            _ => (verb, format!("{verb}-task-group")),
        };
        let path = queue(&format!("/task-group/{group}/{path}"));
        check(&setup, "POST", &path, body, &[&format!("queue:{name}:tests/{group}")]).await;
    }
    setup.act(&id, "rerun").await.expect(200);
    let path = queue(&format!("/task/{id}/priority"));
    for scope in
        [format!("queue:change-task-priority:{id}"), "queue:change-task-priority-in-queue:proj/ci".into()]
    {
        check(&setup, "POST", &path, priority.clone(), &[&scope]).await;
    }
}

#[tokio::test]
async fn workers_need_scopes_for_their_queue_themselves_and_the_run() {
    let setup = start().await;
    let worker = Some(json!({ "workerGroup": "group", "workerId": "worker" }));
    let identity = "queue:worker-id:group/worker";
    setup.create(1, json!({})).await;
    let path = queue("/claim-work/proj%2Fci");
    check(&setup, "POST", &path, worker.clone(), &["queue:claim-work:proj/ci", identity]).await;
    let (id, _) = setup.create(2, json!({})).await;
    let path = queue(&format!("/task/{id}/runs/0/claim"));
    check(&setup, "POST", &path, worker, &["queue:claim-task:proj/ci", identity]).await;
    let path = queue(&format!("/task/{id}/runs/0/reclaim"));
    check(&setup, "POST", &path, None, &[&format!("queue:reclaim-task:{id}/0")]).await;
    let path = queue(&format!("/task/{id}/runs/0/artifacts/public/a"));
    let artifact = json!({
        "storageType": "s3",
        "contentType": "text/plain",
        "expires": setup.time.from_now(TimeDelta::hours(1)),
    });
    check(&setup, "POST", &path, Some(artifact), &[&format!("queue:create-artifact:{id}/0")]).await;
    for what in ["", "/runs/0"] {
        for kind in ["artifacts", "artifact-content"] {
            let path = queue(&format!("/task/{id}{what}/{kind}/public/a"));
            check(&setup, "GET", &path, None, &["queue:get-artifact:public/a"]).await;
        }
    }
    let path = queue(&format!("/task/{id}/runs/0/exception"));
    let body = Some(json!({ "reason": "internal-error" }));
    check(&setup, "POST", &path, body, &[&format!("queue:resolve-task:{id}/0")]).await;
}
