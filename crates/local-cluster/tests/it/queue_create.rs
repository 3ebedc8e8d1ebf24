//! createTask, row by row.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Setup, queue, start, task_id};

async fn create(setup: &Setup, number: u64, changes: Value) -> crate::support::Reply {
    let path = queue(&format!("/task/{}", task_id(number)));
    setup.root.put(&path, setup.definition_with(changes)).await
}

#[tokio::test]
async fn an_identical_body_gives_the_current_status() {
    let setup = start().await;
    let (id, first) = setup.create(1, json!({})).await;
    let (_, again) = setup.create(1, json!({})).await;
    assert_eq!(again, first);

    // With the defaults written out, other spellings of the times, and another order of keys.
    let whole = setup.root.get(&queue(&format!("/task/{id}"))).await.expect(200);
    for key in ["provisionerId", "workerType", "projectId", "dependencies", "requires", "routes", "priority"]
    {
        assert!(whole.get(key).is_some(), "{key} is missing in {whole:#}");
    }
    let path = queue(&format!("/task/{id}"));
    setup.root.put(&path, whole.clone()).await.expect(200);
    let mut spelled = whole.clone();
    spelled["created"] = json!(whole["created"].as_str().unwrap().replace(".000Z", "+00:00"));
    let backwards = spelled.as_object().unwrap().iter().rev();
    let backwards = backwards.map(|(key, value)| (key.clone(), value.clone())).collect::<Value>();
    setup.root.put(&path, backwards).await.expect(200);

    // Also while it is running.
    setup.claim(&id, 0).await;
    let (_, running) = setup.create(1, json!({})).await;
    assert_eq!(running["state"], "running");
}

#[tokio::test]
async fn any_other_body_is_a_conflict() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    let mut metadata = setup.definition()["metadata"].clone();
    metadata["name"] = json!("another");
    for changes in [
        json!({ "payload": {} }),
        json!({ "deadline": setup.time.from_now(TimeDelta::hours(23)) }),
        json!({ "created": setup.time.from_now(TimeDelta::seconds(1)) }),
        json!({ "metadata": metadata }),
        json!({ "priority": "low" }),
    ] {
        create(&setup, 1, changes).await.refused(409, "RequestConflict", "already used by another task");
    }
}

#[tokio::test]
async fn an_identical_body_whose_deadline_is_now_past_is_an_input_error() {
    let setup = start().await;
    let definition = setup.definition_with(json!({ "deadline": setup.time.from_now(TimeDelta::minutes(5)) }));
    let path = queue(&format!("/task/{}", task_id(1)));
    setup.root.put(&path, definition.clone()).await.expect(200);
    setup.time.pass(TimeDelta::minutes(6));
    setup.root.put(&path, definition).await.refused(400, "InputError", "`deadline` cannot be in the past");
}

#[tokio::test]
async fn a_dependency_that_does_not_exist_is_named_and_the_task_not_kept() {
    let setup = start().await;
    let missing = task_id(7);
    let changes = json!({ "dependencies": [missing] });
    let message = create(&setup, 1, changes.clone()).await.refused(400, "InputError", "non-existing tasks");
    assert!(message.contains(&missing));
    let status = queue(&format!("/task/{}/status", task_id(1)));
    setup.root.get(&status).await.refused(404, "ResourceNotFound", "does not correspond");
    // The group exists though.
    let group = setup.root.get(&queue(&format!("/task-group/{}/list", task_id(0)))).await.expect(200);
    assert_eq!(group["tasks"], json!([]));
    // Later, the same body succeeds.
    setup.create(7, json!({})).await;
    let (_, created) = setup.create(1, changes).await;
    assert_eq!(created["state"], "unscheduled");
}

#[tokio::test]
async fn a_dependency_that_expires_before_the_deadline_is_refused() {
    let setup = start().await;
    let hour = setup.time.from_now(TimeDelta::hours(1));
    let (first, _) = setup.create(1, json!({ "deadline": hour, "expires": hour })).await;
    create(&setup, 2, json!({ "dependencies": [first] })).await.refused(400, "InputError", &first);
}

#[tokio::test]
async fn a_task_that_depends_on_itself_is_unscheduled() {
    let setup = start().await;
    let (_, status) = setup.create(1, json!({ "dependencies": [task_id(1)] })).await;
    assert_eq!(status["state"], "unscheduled");
    assert_eq!(status["runs"], json!([]));
}

#[tokio::test]
async fn all_dependencies_completed_already_is_pending() {
    let setup = start().await;
    let soon = setup.time.from_now(TimeDelta::hours(1));
    let (first, _) = setup.create(1, json!({ "deadline": soon })).await;
    setup.claim(&first, 0).await;
    setup.act(&first, "runs/0/completed").await.expect(200);
    let (_, status) = setup.create(2, json!({ "dependencies": [first] })).await;
    assert_eq!(status["state"], "pending");
    assert_eq!(status["runs"][0]["reasonCreated"], "scheduled");

    // Even if the dependency is past its deadline.
    setup.time.pass(TimeDelta::hours(2));
    let (_, status) = setup.create(3, json!({ "dependencies": [first] })).await;
    assert_eq!(status["state"], "pending");
}

#[tokio::test]
async fn a_dependency_failed_leaves_all_completed_unscheduled_and_all_resolved_pending() {
    let setup = start().await;
    let (first, _) = setup.create(1, json!({})).await;
    setup.claim(&first, 0).await;
    setup.act(&first, "runs/0/failed").await.expect(200);
    let (_, status) = setup.create(2, json!({ "dependencies": [first] })).await;
    assert_eq!(status["state"], "unscheduled");
    let (_, status) = setup.create(3, json!({ "dependencies": [first], "requires": "all-resolved" })).await;
    assert_eq!(status["state"], "pending");
}

#[tokio::test]
async fn a_deadline_more_than_5_days_and_15_minutes_away_is_refused() {
    let setup = start().await;
    let longest = TimeDelta::days(5) + TimeDelta::minutes(15);
    setup.create(1, json!({ "deadline": setup.time.from_now(longest) })).await;
    let deadline = setup.time.from_now(longest + TimeDelta::seconds(1));
    let changes = json!({ "deadline": deadline });
    create(&setup, 2, changes).await.refused(400, "InputError", "more than 5 days into the future");
}

#[tokio::test]
async fn times_that_contradict_each_other_are_refused() {
    let setup = start().await;
    let at = |minutes| setup.time.from_now(TimeDelta::minutes(minutes));
    for (changes, message) in [
        (json!({ "created": at(10), "deadline": at(5) }), "`deadline` cannot be later than `created`"),
        (json!({ "deadline": at(60), "expires": at(59) }), "`expires` cannot be before `deadline`"),
        (json!({ "created": at(-16) }), "`created` cannot be in the past (max 15min drift)"),
        (json!({ "created": at(16) }), "`created` cannot be in the future (max 15min drift)"),
        (json!({ "created": at(-10), "deadline": at(-5) }), "`deadline` cannot be in the past"),
    ] {
        create(&setup, 1, changes).await.refused(400, "InputError", message);
    }
    setup.create(2, json!({ "created": at(-15) })).await;
    setup.create(3, json!({ "created": at(15) })).await;
}

#[tokio::test]
async fn another_scheduler_id_within_the_group_is_a_conflict() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    let reply = create(&setup, 2, json!({ "schedulerId": "others" })).await;
    reply.refused(409, "RequestConflict", "must have\nthe same schedulerId");
}

#[tokio::test]
async fn a_sealed_group_accepts_nothing_not_even_an_identical_body() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    let seal = queue(&format!("/task-group/{}/seal", task_id(0)));
    setup.root.call("POST", &seal, None).await.expect(200);
    for number in [1, 2] {
        create(&setup, number, json!({})).await.refused(409, "RequestConflict", "is sealed");
    }
}

#[tokio::test]
async fn the_payload_of_an_error_is_the_body_with_defaults_and_task_queue_id() {
    let setup = start().await;
    let mut definition = setup.definition_with(json!({ "provisionerId": "proj", "workerType": "ci" }));
    definition.as_object_mut().unwrap().remove("taskQueueId");
    definition["deadline"] = json!(setup.time.from_now(TimeDelta::days(9)));
    let reply = setup.root.put(&queue(&format!("/task/{}", task_id(1))), definition).await;
    let info = reply.expect(400)["requestInfo"].clone();
    assert_eq!(info["method"], "createTask");
    assert_eq!(info["params"], json!({ "taskId": task_id(1) }));
    assert_eq!(info["payload"]["taskQueueId"], "proj/ci");
    assert_eq!(info["payload"]["projectId"], "none");
    assert_eq!(info["payload"]["retries"], 5);
    assert_eq!(info["time"], setup.time.from_now(TimeDelta::zero()));
}

#[tokio::test]
async fn a_queue_is_named_by_parts_or_as_a_whole_or_both_alike() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    let task = setup.root.get(&queue(&format!("/task/{id}"))).await.expect(200);
    assert_eq!(task["provisionerId"], "proj");
    assert_eq!(task["workerType"], "ci");
    let contradiction = json!({ "provisionerId": "other", "workerType": "ci" });
    create(&setup, 2, contradiction).await.refused(400, "InputError", "must match");
    let mut without = setup.definition();
    without.as_object_mut().unwrap().remove("taskQueueId");
    let reply = setup.root.put(&queue(&format!("/task/{}", task_id(2))), without).await;
    reply.refused(400, "InputError", "taskQueueId must be provided");
}

#[tokio::test]
async fn defaults_are_filled_in() {
    let setup = start().await;
    let id = task_id(1);
    let mut definition = setup.definition();
    definition.as_object_mut().unwrap().remove("taskGroupId");
    definition.as_object_mut().unwrap().remove("schedulerId");
    definition["priority"] = json!("normal");
    setup.root.put(&queue(&format!("/task/{id}")), definition).await.expect(200);
    let task = setup.root.get(&queue(&format!("/task/{id}"))).await.expect(200);
    let keys = task.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        keys.join(" "),
        "provisionerId workerType taskQueueId schedulerId projectId taskGroupId dependencies requires routes \
         priority retries created deadline expires scopes payload metadata tags extra"
    );
    assert_eq!(task["taskGroupId"], id);
    assert_eq!(task["schedulerId"], "-");
    assert_eq!(task["priority"], "lowest");
    assert_eq!(task["requires"], "all-completed");
    assert_eq!(task["retries"], 5);
    assert_eq!(task["expires"], "2027-02-03T02:40:00.000Z");
}

#[tokio::test]
async fn scopes_that_end_with_two_stars_are_refused() {
    let setup = start().await;
    create(&setup, 1, json!({ "scopes": ["a**"] })).await.refused(
        400,
        "InputError",
        "must not end with `**`",
    );
}
