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
            format!("plan --decision {push} --release-version latest"),
            "the version in the input: expected one such as",
        ),
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

/// A trigger that is refused, with what it says; nothing is created.
#[track_caller]
fn refused(env: &TestEnv, push: &str, args: &str, expected: &str) {
    let before = group(env, push);
    let run = env.run(&format!("--local release trigger {args}"));
    assert_eq!(run.code, Some(1), "{args}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(expected), "{args}: {}", run.stderr);
    assert_eq!(group(env, push), before, "{args}: something was created");
}

/// An action task that has not done its work, as in a deployment before a worker takes it.
const WAITING: &str = "AAECAwQFRgeICQoLDA0ODw";

/// Creates [`WAITING`], for a flavor.
#[track_caller]
fn waiting(env: &TestEnv, push: &str, flavor: &str) {
    let time = |duration: &str| env.run(&format!("from-now {duration}")).ok().trim_end().to_owned();
    let input = serde_json::json!({
        "release_promotion_flavor": flavor, "build_number": 1, "version": "1.0", "previous_graph_ids": [push],
    });
    let definition = serde_json::json!({
        "taskQueueId": "example-3/decision", "schedulerId": "example-level-3", "taskGroupId": push,
        "created": time("0s"), "deadline": time("1h"), "expires": time("1d"), "payload": {},
        "extra": {"action": {"name": "release-promotion", "context": {"input": input}}},
        "metadata": {"name": "Action: waits", "description": "d", "owner": "a@b.example", "source": "https://a.example"},
    });
    env.feed(&format!("--local api queue createTask {WAITING}"), &definition.to_string()).ok();
}

#[test]
fn a_phase_does_not_pass_over_one_that_is_not_done() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    waiting(&env, &push, "promote_app");
    let again = "or make its tasks once more with `--again`";
    refused(
        &env,
        &push,
        "push_app",
        &format!(
            "`push_app` builds on `promote_app`, whose tasks would be made twice: expected its action task {WAITING} to be \
             completed, found it pending; wait for it, give it up with `release cancel`, or name the graphs to build on \
             with `--previous`"
        ),
    );
    refused(
        &env,
        &push,
        "promote_app",
        &format!(
            "`promote_app` was triggered already: its action task {WAITING} is pending; wait for it, give it up with \
             `release cancel`, {again}"
        ),
    );
    env.run(&format!("local resolve {WAITING} failed")).ok();
    refused(&env, &push, "push_app", "found it failed; rerun it, give it up with `release cancel`, or name");
    refused(
        &env,
        &push,
        "promote_app",
        &format!("is failed; rerun it, give it up with `release cancel`, {again}"),
    );
    // What does not ask for the phases that are there is left to whoever names the graphs.
    let named = trigger(&env, &format!("push_app --previous {push}"));
    assert_eq!(group(&env, &named), ["release-promote", "release-push"]);
}

#[test]
fn a_phase_that_has_run_is_made_once_more_only_if_that_is_said() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let promote = trigger(&env, "promote_app");
    let expected = format!("`promote_app` was triggered already: its action task {promote} is completed; ");
    refused(&env, &push, "promote_app", &expected);
    refused(&env, &push, &format!("promote_app --previous {push}"), &expected);
    let again = trigger(&env, "promote_app --again");
    assert_eq!(group(&env, &again), ["release-promote"]);
}

#[test]
fn a_phase_is_given_up_before_it_has_a_group() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    waiting(&env, &push, "promote_app");
    let run = env.run(&format!("--local release cancel {WAITING} --yes"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let expected = format!(
        "There is no group to seal: it exists only with its first task, and none was created. The action task {WAITING} is \
         canceled."
    );
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    let status = env.run("--local release status").ok();
    assert!(status.contains("given up"), "{status}");
    let promote = trigger(&env, "promote_app");
    assert_eq!(group(&env, &promote), ["release-promote"]);
}

#[test]
fn what_is_made_again_must_be_there_to_make_a_difference() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let set = "--set rebuild_kinds=[nope,notes] --set do_not_optimize=[other]";
    let kind = "`rebuild_kinds`: no task of the previous graphs is of the kind `nope`";
    let label = "`do_not_optimize`: the previous graphs have no task `other`";
    for args in [
        format!("release simulate promote_app --previous .taskgraph/artifacts/{push} {set}"),
        format!("--local release trigger promote_app {set} --dry-run"),
        format!("--local release trigger promote_app {set}"),
    ] {
        let run = env.run(&args);
        assert_eq!(run.code, Some(0), "{args}: {}", run.stderr);
        assert_eq!(run.stderr.matches(kind).count(), 1, "{args}: {}", run.stderr);
        assert_eq!(run.stderr.matches(label).count(), 1, "{args}: {}", run.stderr);
        assert!(!run.stderr.contains("`notes`"), "{args}: {}", run.stderr);
    }
}

#[test]
fn a_question_says_what_is_known() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let run = env.feed("--local release trigger promote_app --confirm", "n\n");
    let expected = format!("trigger a release promotion for {push} Decision? [y/N]");
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
}

#[test]
fn a_phase_is_no_decision_task() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let promote = trigger(&env, "promote_app");
    for command in ["plan", "status", "trigger push_app"] {
        let run = env.run(&format!("--local release {command} --decision {promote}"));
        let expected = format!(
            "task {promote} (`Action: Release Promotion`) is an action task: expected a decision task; its group is that \
             of {push}"
        );
        assert_eq!(run.code, Some(1), "{command}: {}", run.stdout);
        assert!(run.stderr.contains(&expected), "{command}: {}", run.stderr);
    }
}

/// The tree of the page is one that works.
#[test]
fn the_page_describes_a_decision_that_verifies() {
    let page = include_str!("../../../../docs/releases.md");
    let env = TestEnv::new();
    std::fs::remove_dir_all(env.path("taskcluster/kinds")).unwrap();
    for file in page.split("cat > ").skip(1) {
        let (path, rest) = file.split_once(" <<'EOF'\n").unwrap();
        env.write(path, rest.split_once("\nEOF\n").unwrap().0);
    }
    env.write("version.txt", "1.0\n");
    env.commit("something to release");
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let run = env.run(&format!("--local verify decision {push}"));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    // Here, the project is not called as its folder on the page is.
    let promote = trigger(&env, &format!("promote_app --decision {push} --set rebuild_kinds=[release]"));
    let run = env.run(&format!("--local verify action {promote}"));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}

/// A phase that is running is a part of the plan, which says so.
#[test]
fn a_plan_says_how_phases_stand() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let comments = |flavors: &str| -> Vec<String> {
        let plan = env.run(&format!("--local release plan --decision {push} --flavors {flavors}")).ok();
        plan.lines().filter_map(|line| line.strip_prefix("# ")).map(str::to_owned).collect()
    };
    waiting(&env, &push, "promote_app");
    let promote =
        format!("promote_app (triggered as {WAITING}, which is pending; the next phase has to wait for it)");
    assert_eq!(
        comments("promote,push,ship"),
        [
            format!("{promote}: builds on {push}"),
            format!("push_app: builds on {push}, {WAITING} (promote_app, pending)"),
            format!("ship_app: builds on {push}, {WAITING} (promote_app, pending), <push_app>"),
        ]
    );
    // It is not left out because nobody asks about it.
    assert_eq!(comments("push"), [format!("push_app: builds on {push}, {WAITING} (promote_app, pending)")]);
    let plan = env.run(&format!("--local release plan --decision {push} --flavors promote,push --json")).ok();
    let plan = json(&plan);
    assert_eq!((&plan[0]["taskId"], &plan[0]["actionState"]), (&WAITING.into(), &"pending".into()));
    assert_eq!(plan[1]["input"]["previous_graph_ids"], Value::from(vec![push.as_str(), WAITING]));

    env.run(&format!("local resolve {WAITING} failed")).ok();
    assert_eq!(
        comments("promote"),
        [format!(
            "promote_app (triggered as {WAITING}, which has ended as failed; rerun it, or give it up): builds on {push}"
        )]
    );
    env.run(&format!("--local release cancel {WAITING} --yes")).ok();
    assert_eq!(comments("promote"), [format!("promote_app: builds on {push}")]);

    // The action task has done its work, its tasks have not.
    let promote = trigger(&env, "promote_app");
    let of = |state: &str| format!("promote_app (triggered as {promote}, {state}): builds on {push}");
    assert_eq!(comments("promote"), [of("whose tasks are unscheduled")]);
    env.run(&format!("local resolve-all {push}")).ok();
    let ids = json(&env.read(&format!(".taskgraph/artifacts/{promote}/label-to-taskid.json")));
    env.run(&format!("local resolve {} failed", ids["release-promote"].as_str().unwrap())).ok();
    assert_eq!(comments("promote"), [of("some of whose tasks have ended as failed")]);
}

/// An action task that failed before it made anything has no group that could be sealed.
#[test]
fn a_phase_that_failed_at_once_is_given_up() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    waiting(&env, &push, "promote_app");
    env.run(&format!("local resolve {WAITING} failed")).ok();
    let run = env.run(&format!("--local release cancel {WAITING} --yes"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("The action task {WAITING} is canceled.")), "{}", run.stderr);
    assert!(env.run("--local release status").ok().contains("given up"));
    let promote = trigger(&env, "promote_app");
    assert_eq!(group(&env, &promote), ["release-promote"]);
}

/// The names of caches depend on the in-task scripts.
#[test]
fn the_folder_of_scripts_may_be_named_for_a_phase() {
    let env = tree();
    let config = env.read("taskcluster/config.yml");
    let docker =
        "aliases: {docker: {provisioner: p, implementation: docker-worker, os: linux, worker-type: w}}";
    env.write("taskcluster/config.yml", &config.replace("aliases: {}", docker));
    let task = "  cached:\n    description: d\n    attributes: {shipping_phase: promote}\n    worker-type: docker\n    worker: \
                {docker-image: 'i:1', max-run-time: 60, command: [/builds/run-task], caches: [{name: c, type: \
                persistent, mount-point: /c}]}\n";
    env.write("taskcluster/kinds/cached/kind.yml", &format!("{APP}{task}"));
    for file in ["run-task", "fetch-content", "hgrc", "robustcheckout.py"] {
        env.write(&format!("scripts/{file}"), &format!("# {file} of this test\n"));
    }
    env.commit("caches");
    let push = env.run("decision --local").ok().trim_end().to_owned();
    let cache = |graph: &str| -> String {
        let graph = json(graph);
        let tasks: Vec<&Value> = graph.as_object().unwrap().values().collect();
        let task = tasks.into_iter().find(|task| task["label"] == "cached-cached").unwrap();
        let caches = &task["task"]["payload"]["cache"];
        let caches = caches.get("task-reference").unwrap_or(caches);
        caches.as_object().unwrap().keys().next().unwrap().clone()
    };
    let params = format!("-p .taskgraph/artifacts/{push}/parameters.yml");
    let named = cache(&env.run(&format!("full -J {params} --run-task-dir scripts")).ok());
    assert_ne!(named, cache(&env.run(&format!("full -J {params}")).ok()));

    let promote = trigger(&env, "promote_app --run-task-dir scripts");
    let graph = env.read(&format!(".taskgraph/artifacts/{promote}/task-graph.json"));
    assert_eq!(cache(&graph), named);
    env.write(
        "input.json",
        &format!(
            "{{\"release_promotion_flavor\": \"promote_app\", \"build_number\": 1, \"version\": \"\", \
             \"previous_graph_ids\": [\"{push}\"]}}"
        ),
    );
    let test =
        format!("test-action-callback release-promotion --task-group-id {push} {params} --input input.json");
    let tested = env.run(&format!("--local {test} --run-task-dir scripts")).ok();
    assert!(tested.contains(&named), "{tested}");
    let error = env.run(&format!("--local {test} --run-task-dir nowhere"));
    assert!(error.code == Some(1) && error.stderr.contains("nowhere"), "{}", error.stderr);
}

/// Triggers the action as any other, which is refused: by the declaration of the action, or by its callback, which then
/// has created nothing.
#[track_caller]
fn refused_by_the_action(env: &TestEnv, push: &str, input: &str, expected: &str) {
    let actions = |env: &TestEnv| -> Vec<String> {
        let tasks = json(&env.run(&format!("--local group list --json {push}")).ok());
        let tasks = tasks.as_array().unwrap().iter();
        let tasks = tasks.filter(|task| task["name"] == "Action: Release Promotion");
        tasks.map(|task| task["taskId"].as_str().unwrap().to_owned()).collect()
    };
    let before = actions(env);
    let run = env.run(&format!(
        "--local action trigger release-promotion --group {push} --set build_number=1 {input}"
    ));
    assert_eq!(run.code, Some(1), "{input}: {}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.matches(expected).count(), 1, "{input}: {}", run.stderr);
    for action in actions(env).iter().filter(|action| !before.contains(action)) {
        // Its group is there with its first task.
        let group = env.run(&format!("--local group list --json {action}"));
        assert!(group.stderr.contains("No task-group"), "{input}: {} was created", group.stdout);
    }
}

/// However the action is triggered, its callback looks at what it is to build on.
#[test]
fn what_the_action_refuses_whoever_triggers_it() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    env.run(&format!("local resolve-all {push}")).ok();
    let ids = json(&env.read(&format!(".taskgraph/artifacts/{push}/label-to-taskid.json")));
    let build = ids["build-linux"].as_str().unwrap();
    let missing = "AAECAwQFRgeICQoLDA0OAA";
    let on = |graphs: &str| {
        format!("--set release_promotion_flavor=promote_app --set previous_graph_ids=[{graphs}]")
    };
    let refused = |input: &str, expected: &str| refused_by_the_action(&env, &push, input, expected);

    refused(
        "--set release_promotion_flavor=promote_other",
        "`release_promotion_flavor`: expected one of \"promote_app\"",
    );
    refused(
        &on(&format!("{push},{missing}")),
        &format!("previous graph {missing}: the queue has no such task; maybe it has expired"),
    );
    refused(
        &on(&format!("{push},{build}")),
        &format!("previous graph {build}: it has no artifact `public/label-to-taskid.json`: it is neither"),
    );
    refused(&format!("{} --set version=latest", on(&push)), "the version in the input: expected one such as");
    waiting(&env, &push, "promote_app");
    refused(
        &on(&format!("{push},{WAITING}")),
        &format!("previous graph {WAITING}: it is still pending: a graph can be built on when"),
    );
    env.run(&format!("local resolve {WAITING} failed")).ok();
    refused(
        &on(&format!("{push},{WAITING}")),
        &format!("previous graph {WAITING}: it has ended as failed; rerun it, so that its graph is complete"),
    );
    env.edit("taskcluster/config.yml", "trust-domain: example", "trust-domain: elsewhere");
    refused(
        &on(&push),
        &format!("previous graph {push}: it is of the trust domain `example`, expected `elsewhere`"),
    );
    env.edit("taskcluster/config.yml", "trust-domain: elsewhere", "trust-domain: example");
    env.write("version.txt", "\n");
    refused(
        &on(&push),
        "the version in the tree (by `mozilla_taskgraph.version:default_parser`): expected one such",
    );
    env.write("version.txt", "1.0\n");
    std::fs::remove_dir_all(env.path("taskcluster/kinds/notes")).unwrap();
    env.edit("taskcluster/kinds/release/kind.yml", "[build, notes]", "[build]");
    refused(
        &on(&push),
        &format!(
            "which no kind makes; the previous graph {push} has it, of the kind `notes`, but a graph can only"
        ),
    );
}

/// Nothing carries the version and the number of a build from one phase to the next but whoever triggers them.
#[test]
fn phases_of_different_versions_are_told_of() {
    let env = tree();
    let push = env.run("decision --local").ok().trim_end().to_owned();
    env.run(&format!("local resolve-all {push}")).ok();
    let promote = trigger(&env, "promote_app --release-version 1.0.1 --build-number 2");
    let expected = format!(
        "Note: `promote_app` ({promote}) was triggered with the version `1.0.1` and the build number 2, and this phase with \
         the version of the tree and the build number 1; say --release-version and --build-number again if that is not meant."
    );
    let run = env.run("--local release trigger push_app --dry-run");
    assert_eq!(run.stderr.matches(&expected).count(), 1, "{}", run.stderr);
    let run = env.run("--local release trigger push_app --dry-run --release-version 1.0.1 --build-number 2");
    assert!(run.code == Some(0) && !run.stderr.contains("Note"), "{}", run.stderr);
}
