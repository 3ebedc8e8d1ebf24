//! One callback of a fixture, called in an embedded cluster that has what the file of the callback says.
//!
//! The tests of other crates with actions include this folder, too.

mod case;
mod world;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use taskgraph_fixtures::{Checkout, Expected, Fixture, Json, Run, reference_id};
use taskgraph_kinds::{Registry, Session};

use case::{Case, Decision, Described, described, golden, read, with_ids};
use world::{Done, World};

/// The decision task and the usual action task of the reference's driver.
const DECISION: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
const ACTION: &str = "Aa3Bb4CcTt6Dd7Eq8Ff9Gg";

/// The names of the callbacks that the cases of a fixture are for, by case.
pub(crate) fn cases(fixture: &Fixture) -> Vec<(String, String)> {
    let callback = |case: &str| read(fixture, case)["callback"].as_str().unwrap().to_owned();
    fixture.cases("callbacks").into_iter().map(|case| (callback(&case), case)).collect()
}

/// Makes the registry that a callback is in.
type Register<'a> = &'a dyn Fn(&Session) -> Registry;

/// Calls a callback. Returns what differs from what the reference does.
pub(crate) fn replay(
    fixture: &Fixture,
    checkout: &Checkout,
    name: &str,
    register: Register<'_>,
) -> Vec<String> {
    let Replayed { action, decision, done, .. } = call(fixture, checkout, name, register);
    let Decision { full, parameters, .. } = decision;
    let golden = golden(fixture, name);
    let names = names_of_reference(&action, &Json::read(&golden));
    let golden = renamed(&golden, &names).replace("/checkout", checkout.repo().to_str().unwrap());
    let golden = Json::read(&golden);
    if golden.get("status") != Some(&Json::Scalar("0")) {
        return match &done.error {
            None => vec!["the reference fails".to_owned()],
            Some(_) if done.requests.is_empty() => Vec::new(),
            Some(error) => vec![format!("{error}, after {:?}", done.requests)],
        };
    }
    if let Some(error) = done.error {
        return vec![format!("the reference does not fail: {error}")];
    }

    let full_graph = Json::read(&full);
    let found = done.effects(&full_graph);
    let found = Json::read(&found);
    let created = golden.get("created").cloned().unwrap_or(Json::Map(Vec::new()));
    let labels = created.get("labels").cloned().unwrap_or(Json::Map(Vec::new()));
    let nothing = Json::Map(Vec::new());
    let old = |name: &str| {
        let task = labels.get(name).and_then(|label| full_graph.get(label.text()));
        task.and_then(|task| task.get("task")).unwrap_or(&nothing).clone()
    };
    let names: Vec<&str> = labels.entries().map(|(name, _)| name).collect();
    let created = Json::Map(
        created
            .patched(names.iter().copied(), old)
            .into_iter()
            .map(|(name, task)| (name, sorted(task)))
            .collect(),
    );
    let mut problems = Vec::new();
    let mut compare =
        |what: &str, expected: Option<&Json<'_>>, found: Option<&Json<'_>>| match (expected, found) {
            (Some(expected), Some(found)) => problems.extend(expected.differences(found, what)),
            (None, None) => {}
            (expected, found) => problems.push(format!("{what}: expected {expected:?}, found {found:?}")),
        };
    compare(
        "created",
        Some(&without_quotes(created)),
        Some(&without_quotes(sorted(found.get("created").unwrap().clone()))),
    );
    for what in ["cancelled", "rerun", "to-run", "label-to-taskid", "target-tasks", "task-graph"] {
        let [expected, found] = [&golden, &found].map(|json| json.get(what).cloned().map(in_order));
        compare(what, expected.as_ref(), found.as_ref());
    }
    if let Some(changed) = golden.get("parameters") {
        let text = |value: &taskgraph_value::Value| taskgraph_value::json::pretty(value).unwrap();
        let (before, after) = (text(&parameters), text(&done.parameters.unwrap()));
        let expected = Json::read(&before).merge(changed);
        problems.extend(expected.differences(&Json::read(&after), "parameters"));
    }
    problems
}

/// Calls a callback in a task that is killed in between, and again in the same task, which is how a task is rerun.
/// Returns what is not as in a run from beginning to end, and what was said the second time.
pub(crate) fn replay_again(
    fixture: &Fixture,
    checkout: &Checkout,
    name: &str,
    register: Register<'_>,
) -> (Vec<String>, Vec<String>) {
    let Replayed { action, decision, done, world, run } = call(fixture, checkout, name, register);
    assert_eq!(done.error, None);
    let values = with_ids(&read(fixture, name), &decision.ids);
    let existing: Vec<String> = decision.ids.values().cloned().collect();
    let registry = || register(run.generator().session());
    let case = Case { ids: &decision.ids, values };
    let (said, tasks) = world.call_again(&case, &action, &run, registry, &existing);

    let mut problems = Vec::new();
    let mut found: BTreeMap<String, Value> =
        tasks.into_iter().map(|task| (task.status.task_id.to_string(), task.task)).collect();
    for request in &done.requests {
        let task_id = &request.arguments[0];
        let Some(task) = found.remove(task_id) else {
            problems.push(format!("{task_id} was not created"));
            continue;
        };
        // The queue adds what was left out.
        for (key, value) in request.body.as_object().unwrap() {
            let known = ["provisionerId", "workerType"].contains(&key.as_str());
            if task[key] != *value && !known {
                problems.push(format!("{task_id} {key}: expected {value}, found {}", task[key]));
            }
        }
    }
    problems.extend(found.keys().map(|task_id| format!("{task_id} was created, too")));
    (problems, said)
}

/// A callback that was called.
struct Replayed {
    /// Its action task.
    action: String,
    decision: Decision,
    done: Done,
    /// Where its artifacts are.
    world: World,
    run: Run,
}

fn call(fixture: &Fixture, checkout: &Checkout, name: &str, register: Register<'_>) -> Replayed {
    let case = read(fixture, name);
    let decided = |set: &str| {
        let run = Run::with_decision(checkout, fixture, set, DECISION);
        (Decision::of(&run, &Expected::new(fixture, set)), run)
    };
    let (decision, run) = decided(case["set"].as_str().unwrap());
    let case = Case { ids: &decision.ids, values: with_ids(&case, &decision.ids) };
    let action = case.values["action"].as_str().unwrap_or(ACTION).to_owned();
    let world = World::new();
    world.prepare(&case, &decision, |reference, task_id| match reference.split_once(':').unwrap() {
        ("decision", set) => {
            let (mut decision, _) = decided(set);
            // Each graph has tasks of its own.
            let own =
                |(label, id): (&String, &mut String)| *id = reference_id(&format!("{task_id}\n{label}"));
            decision.ids.iter_mut().for_each(own);
            decision.artifacts()
        }
        (_, name) => of_callback(fixture, checkout, name, register),
    });
    let done = world.call(&case, &action, &run, register(run.generator().session()));
    Replayed { action, decision, done, world, run }
}

/// What another callback writes here, but for the ids of tasks, for which the reference has others.
fn of_callback(fixture: &Fixture, checkout: &Checkout, name: &str, register: Register<'_>) -> Described {
    let replayed = call(fixture, checkout, name, register);
    let read = |name: &str| fs::read_to_string(replayed.world.artifacts().join(name)).unwrap();
    let golden: Value = serde_json::from_str(&golden(fixture, name)).unwrap();
    let ids = golden["label-to-taskid"].to_string();
    described([read("full-task-graph.json"), ids, read("parameters.yml")])
}

fn new_name(label: &str, number: usize, copy: usize) -> String {
    if copy == 0 { format!("{label}#{number}") } else { format!("{label}#{number}.{copy}") }
}

/// What to call the tasks that the reference creates in an action task.
fn names_of_reference(action: &str, golden: &Json<'_>) -> BTreeMap<String, String> {
    let prefix = if action == ACTION { String::new() } else { format!("{action}\n") };
    let mut names = BTreeMap::new();
    let Some(labels) = golden.get("created").and_then(|created| created.get("labels")) else { return names };
    for (_, label) in labels.entries() {
        let label = label.text();
        for number in 1.. {
            let id = reference_id(&format!("{prefix}{label}\n{number}"));
            if labels.get(&id).is_none() {
                break;
            }
            let copies = (1..).map(|copy| (copy, reference_id(&format!("{id}\n{copy}"))));
            for (copy, id) in copies.take_while(|(_, id)| labels.get(id).is_some()) {
                names.insert(id, new_name(label, number, copy));
            }
            names.insert(id, new_name(label, number, 0));
        }
    }
    assert_eq!(names.len(), labels.entries().count());
    names
}

fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id.as_str(), name))
}

/// Dependencies are sorted by taskId, which differ.
fn sorted(json: Json<'_>) -> Json<'_> {
    let Json::Map(entries) = json else { return json };
    Json::Map(
        entries
            .into_iter()
            .map(|(key, value)| {
                (key, if key == "\"dependencies\"" { in_order(value) } else { sorted(value) })
            })
            .collect(),
    )
}

/// A list of texts, in order.
fn in_order(json: Json<'_>) -> Json<'_> {
    match json {
        Json::List(mut items) => {
            items.sort_by_key(Json::text);
            Json::List(items)
        }
        other => other,
    }
}

/// Keys that were made here have no quotes.
fn without_quotes(json: Json<'_>) -> Json<'_> {
    let Json::Map(entries) = json else { return json };
    let mut entries: Vec<_> =
        entries.into_iter().map(|(key, value)| (key.trim_matches('"'), value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    Json::Map(entries)
}
