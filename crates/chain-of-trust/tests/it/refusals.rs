//! Tasks and artifacts that make no sense: one message each, and nothing that takes long.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use taskcluster_queue_client::TaskId;
use taskgraph_chain_of_trust::{
    Change, Error, Expectations, Functions, Making, Template, decision_definitions, verify_action,
    verify_decision,
};

use crate::support::{ACTION, DECISION, now, stub};

const TREE: &[u8] = b"version: 1\ntasks: [{payload: {env: {$eval: 'tasks_for'}}}]";

fn decision() -> Value {
    json!({
        "taskGroupId": DECISION, "created": "2026-02-03T04:05:06.789Z", "schedulerId": "x-level-1",
        "metadata": { "owner": "a@example.com", "source": "https://github.com/a/b/raw/1/.taskcluster.yml" },
        "payload": { "env": { "X_HEAD_REPOSITORY": "https://github.com/a/b", "X_HEAD_REV": "1" } },
        "extra": { "tasks_for": "github-push" },
    })
}

fn action() -> Value {
    json!({
        "taskGroupId": DECISION, "created": "2026-02-03T04:05:06.789Z",
        "payload": { "env": { "ACTION_CALLBACK": "c", "ACTION_INPUT": "null", "ACTION_TASK_ID": "null" } },
        "extra": { "tasks_for": "action" },
    })
}

fn actions() -> Value {
    let payload = json!({ "decision": { "action": { "cb_name": "c" } } });
    json!({ "version": 1, "variables": {}, "actions": [{ "kind": "hook", "hookPayload": payload }] })
}

/// What is wrong with a task, after a change of what there is.
async fn fails(id: &str, change: impl Fn(&mut Value, &mut Value, &mut Value)) -> String {
    let (mut decision, mut action, mut actions) = (decision(), action(), actions());
    change(&mut decision, &mut action, &mut actions);
    let mut answers = BTreeMap::new();
    for (path, value) in [
        (format!("task/{DECISION}"), decision),
        (format!("task/{ACTION}"), action),
        (format!("task/{DECISION}/artifacts/public/actions.json"), actions),
    ] {
        answers.insert(path, value.to_string().into_bytes());
    }
    let task: TaskId = id.parse().unwrap();
    let source = Functions(|_: &str, _: &str| Ok(TREE.to_vec()));
    let (cluster, expectations) = (stub(answers), Expectations::default());
    let verified = match id {
        ACTION => verify_action(&task, &cluster, &source, &expectations).await,
        _ => verify_decision(&task, &cluster, &source, &expectations).await,
    };
    let error = verified.unwrap_err();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[tokio::test]
async fn decision_tasks_that_do_not_say_where_they_come_from() {
    let env = |task: &mut Value| task["payload"]["env"].take();
    let wrong = format!("cannot rebuild task {DECISION}: ");
    for (change, message) in [
        (&(|d: &mut Value| drop(env(d))) as &dyn Fn(&mut Value), "it has no variable `*_HEAD_REPOSITORY`"),
        (&|d| d["payload"] = json!(3), "it has no variable `*_HEAD_REPOSITORY`"),
        (&|d| d["payload"]["env"]["X_HEAD_REV"] = json!(""), "expected a variable `X_HEAD_REV`, found none"),
        (&|d| d["created"] = json!("yesterday"), "expected a time in `created`"),
        (&|d| d["extra"] = json!([]), "expected a text in `extra.tasks_for`"),
        (
            &|d| {
                d["payload"]["env"]["Y_HEAD_REPOSITORY"] = json!("https://github.com/a/c");
                d["metadata"]["source"] = json!("https://example.com");
            },
            "it names several repositories, with variables that begin with X, Y; which counts?",
        ),
    ] {
        assert_eq!(fails(DECISION, |decision, _, _| change(decision)).await, format!("{wrong}{message}"));
    }
    let message = fails(DECISION, |decision, _, _| decision["extra"]["tasks_for"] = json!("x\ny")).await;
    assert!(message.starts_with("cannot make tasks for `x\\ny`: expected hg-push"), "{message}");
    let message = fails(DECISION, |decision, _, _| {
        decision["extra"] = json!({ "tasks_for": "cron", "cron": "{" });
    });
    assert!(message.await.contains("`extra.cron` is no JSON"));
}

#[tokio::test]
async fn several_repositories_are_told_apart_by_the_source() {
    let message = fails(DECISION, |decision, _, _| {
        decision["payload"]["env"]["Y_HEAD_REPOSITORY"] = json!("https://github.com/a/bc");
        decision["created"] = json!("-");
    });
    // It got beyond the variables.
    assert!(message.await.contains("expected a time"));
}

#[tokio::test]
async fn action_tasks_and_artifacts_that_make_no_sense() {
    let message = fails(ACTION, |_, action, _| action["payload"]["env"] = json!({})).await;
    assert!(message.ends_with("it has neither a variable `ACTION_CALLBACK` nor `extra.action`"), "{message}");
    let message = fails(ACTION, |_, action, _| action["extra"]["tasks_for"] = json!("cron")).await;
    assert!(message.ends_with("expected `action` or `pr-action` in `extra.tasks_for`, found `cron`"));
    let message = fails(ACTION, |_, action, _| action["taskGroupId"] = json!("x")).await;
    assert!(message.ends_with("expected an id in `taskGroupId`"));
    let message = fails(ACTION, |_, action, _| {
        action["taskGroupId"] = json!(ACTION);
        action["payload"]["env"]["X_HEAD_REPOSITORY"] = json!("https://github.com/a/b");
    });
    assert!(message.await.ends_with(&format!("found that {ACTION} is an action task, too")));
    let message = fails(ACTION, |_, action, _| action["payload"]["env"]["ACTION_INPUT"] = json!("{")).await;
    assert!(message.contains("the variable `ACTION_INPUT` is no JSON"));

    let artifact = format!("artifact `public/actions.json` of task {DECISION}: ");
    for (change, message) in [
        (&(|a: &mut Value| *a = json!(3)) as &dyn Fn(&mut Value), "expected a list of `actions`"),
        (&|a| a["actions"] = json!({}), "expected a list of `actions`"),
        (&|a| a["actions"] = json!([1, {}]), "it has no action with the callback `c`"),
        (&|a| a["actions"][0]["kind"] = json!("task"), "expected an action of kind `hook`, found \"task\""),
    ] {
        assert_eq!(fails(ACTION, |_, _, actions| change(actions)).await, format!("{artifact}{message}"));
    }
    let message = fails(ACTION, |_, _, actions| {
        actions["actions"][0]["hookPayload"]["x"] = json!("${nothing}");
    });
    assert!(message.await.contains("unknown context value nothing"));
    // What a payload renders to is bounded, whatever it says.
    let message = fails(ACTION, |_, _, actions| {
        actions["actions"][0]["hookPayload"]["x"] = json!({
            "$map": { "$eval": "range(0, 1000000000)" }, "each(x)": "x",
        });
    });
    assert!(message.await.contains("too much memory or time"));
}

#[test]
fn templates_that_render_to_no_tasks() {
    let id: TaskId = DECISION.parse().unwrap();
    let change = Change { tasks_for: "github-push".to_owned(), ..Change::default() };
    let made = |tasks: &str| {
        let text = format!("version: 1\ntasks: {tasks}");
        let template = Template::parse(text.as_bytes(), ".taskcluster.yml".as_ref()).unwrap();
        decision_definitions(&template, &change, &Making::of_one_task(&id, now()))
    };
    assert_eq!(made("[]").unwrap(), []);
    assert_eq!(made("{$if: 'false', then: []}").unwrap(), []);
    for (tasks, part) in [
        ("{$eval: 'tasks_for'}", "`tasks` renders to something else than a list"),
        ("[1]", "one of `tasks` renders to something else than a mapping"),
        ("[{taskId: x}]", "taskId: bad task id `x`"),
        ("[{taskId: 1}]", "taskId: expected a string, found 1"),
        ("[{}, {}]", "one of several tasks has no taskId"),
    ] {
        let message = made(tasks).unwrap_err().to_string();
        assert!(message.starts_with(".taskcluster.yml: ") && message.contains(part), "{message}");
    }
    assert!(matches!(made("['${x}']"), Err(Error::Render { .. })));
    let made = made("[{payload: {}}]").unwrap().remove(0);
    assert_eq!(
        made.definition,
        json!({
            "payload": {}, "taskGroupId": DECISION, "schedulerId": "taskcluster-github",
            "created": "2026-02-03T04:05:06.789Z", "routes": ["statuses"],
        })
    );
}

#[test]
fn several_tasks_have_ids_by_name_and_come_in_order() {
    let text = "
version: 1
reporting: checks-v1
tasks:
  - {dependencies: ['${as_slugid(\"first\")}'], name: second}
  - {taskId: '${as_slugid(\"first\")}', name: first, routes: [checks]}
";
    let template = Template::parse(text.as_bytes(), ".taskcluster.yml".as_ref()).unwrap();
    let id: TaskId = DECISION.parse().unwrap();
    let by_name = |name: &str| {
        let mut bytes = [0; 16];
        bytes[..name.len().min(16)].copy_from_slice(&name.as_bytes()[..name.len().min(16)]);
        TaskId::from_random(bytes)
    };
    let making = Making { task_id_of: Some(&by_name), ..Making::of_one_task(&id, now()) };
    let change = Change { tasks_for: "github-push".to_owned(), ..Change::default() };
    let made = decision_definitions(&template, &change, &making).unwrap();
    let names = made.iter().map(|task| task.definition["name"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(made[0].task_id, by_name("first"));
    assert_eq!(made[1].task_id, by_name("task 0"));
    assert_eq!(made[0].definition["taskGroupId"], json!(by_name("task group")));
    assert_eq!(made[1].definition["routes"], json!(["checks"]));
}

fn anything() -> impl Strategy<Value = Value> {
    let names = "\\$?(eval|if|then|let|in|json|map|tasks|taskId|routes|dependencies|a)|each\\(x\\)";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "\\$\\{(event|as_slugid\\('a'\\)|x|event.ref\\[0:2\\])\\}".prop_map(Value::from),
        "event|event.release|tasks_for|as_slugid|range\\(0, 3\\)|\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_template_makes_tasks_or_says_why_not(tasks in prop::collection::vec(anything(), 0..3), several: bool) {
        let text = json!({ "version": 1, "tasks": tasks }).to_string();
        let Ok(template) = Template::parse(text.as_bytes(), ".taskcluster.yml".as_ref()) else { return Ok(()) };
        let id: TaskId = DECISION.parse().unwrap();
        let by_name = |_: &str| TaskId::from_random([1; 16]);
        let making = Making {
            task_id_of: several.then_some(&by_name as &dyn Fn(&str) -> TaskId),
            ..Making::of_one_task(&id, now())
        };
        for tasks_for in ["github-push", "hg-push", "cron", "github-pull-request"] {
            let change = Change { tasks_for: tasks_for.to_owned(), ..Change::default() };
            if let Err(error) = decision_definitions(&template, &change, &making) {
                prop_assert!(!error.to_string().contains('\n'), "{}", error);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_template_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Template::parse(&bytes, ".taskcluster.yml".as_ref()) {
            prop_assert!(!error.to_string().contains('\n'), "{}", error);
        }
    }
}
