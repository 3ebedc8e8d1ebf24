//! Verifying tasks of the embedded cluster against the checkout.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, State};
use taskcluster_queue_client::{Clock, Cluster, Credentials, Http, Settings, TaskId};
use taskgraph_chain_of_trust::{Change, Making, Template, Tree, decision_definitions, install_hooks};

use crate::support::TestEnv;

const DECISION: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
const URL: &str = "https://github.com/example-org/example";

const TASKCLUSTER_YML: &str = r#"
version: 1
reporting: checks-v1
tasks:
  - $let:
      isAction: {$eval: 'tasks_for == "action"'}
      url: {$if: 'tasks_for == "action"', then: '${repository.url}', else: '${event.repository.html_url}'}
      rev: {$if: 'tasks_for == "action"', then: '${push.revision}', else: '${event.after}'}
    in:
      taskId: {$if: '!isAction', then: '${as_slugid("decision")}'}
      taskGroupId: {$if: 'isAction', then: '${action.taskGroupId}', else: '${as_slugid("decision")}'}
      schedulerId: example-level-1
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      expires: {$fromNow: '1 year'}
      taskQueueId: example-1/decision
      priority: low
      retries: 5
      requires: all-completed
      routes: [checks]
      scopes:
        - {$if: 'isAction', then: '${action.repo_scope}', else: 'assume:repo:${url[8:]}:branch:main'}
      metadata:
        name: {$if: 'isAction', then: 'Action: ${action.title}', else: Decision}
        description: Decides
        owner: me@example.com
        source: '${url}/raw/${rev}/.taskcluster.yml'
      payload:
        env:
          $merge:
            - {EXAMPLE_HEAD_REPOSITORY: '${url}', EXAMPLE_HEAD_REV: '${rev}'}
            - $if: 'isAction'
              then:
                ACTION_CALLBACK: '${action.cb_name}'
                ACTION_INPUT: {$json: {$eval: input}}
                ACTION_TASK_ID: {$json: {$eval: taskId}}
                ACTION_TASK_GROUP_ID: '${action.taskGroupId}'
              else: {}
      extra: {tasks_for: '${tasks_for}'}
"#;

fn actions(hash: &str, revision: &str) -> Value {
    json!({ "version": 1, "variables": {}, "actions": [{
        "name": "retrigger", "title": "Retrigger", "description": "Again", "context": [{}], "kind": "hook",
        "hookGroupId": "project-example", "hookId": format!("in-tree-action-1-generic/{hash}"),
        "hookPayload": {
            "decision": {
                "action": {
                    "name": "retrigger", "title": "Retrigger", "description": "Again", "symbol": "rt",
                    "taskGroupId": DECISION, "cb_name": "retrigger",
                },
                "push": { "owner": "me@example.com", "pushlog_id": "0", "revision": revision },
                "repository": { "url": URL, "project": "example", "level": "1" },
            },
            "user": {
                "input": { "$eval": "input" }, "taskId": { "$eval": "taskId" },
                "taskGroupId": { "$eval": "taskGroupId" },
            },
        },
        "extra": { "actionPerm": "generic" },
    }] })
}

/// A decision task of what is committed, and an action task that was triggered from it.
fn tasks(env: &TestEnv) -> TaskId {
    let revision = env.git(["rev-parse", "HEAD"]).trim().to_owned();
    let now: DateTime<Utc> = env.run("from-now 0s").ok().trim().parse().unwrap();
    // This makes the state, too, and the folder that it is in.
    env.run("--local api queue ping").ok();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bytes = AtomicU8::new(1);
        let local = LocalCluster::start(Options {
            state: State::File(env.path(".taskgraph/cluster.sqlite")),
            port: 0,
            access_token: None,
            clock: Arc::new(move || now),
            random: Arc::new(move |slice| slice.fill(bytes.fetch_add(1, Ordering::Relaxed))),
        })
        .await
        .unwrap();
        let settings = Settings {
            use_proxies: false,
            clock: Clock::new(move || SystemTime::from(now)),
            ..Settings::default()
        };
        let root = Credentials::new(local.client_id(), local.access_token());
        let cluster = Cluster::new(local.root_url(), Http::new(&settings).unwrap()).unwrap();
        let cluster = cluster.with_credentials(root).unwrap();

        let template = Template::parse(TASKCLUSTER_YML.as_bytes(), ".taskcluster.yml".as_ref()).unwrap();
        let tree = Tree {
            trust_domain: "example",
            level: "1",
            repositories: &[URL],
            permissions: &["generic"],
            scopes: Tree::ON_A_LAPTOP,
        };
        install_hooks(&cluster, &template, &tree).await.unwrap();
        let id: TaskId = DECISION.parse().unwrap();
        let change = Change {
            tasks_for: "github-push".to_owned(),
            head_repository: URL.to_owned(),
            head_rev: revision.clone(),
            ..Change::default()
        };
        let made = decision_definitions(&template, &change, &Making::of_one_task(&id, now)).unwrap();
        cluster.queue().create_task(&id, &made[0].definition).await.unwrap();
        let mut actions = actions(template.hash(), &revision);
        let content = actions.to_string();
        local
            .put_artifact(DECISION, None, "public/actions.json", "application/json", content.as_bytes())
            .unwrap();

        let mut payload = actions["actions"][0]["hookPayload"].take();
        payload["user"] = json!({ "input": { "times": 3 }, "taskId": DECISION, "taskGroupId": DECISION });
        let hook = format!("in-tree-action-1-generic/{}", template.hash());
        let triggered = cluster.hooks().trigger_hook("project-example", &hook, &payload).await.unwrap();
        let action = triggered.done().unwrap();
        local.stop().await;
        action
    })
}

#[test]
fn tasks_agree_with_the_checkout_that_they_were_made_of() {
    let env = TestEnv::new();
    env.write(".taskcluster.yml", TASKCLUSTER_YML);
    env.commit("hooks");
    let revision = env.git(["rev-parse", "HEAD"]).trim().to_owned();
    let action = tasks(&env);
    // What is not committed does not matter.
    env.write(".taskcluster.yml", "nothing");

    let told = env.run(&format!("--local verify decision {DECISION}")).ok();
    let mut lines = told.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with(&format!("Task {DECISION} agrees with `.taskcluster.yml` (")), "{told}");
    assert!(first.ends_with(&format!(") of {URL} at {revision}.")), "{told}");
    assert_eq!(lines.next(), Some("For: github-push"));
    assert!(lines.next().unwrap().starts_with("Agrees: "), "{told}");
    assert_eq!(lines.next(), Some("Taken from the task: who pushed"));
    assert_eq!(lines.next(), None);

    let told = env.run(&format!("verify action {action} --checkout . --local")).ok();
    assert!(told.starts_with(&format!("Task {action} agrees with")), "{told}");
    assert!(
        told.contains(&format!(
            "\nDecision task: {DECISION}\nHook: project-example/in-tree-action-1-generic/"
        ))
    );

    let json = env.run(&format!("--local verify action {action} --json")).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["agrees"], &json["differences"]), (&json!(true), &json!([])));
    assert_eq!(json["revision"], json!(revision));
}

#[test]
fn what_differs_is_listed() {
    let env = TestEnv::new();
    env.write(".taskcluster.yml", &TASKCLUSTER_YML.replace("retries: 5", "retries: 2"));
    env.commit("another template than that of the hooks");
    let action = tasks(&env);
    for (command, task) in [("decision", DECISION), ("action", action.as_str())] {
        let run = env.run(&format!("--local verify {command} {task}"));
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{}", run.stdout);
        let mut lines = run.stdout.lines();
        assert!(
            lines.next().unwrap().contains(" differs in 1 field from `.taskcluster.yml` "),
            "{}",
            run.stdout
        );
        assert_eq!(lines.next(), Some("  retries: expected 2, found 5"));
    }
    let run = env.run(&format!("--local verify action {action} --json"));
    assert_eq!(run.code, Some(1));
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["differences"], json!([{ "field": "retries", "expected": 2, "found": 5 }]));
    assert!(json["remarks"][0].as_str().unwrap().contains("is not named by the hash"));
}

#[test]
fn what_cannot_be_verified_is_said_in_one_message() {
    let env = TestEnv::new();
    let missing = env.run("--local verify action PgAKBjVOQPCNmKf4k9nSZA").failed(1);
    assert!(missing.starts_with("error: `queue.task(PgAKBjVOQPCNmKf4k9nSZA)` answered 404"), "{missing}");
    let action = {
        env.write(".taskcluster.yml", TASKCLUSTER_YML);
        env.commit("hooks");
        tasks(&env)
    };
    let wrong = env.run(&format!("--local verify action {DECISION}")).failed(1);
    assert!(wrong.contains("it is no action task"), "{wrong}");
    let wrong = env.run(&format!("--local verify decision {action}")).failed(1);
    assert!(wrong.contains("it is an action task"), "{wrong}");
    env.run("verify action").failed(2);
    env.run(&format!("verify action {DECISION}")).failed(1);
    env.run("verify action x").failed(2);
    let wrong = env.run(&format!("--local verify decision {DECISION} --prefix GECKO")).failed(1);
    assert!(wrong.contains("expected a variable `GECKO_HEAD_REPOSITORY`, found none"), "{wrong}");
    let wrong = env.run(&format!("--local verify decision {DECISION} --checkout /")).failed(1);
    assert!(wrong.contains("/"), "{wrong}");
}
