//! Tests of hooks.

use std::path::Path;

use taskcluster_queue_client::TaskId;

use super::*;

const MAKING: HookMaking<'_> =
    HookMaking { trust_domain: "acme", level: "1", action_perm: "generic", pull_request: false };

fn template(tasks: &str) -> Template {
    let text = format!("version: 1\ntasks: {tasks}\n");
    Template::parse(text.as_bytes(), Path::new(".taskcluster.yml")).unwrap()
}

fn payload() -> Value {
    json!({
        "decision": {
            "action": {
                "name": "n", "title": "t", "description": "d", "taskGroupId": "g", "symbol": "s", "cb_name": "c",
            },
            "push": { "owner": "o", "revision": "r", "pushlog_id": "1" },
            "repository": { "url": "https://github.com/acme/engine", "project": "p", "level": "1" },
        },
        "user": { "input": { "a": [1] }, "taskId": null, "taskGroupId": "g2" },
    })
}

#[test]
fn hooks_are_named_as_actions_json_names_them() {
    let template = template("[{}]");
    let named = |making: HookMaking<'_>| hook(&template, &making).map(|hook| (hook.group, hook.id));
    let hash = template.hash();
    assert_eq!(
        named(MAKING).unwrap(),
        ("project-acme".to_owned(), format!("in-tree-action-1-generic/{hash}"))
    );
    let pr = HookMaking { pull_request: true, level: "3", action_perm: "release-promotion", ..MAKING };
    assert_eq!(named(pr).unwrap().1, format!("in-tree-pr-action-3-release-promotion/{hash}"));
    for bad in [
        HookMaking { action_perm: "a/b", ..MAKING },
        HookMaking { action_perm: "a*", ..MAKING },
        HookMaking { level: "", ..MAKING },
        HookMaking { trust_domain: "a b", ..MAKING },
    ] {
        assert!(matches!(named(bad), Err(Error::Name { .. })), "{bad:?}");
    }
}

#[test]
fn templates_get_the_names_that_they_expect() {
    let names = "{all: {$eval: '[tasks_for, action, push.owner, repository.url, input, taskId, taskGroupId, parameters, \
                 ownTaskId, clientId, now]'}}";
    let id: TaskId = "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap();
    let making = Making::of_one_task(&id, "2026-01-31T12:00:00Z".parse().unwrap());
    let made = action_definition(&template(&format!("[{names}]")), &MAKING, &payload(), Some("me"), &making);
    assert_eq!(
        made.unwrap().unwrap()["all"],
        json!([
            "action",
            {
                "name": "n", "title": "t", "description": "d", "taskGroupId": "g", "symbol": "s", "cb_name": "c",
                "action_perm": "generic", "repo_scope": "assume:repo:github.com/acme/engine:action:generic",
            },
            "o", "https://github.com/acme/engine", { "a": [1] }, null, "g2", null,
            "fdtgsD5DQUmAQZEaGMvQ4Q", "me", "2026-01-31T12:00:00.000Z",
        ])
    );
    let none = template("[{$if: 'tasks_for == \"hg-push\"', then: {}}]");
    assert_eq!(action_definition(&none, &MAKING, &payload(), None, &making).unwrap(), None);
    let broken = action_definition(&template("['${nothing}']"), &MAKING, &payload(), None, &making);
    assert!(matches!(broken, Err(Error::Render { .. })));
    let broken = action_definition(&template("[1]"), &MAKING, &json!({}), None, &making).unwrap_err();
    assert_eq!(broken.to_string(), "cannot render .taskcluster.yml");
}

#[test]
fn what_a_template_says_is_not_rendered_early() {
    // Names of hooks' own templates are left alone; the first of several tasks is the one.
    let hook = hook(&template("[{a: '${b}', $$c: 1}, {d: 2}]"), &MAKING).unwrap();
    assert_eq!(hook.body["task"]["in"], json!({ "a": "${b}", "$$c": 1 }));
    assert_eq!(hook.body["triggerSchema"]["required"], json!(["decision", "user"]));
}
