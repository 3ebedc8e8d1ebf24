//! Actions: finding them, and triggering them.

use serde_json::{Value, json};
use taskcluster_operations::{
    ActionFailure, Failure, GroupActions, Pick, Plan, Step, Targets, actions_of_task, choose_action,
    fetch_documents, plan_trigger,
};
use taskcluster_queue_client::{Cluster, Error, Settings, TaskId};
use taskgraph_actions::{SchemaDocuments, Subject};
use taskgraph_value::Value as Input;

use crate::support::{World, group, id};

const HOOK: &str = "in-tree-action-1-generic/0123456789";
const SCOPE: &str = "in-tree:hook-action:project-x/in-tree-action-1-generic/0123456789";
/// What the tasks of actions need.
const NEEDED: [&str; 3] =
    ["queue:create-task:low:proj-x/linux", "queue:create-task:project:none", "queue:scheduler-id:sched"];

/// A task as actions make it; times are rendered.
fn template(name: &str) -> Value {
    json!({
        "taskQueueId": "proj-x/linux", "schedulerId": "sched", "taskGroupId": { "$eval": "taskGroupId" },
        "created": { "$fromNow": "" }, "deadline": { "$fromNow": "1 day" }, "priority": "low", "scopes": [],
        "metadata": { "name": name, "description": "d", "owner": "me@example.com", "source": "https://example.com/" },
    })
}

/// A decision task with actions: `touch` for tests, `tidy` for the group, and `again`, twice, for tests.
async fn decided(scopes: &[&str], with_artifact: bool) -> World {
    let world = World::new().await;
    world.task_with("decision", json!({ "scopes": scopes, "tags": { "kind": "decision-task" } })).await;
    let mut touch = template("touch");
    touch["payload"] = json!({
        "of": "${task.metadata.name} ${taskId}", "own": "${ownTaskId}", "times": { "$eval": "input.times" },
    });
    let mut tidy = template("tidy");
    tidy["payload"] = json!({ "input": { "$eval": "input" }, "id": { "$eval": "taskId" } });
    let times = json!({ "type": "integer", "default": 1, "minimum": 1, "maximum": 100 });
    let schema = json!({ "type": "object", "properties": { "times": times } });
    let hook = |title: &str, context: Value| {
        json!({
            "kind": "hook", "name": "again", "title": title, "description": "d", "context": context,
            "schema": schema, "hookGroupId": "project-x", "hookId": HOOK,
            "hookPayload": { "title": title, "user": {
                "input": { "$eval": "input" }, "taskId": { "$eval": "taskId" }, "taskGroupId": { "$eval": "taskGroupId" },
            } },
        })
    };
    let document = json!({
        "version": 1,
        "variables": {},
        "actions": [
            { "kind": "pigeon", "name": "post" },
            {
                "kind": "task", "name": "touch", "title": "Touch", "description": "d", "context": [{ "kind": "test" }],
                "schema": schema, "task": touch,
            },
            { "kind": "task", "name": "tidy", "title": "Tidy", "description": "d", "context": [], "task": tidy },
            hook("Again", json!([{ "kind": "test" }])),
            hook("Again (forced)", json!([{}])),
        ],
    });
    if with_artifact {
        world.artifact(&group(), "public/actions.json", &document.to_string());
    }
    let hook = json!({
        "metadata": { "name": "n", "description": "d", "owner": "o@example.com" },
        "triggerSchema": {},
        "task": {
            "taskQueueId": "proj-x/linux", "schedulerId": "sched", "priority": "low", "payload": { "$eval": "payload.user" },
            "deadline": { "$fromNow": "1 hour" },
            "metadata": { "name": "again", "description": "d", "owner": "me@example.com", "source": "https://example.com/" },
        },
    });
    world.cluster.hooks().create_hook("project-x", HOOK, &hook).await.unwrap();
    let role = format!("hook-id:project-x/{HOOK}");
    world.cluster.auth().create_role(&role, "d", &NEEDED.map(str::to_owned)).await.unwrap();
    world
}

impl World {
    async fn plan(
        &self,
        cluster: &Cluster,
        targets: Targets<'_>,
        action: (&str, Pick<'_>),
        input: Value,
    ) -> Plan {
        let input: Input = serde_json::from_value(input).unwrap();
        let input = (!input.is_null()).then_some(&input);
        plan_trigger(cluster, targets, action, input, self.now(), &mut self.ids()).await.unwrap()
    }

    async fn trigger(&self, targets: Targets<'_>, action: (&str, Pick<'_>), input: Value) -> Vec<String> {
        self.act(self.plan(&self.cluster, targets, action, input).await).await
    }

    async fn test(&self, name: &str) -> TaskId {
        self.task_with(name, json!({ "tags": { "kind": "test" } })).await
    }

    async fn created(&self, id: &TaskId) -> Value {
        self.cluster.queue().task(id).await.unwrap()
    }

    /// How many tasks there are.
    async fn count(&self) -> usize {
        self.cluster.queue().task_group(&group()).await.unwrap().len()
    }
}

fn on(ids: &[TaskId]) -> Targets<'_> {
    Targets::Tasks { ids, group: None }
}

#[tokio::test]
async fn actions_are_looked_up() {
    let world = decided(&[], true).await;
    let test = world.test("unit").await;
    let (actions, definition) = actions_of_task(&world.cluster, &test).await.unwrap();
    assert_eq!((&actions.task_group_id, actions.document.skipped.len()), (&group(), 1));
    let subject = Subject::Task { id: test.as_str(), definition: &definition };
    let names: Vec<_> =
        actions.document.menu(&subject).iter().map(|action| action.name.clone().unwrap()).collect();
    assert_eq!(names, ["touch", "again"]);
    assert_eq!(GroupActions::look(&world.cluster, &group()).await.unwrap().document, actions.document);
}

#[tokio::test]
async fn tasks_are_created_with_the_scopes_of_the_decision() {
    let world = decided(&NEEDED, true).await;
    let ids = [world.test("unit").await, world.test("mocha").await];
    let outcomes = world.trigger(on(&ids), ("touch", Pick::Only), json!({ "times": 3 })).await;
    assert_eq!(outcomes, [format!("unit: created {}", id(200)), format!("mocha: created {}", id(201))]);
    let created = world.created(&id(201)).await;
    assert_eq!(created["payload"], json!({ "of": format!("mocha {}", ids[1]), "own": id(201), "times": 3 }));
    assert_eq!(
        (&created["taskGroupId"], &created["created"]),
        (&json!(group()), &json!("2026-02-03T04:05:06.000Z"))
    );
    // The root client may do anything; the decision task may not.
    let world = decided(&NEEDED[..2], true).await;
    let ids = [world.test("unit").await];
    let plan = world.plan(&world.cluster, on(&ids), ("touch", Pick::Only), json!(null)).await;
    let outcomes = plan.act(&world.cluster, |_| {}).await;
    let error = outcomes[0].result.as_ref().unwrap_err();
    assert!(error.to_string().contains("queue:scheduler-id:sched"), "{error}");
    assert_eq!(error.error().map(Error::is_about_rights), Some(true));
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn whoever_creates_a_task_needs_the_scopes_of_the_decision() {
    let world = decided(&NEEDED, true).await;
    let ids = [world.test("unit").await];
    let scopes =
        ["queue:get-task:*", "queue:status:*", "queue:get-artifact:*", "auth:current-scopes", NEEDED[0]];
    let few = world.cluster.with_authorized_scopes(scopes).unwrap();
    let plan = world.plan(&few, on(&ids), ("touch", Pick::Only), json!({})).await;
    let Err(Failure::Action(problem)) = &plan.items()[0].step else { panic!("{plan:?}") };
    let ActionFailure::YouLack { missing } = &**problem else { panic!("{problem}") };
    assert_eq!((missing.as_slice(), problem.is_about_rights()), (&NEEDED.map(str::to_owned)[1..], true));
}

#[tokio::test]
async fn actions_on_the_group_have_no_task() {
    let world = decided(&NEEDED, true).await;
    let outcomes = world.trigger(Targets::Group(&group()), ("tidy", Pick::Only), json!(null)).await;
    assert_eq!(outcomes, [format!("decision: created {}", id(200))]);
    assert_eq!(world.created(&id(200)).await["payload"], json!({ "input": null, "id": null }));
}

#[tokio::test]
async fn hooks_are_triggered_if_the_decision_may() {
    let world = decided(&[SCOPE], true).await;
    let ids = [world.test("unit").await];
    let plan = world.plan(&world.cluster, on(&ids), ("again", Pick::First), json!({})).await;
    let outcomes = plan.act(&world.cluster, |_| {}).await;
    let Ok(taskcluster_operations::Done::Created(created)) = &outcomes[0].result else {
        panic!("{outcomes:?}")
    };
    let payload = world.created(created).await["payload"].clone();
    assert_eq!(payload, json!({ "input": { "times": 1 }, "taskId": ids[0], "taskGroupId": group() }));
}

#[tokio::test]
async fn scopes_are_expanded_before_they_are_compared() {
    let world = decided(&["assume:repo:x"], true).await;
    let ids = [world.test("unit").await];
    let message = |scope: &str| {
        format!("unit: decision task {} lacks the scope `{scope}`, which the action needs", group())
    };
    assert_eq!(world.trigger(on(&ids), ("again", Pick::First), json!({})).await, [message(SCOPE)]);
    let scopes = ["in-tree:hook-action:project-x/in-tree-action-1-*".to_owned()];
    world.cluster.auth().create_role("repo:x", "d", &scopes).await.unwrap();
    assert!(
        world.trigger(on(&ids), ("again", Pick::First), json!({})).await[0].starts_with("unit: created ")
    );
    // What has no scope like that is not asked for at all: the dry run has nothing.
    let world = decided(&[], true).await;
    let ids = [world.test("unit").await];
    let (dry, recorder) = world.cluster.dry_run();
    let plan = world.plan(&dry, on(&ids), ("again", Pick::First), json!({})).await;
    assert_eq!(plan.changes(), 0);
    let Err(failure @ Failure::Action(problem)) = &plan.items()[0].step else { panic!() };
    assert!(problem.advice().unwrap().contains(".taskcluster.yml") && failure.error().is_none());
    plan.act(&dry, |_| {}).await;
    assert_eq!(recorder.requests(), []);
}

#[tokio::test]
async fn of_several_with_one_name_one_has_to_be_picked() {
    let world = decided(&[SCOPE], true).await;
    let ids = [world.test("unit").await];
    let failed = |outcomes: Vec<String>| outcomes[0].strip_prefix("unit: ").unwrap().to_owned();
    assert_eq!(
        failed(world.trigger(on(&ids), ("again", Pick::Only), json!({})).await),
        format!("there are 2 actions `again` for task {}, expected one: Again, Again (forced)", ids[0])
    );
    assert_eq!(
        failed(world.trigger(on(&ids), ("again", Pick::Titled("No")), json!({})).await),
        "no action `again` has the title `No`; there are `Again`, `Again (forced)`"
    );
    for (pick, title) in [(Pick::First, "Again"), (Pick::Titled("Again (forced)"), "Again (forced)")] {
        let plan = world.plan(&world.cluster, on(&ids), ("again", pick), json!({})).await;
        let Ok(Step::TriggerHook { payload, hook_group_id, hook_id }) = &plan.items()[0].step else {
            panic!()
        };
        assert_eq!((hook_group_id.as_str(), hook_id.as_str()), ("project-x", HOOK));
        assert_eq!(payload["title"], title);
    }
}

#[tokio::test]
async fn what_cannot_be_triggered_is_said_and_nothing_is_created() {
    let world = decided(&NEEDED, true).await;
    let test = world.test("unit").await;
    let other = world.task_with("alone", json!({ "taskGroupId": id(77), "tags": { "kind": "test" } })).await;
    let before = world.count().await;
    let one = [test.clone()];
    let check = async |targets: Targets<'_>, action: &str, input: Value, message: &str| {
        let outcomes = world.trigger(targets, (action, Pick::Only), input).await;
        assert!(outcomes[0].contains(message), "{outcomes:?}");
    };
    check(on(&one), "tuoch", json!({}), "no action `tuoch` (is it `touch`?); known are touch, tidy, again")
        .await;
    check(on(&one), "post", json!({}), "there is no action `post`").await;
    check(on(&one), "tidy", json!({}), "action `tidy` is not for task").await;
    check(
        Targets::Group(&group()),
        "touch",
        json!({}),
        "is not for the task group: it is for tasks with kind=test",
    )
    .await;
    check(on(&one), "touch", json!({ "times": 0 }), "`times`: expected at least 1, found the integer 0")
        .await;
    check(on(&one), "touch", json!({ "times": 101 }), "`times`: expected at most 100, found the integer 101")
        .await;
    check(on(&one), "touch", json!([]), "expected a mapping, found an empty list").await;
    check(Targets::Group(&group()), "tidy", json!({ "a": 1 }), "takes no input, found a mapping").await;
    check(on(&[id(99)]), "touch", json!({}), "the queue knows no such task").await;
    check(
        on(std::slice::from_ref(&other)),
        "touch",
        json!({}),
        &format!("group {} has no decision task", id(77)),
    )
    .await;
    check(Targets::Group(&id(98)), "touch", json!({}), &format!("group {} has no decision task", id(98)))
        .await;
    let elsewhere = Targets::Tasks { ids: &[other], group: Some(&group()) };
    check(elsewhere, "touch", json!({}), &format!("it is in group {}, expected group {}", id(77), group()))
        .await;
    assert_eq!(world.count().await, before);
}

#[tokio::test]
async fn groups_without_usable_actions_are_explained() {
    let world = decided(&NEEDED, false).await;
    let test = world.test("unit").await;
    let targets = || Targets::Tasks { ids: std::slice::from_ref(&test), group: None };
    let outcomes = world.trigger(targets(), ("touch", Pick::Only), json!({})).await;
    assert_eq!(
        outcomes,
        [format!(
            "unit: task {} has no artifact `public/actions.json`, so there are no actions for its group",
            group()
        )]
    );
    for (content, message) in [
        ("<html>", "the actions are no JSON"),
        ("{}", "`version`: missing"),
        (r#"{"version": 3, "actions": [], "variables": {}}"#, "the actions have version 3, expected 1"),
    ] {
        world.artifact(&group(), "public/actions.json", content);
        let outcomes = world.trigger(targets(), ("touch", Pick::Only), json!({})).await;
        assert!(
            outcomes[0]
                .starts_with(&format!("unit: cannot read `public/actions.json` of task {}: ", group()))
        );
        assert!(outcomes[0].contains(message), "{outcomes:?}");
    }
    world.artifact(&group(), "public/actions.json", &" ".repeat((8 << 20) + 1));
    let outcomes = world.trigger(targets(), ("touch", Pick::Only), json!({})).await;
    assert!(outcomes[0].contains("is too large: expected at most 8388608 bytes"), "{outcomes:?}");
}

#[tokio::test]
async fn a_dry_run_only_records() {
    let world = decided(&[&NEEDED[..], &[SCOPE]].concat(), true).await;
    let ids = [world.test("unit").await];
    let (dry, recorder) = world.cluster.dry_run();
    for (action, input) in [("touch", json!({})), ("again", json!({ "times": 2 }))] {
        let plan = world.plan(&dry, on(&ids), (action, Pick::First), input).await;
        assert_eq!(plan.changes(), 1);
        plan.act(&dry, |_| {}).await;
    }
    let requests: Vec<_> =
        recorder.requests().into_iter().map(|request| (request.method, request.arguments)).collect();
    assert_eq!(
        requests,
        [
            ("createTask", vec![id(200).to_string()]),
            ("triggerHook", vec!["project-x".to_owned(), HOOK.to_owned()])
        ]
    );
    assert_eq!(recorder.requests()[1].body["user"]["input"]["times"], 2);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn without_credentials_no_task_is_created() {
    let world = decided(&NEEDED, true).await;
    let ids = [world.test("unit").await];
    let http =
        taskcluster_queue_client::Http::new(&Settings { use_proxies: false, ..Settings::default() }).unwrap();
    // As through a task's proxy, which signs with all that the task has.
    let proxied = Cluster::new(world.local.root_url(), http).unwrap();
    let scopes = ["queue:get-task:*", "queue:status:*", "queue:get-artifact:public/*"].map(str::to_owned);
    world.cluster.auth().update_role("anonymous", "d", &scopes).await.unwrap();
    let plan = world.plan(&proxied, on(&ids), ("touch", Pick::Only), json!({})).await;
    let Err(Failure::Action(problem)) = &plan.items()[0].step else { panic!("{plan:?}") };
    assert!(matches!(**problem, ActionFailure::Unsigned), "{problem}");
}

#[tokio::test]
async fn choices_say_which_actions_it_is_about() {
    let world = decided(&NEEDED, true).await;
    let ids = [world.test("unit").await, world.test("mocha").await, world.task("build", &[]).await];
    let choices = choose_action(&world.cluster, on(&ids), "again", Pick::First).await.unwrap();
    let titles: Vec<_> = choices.actions().iter().map(|action| action.title.to_string()).collect();
    assert_eq!(titles, ["Again", "Again (forced)"]);
    let documents = SchemaDocuments::default();
    let plan = choices.plan(&world.cluster, None, &documents, world.now(), &mut world.ids()).await;
    assert_eq!(plan.items().len(), 3);
}

#[tokio::test]
async fn documents_are_fetched_over_https_only() {
    let settings = Settings { use_proxies: false, ..Settings::default() };
    let fetch = async |settings: &Settings, target: &str| {
        let schema = serde_json::from_value(json!({ "$ref": target })).unwrap();
        fetch_documents(settings, &schema, &mut SchemaDocuments::default()).await.unwrap_err().to_string()
    };
    assert!(fetch(&settings, "http://127.0.0.1:9/x").await.contains("https://"));
    assert!(fetch(&settings, "#").await.ends_with("in a circle"));
    let retry = taskcluster_queue_client::Retry { attempts: 1, ..Default::default() };
    let message = fetch(&Settings { retry, ..settings }, "https://127.0.0.1:9/x").await;
    assert!(message.starts_with("the schema refers to https://127.0.0.1:9/x: "), "{message}");
}
