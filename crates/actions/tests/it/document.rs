//! Reading and writing documents.

use proptest::{collection::vec, prelude::*};
use taskgraph_actions::{Action, DOCUMENT_SCHEMA, Document, DocumentError, MOST_DOCUMENT, TagSet};
use taskgraph_value::{Map, Value, map};

use crate::support::{action, anything, document, json, leaves};

#[track_caller]
fn fails(value: Value, messages: &[&str]) {
    match Document::from_value(&value).unwrap_err() {
        DocumentError::Shape { violations } => {
            let found: Vec<String> = violations.iter().map(ToString::to_string).collect();
            assert_eq!(found, messages);
        }
        error => assert_eq!([error.to_string()], messages),
    }
}

fn with_action(action: Value) -> Value {
    json!({ "version": 1, "variables": {}, "actions": [serde_json::to_value(&action).unwrap()] })
}

#[test]
fn what_is_written_is_sorted_and_complete() {
    let mut hook =
        Action::hook("rerun", "Rerun", "Again.", "project-x", "in-tree/1", map! { "decision" => map! {} });
    hook.context = vec![TagSet::new([("k", "v")]), TagSet::default()];
    hook.schema = Some(json!({ "type": "object" }));
    hook.extra = Some(map! { "actionPerm" => "generic" });
    let mut task = action("hello", &[]);
    task.name = None;
    let document = Document { variables: map! { "x" => vec![1.into()] }, ..document(vec![hook, task]) };
    assert_eq!(
        document.to_value().unwrap(),
        json!({
            "version": 1,
            "variables": { "x": [1] },
            "actions": [
                {
                    "kind": "hook", "name": "rerun", "title": "Rerun", "description": "Again.",
                    "context": [{ "k": "v" }, {}], "schema": { "type": "object" },
                    "hookGroupId": "project-x", "hookId": "in-tree/1", "hookPayload": { "decision": {} },
                    "extra": { "actionPerm": "generic" },
                },
                { "kind": "task", "title": "HELLO", "description": "Does it.", "context": [], "task": {} },
            ],
        })
    );
    let text = document.write().unwrap();
    assert!(text.starts_with("{\n  \"actions\": [\n    {\n      \"context\": [\n"), "{text}");
    assert_eq!(Document::parse(&text).unwrap(), document);
}

#[test]
fn unknown_kinds_are_skipped() {
    let document = Document::from_value(&json!({
        "version": 1,
        "variables": {},
        "actions": [
            { "kind": "pigeon", "name": "post", "title": 5, "wings": 2 },
            { "kind": "task", "name": "a", "title": "A", "description": "a", "task": {} },
            { "kind": "Task" },
        ],
    }))
    .unwrap();
    let skipped: Vec<String> = document.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, ["`post`, of the kind `pigeon`", "one without a name, of the kind `Task`"]);
    assert_eq!(document.actions.len(), 1);
    assert!(!document.write().unwrap().contains("pigeon"));
}

#[test]
fn documents_are_compared_with_the_schema() {
    fails(json!([]), &["expected a mapping, found an empty list"]);
    fails(json!({}), &["`version`: missing", "`actions`: missing", "`variables`: missing"]);
    fails(
        json!({ "version": 1, "variables": [], "actions": {}, "more": 1 }),
        &[
            "`variables`: expected a mapping, found an empty list",
            "`actions`: expected a list, found an empty mapping",
            "`more`: unknown key",
        ],
    );
    for (version, shown) in
        [(json!(2), "2"), (json!("1"), "\"1\""), (json!(null), "null"), (json!(1.5), "1.5")]
    {
        let document =
            json!({ "actions": [], "variables": {}, "version": serde_json::to_value(version).unwrap() });
        fails(document, &[&format!("the actions have version {shown}, expected 1")]);
    }
    assert!(Document::from_value(&json!({ "version": 1.0, "actions": [], "variables": {} })).is_ok());
}

#[test]
fn actions_are_compared_with_the_schema_of_their_kind() {
    fails(with_action(json!(5)), &["`actions.0`: expected a mapping with a kind, `task` or `hook`"]);
    fails(with_action(json!({ "name": "x" })), &["`actions.0.kind`: missing"]);
    fails(with_action(json!({ "kind": 5 })), &["`actions.0.kind`: expected a string, `task` or `hook`"]);
    fails(
        with_action(json!({
            "kind": "hook", "name": "n".repeat(256), "title": 5, "hookId": "x", "hookPayload": [], "task": {},
        })),
        &[
            "`actions.0.description`: missing",
            "`actions.0.hookGroupId`: missing",
            "`actions.0.name`: expected at most 255 characters, found the string \
             \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...\"",
            "`actions.0.title`: expected a string, found the integer 5",
            "`actions.0.hookPayload`: expected a mapping, found an empty list",
            "`actions.0.task`: unknown key",
        ],
    );
    let mut good = json!({ "kind": "task", "title": "t", "description": "d", "task": {} });
    assert!(Document::from_value(&with_action(good.clone())).is_ok());
    for (key, value, message) in [
        ("context", json!([{ "a": 1 }]), "`actions.0.context.0.a`: expected a string, found the integer 1"),
        (
            "context",
            json!([{}, {}]),
            "`actions.0.context`: expected items that differ from each other, found a list of 2",
        ),
        ("schema", json!("x"), "`actions.0.schema`: expected a boolean or a mapping, found the string \"x\""),
        ("extra", json!([1]), "`actions.0.extra`: expected a mapping, found a list of 1"),
        ("description", json!("d".repeat(4097)), "at most 4096 characters"),
    ] {
        let before = good.as_map_mut().unwrap().insert(key.into(), value);
        let message_found = Document::from_value(&with_action(good.clone())).unwrap_err().to_string();
        assert!(message_found.contains(message), "{message_found}");
        match before {
            Some(before) => good.as_map_mut().unwrap().insert(key.into(), before),
            None => good.as_map_mut().unwrap().remove(key),
        };
    }
    let one = json!({ "kind": "task", "title": "t", "description": "d", "task": {} });
    let one = serde_json::to_value(&one).unwrap();
    fails(
        json!({ "version": 1, "variables": {}, "actions": [one, one] }),
        &["`actions`: expected items that differ from each other, found a list of 2"],
    );
}

#[test]
fn what_is_written_is_checked_as_well() {
    let fails = |document: &Document, message: &str| {
        assert_eq!(document.to_value().unwrap_err().to_string(), message);
    };
    let mut long = action("x", &[]);
    long.title = "t".repeat(256).into();
    assert!(document(vec![long]).write().is_err());
    let mut odd = action("odd", &[]);
    odd.schema = Some(json!({ "type": "pigeon" }));
    let message = document(vec![odd]).write().unwrap_err().to_string();
    assert!(message.starts_with("action `odd`: the schema is none: `type`: "), "{message}");
    let mut dated = action("x", &[]);
    dated.extra = Some(map! { "when" => Value::Date("2026-01-01".into()) });
    fails(
        &document(vec![dated]),
        "the document of actions has the date 2026-01-01, which JSON does not have",
    );
    let mut second = action("a", &[&[("k", "v"), ("l", "w")]]);
    second.title = "Second".into();
    fails(
        &document(vec![action("a", &[&[("k", "v")]]), second]),
        "action `a`, `Second`: wherever it is relevant, `A` has the same name and comes before it; expected names \
         that are unique for one task or for the group",
    );
    let mut other = action("a", &[]);
    other.title = "Other".into();
    assert!(document(vec![action("a", &[]), other]).write().is_err());
    // A later one that is more general is what the rest of the tasks get.
    assert!(document(vec![action("a", &[&[("k", "v")]]), action("a", &[&[]])]).write().is_ok());
}

#[test]
fn the_schema_is_one() {
    let schema: serde_json::Value = serde_json::from_str(DOCUMENT_SCHEMA).unwrap();
    jsonschema::draft7::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::json!({ "version": 1, "actions": [], "variables": {} })));
    assert!(!validator.is_valid(&serde_json::json!({ "version": 2, "actions": [], "variables": {} })));
}

#[test]
fn documents_have_a_limit() {
    let large = format!("{{\"version\": 1, \"x\": \"{}\"}}", "x".repeat(MOST_DOCUMENT));
    assert_eq!(
        Document::parse(&large).unwrap_err().to_string(),
        "the document of actions is larger than 8 MiB"
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(
        Document::parse(&deep)
            .unwrap_err()
            .to_string()
            .starts_with("the actions are no JSON: recursion limit")
    );
    assert!(Document::parse("").is_err() && Document::parse("\u{0}{").is_err());
    let many = vec![action("a", &[]); 1001];
    assert!(document(many).to_value().unwrap_err().to_string().ends_with("has more than 1000 actions"));
}

fn tag_sets() -> impl Strategy<Value = Vec<TagSet>> {
    vec(vec(("[a-c]", "[x-z]"), 0..3), 0..3).prop_map(|sets| {
        let mut made: Vec<TagSet> = Vec::new();
        for set in sets.into_iter().map(TagSet::new) {
            if !made.contains(&set) {
                made.push(set);
            }
        }
        made
    })
}

fn mappings() -> impl Strategy<Value = Map> {
    let leaves = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    anything(leaves, any::<String>()).prop_map(|value| map! { "value" => value })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        entries in vec((tag_sets(), any::<bool>(), mappings(), proptest::option::of(mappings())), 0..5),
        variables in mappings(),
    ) {
        let actions = entries.into_iter().enumerate().map(|(at, (context, is_hook, template, extra))| {
            let name = format!("action-{at}");
            let mut action = match is_hook {
                true => Action::hook(name, "T", "D", "group", "hook", template),
                false => Action::task(name, "T", "D", template),
            };
            action.context = context;
            action.extra = extra;
            action
        });
        let document = Document { variables, ..document(actions.collect()) };
        prop_assert_eq!(Document::parse(&document.write().unwrap()).unwrap(), document);
    }

    #[test]
    fn nothing_breaks_reading(value in anything(leaves(), prop_oneof![
        any::<String>(),
        proptest::sample::select(vec!["version", "actions", "variables", "kind", "context", "title"]).prop_map(str::to_owned),
    ])) {
        let _ = Document::from_value(&value);
        let actions = serde_json::json!({ "version": 1, "variables": {}, "actions": [value] });
        if let Ok(document) = Document::parse(&actions.to_string()) {
            prop_assert!(document.actions.len() + document.skipped.len() == 1);
        }
    }

    /// A good document with a part of it replaced.
    #[test]
    fn documents_that_are_almost_good(at in 0_usize..20, value in leaves()) {
        let mut document = json!({ "version": 1, "variables": { "x": 1 }, "actions": [{
            "kind": "hook", "name": "n", "title": "t", "description": "d", "context": [{ "a": "b" }], "schema": {},
            "extra": {}, "hookGroupId": "g", "hookId": "h", "hookPayload": {} }] });
        let paths = ["version", "variables", "actions"];
        match paths.get(at) {
            Some(path) => *document.at_mut(path).unwrap() = value,
            None => {
                let action = document.at_mut("actions").unwrap().as_list_mut().unwrap()[0].as_map_mut().unwrap();
                if let Some(place) = action.values_mut().nth(at - paths.len()) {
                    *place = value;
                }
            }
        }
        if let Err(error) = Document::from_value(&document) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
