//! The auth service: clients, roles, scopes.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    credentials::{api, encode, temporary},
    support::{Client, Setup, base64, start},
};

async fn scopes(client: &Client) -> Value {
    client.get(&api("auth", "/scopes/current")).await.expect(200)["scopes"].clone()
}

#[tokio::test]
async fn current_scopes_are_those_of_the_client_and_its_roles() {
    let setup = start().await;
    assert_eq!(scopes(&setup.root).await, json!(["*"]));
    setup.role("team", &["queue:*", "assume:base"]).await;
    setup.role("base", &["auth:current-scopes"]).await;
    let client = setup.client("me", &["assume:team"]).await;
    let expected = ["assume:anonymous", "assume:base", "assume:team", "auth:current-scopes", "queue:*"];
    assert_eq!(scopes(&client).await, json!(expected));
}

#[tokio::test]
async fn authorized_scopes_restrict_a_request() {
    let setup = start().await;
    let client = setup.root.with_scopes(&["auth:current-scopes", "a:*"]);
    assert_eq!(scopes(&client).await, json!(["a:*", "assume:anonymous", "auth:current-scopes"]));
    let few = setup.client("few", &["auth:current-scopes"]).await.with_scopes(&["b"]);
    let reply = few.get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "do not satisfy authorizedScopes");
}

#[tokio::test]
async fn temporary_credentials_named_and_unnamed() {
    let setup = start().await;
    let issuer = setup.client("issuer", &["auth:*", "x:*"]).await;
    let (start, end) = (setup.time.now() - TimeDelta::minutes(1), setup.time.now() + TimeDelta::hours(1));
    for (name, shown) in [(None, "issuer"), (Some("other/name"), "other/name")] {
        let made = temporary(&issuer, name, &["auth:current-scopes", "x:1"], start, end);
        let client = setup.root.with_credentials(&made);
        assert_eq!(scopes(&client).await, json!(["assume:anonymous", "auth:current-scopes", "x:1"]));
        let reply = client.get(&api("auth", "/roles/")).await;
        reply.refused(403, "InsufficientScopes", &format!("Client ID {shown} does not"));
        // What comes with a certificate can be restricted further.
        let certificate: Value = serde_json::from_str(made["certificate"].as_str().unwrap()).unwrap();
        let ext = json!({ "certificate": certificate, "authorizedScopes": ["auth:current-scopes"] });
        let client = Client { ext: Some(base64(&ext.to_string())), ..client };
        assert_eq!(scopes(&client).await, json!(["assume:anonymous", "auth:current-scopes"]));
    }
    for (name, scopes, message) in
        [(None, ["y"], "doesn't satisfy all certificate scopes y"), (Some("a name"), ["x:1"], "")]
    {
        let made = temporary(&issuer, name, &scopes, start, end);
        let reply = setup.root.with_credentials(&made).get(&api("auth", "/scopes/current")).await;
        let code = if message.is_empty() { "InsufficientScopes" } else { "AuthenticationFailed" };
        reply.refused(if message.is_empty() { 403 } else { 401 }, code, message);
    }
    let poor = setup.client("poor", &["x:*"]).await;
    let made = temporary(&poor, Some("name"), &["x:1"], start, end);
    let reply = setup.root.with_credentials(&made).get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "doesn't have `auth:create-client:name`");
    let long = temporary(&issuer, None, &["x:1"], start, start + TimeDelta::days(32));
    let reply = setup.root.with_credentials(&long).get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "cannot last longer than 31 days");
    let late = temporary(&issuer, None, &["x:1"], end, end + TimeDelta::days(1));
    let reply = setup.root.with_credentials(&late).get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "ext.certificate.start > now");
}

#[tokio::test]
async fn scopes_are_expanded() {
    let setup = start().await;
    setup.role("repo:*", &["secrets:get:<..>/*"]).await;
    let expand = |scopes: Value| {
        let root = setup.root.clone();
        async move {
            let path = api("auth", "/scopes/expand");
            root.post(&path, json!({ "scopes": scopes })).await.expect(200)["scopes"].clone()
        }
    };
    assert_eq!(expand(json!(["assume:repo:x"])).await, json!(["assume:repo:x", "secrets:get:x/*"]));
    assert_eq!(expand(json!(["y", "x", "y", "x*"])).await, json!(["x*", "y"]));
}

#[tokio::test]
async fn clients_are_created_changed_and_deleted() {
    let setup = start().await;
    let path = api("auth", "/clients/team%2Fbot");
    let expires = setup.time.from_now(TimeDelta::days(1));
    let body = json!({ "description": "a bot", "expires": expires, "scopes": ["auth:current-scopes"] });
    let made = setup.root.put(&path, body.clone()).await.expect(200);
    assert_eq!(made["accessToken"].as_str().unwrap().len(), 44);
    let now = setup.time.from_now(TimeDelta::zero());
    let mut expected = json!({
        "clientId": "team/bot", "description": "a bot", "expires": expires, "created": now, "lastModified": now,
        "lastDateUsed": now, "lastRotated": now, "deleteOnExpiration": false, "scopes": ["auth:current-scopes"],
        "expandedScopes": ["auth:current-scopes"], "disabled": false,
    });
    assert_eq!(setup.root.get(&path).await.expect(200), expected);
    setup.root.put(&path, body).await.refused(409, "RequestConflict", "already exists");

    let bot = |token: &Value| Client {
        client_id: Some("team/bot".to_owned()),
        access_token: token.as_str().unwrap().to_owned(),
        ..setup.root.clone()
    };
    scopes(&bot(&made["accessToken"])).await;
    setup.time.pass(TimeDelta::minutes(1));
    let reset = setup.root.call("POST", &format!("{path}/reset"), None).await.expect(200);
    assert_ne!(reset["accessToken"], made["accessToken"]);
    let reply = bot(&made["accessToken"]).get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "Bad mac");
    let bot = bot(&reset["accessToken"]);
    scopes(&bot).await;

    setup.root.call("POST", &format!("{path}/disable"), None).await.expect(200);
    let reply = bot.get(&api("auth", "/scopes/current")).await;
    reply.refused(401, "AuthenticationFailed", "is disabled");
    let enabled = setup.root.call("POST", &format!("{path}/enable"), None).await.expect(200);
    assert_eq!(enabled["disabled"], false);

    let change = json!({ "description": "no more", "expires": expires });
    let changed = setup.root.post(&path, change).await.expect(200);
    let now = setup.time.from_now(TimeDelta::zero());
    expected["description"] = json!("no more");
    expected["lastModified"] = json!(now);
    expected["lastRotated"] = json!(now);
    assert_eq!(changed, expected);

    setup.time.pass(TimeDelta::days(2));
    bot.get(&api("auth", "/scopes/current")).await.refused(401, "AuthenticationFailed", "has expired");
    assert_eq!(setup.root.delete(&path).await.status, 204);
    assert_eq!(setup.root.delete(&path).await.status, 204);
    setup.root.get(&path).await.refused(404, "ResourceNotFound", "Client not found");
    setup.root.call("POST", &format!("{path}/reset"), None).await.refused(404, "ResourceNotFound", "");
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    let setup = start().await;
    let client = setup.client("me", &["auth:create-client:me/*", "auth:update-client:me/*", "x"]).await;
    let expires = setup.time.from_now(TimeDelta::hours(1));
    let body = |scopes: Value| json!({ "description": "", "expires": expires, "scopes": scopes });
    let path = api("auth", "/clients/me%2Fsub");
    client.put(&path, body(json!(["y"]))).await.refused(403, "InsufficientScopes", "y");
    client.put(&path, body(json!(["x"]))).await.expect(200);
    client.post(&path, body(json!(["x", "z"]))).await.refused(403, "InsufficientScopes", "z");
    setup.root.post(&path, body(json!(["x", "z"]))).await.expect(200);
    // What is there already is not given away.
    client.post(&path, body(json!(["z"]))).await.expect(200);
    client.put(&api("auth", "/clients/other"), body(json!([]))).await.refused(
        403,
        "InsufficientScopes",
        "other",
    );
    setup.root.put(&path, body(json!(["a**"]))).await.refused(400, "InputError", "must not end with `**`");
    setup.root.put(&api("auth", "/clients/static%2Fx"), body(json!([]))).await.refused(
        400,
        "InputError",
        "static/",
    );
    setup.root.put(&api("auth", "/clients/a%20b"), body(json!([]))).await.refused(
        400,
        "InvalidRequestArguments",
        "clientId",
    );
}

#[tokio::test]
async fn clients_are_listed_in_pages() {
    let setup = start().await;
    for id in ["b/1", "a/1", "b/2", "b/3"] {
        setup.client(id, &[]).await;
    }
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let path = api("auth", &format!("/clients/?prefix=b/&limit=2{token}"));
        let page = setup.root.get(&path).await.expect(200);
        let clients = page["clients"].as_array().unwrap();
        assert!(clients.len() <= 2);
        found.extend(clients.iter().map(|client| client["clientId"].as_str().unwrap().to_owned()));
        match page["continuationToken"].as_str() {
            Some(next) => token = format!("&continuationToken={next}"),
            None => break,
        }
    }
    assert_eq!(found, ["b/1", "b/2", "b/3"]);
}

async fn role_message(setup: &Setup, id: &str, scopes: &[&str]) -> String {
    let body = json!({ "description": "", "scopes": scopes });
    let reply = setup.root.put(&api("auth", &format!("/roles/{}", encode(id))), body).await;
    reply.refused(400, "InputError", "")
}

#[tokio::test]
async fn roles_are_created_changed_and_deleted() {
    let setup = start().await;
    let path = api("auth", "/roles/hook-id%3Ag%2F%2A");
    let body = json!({ "description": "hooks", "scopes": ["b", "a"] });
    let made = setup.root.put(&path, body.clone()).await.expect(200);
    assert_eq!(made["roleId"], "hook-id:g/*");
    assert_eq!(made["scopes"], json!(["a", "b"]));
    assert_eq!(made["expandedScopes"], json!(["a", "assume:hook-id:g/*", "b"]));
    // The same again is fine.
    assert_eq!(setup.root.put(&path, body).await.expect(200), made);
    let other = json!({ "description": "hooks", "scopes": ["c"] });
    setup.root.put(&path, other.clone()).await.refused(409, "RequestConflict", "already exists");
    setup.time.pass(TimeDelta::minutes(1));
    let changed = setup.root.post(&path, other).await.expect(200);
    assert_eq!((&changed["scopes"], &changed["created"]), (&json!(["c"]), &made["created"]));
    assert_ne!(changed["lastModified"], made["lastModified"]);
    assert_eq!(setup.root.get(&path).await.expect(200), changed);
    assert_eq!(setup.root.delete(&path).await.status, 204);
    assert_eq!(setup.root.delete(&path).await.status, 204);
    setup.root.get(&path).await.refused(404, "ResourceNotFound", "Role not found");
    let body = json!({ "description": "", "scopes": [] });
    setup.root.post(&path, body).await.refused(404, "ResourceNotFound", "not found");
}

#[tokio::test]
async fn roles_that_lead_to_themselves_are_refused() {
    let setup = start().await;
    setup.role("a", &["assume:b"]).await;
    setup.role("b", &["assume:c"]).await;
    let message = role_message(&setup, "c", &["assume:a"]).await;
    assert!(message.contains("'assume:a' -> 'assume:b' -> 'assume:c' -> 'assume:a'"), "{message}");
    role_message(&setup, "d*", &["x:<..><..>"]).await;
    role_message(&setup, "d", &["x**"]).await;
}

#[tokio::test]
async fn roles_are_listed() {
    let setup = start().await;
    for id in ["b", "a", "c"] {
        setup.role(id, &[]).await;
    }
    let ids = setup.root.get(&api("auth", "/roleids/")).await.expect(200);
    assert_eq!(ids, json!({ "roleIds": ["a", "anonymous", "b", "c"] }));
    let page = setup.root.get(&api("auth", "/roleids/?limit=3")).await.expect(200);
    assert_eq!(page["roleIds"], json!(["a", "anonymous", "b"]));
    let next = format!("/roleids/?limit=3&continuationToken={}", page["continuationToken"].as_str().unwrap());
    assert_eq!(setup.root.get(&api("auth", &next)).await.expect(200), json!({ "roleIds": ["c"] }));
    // The official clients leave out the slash at the end.
    for path in ["/roles/", "/roles"] {
        let all = setup.root.get(&api("auth", path)).await.expect(200);
        assert_eq!(all.as_array().unwrap().len(), 4);
    }
    let all = setup.root.get(&api("auth", "/roles2/")).await.expect(200);
    assert_eq!(all["roles"].as_array().unwrap().len(), 4);
    let reply = setup.root.get(&api("auth", "/roleids/?continuationToken=%21")).await;
    reply.refused(400, "InputError", "Invalid continuationToken");
}

#[tokio::test]
async fn signatures_of_other_services_are_checked() {
    let setup = start().await;
    let path = api("auth", "/authenticate-hawk");
    let request = setup.root.request("GET", "/some/path?x=1", "", b"");
    let request = String::from_utf8(request).unwrap();
    let header = request.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap();
    let (_, port) = setup.root.address.split_once(':').unwrap();
    let ask = |resource: &str| {
        json!({ "method": "get", "resource": resource, "host": "127.0.0.1", "port": port.parse::<u16>().unwrap(),
            "authorization": header })
    };
    let nobody = setup.root.anonymous();
    let found = nobody.post(&path, ask("/some/path?x=1")).await.expect(200);
    assert_eq!(
        found,
        json!({ "status": "auth-success", "scheme": "hawk", "clientId": "local/root", "scopes": ["*"],
            "expires": "3000-01-01T00:00:00.000Z" })
    );
    let found = nobody.post(&path, ask("/some/path?x=2")).await.expect(200);
    assert_eq!(found, json!({ "status": "auth-failed", "message": "Unauthorized: Bad mac" }));
    let mut unsigned = ask("/some/path");
    unsigned.as_object_mut().unwrap().remove("authorization");
    assert_eq!(nobody.post(&path, unsigned).await.expect(200)["status"], "no-auth");
}

#[tokio::test]
async fn the_test_client_tests_signatures() {
    let setup = start().await;
    let tester = Client {
        client_id: Some("tester".to_owned()),
        access_token: "no-secret".to_owned(),
        ..setup.root.clone()
    };
    let path = api("auth", "/test-authenticate");
    let body = json!({ "clientScopes": ["test:*"], "requiredScopes": ["test:a"] });
    let expected = json!({ "clientId": "tester", "scopes": ["assume:anonymous", "test:*"] });
    assert_eq!(tester.post(&path, body).await.expect(200), expected);
    let body = json!({ "clientScopes": ["test:*"], "requiredScopes": ["other"] });
    tester.post(&path, body).await.refused(403, "InsufficientScopes", "other");
    setup.root.post(&path, json!({})).await.refused(401, "AuthenticationFailed", "'local/root' not found");
    let found = tester.get(&api("auth", "/test-authenticate-get/")).await.expect(200);
    assert_eq!(found["scopes"], json!(["assume:anonymous", "auth:create-client:test:*", "test:*"]));
    let now = setup.time.now();
    let made =
        temporary(&tester, Some("test:name"), &["test:authenticate-get"], now, now + TimeDelta::hours(1));
    let client = setup.root.with_credentials(&made);
    let found = client.get(&api("auth", "/test-authenticate-get/")).await.expect(200);
    assert_eq!(found["clientId"], "test:name");
}
