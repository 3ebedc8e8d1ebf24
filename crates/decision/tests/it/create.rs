//! Creating tasks: whole graphs, interrupted ones, and what stands in the way.

use std::cell::Cell;

use chrono::TimeDelta;
use serde_json::{Value, json};
use taskcluster_queue_client::{Cluster, Credentials, Http, Settings};
use taskgraph_decision::{CreateError, CreateProblem, Created, Plan, Progress, duplicate_id, task_id};
use taskgraph_fixtures::TestCluster;
use taskgraph_graph::Task;

use crate::support::{decision, labels, plan, start, task};

/// A graph of layers: each task needs up to three of the layer before.
fn layers(count: usize) -> Vec<Task> {
    let name = |at: usize| format!("t{at:04}");
    let task = |at: usize| {
        let needs: Vec<String> =
            (0..at % 4).filter_map(|step| at.checked_sub(20 + step * 7)).map(name).collect();
        task(&name(at), &needs)
    };
    (0..count).map(task).collect()
}

async fn create(setup: &TestCluster, plan: &Plan) -> Result<Created, CreateError> {
    plan.create(&setup.cluster, || setup.time.now(), |_| {}).await
}

#[tokio::test]
async fn a_graph_is_created_and_waits_for_the_decision() {
    let setup = start().await;
    let mut build = task("build", &[]);
    build.attributes.insert("task_duplicates".into(), 2.into());
    let plan = plan([task("test", &["build".into()]), build]);
    let mut seen = Vec::new();
    let progress = |progress: Progress<'_>| {
        seen.push(format!("{}/{} {} {}", progress.done, progress.total, progress.label, progress.existed));
    };
    let created = plan.create(&setup.cluster, || setup.time.now(), progress).await.unwrap();
    assert_eq!(created.created.len(), 3);
    assert_eq!(labels(&setup.cluster).await, ["build", "build", "test"]);
    seen.sort();
    assert_eq!(seen.iter().map(|line| &line[..3]).collect::<Vec<_>>(), ["1/3", "2/3", "3/3"]);

    let queue = setup.cluster.queue();
    let copy = queue.task(&duplicate_id(&decision(), "build", 1)).await.unwrap();
    assert_eq!(copy["dependencies"], json!([decision()]));
    assert_eq!(copy["created"], "2026-02-02T02:40:00.000Z");
    assert_eq!(copy["payload"]["artifacts"]["public"]["expires"], "2026-03-02T02:40:00.000Z");
    let test = queue.task(&task_id(&decision(), "test")).await.unwrap();
    assert_eq!(test["dependencies"], json!([task_id(&decision(), "build")]));
    assert_eq!(test["schedulerId"], "example-level-1");
    for id in &created.created {
        assert_eq!(queue.status(id).await.unwrap().state.as_str(), "unscheduled");
    }
    setup.local.resolve(decision().as_str(), taskcluster_local_cluster::Resolution::Completed).unwrap();
    let status = queue.status(&task_id(&decision(), "build")).await.unwrap();
    assert_eq!(status.state.as_str(), "pending");
}

/// Creates tasks until some number of them is there, and is then gone, in the middle of its requests.
async fn killed_after(setup: &TestCluster, plan: &Plan, most: usize) {
    let count = Cell::new(0);
    let (full, is_full) = tokio::sync::oneshot::channel();
    let full = Cell::new(Some(full));
    let progress = |progress: Progress<'_>| {
        count.set(count.get() + usize::from(!progress.existed));
        if count.get() >= most
            && let Some(full) = full.take()
        {
            let _ = full.send(());
        }
    };
    let killed = tokio::select! {
        biased;
        _ = is_full => true,
        _ = plan.create(&setup.cluster, || setup.time.now(), progress) => false,
    };
    assert!(killed);
}

#[tokio::test]
async fn a_decision_that_is_killed_is_finished_by_the_next() {
    let setup = start().await;
    let plan = plan(layers(300));
    let mut random: u64 = 42;
    let mut before = 0;
    for _ in 0..10 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        killed_after(&setup, &plan, 1 + (random >> 59) as usize % 15).await;
        let now = labels(&setup.cluster).await.len();
        assert!(now > before && now < 300, "{before} {now}");
        before = now;
        setup.time.pass(TimeDelta::minutes(7));
    }
    let done = create(&setup, &plan).await.unwrap();
    // What was under way when the last was killed may have arrived since.
    assert!(done.existed.len() >= before && done.existed.len() + done.created.len() == 300);
    let labels = labels(&setup.cluster).await;
    assert_eq!(labels, (0..300).map(|at| format!("t{at:04}")).collect::<Vec<_>>());
    setup.time.pass(TimeDelta::hours(30));
    let again = create(&setup, &plan).await.unwrap();
    assert_eq!((again.existed.len(), again.created.len()), (300, 0));
}

/// With scopes to create, but none to look at many tasks at once.
fn restricted(setup: &TestCluster, scopes: &[&str]) -> Cluster {
    let more = ["queue:create-task:*", "queue:scheduler-id:*"];
    setup.cluster.with_authorized_scopes(more.iter().chain(scopes).copied()).unwrap()
}

#[tokio::test]
async fn without_the_right_to_look_conflicts_tell_what_exists() {
    let setup = start().await;
    let all = plan(layers(60));
    create(&setup, &plan(layers(35))).await.unwrap();
    setup.time.pass(TimeDelta::minutes(3));
    // Ids of single tasks may be looked at, so a list of all is refused.
    let single: Vec<String> = all
        .tasks()
        .iter()
        .filter(|task| task.label().as_str() < "t0035")
        .map(|task| format!("queue:get-task:{}", task.task_id()))
        .collect();
    let single: Vec<&str> = single.iter().map(String::as_str).collect();
    let cluster = restricted(&setup, &single);
    let done = all.create(&cluster, || setup.time.now(), |_| {}).await.unwrap();
    assert_eq!((done.existed.len(), done.created.len()), (35, 25));
    assert_eq!(labels(&setup.cluster).await.len(), 60);

    let cluster = restricted(&setup, &[]);
    let error = all.create(&cluster, || setup.time.now(), |_| {}).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("409") && text.contains("; whether it is the same cannot be told: "), "{text}");
    let CreateError::Incomplete { failed, .. } = error else { panic!("{text}") };
    assert!(matches!(failed[0].problem, CreateProblem::Unknown { .. }));
}

#[tokio::test]
async fn a_task_that_is_another_is_named_before_anything_is_created() {
    let setup = start().await;
    let changed = |label: &str| {
        let mut task = task(label, &[]);
        *task.task.at_mut("metadata.name").unwrap() = "old".into();
        *task.task.at_mut("metadata.description").unwrap() = "other".into();
        task
    };
    create(&setup, &plan([changed("build"), task("lint", &[])])).await.unwrap();
    let plan = plan([task("build", &[]), task("lint", &[]), task("test", &["build".into()])]);
    let error = create(&setup, &plan).await.unwrap_err();
    let expected = format!(
        "no task was created, because task `build` ({}) exists already, as `old`, and is another: \
         `metadata.description` is \"other\" there and \"\" here",
        task_id(&decision(), "build")
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(labels(&setup.cluster).await, ["lint", "old"]);

    // The same without the right to look beforehand.
    let build = format!("queue:get-task:{}", task_id(&decision(), "build"));
    let lint = format!("queue:get-task:{}", task_id(&decision(), "lint"));
    let cluster = restricted(&setup, &[&build, &lint]);
    let error = plan.create(&cluster, || setup.time.now(), |_| {}).await.unwrap_err();
    let expected = format!(
        "only 1 of 3 tasks were created:\n  task `build` ({}) exists already, as `old`, and is another: \
         `metadata.description` is \"other\" there and \"\" here; skipped because of it: `test`",
        task_id(&decision(), "build")
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn all_failures_are_reported_with_what_they_kept_from_being_created() {
    let setup = start().await;
    let mut bad = task("bad", &[]);
    *bad.task.at_mut("deadline").unwrap() = taskgraph_value::map! { "relative-datestamp" => "6 days" }.into();
    let mut worse = task("worse", &[]);
    worse.task.as_map_mut().unwrap().insert("priority".into(), "urgent".into());
    let dependents = (0..12).map(|at| task(&format!("d{at:02}"), &["bad".into()]));
    let last = task("last", &["d03".into(), "good".into()]);
    let plan = plan(dependents.chain([bad, task("good", &[]), worse, last]));
    let error = create(&setup, &plan).await.unwrap_err();
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], "only 1 of 16 tasks were created:");
    assert!(lines[1].starts_with(&format!("  task `bad` ({}): ", task_id(&decision(), "bad"))), "{text}");
    assert!(lines[1].contains("400 InputError") && lines[1].contains("5 days"), "{text}");
    assert!(lines[1].ends_with("`d09` and 3 more"), "{text}");
    assert!(lines[2].contains("`worse`") && lines[2].contains("priority"), "{text}");
    let CreateError::Incomplete { failed, exist, total } = error else { panic!("{text}") };
    assert_eq!((exist, total), (1, 16));
    assert_eq!(failed[0].skipped.len(), 13);
    assert_eq!(labels(&setup.cluster).await, ["good"]);
}

#[tokio::test]
async fn a_sealed_group_that_is_whole_is_done() {
    let setup = start().await;
    let whole = plan(layers(5));
    create(&setup, &whole).await.unwrap();
    setup.cluster.queue().seal_task_group(&decision()).await.unwrap();
    setup.time.pass(TimeDelta::minutes(1));
    assert_eq!(create(&setup, &whole).await.unwrap().existed.len(), 5);
    let error = create(&setup, &plan(layers(6))).await.unwrap_err().to_string();
    assert!(error.contains("only 5 of 6") && error.contains("409"), "{error}");
}

#[tokio::test]
async fn a_dry_run_creates_nothing() {
    let setup = start().await;
    let (dry, recorder) = setup.cluster.dry_run();
    let plan = plan(layers(30));
    let done = plan.create(&dry, || setup.time.now(), |_| {}).await.unwrap();
    assert_eq!(done.created.len(), 30);
    let requests = recorder.requests();
    assert_eq!(requests.len(), 30);
    assert!(requests.iter().all(|request| request.method == "createTask"));
    assert!(requests.iter().all(|request| matches!(&request.body["created"], Value::String(_))));
    assert_eq!(labels(&setup.cluster).await, [""; 0]);
}

#[tokio::test]
async fn a_cluster_out_of_reach_is_one_message() {
    let setup = start().await;
    let url = setup.local.root_url().to_owned();
    setup.local.stop().await;
    let settings = Settings {
        retry: taskcluster_queue_client::Retry { attempts: 1, ..Default::default() },
        use_proxies: false,
        ..Settings::default()
    };
    let cluster = Cluster::new(&url, Http::new(&settings).unwrap()).unwrap();
    let cluster = cluster.with_credentials(Credentials::new("a", "b")).unwrap();
    let error = plan(layers(30)).create(&cluster, || setup.time.now(), |_| {}).await.unwrap_err().to_string();
    assert!(error.starts_with("no task was created, because the queue does not say which exist"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
