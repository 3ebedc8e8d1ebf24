//! What decision tasks of the reference say about actions, for every fixture, and what its callbacks do.

use taskgraph_action_tasks::{action_yml, actions_json, register};
use taskgraph_fixtures::{Checkout, Expected, Fixture, Json, Run, Shared, each_set};
use taskgraph_kinds::Registry;
use taskgraph_value::json;

use crate::replay::{cases, replay};
use crate::support::{DECISION, id, registry};

/// The action of the crate `release-promotion`, whose tests look at what it does.
const ELSEWHERE: &str = "release-promotion";

each_set!(check);

/// `actions.json` of one set of parameters.
fn check(shared: &Shared, set: &str) {
    let (fixture, checkout) = (shared.fixture(), shared.get());
    let run = Run::with_decision(&checkout, &fixture, set, DECISION);
    let session = run.generator().session();
    let mut registry = Registry::new();
    register(&mut registry);
    let found = actions_json(&registry, &session.parameters, &session.config, DECISION);
    let expected = Expected::new(&fixture, set);
    let Some(golden) = expected.file("actions.json") else {
        assert_eq!(expected.file("decision.error").as_deref(), Some("FileNotFoundError\n"));
        let error = found.unwrap_err().to_string();
        assert!(error.contains(".taskcluster.yml"), "{error}");
        return;
    };

    let now = "2026-02-02T02:40:00Z".parse().unwrap();
    let template = action_yml(&registry, &session.parameters, &session.config, &id(DECISION), now).unwrap();
    assert!(template.is_none_or(|template| template.contains("{{task_labels}}")));

    let found = json::pretty(&found.unwrap()).unwrap();
    let plain = std::fs::read_to_string(fixture.folder().join("../actions.json")).unwrap();
    let (golden, plain, found) = (Json::read(&golden), Json::read(&plain), Json::read(&found));
    let Some(Json::List(order)) = golden.get("order") else { panic!("no order") };
    let order = order.iter().map(Json::text).filter(|callback| *callback != ELSEWHERE);
    let old = |callback: &str| plain.get(callback).cloned().unwrap_or(Json::Map(Vec::new()));
    let actions = golden.patched(order, old).into_iter().map(|(_, action)| action).collect();
    let whole = Json::Map(vec![
        ("\"actions\"", Json::List(actions)),
        ("\"variables\"", Json::Map(Vec::new())),
        ("\"version\"", Json::Scalar("1")),
    ]);
    let problems = whole.differences(&found, "actions.json").join("\n");
    assert!(problems.is_empty(), "{} with {set} differs from the reference\n{problems}", fixture.name());
}

/// What `test-action-callback` of the reference would do, in an embedded cluster with what its lookups found.
#[test]
fn callbacks_do_what_those_of_the_reference_do() {
    let mut problems = Vec::new();
    let mut count = 0;
    for fixture in Fixture::all() {
        let cases: Vec<_> =
            cases(&fixture).into_iter().filter(|(callback, _)| callback != ELSEWHERE).collect();
        let checkout = if cases.is_empty() { continue } else { Checkout::new(&fixture) };
        count += cases.len();
        for (_, case) in cases {
            let different = replay(&fixture, &checkout, &case, &|_| registry());
            problems
                .extend(different.into_iter().map(|problem| format!("{} {case}: {problem}", fixture.name())));
        }
    }
    assert!(count > 20 && problems.is_empty(), "{count} callbacks\n{}", problems.join("\n"));
}
