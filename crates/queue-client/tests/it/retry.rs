//! What is tried again, and what is not.

use serde_json::{Value, json};
use taskcluster_queue_client::{Email, Error, TaskId};

use crate::server::{Server, answer};

fn id() -> TaskId {
    "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap()
}

fn email() -> Email {
    Email { address: "a@example.com".into(), subject: "s".into(), content: "c".into(), link: None }
}

/// How often a hook was asked for, and what came of it.
async fn trigger(answers: impl IntoIterator<Item = String>) -> (usize, Result<TaskId, Error>) {
    let server = Server::new(answers);
    let cluster = server.cluster();
    let result = cluster.hooks().trigger_hook("project", "build", &json!({})).await;
    (server.asked().len(), result.map(|sent| sent.done().unwrap()))
}

fn triggered() -> String {
    answer("200 OK", "", &json!({"taskId": id(), "status": {"taskId": id()}}).to_string())
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_twice() {
    let (asked, result) = trigger([answer("500 Oops", "", ""), triggered()]).await;
    assert!(matches!(result, Err(Error::Unavailable(_))));
    assert_eq!(asked, 1);
    let (asked, result) = trigger([String::new(), triggered()]).await;
    let error = result.unwrap_err().to_string();
    assert!(
        error.starts_with("no whole answer to `hooks.triggerHook(project, build)` of `http://127.0.0.1:"),
        "{error}"
    );
    assert!(error.ends_with("` in 1 attempt"), "{error}");
    assert_eq!(asked, 1);
    let server = Server::new([answer("502 Bad Gateway", "", ""), answer("200 OK", "", "{}")]);
    assert!(server.cluster().notify().email(&email()).await.is_err());
}

#[tokio::test]
async fn what_was_certainly_not_done_is_tried_again() {
    for refused in [
        answer("429 Too Many Requests", "", ""),
        answer("503 Busy", "Retry-After: 1\r\n", ""),
        answer("503 Busy", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""),
    ] {
        let (asked, result) = trigger([refused, triggered()]).await;
        assert_eq!(result.unwrap(), id());
        assert_eq!(asked, 2);
    }
}

#[tokio::test]
async fn calls_that_are_idempotent_are_repeated() {
    let status = json!({"status": {
        "taskId": id(), "taskGroupId": id(), "schedulerId": "-", "taskQueueId": "a/b", "state": "pending",
        "deadline": "2999-01-01T00:00:00.000Z", "expires": "2999-01-01T00:00:00.000Z",
    }});
    let ok = answer("200 OK", "", &status.to_string());
    let server = Server::new([String::new(), answer("500 Oops", "", ""), ok.clone()]);
    server.cluster().queue().create_task(&id(), &json!({"a": 1})).await.unwrap();
    let bodies: Vec<_> = server.requests().into_iter().map(|asked| asked.body).collect();
    assert_eq!(bodies, vec![json!({"a": 1}); 3], "the same body each time");
    let server = Server::new([answer("500 Oops", "", ""), ok]);
    server.cluster().queue().cancel_task(&id()).await.unwrap();
}

#[tokio::test]
async fn nothing_that_the_service_refuses_is_tried_again() {
    for status in ["400 Bad", "401 Who", "403 No", "404 Where", "409 Conflict", "413 Long"] {
        let server = Server::new(vec![answer(status, "", r#"{"message": "no"}"#); 2]);
        let error = server.cluster().queue().create_task(&id(), &Value::Null).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().attempts, 1);
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}
