//! The tasks that are left.

use taskgraph_value::json;

use super::*;

#[test]
fn labels_become_taskids() {
    let mut world = World::new("test -> build; test -> image; image; build", "image: told OLD");
    let payload = map! {
        "image" => map! { "task-reference" => "<image> <self> <decision>" },
        "url" => map! { "artifact-reference" => "<build/public/a>" },
    };
    world.task("test").task = map! { "payload" => payload, "dependencies" => vec!["zzz".into()] }.into();
    let optimized = world.run().unwrap();
    let test = optimized.graph.get("id-test").unwrap();
    assert_eq!(
        json::compact(&test.task).unwrap(),
        r#"{"payload":{"image":"OLD id-test DECISION","url":"https://tc.example/api/queue/v1/task/id-build/artifacts/public/a"},"dependencies":["zzz","OLD","id-build"]}"#
    );
    assert_eq!(test.dependencies, map! { "build" => "id-build", "image" => "OLD" });
    assert_eq!(test.task_id.as_deref(), Some("id-test"));
    // Replacements are no tasks of the graph.
    assert!(optimized.graph.get("OLD").is_none());
    let edges: Vec<_> =
        optimized.graph.graph().edges().map(|e| (e.from.as_str(), e.to.as_str(), e.name.as_str())).collect();
    assert_eq!(edges, [("id-test", "id-build", "build")]);
    let ids: Vec<_> = optimized.label_to_taskid.iter().map(|(label, id)| format!("{label}={id}")).collect();
    assert_eq!(ids, ["build=id-build", "image=OLD", "test=id-test"]);
}

#[test]
fn soft_dependencies_are_those_that_are_left() {
    let mut world =
        World::new("sum ~> a; sum ~> b; sum ~> c; sum ~> nowhere; a; b; c", "a: always; b: told OLD");
    world.task("sum").task = map! { "id" => map! { "task-reference" => "<c>" } }.into();
    let optimized = world.run().unwrap();
    let sum = optimized.graph.get("id-sum").unwrap();
    assert_eq!(sum.dependencies, map! { "c" => "id-c" });
    assert_eq!(json::compact(&sum.task).unwrap(), r#"{"id":"id-c","dependencies":["id-c"]}"#);
    assert_eq!(optimized.graph.graph().edges().count(), 0);
}

#[test]
fn two_names_of_one_task_are_two_dependencies() {
    let mut world = World::new("test -> build", "");
    world.task("test").dependencies.insert("again".into(), "build".into());
    let optimized = world.run().unwrap();
    let test = optimized.graph.get("id-test").unwrap();
    assert_eq!(test.task.at("dependencies"), Some(&vec!["id-build".into(), "id-build".into()].into()));
    assert_eq!(optimized.graph.graph().edges().count(), 2);
}

#[test]
fn ids_are_asked_for_in_the_order_of_labels() {
    let world = World::new("c -> a; b; d", "b: always; d: told OLD");
    let asked = std::cell::RefCell::new(Vec::new());
    let urls = ArtifactUrls::default();
    let task_id = |label: &str| {
        asked.borrow_mut().push(label.to_owned());
        format!("{}", asked.borrow().len())
    };
    let ids = Ids { task_id: &task_id, decision_task_id: "D", urls: &urls };
    world.with(|optimization| optimization.unwrap().run(&world.lookups, ids)).unwrap();
    assert_eq!(*asked.borrow(), ["a", "c"]);
}

#[test]
fn what_has_no_references_stays_shared() {
    let mut world = World::new("test -> build", "");
    let payload = Value::from(map! { "command" => vec!["true".into()] });
    world.task("test").task = map! { "payload" => payload.clone() }.into();
    let optimized = world.run().unwrap();
    let shared = optimized.graph.get("id-test").unwrap().task.at("payload.command").unwrap().clone();
    assert_eq!(
        shared.as_list().unwrap().as_ptr(),
        payload.at("command").unwrap().as_list().unwrap().as_ptr()
    );
}
