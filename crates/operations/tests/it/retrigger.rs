//! Retriggers: new tasks that are copies.

use serde_json::{Value, json};
use taskcluster_local_cluster::Resolution;
use taskcluster_operations::{Retrigger, plan_retrigger};
use taskcluster_queue_client::{State, TaskId};

use crate::support::{World, group, id};

const LOOSE: Retrigger = Retrigger { exact: false, times: 1, force: false };

const ACTIONS: &str = r#"{"version": 1, "variables": {}, "actions": [
    {"kind": "hook", "name": "retrigger", "title": "Retrigger", "description": "", "hookGroupId": "g", "hookId": "h",
     "hookPayload": {}, "context": [{"retrigger": "true"}]},
    {"kind": "hook", "name": "retrigger", "title": "Retrigger (disabled)", "description": "", "hookGroupId": "g",
     "hookId": "h", "hookPayload": {}, "context": [{}]}
]}"#;

impl World {
    async fn retrigger(&self, ids_of: &[&TaskId], how: Retrigger) -> Vec<String> {
        let tasks: Vec<TaskId> = ids_of.iter().map(|&id| id.clone()).collect();
        let mut random = self.ids();
        self.act(plan_retrigger(&self.cluster, &tasks, how, self.now(), &mut random).await.unwrap()).await
    }

    async fn definition(&self, id: &TaskId) -> Value {
        self.cluster.queue().task(id).await.unwrap()
    }
}

#[tokio::test]
async fn a_copy_begins_now_and_waits_for_nothing() {
    let world = World::new().await;
    let first = world.task("first", &[]).await;
    let keys = json!({"dependencies": [&first], "routes": ["index.x.latest"], "tags": {"a": "b"}});
    let second = world.task_with("second", keys).await;
    world.wait(30);
    assert_eq!(world.retrigger(&[&second], LOOSE).await, [format!("second: created {}", id(200))]);
    let mut expected = world.definition(&second).await;
    expected["created"] = "2026-02-04T10:05:06.000Z".into();
    expected["deadline"] = "2026-02-05T10:05:06.000Z".into();
    expected["expires"] = "2026-02-14T10:05:06.000Z".into();
    expected["dependencies"] = json!([]);
    expected["routes"] = json!([]);
    assert_eq!(world.definition(&id(200)).await, expected);
    assert_eq!(world.status(&id(200)).await.state, State::Pending);
    assert_eq!(world.status(&id(200)).await.task_group_id, group());
}

#[tokio::test]
async fn an_exact_copy_keeps_routes_and_dependencies() {
    let world = World::new().await;
    let first = world.task("first", &[]).await;
    let second =
        world.task_with("second", json!({"dependencies": [&first], "routes": ["index.x.latest"]})).await;
    world.wait(1);
    world.retrigger(&[&second], Retrigger { exact: true, ..LOOSE }).await;
    let copy = world.definition(&id(200)).await;
    assert_eq!((&copy["dependencies"], &copy["routes"]), (&json!([first]), &json!(["index.x.latest"])));
    assert_eq!(copy["deadline"], "2026-02-04T05:05:06.000Z");
    assert_eq!(world.status(&id(200)).await.state, State::Unscheduled);
}

#[tokio::test]
async fn there_may_be_many_copies() {
    let world = World::new().await;
    let (one, two) = (world.task("one", &[]).await, world.task("two", &[]).await);
    let outcomes = world.retrigger(&[&one, &id(99), &two], Retrigger { times: 2, ..LOOSE }).await;
    assert_eq!(
        outcomes,
        [
            format!("one: created {}", id(200)),
            format!("one: created {}", id(201)),
            ": the queue knows no such task".to_owned(),
            format!("two: created {}", id(202)),
            format!("two: created {}", id(203)),
        ]
    );
    assert_eq!(world.cluster.queue().task_group(&group()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn tags_decide_where_the_actions_of_the_group_say_so() {
    let world = World::new().await;
    let decision = world.task("decision", &[]).await;
    let test = world.task_with("test", json!({"tags": {"retrigger": "true"}})).await;
    let sign = world.task_with("sign", json!({"tags": {"retrigger": "false"}})).await;
    let ship = world.task_with("ship", json!({"tags": {}})).await;
    // Without actions nothing is said.
    assert!(world.retrigger(&[&ship], LOOSE).await[0].starts_with("ship: created"));
    world.end(&decision, Resolution::Completed);
    world.artifact(&decision, "public/actions.json", ACTIONS);
    let how = Retrigger { exact: true, ..LOOSE };
    world.wait(1);
    assert_eq!(
        world.retrigger(&[&test, &sign, &ship], Retrigger { times: 1, ..how }).await[1..],
        [
            "sign: it is not to be retriggered: the actions of its group retrigger only tasks with the tag \
             `retrigger: \"true\"`, found `retrigger: \"false\"`",
            "ship: it is not to be retriggered: the actions of its group retrigger only tasks with the tag \
             `retrigger: \"true\"`, found none",
        ]
    );
}

#[tokio::test]
async fn force_is_for_those_who_know_better() {
    let world = World::new().await;
    let decision = world.task("decision", &[]).await;
    let ship = world.task("ship", &[]).await;
    world.end(&decision, Resolution::Completed);
    world.artifact(&decision, "public/actions.json", ACTIONS);
    let one = std::slice::from_ref(&ship);
    let plan = plan_retrigger(&world.cluster, one, LOOSE, world.now(), &mut world.ids()).await.unwrap();
    let Err(taskcluster_operations::Failure::Refused(refusal)) = &plan.items()[0].step else { panic!() };
    assert!(refusal.may_be_forced() && refusal.advice().unwrap().contains("rerun it"));
    // Also if what says so cannot be read.
    world.artifact(&decision, "public/actions.json", "{\"actions\": 5}");
    assert_eq!(
        world.retrigger(&[&ship], LOOSE).await,
        [format!(
            "ship: cannot read `public/actions.json` of task {decision}: invalid type: integer `5`, expected a \
             sequence at line 1 column 13"
        )]
    );
    let forced = world.retrigger(&[&ship], Retrigger { force: true, ..LOOSE }).await;
    assert_eq!(forced, [format!("ship: created {}", id(200))]);
}

#[tokio::test]
async fn phases_of_a_release_are_left_alone() {
    let world = World::new().await;
    let decision = world.task("decision", &[]).await;
    let tagged = world.task_with("tagged", json!({"extra": {"shipping-phase": "ship"}})).await;
    let keys = json!({"tags": {"retrigger": "true"}});
    let promoted = world.task_with("promoted", keys.clone()).await;
    let test = world.task_with("test", keys).await;
    world.end(&decision, Resolution::Completed);
    world.artifact(&decision, "public/actions.json", ACTIONS);
    let graph = json!({
        promoted.as_str(): {"label": "promoted", "attributes": {"shipping_phase": "promote", "retrigger": true}},
        test.as_str(): {"label": "test", "attributes": {"shipping_phase": null}},
    });
    world.artifact(&decision, "public/task-graph.json", &graph.to_string());
    let outcomes = world.retrigger(&[&tagged, &promoted, &test], LOOSE).await;
    assert_eq!(
        outcomes,
        [
            "tagged: it is not to be retriggered: it belongs to the phase `ship` of a release".to_owned(),
            "promoted: it is not to be retriggered: it belongs to the phase `promote` of a release"
                .to_owned(),
            format!("test: created {}", id(200)),
        ]
    );
    let forced = Retrigger { force: true, ..LOOSE };
    assert!(world.retrigger(&[&tagged], forced).await[0].starts_with("tagged: created"));
}

#[tokio::test]
async fn who_may_not_look_at_the_group_is_told_for_each_task() {
    let world = World::new().await;
    let decision = world.task("decision", &[]).await;
    let ids = [world.task("one", &[]).await, world.task("two", &[]).await];
    world.end(&decision, Resolution::Completed);
    world.artifact(&decision, "public/actions.json", ACTIONS);
    let few = world.cluster.with_authorized_scopes(["queue:status:*", "queue:get-task:*"]).unwrap();
    let plan = plan_retrigger(&few, &ids, LOOSE, world.now(), &mut world.ids()).await.unwrap();
    assert_eq!((plan.items().len(), plan.changes()), (2, 0));
    for outcome in plan.act(&few, |_| {}).await {
        assert!(outcome.result.unwrap_err().error().unwrap().is_about_rights());
    }
}

#[tokio::test]
async fn a_sealed_group_takes_no_copies() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    world.cluster.queue().seal_task_group(&group()).await.unwrap();
    let outcomes = world.retrigger(&[&task], LOOSE).await;
    assert!(outcomes[0].contains("409 RequestConflict") && outcomes[0].contains("seal"), "{outcomes:?}");
}

#[tokio::test]
async fn a_dry_run_records_the_definition() {
    let world = World::new().await;
    let task = world.task("task", &[]).await;
    let (dry, recorder) = world.cluster.dry_run();
    let plan = plan_retrigger(&dry, &[task], LOOSE, world.now(), &mut world.ids()).await.unwrap();
    assert_eq!(plan.changes(), 1);
    plan.act(&dry, |_| {}).await;
    let requests = recorder.requests();
    assert_eq!((requests.len(), requests[0].method), (1, "createTask"));
    assert_eq!(
        (requests[0].arguments[0].as_str(), &requests[0].body["metadata"]["name"]),
        (id(200).as_str(), &"task".into())
    );
    assert_eq!(world.cluster.queue().task_group(&group()).await.unwrap().len(), 1);
}
