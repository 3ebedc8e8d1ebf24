//! Which tasks a push has by now.

use chrono::TimeDelta;
use taskgraph_action_tasks::{About, Action, AnyError, Call, add_action};
use taskgraph_value::{Map, Value, map};

use crate::support::{DECISION, Push, id, registry};

const FIRST: &str = "AAECAwQFRgeICQoLDA0ODw";
const SECOND: &str = "BAECAwQFRgeICQoLDA0ODw";
const THIRD: &str = "CAECAwQFRgeICQoLDA0ODw";
const FOURTH: &str = "DAECAwQFRgeICQoLDA0ODw";

/// Tells which task each label has.
struct Tell;

impl Action for Tell {
    fn about(&self) -> About {
        About::new("tell", "Tell", "t", "Tells.")
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let push = call.push_graph()?;
        call.say(&format!("decision {}", push.decision_task_id));
        for (label, id) in push.label_to_taskid.iter() {
            call.say(&format!("{label} {}", id.as_str().map_or("", |id| id.as_str())));
        }
        Ok(())
    }
}

fn told(push: &Push, change: &dyn Fn(&mut Call<'_>)) -> Result<Vec<String>, String> {
    push.said.borrow_mut().clear();
    let with_tell = |call: &mut Call<'_>| {
        let mut registry = registry();
        add_action(&mut registry, "tell", Tell);
        call.registry = registry.into();
        change(call);
    };
    push.call(&push.permitted("generic"), &with_tell, "tell").map_err(|error| error.to_string())?;
    Ok(push.said.borrow().clone())
}

fn labels(labels: &[&str], made_by: &str) -> Value {
    labels.iter().map(|label| ((*label).into(), Value::from(made_by))).collect::<Map>().into()
}

#[track_caller]
fn check(push: &Push, label: &str, expected: &str) {
    // As in a test, which sees all there is.
    let told = told(push, &|call| call.own_task_id = None).unwrap();
    assert!(told.contains(&format!("{label} {expected}")), "{told:?}");
}

#[test]
fn the_latest_task_of_a_label_counts() {
    let push = Push::new();
    // The index lists them by name; they were created in another order.
    for (task_id, path, made) in [
        (THIRD, "revision.b.actions", &["test-1", "sign"][..]),
        (FIRST, "revision.b.cron", &["test-1", "sign", "docs"]),
        (SECOND, "pushlog-id.0.actions", &["test-1", "docs"]),
    ] {
        push.time.pass(TimeDelta::seconds(1));
        push.task(task_id, "another action", &[]);
        push.artifacts(task_id, &[("label-to-taskid.json", labels(made, task_id))]);
        push.index(&format!("example.v2.example.{path}.{task_id}"), task_id);
    }
    check(&push, "test-1", SECOND);
    check(&push, "docs", SECOND);
    check(&push, "sign", FIRST);
    check(&push, "test-2", crate::support::of_decision("test-2").as_str());
}

#[test]
fn tasks_that_created_nothing_are_passed_over() {
    let push = Push::new();
    push.task(FOURTH, "an action that canceled something", &[]);
    push.index(&format!("example.v2.example.revision.b.actions.{FOURTH}"), FOURTH);
    let told = told(&push, &|_| {}).unwrap();
    assert!(told.contains(&format!("task {FOURTH} created no tasks")), "{told:?}");
}

#[test]
fn what_is_no_mapping_of_labels_is_an_error() {
    let push = Push::new();
    push.task(FOURTH, "another action", &[]);
    push.artifacts(FOURTH, &[("label-to-taskid.json", map! { "test-1" => 3 }.into())]);
    push.index(&format!("example.v2.example.revision.b.actions.{FOURTH}"), FOURTH);
    let expected = format!(
        "the action `tell` failed: the artifact `public/label-to-taskid.json` of task {FOURTH}: `test-1`: expected a \
         taskId, found the integer 3"
    );
    assert_eq!(told(&push, &|_| {}).unwrap_err(), expected);
}

#[test]
fn the_decision_is_found_in_the_index_or_named_by_the_group() {
    let push = Push::new();
    let of = |changes: Map, group: Option<&str>| {
        told(&push, &|call: &mut Call<'_>| {
            let mut values = call.parameters.values().clone();
            values.extend_from(&changes);
            call.parameters = taskgraph_config::Parameters::from_values(values, true);
            call.task_group_id = group.map(id);
        })
    };
    let decision = format!("decision {DECISION}");
    assert!(of(map! {}, Some(FOURTH)).unwrap().contains(&decision));
    assert!(of(map! { "head_rev" => "c" }, Some(DECISION)).unwrap().contains(&decision));
    push.index("example.v2.example.pushlog-id.7.decision", DECISION);
    let mercurial = map! { "repository_type" => "hg", "pushlog_id" => "7" };
    assert!(of(mercurial, None).unwrap().contains(&decision));

    assert_eq!(
        of(map! { "head_rev" => "c" }, None).unwrap_err(),
        "the action `tell` failed: there is no decision task at `example.v2.example.revision.c.taskgraph.decision` in \
         the index, and no task group is given"
    );
    assert_eq!(
        of(map! { "repository_type" => "svn" }, Some(DECISION)).unwrap_err(),
        "the action `tell` failed: the parameter `repository_type`: expected `git` or `hg`, found the string \"svn\""
    );
    // The group is a task without a graph.
    let error = of(map! { "head_rev" => "c" }, Some(crate::support::ACTION)).unwrap_err();
    let expected = format!(
        "the action `tell` failed: cannot read the artifact `public/full-task-graph.json` of task {}: ",
        crate::support::ACTION
    );
    assert!(error.starts_with(&expected), "{error}");
}
