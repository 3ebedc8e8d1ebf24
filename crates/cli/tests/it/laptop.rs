//! A push on a laptop, and everything that people do to it afterwards.

use std::collections::BTreeMap;

use crate::support::TestEnv;

/// In the way of the projects that use Taskcluster's GitHub service.
pub(crate) const TASKCLUSTER_YML: &str = r#"
version: 1
reporting: checks-v1
tasks:
  - $let:
      is_action: {$eval: 'tasks_for == "action"'}
      head_ref: {$if: 'tasks_for == "action"', then: '${push.branch}', else: '${event.ref}'}
      head_rev: {$if: 'tasks_for == "action"', then: '${push.revision}', else: '${event.after}'}
      url: {$if: 'tasks_for == "action"', then: '${repository.url}', else: '${event.repository.html_url}'}
    in:
      taskId: {$if: '!is_action', then: '${as_slugid("decision")}'}
      taskGroupId: {$if: is_action, then: '${action.taskGroupId}', else: '${as_slugid("decision")}'}
      schedulerId: example-level-3
      taskQueueId: example-3/decision
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      expires: {$fromNow: '1 year'}
      priority: low
      retries: 5
      requires: all-completed
      metadata:
        name: {$if: is_action, then: 'Action: ${action.title}', else: Decision}
        description: d
        owner: nobody@example.com
        source: ${url}
      routes:
        # The last is by which GitHub hears of it.
        $if: is_action
        then: ['index.example.v2.example.revision.${head_rev}.taskgraph.actions.${ownTaskId}', checks]
        else: ['index.example.v2.example.revision.${head_rev}.taskgraph.decision', checks]
      scopes:
        $if: is_action
        then: ['${action.repo_scope}']
        else: ['assume:repo:${url[8:]}:branch:main']
      tags: {kind: {$if: is_action, then: action-callback, else: decision-task}}
      payload:
        env:
          $merge:
            - EXAMPLE_HEAD_REPOSITORY: ${url}
              EXAMPLE_HEAD_REF: ${head_ref}
              EXAMPLE_HEAD_REV: ${head_rev}
              EXAMPLE_REPOSITORY_TYPE: git
            - $if: is_action
              then:
                ACTION_TASK_GROUP_ID: ${action.taskGroupId}
                ACTION_TASK_ID: {$json: {$eval: taskId}}
                ACTION_INPUT: {$json: {$eval: input}}
                ACTION_CALLBACK: ${action.cb_name}
      extra:
        $merge:
          - tasks_for: ${tasks_for}
          - $if: is_action
            then: {parent: '${action.taskGroupId}', action: {name: '${action.name}'}}
"#;

const BUILD: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
tasks:
  linux: {description: Builds, worker-type: succeed, run-on-projects: [all], attributes: {retrigger: true}}
";

const TEST: &str = "\
loader: taskgraph.loader.transform:loader
kind-dependencies: [build]
transforms: [taskgraph.transforms.task]
task-defaults:
  worker-type: succeed
  run-on-projects: [all]
  attributes: {retrigger: true}
  dependencies: {build: build-linux}
tasks:
  unit: {description: Tests}
  docs: {description: Tests the manual, optimization: {skip-unless-changed: ['doc/**']}}
";

/// The tasks of a group: how many there are of a name and a state.
fn group(env: &TestEnv, group: &str) -> BTreeMap<(String, String), usize> {
    let listing = env.run(&format!("--local group list --json {group}")).ok();
    let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
    let text = |task: &serde_json::Value, key: &str| task[key].as_str().unwrap().to_owned();
    let mut tasks = BTreeMap::new();
    for task in listing.as_array().unwrap() {
        *tasks.entry((text(task, "name"), text(task, "state"))).or_default() += 1;
    }
    tasks
}

fn count(env: &TestEnv, of: &str, name: &str, state: &str) -> usize {
    group(env, of).get(&(name.to_owned(), state.to_owned())).copied().unwrap_or_default()
}

/// Triggers an action, whose task is verified; returns its id.
#[track_caller]
fn trigger(env: &TestEnv, args: &str) -> String {
    let run = env.run(&format!("--local action trigger {args} --json"));
    let outcomes: serde_json::Value = serde_json::from_str(&run.ok()).unwrap();
    let id = outcomes[0]["createdTaskId"].as_str().unwrap().to_owned();
    assert_eq!(env.state(&id), "completed");
    assert_verified(env, "action", &id);
    id
}

/// Checks that a task is what the tree makes of it.
#[track_caller]
fn assert_verified(env: &TestEnv, what: &str, id: &str) {
    let run = env.run(&format!("--local verify {what} {id}"));
    assert!(run.code == Some(0) && run.stdout.contains("agrees with"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_push_and_all_that_is_done_to_it() {
    let env = TestEnv::new();
    for kind in ["build", "test", "release-notes"] {
        std::fs::remove_dir_all(env.path(&format!("taskcluster/kinds/{kind}"))).unwrap();
    }
    env.write(".taskcluster.yml", TASKCLUSTER_YML);
    env.write("taskcluster/kinds/build/kind.yml", BUILD);
    env.write("taskcluster/kinds/test/kind.yml", TEST);
    env.commit("first");
    env.git(["update-ref", "refs/remotes/origin/main", "HEAD"]);
    env.write("src/main.c", "");
    env.commit("second");

    let decision = env.run("decision --local").ok().trim_end().to_owned();
    assert_verified(&env, "decision", &decision);
    let ids = env.read(&format!(".taskgraph/artifacts/{decision}/label-to-taskid.json"));
    let ids: BTreeMap<String, String> = serde_json::from_str(&ids).unwrap();
    assert_eq!(ids.keys().collect::<Vec<_>>(), ["build-linux", "test-unit"]);
    let build = &ids["build-linux"];

    env.run(&format!("local resolve {build} failed")).ok();
    trigger(&env, &format!("rerun {build}"));
    assert_eq!(env.state(build), "pending");
    env.run(&format!("local resolve-all {decision}")).ok();

    trigger(&env, &format!("retrigger {build} --set times=3 --set downstream=true"));
    assert_eq!(count(&env, &decision, "build-linux", "pending"), 3);
    assert_eq!(count(&env, &decision, "test-unit", "unscheduled"), 3);

    let action = trigger(&env, &format!("add-new-jobs --group {decision} --set tasks=[test-docs]"));
    assert_eq!(count(&env, &decision, "test-docs", "pending"), 1, "{:?}", group(&env, &decision));
    assert_eq!(count(&env, &decision, "build-linux", "pending"), 3, "what ran already is used again");
    let artifacts = env.run(&format!("--local task artifacts {action}")).ok();
    assert!(artifacts.contains("public/label-to-taskid.json"), "{artifacts}");

    trigger(&env, &format!("cancel-all --group {decision}"));
    for ((name, state), _) in group(&env, &decision) {
        assert!(["completed", "exception"].contains(&state.as_str()), "{name} is {state}");
    }

    let before = group(&env, &decision);
    for (args, expected) in [
        (format!("retrigger {build} --set times=0"), "`times`: expected at least 1, found the integer 0"),
        (
            format!("retrigger {build} --set times=101"),
            "`times`: expected at most 100, found the integer 101",
        ),
        (format!("reboot {build}"), "reboot"),
        (format!("add-new-jobs --group {decision} --set tasks=[test-nothing]"), "test-nothing"),
    ] {
        let run = env.run(&format!("--local action trigger {args}"));
        assert_eq!(run.code, Some(1), "{args}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{args}: {}", run.stderr);
    }
    let after = group(&env, &decision);
    let actions = |group: &BTreeMap<(String, String), usize>| {
        group
            .iter()
            .filter(|((name, _), _)| !name.starts_with("Action: "))
            .map(|(key, count)| (key.clone(), *count))
            .collect::<Vec<_>>()
    };
    assert_eq!(actions(&before), actions(&after), "nothing but the task of an action that failed is created");
}
