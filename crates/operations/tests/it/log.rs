//! Logs that grow.

use std::{
    cell::{Cell, RefCell},
    io,
};

use taskcluster_local_cluster::Resolution;
use taskcluster_operations::{Failure, LogError, Refusal, follow_log};
use taskcluster_queue_client::{State, TaskId};

use crate::support::{World, id};

const LOG: &str = "public/logs/live.log";

/// What a worker does while nobody looks, step by step; each pause is one.
async fn followed(world: &World, id: &TaskId, steps: &[&dyn Fn()]) -> Result<(String, State), LogError> {
    let text = RefCell::new(Vec::new());
    let step = Cell::new(0);
    let status = follow_log(
        &world.cluster,
        id,
        &mut |bytes| {
            text.borrow_mut().extend_from_slice(bytes);
            Ok(())
        },
        async |_| {
            if let Some(step) = steps.get(step.get()) {
                step();
            }
            step.set(step.get() + 1);
            assert!(step.get() < 20, "it never ends");
        },
    )
    .await?;
    assert!(step.get() >= steps.len(), "only {} steps were made", step.get());
    Ok((String::from_utf8(text.into_inner()).unwrap(), status.state))
}

#[tokio::test]
async fn a_log_that_is_whole_is_read_once() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.fail(&task);
    world.artifact(&task, LOG, "all of it\n");
    assert_eq!(followed(&world, &task, &[]).await.unwrap(), ("all of it\n".into(), State::Failed));
}

#[tokio::test]
async fn it_is_followed_until_the_task_ends() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.cluster.queue().claim_task(&task, 0, "g", "w").await.unwrap();
    let steps: [&dyn Fn(); 5] = [
        &|| {}, // there is no log yet
        &|| world.artifact(&task, LOG, "one\n"),
        &|| world.artifact(&task, LOG, "one\ntwo\n"),
        &|| {},
        &|| {
            world.artifact(&task, LOG, "one\ntwo\nthree\n");
            world.end(&task, Resolution::Completed);
        },
    ];
    let followed = followed(&world, &task, &steps).await.unwrap();
    assert_eq!(followed, ("one\ntwo\nthree\n".into(), State::Completed));
}

#[tokio::test]
async fn a_new_run_is_followed_too() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.fail(&task);
    world.cluster.queue().rerun_task(&task).await.unwrap();
    // Its latest run has no worker yet.
    let error = followed(&world, &task, &[]).await.unwrap_err();
    let state = State::Pending;
    assert!(
        matches!(error, LogError::Failure(Failure::Refused(Refusal::NotStarted { state: s })) if s == state)
    );
    assert_eq!(error.to_string(), "it is pending, so there is no log yet");
    world.end(&task, Resolution::Completed);
    world.artifact(&task, LOG, "second\n");
    assert_eq!(followed(&world, &task, &[]).await.unwrap().0, "second\n");
}

#[tokio::test]
async fn without_a_log_it_fails() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.fail(&task);
    let error = followed(&world, &task, &[]).await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    let error = followed(&world, &id(99), &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "the queue knows no such task");
}

#[tokio::test]
async fn a_reader_that_is_gone_ends_it() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.fail(&task);
    world.artifact(&task, LOG, "x");
    let gone = &mut |_: &[u8]| Err(io::Error::from(io::ErrorKind::BrokenPipe));
    let error = follow_log(&world.cluster, &task, gone, async |_| {}).await.unwrap_err();
    assert!(matches!(error, LogError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe));
}
