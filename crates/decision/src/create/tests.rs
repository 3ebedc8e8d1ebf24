//! What is planned, and what cannot be.

use std::sync::Arc;

use taskgraph_value::{json, map};

use super::*;
use crate::{duplicate_id, task_id};

fn decision() -> TaskId {
    "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn task(label: &str, definition: Value) -> Task {
    let map = map! {
        "kind" => "k", "label" => label, "attributes" => map! {}, "optimization" => Value::Null, "task" => definition,
    };
    Task {
        task_id: Some(task_id(&decision(), label).as_str().into()),
        ..Task::from_map(label, &map).unwrap()
    }
}

fn needing(label: &str, needs: &[&str]) -> Task {
    let needs: List = needs.iter().map(|need| Value::from(task_id(&decision(), need).as_str())).collect();
    task(label, map! { "dependencies" => needs }.into())
}

fn plan(tasks: Vec<Task>) -> Result<Plan, CreateError> {
    // A graph does not hold two tasks of one taskId; one of labels does.
    let graph = TaskGraph::set(tasks.into_iter().map(Arc::new)).unwrap();
    Plan::new(&graph, &decision(), "example-level-1", now())
}

#[track_caller]
fn refused(task: Task, expected: &str) {
    assert_eq!(plan(vec![task]).unwrap_err().to_string(), expected);
}

#[test]
fn a_scheduler_says_the_level() {
    assert_eq!(level_of("example-level-3", "example"), Some("3"));
    for other in ["example-level-4", "example-level-", "other-level-3", "example-3", ""] {
        assert_eq!(level_of(other, "example"), None);
    }
}

#[test]
fn the_decision_is_needed_where_nothing_else_is() {
    let outside = map! { "dependencies" => vec!["AAECAwQFRgeICQoLDA0ODw".into()] };
    let tasks =
        vec![needing("test", &["build"]), task("build", outside.into()), task("lint", map! {}.into())];
    let plan = plan(tasks).unwrap();
    let shown: Vec<String> = plan
        .tasks()
        .iter()
        .map(|task| format!("{} {}", task.label(), json::compact(task.definition()).unwrap()))
        .collect();
    let build = task_id(&decision(), "build");
    let rest = r#""taskGroupId":"fdtgsD5DQUmAQZEaGMvQ4Q","schedulerId":"example-level-1"}"#;
    assert_eq!(
        shown,
        [
            format!(r#"build {{"dependencies":["AAECAwQFRgeICQoLDA0ODw","fdtgsD5DQUmAQZEaGMvQ4Q"],{rest}"#),
            format!(r#"lint {{"dependencies":["fdtgsD5DQUmAQZEaGMvQ4Q"],{rest}"#),
            format!(r#"test {{"dependencies":["{build}"],{rest}"#),
        ]
    );
}

#[test]
fn the_decision_is_never_needed_twice() {
    let definition = map! { "dependencies" => vec![decision().as_str().into()] };
    let plan = plan(vec![task("a", definition.into())]).unwrap();
    let text = json::compact(plan.tasks()[0].definition().at("dependencies").unwrap()).unwrap();
    assert_eq!(text, r#"["fdtgsD5DQUmAQZEaGMvQ4Q"]"#);
}

#[test]
fn copies_have_ids_of_their_own() {
    let mut build = task("build", map! {}.into());
    build.attributes.insert(text!("task_duplicates"), 3.into());
    let plan = plan(vec![needing("test", &["build"]), build]).unwrap();
    let mut ids: Vec<_> =
        plan.tasks().iter().map(|task| (task.label().as_str(), task.task_id().clone())).collect();
    assert_eq!(ids.pop(), Some(("test", task_id(&decision(), "test"))));
    assert_eq!(ids, [0, 1, 2].map(|index| ("build", duplicate_id(&decision(), "build", index))));
}

#[test]
fn what_no_queue_accepts_is_said_before_anything_is_sent() {
    refused(Task { task_id: None, ..task("a", map! {}.into()) }, "task `a`: it has no taskId");
    refused(
        Task { task_id: Some("short".into()), ..task("a", map! {}.into()) },
        "task `a`: bad task id `short`: expected 22 letters, digits, `-` and `_`, as in `fdtgsD5DQUmAQZEaGMvQ4Q`",
    );
    refused(task("a", 3.into()), "task `a`: expected a mapping as definition, found the integer 3");
    let definition = |value: Value| Value::from(map! { "extra" => vec![map! { "x" => value }.into()] });
    refused(
        task("a", definition(Value::Date("2024-01-01".into()))),
        "task `a`: `extra.0.x`: a date cannot be written as JSON; quote it to make it a string",
    );
    refused(task("a", definition(f64::NAN.into())), "task `a`: `extra.0.x`: expected a finite number");
    refused(
        task("a", definition(Value::BigInt("9".repeat(400).into()))),
        "task `a`: `extra.0.x`: expected an integer below 1.8e308",
    );
    refused(
        task("a", definition(map! { "relative-datestamp" => "soon" }.into())),
        "task `a`: `extra.0.x.relative-datestamp`: bad duration `soon`: expected a whole number and a unit, as in \
         `28 days`",
    );
    refused(
        task("a", map! { "dependencies" => "b" }.into()),
        "task `a`: `dependencies`: expected a list, found the string \"b\"",
    );
    refused(
        task("a", map! { "dependencies" => vec![1.into()] }.into()),
        "task `a`: `dependencies.0`: expected a taskId, found the integer 1",
    );
    refused(
        task("a", map! { "dependencies" => vec!["b".into()] }.into()),
        "task `a`: `dependencies.0`: expected a taskId, found the string \"b\"",
    );
    let mut copied = task("a", map! {}.into());
    copied.attributes.insert(text!("task_duplicates"), "3".into());
    refused(
        copied,
        "task `a`: attribute `task_duplicates`: expected an integer, 10000 at most, found the string \"3\"",
    );
}

#[test]
fn large_integers_are_sent() {
    let large = Value::BigInt("123456789012345678901234".into());
    assert!(plan(vec![task("a", map! { "extra" => large }.into())]).is_ok());
}

#[test]
fn all_faults_are_reported() {
    let same = Task { label: "c".into(), ..task("a", map! {}.into()) };
    let error = plan(vec![task("a", map! {}.into()), task("b", 3.into()), same]).unwrap_err().to_string();
    let id = task_id(&decision(), "a");
    let expected = format!(
        "2 tasks cannot be created:\n  task `b`: expected a mapping as definition, found the integer 3\n  \
         task `c`: it has the same taskId as `a`, {id}"
    );
    assert_eq!(error, expected);
    let error = plan(vec![needing("a", &["b"]), needing("b", &["a"]), needing("c", &["c"])]).unwrap_err();
    let CreateError::Faults { faults } = error else { panic!("{error}") };
    assert_eq!(faults.iter().map(|fault| fault.label.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

fn action() -> TaskId {
    "PgAKBjVOQPCNmKf4k9nSZA".parse().unwrap()
}

#[test]
fn an_action_creates_in_the_group_of_its_decision() {
    let mut first = task("a", map! { "dependencies" => vec![action().as_str().into()] }.into());
    first.attributes.insert(text!("task_duplicates"), 2.into());
    let graph = TaskGraph::set([first, needing("b", &["a"])].map(Arc::new)).unwrap();
    let ids = TaskIds::new(&action()).with_suffix("1");
    let plan = Plan::in_group(&graph, &decision(), &ids, "example-level-1", now()).unwrap();
    let [first, copy, second] = plan.tasks() else { panic!("{plan:?}") };
    assert_eq!(copy.task_id, ids.duplicate_id("a", 1));
    for (task, dependencies) in [
        (first, format!(r#"["{}","{}"]"#, action(), decision())),
        (second, format!(r#"["{}"]"#, task_id(&decision(), "a"))),
    ] {
        assert_eq!(json::compact(task.definition().at("dependencies").unwrap()).unwrap(), dependencies);
        assert_eq!(task.definition().at("taskGroupId"), Some(&decision().as_str().into()));
    }
}

#[test]
fn a_definition_may_be_complete() {
    let id = task_id(&action(), "decision");
    let definition = Value::from(map! { "created" => map! { "relative-datestamp" => "0 seconds" } });
    let plan = Plan::of_definition("decision", id.clone(), definition.clone(), now()).unwrap();
    let [task] = plan.tasks() else { panic!("{plan:?}") };
    assert_eq!((task.label().as_str(), task.task_id(), task.definition()), ("decision", &id, &definition));
    let wrong = map! { "created" => map! { "relative-datestamp" => "soon" } }.into();
    let error = Plan::of_definition("decision", id, wrong, now()).unwrap_err().to_string();
    assert!(
        error.starts_with("task `decision`: `created.relative-datestamp`: bad duration `soon`"),
        "{error}"
    );
}

#[test]
fn plans_are_merged_in_order() {
    let labels = |plan: &Plan| plan.tasks().iter().map(|task| task.label().clone()).collect::<Vec<_>>();
    let part = |label| plan(vec![task(label, map! {}.into())]).unwrap();
    assert_eq!(labels(&Plan::merged([part("b"), part("a")]).unwrap()), ["b", "a"]);
    assert!(Plan::merged([]).unwrap().tasks().is_empty());
    let error = Plan::merged([part("a"), part("a")]).unwrap_err().to_string();
    assert!(error.starts_with("task `a`: it has the same taskId as `a`"), "{error}");
}
