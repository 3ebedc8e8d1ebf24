//! Callbacks that create tasks.

use chrono::TimeDelta;
use serde_json::json;
use taskcluster_queue_client::TaskId;
use taskgraph_action_tasks::Error;
use taskgraph_value::{Value, map};

use crate::support::{ACTION, BEFORE, DECISION, OTHER, Push, counts, id, of_action, of_decision};

#[test]
fn a_task_is_retriggered_as_often_as_asked() {
    let push = Push::new();
    push.run("retrigger", Some("test-1"), map! { "times" => 3 }).unwrap();
    assert_eq!(counts(&push.names()), "build 1, image 1, sign 1, test-1 4, test-2 1");

    let again = push.definition(&of_action("2", "test-1"));
    assert_eq!(again["taskGroupId"], DECISION);
    assert_eq!(again["schedulerId"], "example-level-1");
    assert_eq!(again["extra"]["parent"], ACTION);
    // It uses the build of the push, and waits for the action to end.
    assert_eq!(again["payload"]["env"]["build"], of_decision("build").as_str());
    assert_eq!(again["dependencies"], json!([ACTION, of_decision("build"), DECISION]));
    assert_eq!(again["created"], "2026-02-02T02:40:00.000Z");

    let mut expected = Vec::new();
    for name in ["label-to-taskid", "task-graph", "to-run"] {
        expected.extend(["-0", "-1", "-2", ""].map(|suffix| format!("{name}{suffix}.json")));
    }
    assert_eq!(push.written(), expected);
    assert_eq!(push.read("to-run.json"), json!(["test-1"]));
    assert_eq!(push.read("task-graph.json").as_object().unwrap().len(), 3);
    assert_eq!(
        push.read("label-to-taskid-0.json"),
        json!({
            "image": of_decision("image"), "build": of_decision("build"), "test-1": of_action("0", "test-1"),
        })
    );
    // The last of a label counts.
    assert_eq!(push.read("label-to-taskid.json")["test-1"], of_action("2", "test-1").as_str());
}

#[test]
fn what_depends_on_it_comes_along() {
    let push = Push::new();
    push.run("retrigger", Some("build"), map! { "downstream" => true }).unwrap();
    assert_eq!(counts(&push.names()), "build 2, image 1, sign 3, test-1 2, test-2 2");
    let build = of_action("0", "build");
    let test = push.definition(&of_action("0", "test-2"));
    assert_eq!(test["dependencies"], json!([ACTION, build]));
    assert_eq!(test["payload"]["env"]["build"], build.as_str());
    assert_eq!(push.written(), ["label-to-taskid.json", "task-graph.json", "to-run.json"]);
    assert_eq!(push.read("to-run.json"), json!(["build", "sign", "test-1", "test-2"]));
}

#[test]
fn tasks_that_should_be_rerun_are_retriggered_by_force_only() {
    let push = Push::new();
    for callback in ["retrigger", "retrigger-disabled"] {
        let error = push.run(callback, Some("test-2"), Value::Null).unwrap_err().to_string();
        let expected = format!(
            "the action `{callback}` failed: task `test-2` should be rerun, not retriggered; the input `force: true` \
             retriggers it all the same"
        );
        assert_eq!(error, expected);
    }
    assert_eq!(counts(&push.names()), BEFORE);
    push.run("retrigger-disabled", Some("test-2"), map! { "force" => true }).unwrap();
    assert_eq!(counts(&push.names()), "build 1, image 1, sign 1, test-1 1, test-2 2");
}

#[test]
fn an_action_that_is_run_again_creates_nothing_twice() {
    let push = Push::new();
    let retrigger = || push.run("retrigger", Some("build"), map! { "times" => 2, "downstream" => true });
    retrigger().unwrap();
    let first = push.names();
    push.time.pass(TimeDelta::minutes(7));
    retrigger().unwrap();
    assert_eq!(push.names(), first);

    // Its labels are in the index by now, but they are its own.
    let labels = serde_json::from_value(push.read("label-to-taskid.json")).unwrap();
    push.artifacts(ACTION, &[("label-to-taskid.json", labels)]);
    push.index(&format!("example.v2.example.revision.b.actions.{ACTION}"), ACTION);
    retrigger().unwrap();
    assert_eq!(push.names(), first);
    let said = push.said.borrow();
    assert!(said.iter().any(|line| line.starts_with("exists already: ")), "{said:?}");
}

#[test]
fn an_interrupted_action_is_finished_although_the_index_has_more_now() {
    let push = Push::new();
    let add = || push.run("add-new-jobs", None, map! { "tasks" => vec!["docs".into()] });
    add().unwrap();
    assert_eq!(counts(&push.names()), "build 1, docs 1, image 1, sign 1, test-1 1, test-2 1, tool 1");
    let docs = push.definition(&of_action("0", "docs"));
    assert_eq!(docs["payload"]["env"]["tool"], of_action("0", "tool").as_str());
    assert_eq!(docs["payload"]["env"]["image"], of_decision("image").as_str());

    // Now somebody else has a tool. This action has its own.
    push.task(OTHER, "tool of another push", &[]);
    push.artifacts(OTHER, &[]);
    push.index("example.cache.tool", OTHER);
    add().unwrap();
    assert_eq!(push.definition(&of_action("0", "docs")), docs);
}

#[test]
fn what_took_the_place_of_a_task_does_so_again() {
    let push = Push::new();
    let tool = |id: &str| {
        push.task_with_routes(id, "tool of another push", &["index.example.cache.tool"]);
        push.artifacts(id, &[]);
        push.index("example.cache.tool", id);
    };
    let add = || push.run("add-new-jobs", None, map! { "tasks" => vec!["docs".into()] });
    tool(OTHER);
    add().unwrap();
    let docs = push.definition(&of_action("0", "docs"));
    assert_eq!(docs["payload"]["env"]["tool"], OTHER);
    push.time.pass(TimeDelta::minutes(1));
    tool("BAECAwQFRgeICQoLDA0ODw");
    add().unwrap();
    assert_eq!(push.definition(&of_action("0", "docs")), docs);
    assert_eq!(push.read("label-to-taskid.json")["tool"], OTHER);
}

#[test]
fn an_action_that_is_run_again_does_not_see_later_ones() {
    for began in [true, false] {
        let push = Push::new();
        if began {
            push.begin(ACTION);
        }
        let retrigger = || push.run("retrigger", Some("test-1"), Value::Null);
        retrigger().unwrap();
        let first = push.definition(&of_action("0", "test-1"));
        push.time.pass(TimeDelta::minutes(1));
        push.other_action();
        push.end_other_action();
        retrigger().unwrap();
        assert_eq!(push.definition(&of_action("0", "test-1")), first);
    }
}

/// An action that was created before, or after, does not matter: what counts is whether it ended before this one began.
#[test]
fn an_action_that_is_run_again_sees_what_had_ended_when_it_began() {
    let push = Push::new();
    push.other_action();
    push.time.pass(TimeDelta::minutes(1));
    push.begin(ACTION);
    let retrigger = || push.run("retrigger", Some("test-1"), Value::Null);
    retrigger().unwrap();
    let first = push.definition(&of_action("0", "test-1"));
    assert_eq!(first["payload"]["env"]["build"], of_decision("build").as_str());
    push.time.pass(TimeDelta::minutes(1));
    push.end_other_action();
    retrigger().unwrap();
    assert_eq!(push.definition(&of_action("0", "test-1")), first);
    let expected = format!("task {OTHER} does not count: this action began before it ended");
    assert!(push.said.borrow().contains(&expected), "{:?}", push.said);

    let push = Push::new();
    push.time.pass(TimeDelta::minutes(1));
    push.other_action();
    push.end_other_action();
    push.time.pass(TimeDelta::minutes(1));
    push.begin(ACTION);
    for _ in 0..2 {
        push.run("retrigger", Some("test-1"), Value::Null).unwrap();
        let again = push.definition(&of_action("0", "test-1"));
        assert_eq!(again["payload"]["env"]["build"], OTHER);
        // Somebody runs the other action again. What it created first is still there.
        push.wait(push.cluster.queue().rerun_task(&id(OTHER))).unwrap();
    }
}

#[test]
fn jobs_that_were_optimized_away_are_added_with_what_they_need() {
    let push = Push::new();
    push.task(OTHER, "tool of another push", &[]);
    push.artifacts(OTHER, &[]);
    push.index("example.cache.tool", OTHER);
    push.run("add-new-jobs", None, map! { "tasks" => vec!["docs".into()], "times" => 2 }).unwrap();
    assert_eq!(
        counts(&push.names()),
        "build 1, docs 2, image 1, sign 1, test-1 1, test-2 1, tool of another push 1"
    );
    assert_eq!(push.definition(&of_action("1", "docs"))["payload"]["env"]["tool"], OTHER);
    assert_eq!(push.read("label-to-taskid.json")["tool"], OTHER);
}

/// As `action.yml` gives them.
#[test]
fn labels_may_be_separated_by_commas() {
    let push = Push::new();
    push.run("add-new-jobs", None, map! { "tasks" => vec!["test-1,test-2".into()] }).unwrap();
    assert_eq!(counts(&push.names()), "build 1, image 1, sign 1, test-1 2, test-2 2");
}

#[test]
fn cached_tasks_are_rebuilt() {
    let push = Push::new();
    let cluster = push.permitted("rebuild-cached-tasks");
    push.call(&cluster, &|_| {}, "rebuild-cached-tasks").unwrap();
    assert_eq!(counts(&push.names()), "build 1, image 2, sign 1, test-1 1, test-2 1, tool 1");
    assert_eq!(push.read("to-run.json"), json!(["image", "tool"]));
    assert_eq!(push.definition(&of_action("", "image"))["dependencies"], json!([ACTION, DECISION]));
}

#[test]
fn several_tasks_are_retriggered_or_rerun() {
    let push = Push::new();
    let request = |labels: &[&str], times: i64| {
        let labels: Vec<Value> = labels.iter().map(|label| (*label).into()).collect();
        Value::from(map! { "tasks" => labels, "times" => times })
    };
    let requests = vec![request(&["test-1", "test-2"], 2), request(&["build", "test-1"], 1)];
    push.run("retrigger-multiple", None, map! { "requests" => requests }).unwrap();
    assert_eq!(counts(&push.names()), "build 2, image 1, sign 1, test-1 4, test-2 1");
    assert_eq!(push.runs(&of_decision("test-2")), 2);
    // A request uses what it creates itself.
    let test = push.definition(&of_action("1-0", "test-1"));
    assert_eq!(test["payload"]["env"]["build"], of_action("1-0", "build").as_str());
    assert_eq!(push.read("to-run-0-1.json"), json!(["test-1"]));

    let nothing = push.run("retrigger-multiple", None, map! { "requests" => vec![] });
    assert!(nothing.is_ok());
    assert_eq!(push.read("task-graph.json"), json!({}));
}

#[test]
fn a_decision_task_is_retriggered_exactly() {
    let push = Push::new();
    let cluster = push.permitted("retrigger-decision");
    let before = push.definition(&id(DECISION));
    push.time.pass(TimeDelta::hours(3));
    push.call(&cluster, &|call| call.task_id = Some(id(DECISION)), "retrigger-decision").unwrap();
    let copy: TaskId = of_action("", "decision");
    let after = push.definition(&copy);
    for key in ["taskGroupId", "dependencies", "metadata", "payload", "schedulerId", "taskQueueId", "tags"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(after["created"], "2026-02-02T05:40:00.000Z");
    assert_eq!(after["deadline"], "2026-02-03T05:40:00.000Z");
    assert_eq!(after["expires"], "2026-03-04T05:40:00.000Z");
    push.time.pass(TimeDelta::hours(1));
    push.call(&cluster, &|call| call.task_id = Some(id(DECISION)), "retrigger-decision").unwrap();
    assert_eq!(push.definition(&copy), after);
}

#[test]
fn a_test_changes_nothing() {
    let push = Push::new();
    let (cluster, recorder) = push.cluster.dry_run();
    let run = |callback: &str, label: Option<&str>, input: Value| {
        let call = push.call(
            &cluster,
            &|call| {
                call.task_id = label.map(of_decision);
                call.input = input.clone();
                // A test needs no task of its own.
                call.own_task_id = None;
            },
            callback,
        );
        call.unwrap();
    };
    run("retrigger", Some("test-1"), map! { "times" => 2 }.into());
    run("add-new-jobs", None, map! { "tasks" => vec!["docs".into()] }.into());
    run("rerun", Some("test-2"), Value::Null);
    run("cancel-all", None, Value::Null);
    assert_eq!(counts(&push.names()), BEFORE);
    let recorded = recorder.requests();
    let created: Vec<&str> = recorded
        .iter()
        .filter(|request| request.method == "createTask")
        .map(|request| request.body["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(created, ["test-1", "test-1", "tool", "docs"]);
    assert_eq!(recorded[0].body["dependencies"], json!([of_decision("build"), DECISION]));
    assert_eq!(recorded[0].body["extra"]["parent"], "");
    assert_eq!(recorded.iter().filter(|request| request.method == "rerunTask").count(), 1);
}

#[test]
fn a_task_that_cannot_be_created_is_an_error_of_the_action() {
    let push = Push::new();
    let generic = "assume:repo:github.com/example/example:action:generic";
    let cluster = push.with_scopes(&[generic, "queue:get-*", "queue:status:*", "index:*"]);
    let error =
        push.call(&cluster, &|call| call.task_id = Some(of_decision("test-1")), "retrigger").unwrap_err();
    assert!(matches!(error, Error::Action { .. }), "{error}");
    assert_eq!(counts(&push.names()), BEFORE);
}
