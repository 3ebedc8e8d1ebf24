//! Creating many tasks.

use serde_json::json;
use taskcluster_queue_client::{Creation, Error, NewTask, TaskId};

use crate::server::{Server, answer};

fn id(number: u8) -> TaskId {
    TaskId::from_random([number; 16])
}

fn task(number: u8, dependencies: &[u8]) -> NewTask {
    NewTask { task_id: id(number), dependencies: dependencies.iter().map(|&number| id(number)).collect() }
}

/// Creates them at a queue that refuses some. Returns what came of it, and what was asked, in order.
async fn create(tasks: &[NewTask], refused: &'static [u8]) -> (Creation, Vec<TaskId>) {
    let server = Server::answering(tasks.len(), move |asked| {
        let id: TaskId = asked.line.rsplit('/').next().unwrap().parse().unwrap();
        if refused.iter().any(|&number| self::id(number) == id) {
            return answer("400 Bad", "", r#"{"code": "InputError", "message": "no"}"#).into_bytes();
        }
        let status = json!({"status": {
            "taskId": id, "taskGroupId": id, "schedulerId": "-", "taskQueueId": "a/b", "state": "pending",
            "deadline": "2999-01-01T00:00:00.000Z", "expires": "2999-01-01T00:00:00.000Z",
        }});
        answer("200 OK", "", &status.to_string()).into_bytes()
    });
    let mut told = Vec::new();
    let cluster = server.cluster();
    let creation =
        cluster.queue().create_tasks(tasks, |id| json!({"name": id}), |id| told.push(id.clone())).await;
    let asked = server.requests();
    for asked in &asked {
        assert_eq!(asked.body["name"], asked.line.rsplit('/').next().unwrap());
    }
    told.sort();
    let mut created = creation.created.clone();
    created.sort();
    assert_eq!(told, created);
    (creation, asked.iter().map(|asked| asked.body["name"].as_str().unwrap().parse().unwrap()).collect())
}

#[tokio::test]
async fn what_is_needed_comes_first() {
    // 0 ← 1 ← 2, and more that depend on all of them, given last first. 99 exists already.
    let mut tasks: Vec<_> = (3..40).map(|number| task(number, &[2, 0, 2, 99])).collect();
    tasks.extend([task(2, &[1]), task(1, &[0]), task(0, &[])]);
    let (creation, asked) = create(&tasks, &[]).await;
    assert_eq!(creation.created, tasks.iter().map(|task| task.task_id.clone()).collect::<Vec<_>>());
    assert!(creation.failed.is_empty() && creation.skipped.is_empty());
    assert_eq!(asked[..3], [id(0), id(1), id(2)]);
    assert_eq!(asked.len(), 40);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_skipped_and_the_rest_is_made() {
    let tasks = [task(1, &[]), task(2, &[1]), task(3, &[2]), task(4, &[]), task(5, &[4, 2]), task(6, &[4])];
    let (creation, asked) = create(&tasks, &[1, 6]).await;
    assert_eq!(creation.created, [id(4)]);
    let failed: Vec<_> = creation.failed.iter().map(|failed| failed.task_id.clone()).collect();
    assert_eq!(failed, [id(1), id(6)]);
    assert!(matches!(creation.failed[0].error, Error::InvalidInput(_)));
    let skipped: Vec<_> = creation
        .skipped
        .iter()
        .map(|skipped| (skipped.task_id.clone(), skipped.because_of.clone()))
        .collect();
    assert_eq!(skipped, [(id(2), id(1)), (id(3), id(1)), (id(5), id(1))]);
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_repeated_id_counts_once() {
    let (creation, asked) = create(&[task(1, &[]), task(1, &[]), task(2, &[1])], &[]).await;
    assert_eq!(creation.created, [id(1), id(2)]);
    assert_eq!(asked, [id(1), id(2)]);
}

#[tokio::test]
async fn a_circle_is_skipped() {
    let (creation, asked) = create(&[task(1, &[2]), task(2, &[1]), task(3, &[3]), task(4, &[])], &[]).await;
    assert_eq!(creation.created, [id(4)]);
    let skipped: Vec<_> = creation.skipped.into_iter().map(|skipped| skipped.because_of).collect();
    assert_eq!(skipped, [id(1), id(2), id(3)]);
    assert_eq!(asked, [id(4)]);
}
