//! `taskgraph actions`, `action-callback` and `test-action-callback`.

use serde_json::{Deserializer, Value, json};

use crate::support::{Run, TestEnv};

const HOOKS: &str = "version: 1\ntasks: []\n";

fn json(run: Run) -> Value {
    serde_json::from_str(&run.ok()).unwrap()
}

#[test]
fn actions_are_printed_as_a_decision_task_writes_them() {
    let env = TestEnv::new();
    let missing = env.run("actions").failed(1);
    assert!(
        missing.starts_with("error: cannot read `$ROOT/repo/.taskcluster.yml`, whose content names"),
        "{missing}"
    );
    env.write(".taskcluster.yml", HOOKS);
    let printed = env.run("actions").ok();
    assert!(printed.starts_with("{\n  \"actions\": [\n    {\n      \"context\": [\n"), "{printed}");
    assert!(printed.ends_with("  \"variables\": {},\n  \"version\": 1\n}\n"), "{printed}");
    let actions = json(env.run("actions -r taskcluster"));
    let names: Vec<&str> = actions["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["title"].as_str().unwrap())
        .collect();
    assert_eq!(names[..3], ["Retrigger", "Retrigger", "Retrigger (disabled)"]);
    assert_eq!(actions["actions"][0]["hookPayload"]["decision"]["action"]["taskGroupId"], "DECISION-TASK");

    env.write("pull-request.yml", "tasks_for: github-pull-request\nlevel: '2'\n");
    let actions = json(env.run("actions -p pull-request.yml"));
    let hook = actions["actions"][1]["hookId"].as_str().unwrap().to_owned();
    assert!(hook.starts_with("in-tree-pr-action-2-generic/"), "{hook}");
}

#[test]
fn a_test_prints_what_would_be_created_and_creates_nothing() {
    let env = TestEnv::new();
    let decision = env.run("decision --local").ok().trim_end().to_owned();
    let before = env.run(&format!("--local group list {decision}")).ok();
    let line = before.lines().find(|line| line.contains("build-linux")).unwrap();
    let (task, label) = (line.split(' ').next().unwrap(), "build-linux");

    env.write("input.yml", "times: 2\nforce: true\n");
    let test = |args: &str| {
        env.run(&format!(
            "--local test-action-callback -p task-id={decision} --task-group-id {decision} {args}"
        ))
    };
    let run = test(&format!("retrigger --task-id {task} --input input.yml"));
    let said: Vec<&str> = run.stderr.lines().filter(|line| line.contains("would")).collect();
    assert!(said.len() == 3 && said[2] == "would retrigger build-linux, 2 times", "{}", run.stderr);
    assert!(!run.stderr.contains("created"), "{}", run.stderr);
    let printed = run.ok();
    let created: Vec<Value> = Deserializer::from_str(&printed).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(created.len(), 2);
    assert_ne!(created[0][0], created[1][0]);
    for pair in &created {
        assert_eq!(pair[1]["metadata"]["name"], label);
        assert_eq!(pair[1]["taskGroupId"], decision.as_str());
    }
    assert_eq!(env.read("artifacts/to-run.json"), format!("[\n  \"{label}\"\n]"));
    assert_eq!(env.run(&format!("--local group list {decision}")).ok(), before);

    let none = test("add-new-jobs --input input.yml").failed(1);
    assert!(
        none.ends_with(
            "error: the action `add-new-jobs` failed: the input must have `tasks`, a list of labels\n"
        ),
        "{none}"
    );
    env.write("input.json", &json!({ "tasks": ["none"] }).to_string());
    let none = test("add-new-jobs --input input.json").failed(1);
    let expected = format!("the full task graph of {decision} has no task `none`\n");
    assert!(none.ends_with(&expected), "{none}");
    env.write("input.json", "{\"tasks\":\n");
    let broken = test("add-new-jobs --input input.json").failed(1);
    assert!(broken.contains("cannot read the input `input.json`: EOF while parsing"), "{broken}");
    let text = test("add-new-jobs --input input.txt").failed(2);
    assert!(text.contains("--input: expected a .yml or .json file, found `input.txt`"), "{text}");
    let bad = test("retrigger --task-id 3").failed(2);
    assert!(bad.contains("--task-id"), "{bad}");
}

#[test]
fn an_action_task_knows_what_to_do_by_its_environment() {
    const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
    let run = |variables: &[(&str, &str)]| {
        let env = TestEnv::new().variable("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
        let env = variables.iter().fold(env, |env, (name, value)| env.variable(name, value));
        env.run("action-callback")
    };
    let callback = ("ACTION_CALLBACK", "retrigger");
    let group = ("ACTION_TASK_GROUP_ID", ID);
    let own = ("TASK_ID", ID);
    for (variables, code, expected) in [
        (&[callback, group][..], 2, "TASK_ID is not set: it is the id of the action task"),
        (&[own], 1, "`ACTION_CALLBACK`: expected the name of a callback, found nothing"),
        (&[own, callback], 1, "`ACTION_TASK_GROUP_ID`: expected a taskId, found nothing"),
        (
            &[own, callback, ("ACTION_TASK_GROUP_ID", "x")],
            1,
            "`ACTION_TASK_GROUP_ID`: expected a taskId, found `x`",
        ),
        (
            &[own, callback, group, ("ACTION_INPUT", "{")],
            1,
            "`ACTION_INPUT`: expected JSON, found `{` (EOF while parsing",
        ),
        (
            &[own, callback, group, ("ACTION_TASK_ID", "7")],
            1,
            "`ACTION_TASK_ID`: expected a taskId in quotes, or null, found the integer 7",
        ),
    ] {
        let error = run(variables).failed(code);
        assert!(error.contains(expected), "{error}");
    }
}
