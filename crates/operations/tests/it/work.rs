//! Tasks that run here.

use std::fs;

use serde_json::json;
use taskcluster_local_cluster::Resolution;
use taskcluster_operations::{Work, WorkError};
use taskcluster_queue_client::{Error, Report, State};

use crate::support::World;

#[tokio::test]
async fn a_task_runs_here_with_its_own_scopes() {
    let world = World::new().await;
    let task = world.task_with("here", json!({"scopes": ["queue:create-task:*"]})).await;
    let work = Work::begin(&world.cluster, &task).await.unwrap();
    assert_eq!(world.status(&task).await.state, State::Running);
    assert_eq!(work.definition()["metadata"]["name"], "here");
    // It is not us any more.
    let error = work.cluster().auth().current_scopes().await.unwrap_err();
    assert!(matches!(error, Error::InsufficientScopes { .. }), "{error}");

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("graph.json"), "{}").unwrap();
    fs::write(folder.path().join("run-task"), "#!/bin/sh\n").unwrap();
    fs::create_dir(folder.path().join("contexts")).unwrap();
    fs::write(folder.path().join("contexts/image.tar.gz"), "zipped").unwrap();
    work.upload(folder.path()).await.unwrap();
    let artifacts = world.cluster.queue().list_artifacts(&task, None).await.unwrap();
    let artifacts: Vec<(&str, &str)> = artifacts
        .iter()
        .map(|artifact| (artifact.name.as_str(), artifact.content_type.as_deref().unwrap()))
        .collect();
    let expected = [
        ("public/contexts/image.tar.gz", "application/gzip"),
        ("public/graph.json", "application/json"),
        ("public/run-task", "text/plain; charset=utf-8"),
    ];
    assert_eq!(artifacts, expected);
    let content = world.cluster.queue().artifact(&task, None, "public/run-task").await.unwrap();
    assert_eq!(content, b"#!/bin/sh\n");

    assert_eq!(work.end(Report::Completed).await.unwrap().state, State::Completed);
    let error = Work::begin(&world.cluster, &task).await.unwrap_err();
    assert!(matches!(error, WorkError::NotDue { state: State::Completed, .. }), "{error}");
}

#[tokio::test]
async fn what_was_begun_is_taken_over_and_what_failed_runs_again() {
    let world = World::new().await;
    let task = world.task("here", &[]).await;
    drop(Work::begin(&world.cluster, &task).await.unwrap());
    let work = Work::begin(&world.cluster, &task).await.unwrap();
    assert_eq!(work.end(Report::Failed).await.unwrap().runs.len(), 1);
    let work = Work::begin(&world.cluster, &task).await.unwrap();
    let status = work.end(Report::Completed).await.unwrap();
    assert_eq!((status.state, status.runs.len()), (State::Completed, 2));
}

#[tokio::test]
async fn what_cannot_run_is_not_claimed() {
    let world = World::new().await;
    let first = world.task("first", &[]).await;
    let waits = world.task("waits", &[&first]).await;
    let error = Work::begin(&world.cluster, &waits).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("task {waits} is unscheduled: only a task that can run, or ran without success, is run here")
    );
    let claimed = world.cluster.queue().claim_task(&first, 0, "other", "worker").await.unwrap();
    assert!(claimed.done().is_some());
    let error = Work::begin(&world.cluster, &first).await.unwrap_err();
    assert!(matches!(error, WorkError::Service(Error::Conflict(_))), "{error}");
    world.local.resolve(first.as_str(), Resolution::Completed).unwrap();
    let (dry, _) = world.cluster.dry_run();
    assert!(matches!(Work::begin(&dry, &waits).await.unwrap_err(), WorkError::DryRun));
    let work = Work::begin(&world.cluster, &waits).await.unwrap();
    let error = work.upload("/no/such/folder".as_ref()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot read `/no/such/folder`: "), "{error}");
}
