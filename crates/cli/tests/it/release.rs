//! A release day on a laptop: from a push to ship.

use serde_json::Value;

use crate::laptop::TASKCLUSTER_YML;
use crate::support::TestEnv;

const FLAVORS: &str = "
release-promotion:
  flavors:
    promote_app: {target-tasks-method: promote_app}
    push_app: {target-tasks-method: push_app}
    ship_app: {target-tasks-method: ship_app, rebuild-kinds: [notes]}
";

const APP: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
task-defaults: {worker-type: succeed, attributes: {shipping_product: app}}
tasks:
";

fn tree() -> TestEnv {
    let env = TestEnv::new();
    for kind in ["build", "test", "release-notes"] {
        std::fs::remove_dir_all(env.path(&format!("taskcluster/kinds/{kind}"))).unwrap();
    }
    let task = |name: &str, phase: &str, needs: &str| {
        format!(
            "  {name}: {{description: a task, attributes: {{shipping_phase: {phase}}}, run-on-projects: [all], \
             dependencies: {{{needs}}}}}\n"
        )
    };
    let kind = |name: &str, text: String| {
        env.write(&format!("taskcluster/kinds/{name}/kind.yml"), &format!("{APP}{text}"));
    };
    kind("build", task("linux", "build", "") + &task("mac", "build", ""));
    kind("notes", task("all", "build", ""));
    let needs = "kind-dependencies: [build, notes]\n";
    let later = [
        task("promote", "promote", "linux: build-linux, mac: build-mac, notes: notes-all"),
        task("push", "push", "promote: release-promote"),
        task("ship", "ship", "push: release-push, notes: notes-all"),
    ];
    kind("release", later.concat());
    env.edit("taskcluster/kinds/release/kind.yml", "transforms:", &format!("{needs}transforms:"));
    let config = env.read("taskcluster/config.yml");
    env.write("taskcluster/config.yml", &format!("{config}{FLAVORS}"));
    env.write("version.txt", "1.0\n");
    env.write(".taskcluster.yml", TASKCLUSTER_YML);
    env.commit("all of it");
    env
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Triggers a phase, and lets its tasks run; returns its action task.
#[track_caller]
fn trigger(env: &TestEnv, args: &str) -> String {
    let run = env.run(&format!("--local release trigger {args} --json"));
    json(&run.ok())[0]["createdTaskId"].as_str().unwrap().to_owned()
}

/// The names of the tasks of a group, sorted.
fn group(env: &TestEnv, group: &str) -> Vec<String> {
    let tasks = json(&env.run(&format!("--local group list --json {group}")).ok());
    let names = tasks.as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn from_push_to_ship() {
    let env = tree();
    assert_eq!(
        env.run("release flavors").ok(),
        "promote_app\tpromote\tapp\tpromote_app\t-\t-\n\
         push_app\tpush\tapp\tpush_app\t-\t-\n\
         ship_app\tship\tapp\tship_app\tnotes\t-\n"
    );
    let push = env.run("decision --local").ok().trim_end().to_owned();
    env.run(&format!("local resolve-all {push}")).ok();

    let plan = env
        .run(&format!("release plan --decision {push} --flavors promote_app,push_app --release-version 1.0"));
    assert_eq!(
        plan.ok(),
        format!(
            "# promote_app: builds on {push}\nbuild_number: 1\ndo_not_optimize: []\nprevious_graph_ids:\n- {push}\n\
             rebuild_kinds: []\nrelease_promotion_flavor: promote_app\nversion: '1.0'\n---\n\
             # push_app: builds on {push}, <promote_app>\nbuild_number: 1\ndo_not_optimize: []\nprevious_graph_ids:\n\
             - {push}\n- <promote_app>\nrebuild_kinds: []\nrelease_promotion_flavor: push_app\nversion: '1.0'\n"
        )
    );

    let promote = trigger(&env, "promote_app");
    assert_eq!(group(&env, &promote), ["release-promote"]);
    let run = env.run(&format!("--local verify action {promote}"));
    assert!(run.stdout.contains("agrees with"), "{}{}", run.stdout, run.stderr);
    // The phase fails, and its task is rerun: nothing is made twice.
    let ids = json(&env.read(&format!(".taskgraph/artifacts/{promote}/label-to-taskid.json")));
    let task = ids["release-promote"].as_str().unwrap();
    env.run(&format!("local resolve {task} failed")).ok();
    let states = json(&env.run("--local release status --json").ok());
    assert_eq!((&states[1]["phase"], &states[1]["state"]), (&"promote_app".into(), &"failed".into()));
    env.run(&format!("--local task rerun {task}")).ok();
    env.run(&format!("local resolve-all {promote}")).ok();

    let pushed = trigger(&env, "push_app --release-version 1.0.1");
    assert_eq!(group(&env, &pushed), ["release-push"]);
    let parameters = env.read(&format!(".taskgraph/artifacts/{pushed}/parameters.yml"));
    assert!(parameters.contains("version: 1.0.1\n") && parameters.contains("tasks_for: action\n"));
    env.run(&format!("local resolve-all {pushed}")).ok();

    // The flavor makes the notes again, so what needs them is made again, too: not what is wanted.
    let wrong = trigger(&env, "ship_app");
    assert_eq!(group(&env, &wrong), ["notes-all", "release-promote", "release-push", "release-ship"]);
    let canceled = env.run(&format!("--local release cancel {wrong} --yes")).ok();
    assert!(canceled.contains("sealed") && canceled.contains("canceled\trelease-ship"), "{canceled}");
    let ship = trigger(&env, "ship_app --set rebuild_kinds=[]");
    assert_eq!(group(&env, &ship), ["release-ship"]);
    env.run(&format!("local resolve-all {ship}")).ok();

    let states = json(&env.run(&format!("--local release status --decision {push} --json")).ok());
    let shown: Vec<String> = states
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let previous = row["previous"].as_array().unwrap().len();
            format!("{} {} {previous}", row["phase"].as_str().unwrap(), row["state"].as_str().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "push - 0",
            "promote_app completed 1",
            "push_app completed 2",
            "ship_app exception 3",
            "ship_app completed 3"
        ]
    );
    assert_eq!(states[4]["previous"], Value::from(vec![push.clone(), promote.clone(), pushed]));
    assert_eq!(states[4]["taskId"], ship.as_str());

    let folder = |id: &str| format!("--previous .taskgraph/artifacts/{id}");
    let simulated =
        env.run(&format!("release simulate ship_app {} {}", folder(&push), folder(&promote))).ok();
    let ids = json(&env.read(&format!(".taskgraph/artifacts/{push}/label-to-taskid.json")));
    let id = |label: &str| ids[label].as_str().unwrap().to_owned();
    assert_eq!(
        simulated,
        format!(
            "build: 2 re-used, 0 made anew\n  re-used   build-linux: {} of .taskgraph/artifacts/{promote}\n  re-used   \
             build-mac: {} of .taskgraph/artifacts/{promote}\nnotes: 0 re-used, 1 made anew\n  made      notes-all: its \
             kind `notes` is in `rebuild_kinds`\nrelease: 0 re-used, 3 made anew\n  made      release-promote: it needs \
             `notes-all`, which is made anew\n  made      release-push: no previous graph has it\n  made      \
             release-ship: no previous graph has it\ntotal: 2 re-used, 4 made anew\n",
            id("build-linux"),
            id("build-mac")
        )
    );
}

#[test]
fn what_cannot_be_released() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    for (args, expected) in [
        (
            "trigger promote_other".to_owned(),
            "there is no flavor `promote_other`: taskcluster/config.yml has promote_app, push_app, ship_app",
        ),
        (
            "trigger promote_app --release-version latest".to_owned(),
            "the version in the input: expected one such as",
        ),
        (
            "trigger promote_app --set build_number=0".to_owned(),
            "`build_number`: expected an integer of at least 1",
        ),
        (format!("cancel {push} --yes"), "is no release promotion"),
        (
            "simulate ship_app --previous nowhere".to_owned(),
            "cannot use the previous graph in `$ROOT/repo/nowhere`",
        ),
        (format!("plan --decision {push} --flavors nightly"), "there is no flavor `nightly`"),
    ] {
        let run = env.run(&format!("--local release {args}"));
        assert_eq!(run.code, Some(1), "{args}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{args}: {}", run.stderr);
    }
    assert!(!group(&env, &push).iter().any(|name| name.starts_with("Action: ")), "nothing was triggered");
    let missing = "AAECAwQFRgeICQoLDA0ODw";
    let run = env.run(&format!("--local release trigger promote_app --previous {missing}"));
    let expected = format!("previous graph {missing}: the queue has no such task; maybe it has expired");
    assert!(run.code == Some(1) && run.stderr.contains(&expected), "{}", run.stderr);
}
