//! What people see of a release: where it stands, ending it, what it would re-use; and which tasks methods choose.

use std::path::Path;

use serde_json::json;
use taskcluster_queue_client::State;
use taskgraph_generate::Generator;
use taskgraph_release_promotion::{
    Fate, Fetched, Flavors, Input, Promotion, Release, Simulation, cancel_phase, simulate,
};
use taskgraph_value::map;

use crate::snowman::{input, with};
use crate::support::{CONFIG, Place};

fn three_phases() -> Place {
    Place::new(&[
        ("build-a", "build", &[]),
        ("notes-a", "build", &[]),
        ("repack-a", "promote", &["build-a"]),
        ("beet-a", "push", &["repack-a", "notes-a"]),
    ])
}

#[test]
fn a_release_is_found_from_its_decision_task() {
    let place = three_phases();
    let d = place.push("bbbb");
    let promote = place.promote(&d, input("promote_example", &[&d])).ok().task_id;
    // One that was triggered from the group of a phase belongs to the release as well.
    place.local.resolve_all(promote.as_str()).unwrap();
    let push = place.promote(&promote, input("push_example", &[&d, &promote])).ok().task_id;
    let failed = place.promote(&d, input("ship_example", &[&place.id()])).task_id;

    let release = place.wait(Release::look(&place.cluster, &d)).unwrap();
    assert_eq!(release.counts, [(State::Completed, 2)]);
    let phases: Vec<_> = release
        .phases
        .iter()
        .map(|phase| {
            (phase.task_id.clone(), phase.flavor.as_deref().unwrap(), phase.state(), phase.previous.len())
        })
        .collect();
    let mut expected = vec![
        (promote.clone(), "promote_example", State::Completed, 1),
        (push.clone(), "push_example", State::Pending, 2),
        (failed, "ship_example", State::Failed, 1),
    ];
    // They were created at the same time.
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(phases, expected);

    let canceled = place.wait(cancel_phase(&place.cluster, &push, place.time.now())).unwrap();
    assert!(canceled.action.iter().chain(&canceled.tasks).all(|outcome| outcome.result.is_ok()));
    assert_eq!(canceled.tasks.len(), 1);
    let release = place.wait(Release::look(&place.cluster, &d)).unwrap();
    let triggered = release.triggered();
    let triggered: Vec<_> = triggered.iter().map(|run| (run.flavor.as_str(), run.action)).collect();
    let expected = [("promote_example", State::Completed), ("ship_example", State::Failed)];
    assert_eq!(triggered, expected, "a phase that was given up does not count");
    let phase = release.phases.iter().find(|phase| phase.task_id == push).unwrap();
    assert_eq!((phase.state(), phase.sealed.is_some()), (State::Exception, true));
}

/// It has no group that could be sealed.
#[test]
fn a_phase_that_failed_before_it_made_a_task_is_given_up() {
    let place = three_phases();
    let d = place.push("bbbb");
    let failed = place.promote(&d, input("promote_example", &[&place.id()])).task_id;
    let (dry, recorder) = place.cluster.dry_run();
    place.wait(cancel_phase(&dry, &failed, place.time.now())).unwrap();
    let requests: Vec<&str> = recorder.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(requests, ["rerunTask", "cancelTask"]);
    assert_eq!(place.wait(Release::look(&place.cluster, &d)).unwrap().triggered().len(), 1);

    for _ in 0..2 {
        let canceled = place.wait(cancel_phase(&place.cluster, &failed, place.time.now())).unwrap();
        assert!(canceled.sealed.is_none() && canceled.action[0].result.is_ok());
        let release = place.wait(Release::look(&place.cluster, &d)).unwrap();
        assert!(release.phases[0].is_given_up() && release.triggered().is_empty());
        assert_eq!(release.phases[0].status.runs.len(), 2, "it is done once");
    }
}

/// Past its deadline, the queue lets nobody change a task.
#[test]
fn a_phase_that_failed_long_ago_cannot_be_given_up() {
    let place = three_phases();
    let d = place.push("bbbb");
    let failed = place.promote(&d, input("promote_example", &[&place.id()])).task_id;
    place.time.pass(chrono::TimeDelta::days(2));
    let error = place.wait(cancel_phase(&place.cluster, &failed, place.time.now())).unwrap_err().to_string();
    let expected = format!(
        "the action task {failed} is failed and has created nothing, so there is no group to seal, and it cannot be \
         canceled: "
    );
    assert!(error.starts_with(&expected), "{error}");
    assert!(error.ends_with("its flavor can be triggered with `--again`, and later ones with the graphs to build on, named with `--previous`"), "{error}");
}

#[test]
fn only_phases_are_canceled() {
    let place = three_phases();
    let d = place.push("bbbb");
    let error = place.wait(cancel_phase(&place.cluster, &d, place.time.now())).unwrap_err().to_string();
    assert!(error.starts_with(&format!("task {d} (`Decision`) is no release promotion: ")), "{error}");
}

fn simulated(
    place: &Place,
    flavor: &str,
    folders: &[&Path],
    change: impl Fn(&mut Input),
) -> Result<Simulation, String> {
    let fetched = Fetched::from_folders(folders).map_err(|error| error.to_string())?;
    let flavors = Flavors::of(&place.config()).unwrap();
    let flavor = flavors.get(flavor, Path::new("taskcluster")).unwrap();
    let mut input = Input { version: Some("1.0".into()), ..Input::of_flavor(flavor) };
    change(&mut input);
    let push = place.parameters("bbbb");
    let promotion = Promotion {
        push: &push,
        first: &fetched.parameters,
        previous: &fetched.graphs,
        flavor,
        input: &input,
    };
    let parameters = promotion.parameters(|_| unreachable!()).unwrap();
    let rebuild_kinds = promotion.rebuild_kinds();
    simulate(place.session(parameters), &fetched.graphs, rebuild_kinds, place.time.now())
        .map_err(|error| error.to_string())
}

#[test]
fn a_simulation_says_why() {
    let place = three_phases();
    let d = place.push("bbbb");
    let folder = place.decision_folder(&d);
    let promote = place.promote(&d, input("promote_example", &[&d])).ok();

    let found = simulated(&place, "push_example", &[folder.path(), promote.artifacts()], |input| {
        input.rebuild_kinds = Some(vec!["notes".into()]);
    })
    .unwrap();
    let fates: Vec<String> = found
        .tasks
        .iter()
        .map(|task| match &task.fate {
            Fate::Reused { graph, .. } => {
                let of = if *graph == *promote.artifacts().to_string_lossy() { "promote" } else { "push" };
                format!("{} from {of}", task.label)
            }
            Fate::Made { why } => format!("{}: {why}", task.label),
            Fate::Removed { why } => format!("{} left out: {why}", task.label),
        })
        .collect();
    let mut sorted = fates.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "beet-a: no previous graph has it",
            "build-a from promote",
            "notes-a: its kind `notes` is in `rebuild_kinds`",
            "repack-a from promote",
        ]
    );
    let found = simulated(&place, "push_example", &[folder.path(), promote.artifacts()], |input| {
        input.do_not_optimize = Some(vec!["build-a".into()]);
    })
    .unwrap();
    let made = |label: &str| match &found.tasks.iter().find(|task| task.label == label).unwrap().fate {
        Fate::Made { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(made("build-a"), "it is in `do_not_optimize`");
    assert_eq!(made("repack-a"), "it needs `build-a`, which is made anew");
    assert!(found.missing.is_empty());
}

#[test]
fn a_simulation_says_what_would_be_missing() {
    let place = three_phases();
    let d = place.push("bbbb");
    let folder = place.decision_folder(&d);
    place.tasks(&[("build-a", "build", &[]), ("repack-a", "promote", &["build-a"])]);
    let found = simulated(&place, "promote_example", &[folder.path()], |_| {}).unwrap();
    assert_eq!(found.missing.iter().map(|missing| missing.label.as_str()).collect::<Vec<_>>(), ["notes-a"]);
    assert_eq!(found.kinds().iter().map(|(_, counts)| counts[0]).sum::<usize>(), 1);

    place.write(
        "taskcluster/kinds/repack/kind.yml",
        "loader: taskgraph.loader.transform:loader\nkind-dependencies: [build]\ntransforms: [taskgraph.transforms.task]\n\
         tasks: {repack-a: {description: a, label: repack-a, worker-type: succeed, dependencies: {n: notes-a}}}\n",
    );
    let error = simulated(&place, "promote_example", &[folder.path()], |_| {}).unwrap_err();
    assert!(
        error.contains("depends on `notes-a`") && error.contains("has it, of the kind `notes`"),
        "{error}"
    );
    let error = simulated(&place, "promote_example", &[Path::new("/nowhere")], |_| {}).unwrap_err();
    assert!(
        error.starts_with("cannot use the previous graph in `/nowhere`: `full-task-graph.json`: "),
        "{error}"
    );
}

/// Methods by phase and product, by names that only the configuration or the parameters have.
#[test]
fn methods_choose_phases_and_products() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("other-a", "", &[]),
        ("repack-a", "promote", &[]),
        ("beet-a", "push", &[]),
        ("mark-a", "ship", &[]),
    ]);
    let kind = "loader: taskgraph.loader.transform:loader\ntransforms: [taskgraph.transforms.task]\ntasks:\n";
    let tasks = [
        ("x", "{shipping_phase: promote, shipping_product: other}"),
        ("y", "{shipping_phase: promote}"),
        ("z", "{shipping_phase: later, shipping_product: example}"),
    ];
    let tasks = tasks.map(|(name, attributes)| {
        format!("  {name}: {{description: a, worker-type: succeed, attributes: {attributes}}}\n")
    });
    place.write("taskcluster/kinds/odd/kind.yml", &format!("{kind}{}", tasks.concat()));
    for (method, expected) in [
        ("build", "build-a"),
        ("promote", "build-a odd-x odd-y repack-a"),
        ("shipping_phase:push", "beet-a build-a odd-x odd-y repack-a"),
        ("ship_example", "beet-a build-a mark-a repack-a"),
        ("promote-other", "odd-x"),
        ("shipping_phase:promote:example", "build-a repack-a"),
        ("promote_example_rc", "build-a repack-a"),
    ] {
        let mut parameters = place.parameters("bbbb").values().clone();
        parameters.insert("target_tasks_method".into(), method.into());
        let parameters = taskgraph_config::Parameters::from_values(parameters, true);
        let generator = Generator::new(place.session(parameters));
        let mut found: Vec<&str> =
            generator.target_task_set().unwrap().tasks().map(|task| task.label.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found.join(" "), expected, "{method}");
    }
}

#[test]
fn flavors_come_in_the_order_of_phases() {
    let place = three_phases();
    let config = CONFIG.replace(
        "    flavors:\n",
        "    flavors:\n        ship_example_rc: {target-tasks-method: ship}\n        adhoc: {target-tasks-method: nightly}\n",
    );
    place.write("taskcluster/config.yml", &config);
    let flavors = Flavors::of(&place.config()).unwrap();
    let names: Vec<&str> = flavors.in_order().iter().map(|flavor| flavor.name.as_str()).collect();
    assert_eq!(names, ["promote_example", "push_example", "ship_example", "ship_example_rc", "adhoc"]);
    let before = |name: &str| -> Vec<&str> {
        let flavor = flavors.get(name, Path::new("")).unwrap();
        flavors.before(flavor).iter().map(|flavor| flavor.name.as_str()).collect()
    };
    assert_eq!(before("ship_example"), ["promote_example", "push_example"]);
    assert_eq!(before("ship_example_rc"), ["promote_example", "push_example"]);
    assert_eq!(before("adhoc"), Vec::<&str>::new());
    let of_phase = |name: &str| flavors.of_phase(name, Path::new("")).map(|flavor| flavor.name.as_str());
    assert_eq!(of_phase("ship").unwrap(), "ship_example");
    assert_eq!(of_phase("adhoc").unwrap(), "adhoc");
    assert!(
        of_phase("build")
            .unwrap_err()
            .to_string()
            .starts_with("there is no flavor `build`: config.yml has adhoc, ")
    );
    place.write("taskcluster/config.yml", &CONFIG.replace("push_example:", "promote_other:"));
    let two = Flavors::of(&place.config()).unwrap();
    let error = two.of_phase("promote", Path::new("")).unwrap_err().to_string();
    assert_eq!(
        error,
        "several flavors are of the phase `promote`: expected one of promote_example, promote_other"
    );
    let without = taskgraph_config::GraphConfig::new(
        map! {
            "trust-domain" => "example", "task-priority" => "low", "workers" => map! { "aliases" => map! {} },
            "taskgraph" => map! { "repositories" => map! { "a" => map! { "name" => "a" } } },
        },
        "taskcluster".as_ref(),
        place.tree.path(),
    );
    assert!(Flavors::of(&without.unwrap()).unwrap().is_empty());
}

/// A release of nothing is told of.
#[test]
fn no_task_is_a_target() {
    let place = Place::new(&[("other-a", "", &[])]);
    let d = place.push("bbbb");
    let promoted = place.promote(&d, with(input("promote_example", &[&d]), "version", json!("1.0"))).ok();
    assert_eq!(place.group(&promoted.task_id), Vec::<String>::new());
    assert!(
        promoted.said.iter().any(|line| line.contains("`promote_example` chooses no task")),
        "{:?}",
        promoted.said
    );
}
