//! Reruns: the same task, a new run.

use taskcluster_local_cluster::Resolution;
use taskcluster_operations::{Failure, Refusal, plan_cancel, plan_rerun};
use taskcluster_queue_client::{Error, State, TaskId};

use crate::support::{World, id, told};

impl World {
    async fn rerun(&self, ids: &[&TaskId], force: bool) -> Vec<String> {
        let ids: Vec<TaskId> = ids.iter().map(|&id| id.clone()).collect();
        self.act(plan_rerun(&self.cluster, &ids, force, self.now()).await.unwrap()).await
    }

    async fn cancel(&self, id: &TaskId) {
        let plan = plan_cancel(&self.cluster, std::slice::from_ref(id), self.now()).await.unwrap();
        self.act(plan).await;
    }
}

#[tokio::test]
async fn failures_get_a_new_run() {
    let world = World::new().await;
    let failed = world.task("failed", &[]).await;
    let broken = world.task("broken", &[]).await;
    let canceled = world.task("canceled", &[]).await;
    world.fail(&failed);
    world.end(&broken, Resolution::Exception);
    world.cancel(&canceled).await;
    let outcomes = world.rerun(&[&failed, &broken, &canceled, &failed], false).await;
    assert_eq!(outcomes, ["failed: pending run 1", "broken: pending run 1", "canceled: pending run 1"]);
    let status = world.status(&failed).await;
    assert_eq!((status.task_id, status.runs[1].reason_created.as_str()), (failed, "rerun"));
}

#[tokio::test]
async fn dependencies_are_not_looked_at_again() {
    let world = World::new().await;
    let first = world.task("first", &[]).await;
    let second = world.task("second", &[&first]).await;
    world.end(&first, Resolution::Completed);
    world.fail(&second);
    world.rerun(&[&first], true).await;
    assert_eq!(world.status(&first).await.state, State::Pending);
    assert_eq!(world.rerun(&[&second], false).await, ["second: pending run 1"]);
}

#[tokio::test]
async fn a_completed_task_is_refused_unless_forced() {
    let world = World::new().await;
    let task = world.task("build", &[]).await;
    world.end(&task, Resolution::Completed);
    let refused = world.rerun(&[&task], false).await;
    assert_eq!(
        refused,
        ["build: it is completed: a rerun replaces artifacts that were used already, which breaks \
          chain-of-trust verification of everything downstream"]
    );
    assert_eq!(world.status(&task).await.runs.len(), 1);
    assert_eq!(world.rerun(&[&task], true).await, ["build: pending run 1"]);
}

#[tokio::test]
async fn a_task_that_did_not_end_is_refused_unless_forced() {
    let world = World::new().await;
    let pending = world.task("pending", &[]).await;
    let waiting = world.task("waiting", &[&pending]).await;
    let outcomes = world.rerun(&[&pending, &waiting], false).await;
    assert_eq!(
        outcomes,
        [
            "pending: it is pending: only a failed or exception task is rerun",
            "waiting: it is unscheduled: only a failed or exception task is rerun",
        ]
    );
    assert!(!Refusal::NotEnded { state: State::Running }.may_be_forced());
    let plan = plan_rerun(&world.cluster, std::slice::from_ref(&waiting), false, world.now()).await.unwrap();
    assert_eq!(plan.changes(), 0);
    let Err(Failure::Refused(refusal)) = &plan.items()[0].step else { panic!() };
    assert!(refusal.may_be_forced() && refusal.advice().unwrap().contains("schedule it"));
    assert_eq!(
        world.rerun(&[&pending, &waiting], true).await,
        ["pending: still pending", "waiting: pending run 0"]
    );
}

#[tokio::test]
async fn nothing_helps_past_the_deadline() {
    let world = World::new().await;
    let task = world.task("ship", &[]).await;
    world.fail(&task);
    // As the plan sees it, and as the queue does when it passes meanwhile.
    let early = plan_rerun(&world.cluster, std::slice::from_ref(&task), false, world.now()).await.unwrap();
    world.wait(25);
    let message = "ship: its deadline 2026-02-04T04:05:06.000Z has passed, after which the queue neither runs nor \
                   changes it";
    assert_eq!(world.act(early).await, [message]);
    for force in [false, true] {
        assert_eq!(world.rerun(&[&task], force).await, [message]);
    }
    let refusal = Refusal::PastDeadline { deadline: String::new() };
    assert!(!refusal.may_be_forced());
    assert!(refusal.advice().unwrap().contains("forced retrigger through the group's retrigger action"));
}

#[tokio::test]
async fn a_task_that_never_ran_needs_its_dependencies() {
    let world = World::new().await;
    let broken = world.task("broken", &[]).await;
    let other = world.task("other", &[]).await;
    let blocked = world.task("blocked", &[&broken, &other]).await;
    world.fail(&broken);
    world.cancel(&blocked).await;
    assert_eq!(
        world.rerun(&[&blocked], false).await,
        [format!("blocked: it never ran, and dependencies did not complete yet: {other} (pending)")]
    );
    world.end(&other, Resolution::Completed);
    assert_eq!(world.rerun(&[&blocked], false).await, ["blocked: pending run 1"]);
}

#[tokio::test]
async fn force_skips_the_look_at_dependencies() {
    let world = World::new().await;
    let broken = world.task("broken", &[]).await;
    let blocked = world.task("blocked", &[&broken]).await;
    world.cancel(&blocked).await;
    assert!(world.rerun(&[&blocked], false).await[0].contains("did not complete yet"));
    assert_eq!(world.rerun(&[&blocked], true).await, ["blocked: pending run 1"]);
}

#[tokio::test]
async fn what_cannot_be_checked_is_not_rerun() {
    let world = World::new().await;
    let other = world.task("other", &[]).await;
    let blocked = world.task("blocked", &[&other]).await;
    world.cancel(&blocked).await;
    // Enough to rerun it, and not to see what it depends on.
    let scopes = [
        format!("queue:status:{blocked}"),
        format!("queue:rerun-task:sched/{}/{blocked}", crate::support::group()),
    ];
    let few = world.cluster.with_authorized_scopes(scopes).unwrap();
    let plan = plan_rerun(&few, std::slice::from_ref(&blocked), false, world.now()).await.unwrap();
    let outcomes = plan.act(&few, |_| {}).await;
    let error = outcomes[0].result.as_ref().unwrap_err().error();
    assert_eq!(error.map(Error::is_about_rights), Some(true));
    assert_eq!(world.status(&blocked).await.runs.len(), 1);
    let plan = plan_rerun(&few, &[blocked], true, world.now()).await.unwrap();
    assert_eq!(told(&plan.act(&few, |_| {}).await[0]), ": pending run 1");
}

#[tokio::test]
async fn each_task_is_tried() {
    let world = World::new().await;
    let failed = world.task("failed", &[]).await;
    let unknown = id(99);
    world.fail(&failed);
    let outcomes = world.rerun(&[&unknown, &failed], false).await;
    assert_eq!(outcomes, [": the queue knows no such task", "failed: pending run 1"]);
}

#[tokio::test]
async fn who_may_not_is_told_for_each_task() {
    let world = World::new().await;
    let (one, two) = (world.task("one", &[]).await, world.task("two", &[]).await);
    world.fail(&one);
    world.fail(&two);
    let scopes = [
        format!("queue:status:{one}"),
        format!("queue:status:{two}"),
        format!("queue:rerun-task:sched/{}/{one}", crate::support::group()),
    ];
    let few = world.cluster.with_authorized_scopes(scopes).unwrap();
    let ids = [one, two.clone(), id(99)];
    let plan = plan_rerun(&few, &ids, false, world.now()).await.unwrap();
    let outcomes = plan.act(&few, |_| {}).await;
    // Names need a scope, too.
    assert_eq!(told(&outcomes[0]), ": pending run 1");
    let rights =
        |index: usize| outcomes[index].result.as_ref().unwrap_err().error().map(Error::is_about_rights);
    assert_eq!((rights(1), rights(2)), (Some(true), Some(true)));
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.fail(&task);
    let (dry, recorder) = world.cluster.dry_run();
    let plan = plan_rerun(&dry, std::slice::from_ref(&task), false, world.now()).await.unwrap();
    assert_eq!(plan.changes(), 1);
    let outcomes = plan.act(&dry, |_| {}).await;
    assert_eq!(told(&outcomes[0]), "task: Recorded");
    assert_eq!(world.status(&task).await.state, State::Failed);
    let requests = recorder.requests();
    assert_eq!((requests[0].method, &requests[0].arguments), ("rerunTask", &vec![task.to_string()]));
}
