//! Which tasks a graph re-uses, and from where.

use serde_json::{Value as Json, json};
use taskcluster_queue_client::TaskId;

use crate::support::{CONFIG, Line, Place};

const T1: Line<'_> = ("t1", "build", &[]);
const T2: Line<'_> = ("t2", "promote", &["t1"]);

pub(crate) fn input(flavor: &str, previous: &[&TaskId]) -> Json {
    json!({"release_promotion_flavor": flavor, "build_number": 1, "version": "1.0", "previous_graph_ids": previous})
}

/// The same with another key.
pub(crate) fn with(mut input: Json, key: &str, value: Json) -> Json {
    input[key] = value;
    input
}

#[test]
fn t1_is_in_the_graph_before() {
    let place = Place::new(&[T1, T2]);
    let g1 = place.push("bbbb");
    assert_eq!(place.group(&g1), ["t1"]);
    let promoted = place.promote(&g1, input("promote_example", &[&g1])).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["t2"]);
    assert_eq!(place.needs(g, "t2", &[("G1/t1", &g1, "t1")]), ["G1/t1", "self"]);
    assert_eq!(place.created(g, "t2")["taskGroupId"], json!(g));
}

#[test]
fn t1_is_only_in_an_older_graph() {
    let place = Place::new(&[T1]);
    let g1 = place.push("bbbb");
    place.tasks(&[("t0", "build", &[])]);
    let g2 = place.push("cccc");
    place.tasks(&[T1, T2]);
    let promoted = place.promote(&g2, input("promote_example", &[&g1, &g2])).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["t2"]);
    assert_eq!(place.needs(g, "t2", &[("G1/t1", &g1, "t1")]), ["G1/t1", "self"]);
}

/// Without previous graphs, that of the revision is found in the index; it has no `t1` here.
#[test]
fn t1_is_in_no_graph() {
    let place = Place::new(&[("t0", "build", &[])]);
    let g1 = place.push("bbbb");
    place.tasks(&[T1, T2]);
    let promoted = place.promote(&g1, input("promote_example", &[])).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["t1", "t2"]);
    assert_eq!(place.needs(g, "t2", &[("G/t1", g, "t1")]), ["G/t1"]);
    assert_eq!(promoted.said[0], format!("building on the graphs of {g1}"));
}

#[test]
fn repacks_use_builds_and_signed_builds() {
    let place = Place::new(&[
        ("build-linux", "build", &[]),
        ("signing-linux", "build", &["build-linux"]),
        ("l10n-repack", "promote", &["build-linux", "signing-linux"]),
    ]);
    let g1 = place.push("bbbb");
    let promoted = place.promote(&g1, input("promote_example", &[&g1])).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["l10n-repack"]);
    let known = [("G1/build", &g1, "build-linux"), ("G1/signing", &g1, "signing-linux")];
    assert_eq!(place.needs(g, "l10n-repack", &known), ["G1/build", "G1/signing", "self"]);
}

#[test]
fn each_phase_builds_on_all_before_it() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("other", "", &[]),
        ("repack-a", "promote", &["build-a"]),
        ("beet-a", "push", &["repack-a", "build-a"]),
        ("mark-a", "ship", &["beet-a", "repack-a", "build-a"]),
    ]);
    let d = place.push("bbbb");
    let promote = place.promote(&d, input("promote_example", &[&d])).ok();
    assert_eq!(place.group(&promote.task_id), ["repack-a"]);
    place.local.resolve_all(promote.task_id.as_str()).unwrap();
    let push = place.promote(&d, input("push_example", &[&d, &promote.task_id])).ok();
    assert_eq!(place.group(&push.task_id), ["beet-a"]);
    place.local.resolve_all(push.task_id.as_str()).unwrap();
    let ship = place.promote(&d, input("ship_example", &[&d, &promote.task_id, &push.task_id])).ok();
    assert_eq!(place.group(&ship.task_id), ["mark-a"]);
    let known = [
        ("D/build", &d, "build-a"),
        ("promote/repack", &promote.task_id, "repack-a"),
        ("push/beet", &push.task_id, "beet-a"),
    ];
    assert_eq!(
        place.needs(&ship.task_id, "mark-a", &known),
        ["D/build", "promote/repack", "push/beet", "self"]
    );

    // Everything that describes a graph is there again, so that a next one can build on this one.
    for name in [
        "actions.json",
        "full-task-graph.json",
        "label-to-taskid.json",
        "parameters.yml",
        "runnable-jobs.json",
        "target-tasks.json",
        "task-graph.json",
    ] {
        assert!(ship.artifacts().join(name).is_file(), "{name}");
    }
    assert_eq!(ship.json("target-tasks.json"), json!(["build-a", "repack-a", "beet-a", "mark-a"]));
    let actions = ship.json("actions.json");
    let actions = actions["actions"].as_array().unwrap();
    let release = actions.iter().find(|action| action["name"] == "release-promotion").unwrap();
    assert_eq!(release["hookPayload"]["decision"]["action"]["taskGroupId"], json!(ship.task_id));
    assert!(release["hookId"].as_str().unwrap().starts_with("in-tree-action-1-release-promotion/"));
    let parameters = ship.parameters();
    assert_eq!(parameters.get_str("shipping_phase").unwrap(), "ship_example");
    assert_eq!(parameters.get_str("target_tasks_method").unwrap(), "ship_example");
    assert_eq!(parameters.get_str("tasks_for").unwrap(), "action");
    assert_eq!(parameters.get_map("existing_tasks").unwrap().len(), 4);
}

/// Without the graph of a phase in between, its tasks are made again.
#[test]
fn a_graph_that_is_not_named_is_made_again() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("repack-a", "promote", &["build-a"]),
        ("beet-a", "push", &["repack-a"]),
    ]);
    let d = place.push("bbbb");
    let push = place.promote(&d, input("push_example", &[&d])).ok();
    assert_eq!(place.group(&push.task_id), ["beet-a", "repack-a"]);
}

/// Parameters are those of a new revision, tasks those of the old one.
#[test]
fn a_new_revision_is_first_in_the_list() {
    let place = Place::new(&[T1]);
    let old = place.push("bbbb");
    place.write("version.txt", "2.0\n");
    place.tasks(&[("t0", "", &[]), T1, T2]);
    // The push after it made no `t1` of its own: nothing but its parameters is used.
    let new = place.push("cccc");
    let input = input("promote_example", &[&new, &old]);
    let promoted = place.promote(&new, with(input, "version", json!(""))).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["t2"]);
    assert_eq!(place.needs(g, "t2", &[("old/t1", &old, "t1")]), ["old/t1", "self"]);
    let parameters = promoted.parameters();
    assert_eq!(parameters.get_str("head_rev").unwrap(), "cccc");
    assert_eq!(parameters.get_str("version").unwrap(), "2.0");
}

/// The other way round, parameters are those of the old revision, but for the revision itself.
#[test]
fn the_revision_is_that_of_the_push() {
    let place = Place::new(&[T1, T2]);
    let old = place.push("bbbb");
    let new = place.push("cccc");
    let promoted = place.promote(&new, input("promote_example", &[&old])).ok();
    assert_eq!(place.group(&promoted.task_id), ["t2"]);
    assert_eq!(promoted.parameters().get_str("head_rev").unwrap(), "cccc");
}

#[test]
fn the_rightmost_of_two_tasks_of_a_label_wins() {
    let place = Place::new(&[T1, T2]);
    let (g1, g2) = (place.push("bbbb"), place.push("cccc"));
    let known = [("G1/t1", &g1, "t1"), ("G2/t1", &g2, "t1")];
    for (previous, expected) in [([&g1, &g2], "G2/t1"), ([&g2, &g1], "G1/t1")] {
        let promoted = place.promote(&g2, input("promote_example", &previous)).ok();
        assert_eq!(place.needs(&promoted.task_id, "t2", &known), [expected, "self"]);
    }
}

#[test]
fn kinds_are_rebuilt() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("signing-a", "build", &["build-a"]),
        ("repack-a", "promote", &["signing-a"]),
    ]);
    let d = place.push("bbbb");
    let input = input("promote_example", &[&d]);
    let promoted = place.promote(&d, with(input, "rebuild_kinds", json!(["signing"]))).ok();
    assert_eq!(place.group(&promoted.task_id), ["repack-a", "signing-a"]);
    let existing = promoted.parameters().get_map("existing_tasks").unwrap().clone();
    assert_eq!(existing.keys().map(|label| label.as_str()).collect::<Vec<_>>(), ["build-a"]);
}

/// What needs a task that is made again is made again, too.
#[test]
fn labels_are_made_again() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("build-b", "build", &[]),
        ("repack-a", "promote", &["build-a", "build-b"]),
    ]);
    let d = place.push("bbbb");
    let asked = with(input("promote_example", &[&d]), "do_not_optimize", json!(["build-b"]));
    let promoted = place.promote(&d, asked).ok();
    let g = &promoted.task_id;
    assert_eq!(place.group(g), ["build-b", "repack-a"]);
    assert_eq!(place.needs(g, "repack-a", &[("D/a", &d, "build-a"), ("G/b", g, "build-b")]), ["D/a", "G/b"]);
    assert_eq!(promoted.parameters().get_list("do_not_optimize"), ["build-b".into()]);
}

#[test]
fn flavors_have_defaults() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("build-b", "build", &[]),
        ("signing-a", "build", &["build-a"]),
        ("repack-a", "promote", &["signing-a"]),
    ]);
    place.write(
        "taskcluster/config.yml",
        "
trust-domain: example
task-priority: low
workers: {aliases: {}}
taskgraph: {repositories: {example: {name: example}}}
release-promotion:
    flavors:
        promote_example:
            target-tasks-method: 'shipping_phase:promote:{project}'
            rebuild-kinds: [signing]
            do-not-optimize: [build-b]
            partial-updates: true
",
    );
    let d = place.push("bbbb");
    let promoted = place.promote(&d, input("promote_example", &[&d])).ok();
    assert_eq!(place.group(&promoted.task_id), ["build-b", "repack-a", "signing-a"]);
    let asked = with(input("promote_example", &[&d]), "rebuild_kinds", json!(["unknown"]));
    let promoted = place.promote(&d, with(asked, "do_not_optimize", json!([]))).ok();
    assert_eq!(place.group(&promoted.task_id), ["repack-a"]);
}

/// It is killed after one of three tasks; running it again makes the other two, as one graph.
#[test]
fn a_failed_phase_is_run_again_without_duplicates() {
    let place = Place::new(&[
        ("build-a", "build", &[]),
        ("repack-a", "promote", &["build-a"]),
        ("repack-b", "promote", &["repack-a"]),
        ("repack-c", "promote", &["repack-b"]),
    ]);
    let d = place.push("bbbb");
    let asked = input("promote_example", &[&d]);
    let a = place.id();
    let definition = place.definition(&d, "Action: Release Promotion", &json!({}));
    place.wait(place.cluster.queue().create_task(&a, &definition)).unwrap();
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let cluster = &place.cluster;
        let folder = tempfile::tempdir().unwrap();
        let restricted = place.wait(taskcluster_operations::Work::begin(cluster, &a)).unwrap();
        place.call(restricted.cluster(), Some(&a), &d, &asked, folder.path(), 0)
    }));
    assert!(killed.is_err());
    let begun = place.group(&a).len();
    assert!((1..3).contains(&begun), "{begun}");

    let promoted = place.run(&a, &d, asked.clone(), usize::MAX).ok();
    assert_eq!(place.group(&a), ["repack-a", "repack-b", "repack-c"]);
    let existed = promoted.said.iter().filter(|line| line.starts_with("exists already")).count();
    assert_eq!(existed, begun);
    assert_eq!(place.needs(&a, "repack-b", &[("A/a", &a, "repack-a")]), ["A/a"]);
}

/// Nothing is created in a test, and a task of the test's own is not needed.
#[test]
fn a_test_changes_nothing() {
    let place = Place::new(&[T1, T2]);
    let d = place.push("bbbb");
    let (cluster, recorder) = place.cluster.dry_run();
    let folder = tempfile::tempdir().unwrap();
    let (result, _) =
        place.call(&cluster, None, &d, &input("promote_example", &[&d]), folder.path(), usize::MAX);
    assert_eq!(result, Ok(()));
    let created: Vec<Json> =
        recorder.requests().into_iter().map(|request| request.body["metadata"]["name"].clone()).collect();
    assert_eq!(created, ["t2"]);
}

/// A build that failed is re-used: its rerun lets the rest go on.
#[test]
fn a_failed_task_is_told_of() {
    let place = Place::new(&[T1, T2]);
    let decision = place.push_unresolved("bbbb");
    let t1 = taskgraph_decision::task_id(&decision, "t1");
    place.resolve(&t1, taskcluster_local_cluster::Resolution::Failed);
    let promoted = place.promote(&decision, input("promote_example", &[&decision])).ok();
    assert_eq!(place.group(&promoted.task_id), ["t2"]);
    assert!(promoted.said.iter().any(|line| line.contains("t1 is failed")), "{:?}", promoted.said);
}

/// As in the reference, the lists of the flavor count for what was not said, and not the default of the schema.
#[test]
fn the_flavor_decides_about_what_was_not_said() {
    let place = Place::new(&[T1, T2]);
    let config = CONFIG.replace(
        "{target-tasks-method: promote_example}",
        "{target-tasks-method: promote_example, rebuild-kinds: [t1]}",
    );
    place.write("taskcluster/config.yml", &format!("{config}    rebuild-kinds: []\n"));
    let d = place.push("bbbb");
    let promoted = place.promote(&d, input("promote_example", &[&d])).ok();
    assert_eq!(place.group(&promoted.task_id), ["t1", "t2"]);
    let said = with(input("promote_example", &[&d]), "rebuild_kinds", json!(["nope"]));
    let promoted = place.promote(&d, said).ok();
    assert_eq!(place.group(&promoted.task_id), ["t2"]);
    let remark = "`rebuild_kinds`: no task of the previous graphs is of the kind `nope`";
    assert!(promoted.said.iter().any(|line| line == remark), "{:?}", promoted.said);
}
