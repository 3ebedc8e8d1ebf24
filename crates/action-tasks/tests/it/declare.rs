//! What decision tasks say about actions.

use std::path::Path;

use taskgraph_action_tasks::{About, Action, AnyError, Call, Declaring, Error, actions_json, add_action};
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_kinds::Registry;
use taskgraph_value::{List, Map, Value, json, map};

use crate::support::{DECISION, config, parameters, registry};

/// An action that is what a test wants it to be.
#[derive(Default)]
struct Custom {
    change: Option<fn(&mut About)>,
    context: Option<Map>,
    schema: Option<Value>,
    fails: bool,
}

impl Action for Custom {
    fn about(&self) -> About {
        let mut about = About::new("custom", "  Custom ", "c", "Does\n  something. ");
        if let Some(change) = self.change {
            change(&mut about);
        }
        about
    }

    fn context(&self, declaring: &Declaring<'_>) -> Result<List, AnyError> {
        let mut tags = self.context.clone().unwrap_or_default();
        tags.insert("project".into(), declaring.parameters.text("project")?.into());
        Ok(List::from(vec![tags.into()]))
    }

    fn is_available(&self, declaring: &Declaring<'_>) -> Result<bool, AnyError> {
        Ok(declaring.parameters.text("level")? != "3")
    }

    fn schema(&self, _: &GraphConfig) -> Result<Option<Value>, AnyError> {
        if self.fails { Err("the weather is bad".into()) } else { Ok(self.schema.clone()) }
    }

    fn run(&self, _: &Call<'_>) -> Result<(), AnyError> {
        Ok(())
    }
}

fn declared_by(
    registry: &Registry,
    taskgraph: Map,
    changes: Map,
    prepare: impl FnOnce(&Path),
) -> Result<Value, Error> {
    let checkout = tempfile::tempdir().unwrap();
    std::fs::create_dir(checkout.path().join("taskcluster")).unwrap();
    std::fs::write(checkout.path().join(".taskcluster.yml"), "version: 1\n").unwrap();
    prepare(checkout.path());
    let mut values = parameters();
    values.extend_from(&changes);
    let config = config(checkout.path(), taskgraph);
    actions_json(registry, &Parameters::from_values(values, true), &config, DECISION)
}

fn declared(taskgraph: Map, changes: Map) -> Value {
    declared_by(&registry(), taskgraph, changes, |_| {}).unwrap()
}

/// Of each action.
fn all(document: &Value, path: &str) -> Vec<String> {
    let actions = document.at("actions").and_then(Value::as_list).unwrap();
    actions.iter().map(|action| action.at(path).unwrap().as_str().unwrap().to_string()).collect()
}

fn nth(document: &Value, at: usize) -> &Value {
    &document.at("actions").and_then(Value::as_list).unwrap()[at]
}

/// As the reference prints it for the same push.
#[test]
fn an_action_triggers_a_hook() {
    let document = declared(map! {}, map! { "head_ref" => "topic" });
    let actions = document.at("actions").and_then(Value::as_list).unwrap();
    assert_eq!(
        json::compact(&actions[1]).unwrap(),
        concat!(
            r#"{"name":"retrigger","title":"Retrigger","description":"Create a clone of the task.","#,
            r#""context":[{"retrigger":"true"}],"schema":{"type":"object","properties":{"downstream":{"type":"boolean","#,
            r#""description":"If true, downstream tasks from this one will be cloned as well. The dependencies will be "#,
            r#"updated to work with the new task at the root.","default":false},"times":{"type":"integer","default":1,"#,
            r#""minimum":1,"maximum":100,"title":"Times","description":"How many times to run each task."}}},"#,
            r#""kind":"hook","hookGroupId":"project-example","hookId":"in-tree-action-1-generic/09bfcc6a14","#,
            r#""hookPayload":{"decision":{"action":{"name":"retrigger","title":"Retrigger","#,
            r#""description":"Create a clone of the task.","taskGroupId":"fdtgsD5DQUmAQZEaGMvQ4Q","cb_name":"retrigger","#,
            r#""symbol":"rt"},"repository":{"url":"https://github.com/example/example","project":"example","level":"1","#,
            r#""base_url":"https://github.com/example/example"},"#,
            r#""push":{"owner":"mozilla-taskcluster-maintenance@mozilla.com","pushlog_id":"0","revision":"b","#,
            r#""base_revision":"a","branch":"topic","base_branch":"main"}},"user":{"input":{"$eval":"input"},"#,
            r#""taskId":{"$eval":"taskId"},"taskGroupId":{"$eval":"taskGroupId"}}},"extra":{"actionPerm":"generic"}}"#,
        )
    );
    let names = all(&document, "hookPayload.decision.action.cb_name");
    let expected = [
        "retrigger-decision",
        "retrigger",
        "retrigger-disabled",
        "add-new-jobs",
        "rerun",
        "cancel",
        "cancel-all",
        "rebuild-cached-tasks",
        "retrigger-multiple",
    ];
    assert_eq!(names, expected);
    assert_eq!(document.at("variables"), Some(&Map::new().into()));
    assert_eq!(document.at("version"), Some(&1.into()));
}

#[test]
fn branches_are_said_if_they_are_known_and_differ() {
    let push = |changes: Map| {
        let document = declared(map! {}, changes);
        let push = nth(&document, 0).at("hookPayload.decision.push").unwrap().as_map().unwrap().clone();
        (push.get_str("branch").cloned(), push.get_str("base_branch").cloned())
    };
    assert_eq!(push(map! {}), (Some("main".into()), None));
    assert_eq!(push(map! { "base_ref" => Value::Null }), (Some("main".into()), None));
    assert_eq!(push(map! { "head_ref" => "" }), (None, Some("main".into())));
}

#[test]
fn actions_of_pull_requests_have_hooks_of_their_own() {
    for event in ["github-pull-request", "github-pull-request-untrusted"] {
        let document = declared(map! {}, map! { "tasks_for" => event, "level" => "2" });
        assert!(all(&document, "hookId").iter().all(|id| id.starts_with("in-tree-pr-action-2-")));
    }
}

#[test]
fn actions_may_be_disabled() {
    let disabled = |names: &[&str]| -> Map {
        let names: Vec<Value> = names.iter().map(|name| (*name).into()).collect();
        map! { "disabled-actions" => names }
    };
    let document = declared(disabled(&["retrigger-disabled", "cancel-all"]), map! {});
    assert_eq!(all(&document, "name").iter().filter(|name| *name == "retrigger").count(), 2);
    assert!(!all(&document, "name").contains(&"cancel-all".to_owned()));
    let error = declared_by(&registry(), disabled(&["z", "rerun", "a"]), map! {}, |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "taskcluster/config.yml: `taskgraph.disabled-actions`: there is no action `a`, `z`; known are add-new-jobs, \
         cancel, cancel-all, rebuild-cached-tasks, rerun, retrigger, retrigger-decision, retrigger-disabled, \
         retrigger-multiple"
    );
}

#[test]
fn a_program_adds_its_own() {
    let mut registry = registry();
    let at = |order: fn(&mut About)| Custom { change: Some(order), ..Custom::default() };
    // Of the same order, those of a program come first.
    add_action(&mut registry, "second", at(|about| about.order = 300));
    add_action(&mut registry, "a-third", at(|about| about.order = 300));
    add_action(&mut registry, "cancel", at(|about| about.order = 1));
    let document = declared_by(&registry, map! {}, map! {}, |_| {});
    let error = document.unwrap_err().to_string();
    assert!(error.starts_with("the actions cannot be declared: "), "{error}");

    let mut registry = crate::support::registry();
    let custom = Custom {
        change: Some(|about| {
            about.order = 300;
            about.permission = "special".into();
        }),
        context: Some(map! { "kind" => "test" }),
        schema: Some(map! { "type" => "string" }.into()),
        fails: false,
    };
    add_action(&mut registry, "custom-callback", custom);
    let document = declared_by(&registry, map! {}, map! {}, |_| {}).unwrap();
    let names = all(&document, "name");
    assert_eq!(names[3..6], ["add-new-jobs", "custom", "rerun"]);
    let custom = nth(&document, 4);
    let get = |path| json::compact(custom.at(path).unwrap()).unwrap();
    assert_eq!(get("title"), r#""Custom""#);
    assert_eq!(get("description"), r#""Does\n  something.""#);
    assert_eq!(get("context"), r#"[{"kind":"test","project":"example"}]"#);
    assert_eq!(get("schema"), r#"{"type":"string"}"#);
    assert_eq!(get("hookId"), r#""in-tree-action-1-special/09bfcc6a14""#);
    assert_eq!(get("hookPayload.decision.action.cb_name"), r#""custom-callback""#);
    // It is not for level 3.
    let document = declared_by(&registry, map! {}, map! { "level" => "3" }, |_| {}).unwrap();
    assert!(!all(&document, "name").contains(&"custom".to_owned()));
}

#[test]
fn what_cannot_be_declared_is_said() {
    let error = |custom: Custom| {
        let mut registry = Registry::new();
        add_action(&mut registry, "mine", custom);
        declared_by(&registry, map! {}, map! {}, |_| {}).unwrap_err().to_string()
    };
    let changed = |change: fn(&mut About)| error(Custom { change: Some(change), ..Custom::default() });
    assert_eq!(
        changed(|about| about.permission = "a/b".into()),
        "the action `mine` cannot be declared: the permission `a/b` must have no slash; use a dash"
    );
    assert_eq!(
        changed(|about| about.symbol = "".into()),
        "the action `mine` cannot be declared: the symbol `` must have between 1 and 25 characters"
    );
    assert_eq!(
        error(Custom { fails: true, ..Custom::default() }),
        "the action `mine` cannot be declared: the weather is bad"
    );
    let date = Custom {
        schema: Some(map! { "const" => Value::Date("2024-01-01".into()) }.into()),
        ..Custom::default()
    };
    assert_eq!(
        error(date),
        "the action `mine` cannot be declared: `schema.const`: the date 2024-01-01 cannot be written as JSON"
    );
    let long = changed(|about| about.title = "x".repeat(256).into());
    assert!(long.starts_with("the actions cannot be declared: "), "{long}");
    let schema = Custom { schema: Some(map! { "type" => "number?" }.into()), ..Custom::default() };
    let schema = error(schema);
    assert!(schema.starts_with("the actions cannot be declared: "), "{schema}");
}

#[test]
fn the_file_that_hooks_are_made_from_must_be_there() {
    let remove = |checkout: &Path| std::fs::remove_file(checkout.join(".taskcluster.yml")).unwrap();
    let error = declared_by(&registry(), map! {}, map! {}, remove).unwrap_err().to_string();
    assert!(error.contains(".taskcluster.yml`, whose content names the hooks of actions: "), "{error}");
    let missing = declared_by(&registry(), map! {}, map! { "level" => Value::Null }, |_| {}).unwrap_err();
    assert_eq!(missing.to_string(), "taskgraph parameter `level`: expected a string, found null");
}
