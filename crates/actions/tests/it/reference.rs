//! What the reference publishes, for every fixture.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};
use taskgraph_actions::{Document, FindError, InputSchema, Subject};
use taskgraph_value::Value;

use crate::support::{names, task};

/// The documents, and where they come from. What is kept are patches of what they have in common; see
/// `fixtures/README.md`.
fn documents() -> Vec<(PathBuf, Json)> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let read = |file: &Path| serde_json::from_str::<Json>(&fs::read_to_string(file).unwrap()).unwrap();
    let common = read(&fixtures.join("actions.json"));
    let folders =
        |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<(PathBuf, Json)> = folders(fixtures)
        .flat_map(|fixture| folders(fixture.join("expected")))
        .map(|set| set.join("actions.json"))
        .filter(|file| file.is_file())
        .map(|file| {
            let patches = read(&file);
            let order = patches["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let actions: Vec<Json> = order
                .map(|name| {
                    let mut action = common.get(name).cloned().unwrap_or_default();
                    patch(&mut action, &patches["all"]);
                    patch(&mut action, &patches["each"][name]);
                    action
                })
                .collect();
            (file, json!({ "version": 1, "variables": {}, "actions": actions }))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 80, "{found:?}");
    found
}

/// A merge patch: RFC 7396.
fn patch(value: &mut Json, with: &Json) {
    let Some(with) = with.as_object() else { return };
    if !value.is_object() {
        *value = json!({});
    }
    let Some(old) = value.as_object_mut() else { return };
    for (key, with) in with {
        match with {
            Json::Null => drop(old.shift_remove(key)),
            Json::Object(_) => patch(old.entry(key).or_insert(Json::Null), with),
            with => drop(old.insert(key.clone(), with.clone())),
        }
    }
}

#[test]
fn documents_are_read_and_written_as_they_are() {
    for (file, json) in documents() {
        let document =
            Document::parse(&json.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(document.skipped, []);
        let expected: Value = serde_json::from_value(json).unwrap();
        assert_eq!(document.to_value().unwrap(), expected, "{}", file.display());
        // A more general retrigger comes last.
        assert!(document.overlaps().iter().all(|overlap| overlap.name == "retrigger" && !overlap.hidden));
    }
}

#[test]
fn every_input_has_an_example() {
    for (file, json) in documents() {
        let document = Document::parse(&json.to_string()).unwrap();
        for action in &document.actions {
            let Some(schema) = action.schema.as_ref().map(|schema| InputSchema::new(schema).unwrap()) else {
                continue;
            };
            let example = schema.example().unwrap_or_else(|| panic!("{}: {}", file.display(), action.title));
            assert_eq!(schema.validate(Some(&example)).unwrap(), example);
        }
    }
}

#[test]
fn menus_are_those_of_user_interfaces() {
    let (_, json) =
        documents().into_iter().find(|(file, _)| file.ends_with("hello/expected/push/actions.json")).unwrap();
    let document = Document::parse(&json.to_string()).unwrap();
    let menu = |tags: &[(&str, &str)]| {
        let definition = task(tags);
        names(&document.menu(&Subject::Task { id: "fdtgsD5DQUmAQZEaGMvQ4Q", definition: &definition }))
            .join(" ")
    };
    assert_eq!(menu(&[("kind", "test"), ("retrigger", "true")]), "retrigger rerun cancel");
    assert_eq!(menu(&[("kind", "decision-task")]), "retrigger rerun cancel");
    assert_eq!(
        names(&document.menu(&Subject::Group)).join(" "),
        "add-new-jobs cancel-all rebuild-cached-tasks retrigger-multiple"
    );
    let definition = task(&[("retrigger", "true")]);
    let found =
        document.find("retrigger", &Subject::Task { id: "fdtgsD5DQUmAQZEaGMvQ4Q", definition: &definition });
    let Err(FindError::Several { titles, .. }) = found else { panic!("{found:?}") };
    assert_eq!(titles, ["Retrigger", "Retrigger (disabled)"]);
}
