//! Artifacts of all storage types.

use std::io::{Read as _, Write as _};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Setup, queue, start};

async fn running(setup: &Setup, number: u64) -> String {
    let (id, _) = setup.create(number, json!({})).await;
    setup.claim(&id, 0).await;
    id
}

async fn make(setup: &Setup, id: &str, name: &str, body: Value) -> Reply {
    let mut body = body;
    if body.get("expires").is_none() {
        body["expires"] = json!(setup.time.from_now(TimeDelta::days(10)));
    }
    setup.root.post(&queue(&format!("/task/{id}/runs/0/artifacts/{name}")), body).await
}

fn path_of(url: &Value) -> String {
    let url = url.as_str().unwrap();
    url.split_once("127.0.0.1").unwrap().1.split_once('/').map(|(_, path)| format!("/{path}")).unwrap()
}

async fn upload(client: &Client, url: &Value, headers: &str, content: &[u8]) -> Reply {
    client.anonymous().send("PUT", &path_of(url), headers, content).await
}

#[tokio::test]
async fn s3_content_is_uploaded_to_the_put_url_and_found_by_redirect() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let body = json!({ "storageType": "s3", "contentType": "text/plain" });
    let made = make(&setup, &id, "public/logs/live%20one.log", body).await.expect(200);
    assert_eq!(made["storageType"], "s3");
    assert_eq!(made["contentType"], "text/plain");
    assert_eq!(made["expires"], setup.time.from_now(TimeDelta::minutes(45)));

    let latest = queue(&format!("/task/{id}/artifacts/public/logs/live%20one.log"));
    let url = setup.root.get(&latest).await.body["url"].clone();
    assert_eq!(setup.root.anonymous().get(&path_of(&url)).await.status, 404);

    let refused = upload(&setup.root, &made["putUrl"], "Content-Type: text/html\r\n", b"no").await;
    assert_eq!(refused.status, 403);
    let taken = upload(&setup.root, &made["putUrl"], "Content-Type: text/plain\r\n", b"hello\n").await;
    assert_eq!(taken.status, 200);

    let found = setup.root.get(&latest).await;
    assert_eq!(found.status, 303);
    assert_eq!(found.header("location"), url.as_str());
    assert_eq!(found.header("x-taskcluster-artifact-storage-type"), Some("s3"));
    assert_eq!(found.body, json!({ "storageType": "s3", "url": url }));
    let content = setup.root.anonymous().get(&path_of(&url)).await;
    assert_eq!(content.status, 200);
    assert_eq!(content.text, b"hello\n");
    assert_eq!(content.header("content-type"), Some("text/plain"));

    for path in ["/runs/0/artifact-content", "/artifact-content"] {
        let path = queue(&format!("/task/{id}{path}/public%2Flogs%2Flive%20one.log"));
        assert_eq!(setup.root.get(&path).await.expect(200), json!({ "storageType": "s3", "url": url }));
    }
    // The address for uploads is another one, and ends.
    assert_ne!(made["putUrl"], url);
    setup.time.pass(TimeDelta::minutes(46));
    let late = upload(&setup.root, &made["putUrl"], "Content-Type: text/plain\r\n", b"late").await;
    assert_eq!(late.status, 403);
}

#[tokio::test]
async fn gzip_content_keeps_its_encoding() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let body = json!({ "storageType": "s3", "contentType": "text/plain" });
    let made = make(&setup, &id, "public/a.log", body).await.expect(200);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"hello\n").unwrap();
    let packed = packed.finish().unwrap();
    let headers = "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n";
    assert_eq!(upload(&setup.root, &made["putUrl"], headers, &packed).await.status, 200);

    let url = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/a.log"))).await.body["url"].clone();
    let content = setup.root.anonymous().get(&path_of(&url)).await;
    assert_eq!(content.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(content.text.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello\n");
}

#[tokio::test]
async fn object_artifacts_are_there_when_they_are_finished() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let body = json!({ "storageType": "object", "contentType": "text/plain" });
    let made = make(&setup, &id, "public/a.txt", body).await.expect(200);
    assert_eq!(made["storageType"], "object");
    assert_eq!(made["name"], format!("t/{id}/0/public/a.txt"));
    assert_eq!(made["projectId"], "none");
    let artifact = queue(&format!("/task/{id}/runs/0/artifacts/public/a.txt"));
    setup.root.get(&artifact).await.refused(404, "ResourceNotFound", "Artifact not found");

    let finish = json!({ "uploadId": made["uploadId"] });
    let reply = setup.root.put(&artifact, finish.clone()).await;
    reply.refused(400, "InputError", "does not exist");
    assert_eq!(upload(&setup.root, &made["putUrl"], "", b"content").await.status, 200);
    let wrong = json!({ "uploadId": id });
    setup.root.put(&artifact, wrong).await.refused(400, "InputError", "uploadId does not match");
    for _ in 0..2 {
        let finished = setup.root.put(&artifact, finish.clone()).await;
        assert_eq!((finished.status, finished.text.len()), (204, 0));
    }
    let found = setup.root.get(&artifact).await;
    assert_eq!(found.status, 303);
    assert_eq!(setup.root.anonymous().get(&path_of(&found.body["url"])).await.text, b"content");
}

#[tokio::test]
async fn an_artifact_of_type_error_is_424() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let body = json!({ "storageType": "error", "reason": "file-missing-on-worker", "message": "no file" });
    assert_eq!(make(&setup, &id, "public/a", body).await.expect(200), json!({ "storageType": "error" }));
    let found = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/a"))).await;
    assert_eq!(found.status, 424);
    assert_eq!(found.body, json!({ "reason": "file-missing-on-worker", "message": "no file" }));
    let content = setup.root.get(&queue(&format!("/task/{id}/artifact-content/public/a"))).await;
    assert_eq!(
        content.expect(200),
        json!({ "storageType": "error", "reason": "file-missing-on-worker", "message": "no file" })
    );
}

#[tokio::test]
async fn references_redirect_and_links_are_followed() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let reference = |url: &str| json!({ "storageType": "reference", "contentType": "text/html", "url": url });
    let link = |to: &str| json!({ "storageType": "link", "contentType": "text/html", "artifact": to });
    make(&setup, &id, "public/ref", reference("https://example.com/a")).await.expect(200);
    make(&setup, &id, "public/link", link("public/ref")).await.expect(200);
    make(&setup, &id, "public/chain", link("public/link")).await.expect(200);
    for name in ["ref", "link", "chain"] {
        let found = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/{name}"))).await;
        assert_eq!(found.status, 303);
        assert_eq!(found.header("location"), Some("https://example.com/a"));
        assert_eq!(found.header("x-taskcluster-artifact-storage-type"), Some("reference"));
    }
    let info = setup.root.get(&queue(&format!("/task/{id}/artifact-info/public/link"))).await.expect(200);
    assert_eq!(info["storageType"], "link");

    // The caller needs the scopes for both ends of a link.
    make(&setup, &id, "secret", reference("https://example.com/s")).await.expect(200);
    make(&setup, &id, "public/door", link("secret")).await.expect(200);
    let some = setup.root.with_scopes(&["queue:get-artifact:public/*"]);
    some.get(&queue(&format!("/task/{id}/artifacts/public/chain"))).await.expect(303);
    let door = some.get(&queue(&format!("/task/{id}/artifacts/public/door"))).await;
    door.refused(403, "InsufficientScopes", "queue:get-artifact:secret");

    make(&setup, &id, "public/x", link("public/y")).await.expect(200);
    make(&setup, &id, "public/y", link("public/x")).await.expect(200);
    let cycle = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/x"))).await;
    cycle.refused(400, "InputError", "link cycle");
}

#[tokio::test]
async fn artifacts_are_not_overwritten_but_for_the_exceptions() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let later = setup.time.from_now(TimeDelta::days(20));
    let sooner = setup.time.from_now(TimeDelta::days(5));
    let s3 = |kind: &str| json!({ "storageType": "s3", "contentType": kind });
    let with = |mut body: Value, expires: &str| {
        body["expires"] = json!(expires);
        body
    };
    let first = make(&setup, &id, "public/a", s3("text/plain")).await.expect(200);
    let again = make(&setup, &id, "public/a", s3("text/plain")).await.expect(200);
    assert_eq!(first["putUrl"], again["putUrl"]);
    make(&setup, &id, "public/a", with(s3("text/plain"), &later)).await.expect(200);
    make(&setup, &id, "public/a", with(s3("text/plain"), &sooner)).await.refused(409, "RequestConflict", "");
    make(&setup, &id, "public/a", with(s3("text/html"), &later)).await.refused(409, "RequestConflict", "");

    let reference = |url: &str| json!({ "storageType": "reference", "contentType": "text/html", "url": url });
    make(&setup, &id, "public/b", reference("https://example.com/1")).await.expect(200);
    make(&setup, &id, "public/b", reference("https://example.com/2")).await.expect(200);
    let found = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/b"))).await;
    assert_eq!(found.header("location"), Some("https://example.com/2"));
    let link = json!({ "storageType": "link", "contentType": "text/html", "artifact": "public/a" });
    make(&setup, &id, "public/b", link).await.expect(200);
    let back = make(&setup, &id, "public/b", reference("https://example.com/3")).await;
    back.refused(409, "RequestConflict", "already exists");
}

#[tokio::test]
async fn artifacts_are_for_runs_that_run_or_had_an_exception_a_while_ago() {
    let setup = start().await;
    let s3 = || json!({ "storageType": "s3", "contentType": "text/plain" });
    let (pending, _) = setup.create(1, json!({})).await;
    make(&setup, &pending, "public/a", s3()).await.refused(400, "InputError", "not claimed by a worker");
    let completed = running(&setup, 2).await;
    setup.act(&completed, "runs/0/completed").await.expect(200);
    make(&setup, &completed, "public/a", s3()).await.refused(
        409,
        "RequestConflict",
        "25 min past resolution",
    );
    let canceled = running(&setup, 3).await;
    setup.act(&canceled, "cancel").await.expect(200);
    setup.time.pass(TimeDelta::minutes(24));
    make(&setup, &canceled, "public/a", s3()).await.expect(200);
    setup.time.pass(TimeDelta::minutes(2));
    make(&setup, &canceled, "public/b", s3()).await.refused(409, "RequestConflict", "25 min past resolution");

    let id = running(&setup, 4).await;
    let mut body = s3();
    body["expires"] = json!("2040-01-01T00:00:00.000Z");
    make(&setup, &id, "public/a", body).await.refused(400, "InputError", "after the task expiration");
    let mut body = s3();
    body["expires"] = json!(setup.time.from_now(TimeDelta::minutes(-16)));
    make(&setup, &id, "public/a", body).await.refused(400, "InputError", "must be in the future");
}

#[tokio::test]
async fn artifacts_are_listed_by_run_and_for_the_latest_run() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    for name in ["public/b", "public/a", "private/c"] {
        make(&setup, &id, name, json!({ "storageType": "s3", "contentType": "text/plain" }))
            .await
            .expect(200);
    }
    let list = setup.root.get(&queue(&format!("/task/{id}/artifacts"))).await.expect(200);
    let expires = setup.time.from_now(TimeDelta::days(10));
    assert_eq!(
        list["artifacts"][0],
        json!({ "storageType": "s3", "name": "private/c", "expires": expires, "contentType": "text/plain" })
    );
    let names = |list: &Value| {
        let list = list["artifacts"].as_array().unwrap();
        list.iter().map(|artifact| artifact["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&list), ["private/c", "public/a", "public/b"]);
    let first = setup.root.get(&queue(&format!("/task/{id}/runs/0/artifacts?limit=2"))).await.expect(200);
    let token = first["continuationToken"].as_str().unwrap();
    let rest = queue(&format!("/task/{id}/runs/0/artifacts?limit=2&continuationToken={token}"));
    let rest = setup.root.get(&rest).await.expect(200);
    assert_eq!([names(&first), names(&rest)].concat(), names(&list));
    assert_eq!(rest.get("continuationToken"), None);

    setup.act(&id, "cancel").await.expect(200);
    setup.act(&id, "rerun").await.expect(200);
    let latest = setup.root.get(&queue(&format!("/task/{id}/artifacts"))).await.expect(200);
    assert_eq!(latest["artifacts"], json!([]));
    let none = setup.root.get(&queue(&format!("/task/{id}/runs/2/artifacts"))).await;
    none.refused(404, "ResourceNotFound", "has no run with runId: 2");
    let info = setup.root.get(&queue(&format!("/task/{id}/runs/0/artifact-info/public/a"))).await.expect(200);
    assert_eq!(info["name"], "public/a");
    let (waiting, _) = setup.create(2, json!({ "dependencies": [id] })).await;
    let none = setup.root.get(&queue(&format!("/task/{waiting}/artifacts"))).await;
    none.refused(404, "ResourceNotFound", "doesn't have any runs");
}

#[tokio::test]
async fn an_expired_artifact_is_410() {
    let setup = start().await;
    let id = running(&setup, 1).await;
    let mut body = json!({ "storageType": "s3", "contentType": "text/plain" });
    body["expires"] = json!(setup.time.from_now(TimeDelta::hours(1)));
    let made = make(&setup, &id, "public/a", body).await.expect(200);
    upload(&setup.root, &made["putUrl"], "Content-Type: text/plain\r\n", b"hello").await;
    let latest = queue(&format!("/task/{id}/artifacts/public/a"));
    let url = setup.root.get(&latest).await.expect(303)["url"].clone();
    setup.time.pass(TimeDelta::hours(2));
    let path = queue(&format!("/task/{id}/runs/0/artifacts/public/a"));
    setup.root.get(&path).await.refused(410, "ResourceExpired", "Artifact expired");
    assert_eq!(setup.root.get(&path_of(&url)).await.status, 404);
}
