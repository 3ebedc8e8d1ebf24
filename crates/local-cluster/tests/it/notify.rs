//! The notify service.

use serde_json::{Value, json};

use crate::{credentials::api, support::start};

#[tokio::test]
async fn emails_and_the_others_are_accepted_and_go_nowhere() {
    let setup = start().await;
    for (path, body, scope) in [
        ("/email", json!({ "address": "a@b.com", "subject": "s", "content": "c" }), "notify:email:a@b.com"),
        ("/pulse", json!({ "routingKey": "r", "message": {} }), "notify:pulse:r"),
        ("/matrix", json!({ "roomId": "!r:x", "body": "b" }), "notify:matrix-room:!r:x"),
        ("/slack", json!({ "channelId": "c", "text": "t" }), "notify:slack-channel:c"),
    ] {
        let path = api("notify", path);
        setup.root.with_scopes(&[scope]).post(&path, body.clone()).await.expect(200);
        setup.root.with_scopes(&["notify:x"]).post(&path, body).await.refused(
            403,
            "InsufficientScopes",
            scope,
        );
        setup.root.post(&path, json!({ "x": 1 })).await.refused(400, "InputValidationError", "data must");
    }
}

#[tokio::test]
async fn addresses_can_be_denied() {
    let setup = start().await;
    let denied =
        |at: usize| json!({ "notificationType": "email", "notificationAddress": format!("{at}@b.com") });
    let list = || async { setup.root.get(&api("notify", "/denylist/list?limit=2")).await.expect(200) };
    for at in 0..3 {
        setup.root.post(&api("notify", "/denylist/add"), denied(at)).await.expect(200);
        setup.root.post(&api("notify", "/denylist/add"), denied(at)).await.expect(200);
    }
    assert_eq!(list().await["addresses"], json!([denied(0), denied(1)]));
    let email = json!({ "address": "0@b.com", "subject": "s", "content": "c" });
    let reply = setup.root.post(&api("notify", "/email"), email.clone()).await;
    reply.refused(400, "DenylistedAddress", "0@b.com is denylisted");
    let delete = |body: Value| {
        let root = setup.root.clone();
        async move { root.call("DELETE", &api("notify", "/denylist/delete"), Some(&body)).await.expect(200) }
    };
    delete(denied(0)).await;
    delete(denied(0)).await;
    setup.root.post(&api("notify", "/email"), email).await.expect(200);
    assert_eq!(list().await, json!({ "addresses": [denied(1), denied(2)] }));
}
