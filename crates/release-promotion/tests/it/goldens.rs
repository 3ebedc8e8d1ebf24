//! The action as the reference runs it, for the fixture `promotion`: what is declared, and what is created.

use std::sync::Arc;

use taskgraph_action_tasks::actions_json;
use taskgraph_fixtures::{Checkout, Expected, Fixture, Json, Run};
use taskgraph_generate::{Error, TargetMethod};
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::{Registry, Session};
use taskgraph_release_promotion::ACTION;
use taskgraph_value::{Str, Value, json};

use crate::replay::{cases, replay};

/// The tasks of one phase, as the methods that the fixture has in Python.
struct Only(&'static str);

impl TargetMethod for Only {
    fn targets(&self, tasks: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        let phase = Value::from(self.0);
        let wanted = tasks.tasks().filter(|task| task.attributes.get("shipping_phase") == Some(&phase));
        Ok(wanted.map(|task| task.label.clone()).collect())
    }
}

fn registry() -> Registry {
    let mut registry = taskgraph_generate::registry();
    taskgraph_action_tasks::register(&mut registry);
    taskgraph_release_promotion::register(&mut registry);
    registry.add::<dyn TargetMethod>("promote_promotion", Arc::new(Only("promote")));
    registry.add::<dyn TargetMethod>("ship", Arc::new(Only("ship")));
    registry
}

#[test]
fn it_is_declared_as_the_reference_declares_it() {
    let fixture = Fixture::new("promotion");
    let checkout = Checkout::new(&fixture);
    let run = Run::with_decision(&checkout, &fixture, "push", "fdtgsD5DQUmAQZEaGMvQ4Q");
    let session = run.generator().session();
    let found =
        actions_json(&registry(), &session.parameters, &session.config, "fdtgsD5DQUmAQZEaGMvQ4Q").unwrap();
    let found = found.at("actions").and_then(Value::as_list).unwrap();
    let found = found.iter().find(|action| action.at("name") == Some(&ACTION.into())).unwrap();

    let golden = Expected::new(&fixture, "push").file("actions.json").unwrap();
    let expected = Json::read(&golden).patched([ACTION], |_| Json::Map(Vec::new())).remove(0).1;
    let found = json::pretty(found).unwrap();
    let problems = expected.differences(&Json::read(&found), ACTION);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn it_creates_what_the_reference_creates() {
    let mut problems = Vec::new();
    let mut count = 0;
    for fixture in Fixture::all() {
        let cases: Vec<_> = cases(&fixture).into_iter().filter(|(callback, _)| callback == ACTION).collect();
        let checkout = if cases.is_empty() { continue } else { Checkout::new(&fixture) };
        count += cases.len();
        for (_, case) in cases {
            let different = replay(&fixture, &checkout, &case, registry());
            problems.extend(different.into_iter().map(|problem| format!("{case}: {problem}")));
        }
    }
    assert!(count >= 6 && problems.is_empty(), "{count} calls\n{}", problems.join("\n"));
}
