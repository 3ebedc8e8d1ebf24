//! What tests have in common.

use std::{fs, path::Path};

use proptest::{collection::vec, prelude::*};
use taskgraph_actions::{Action, Document, TagSet};
use taskgraph_value::{Map, Value, map};

/// A value as JSON has it.
macro_rules! json {
    ($($json:tt)+) => {
        serde_json::from_value::<taskgraph_value::Value>(serde_json::json!($($json)+)).unwrap()
    };
}
pub(crate) use json;

/// A document of these actions.
pub(crate) fn document(actions: Vec<Action>) -> Document {
    Document { actions, ..Document::default() }
}

/// An action that creates an empty task.
pub(crate) fn action(name: &str, context: &[&[(&str, &str)]]) -> Action {
    let mut action = Action::task(name, name.to_uppercase(), "Does it.", map! {});
    action.context = context.iter().map(|set| TagSet::new(set.iter().copied())).collect();
    action
}

/// A definition with these tags.
pub(crate) fn task(tags: &[(&str, &str)]) -> Value {
    let tags = Map::from_iter(tags.iter().map(|(tag, value)| ((*tag).into(), Value::from(*value))));
    map! { "tags" => tags }.into()
}

/// The names of actions.
pub(crate) fn names(actions: &[&Action]) -> Vec<String> {
    actions.iter().map(|action| action.name.as_ref().unwrap().to_string()).collect()
}

/// Any JSON, made of these leaves and keys.
pub(crate) fn anything(
    leaves: impl Strategy<Value = Value> + 'static,
    keys: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = Value> {
    let keys = keys.boxed();
    leaves.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys.clone(), inner), 0..5).prop_map(|entries| {
                Value::Map(Map::from_iter(entries.into_iter().map(|(key, value)| (key.into(), value))))
            }),
        ]
    })
}

/// Plain values.
pub(crate) fn leaves() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..200).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

/// Checks that each file in a folder of this crate is a module of its `main.rs`.
#[track_caller]
pub(crate) fn assert_all_listed(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "main.rs does not list {name}");
    }
}
