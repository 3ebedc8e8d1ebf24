//! The secrets service.

use chrono::TimeDelta;
use serde_json::json;

use crate::{credentials::api, support::start};

#[tokio::test]
async fn secrets_are_kept_until_they_expire() {
    let setup = start().await;
    let path = api("secrets", "/secret/proj/ci%2Fkey");
    setup.root.get(&path).await.refused(404, "ResourceNotFound", "Secret not found");
    let body = json!({ "secret": { "key": "value" }, "expires": setup.time.from_now(TimeDelta::hours(1)) });
    assert_eq!(setup.root.put(&path, body.clone()).await.expect(200), json!({}));
    assert_eq!(setup.root.get(&path).await.expect(200), body);
    let reader = setup.client("reader", &["secrets:get:proj/ci/*"]).await;
    assert_eq!(reader.get(&path).await.expect(200), body);
    reader.put(&path, body.clone()).await.refused(403, "InsufficientScopes", "secrets:set:proj/ci/key");
    setup.time.pass(TimeDelta::hours(1));
    setup.root.get(&path).await.refused(404, "ResourceNotFound", "");
    assert_eq!(setup.root.delete(&path).await.expect(200), json!({}));
    assert_eq!(setup.root.delete(&path).await.expect(200), json!({}));
}

#[tokio::test]
async fn names_are_listed_in_pages() {
    let setup = start().await;
    for name in ["b", "a", "c"] {
        let body = json!({ "secret": {}, "expires": setup.time.from_now(TimeDelta::hours(1)) });
        setup.root.put(&api("secrets", &format!("/secret/{name}")), body).await.expect(200);
    }
    let page = setup.root.get(&api("secrets", "/secrets?limit=2")).await.expect(200);
    assert_eq!(page["secrets"], json!(["a", "b"]));
    let next = format!("/secrets?limit=2&continuationToken={}", page["continuationToken"].as_str().unwrap());
    assert_eq!(setup.root.get(&api("secrets", &next)).await.expect(200), json!({ "secrets": ["c"] }));
}

#[tokio::test]
async fn errors_do_not_show_the_secret() {
    let setup = start().await;
    let path = api("secrets", "/secret/a");
    let body = json!({ "secret": { "key": "hush" }, "expires": setup.time.from_now(TimeDelta::hours(1)) });
    let mut wrong = body.clone();
    wrong["more"] = json!(1);
    for (reply, status) in [
        (setup.root.with_scopes(&["x"]).put(&path, body.clone()).await, 403),
        (setup.root.put(&path, wrong).await, 400),
        (setup.root.put(&format!("{path}?x=1"), body.clone()).await, 400),
        (setup.root.with_scopes(&["\u{1}"]).put(&path, body).await, 401),
    ] {
        assert!(!String::from_utf8_lossy(&reply.text).contains("hush"));
        assert_eq!(reply.expect(status)["requestInfo"]["payload"]["secret"], "(OMITTED)");
    }
}
