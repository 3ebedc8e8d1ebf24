//! What is answered to calls that are wrong in general, row by row.

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    credentials::{api, temporary},
    support::{Client, Time, queue, start, task_id},
};

#[tokio::test]
async fn the_envelope_has_code_message_and_the_request() {
    let setup = start().await;
    let path = queue(&format!("/task/{}/status", task_id(5)));
    let body = setup.root.get(&path).await.expect(404);
    let keys = body.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(keys, ["code", "message", "requestInfo"]);
    assert_eq!(body["code"], "ResourceNotFound");
    let now = setup.time.from_now(TimeDelta::zero());
    assert_eq!(
        body["requestInfo"],
        json!({ "method": "status", "params": { "taskId": task_id(5) }, "payload": {}, "time": now })
    );
    let message = body["message"].as_str().unwrap();
    let footer = format!(
        "\n\n---\n\n* method:     status\n* errorCode:  ResourceNotFound\n* statusCode: 404\n* time:       {now}"
    );
    assert!(message.ends_with(&footer), "{message}");
}

#[tokio::test]
async fn the_payload_of_create_task_is_shown_with_its_defaults() {
    let setup = start().await;
    let definition = setup.definition_with(json!({ "deadline": setup.time.from_now(TimeDelta::days(9)) }));
    let body = setup.root.put(&queue(&format!("/task/{}", task_id(1))), definition).await.expect(400);
    let payload = &body["requestInfo"]["payload"];
    assert_eq!(payload["taskQueueId"], "proj/ci");
    assert_eq!(payload["retries"], 5);
    assert_eq!(payload["priority"], "lowest");
}

#[tokio::test]
async fn an_unknown_route_or_a_wrong_method_is_a_bare_404() {
    let setup = start().await;
    let id = task_id(1);
    for (verb, path) in [
        ("GET", "/api/queue/v1/nothing".to_owned()),
        ("GET", "/api/nothing/v1/ping".to_owned()),
        ("GET", "/api/queue/v7/ping".to_owned()),
        ("DELETE", queue(&format!("/task/{id}"))),
        ("GET", "/".to_owned()),
    ] {
        let reply = setup.root.call(verb, &path, None).await;
        assert_eq!(reply.expect(404), json!({ "error": "Not found" }), "{verb} {path}");
    }
}

#[tokio::test]
async fn bad_token() {
    let setup = start().await;
    let client = Client { access_token: "another token".to_owned(), ..setup.root.clone() };
    let reply = client.get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "Unauthorized: Bad mac");
}

#[tokio::test]
async fn unknown_client() {
    let setup = start().await;
    let client = Client { client_id: Some("who".to_owned()), ..setup.root.clone() };
    let reply = client.get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "Client with clientId 'who' not found");
}

#[tokio::test]
async fn twenty_minutes_of_clock_skew() {
    let setup = start().await;
    for (minutes, good) in [(14, true), (-14, true), (20, false), (-20, false)] {
        let time = Time::new();
        time.pass(TimeDelta::minutes(minutes));
        let client = Client { time, ..setup.root.clone() };
        let reply = client.get(&api("auth", "/scopes/current")).await;
        match good {
            true => drop(reply.expect(200)),
            false => drop(reply.refused(401, "AuthenticationFailed", "Unauthorized: Stale timestamp")),
        }
    }
}

#[tokio::test]
async fn expired_temporary_credentials() {
    let setup = start().await;
    let now = setup.time.now();
    let credentials = temporary(&setup.root, None, &["*"], now, now + TimeDelta::hours(1));
    let client = setup.root.with_credentials(&credentials);
    client.get(&api("auth", "/scopes/current")).await.expect(200);
    setup.time.pass(TimeDelta::hours(2));
    let reply = client.get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "ext.certificate.expiry < now");
}

#[tokio::test]
async fn no_credentials() {
    let setup = start().await;
    let id = task_id(1);
    for (path, scope) in [
        (queue(&format!("/task/{id}/status")), format!("queue:status:{id}")),
        (queue(&format!("/task/{id}")), format!("queue:get-task:{id}")),
        (api("index", "/task/a.b"), "index:find-task:a.b".to_owned()),
        (api("index", "/tasks/a.b"), "index:list-tasks:a.b".to_owned()),
        (api("index", "/namespaces/a"), "index:list-namespaces:a".to_owned()),
        (api("hooks", "/hooks"), "hooks:list-hooks:".to_owned()),
        (api("hooks", "/hooks/g/h"), "hooks:get:g:h".to_owned()),
        (api("auth", "/scopes/current"), "auth:current-scopes".to_owned()),
        (api("auth", "/clients/a"), "auth:get-client:a".to_owned()),
        (api("auth", "/roles/a"), "auth:get-role:a".to_owned()),
        (api("secrets", "/secret/a"), "secrets:get:a".to_owned()),
        (api("secrets", "/secrets"), "secrets:list-secrets".to_owned()),
        (api("purge-cache", "/purge-cache/list"), "purge-cache:all-purge-requests".to_owned()),
    ] {
        let message = setup.root.anonymous().get(&path).await.refused(403, "InsufficientScopes", &scope);
        assert!(message.contains("requires Taskcluster credentials that satisfy"), "{message}");
    }
}

#[tokio::test]
async fn too_few_scopes() {
    let setup = start().await;
    let client = setup.client("few", &["queue:status:x", "index:find-task:a.*"]).await;
    let id = task_id(1);
    let message = client.get(&queue(&format!("/task/{id}/status"))).await.refused(
        403,
        "InsufficientScopes",
        "Client ID few does not have sufficient scopes",
    );
    let scope = format!("queue:status:{id}");
    assert_eq!(message.matches(&scope).count(), 2, "missing scopes and expression: {message}");
    let body = json!({ "indexes": ["a.b", "b.c", "b.d"] });
    let message =
        client.post(&api("index", "/tasks/indexes"), body).await.refused(403, "InsufficientScopes", "AllOf");
    // Missing are two, needed are three.
    assert_eq!(message.matches("index:find-task:a.b").count(), 1, "{message}");
    assert_eq!(message.matches("index:find-task:b.c").count(), 2, "{message}");
}

#[tokio::test]
async fn malformed_task_id_even_unauthenticated() {
    let setup = start().await;
    for client in [setup.root.clone(), setup.root.anonymous()] {
        let reply = client.get(&queue("/task/nope/status")).await;
        let message = reply.refused(400, "InvalidRequestArguments", "'taskId' given as 'nope'");
        let pattern = "^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$";
        assert!(message.contains(pattern), "{message}");
    }
}

#[tokio::test]
async fn bad_or_unknown_query_argument_even_unauthenticated() {
    let setup = start().await;
    let nobody = setup.root.anonymous();
    let path = queue(&format!("/task-group/{}/list", task_id(1)));
    let reply = nobody.get(&format!("{path}?limit=many")).await;
    reply.refused(400, "InvalidRequestArguments", "limit=\"many\" does not match expression: /^[0-9]+$/");
    let reply = nobody.get(&format!("{path}?colour=red")).await;
    reply.refused(400, "InvalidRequestArguments", "Query-string parameter: colour is not supported!");
    let reply = nobody.get(&api("index", "/task/a..b")).await;
    reply.refused(400, "InvalidRequestArguments", "'indexPath' given as 'a..b'");
}

#[tokio::test]
async fn body_violates_the_schema() {
    let setup = start().await;
    let definition = setup.definition_with(json!({ "retries": 100, "more": 1 }));
    let reply = setup.root.put(&queue(&format!("/task/{}", task_id(1))), definition).await;
    let message = reply.refused(400, "InputValidationError", "Schema Validation Failed!");
    assert!(message.contains("\n  * data/retries must be <= 49"), "{message}");
    assert!(message.contains("\n  * data must NOT have additional properties: \"more\""), "{message}");
}

#[tokio::test]
async fn body_is_not_json_or_has_another_content_type() {
    let setup = start().await;
    let path = queue(&format!("/task/{}", task_id(1)));
    let json = "Content-Type: application/json\r\n";
    for body in ["{", "nonsense", "{\"a\": 1}}", "5"] {
        let reply = setup.root.send("PUT", &path, json, body.as_bytes()).await;
        reply.refused(400, "MalformedPayload", "Failed to parse JSON");
    }
    let text = setup.definition().to_string();
    let reply = setup.root.send("PUT", &path, "Content-Type: text/plain\r\n", text.as_bytes()).await;
    reply.refused(400, "MalformedPayload", "text/plain");
    let reply = setup.root.send("PUT", &path, "", text.as_bytes()).await;
    reply.refused(400, "MalformedPayload", "content-type");
}

#[tokio::test]
async fn a_megabyte_is_accepted_and_ten_are_not() {
    let setup = start().await;
    let path = queue(&format!("/task/{}", task_id(1)));
    let reply = setup
        .root
        .put(&path, setup.definition_with(json!({ "extra": { "x": "x".repeat(1_100_000) } })))
        .await;
    reply.expect(200);
    let large = setup.definition_with(json!({ "extra": { "x": "x".repeat(10_500_000) } }));
    let reply = setup.root.put(&queue(&format!("/task/{}", task_id(2))), large).await;
    reply.refused(500, "InternalServerError", "");
}

#[tokio::test]
async fn bodies_that_are_deep_or_strange_are_refused_not_fatal() {
    let setup = start().await;
    let path = queue(&format!("/task/{}", task_id(1)));
    let json = "Content-Type: application/json\r\n";
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    setup.root.send("PUT", &path, json, deep.as_bytes()).await.refused(400, "MalformedPayload", "");
    setup.root.send("PUT", &path, json, b"\xff\xfe").await.refused(400, "MalformedPayload", "");
    for body in [json!([]), json!({ "payload": null }), json!({ "created": 5, "scopes": {}, "tags": [] })] {
        setup.root.put(&path, body).await.refused(400, "InputValidationError", "data");
    }
    let times = json!({ "created": "9999-12-31T23:59:59Z", "deadline": "0001-01-01T00:00:00Z" });
    assert_eq!(setup.root.put(&path, setup.definition_with(times)).await.status, 400);
    for header in [
        "Hawk",
        "Hawk id=\"x\"",
        "Bearer x",
        "Hawk id=\"local/root\", ts=\"18446744073709551615\", nonce=\"x\", mac=\"x\"",
    ] {
        let header = format!("Authorization: {header}\r\n");
        let reply = setup.root.anonymous().send("GET", &api("auth", "/scopes/current"), &header, b"").await;
        reply.refused(401, "AuthenticationFailed", "");
    }
    setup.root.get(&api("auth", "/scopes/current")).await.expect(200);
}

#[tokio::test]
async fn methods_that_are_not_implemented_are_a_bare_404() {
    let setup = start().await;
    for path in
        ["/gcp/credentials/a/b", "/sentry/a/dsn", "/azure/accounts", "/clients/a/audit", "/audit/client/a"]
    {
        let reply = setup.root.get(&api("auth", path)).await;
        assert_eq!(reply.expect(404), json!({ "error": "Not found" }), "{path}");
    }
}
