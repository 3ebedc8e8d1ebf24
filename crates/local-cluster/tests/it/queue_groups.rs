//! Task groups, dependents and lookups of several tasks.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Setup, queue, start, task_id};

fn group(what: &str) -> String {
    queue(&format!("/task-group/{}{what}", task_id(0)))
}

fn ids(tasks: &Value) -> Vec<String> {
    let tasks = tasks.as_array().unwrap();
    tasks.iter().map(|task| task["status"]["taskId"].as_str().unwrap().to_owned()).collect()
}

async fn all_pages(setup: &Setup, path: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = setup.root.get(&format!("{path}?limit={limit}{token}")).await.expect(200);
        assert!(page["tasks"].as_array().unwrap().len() <= limit);
        found.extend(ids(&page["tasks"]));
        match page["continuationToken"].as_str() {
            Some(next) => token = format!("&continuationToken={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn list_task_group_is_not_in_creation_order_and_has_pages() {
    let setup = start().await;
    let mut created = Vec::new();
    for number in (1..=7).rev() {
        created.push(setup.create(number, json!({})).await.0);
    }
    let all = setup.root.get(&group("/list")).await.expect(200);
    assert_eq!(all["taskGroupId"], task_id(0));
    assert_eq!(all["schedulerId"], "tests");
    assert!(all.get("sealed").is_none());
    assert_eq!(all["tasks"][0]["task"]["metadata"]["name"], "a task");
    let listed = ids(&all["tasks"]);
    assert_ne!(listed, created);
    for limit in [1, 3, 7, 8] {
        assert_eq!(all_pages(&setup, &group("/list"), limit).await, listed);
    }
    created.sort();
    assert_eq!(listed, created);
}

#[tokio::test]
async fn an_invalid_continuation_token_is_ignored() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    for token in ["nonsense", "%FF%FE", "AAAA"] {
        let path = group(&format!("/list?continuationToken={token}"));
        let page = setup.root.get(&path).await;
        assert_eq!(ids(&page.expect(200)["tasks"]).len(), 1, "{token}");
    }
}

#[tokio::test]
async fn an_unknown_group_is_404() {
    let setup = start().await;
    for what in ["", "/list"] {
        setup.root.get(&group(what)).await.refused(404, "ResourceNotFound", "No task-group");
    }
    for what in ["/seal", "/cancel"] {
        setup.root.call("POST", &group(what), None).await.refused(404, "ResourceNotFound", "No task-group");
    }
}

#[tokio::test]
async fn group_expires_is_that_of_its_last_task_plus_one_hour() {
    let setup = start().await;
    for (number, hours, expected) in [(1, 30, 31), (2, 48, 49), (3, 36, 49)] {
        let expires = setup.time.from_now(TimeDelta::hours(hours));
        setup.create(number, json!({ "expires": expires })).await;
        let info = setup.root.get(&group("")).await.expect(200);
        assert_eq!(info["expires"], setup.time.from_now(TimeDelta::hours(expected)));
    }
}

#[tokio::test]
async fn sealing_twice_gives_the_same_answer() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    let sealed = setup.root.call("POST", &group("/seal"), None).await.expect(200);
    assert_eq!(sealed["sealed"], setup.time.from_now(TimeDelta::zero()));
    setup.time.pass(TimeDelta::minutes(1));
    assert_eq!(setup.root.call("POST", &group("/seal"), None).await.expect(200), sealed);
    assert_eq!(setup.root.get(&group("")).await.expect(200), sealed);
    assert_eq!(setup.root.get(&group("/list")).await.expect(200)["sealed"], sealed["sealed"]);
}

#[tokio::test]
async fn cancel_task_group_on_an_unsealed_group_is_a_conflict() {
    let setup = start().await;
    setup.create(1, json!({})).await;
    let reply = setup.root.call("POST", &group("/cancel"), None).await;
    reply.refused(409, "RequestConflict", "Cannot cancel unsealed task group");
}

#[tokio::test]
async fn cancel_task_group_cancels_what_is_unresolved() {
    let setup = start().await;
    let (done, _) = setup.create(1, json!({})).await;
    setup.claim(&done, 0).await;
    setup.act(&done, "runs/0/completed").await.expect(200);
    let (pending, _) = setup.create(2, json!({})).await;
    let (waiting, _) =
        setup.create(3, json!({ "dependencies": [pending], "requires": "all-resolved" })).await;
    setup.root.call("POST", &group("/seal"), None).await.expect(200);
    let reply = setup.root.call("POST", &group("/cancel"), None).await.expect(200);
    assert_eq!(reply["taskGroupSize"], 3);
    assert_eq!(reply["cancelledCount"], 2);
    let mut expected = [pending.clone(), waiting.clone()];
    expected.sort();
    assert_eq!(reply["taskIds"], json!(expected));
    assert_eq!(setup.state(&done).await, "completed");
    for id in [pending, waiting] {
        assert_eq!(setup.status(&id).await["runs"][0]["reasonResolved"], "canceled");
    }
    let again = setup.root.call("POST", &group("/cancel"), None).await.expect(200);
    assert_eq!(again["cancelledCount"], 0);
}

#[tokio::test]
async fn the_priority_of_a_group_is_that_of_its_unresolved_tasks() {
    let setup = start().await;
    let (pending, _) = setup.create(1, json!({})).await;
    let (canceled, _) = setup.create(2, json!({})).await;
    setup.act(&canceled, "cancel").await.expect(200);
    let reply = setup.root.post(&group("/priority"), json!({ "newPriority": "high" })).await.expect(200);
    assert_eq!(reply["tasksAffected"], 1);
    assert_eq!(reply["taskIds"], json!([pending]));
    assert_eq!(setup.status(&pending).await["priority"], "high");
    assert_eq!(setup.status(&canceled).await["priority"], "lowest");
}

#[tokio::test]
async fn dependents_are_listed_by_page() {
    let setup = start().await;
    let (first, _) = setup.create(1, json!({})).await;
    let mut dependents = Vec::new();
    for number in 2..=6 {
        dependents.push(setup.create(number, json!({ "dependencies": [first] })).await.0);
    }
    let path = queue(&format!("/task/{first}/dependents"));
    assert_eq!(all_pages(&setup, &path, 2).await, dependents);
    let none = setup.root.get(&queue(&format!("/task/{}/dependents", dependents[0]))).await.expect(200);
    assert_eq!(none["tasks"], json!([]));
    assert_eq!(none["taskId"], dependents[0]);
}

#[tokio::test]
async fn several_tasks_and_statuses_at_once_leave_out_what_does_not_exist() {
    let setup = start().await;
    let mut known = Vec::new();
    for number in 1..=3 {
        known.push(setup.create(number, json!({})).await.0);
    }
    known.sort();
    let body = json!({ "taskIds": [known[2], task_id(99), known[0], known[1]] });
    for (path, list, key) in [("/tasks", "tasks", "task"), ("/tasks/status", "statuses", "status")] {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let path = queue(&format!("{path}?limit=2{token}"));
            let page = setup.root.post(&path, body.clone()).await.expect(200);
            for entry in page[list].as_array().unwrap() {
                assert!(entry[key].is_object());
                found.push(entry["taskId"].as_str().unwrap().to_owned());
            }
            match page["continuationToken"].as_str() {
                Some(next) => token = format!("&continuationToken={next}"),
                None => break,
            }
        }
        assert_eq!(found, known);
    }
}
