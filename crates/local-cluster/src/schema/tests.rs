//! Tests of bodies.

use serde_json::json;
use taskcluster_queue_client::api::SERVICES;

use super::*;

fn task() -> Value {
    json!({
        "provisionerId": "proj", "workerType": "linux", "created": "2026-02-03T04:05:06Z",
        "deadline": "2026-02-04T04:05:06.789Z", "payload": {},
        "metadata": { "name": "n", "description": "d", "owner": "o@example.com", "source": "https://example.com" },
    })
}

#[track_caller]
fn refused(service: &str, method: &str, body: Value) -> String {
    let error = check_body(service, method, &mut body.clone()).unwrap_err();
    assert_eq!((error.status, error.code), (400, "InputValidationError"));
    error.message
}

#[test]
fn all_schemas_compile_and_belong_to_methods() {
    let document = serde_json::from_str::<Value>(include_str!("bodies.json")).unwrap();
    let names = document["bodies"].as_object().unwrap();
    assert!(!names.is_empty());
    for name in names.keys() {
        assert!(BODIES.contains_key(name), "{name} does not compile");
        let (service, method) = name.split_once('/').unwrap();
        let service = SERVICES.iter().find(|known| known.name == service).unwrap();
        assert!(service.method(method).unwrap().takes_body, "{name}");
    }
}

#[test]
fn defaults_of_a_task_are_filled_in() {
    let mut body = task();
    check_body("queue", "createTask", &mut body).unwrap();
    let mut expected = task();
    for (key, value) in [
        ("schedulerId", json!("-")),
        ("projectId", json!("none")),
        ("dependencies", json!([])),
        ("requires", json!("all-completed")),
        ("routes", json!([])),
        ("priority", json!("lowest")),
        ("retries", json!(5)),
        ("scopes", json!([])),
        ("tags", json!({})),
        ("extra", json!({})),
    ] {
        expected[key] = value;
    }
    assert_eq!(body, expected);
}

#[test]
fn defaults_within_objects_are_filled_in() {
    let mut body = json!({ "metadata": { "name": "", "description": "", "owner": "" }, "task": {} });
    check_body("hooks", "createHook", &mut body).unwrap();
    assert_eq!(body["metadata"]["emailOnError"], json!(true));
    assert_eq!(body["triggerSchema"], json!({ "type": "object", "additionalProperties": false }));
}

#[test]
fn error_body_violates_the_schema() {
    let mut body = task();
    body["retries"] = json!(50);
    body["nonsense"] = json!(1);
    body["dependencies"] = json!(["x", "x"]);
    body["metadata"]["source"] = json!("ftp://example.com");
    body["created"] = json!("today");
    body.as_object_mut().unwrap().remove("payload");
    let message = refused("queue", "createTask", body);
    assert!(
        message.starts_with(
            "\nSchema Validation Failed!\nRejecting Schema: /schemas/queue/v1/create-task-request.json#\nErrors:\n"
        ),
        "{message}"
    );
    for violation in [
        "data/retries must be <= 49",
        "data must NOT have additional properties: \"nonsense\"",
        "data/dependencies/0 must match pattern \"^[A-Za-z0-9_-]{8}[Q-T]",
        "data/dependencies must NOT have duplicate items",
        "data/metadata/source must match pattern \"^https?://\"",
        "data/created must match format \"date-time\"",
        "data must have required property 'payload'",
    ] {
        assert!(message.contains(&format!("\n  * {violation}")), "{violation} is not in {message}");
    }
}

#[test]
fn types_and_choices_are_violations() {
    assert!(refused("queue", "createTask", json!([])).contains("data must be object"));
    assert!(
        refused("queue", "changeTaskPriority", json!({ "newPriority": "top" }))
            .contains("data/newPriority must be equal to one of the allowed values")
    );
    let message = refused("queue", "createArtifact", json!({ "storageType": "s3" }));
    assert!(message.ends_with("data must match exactly one schema in oneOf"), "{message}");
    let email = json!({ "address": "nobody", "subject": "", "content": "c" });
    let message = refused("notify", "email", email);
    assert!(message.contains("data/address must match format \"email\""), "{message}");
    assert!(message.contains("data/subject must NOT have fewer than 1 characters"), "{message}");
}

#[test]
fn violations_are_not_listed_without_end() {
    let body = json!({ "taskIds": vec![1; 5000] });
    assert!(refused("queue", "tasks", body).ends_with("and more"));
    let long = "x".repeat(100_000);
    assert!(refused("queue", "tasks", json!({ (long): 1 })).len() < 10_000);
}
