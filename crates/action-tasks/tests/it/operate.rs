//! Callbacks that change tasks that are there.

use chrono::TimeDelta;
use taskcluster_queue_client::{Report, State};
use taskgraph_value::{Value, map};

use crate::support::{ACTION, BEFORE, DECISION, Push, counts, id, of_decision};

const OTHER: &str = "AAECAwQFRgeICQoLDA0ODw";

#[test]
fn failed_tasks_are_rerun_and_others_are_left_alone() {
    let push = Push::new();
    push.run("rerun", Some("test-2"), Value::Null).unwrap();
    assert_eq!((push.state(&of_decision("test-2")), push.runs(&of_decision("test-2"))), (State::Pending, 2));
    push.run("rerun", Some("test-1"), Value::Null).unwrap();
    assert_eq!(push.runs(&of_decision("test-1")), 1);
    let said = push.said.borrow();
    let last = said.last().unwrap();
    let expected = format!(
        "did not rerun {} test-1: it is pending: only a failed or exception task is rerun",
        of_decision("test-1")
    );
    assert_eq!(*last, expected);
}

#[test]
fn a_task_past_its_deadline_cannot_be_rerun() {
    let push = Push::new();
    push.time.pass(TimeDelta::days(2));
    let error = push.run("rerun", Some("test-2"), Value::Null).unwrap_err().to_string();
    let expected = format!(
        "the action `rerun` failed: 1 of 1 tasks: did not rerun {} (test-2): its deadline 2026-02-03T02:40:00.000Z has \
         passed, after which the queue neither runs nor changes it",
        of_decision("test-2")
    );
    assert_eq!(error, expected);
}

#[test]
fn a_task_of_another_group_is_refused() {
    let push = Push::new();
    push.task_of(OTHER, "test-1", &[], OTHER);
    for callback in ["rerun", "retrigger", "cancel", "retrigger-disabled"] {
        let error = push
            .call(&push.permitted("generic"), &|call| call.task_id = Some(id(OTHER)), callback)
            .unwrap_err();
        let expected = format!(
            "the action `{callback}` failed: task {OTHER} (`test-1`) is in the group {OTHER}, not in {DECISION}"
        );
        assert_eq!(error.to_string(), expected);
    }
    // Without a group, the index says which push it is.
    let ungrouped = |call: &mut taskgraph_action_tasks::Call<'_>| {
        call.task_id = Some(id(OTHER));
        call.task_group_id = None;
    };
    let error = push.call(&push.permitted("generic"), &ungrouped, "rerun").unwrap_err().to_string();
    let expected = format!(
        "the action `rerun` failed: task {OTHER} (`test-1`) was not created for the push of the decision task {DECISION}"
    );
    assert_eq!(error, expected);
    assert_eq!(push.state(&id(OTHER)), State::Pending);
    assert_eq!(counts(&push.names()), BEFORE);
}

/// A phase or a cron task has a group of its own, for all of whose tasks the action is offered.
#[test]
fn a_task_of_the_graph_that_offered_the_action_is_rerun() {
    let push = Push::new();
    let (phase, made, other) = ("BQECAwQFRgeICQoLDA0ODw", "BgECAwQFRgeICQoLDA0ODw", "BwECAwQFRgeICQoLDA0ODw");
    push.task(phase, "phase", &[]);
    push.artifacts(phase, &[("label-to-taskid.json", map! { "ship" => made }.into())]);
    for (task_id, name) in [(made, "ship"), (other, "strange")] {
        push.task_of(task_id, name, &[], phase);
        push.end(task_id, Report::Failed);
    }
    let rerun = |task_id: &str, group: &str| {
        let triggered = |call: &mut taskgraph_action_tasks::Call<'_>| {
            call.task_id = Some(id(task_id));
            call.task_group_id = Some(id(group));
        };
        push.call(&push.permitted("generic"), &triggered, "rerun").map_err(|error| error.to_string())
    };
    assert_eq!(rerun(made, phase), Ok(()));
    assert_eq!((push.state(&id(made)), push.runs(&id(made))), (State::Pending, 2));
    let error = rerun(other, phase).unwrap_err();
    assert!(error.contains("(`strange`) was not created for the push"), "{error}");
    let error = rerun(made, DECISION).unwrap_err();
    assert!(error.contains("is in the group"), "{error}");
    // What made no graph offers nothing.
    push.task_of(OTHER, "lonely", &[], OTHER);
    push.end(OTHER, Report::Failed);
    let error = rerun(OTHER, OTHER).unwrap_err();
    assert!(error.contains("(`lonely`) was not created for the push"), "{error}");
}

#[test]
fn one_task_is_canceled() {
    let push = Push::new();
    push.run("cancel", Some("build"), Value::Null).unwrap();
    assert_eq!(push.state(&of_decision("build")), State::Exception);
    assert_eq!(push.state(&of_decision("test-1")), State::Pending);
    // What ended already stays as it is.
    push.run("cancel", Some("test-2"), Value::Null).unwrap();
    assert_eq!(push.state(&of_decision("test-2")), State::Failed);
}

#[test]
fn all_tasks_are_canceled_but_the_action_itself() {
    let push = Push::new();
    push.run("cancel-all", None, Value::Null).unwrap();
    for label in ["image", "build", "test-1", "sign"] {
        assert_eq!(push.state(&of_decision(label)), State::Exception, "{label}");
    }
    assert_eq!(push.state(&of_decision("test-2")), State::Failed);
    assert_eq!(push.state(&id(ACTION)), State::Pending);
    assert_eq!(push.said.borrow().first().unwrap(), "canceling 4 tasks");
}

#[test]
fn what_may_not_be_canceled_is_said_and_the_rest_is_canceled() {
    let push = Push::new();
    let cancel = |label: &str| format!("queue:cancel-task:example-level-1/{DECISION}/{}", of_decision(label));
    let generic = "assume:repo:github.com/example/example:action:generic";
    let (image, sign) = (cancel("image"), cancel("sign"));
    let looks = ["queue:list-task-group:*", "queue:get-task:*", "queue:status:*"];
    let cluster = push.with_scopes(&[&[generic, &image, &sign], &looks[..]].concat());
    let error = push.call(&cluster, &|_| {}, "cancel-all").unwrap_err().to_string();
    assert!(error.starts_with("the action `cancel-all` failed: 2 of 4 tasks: did not cancel "), "{error}");
    assert_eq!(push.state(&of_decision("sign")), State::Exception);
    assert_eq!(push.state(&of_decision("build")), State::Pending);
}
