//! A tree's hooks in the embedded cluster: from the decision task to a verified action task.

use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Resolution};
use taskcluster_queue_client::{Cluster, Error as Refused, TaskId};
use taskgraph_chain_of_trust::{
    Error, Expectations, Functions, Installed, Making, Template, Tree, decision_definitions, install_hooks,
    verify_action, verify_decision,
};

use crate::support::{DECISION, change, embedded, here, now, template, tree};

const ENGINE: &str = "https://github.com/acme/engine";

fn tree_of<'a>(repositories: &'a [&'a str]) -> Tree<'a> {
    Tree {
        trust_domain: "x",
        level: "3",
        repositories,
        permissions: &["generic", "release-promotion"],
        scopes: Tree::ON_A_LAPTOP,
    }
}

fn case(name: &str) -> Value {
    let file = here().join("cases").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The decision task of a push, with its artifacts.
async fn decide(local: &LocalCluster, cluster: &Cluster) -> TaskId {
    let id: TaskId = DECISION.parse().unwrap();
    let making = Making { root_url: cluster.root_url(), ..Making::of_one_task(&id, now()) };
    let change = change(&case("github-push")["change"]);
    let made = decision_definitions(&template("github.yml"), &change, &making).unwrap().remove(0);
    cluster.queue().create_task(&made.task_id, &made.definition).await.unwrap();
    let action = case("github-action");
    for (name, content) in [("actions.json", &action["actions"]), ("parameters.yml", &action["parameters"])] {
        let name = format!("public/{name}");
        local
            .put_artifact(id.as_str(), None, &name, "application/json", content.to_string().as_bytes())
            .unwrap();
    }
    local.resolve(id.as_str(), Resolution::Completed).unwrap();
    id
}

/// Who has the scopes of a task, and no others.
async fn as_task(cluster: &Cluster, id: &TaskId) -> (Cluster, Vec<String>) {
    let task = cluster.queue().task(id).await.unwrap();
    let scopes = task["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned());
    let scopes = scopes.collect::<Vec<_>>();
    let expanded = cluster.auth().expand_scopes(&scopes).await.unwrap();
    (cluster.with_authorized_scopes(scopes).unwrap(), expanded)
}

#[tokio::test]
async fn actions_are_triggered_with_what_the_decision_task_may() {
    let (local, cluster) = embedded().await;
    let template = template("github.yml");
    let installed = install_hooks(&cluster, &template, &tree_of(&[ENGINE])).await.unwrap();
    let hash = template.hash();
    let generic = format!("in-tree-action-3-generic/{hash}");
    assert_eq!(
        installed,
        Installed {
            hooks: [
                "action-3-generic",
                "pr-action-3-generic",
                "action-3-release-promotion",
                "pr-action-3-release-promotion"
            ]
            .map(|name| format!("project-x/in-tree-{name}/{hash}"))
            .into(),
            roles: [
                "hook-id:project-x/in-tree-action-3-generic/*",
                "hook-id:project-x/in-tree-pr-action-3-generic/*",
                "hook-id:project-x/in-tree-action-3-release-promotion/*",
                "hook-id:project-x/in-tree-pr-action-3-release-promotion/*",
                "repo:github.com/acme/engine:action:*",
                "repo:github.com/acme/engine:*",
            ]
            .map(str::to_owned)
            .into(),
        }
    );

    let decision = decide(&local, &cluster).await;
    let (decider, expanded) = as_task(&cluster, &decision).await;
    let satisfies = |scope: &str| {
        expanded
            .iter()
            .any(|had| had == scope || had.strip_suffix('*').is_some_and(|had| scope.starts_with(had)))
    };
    assert!(satisfies(&format!("in-tree:hook-action:project-x/{generic}")), "{expanded:?}");
    assert!(!satisfies(&format!("in-tree:hook-action:project-x/in-tree-action-3-other/{hash}")));
    assert!(!satisfies("auth:create-role:x"));

    let payload = &case("github-action")["payload"];
    let triggered = decider.hooks().trigger_hook("project-x", &generic, payload).await.unwrap();
    let action = triggered.done().unwrap();
    let task = cluster.queue().task(&action).await.unwrap();
    assert_eq!(task["taskGroupId"], DECISION);
    assert_eq!(task["scopes"], json!(["assume:repo:github.com/acme/engine:action:generic"]));
    assert_eq!(task["extra"]["action"]["context"]["clientId"], "local/root");
    let (_, expanded) = as_task(&cluster, &action).await;
    // A callback that is not generic finds out by this that it is behind the wrong hook.
    assert!(expanded.iter().any(|scope| scope == "assume:repo:github.com/acme/engine:action:generic"));
    assert!(!expanded.iter().any(|scope| scope.ends_with(":action:release-promotion")));
    assert!(expanded.iter().any(|scope| scope == "queue:*"));

    let source = Functions(|repository: &str, revision: &str| {
        assert_eq!((repository, revision), (ENGINE, "0123456789abcdef0123456789abcdef01234567"));
        Ok(tree("github.yml"))
    });
    let expectations = Expectations::default();
    let verified = verify_decision(&decision, &cluster, &source, &expectations).await.unwrap();
    assert_eq!((verified.differences, verified.tasks_for.as_str()), (Vec::new(), "github-push"));
    let verified = verify_action(&action, &cluster, &source, &expectations).await.unwrap();
    assert_eq!(verified.differences, []);
    assert_eq!(verified.hook, Some(format!("project-x/{generic}")));
    assert_eq!((&verified.decision_task_id, verified.repository.as_str()), (&decision, ENGINE));
    assert!(
        ["payload", "scopes", "taskQueueId"].iter().all(|name| verified.agreed.contains(&(*name).to_owned()))
    );

    // The same with another tree.
    let source = Functions(|_: &str, _: &str| {
        Ok(String::from_utf8(tree("github.yml"))
            .unwrap()
            .replace("maxRunTime: 1800", "maxRunTime: 99")
            .into())
    });
    let verified = verify_action(&action, &cluster, &source, &expectations).await.unwrap();
    let shown = verified.differences.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown, ["payload.maxRunTime: expected 99, found 1800"]);
    assert!(!verified.agreed.contains(&"payload".to_owned()));
    assert!(verified.remarks[0].contains("is not named by the hash"), "{:?}", verified.remarks);

    // A task of the wrong sort.
    let wrong = verify_action(&decision, &cluster, &source, &expectations).await.unwrap_err();
    assert!(wrong.to_string().contains("it is no action task"), "{wrong}");
    let wrong = verify_decision(&action, &cluster, &source, &expectations).await.unwrap_err();
    assert!(wrong.to_string().contains("it is an action task"), "{wrong}");
}

#[tokio::test]
async fn hooks_refuse_other_repositories_and_payloads() {
    let (local, cluster) = embedded().await;
    let template = template("github.yml");
    install_hooks(&cluster, &template, &tree_of(&[ENGINE])).await.unwrap();
    decide(&local, &cluster).await;
    let id = format!("in-tree-action-3-generic/{}", template.hash());
    let good = case("github-action")["payload"].clone();
    let trigger = async |change: &dyn Fn(&mut Value)| {
        let mut payload = good.clone();
        change(&mut payload);
        let refused = cluster.hooks().trigger_hook("project-x", &id, &payload).await.unwrap_err();
        match refused {
            Refused::InvalidInput(refusal) => refusal.to_string(),
            Refused::InsufficientScopes { refusal, .. } => refusal.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let other =
        |payload: &mut Value| payload["decision"]["repository"]["url"] = json!("https://github.com/evil/x");
    let message = trigger(&other).await;
    assert!(message.contains("assume:repo:github.com/evil/x:action:generic"), "{message}");
    let slash = |payload: &mut Value| {
        payload["decision"]["repository"]["url"] = json!("https://github.com/acme/engine/")
    };
    assert!(trigger(&slash).await.contains("url"));
    assert!(trigger(&|payload| payload["decision"]["more"] = json!(1)).await.contains("more"));
    assert!(trigger(&|payload| payload["user"]["taskId"] = json!(1)).await.contains("taskId"));
    let missing = |payload: &mut Value| drop(payload["user"].as_object_mut().unwrap().remove("input"));
    assert!(trigger(&missing).await.contains("input"));
}

#[tokio::test]
async fn installing_again_replaces_hooks_and_takes_no_scopes_away() {
    let (_local, cluster) = embedded().await;
    let first = template("github.yml");
    let tree_files = tree_of(&[ENGINE]);
    let installed = install_hooks(&cluster, &first, &tree_files).await.unwrap();
    assert_eq!(install_hooks(&cluster, &first, &tree_files).await.unwrap(), installed);

    let role = "repo:github.com/acme/engine:*";
    let mut scopes = vec!["secrets:get:mine".to_owned(), "queue:*".to_owned()];
    cluster.auth().update_role(role, "mine", &scopes).await.unwrap();
    let mut hook = cluster.hooks().hook("project-x", &installed.hooks[0][10..]).await.unwrap();
    hook["task"] = json!({});
    cluster.hooks().update_hook("project-x", &installed.hooks[0][10..], &hook).await.unwrap();
    install_hooks(&cluster, &first, &tree_of(&[ENGINE, "https://github.com/ada/engine/"])).await.unwrap();
    let hook = cluster.hooks().hook("project-x", &installed.hooks[0][10..]).await.unwrap();
    assert!(hook["task"]["$let"].is_object());
    let found = cluster.auth().role(role).await.unwrap();
    assert_eq!(found["description"], "mine");
    scopes.push("hooks:trigger-hook:project-x/in-tree-action-3-generic/*".to_owned());
    for scope in scopes {
        assert!(found["scopes"].as_array().unwrap().contains(&json!(scope)), "{found}");
    }
    let found = cluster.auth().role("hook-id:project-x/in-tree-pr-action-3-generic/*").await.unwrap();
    assert_eq!(
        found["scopes"],
        json!([
            "assume:repo:github.com/acme/engine:pr-action:generic",
            "assume:repo:github.com/ada/engine:pr-action:generic"
        ])
    );

    // Another template has other hooks.
    let content = [tree("github.yml"), b"# changed\n".to_vec()].concat();
    let second = Template::parse(&content, ".taskcluster.yml".as_ref()).unwrap();
    install_hooks(&cluster, &second, &tree_files).await.unwrap();
    assert_eq!(cluster.hooks().list_hooks("project-x").await.unwrap().len(), 8);
}

#[tokio::test]
async fn a_dry_run_installs_nothing() {
    let (_local, cluster) = embedded().await;
    let (dry, recorder) = cluster.dry_run();
    install_hooks(&dry, &template("mercurial.yml"), &tree_of(&["https://hg.mozilla.org/try"])).await.unwrap();
    let methods = recorder.requests().iter().map(|request| request.method).collect::<Vec<_>>();
    assert_eq!(methods.iter().filter(|method| **method == "createHook").count(), 4);
    assert_eq!(methods.iter().filter(|method| **method == "createRole").count(), 6);
    assert!(matches!(cluster.hooks().list_hooks("project-x").await, Err(Refused::NotFound(_))));
}

#[tokio::test]
async fn names_with_slashes_are_refused() {
    let (_local, cluster) = embedded().await;
    for (trust_domain, level, permission) in
        [("x/y", "3", "generic"), ("x", "", "generic"), ("x", "3", "a/b")]
    {
        let tree = Tree { trust_domain, level, permissions: &[permission], ..tree_of(&[ENGINE]) };
        let refused = install_hooks(&cluster, &template("github.yml"), &tree).await.unwrap_err();
        assert!(matches!(refused, Error::Name { .. }), "{refused}");
    }
}

#[tokio::test]
async fn templates_may_say_where_the_cluster_is() {
    const TREE: &str = r#"
version: 1
tasks:
  - deadline: {$fromNow: '1 day'}
    taskQueueId: x/y
    priority: lowest
    retries: 5
    requires: all-completed
    routes: [statuses]
    expires: {$fromNow: '2 days'}
    schedulerId: taskcluster-github
    created: {$fromNow: ''}
    taskGroupId: '${as_slugid("x")}'
    metadata: {name: n, description: 'at ${taskcluster_root_url}', owner: a@example.com, source: 'https://x'}
    payload: {env: {X_HEAD_REPOSITORY: '${event.repository.html_url}', X_HEAD_REV: '${event.after}'}}
    extra: {tasks_for: '${tasks_for}'}
"#;
    let (_local, cluster) = embedded().await;
    let template = Template::parse(TREE.as_bytes(), ".taskcluster.yml".as_ref()).unwrap();
    let id: TaskId = DECISION.parse().unwrap();
    let making = Making { root_url: Some("https://tc.example.com"), ..Making::of_one_task(&id, now()) };
    let made = decision_definitions(&template, &change(&case("github-push")["change"]), &making).unwrap();
    cluster.queue().create_task(&id, &made[0].definition).await.unwrap();
    let source = Functions(|_: &str, _: &str| Ok(TREE.as_bytes().to_vec()));
    let verify = async |expectations: &Expectations| {
        verify_decision(&id, &cluster, &source, expectations).await.unwrap().differences
    };
    let there =
        Expectations { root_url: Some("https://tc.example.com".to_owned()), ..Expectations::default() };
    assert_eq!(verify(&there).await, []);
    let found = verify(&Expectations::default()).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].field, "metadata.description");
}

#[tokio::test]
async fn repositories_count_once_and_need_a_name() {
    let (_local, cluster) = embedded().await;
    let tree = Tree { permissions: &["generic"], ..tree_of(&[ENGINE, "", ENGINE, "/tree"]) };
    let installed = install_hooks(&cluster, &template("github.yml"), &tree).await.unwrap();
    assert_eq!(installed.roles.len(), 4);
    let found = cluster.auth().role("hook-id:project-x/in-tree-action-3-generic/*").await.unwrap();
    assert_eq!(found["scopes"], json!(["assume:repo:github.com/acme/engine:action:generic"]));
}
