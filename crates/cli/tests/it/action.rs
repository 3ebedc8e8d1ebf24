//! `taskgraph action`, against a cluster on loopback.

use serde_json::{Value, json};
use taskcluster_queue_client::TaskId;

use crate::duty::{Duty, group, id};

/// What the tasks of actions need.
const NEEDED: [&str; 3] =
    ["queue:create-task:lowest:proj-x/linux", "queue:create-task:project:none", "queue:scheduler-id:sched"];

/// A group whose decision task offers actions, and a test in it.
pub(crate) fn decided() -> (Duty, TaskId) {
    let duty = Duty::new();
    duty.task_with("decision", json!({ "scopes": NEEDED }));
    let template = |name: &str| {
        json!({
            "taskQueueId": "proj-x/linux", "schedulerId": "sched", "taskGroupId": { "$eval": "taskGroupId" },
            "created": { "$fromNow": "" }, "deadline": { "$fromNow": "1 day" },
            "payload": { "input": { "$eval": "input" }, "taskId": { "$eval": "taskId" } },
            "metadata": { "name": name, "description": "d", "owner": "me@example.com", "source": "https://example.com/" },
        })
    };
    let action = |name: &str, title: &str, context: Value, schema: Value| {
        let mut action = json!({
            "kind": "task", "name": name, "title": title, "description": "Does it.\n\nReally.", "context": context,
            "task": template(name),
        });
        if !schema.is_null() {
            action["schema"] = schema;
        }
        action
    };
    let touch = json!({
        "type": "object",
        "properties": {
            "flavor": { "type": "string", "enum": ["soft", "hard"], "description": "How to touch it." },
            "times": { "type": "integer", "default": 1, "minimum": 1, "maximum": 100, "title": "Times" },
            "version": { "type": "string", "default": "" },
        },
        "required": ["flavor"],
        "additionalProperties": false,
    });
    let document = json!({
        "version": 1,
        "variables": {},
        "actions": [
            action("touch", "Touch", json!([{ "kind": "test" }]), touch),
            action("again", "Again", json!([{ "kind": "test" }]), json!(null)),
            action("again", "Again (forced)", json!([{}]), json!(null)),
            action("tidy", "Tidy", json!([]), json!({ "$ref": "https://127.0.0.1:9/schema.json" })),
            action("sweep", "Sweep", json!([]), json!(null)),
            json!({ "kind": "pigeon", "name": "post" }),
            json!({
                "kind": "hook", "name": "hook", "title": "Hook", "description": "", "context": [],
                "hookGroupId": "project-x", "hookId": "in-tree/0123", "hookPayload": {},
            }),
        ],
    });
    duty.artifact(&group(), "public/actions.json", &document.to_string());
    let test = duty.task_with("unit", json!({ "tags": { "kind": "test" } }));
    (duty, test)
}

fn definition(duty: &Duty, id: &str) -> Value {
    serde_json::from_str(&duty.run(&format!("task def {id}")).ok()).unwrap()
}

/// The id in `Task ... created`.
fn created(text: &str) -> String {
    text.trim().strip_prefix("Task ").unwrap().strip_suffix(" created").unwrap().to_owned()
}

#[test]
fn menus_are_listed() {
    let (duty, test) = decided();
    let run = duty.run(&format!("action list {test}"));
    assert_eq!(
        run.stderr,
        "Left out an action that this program does not know: `post`, of the kind `pigeon`.\n"
    );
    assert_eq!(run.ok(), "touch\tTouch\tDoes it.\nagain\tAgain\tDoes it.\n");
    let rows: Value =
        serde_json::from_str(&duty.run(&format!("action list --json --group {}", group())).ok()).unwrap();
    let names: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tidy", "sweep", "hook"]);
    assert_eq!((&rows[2]["kind"], &rows[2]["hook"]), (&json!("hook"), &json!("project-x/in-tree/0123")));
    let message = duty.run(&format!("action list {}", id(99))).failed(1);
    assert_eq!(message, format!("error: {}: the queue knows no such task\n", id(99)));
    let message = duty.run(&format!("action list --group {}", id(98))).failed(1);
    assert!(message.contains("has no decision task: the queue knows no task of that id"), "{message}");
    assert!(duty.run("action list").failed(2).contains("--group <GROUP>"));
    assert!(duty.run("action list x").failed(2).contains("bad task id `x`"));
}

#[test]
fn actions_are_shown() {
    let (duty, test) = decided();
    assert_eq!(
        duty.run(&format!("-q action show touch --task {test}")).ok(),
        "touch: Touch
For tasks with kind=test.
Creates a task.

Does it.

Really.

Input:
  flavor (a string, required): How to touch it.
  times (an integer, default 1): Times
  version (a string, default )

Schema:
  {
    \"type\": \"object\",
    \"properties\": {
      \"flavor\": {
        \"type\": \"string\",
        \"enum\": [
          \"soft\",
          \"hard\"
        ],
        \"description\": \"How to touch it.\"
      },
      \"times\": {
        \"type\": \"integer\",
        \"default\": 1,
        \"minimum\": 1,
        \"maximum\": 100,
        \"title\": \"Times\"
      },
      \"version\": {
        \"type\": \"string\",
        \"default\": \"\"
      }
    },
    \"required\": [
      \"flavor\"
    ],
    \"additionalProperties\": false
  }

Example:
  {
    \"flavor\": \"soft\",
    \"times\": 1,
    \"version\": \"\"
  }
"
    );
    let rows: Value =
        serde_json::from_str(&duty.run(&format!("action show again --json --group {}", group())).ok())
            .unwrap();
    assert_eq!((&rows[0]["title"], &rows[1]["title"]), (&json!("Again"), &json!("Again (forced)")));
    let shown = duty.run(&format!("action show hook --group {}", group())).ok();
    assert!(
        shown.contains("Triggers the hook project-x/in-tree/0123.\n")
            && shown.ends_with("It takes no input.\n")
    );
    let shown = duty.run(&format!("action show tidy --group {}", group())).ok();
    assert!(
        shown.contains("Its input cannot be checked: the schema refers to https://127.0.0.1:9/schema.json")
    );
    let message = duty.run(&format!("-q action show tuoch --task {test}")).failed(1);
    assert_eq!(
        message,
        format!(
            "error: {test}: there is no action `tuoch` (is it `touch`?); known are touch, again, tidy, sweep, hook\n"
        )
    );
    let message = duty.run(&format!("-q action show sweep --task {test}")).failed(1);
    assert!(message.contains("is not for task") && message.contains("hint: for task"), "{message}");
}

#[test]
fn actions_are_triggered_for_tasks_and_groups() {
    let (duty, test) = decided();
    let other = duty.task_with("mocha", json!({ "tags": { "kind": "test" } }));
    let one =
        created(&duty.run(&format!("action trigger touch {test} --set flavor=soft --set version=1.0")).ok());
    let payload = json!({ "input": { "flavor": "soft", "version": "1.0", "times": 1 }, "taskId": test });
    assert_eq!(definition(&duty, &one)["payload"], payload);
    // A file and values; several tasks, each with a task of its own.
    duty.env.write("input.yml", "flavor: hard\ntimes: 3\n");
    let rows =
        duty.run(&format!("action trigger touch {test} {other} --input input.yml --set times=4 --json")).ok();
    let rows: Value = serde_json::from_str(&rows).unwrap();
    assert_eq!((&rows[0]["taskId"], &rows[1]["taskId"]), (&json!(test), &json!(other)));
    let made = definition(&duty, rows[1]["createdTaskId"].as_str().unwrap());
    assert_eq!(
        made["payload"],
        json!({ "input": { "flavor": "hard", "times": 4, "version": "" }, "taskId": other })
    );
    let run = duty.run_with(&format!("action trigger touch {test} -i -"), "{\"flavor\":\t\"soft\"}");
    assert_eq!(definition(&duty, &created(&run.ok()))["payload"]["input"]["flavor"], "soft");
    // Of the group, the task is null.
    let swept = created(&duty.run(&format!("action trigger sweep --group {}", group())).ok());
    assert_eq!(definition(&duty, &swept)["payload"], json!({ "input": null, "taskId": null }));
    let run =
        duty.run_with(&format!("action trigger again - --title Again --group {}", group()), test.as_str());
    assert!(run.ok().starts_with(&format!("{test}\tcreated ")));
}

#[test]
fn a_dry_run_says_what_would_be_sent() {
    let (duty, test) = decided();
    let count = duty.count();
    for flag in ["--dry-run", "--noop", "-n"] {
        let sent = duty.run(&format!("action trigger touch {test} --set flavor=soft --json {flag}")).ok();
        let sent: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(
            (&sent[0]["method"], &sent[0]["body"]["payload"]["taskId"]),
            (&json!("createTask"), &json!(test))
        );
    }
    assert_eq!(duty.count(), count);
}

#[test]
fn what_cannot_be_triggered_is_said_and_nothing_is_created() {
    let (duty, test) = decided();
    let outside = duty.task_with("outside", json!({ "taskGroupId": id(77), "tags": { "kind": "test" } }));
    let count = duty.count();
    let check = |args: &str, code: i32, expected: &str| {
        let message = duty.run(&format!("-q action trigger {args}")).failed(code);
        assert_eq!(message, expected);
    };
    check(
        &format!("touch {test} --set times=101 --set more=1"),
        1,
        &format!(
            "error: {test}: the input is not as the action wants it: `times`: expected at most 100, found the \
             integer 101; `more`: unknown key; `flavor`: missing\n"
        ),
    );
    check(
        &format!("again {test}"),
        1,
        &format!(
            "error: {test}: there are 2 actions `again` for task {test}, expected one: Again, Again (forced)\n\
             hint: --title says which one\n"
        ),
    );
    check(
        &format!("again {test} --title No"),
        1,
        &format!(
            "error: {test}: no action `again` has the title `No`; there are `Again`, `Again (forced)`\n"
        ),
    );
    check(
        &format!("touch {outside} --group {} --set flavor=soft", group()),
        1,
        &format!("error: {outside}: it is in group {}, expected group {}\n", id(77), group()),
    );
    check(
        &format!("touch {outside} --set flavor=soft"),
        1,
        &format!(
            "error: {outside}: group {} has no decision task: the queue knows no task of that id\n",
            id(77)
        ),
    );
    check(
        &format!("hook --group {}", group()),
        1,
        &format!(
            "error: {0}: decision task {0} lacks the scope `in-tree:hook-action:project-x/in-tree/0123`, which the \
             action needs\nhint: the hook is made for one version of `.taskcluster.yml` and for repositories of one \
             level; somebody who administers the deployment can grant the scope to the repository's role\n",
            group()
        ),
    );
    check(
        &format!("tidy --group {}", group()),
        1,
        &format!(
            "error: {}: the schema refers to https://127.0.0.1:9/schema.json, and nobody said that it may be fetched\n\
             hint: --fetch-schemas allows it\n",
            group()
        ),
    );
    let message = duty.run(&format!("action trigger touch {test} --set times")).failed(2);
    assert!(message.contains("bad --set `times`: expected KEY=VALUE"), "{message}");
    let message = duty.run(&format!("action trigger touch {test} --input missing.yml")).failed(1);
    assert!(message.contains("cannot read `missing.yml`"), "{message}");
    let message = duty.run("action trigger touch - --input -").failed(2);
    assert!(message.contains("cannot be both"), "{message}");
    assert!(duty.run("action trigger touch").failed(2).contains("<TASK>"));
    assert_eq!(duty.count(), count);
    // Whoever triggers needs what the decision task has, too.
    let duty = duty.with_scopes(&[
        "queue:get-task:*",
        "queue:status:*",
        "queue:get-artifact:*",
        "auth:current-scopes",
    ]);
    let message = duty.run(&format!("-q action trigger touch {test} --set flavor=soft")).failed(4);
    assert_eq!(
        message,
        format!(
            "error: {test}: the action's task is created with the scopes of the decision task, of which you lack \
             `{}`\nhint: `taskgraph creds check` says who asks, and with which scopes\n",
            NEEDED.join("`, `")
        )
    );
    assert_eq!(duty.count(), count);
}
