//! Decisions about a checkout, in the embedded cluster, and why tasks are in them.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::duty::{Duty, TOKEN, group};
use crate::support::{Run, TestEnv};

const TOOL: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.cached_tasks, taskgraph.transforms.task]
tasks:
  compiler:
    label: tool-compiler
    description: Makes a compiler
    run-on-projects: []
    worker-type: succeed
    cache: {type: tools, name: compiler, digest-data: [v1]}
";

const APP: &str = "\
loader: taskgraph.loader.transform:loader
kind-dependencies: [tool]
transforms: [taskgraph.transforms.task]
tasks:
  app:
    description: Makes an app
    worker-type: succeed
    run-on-projects: [all]
    dependencies: {tool: tool-compiler}
  old:
    description: Makes an app for nobody
    worker-type: succeed
    run-on-projects: [esr]
";

/// A repository with a cached task.
fn with_tool() -> TestEnv {
    let env = TestEnv::new();
    for kind in ["build", "test", "release-notes"] {
        fs::remove_dir_all(env.path(&format!("taskcluster/kinds/{kind}"))).unwrap();
    }
    env.write("taskcluster/kinds/tool/kind.yml", TOOL);
    env.write("taskcluster/kinds/app/kind.yml", APP);
    env.commit("a tool");
    env
}

fn decide(env: &TestEnv) -> (String, BTreeMap<String, String>) {
    let decision = env.run("decision --local").ok().trim_end().to_owned();
    let ids = env.read(&format!(".taskgraph/artifacts/{decision}/label-to-taskid.json"));
    (decision, serde_json::from_str(&ids).unwrap())
}

#[test]
fn a_laptop_decides_works_and_decides_again() {
    let env = with_tool();
    let (decision, ids) = decide(&env);
    assert_eq!(ids.keys().collect::<Vec<_>>(), ["app-app", "tool-compiler"]);
    assert_eq!(env.state(&decision), "completed");
    assert_eq!(env.state(&ids["tool-compiler"]), "pending");
    assert_eq!(env.state(&ids["app-app"]), "unscheduled");
    let artifacts = env.run(&format!("--local task artifacts {decision}")).ok();
    for name in ["parameters.yml", "full-task-graph.json", "task-graph.json", "runnable-jobs.json.gz"] {
        assert!(artifacts.contains(&format!("public/{name}\n")), "{artifacts}");
    }
    let parameters = env.run(&format!("--local target -p task-id={decision}")).ok();
    assert_eq!(parameters, "app-app\n\n");

    env.run(&format!("local resolve-all {decision}")).ok();
    env.write("README", "changed\n");
    env.git(["add", "README"]);
    let (second, again) = decide(&env);
    assert_eq!(again["tool-compiler"], ids["tool-compiler"], "found in the index");
    assert_ne!(again["app-app"], ids["app-app"]);
    assert_eq!(env.state(&again["app-app"]), "pending");
    assert_ne!(second, decision);
    assert!(
        env.read(&format!(".taskgraph/artifacts/{second}/parameters.yml"))
            .contains("files_changed:\n- README\n")
    );

    let explained = env.run("--local explain tool-compiler app-app app-old").ok();
    let expected = format!(
        "\
tool-compiler (kind tool)
  written in            taskcluster/kinds/tool/kind.yml:4
  full task graph       yes  needs nothing; needed by `app-app`
  target tasks          no   the filter `target_tasks_method` drops it; the target method is `default`: the project is \
         `example`, and `run_on_projects` is []
  target task graph     yes  a target needs it: `app-app` → `tool-compiler`
  optimized task graph  no   replaced with {} by the strategy `index-search (index-search)`
app-app (kind app)
  written in            taskcluster/kinds/app/kind.yml:5
  full task graph       yes  needs `tool-compiler`; needed by nothing
  target tasks          yes  chosen by `target_tasks_method`
  target task graph     yes  it is a target
  optimized task graph  yes  kept: the strategy `never` keeps it; not replaced: the strategy `never` found nothing
  morphed task graph    yes  as it was
app-old (kind app)
  written in            taskcluster/kinds/app/kind.yml:10
  full task graph       yes  needs nothing; needed by nothing
  target tasks          no   the filter `target_tasks_method` drops it; the target method is `default`: the project is \
         `example`, and `run_on_projects` is ['esr']
  target task graph     no   no target needs it
",
        ids["tool-compiler"]
    );
    assert_eq!(explained, expected);
}

#[test]
fn what_nobody_committed_counts_as_changed() {
    let env = with_tool();
    let kind = "taskcluster/kinds/app/kind.yml";
    env.edit(
        kind,
        "    dependencies:",
        "    optimization: {skip-unless-changed: ['src/**']}\n    dependencies:",
    );
    env.write("src/main.c", "");
    env.commit("an app");
    let labels = || env.run("decision --local --dry-run").ok().lines().count();
    env.git(["remote", "remove", "origin"]);
    assert_eq!(labels(), 2, "all commits count if no remote has any");
    env.git(["update-ref", "refs/remotes/origin/main", "HEAD"]);
    assert_eq!(labels(), 2, "nothing is changed, so nobody asks for what is");
    env.write("README", "changed");
    env.git(["add", "README"]);
    assert_eq!(labels(), 0);
    env.write("src/main.c", "changed");
    assert_eq!(labels(), 2);
}

#[test]
fn an_unknown_label_gets_suggestions() {
    let env = with_tool();
    assert_eq!(
        env.run("explain app").failed(1),
        "error: no task has the label `app`; did you mean `app-app` or `app-old`?\n"
    );
    assert_eq!(
        env.run("explain tool-kompiler").failed(1),
        "error: no task has the label `tool-kompiler`; did you mean `tool-compiler`?\n"
    );
    assert_eq!(env.run("explain xyz").failed(1), "error: no task has the label `xyz`\n");
}

#[test]
fn a_decision_that_failed_is_finished_by_the_next() {
    let env = with_tool().variable("TASK_ID", "fdtgsD5DQUmAQZEaGMvQ4Q");
    env.edit("taskcluster/kinds/app/kind.yml", "tool: tool-compiler", "tool: tool-missing");
    let run = env.run("decision --local");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("tool-missing"), "{}", run.stderr);
    assert_eq!(env.state("fdtgsD5DQUmAQZEaGMvQ4Q"), "failed");
    env.edit("taskcluster/kinds/app/kind.yml", "tool: tool-missing", "tool: tool-compiler");
    assert_eq!(env.run("decision --local").ok(), "fdtgsD5DQUmAQZEaGMvQ4Q\n");
    assert_eq!(env.state("fdtgsD5DQUmAQZEaGMvQ4Q"), "completed");
    let files = env.files(".taskgraph/artifacts/fdtgsD5DQUmAQZEaGMvQ4Q");
    let Run { code, stderr, .. } = env.run("decision --local");
    assert_eq!(code, Some(1));
    assert_eq!(env.files(".taskgraph/artifacts/fdtgsD5DQUmAQZEaGMvQ4Q"), files);
    assert_eq!(env.files(".taskgraph/artifacts").len(), 1);
    assert_eq!(
        stderr,
        "error: task fdtgsD5DQUmAQZEaGMvQ4Q is completed: only a task that can run, or ran without success, is run \
         here\n"
    );
}

#[test]
fn a_dry_run_creates_nothing() {
    let env = with_tool().variable("TASK_ID", "fdtgsD5DQUmAQZEaGMvQ4Q");
    let printed = env.run("decision --local --dry-run").ok();
    let labels: Vec<&str> = printed.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(labels, ["tool-compiler", "app-app"]);
    assert!(env.read("artifacts/task-graph.json").contains(&printed[..22]));
    assert_eq!(env.run("--local task status fdtgsD5DQUmAQZEaGMvQ4Q").code, Some(1));
    assert_eq!(env.run("decision --local --dry-run").ok(), printed);
}

#[test]
fn what_is_missing_is_said_at_once() {
    let env = with_tool();
    assert_eq!(
        env.run("decision").failed(2),
        "error: TASK_ID is not set: it is the id of the decision task, in whose group tasks are created; with \
         --local, a decision task is made up\n"
    );
    let env = env.variable("TASK_ID", "fdtgsD5DQUmAQZEaGMvQ4Q");
    assert_eq!(
        env.run("decision --dry-run --project example --level 1 --owner me --pushdate 0").failed(2),
        "error: a decision needs --pushlog-id, --repository-type, --base-repository, --head-repository, --head-ref, \
         --head-rev, --tasks-for; with --local, the checkout says all of that\n"
    );
    for (flags, expected) in
        [("--base-rev 12ab", "base revision `12ab`"), ("--head-rev 12ab", "head revision `12ab`")]
    {
        let message = env.run(&format!("decision --local --dry-run {flags}")).failed(1);
        let rest = "is not in the checkout `$ROOT/repo`; fetch it, or more of the history\n";
        assert_eq!(message, format!("error: the {expected} {rest}"));
    }
    fs::write(env.path("artifacts"), "no folder").unwrap();
    let message = env.run("decision --local --dry-run").failed(1);
    assert!(message.starts_with("error: cannot write artifacts to `$ROOT/repo/artifacts`: "), "{message}");
}

#[test]
fn tasks_need_a_repository_that_people_can_look_at() {
    let env = with_tool();
    env.git(["remote", "remove", "origin"]);
    let message = env.run("explain tool-compiler").failed(1);
    let expected = "expected a repository on github.com\nhint: parameters name one if a remote of the checkout is on GitHub \
                    or hg.mozilla.org, or if they are those of a decision: -p task-id=<id>\n";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn without_a_commit_there_is_nothing_to_decide_about() {
    let env = TestEnv::without_checkout();
    env.git(["init", "--quiet"]);
    assert_eq!(
        env.run("decision --local").failed(1),
        "error: there is no commit in `$ROOT/repo` yet, and a decision is about one\n"
    );
}

#[test]
fn what_git_says_of_a_checkout_that_it_does_not_take_is_passed_on() {
    let env = with_tool();
    std::fs::write(env.path(".git/HEAD"), "neither a branch nor a revision\n").unwrap();
    let message = env.run("decision --local").failed(1);
    assert!(message.contains("not a git repository"), "{message}");
}

/// The flags of a push of what is checked out, except for the project.
fn flags(env: &TestEnv) -> String {
    let rev = env.git(["rev-parse", "HEAD"]);
    format!(
        "decision --project example --pushlog-id 0 --pushdate 1700000000 --owner me --level 1 \
         --repository-type git --base-repository https://github.com/example-org/example \
         --head-repository https://github.com/example-org/example --head-ref main --head-rev {} \
         --tasks-for github-push --message ignored",
        rev.trim_end()
    )
}

#[test]
fn a_decision_that_is_made_again_creates_nothing_twice() {
    let Duty { env, local, .. } = &with_tool_in_a_cluster();
    let decide = || {
        fs::remove_dir_all(env.path("artifacts")).ok();
        env.run(&flags(env))
    };
    let decision = format!("{}\n", group());
    let first = decide();
    assert_eq!((&first.stdout, first.code), (&decision, Some(0)), "{}", first.stderr);
    assert!(first.stderr.ends_with("Created 2 tasks.\n"), "{}", first.stderr);
    let labels = env.read("artifacts/label-to-taskid.json");
    assert!(env.read("artifacts/actions.json").contains(r#""name": "retrigger""#));
    // By now the index has the tool, but it is not another that takes its place.
    local.resolve_all(decision.trim_end()).unwrap();
    let again = decide();
    assert_eq!((&again.stdout, again.code), (&decision, Some(0)), "{}", again.stderr);
    assert!(again.stderr.ends_with("Created 0 tasks; 2 existed already.\n"), "{}", again.stderr);
    assert_eq!(env.read("artifacts/label-to-taskid.json"), labels);

    env.edit("taskcluster/kinds/app/kind.yml", "Makes an app\n", "Makes another app\n");
    let message = decide().stderr;
    assert!(message.contains("app-app") && message.contains("Makes another app"), "{message}");
}

#[test]
fn what_took_the_place_of_a_task_does_so_again() {
    let mut duty = with_tool_in_a_cluster();
    let made = |env: &TestEnv| -> (BTreeMap<String, String>, String) {
        let run = env.run(&flags(env));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        (serde_json::from_str(&env.read("artifacts/label-to-taskid.json")).unwrap(), run.stderr)
    };
    let (first, _) = made(&duty.env);
    duty.local.resolve_all(group().as_str()).unwrap();
    let decision = duty.task_with("decision", json!({"schedulerId": "example-level-1"}));
    duty.env = duty.env.variable("TASK_ID", decision.as_str());
    let (second, said) = made(&duty.env);
    assert!(said.ends_with("Created 1 task.\n"), "{said}");
    assert_eq!(second["tool-compiler"], first["tool-compiler"]);

    // By now the index has a newer tool. The app needs the one that it was created with.
    let newer = duty.task_with("newer tool", json!({"schedulerId": "example-level-1"}));
    let tool = duty.env.run(&format!("task def {}", first["tool-compiler"])).ok();
    let tool: serde_json::Value = serde_json::from_str(&tool).unwrap();
    let routes = tool["routes"].as_array().unwrap().iter();
    for path in routes.filter_map(|route| route.as_str()?.strip_prefix("index.")) {
        let entry = json!({"taskId": newer, "rank": 1e15, "data": {}, "expires": tool["expires"]});
        let run = duty.env.feed(&format!("api index insertTask {path}"), &entry.to_string());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let (again, said) = made(&duty.env);
    assert!(said.ends_with("Created 0 tasks; 1 existed already.\n"), "{said}");
    assert_eq!(again, second);
    // To another decision, it is the newer one.
    let decision = duty.task_with("decision", json!({"schedulerId": "example-level-1"}));
    duty.env = duty.env.variable("TASK_ID", decision.as_str());
    assert_eq!(made(&duty.env).0["tool-compiler"], newer.as_str());
}

/// The same repository, and a running decision task in another cluster than its own.
fn with_tool_in_a_cluster() -> Duty {
    let mut duty = Duty::new();
    // A cluster that is not of a laptop expects it.
    let env = with_tool();
    env.write(".taskcluster.yml", "version: 1\ntasks: []\n");
    let decision = duty.task_with("decision", json!({"schedulerId": "example-level-1"}));
    let values = ["TASKCLUSTER_ROOT_URL", "TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN"]
        .into_iter()
        .zip([duty.local.root_url().to_owned(), duty.local.client_id().to_owned(), TOKEN.to_owned()]);
    duty.env = values
        .fold(env, |env, (name, value)| env.variable(name, &value))
        .variable("TASK_ID", decision.as_str());
    duty
}

#[test]
fn an_interrupted_decision_is_finished_as_it_began() {
    let env = with_tool();
    // The queue refuses one of the tasks, so that the other is there.
    let long = format!("Makes an app{}", "!".repeat(1 << 15));
    env.edit("taskcluster/kinds/app/kind.yml", "Makes an app\n", &format!("{long}\n"));
    let run = env.run("decision --local --tasks-for github-pull-request");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("only 1 of 2 tasks were created"), "{}", run.stderr);
    let decision = env.files(".taskgraph/artifacts").pop_first().unwrap();
    env.edit("taskcluster/kinds/app/kind.yml", &long, "Makes an app");
    let env = env.variable("TASK_ID", &decision);
    let run = env.run("decision --local");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("Created 1 task; 1 existed already."), "{}", run.stderr);
    let parameters = env.read(&format!(".taskgraph/artifacts/{decision}/parameters.yml"));
    assert!(parameters.contains("tasks_for: github-pull-request\n"), "{parameters}");
    let ids = env.read(&format!(".taskgraph/artifacts/{decision}/label-to-taskid.json"));
    let ids: BTreeMap<String, String> = serde_json::from_str(&ids).unwrap();
    let app = env.run(&format!("--local task def {}", ids["app-app"])).ok();
    assert!(app.contains(&format!("\"parent\": \"{decision}\"")), "{app}");
}

#[test]
fn other_tasks_are_left_alone() {
    let env = with_tool();
    let (_, ids) = decide(&env);
    let tool = &ids["tool-compiler"];
    let env = env.variable("TASK_ID", tool);
    let message = env.run("decision --local").failed(1);
    assert_eq!(
        message,
        format!(
            "error: TASK_ID: the task {tool} is no decision task that `taskgraph decision --local` made\n"
        )
    );
    assert_eq!(env.state(tool), "pending");
}

#[test]
fn an_address_for_ssh_is_as_good_as_another() {
    let env = with_tool();
    env.git(["remote", "set-url", "origin", "git@github.com:example-org/example.git"]);
    let (decision, _) = decide(&env);
    let parameters = env.read(&format!(".taskgraph/artifacts/{decision}/parameters.yml"));
    assert!(parameters.contains("head_repository: https://github.com/example-org/example\n"), "{parameters}");
}

#[test]
fn who_may_not_create_tasks_is_told_so() {
    let Duty { env, local: _local, .. } = with_tool_in_a_cluster();
    // Credentials of a client that nobody knows.
    let env = env.variable("TASKCLUSTER_ACCESS_TOKEN", "guessed");
    let run = env.run(&flags(&env));
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(!run.stderr.contains("guessed"), "{}", run.stderr);
}

#[test]
fn letters_that_no_scope_has_are_told_before_anything_is_created() {
    const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
    let env = with_tool().variable("TASK_ID", ID);
    let kind = "taskcluster/kinds/app/kind.yml";
    env.edit(kind, "Makes an app\n", "Makes an app\n    scopes: ['a:gr\u{f6}\u{df}e']\n");
    env.git(["checkout", "--quiet", "-b", "gr\u{f6}\u{df}e"]);
    let message = env.run("decision --local").failed(1);
    let expected = "error: task `app-app`: `scopes.0`: a scope is printable ASCII, found `a:gr\u{f6}\u{df}e`; \
                    `gr\u{f6}\u{df}e` is the parameter `head_ref`\n";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(group_size(&env, ID), 1, "only the decision task");

    env.edit(kind, "scopes: ['a:gr\u{f6}\u{df}e']", "routes: ['index.x.gr\u{f6}\u{df}e']");
    let message = env.run("decision --local").failed(1);
    let expected = "app/kind.yml:5: task `app-app`: the route `index.x.gr\u{f6}\u{df}e` is no path of the index: parts \
                    between dots have letters, digits and _!~*'()%-; `gr\u{f6}\u{df}e` is the parameter `head_ref`\n";
    assert!(message.ends_with(expected), "{message}");

    // The decision task itself may have them, too.
    let template = crate::laptop::TASKCLUSTER_YML.replace(":branch:main", ":branch:${head_ref}");
    env.write(".taskcluster.yml", &template);
    env.edit(kind, "    routes: ['index.x.gr\u{f6}\u{df}e']\n", "");
    let env = env.variable("TASK_ID", "AAECAwQFRgeICQoLDA0ODw");
    let message = env.run("decision --local").failed(1);
    let expected = "error: task `Decision`: `scopes.0`: a scope is printable ASCII, found \
                    `assume:repo:github.com/example-org/example:branch:refs/heads/gr\u{f6}\u{df}e`; \
                    `gr\u{f6}\u{df}e` is the parameter `head_ref`\n";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(env.run("--local task status AAECAwQFRgeICQoLDA0ODw").code, Some(1));
    env.run("decision --local --head-ref main").ok();
}

fn group_size(env: &TestEnv, id: &str) -> usize {
    env.run(&format!("--local group list {id}")).ok().lines().filter(|line| !line.is_empty()).count()
}

#[test]
fn an_event_that_nobody_knows_is_an_error_on_a_laptop() {
    let env = with_tool();
    let expected = "error: --tasks-for: expected hg-push, git-push, cron, github-push, github-release, \
                    github-pull-request, github-pull-request-untrusted, github-issue-comment, action, pr-action, or what \
                    an expression of .taskcluster.yml compares with, found `github-pusch`\n";
    for command in
        ["decision --local --tasks-for github-pusch", "decision --local --dry-run --tasks-for github-pusch"]
    {
        assert_eq!(env.run(command).failed(2), expected);
    }
    assert!(env.files(".taskgraph/artifacts").is_empty());
    let known =
        crate::laptop::TASKCLUSTER_YML.replace("action\"'}", "action\" || tasks_for == \"github-pusch\"'}");
    env.write(".taskcluster.yml", &known);
    env.run("decision --local --tasks-for github-pusch").ok();
    env.run("decision --local --tasks-for action").ok();
}

/// As the reference, which takes any word.
#[test]
fn an_event_that_nobody_knows_is_fine_in_a_cluster() {
    let Duty { env, local: _local, .. } = &with_tool_in_a_cluster();
    env.run(&flags(env).replace("--tasks-for github-push", "--tasks-for github-pusch")).ok();
    assert!(env.read("artifacts/parameters.yml").contains("tasks_for: github-pusch\n"));
}

#[test]
fn two_runs_of_one_decision_do_not_get_into_each_others_way() {
    const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
    let env = with_tool().variable("TASK_ID", ID);
    let start = || {
        let mut command = env.taskgraph(&env.repo(), ["decision", "--local"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs = [(); 4].map(|()| start()).map(|child| env.finished(child.wait_with_output().unwrap()));
    let (done, refused): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.code == Some(0));
    assert_eq!(done.len(), 1, "{refused:?}");
    assert_eq!(done[0].stdout, format!("{ID}\n"));
    let in_time =
        format!("error: another process is running task {ID} here: try again when that has ended\n");
    let too_late = format!(
        "error: task {ID} is completed: only a task that can run, or ran without success, is run here\n"
    );
    for run in refused {
        assert!(run.stderr == in_time || run.stderr == too_late, "{}", run.stderr);
    }
    assert_eq!(env.state(ID), "completed");
    assert_eq!(group_size(&env, ID), 3);
}
