//! The action as the reference runs it, for the fixture `promotion`: what is declared, and what is created.

use std::sync::Arc;

use taskgraph_action_tasks::actions_json;
use taskgraph_fixtures::{Checkout, Expected, Fixture, Json, Run, Shared};
use taskgraph_generate::{Error, TargetMethod};
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::{Registry, Session};
use taskgraph_release_promotion::ACTION;
use taskgraph_value::{Str, Value, json};

use crate::replay::{cases, replay, replay_again};

/// The tasks of one phase, as the methods that the fixture has in Python.
struct Only(&'static str);

impl TargetMethod for Only {
    fn targets(&self, tasks: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        let phase = Value::from(self.0);
        let wanted = tasks.tasks().filter(|task| task.attributes.get("shipping_phase") == Some(&phase));
        Ok(wanted.map(|task| task.label.clone()).collect())
    }
}

fn registry(session: &Session) -> Registry {
    let mut registry = taskgraph_generate::registry();
    taskgraph_action_tasks::register(&mut registry);
    taskgraph_release_promotion::register(&mut registry);
    if session.config.trust_domain() == "promo" {
        registry.add::<dyn TargetMethod>("promote_promotion", Arc::new(Only("promote")));
        registry.add::<dyn TargetMethod>("ship", Arc::new(Only("ship")));
    }
    // Those that `snowman` has in Python come with the program.
    taskgraph_release_promotion::register_methods(&mut registry, &session.config, &session.parameters);
    registry
}

#[test]
fn it_is_declared_as_the_reference_declares_it() {
    let fixture = Fixture::new("promotion");
    let checkout = Checkout::new(&fixture);
    let run = Run::with_decision(&checkout, &fixture, "push", "fdtgsD5DQUmAQZEaGMvQ4Q");
    let session = run.generator().session();
    let found =
        actions_json(&registry(session), &session.parameters, &session.config, "fdtgsD5DQUmAQZEaGMvQ4Q")
            .unwrap();
    let found = found.at("actions").and_then(Value::as_list).unwrap();
    let found = found.iter().find(|action| action.at("name") == Some(&ACTION.into())).unwrap();

    let golden = Expected::new(&fixture, "push").file("actions.json").unwrap();
    let expected = Json::read(&golden).patched([ACTION], |_| Json::Map(Vec::new())).remove(0).1;
    let found = json::pretty(found).unwrap();
    let problems = expected.differences(&Json::read(&found), ACTION);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Each callback of a fixture is a test, which compares the parameters, `existing_tasks` among them, the tasks that are
/// targets, those that are created, and which tasks take the places of others.
macro_rules! goldens {
    ($($fixture:ident: $($case:ident)+;)+) => {
        $(mod $fixture {
            use taskgraph_fixtures::Shared;

            static CHECKOUT: Shared = Shared::new(stringify!($fixture));

            $(#[test]
            fn $case() {
                super::check(&CHECKOUT, &stringify!($case).replace('_', "-"));
            })+
        })+

        const LISTED: &[(&str, &[&str])] = &[$((stringify!($fixture), &[$(stringify!($case)),+])),+];
    };
}

goldens! {
    promotion: promote promote_rebuild promote_version ship ship_nothing_rebuilt unknown_flavor;
    snowman:
        all_products
        an_empty_list_of_graphs
        build_number_as_a_float
        do_not_optimize
        do_not_optimize_what_others_need
        empty_lists_of_the_input_win
        failed_phase_again_names_its_first_attempt
        l10n_repack_reuses_build_and_signing
        label_in_two_graphs_rightmost_wins
        label_in_two_graphs_the_other_way_round
        label_that_no_full_graph_has
        lists_of_the_flavor
        lists_of_the_input_win
        new_revision_first
        new_revision_first_then_phases
        no_list_of_graphs
        old_revision_first
        one_graph_twice
        parameters_of_the_first_graph
        phase_1_promote
        phase_2_push
        phase_2_push_for_its_last_graph_alone
        phase_3_ship
        phase_3_ship_alone
        phase_3_ship_without_a_graph_between
        product_that_nothing_has
        rebuild_kinds
        rebuild_kinds_of_a_phase_before
        relabelled_task_has_the_kind_of_the_rightmost
        relabelled_task_in_the_graph_before
        relabelled_task_is_taken_from_the_rightmost
        t1_in_neither
        t1_in_the_graph_before
        t1_only_in_an_older_graph;
}

#[track_caller]
fn check(shared: &Shared, case: &str) {
    let problems = replay(&shared.fixture(), &shared.get(), case, &registry);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_case_is_listed() {
    let listed = LISTED.iter().map(|(fixture, cases)| {
        (fixture.to_string(), cases.iter().map(|case| case.replace('_', "-")).collect::<Vec<_>>())
    });
    let found = Fixture::all().into_iter().map(|fixture| {
        let cases = cases(&fixture).into_iter().filter(|(callback, _)| callback == ACTION);
        (fixture.name().to_owned(), cases.map(|(_, case)| case).collect::<Vec<_>>())
    });
    let found: Vec<_> = found.filter(|(_, cases)| !cases.is_empty()).collect();
    assert_eq!(listed.collect::<Vec<_>>(), found);
}

/// A phase that was killed, and whose action task is rerun, leaves the graph that the reference makes at once.
#[test]
fn a_failed_phase_that_is_run_again_creates_nothing_twice() {
    let fixture = Fixture::new("snowman");
    let checkout = Checkout::new(&fixture);
    for case in ["l10n-repack-reuses-build-and-signing", "t1-in-neither", "phase-3-ship-alone"] {
        check(&Shared::new("snowman"), case);
        let (problems, said) = replay_again(&fixture, &checkout, case, &registry);
        assert!(problems.is_empty(), "{case}: {}", problems.join("\n"));
        assert!(said.iter().any(|line| line.starts_with("exists already")), "{case}: {said:?}");
    }
}
