//! What cannot be done is one clear message, and nothing is created.

use taskgraph_action_tasks::Call;
use taskgraph_value::{Map, Value, map};

use crate::support::{BEFORE, DECISION, Push, counts, of_decision};

#[test]
fn one_clear_message_each() {
    let push = Push::new();
    let tasks = |labels: &[&str]| -> Map {
        map! { "tasks" => labels.iter().map(|label| Value::from(*label)).collect::<Vec<_>>() }
    };
    let requests = |request: Map| map! { "requests" => vec![request.into()] };
    let bad = |action: &str, problem: &str| format!("bad input for the action `{action}`: {problem}");
    let failed = |action: &str, problem: &str| format!("the action `{action}` failed: {problem}");
    let none = |label: &str| format!("the full task graph of {DECISION} has no task `{label}`");
    for (callback, label, input, expected) in [
        (
            "retrigger",
            Some("test-1"),
            map! { "times" => 0 }.into(),
            bad("retrigger", "`times`: expected at least 1, found the integer 0"),
        ),
        (
            "retrigger",
            Some("test-1"),
            map! { "times" => 101 }.into(),
            bad("retrigger", "`times`: expected at most 100, found the integer 101"),
        ),
        (
            "retrigger",
            Some("test-1"),
            map! { "times" => "2", "downstream" => 1 }.into(),
            bad(
                "retrigger",
                "`times`: expected an integer, found the string \"2\"; `downstream`: expected a boolean, found \
                 the integer 1",
            ),
        ),
        ("retrigger", None, Value::Null, failed("retrigger", "it needs a task to be triggered for")),
        (
            "add-new-jobs",
            None,
            tasks(&["docs", "no-such", "none"]).into(),
            failed(
                "add-new-jobs",
                &format!("the full task graph of {DECISION} has no task `no-such`, `none`"),
            ),
        ),
        ("add-new-jobs", None, tasks(&["docs,none"]).into(), failed("add-new-jobs", &none("docs,none"))),
        (
            "add-new-jobs",
            None,
            Value::Null,
            failed("add-new-jobs", "the input must have `tasks`, a list of labels"),
        ),
        (
            "retrigger-multiple",
            None,
            requests(map! { "tasks" => vec!["test-1".into(), "none".into()] }).into(),
            failed(
                "retrigger-multiple",
                "there is no task `none` to rerun: nothing created it for this push",
            ),
        ),
        ("cancel", Some("test-1"), 3.into(), bad("cancel", "expected none, found the integer 3")),
    ] {
        let error = push.run(callback, label, input).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
    let unknown = push.run("nonsense", None, Value::Null).unwrap_err().to_string();
    assert!(
        unknown.starts_with("there is no action `nonsense`; known are add-new-jobs, cancel, cancel-all, "),
        "{unknown}"
    );
    let nobody = |call: &mut Call<'_>| call.task_id = Some("AAECAwQFRgeICQoLDA0ODw".parse().unwrap());
    let error = push.call(&push.permitted("generic"), &nobody, "retrigger").unwrap_err().to_string();
    let expected = "the action `retrigger` failed: cannot look up task AAECAwQFRgeICQoLDA0ODw: ";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!(counts(&push.names()), BEFORE);
    assert_eq!(push.runs(&of_decision("test-2")), 1);
    assert!(push.written().is_empty());
}

#[test]
fn a_generic_hook_cannot_run_an_action_that_needs_more() {
    let push = Push::new();
    let error = push.run("rebuild-cached-tasks", None, Value::Null).unwrap_err().to_string();
    assert_eq!(
        error,
        "this task must not run this action: expected the scope \
         `assume:repo:github.com/example/example:action:rebuild-cached-tasks` or \
         `assume:repo:github.com/example/example:pr-action:rebuild-cached-tasks`"
    );
    // More than the scope is not the scope: it must be there literally.
    let error = push.call(&push.cluster, &|_| {}, "cancel-all").unwrap_err().to_string();
    assert!(
        error.contains("expected the scope `assume:repo:github.com/example/example:action:generic`"),
        "{error}"
    );
    // The actions of pull requests have the role of the repository that the change is meant for.
    let cluster =
        push.with_scopes(&["assume:repo:github.com/example/base:pr-action:generic", "queue:*", "index:*"]);
    let pull_request = |call: &mut Call<'_>| {
        let mut values = call.parameters.values().clone();
        values.insert("base_repository".into(), "https://github.com/example/base".into());
        call.parameters = taskgraph_config::Parameters::from_values(values, true);
        call.task_id = Some(of_decision("build"));
    };
    push.call(&cluster, &pull_request, "cancel").unwrap();
    assert_eq!(counts(&push.names()), BEFORE);
}
