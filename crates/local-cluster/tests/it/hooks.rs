//! Hooks, row by row.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    credentials::api,
    support::{Reply, Setup, queue, start},
};

const HOOK: &str = "/hooks/group/some%2Fhook";
const NEEDED: [&str; 3] =
    ["queue:create-task:project:none", "queue:create-task:lowest:proj/ci", "queue:scheduler-id:-"];

fn hook(path: &str) -> String {
    api("hooks", &format!("{HOOK}{path}"))
}

fn definition(task: Value) -> Value {
    json!({
        "metadata": { "name": "n", "description": "d", "owner": "o@example.com" },
        "task": task,
        "triggerSchema": {
            "type": "object",
            "properties": { "count": { "type": "integer" } },
            "required": ["count"],
            "additionalProperties": false,
        },
    })
}

fn template() -> Value {
    json!({
        "taskQueueId": "proj/ci",
        "payload": {
            "count": { "$eval": "payload.count + 1" }, "by": "${firedBy}/${clientId}", "id": "${taskId}",
            "at": "${taskcluster_root_url}",
        },
        "metadata": {
            "name": "n", "description": "at ${now}", "owner": "o@example.com", "source": "https://example.com",
        },
        "deadline": { "$fromNow": "2 hours" },
    })
}

impl Setup {
    async fn hook(&self, task: Value) {
        self.root.put(&hook(""), definition(task)).await.expect(200);
    }

    async fn trigger(&self, payload: Value) -> Reply {
        self.root.post(&hook("/trigger"), payload).await
    }
}

#[tokio::test]
async fn trigger_hook_answers_the_task_id_and_nothing_else() {
    let setup = start().await;
    setup.hook(template()).await;
    setup.role("hook-id:group/some/hook", &NEEDED).await;
    let fired = setup.trigger(json!({ "count": 4 })).await.expect(200);
    let id = fired["taskId"].as_str().unwrap();
    assert_eq!(fired, json!({ "taskId": id, "status": { "taskId": id } }));
    let task = setup.root.get(&queue(&format!("/task/{id}"))).await.expect(200);
    let at = setup.cluster.root_url();
    assert_eq!(task["payload"], json!({ "count": 5, "by": "triggerHook/local/root", "id": id, "at": at }));
    let at = |delta| setup.time.from_now(delta);
    assert_eq!(task["metadata"]["description"], format!("at {}", at(TimeDelta::zero())));
    assert_eq!(task["created"], at(TimeDelta::zero()));
    assert_eq!(task["deadline"], at(TimeDelta::hours(2)));
    assert_eq!(task["expires"], at(TimeDelta::days(365)));
    assert_eq!(task["taskGroupId"], id);
    assert_eq!(setup.state(id).await, "pending");
    assert_ne!(setup.trigger(json!({ "count": 4 })).await.expect(200)["taskId"], id);
}

#[tokio::test]
async fn trigger_hook_with_a_payload_that_violates_the_schema() {
    let setup = start().await;
    setup.hook(template()).await;
    let message = setup.trigger(json!({ "x": 1 })).await.refused(
        400,
        "InputError",
        "data must have required property 'count'",
    );
    assert!(
        message.contains("; data must NOT have additional properties: \"x\"") || message.contains("\"x\"; "),
        "{message}"
    );
    setup.trigger(json!({ "count": "4" })).await.refused(400, "InputError", "data/count must be integer");
    setup.trigger(json!([])).await.refused(400, "InputValidationError", "must be object");
}

#[tokio::test]
async fn trigger_of_an_unknown_hook() {
    let setup = start().await;
    setup.trigger(json!({})).await.refused(404, "ResourceNotFound", "No such hook");
}

#[tokio::test]
async fn the_role_of_a_hook_needs_the_scopes_of_its_task() {
    let setup = start().await;
    setup.hook(template()).await;
    let role = "hook-id:group/some/hook";
    let path = api("auth", "/roles/hook-id%3Agroup%2Fsome%2Fhook");
    setup.role(role, &NEEDED[..1]).await;
    for missing in NEEDED {
        let scopes = NEEDED.iter().filter(|scope| **scope != missing).collect::<Vec<_>>();
        setup.root.post(&path, json!({ "description": "", "scopes": scopes })).await.expect(200);
        let message = setup.trigger(json!({ "count": 1 })).await.refused(403, "InsufficientScopes", missing);
        assert!(message.contains(&format!("The role `{role}` does not have sufficient scopes")), "{message}");
    }
    setup.root.post(&path, json!({ "description": "", "scopes": NEEDED })).await.expect(200);
    setup.trigger(json!({ "count": 1 })).await.expect(200);
}

#[tokio::test]
async fn what_the_queue_refuses_is_reported_and_remembered() {
    let setup = start().await;
    setup.role("hook-id:group/*", &["queue:*"]).await;
    let mut task = template();
    task["deadline"] = json!({ "$fromNow": "30 days" });
    setup.hook(task).await;
    setup.root.get(&hook("/last-fires")).await.refused(404, "ResourceNotFound", "never fired");
    assert_eq!(
        setup.root.get(&hook("/status")).await.expect(200),
        json!({ "lastFire": { "result": "no-fire" } })
    );
    let message = setup.trigger(json!({ "count": 1 })).await.refused(
        400,
        "InputError",
        "While calling createTask: InputError",
    );
    assert!(message.contains("deadline"), "{message}");
    let status = setup.root.get(&hook("/status")).await.expect(200);
    assert_eq!(status["lastFire"]["result"], "error");

    setup.root.post(&hook(""), definition(template())).await.expect(200);
    setup.time.pass(TimeDelta::minutes(1));
    let id = setup.trigger(json!({ "count": 1 })).await.expect(200)["taskId"].clone();
    let now = setup.time.from_now(TimeDelta::zero());
    let status = setup.root.get(&hook("/status")).await.expect(200);
    assert_eq!(status, json!({ "lastFire": { "result": "success", "taskId": id, "time": now } }));
    let fires = setup.root.get(&hook("/last-fires")).await.expect(200);
    let fires = fires["lastFires"].as_array().unwrap();
    let shown = |fire: &Value| (fire["result"].clone(), fire["taskState"].clone());
    assert_eq!(
        fires.iter().map(shown).collect::<Vec<_>>(),
        [(json!("success"), json!("pending")), (json!("error"), json!("unknown")),]
    );
    let page = setup.root.get(&format!("{}?limit=1", hook("/last-fires"))).await.expect(200);
    let token = page["continuationToken"].as_str().unwrap();
    let page = setup
        .root
        .get(&format!("{}?limit=1&continuationToken={token}", hook("/last-fires")))
        .await
        .expect(200);
    assert_eq!(page["lastFires"][0]["result"], "error");
    assert!(page.get("continuationToken").is_none());
}

#[tokio::test]
async fn templates_that_cannot_be_rendered_are_input_errors() {
    let setup = start().await;
    setup.role("hook-id:group/*", &["queue:*"]).await;
    for (task, message) in [
        (json!({ "payload": { "$eval": "nothing" } }), "unknown context value nothing"),
        (json!({ "$eval": "payload.count" }), "does not render to an object"),
        (
            json!({ "x": { "$map": { "$eval": "range(0, 999999999)" }, "each(x)": 1 } }),
            "too much memory or time",
        ),
        (json!({ "payload": {} }), "InputValidationError"),
    ] {
        let path = hook("");
        setup.root.delete(&path).await.expect(200);
        setup.hook(task).await;
        setup.trigger(json!({ "count": 1 })).await.refused(400, "InputError", message);
    }
    // Nothing to be created.
    setup.root.delete(&hook("")).await.expect(200);
    setup.hook(json!({ "$if": "payload.count > 5", "then": template() })).await;
    assert_eq!(setup.trigger(json!({ "count": 1 })).await.expect(200), json!({}));
    setup.trigger(json!({ "count": 6 })).await.expect(200);
}

#[tokio::test]
async fn a_token_triggers_without_credentials() {
    let setup = start().await;
    setup.role("hook-id:group/*", &["queue:*"]).await;
    let mut task = template();
    task["payload"] = json!({ "by": "${firedBy}", "client": { "$eval": "defined('clientId')" } });
    setup.hook(task).await;
    let token = setup.root.get(&hook("/token")).await.expect(200)["token"].as_str().unwrap().to_owned();
    let nobody = setup.root.anonymous();
    let fired = nobody.post(&hook(&format!("/trigger/{token}")), json!({ "count": 1 })).await.expect(200);
    let task =
        setup.root.get(&queue(&format!("/task/{}", fired["taskId"].as_str().unwrap()))).await.expect(200);
    assert_eq!(task["payload"], json!({ "by": "triggerHookWithToken", "client": false }));
    let reset = setup.root.call("POST", &hook("/token"), None).await.expect(200)["token"].clone();
    assert_ne!(reset, token);
    let reply = nobody.post(&hook(&format!("/trigger/{token}")), json!({ "count": 1 })).await;
    reply.refused(401, "AuthenticationFailed", "invalid hook token");
    nobody.get(&hook("/token")).await.refused(
        403,
        "InsufficientScopes",
        "hooks:get-trigger-token:group/some/hook",
    );
}

#[tokio::test]
async fn hooks_are_created_changed_listed_and_removed() {
    let setup = start().await;
    let body = json!({ "metadata": { "name": "n", "description": "d", "owner": "o" }, "task": {}, "schedule": ["0 0 * * *"] });
    let made = setup.root.put(&hook(""), body.clone()).await.expect(200);
    let expected = json!({
        "hookId": "some/hook", "hookGroupId": "group", "bindings": [], "schedule": ["0 0 * * *"], "task": {},
        "metadata": { "name": "n", "description": "d", "owner": "o", "emailOnError": true },
        "triggerSchema": { "type": "object", "additionalProperties": false },
    });
    assert_eq!(made, expected);
    // The same again is fine, another one is not.
    assert_eq!(setup.root.put(&hook(""), body.clone()).await.expect(200), expected);
    let mut other = body.clone();
    other["task"] = json!({ "a": 1 });
    setup.root.put(&hook(""), other.clone()).await.refused(409, "RequestConflict", "already exists");
    let changed = setup.root.post(&hook(""), other).await.expect(200);
    assert_eq!(changed["task"], json!({ "a": 1 }));
    assert_eq!(setup.root.get(&hook("")).await.expect(200), changed);
    assert_eq!(setup.root.get(&api("hooks", "/hooks")).await.expect(200), json!({ "groups": ["group"] }));
    let hooks = setup.root.get(&api("hooks", "/hooks/group")).await.expect(200);
    assert_eq!(hooks, json!({ "hooks": [changed] }));
    setup.root.get(&api("hooks", "/hooks/other")).await.refused(404, "ResourceNotFound", "No such group");
    assert_eq!(setup.root.delete(&hook("")).await.expect(200), json!({}));
    assert_eq!(setup.root.delete(&hook("")).await.expect(200), json!({}));
    setup.root.get(&hook("")).await.refused(404, "ResourceNotFound", "No such hook");
    setup.root.post(&hook(""), body).await.refused(404, "ResourceNotFound", "No such hook");
}

#[tokio::test]
async fn hooks_that_make_no_sense_are_refused() {
    let setup = start().await;
    for (key, value, message) in [
        ("triggerSchema", json!({ "type": "nonsense" }), "triggerSchema is not a valid JSON schema"),
        ("triggerSchema", json!({ "$ref": "#" }), "in a circle"),
        ("schedule", json!(["whenever"]), "in whenever"),
        ("hookId", json!("other"), "Hook Ids do not match"),
        ("hookGroupId", json!("other"), "Hook Group Ids do not match"),
    ] {
        let mut body = definition(json!({}));
        body[key] = value;
        setup.root.put(&hook(""), body).await.refused(400, "InputError", message);
    }
    let client = setup.client("me", &["hooks:modify-hook:group/*"]).await;
    let reply = client.put(&hook(""), definition(json!({}))).await;
    reply.refused(403, "InsufficientScopes", "assume:hook-id:group/some/hook");
}
