//! What cannot be built on: one clear message each, and nothing is created.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};
use taskcluster_local_cluster::Resolution;

use crate::snowman::{input, with};
use crate::support::{CONFIG, Place};

#[track_caller]
fn check(place: &Place, group: &taskcluster_queue_client::TaskId, input: Json, expected: &str) {
    let promoted = place.promote(group, input);
    assert_eq!(promoted.result, Err(expected.to_owned()));
    assert_eq!(place.group(&promoted.task_id), Vec::<String>::new(), "tasks were created");
}

fn simple() -> Place {
    Place::new(&[("t1", "build", &[]), ("t2", "promote", &["t1"])])
}

#[test]
fn a_graph_that_is_missing() {
    let place = simple();
    let d = place.push("bbbb");
    let missing = place.id();
    check(
        &place,
        &d,
        input("promote_example", &[&d, &missing]),
        &format!("previous graph {missing}: the queue has no such task; maybe it has expired"),
    );
}

#[test]
fn a_graph_that_has_not_ended() {
    let place = simple();
    let d = place.push("bbbb");
    let waiting = place.create_decision("cccc");
    check(
        &place,
        &d,
        input("promote_example", &[&waiting, &d]),
        &format!(
            "previous graph {waiting}: it is still pending: a graph can be built on when the task that makes it has \
             completed"
        ),
    );
    place.resolve(&waiting, Resolution::Failed);
    check(
        &place,
        &d,
        input("promote_example", &[&waiting, &d]),
        &format!("previous graph {waiting}: it has ended as failed; rerun it, so that its graph is complete"),
    );
}

#[test]
fn a_graph_of_another_trust_domain() {
    let place = simple();
    let d = place.push("bbbb");
    let other = place.id();
    let mut definition = place.definition(&other, "Decision", &json!({}));
    definition["schedulerId"] = json!("elsewhere-level-3");
    place.wait(place.cluster.queue().create_task(&other, &definition)).unwrap();
    place.resolve(&other, Resolution::Completed);
    check(
        &place,
        &d,
        input("promote_example", &[&d, &other]),
        &format!("previous graph {other}: it is of the trust domain `elsewhere`, expected `example`"),
    );
}

/// All that is wrong is told at once.
#[test]
fn several_graphs_that_cannot_be_used() {
    let place = simple();
    let d = place.push("bbbb");
    let (a, b) = (place.id(), place.id());
    check(
        &place,
        &d,
        input("promote_example", &[&a, &d, &b, &a]),
        &format!(
            "2 previous graphs cannot be built on:\n  previous graph {a}: the queue has no such task; maybe it has \
             expired\n  previous graph {b}: the queue has no such task; maybe it has expired"
        ),
    );
}

#[test]
fn a_task_that_made_no_graph() {
    let place = simple();
    let d = place.push("bbbb");
    let t1 = taskgraph_decision::task_id(&d, "t1");
    check(
        &place,
        &d,
        input("promote_example", &[&d, &t1]),
        &format!(
            "previous graph {t1}: it has no artifact `public/label-to-taskid.json`: it is neither a decision nor an \
             action task that made a graph, or the artifact has expired"
        ),
    );
}

#[test]
fn a_graph_that_is_no_graph() {
    let place = simple();
    let d = place.push("bbbb");
    let name = "public/label-to-taskid.json";
    place.local.put_artifact(d.as_str(), None, name, "application/json", b"{\"t1\": 3}").unwrap();
    check(
        &place,
        &d,
        input("promote_example", &[&d]),
        &format!("previous graph {d}: the artifact `{name}`: `t1`: expected a taskId, found the integer 3"),
    );
}

/// The old graph has expired; the new one still knows its tasks, which are gone as well.
#[test]
fn a_graph_that_has_expired() {
    let place = simple();
    let old = place.push("bbbb");
    place.time.pass(TimeDelta::days(200));
    let d = place.push("cccc");
    place.time.pass(TimeDelta::days(150));
    let promoted = place.promote(&d, input("promote_example", &[&d, &old]));
    let error = promoted.result.unwrap_err();
    assert!(error.starts_with(&format!("previous graph {old}: ")) && error.contains("expired"), "{error}");
    assert!(
        place.group(&promoted.task_id).is_empty() || place.group(&promoted.task_id) == Vec::<String>::new()
    );
}

/// Tasks live shorter than the decision task that names them.
#[test]
fn a_task_that_has_expired() {
    let place = simple();
    let d = place.push("bbbb");
    place.time.pass(TimeDelta::days(40));
    let t1 = taskgraph_decision::task_id(&d, "t1");
    let promoted = place.promote(&d, input("promote_example", &[&d]));
    let error = promoted.result.clone().unwrap_err();
    assert!(error.starts_with(&format!("task {t1} (`t1`) of the previous graph {d} ")), "{error}");
    assert!(
        error.contains("but other tasks need it; leave that graph out, or make the tasks again"),
        "{error}"
    );
    assert_eq!(place.group(&promoted.task_id), Vec::<String>::new());
    let again = with(input("promote_example", &[&d]), "rebuild_kinds", json!(["t1"]));
    let promoted = place.promote(&d, again).ok();
    assert_eq!(place.group(&promoted.task_id), ["t1", "t2"]);
}

#[test]
fn flavors_and_versions() {
    let place = simple();
    let d = place.push("bbbb");
    check(
        &place,
        &d,
        input("promote_other", &[&d]),
        "bad input for the action `release-promotion`: `release_promotion_flavor`: expected one of \"promote_example\", \
         \"push_example\", \"ship_example\", found the string \"promote_other\"",
    );
    let in_input =
        "the version in the input: expected one such as `128.0b4`, of letters, digits and `.-_+~`, found ";
    let version = |version: &str| with(input("promote_example", &[&d]), "version", json!(version));
    check(&place, &d, version("one two"), &format!("{in_input}`one two`"));
    place.write("version.txt", "latest\n");
    let in_tree = "the version in the tree (by `mozilla_taskgraph.version:default_parser`): expected one such as \
                   `128.0b4`, of letters, digits and `.-_+~`, found `latest`";
    check(&place, &d, version(""), in_tree);
    std::fs::remove_file(place.tree.path().join("version.txt")).unwrap();
    let path = place.tree.path().join("version.txt");
    let none = format!(
        "cannot read the version with `mozilla_taskgraph.version:default_parser`: there is no file `{}`; say the version \
         in the input, or name a `version-parser` in config.yml",
        path.display()
    );
    check(&place, &d, version(""), &none);
}

#[test]
fn configurations() {
    let place = simple();
    let d = place.push("bbbb");
    place.write(
        "taskcluster/config.yml",
        &CONFIG.replace("{target-tasks-method: promote_example}", "{rebuild-kinds: x}"),
    );
    let config = "cannot be declared: invalid graph configuration:\n  taskcluster/config.yml:7: \
                  `release-promotion.flavors.promote_example.rebuild-kinds`: expected a list of strings, found the \
                  string \"x\"\n  taskcluster/config.yml:7: \
                  `release-promotion.flavors.promote_example.target-tasks-method`: missing, expected a string";
    let promoted = place.promote(&d, input("promote_example", &[&d]));
    let error = promoted.result.unwrap_err();
    assert!(error.ends_with(config), "{error}");

    place.write(
        "taskcluster/config.yml",
        &CONFIG.replace("method: promote_example", "method: nightly_desktop"),
    );
    let promoted = place.promote(&d, input("promote_example", &[&d]));
    let error = promoted.result.unwrap_err();
    assert!(
        error.starts_with(
            "the flavor `promote_example`: `target-tasks-method`: there is no target method `nightly_desktop`"
        ),
        "{error}"
    );
}

#[test]
fn a_task_that_vanished_from_the_tree() {
    let place = simple();
    let d = place.push("bbbb");
    place.tasks(&[("t2", "promote", &["t1"])]);
    place.write(
        "taskcluster/kinds/t1/kind.yml",
        "loader: taskgraph.loader.transform:loader\ntransforms: [taskgraph.transforms.task]\ntasks: {}\n",
    );
    let tree = place.tree.path().display();
    check(
        &place,
        &d,
        input("promote_example", &[&d]),
        &format!(
            "{tree}/taskcluster/kinds/t2/kind.yml:5: task `t2` depends on `t1` (as `t1`), which no kind makes; the previous graph \
             {d} has it, of the kind `t1`, but a graph can only re-use tasks that the tree still makes"
        ),
    );
}

/// The default of the schema, which nobody wrote, is not quoted.
#[test]
fn a_flavor_that_is_missing() {
    let place = simple();
    let d = place.push("bbbb");
    check(
        &place,
        &d,
        json!({"version": "1.0"}),
        "bad input for the action `release-promotion`: `release_promotion_flavor`: expected one of \"promote_example\", \
         \"push_example\", \"ship_example\", found nothing",
    );
    let without = CONFIG.split("release-promotion:").next().unwrap();
    place.write("taskcluster/config.yml", without);
    let expected =
        "taskcluster/config.yml: `release-promotion.flavors`: expected a flavor to release, found none";
    check(&place, &d, json!({}), expected);
    check(&place, &d, input("promote_example", &[&d]), expected);
}
