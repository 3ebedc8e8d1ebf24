//! The index, row by row.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    credentials::api,
    support::{Client, Setup, start, task_id},
};

fn task(path: &str) -> String {
    api("index", &format!("/task/{path}"))
}

impl Setup {
    async fn insert(&self, path: &str, number: u64, rank: Value) -> Value {
        let expires = self.time.from_now(TimeDelta::days(1));
        let body =
            json!({ "taskId": task_id(number), "rank": rank, "data": { "n": number }, "expires": expires });
        self.root.put(&task(path), body).await.expect(200)
    }
}

#[tokio::test]
async fn find_task_at_an_unknown_path() {
    let setup = start().await;
    setup.root.get(&task("a.b")).await.refused(404, "ResourceNotFound", "Indexed task not found");
    setup.insert("a.b", 1, json!(0)).await;
    setup.root.get(&task("a")).await.refused(404, "ResourceNotFound", "Indexed task not found");
    setup.time.pass(TimeDelta::days(1));
    setup.root.get(&task("a.b")).await.refused(404, "ResourceNotFound", "Indexed task not found");
}

#[tokio::test]
async fn delete_of_an_unknown_path() {
    let setup = start().await;
    assert_eq!(setup.root.delete(&task("a.b")).await.expect(200), json!({}));
    setup.insert("a.b", 1, json!(0)).await;
    assert_eq!(setup.root.delete(&task("a.b")).await.expect(200), json!({}));
    setup.root.get(&task("a.b")).await.refused(404, "ResourceNotFound", "");
}

#[tokio::test]
async fn insert_at_a_lower_rank_returns_what_stands_and_an_equal_rank_overwrites() {
    let setup = start().await;
    let first = setup.insert("a.b", 1, json!(5)).await;
    let expires = setup.time.from_now(TimeDelta::days(1));
    let expected = json!({ "namespace": "a.b", "taskId": task_id(1), "rank": 5, "data": { "n": 1 }, "expires": expires });
    assert_eq!(first, expected);
    assert_eq!(setup.insert("a.b", 2, json!(4)).await, expected);
    assert_eq!(setup.root.get(&task("a.b")).await.expect(200), expected);
    assert_eq!(setup.insert("a.b", 3, json!(5)).await["taskId"], task_id(3));
    assert_eq!(setup.insert("a.b", 4, json!(5.5)).await["rank"], 5.5);
}

#[tokio::test]
async fn a_completed_task_with_routes_is_indexed_by_its_rank() {
    let setup = start().await;
    setup.insert("proj.build", 9, json!(5)).await;
    for (number, rank, indexed) in [(1, 4, 9), (2, 6, 2), (3, 5, 2)] {
        let changes = json!({
            "routes": ["index.proj.build", "index.proj.other", "index.bad..path", "tc-treeherder.x"],
            "extra": { "index": { "rank": rank, "data": { "from": number } } },
            "expires": setup.time.from_now(TimeDelta::days(30)),
        });
        let (id, _) = setup.create(number, changes).await;
        setup.claim(&id, 0).await;
        // Not before it completed.
        assert_ne!(setup.root.get(&task("proj.build")).await.expect(200)["taskId"], id);
        setup.act(&id, "runs/0/completed").await.expect(200);
        let found = setup.root.get(&task("proj.build")).await.expect(200);
        assert_eq!(found["taskId"], task_id(indexed));
        assert_eq!(setup.root.get(&task("proj.other")).await.status, 200);
    }
    let found = setup.root.get(&task("proj.build")).await.expect(200);
    assert_eq!((&found["rank"], &found["data"]), (&json!(6), &json!({ "from": 2 })));
    assert_eq!(found["expires"], setup.time.from_now(TimeDelta::days(30)));
}

#[tokio::test]
async fn failed_tasks_are_not_indexed() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "routes": ["index.a.b"] })).await;
    setup.claim(&id, 0).await;
    setup.act(&id, "runs/0/failed").await.expect(200);
    assert_eq!(setup.root.get(&task("a.b")).await.status, 404);
}

async fn pages(client: &Client, verb: &str, path: &str, body: Option<&Value>, list: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = client.call(verb, &format!("{path}?limit=2{token}"), body).await.expect(200);
        let entries = page[list].as_array().unwrap();
        assert!(entries.len() <= 2);
        found.extend(entries.iter().cloned());
        match page["continuationToken"].as_str() {
            Some(next) => token = format!("&continuationToken={next}"),
            None => return found,
        }
    }
}

fn names(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["namespace"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn many_paths_are_found_at_once_in_pages() {
    let setup = start().await;
    for (number, path) in ["b.1", "a", "a.b.c", "a.a", "b.2"].iter().enumerate() {
        setup.insert(path, number as u64, json!(0)).await;
    }
    let body = json!({ "indexes": ["b.2", "a.a", "nothing", "a", "b.1", "a.a", "bad path"] });
    let path = api("index", "/tasks/indexes");
    let found = pages(&setup.root, "POST", &path, Some(&body), "tasks").await;
    assert_eq!(names(&found), ["a", "a.a", "b.1", "b.2"]);
    assert_eq!(setup.root.post(&path, json!({})).await.expect(200), json!({ "tasks": [] }));
}

#[tokio::test]
async fn namespaces_and_tasks_are_listed_in_pages() {
    let setup = start().await;
    for path in ["x.a.1", "x.a.2", "x.a.3", "x.b.1", "x.c.d.1", "top"] {
        setup.insert(path, 1, json!(0)).await;
    }
    let list = |what: &'static str, namespace: &'static str, key: &'static str| {
        let root = setup.root.clone();
        async move { pages(&root, "GET", &api("index", &format!("/{what}/{namespace}")), None, key).await }
    };
    let tasks = list("tasks", "x.a", "tasks").await;
    assert_eq!(names(&tasks), ["x.a.1", "x.a.2", "x.a.3"]);
    let namespaces = list("namespaces", "x", "namespaces").await;
    assert_eq!(names(&namespaces), ["x.a", "x.b", "x.c"]);
    assert_eq!(namespaces[0]["name"], "a");
    assert!(namespaces[0]["expires"].as_str().unwrap().ends_with("T00:00:00.000Z"));
    assert_eq!(list("tasks", "nothing", "tasks").await, [] as [Value; 0]);
    // A token that is none is ignored.
    let path = api("index", "/tasks/x.a?limit=1&continuationToken=nonsense");
    assert_eq!(names(setup.root.get(&path).await.expect(200)["tasks"].as_array().unwrap()), ["x.a.1"]);
}

#[tokio::test]
async fn the_top_of_the_index_is_listed_without_a_namespace() {
    let setup = start().await;
    setup.insert("top", 1, json!(0)).await;
    setup.insert("x.a", 1, json!(0)).await;
    for slash in ["", "/"] {
        let path = api("index", &format!("/namespaces{slash}"));
        let found = setup.root.get(&path).await.expect(200);
        assert_eq!(names(found["namespaces"].as_array().unwrap()), ["x"]);
        let found = setup.root.get(&api("index", &format!("/tasks{slash}"))).await.expect(200);
        assert_eq!(names(found["tasks"].as_array().unwrap()), ["top"]);
    }
}

#[tokio::test]
async fn artifacts_are_found_through_the_index() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({ "routes": ["index.a.b"] })).await;
    setup.claim(&id, 0).await;
    setup.cluster.put_artifact(&id, Some(0), "public/x y.json", "application/json", b"{\"a\": 1}").unwrap();
    setup.act(&id, "runs/0/completed").await.expect(200);
    let path = task("a.b/artifacts/public/x%20y.json");
    setup.root.anonymous().get(&path).await.refused(
        403,
        "InsufficientScopes",
        "queue:get-artifact:public/x y.json",
    );
    let reader = setup.client("reader", &["queue:get-artifact:public/*"]).await;
    let mut reply = reader.get(&path).await;
    assert_eq!(reply.status, 303);
    assert!(reply.text.starts_with(b"See Other. Redirecting to http://"));
    // Whoever follows needs no credentials.
    for _ in 0..3 {
        if reply.status == 200 {
            break;
        }
        let url = reply.header("location").unwrap().to_owned();
        let path = url.strip_prefix(setup.cluster.root_url()).unwrap().to_owned();
        reply = setup.root.anonymous().get(&path).await;
    }
    assert_eq!(reply.expect(200), json!({ "a": 1 }));
    let missing = task("a.c/artifacts/public/x.json");
    reader.get(&missing).await.refused(404, "ResourceNotFound", "Indexed task not found");
}
