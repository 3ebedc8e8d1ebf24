//! State files, and what is done to a cluster from the program that runs it.

use std::fs;

use chrono::TimeDelta;
use serde_json::json;
use taskcluster_local_cluster::{Error, LocalCluster, Resolution, State};

use crate::support::{Time, options, queue, start, start_with, task_id};

#[tokio::test]
async fn the_next_cluster_on_the_same_file_goes_on_where_this_one_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::File(folder.path().join("new/folder/state.db"));
    let time = Time::new();
    let mut options = options(state.clone(), &time);
    options.access_token = None;
    let cluster = LocalCluster::start(options.clone()).await.unwrap();
    let token = cluster.access_token().to_owned();
    assert!(token.len() >= 22);
    cluster.stop().await;
    let cluster = LocalCluster::start(options).await.unwrap();
    assert_eq!(cluster.access_token(), token);
    drop(cluster);

    let first = start_with(state.clone(), &time).await;
    let (id, status) = first.create(1, json!({})).await;
    first.cluster.stop().await;
    let second = start_with(state, &time).await;
    assert_eq!(second.status(&id).await, status);
}

#[tokio::test]
async fn two_clusters_on_one_file_see_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::File(folder.path().join("state.db"));
    let time = Time::new();
    let one = start_with(state.clone(), &time).await;
    let other = start_with(state, &time).await;
    let client = other.root.clone();
    let waiting = tokio::spawn(async move {
        let body = json!({ "workerGroup": "group", "workerId": "worker" });
        client.post(&queue("/claim-work/proj%2Fci"), body).await.expect(200)
    });
    let (id, _) = one.create(1, json!({})).await;
    let claimed = waiting.await.unwrap();
    assert_eq!(claimed["tasks"][0]["status"]["taskId"], id);
    assert_eq!(one.state(&id).await, "running");

    // Both write at the same time, and nothing is lost.
    let creates = |setup: &crate::support::Setup, from: u64| {
        let definition = setup.definition();
        let client = setup.root.clone();
        tokio::spawn(async move {
            for number in from..from + 50 {
                client
                    .put(&queue(&format!("/task/{}", task_id(number))), definition.clone())
                    .await
                    .expect(200);
            }
        })
    };
    let (first, second) = (creates(&one, 100), creates(&other, 200));
    first.await.unwrap();
    second.await.unwrap();
    let group = queue(&format!("/task-group/{}/list", task_id(0)));
    let list = one.root.get(&group).await.expect(200);
    assert_eq!(list["tasks"].as_array().unwrap().len(), 101);
}

#[cfg(unix)]
#[tokio::test]
async fn the_state_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let _setup = start_with(State::File(path.clone()), &Time::new()).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn a_file_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for content in [&b"[section]\nkey = value\n".repeat(100)[..], b"short"] {
        fs::write(&path, content).unwrap();
        let started = LocalCluster::start(options(State::File(path.clone()), &Time::new())).await;
        let error = started.unwrap_err();
        assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
        assert!(error.to_string().contains("another program wrote it"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE task (id INTEGER)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let started = LocalCluster::start(options(State::File(path.clone()), &Time::new())).await;
    assert!(matches!(started.unwrap_err(), Error::Foreign { .. }));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    start_with(State::File(path.clone()), &Time::new()).await.cluster.stop().await;
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let started = LocalCluster::start(options(State::File(path), &Time::new())).await;
    assert!(matches!(started.unwrap_err(), Error::Newer { found: 99, .. }));
}

#[tokio::test]
async fn a_folder_as_state_file_and_a_taken_port_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let started = LocalCluster::start(options(State::File(folder.path().to_owned()), &Time::new())).await;
    assert!(matches!(started.unwrap_err(), Error::State { .. }));
    let setup = start().await;
    let port = setup.root.address.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut options = options(State::Memory, &Time::new());
    options.port = port;
    assert!(matches!(LocalCluster::start(options).await.unwrap_err(), Error::Listen { .. }));
}

#[tokio::test]
async fn stop_does_not_wait_for_those_who_wait_for_work() {
    let setup = start().await;
    let client = setup.root.clone();
    let waiting = tokio::spawn(async move {
        let body = json!({ "workerGroup": "group", "workerId": "worker" });
        client.post(&queue("/claim-work/proj%2Fci"), body).await.expect(200)
    });
    // Served after the other request, as they arrive in this order.
    tokio::task::yield_now().await;
    setup.create(1, json!({ "taskQueueId": "proj/other" })).await;
    let stopping = tokio::time::timeout(std::time::Duration::from_secs(15), setup.cluster.stop());
    stopping.await.unwrap();
    assert_eq!(waiting.await.unwrap(), json!({ "tasks": [] }));
}

#[tokio::test]
async fn resolve_stands_in_for_a_worker() {
    let setup = start().await;
    for (number, resolution, state) in [
        (1, Resolution::Completed, "completed"),
        (2, Resolution::Failed, "failed"),
        (3, Resolution::Exception, "exception"),
    ] {
        let (id, _) = setup.create(number, json!({})).await;
        let resolved = setup.cluster.resolve(&id, resolution).unwrap();
        assert_eq!((resolved.state.as_str(), resolved.changed), (state, true));
        let status = setup.status(&id).await;
        assert_eq!(status["state"], state);
        assert_eq!(status["runs"][0]["workerId"], "local");
        let error = setup.cluster.resolve(&id, resolution).unwrap_err();
        assert_eq!(error.to_string(), format!("task {id} is {state}: it is resolved already"));
    }
    let (waiting, _) = setup.create(4, json!({ "dependencies": [task_id(2)] })).await;
    let error = setup.cluster.resolve(&waiting, Resolution::Completed).unwrap_err();
    let expected = format!("task {waiting} is unscheduled: it waits for {} (failed)", task_id(2));
    assert_eq!(error.to_string(), expected);
    let error = setup.cluster.resolve(&task_id(9), Resolution::Completed).unwrap_err();
    assert!(matches!(error, Error::NoTask(_)));
}

#[tokio::test]
async fn resolve_all_completes_a_group_in_the_order_of_dependencies() {
    let setup = start().await;
    let (outside, _) = setup.create(1, json!({ "taskGroupId": task_id(1) })).await;
    let (failed, _) = setup.create(2, json!({})).await;
    setup.cluster.resolve(&failed, Resolution::Failed).unwrap();
    let (a, _) = setup.create(3, json!({})).await;
    let (b, _) = setup.create(4, json!({ "dependencies": [a] })).await;
    let (c, _) = setup.create(5, json!({ "dependencies": [a, b] })).await;
    let (stuck, _) = setup.create(6, json!({ "dependencies": [a, outside, failed] })).await;
    let resolved = setup.cluster.resolve_all(&task_id(0)).unwrap();
    let shown = resolved.iter().map(|task| (task.task_id.as_str(), task.state.as_str(), task.changed));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            (failed.as_str(), "failed", false),
            (a.as_str(), "completed", true),
            (b.as_str(), "completed", true),
            (c.as_str(), "completed", true),
            (stuck.as_str(), "unscheduled", false),
        ]
    );
    let waits = [(outside, "pending".to_owned()), (failed, "failed".to_owned())];
    assert_eq!(resolved[4].waits_for, waits);
    assert!(matches!(setup.cluster.resolve_all(&task_id(99)).unwrap_err(), Error::NoGroup(_)));
}

#[tokio::test]
async fn put_artifact_adds_content_to_any_run() {
    let setup = start().await;
    let (id, _) = setup.create(1, json!({})).await;
    setup.cluster.resolve(&id, Resolution::Completed).unwrap();
    for text in ["{}", "{\"a\": 1}"] {
        let put =
            setup.cluster.put_artifact(&id, None, "public/actions.json", "application/json", text.as_bytes());
        put.unwrap();
        let found = setup.root.get(&queue(&format!("/task/{id}/artifacts/public/actions.json"))).await;
        let url = found.header("location").unwrap().to_owned();
        let path = url.strip_prefix(setup.cluster.root_url()).unwrap();
        assert_eq!(setup.root.get(path).await.text, text.as_bytes());
    }
    let missing = setup.cluster.put_artifact(&id, Some(3), "public/a", "text/plain", b"");
    assert!(matches!(missing.unwrap_err(), Error::NotRunnable { .. }));
    setup.time.pass(TimeDelta::days(400));
    let gone = setup.cluster.put_artifact(&id, None, "public/a", "text/plain", b"");
    assert!(matches!(gone.unwrap_err(), Error::NoTask(_)));
}
