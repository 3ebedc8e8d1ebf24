//! Rendering.

use proptest::prelude::*;
use taskgraph_actions::{Action, Document, Occasion, RenderError, Rendered, SchemaDocuments, Subject};
use taskgraph_value::{Map, Value, map};

use crate::support::{anything, json, leaves};

const GROUP: &str = "PgAKBjVOQPCNmKf4k9nSZA";
const TASK: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
const OWN: &str = "AqYbQzZ7Q0mhWrqTmOmyWQ";

fn occasion(subject: Subject<'_>) -> Occasion<'_> {
    let now = "2026-02-03T04:05:06.789Z".parse().unwrap();
    Occasion { task_group_id: GROUP, subject, own_task_id: OWN, now }
}

fn render(document: &Document, subject: Subject<'_>, input: Option<Value>) -> Result<Value, String> {
    let rendered = document.render(
        &document.actions[0],
        &occasion(subject),
        input.as_ref(),
        &SchemaDocuments::default(),
    );
    rendered.map_err(|error| error.to_string()).map(|rendered| match rendered {
        Rendered::Task { definition } => definition.into(),
        Rendered::Hook { payload, .. } => payload.into(),
        other => panic!("{other:?}"),
    })
}

fn of_task(template: Value) -> Document {
    let action = Action::task("thing", "Do a thing", "Does something.", template.as_map().unwrap().clone());
    Document { actions: vec![action], ..Document::default() }
}

fn of_hook(template: Value) -> Document {
    let payload = template.as_map().unwrap().clone();
    let action = Action::hook("thing", "Do a thing", "Does something.", "project-x", "in-tree/0123", payload);
    Document { actions: vec![action], ..Document::default() }
}

/// The first template of the specification: times, and input in the environment.
#[test]
fn the_template_with_times() {
    let mut document = of_task(json!({
        "workerType": "my-worker",
        "payload": {
            "created": { "$fromNow": "" },
            "deadline": { "$fromNow": "1 hour 15 minutes" },
            "expiration": { "$fromNow": "14 days" },
            "image": "my-docker-image",
            "env": { "TASKID_TRIGGERED_FOR": "${taskId}", "INPUT_JSON": { "$json": { "$eval": "input" } } },
        },
    }));
    document.actions[0].context = vec![Default::default()];
    let definition = json!({});
    assert_eq!(
        render(&document, Subject::Task { id: TASK, definition: &definition }, None).unwrap(),
        json!({
            "workerType": "my-worker",
            "payload": {
                "created": "2026-02-03T04:05:06.789Z",
                "deadline": "2026-02-03T05:20:06.789Z",
                "expiration": "2026-02-17T04:05:06.789Z",
                "image": "my-docker-image",
                "env": { "TASKID_TRIGGERED_FOR": TASK, "INPUT_JSON": "null" },
            },
        })
    );
}

/// The second one: a text as input, with a default.
#[test]
fn the_template_with_a_schema() {
    let mut document =
        of_task(json!({ "payload": { "env": { "INPUT_JSON": { "$json": { "$eval": "input" } } } } }));
    document.actions[0].schema = Some(json!({
        "description": "The thing to do", "title": "Thing", "default": "something", "type": "string", "maxLength": 255,
    }));
    let input_json = |input: Option<Value>| {
        let rendered = render(&document, Subject::Group, input)?;
        Ok(rendered.at("payload.env.INPUT_JSON").unwrap().as_str().unwrap().to_string())
    };
    assert_eq!(input_json(None), Ok("\"something\"".to_owned()));
    assert_eq!(input_json(Some("other".into())), Ok("\"other\"".to_owned()));
    let error: Result<_, String> = input_json(Some(json!("x".repeat(256))));
    assert!(error.unwrap_err().contains("expected at most 255 characters"));
}

#[test]
fn each_kind_has_its_names() {
    let all = json!({ "group": { "$eval": "taskGroupId" }, "id": { "$eval": "taskId" }, "input": { "$eval": "input" } });
    let task = json!({ "metadata": { "name": "build" } });
    let on_task = Subject::Task { id: TASK, definition: &task };
    for mut document in [of_task(all.clone()), of_hook(all)] {
        assert_eq!(
            render(&document, Subject::Group, None).unwrap(),
            json!({ "group": GROUP, "id": null, "input": null })
        );
        document.actions[0].context = vec![Default::default()];
        document.actions[0].schema = Some(json!({}));
        assert_eq!(
            render(&document, on_task, Some(json!([1]))).unwrap(),
            json!({ "group": GROUP, "id": TASK, "input": [1] })
        );
    }
    let more = json!({ "task": { "$eval": "task" }, "own": { "$eval": "ownTaskId" } });
    let mut document = of_task(more);
    assert_eq!(render(&document, Subject::Group, None).unwrap(), json!({ "task": null, "own": OWN }));
    document.actions[0].context = vec![Default::default()];
    assert_eq!(
        render(&document, on_task, None).unwrap(),
        json!({ "task": { "metadata": { "name": "build" } }, "own": OWN })
    );
    for name in ["task", "ownTaskId"] {
        let mut document = of_hook(json!({ "x": { "$eval": name } }));
        assert!(render(&document, Subject::Group, None).unwrap_err().contains(name));
        document.variables = map! { "task" => 1, "ownTaskId" => 1 };
        assert_eq!(render(&document, Subject::Group, None).unwrap(), json!({ "x": 1 }));
    }
}

#[test]
fn variables_shadow_everything() {
    let names = ["taskGroupId", "taskId", "task", "ownTaskId", "input", "now", "mine"];
    let template = Map::from_iter(names.map(|name| (name.into(), Value::from(format!("${{{name}}}")))));
    let mut document = of_task(template.into());
    document.variables = Map::from_iter(names.map(|name| (name.into(), "shadow")));
    let rendered = render(&document, Subject::Group, None).unwrap();
    assert!(names.iter().all(|name| rendered.at(name) == Some(&"shadow".into())), "{rendered:?}");
}

#[test]
fn what_cannot_be_rendered_is_an_error() {
    let fails =
        |document: &Document, input: Option<Value>| render(document, Subject::Group, input).unwrap_err();
    assert_eq!(
        fails(&of_task(json!({ "x": "${nothing}" })), None).split(": ").next().unwrap(),
        "the template of action `thing`"
    );
    assert_eq!(
        fails(&of_task(json!({ "$eval": "[1]" })), None),
        "the template of action `thing` renders to a list, expected a mapping"
    );
    assert_eq!(
        fails(&of_hook(json!({ "$if": "false", "then": {} })), None),
        "the template of action `thing` renders to nothing, expected a mapping"
    );
    assert_eq!(
        fails(&of_task(json!({})), Some(json!({ "a": 1 }))),
        "the action takes no input, found a mapping with the keys a"
    );
    let mut document = of_task(json!({}));
    document.variables = map! { "no-name" => 1 };
    assert!(fails(&document, None).contains("`no-name`"));
    document = of_task(json!({}));
    document.actions[0].context = vec![Default::default()];
    assert_eq!(fails(&document, None), "action `thing` is not for the task group: it is for every task");
}

/// `a/b` and `c` must not ask for the scope of `a` and `b/c`.
#[test]
fn hook_groups_have_no_slashes() {
    for group in ["project-x/in-tree-action-3", "", "x*", "x\n"] {
        let action = Action::hook("thing", "T", "D", group, "generic", map! {});
        let rendered =
            Document::default().render(&action, &occasion(Subject::Group), None, &SchemaDocuments::default());
        assert!(matches!(rendered, Err(RenderError::HookGroup { .. })), "{rendered:?}");
    }
}

#[test]
fn templates_cannot_take_everything() {
    for template in [
        json!({ "x": { "$map": { "$eval": "range(0, 100000)" }, "each(i)": { "$map": { "$eval": "range(0, 100000)" }, "each(j)": "xx" } } }),
        json!({ "$let": { "a": "x".repeat(1000) }, "in": { "x": { "$map": { "$eval": "range(0, 60000)" }, "each(i)": "${a}${a}${a}" } } }),
    ] {
        assert!(render(&of_task(template), Subject::Group, None).is_err());
    }
    let mut deep = json!({});
    for _ in 0..200 {
        deep = map! { "a" => deep }.into();
    }
    assert!(render(&of_hook(deep), Subject::Group, None).unwrap_err().contains("128 deep"));
    let large = json!({ "x": { "$map": { "$eval": "range(0, 5000)" }, "each(i)": "y".repeat(1000) } });
    assert_eq!(
        render(&of_hook(large), Subject::Group, None).unwrap_err(),
        "the template of action `thing` renders to something that is larger than 4 MiB"
    );
}

proptest! {
    /// Templates with the words of the language in them.
    #[test]
    fn nothing_breaks_rendering(
        template in anything(
            prop_oneof![leaves(), proptest::sample::select(vec![
                "taskId", "${taskId}", "input", "${input.a}", "task.tags.x", "range(0, 9)", "1 day", "a +", "${", "[taskId, input]",
            ]).prop_map(Value::from)],
            prop_oneof![any::<String>(), proptest::sample::select(vec![
                "$eval", "$if", "then", "else", "$let", "in", "$map", "each(x)", "$json", "$fromNow", "$merge", "$flatten", "$sort",
                "$reverse", "$match", "$switch", "$reduce", "$find", "a", "${taskId}", "$$x", "$x",
            ]).prop_map(str::to_owned)],
        ),
        variables in anything(leaves(), "[a-z]{1,8}"),
        is_hook in any::<bool>(),
    ) {
        let template: Value = map! { "x" => template }.into();
        let mut document = if is_hook { of_hook(template) } else { of_task(template) };
        document.variables = variables.as_map().cloned().unwrap_or_default();
        let _ = render(&document, Subject::Group, None);
        document.actions[0].context = vec![Default::default()];
        document.actions[0].schema = Some(json!({}));
        let definition = json!({ "tags": { "x": "y" } });
        let _ = render(&document, Subject::Task { id: TASK, definition: &definition }, Some(json!({ "a": 1 })));
    }

    /// Input is data: whatever is in it is not taken for a template.
    #[test]
    fn input_is_never_a_template(input in anything(
        prop_oneof![leaves(), Just(Value::from("${taskId}"))],
        prop_oneof![any::<String>(), Just("$eval".to_owned())],
    )) {
        let mut document = of_hook(json!({ "user": { "input": { "$eval": "input" } } }));
        document.actions[0].schema = Some(json!({}));
        let rendered = render(&document, Subject::Group, Some(input.clone())).unwrap();
        prop_assert_eq!(rendered.at("user.input"), Some(&input));
    }
}
