//! The purge-cache service.

use chrono::TimeDelta;
use serde_json::json;

use crate::{credentials::api, support::start};

#[tokio::test]
async fn requests_are_kept_for_a_day_and_the_latest_counts() {
    let setup = start().await;
    let pool = api("purge-cache", "/purge-cache/proj%2Fci");
    let reply = setup.root.post(&pool, json!({ "cacheName": "x" })).await;
    assert_eq!((reply.status, reply.text.len()), (204, 0));
    setup.time.pass(TimeDelta::hours(1));
    for name in ["x", "y"] {
        setup.root.with_scopes(&["purge-cache:proj/ci:*"]).post(&pool, json!({ "cacheName": name })).await;
    }
    let before = setup.time.from_now(TimeDelta::zero());
    let request = |name: &str| json!({ "provisionerId": "proj", "workerType": "ci", "cacheName": name, "before": before });
    let expected = json!({ "requests": [request("x"), request("y")] });
    assert_eq!(setup.root.get(&pool).await.expect(200), expected);
    let since = |delta: TimeDelta| format!("{pool}?since={}", setup.time.from_now(delta));
    assert_eq!(setup.root.get(&since(TimeDelta::zero())).await.expect(200), expected);
    assert_eq!(setup.root.get(&since(TimeDelta::seconds(1))).await.expect(200), json!({ "requests": [] }));
    let all = setup.root.get(&api("purge-cache", "/purge-cache/list?limit=1")).await.expect(200);
    assert_eq!(all["requests"], json!([request("x")]));
    assert!(all["continuationToken"].is_string());
    setup.root.get(&format!("{pool}?since=now")).await.refused(
        400,
        "InvalidRequestArguments",
        "Invalid Date",
    );
    let few = setup.root.with_scopes(&["x"]);
    few.post(&pool, json!({ "cacheName": "x" })).await.refused(
        403,
        "InsufficientScopes",
        "purge-cache:proj/ci:x",
    );
    setup.time.pass(TimeDelta::days(1));
    assert_eq!(setup.root.get(&pool).await.expect(200), json!({ "requests": [] }));
}
