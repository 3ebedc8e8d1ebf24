//! `taskgraph task`, against a cluster on loopback.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use taskcluster_local_cluster::Resolution;

use crate::duty::{Duty, TOKEN, group, id, now};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_status_is_as_the_official_client_prints_it() {
    let duty = Duty::new();
    let task = duty.task("build", &[]);
    let waiting = duty.task("test", &[&task]);
    assert_eq!(duty.run(&format!("task status {task}")).ok(), "pending\n");
    assert_eq!(duty.run(&format!("task status {waiting}")).ok(), "unscheduled\n");
    duty.fail(&task);
    duty.run(&format!("task rerun {task}")).ok();
    duty.run(&format!("task cancel {task}")).ok();
    assert_eq!(duty.run(&format!("task status {task}")).ok(), "exception 'canceled'\n");
    assert_eq!(
        duty.run(&format!("task status -a {task}")).ok(),
        "Run #0: failed 'failed'\nRun #1: exception 'canceled'\n"
    );
    assert_eq!(duty.run(&format!("task status -r 0 {task}")).ok(), "failed 'failed'\n");
    assert_eq!(duty.run(&format!("task status --all-runs {waiting}")).ok(), "");
    let message = duty.run(&format!("task status --run 2 {task}")).failed(1);
    assert_eq!(message, format!("error: {task}: it has no run 2: its last one is 1\n"));
    let message = duty.run(&format!("task status -r 0 {waiting}")).failed(1);
    assert_eq!(message, format!("error: {waiting}: it has no run 0: it was never scheduled\n"));
    assert!(duty.run(&format!("task status -a -r 0 {task}")).failed(2).contains("cannot be used with"));
    assert!(duty.run("task status").failed(2).contains("<TASK>"));
}

#[test]
fn several_tasks_are_rows() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    duty.fail(&one);
    let unknown = id(99);
    let run = duty.run_with("task status -", &format!("{one}\n{unknown} {two}\n"));
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, format!("{one}\t0\tfailed 'failed'\n{two}\t0\tpending\n"));
    assert_eq!(run.stderr, format!("error: {unknown}: the queue knows no such task\n"));
    // However many there are on standard input, programs find the same columns.
    assert_eq!(duty.run_with("task name -", one.as_str()).ok(), format!("{one}\tone\n"));
    let rows = parsed(&duty.run(&format!("task status --json {one} {two}")).ok());
    assert_eq!((&rows[0]["state"], &rows[0]["reasonResolved"]), (&json!("failed"), &json!("failed")));
    assert_eq!((&rows[1]["taskId"], &rows[1]["runId"]), (&json!(two), &json!(0)));
    assert_eq!(duty.run_with("task status -", "").ok(), "");
    let message = duty.run(&format!("task status x {one} y")).failed(2);
    assert!(message.starts_with("error: 2 bad ids: `x`, `y`"), "{message}");
}

#[test]
fn definitions_names_and_groups_are_printed() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    let definition = parsed(&duty.run(&format!("task def {two}")).ok());
    assert_eq!(
        (&definition["metadata"]["name"], &definition["taskGroupId"]),
        (&json!("two"), &json!(group()))
    );
    let list = parsed(&duty.run(&format!("task def {two} {one}")).ok());
    assert_eq!((&list[0]["task"], &list[1]["taskId"]), (&definition, &json!(one)));
    assert_eq!(parsed(&duty.run(&format!("task def --json {two}")).ok())[0]["task"], definition);
    assert_eq!(duty.run(&format!("task name {two}")).ok(), "two\n");
    assert_eq!(duty.run(&format!("task group {two}")).ok(), format!("{}\n", group()));
    assert_eq!(
        duty.run(&format!("task group {one} {two}")).ok(),
        format!("{one}\t{0}\n{two}\t{0}\n", group())
    );
    assert_eq!(
        parsed(&duty.run(&format!("task name --json {one}")).ok()),
        json!([{"taskId": one, "name": "one"}])
    );
}

#[test]
fn artifacts_are_listed() {
    let duty = Duty::new();
    let task = duty.task("build", &[]);
    duty.fail(&task);
    duty.artifact(&task, "public/a.txt", "a");
    duty.artifact(&task, "public/b.txt", "b");
    duty.run(&format!("task rerun {task}")).ok();
    assert_eq!(duty.run(&format!("task artifacts {task}")).ok(), "");
    assert_eq!(duty.run(&format!("task artifacts -r 0 {task}")).ok(), "public/a.txt\npublic/b.txt\n");
    let rows = parsed(&duty.run(&format!("task artifacts --run 0 --json {task}")).ok());
    assert_eq!((&rows[1]["name"], &rows[1]["contentType"]), (&json!("public/b.txt"), &json!("text/plain")));
    let message = duty.run(&format!("task artifacts -r 5 {task}")).failed(1);
    assert_eq!(message, format!("error: {task}: it has no run 5: its last one is 1\n"));
}

#[test]
fn logs_are_printed() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    let message = duty.run(&format!("task log {one}")).failed(1);
    assert_eq!(message, format!("error: {one}: it is pending, so there is no log yet\n"));
    for task in [&one, &two] {
        duty.fail(task);
        duty.artifact(task, "public/logs/live.log", &format!("a line of {task}\n"));
    }
    assert_eq!(duty.run(&format!("task log {one}")).ok(), format!("a line of {one}\n"));
    assert_eq!(
        duty.run(&format!("task log {one} {two}")).ok(),
        format!("==> {one} <==\na line of {one}\n\n==> {two} <==\na line of {two}\n")
    );
}

#[test]
fn reruns_are_for_what_ended_without_success() {
    let duty = Duty::new();
    let (task, done) = (duty.task("task", &[]), duty.task("done", &[]));
    let waiting = duty.task("waiting", &[&task]);
    duty.fail(&task);
    assert_eq!(duty.run(&format!("task rerun {task}")).ok(), "pending\n");
    assert_eq!(duty.stands(&task), "pending 2");
    duty.end(&done, Resolution::Completed);
    let message = duty.run(&format!("task rerun {done}")).failed(1);
    assert_eq!(
        message,
        format!(
            "error: {done}: it is completed: a rerun replaces artifacts that were used already, which breaks \
             chain-of-trust verification of everything downstream\n\
             hint: to run it once more without touching what it made, retrigger it; force a rerun only if its \
             artifacts are used nowhere, or all that uses them runs again\n\
             hint: --force does it nevertheless\n"
        )
    );
    assert_eq!(duty.run(&format!("task rerun -f {done}")).ok(), "pending\n");
    let message = duty.run(&format!("task rerun {waiting}")).failed(1);
    assert!(message.contains("it is unscheduled") && message.contains("schedule it"), "{message}");
}

#[test]
fn past_the_deadline_the_alternative_is_named() {
    let duty = Duty::new();
    duty.back(10);
    let deadline = (now() - TimeDelta::minutes(1)).to_rfc3339_opts(SecondsFormat::Millis, true);
    let task = duty.task_with("ship", json!({"deadline": deadline}));
    duty.fail(&task);
    duty.back(0);
    for command in ["rerun", "rerun --force"] {
        let message = duty.run(&format!("task {command} {task}")).failed(1);
        assert!(
            message.starts_with(&format!("error: {task}: its deadline {deadline} has passed")),
            "{message}"
        );
        assert!(message.contains("hint: for a leaf task, which nothing depends on, a forced retrigger"));
        assert!(!message.contains("--force"), "{message}");
    }
}

#[test]
fn copies_are_created() {
    let duty = Duty::new();
    let first = duty.task("first", &[]);
    let second = duty.task("second", &[&first]);
    let run = duty.run(&format!("task retrigger {second}")).ok();
    let copy = run.strip_prefix("Task ").and_then(|rest| rest.strip_suffix(" created\n")).unwrap();
    let copy = parsed(&duty.run(&format!("task def {copy}")).ok());
    assert_eq!((&copy["dependencies"], &copy["metadata"]["name"]), (&json!([]), &json!("second")));
    let rows = parsed(&duty.run(&format!("task retrigger --exact --times 3 --json {second}")).ok());
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert_eq!(duty.count(), 6);
    let exact = parsed(&duty.run(&format!("task def {}", rows[0]["createdTaskId"].as_str().unwrap())).ok());
    assert_eq!(exact["dependencies"], json!([first]));
    for bad in ["0", "101", "x", "-1"] {
        assert!(duty.run(&format!("task retrigger --times={bad} {second}")).failed(2).contains("--times"));
    }
}

#[test]
fn what_is_not_to_be_retriggered_needs_force() {
    let duty = Duty::new();
    let decision = duty.task("decision", &[]);
    let ship = duty.task("ship", &[]);
    duty.end(&decision, Resolution::Completed);
    let actions = r#"{"version": 1, "variables": {}, "actions": [
        {"name": "retrigger", "context": [{"retrigger": "true"}]}, {"name": "retrigger", "context": [{}]}]}"#;
    duty.artifact(&decision, "public/actions.json", actions);
    let message = duty.run(&format!("task retrigger {ship}")).failed(1);
    assert!(message.contains("it is not to be retriggered: the actions of its group"), "{message}");
    assert!(message.contains("hint: to unblock a graph, rerun it"), "{message}");
    assert!(message.ends_with("hint: --force does it nevertheless\n"), "{message}");
    duty.run(&format!("task retrigger -f {ship}")).ok();
    assert_eq!(duty.count(), 3);
}

#[test]
fn tasks_are_canceled_completed_and_scheduled() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    let blocked = duty.task("blocked", &[&one, &two]);
    assert_eq!(duty.run(&format!("task cancel {one}")).ok(), "exception 'canceled'\n");
    assert_eq!(duty.run(&format!("task cancel {one}")).ok(), "exception 'canceled'\n");
    let message = duty.run(&format!("task schedule {blocked}")).failed(1);
    assert!(message.contains(&format!("dependencies did not complete yet: {two} (pending)")), "{message}");
    assert_eq!(duty.run(&format!("task complete {two}")).ok(), "completed 'completed'\n");
    assert_eq!(duty.run(&format!("task schedule {blocked}")).ok(), "pending\n");
    let message = duty.run(&format!("task complete {one}")).failed(1);
    assert!(message.contains("it is exception: only a pending task"), "{message}");
    let other = duty.task("other", &[&blocked]);
    assert_eq!(duty.run(&format!("task schedule --force {other}")).ok(), "pending\n");
}

#[test]
fn unblocking_in_two_steps_has_the_same_check() {
    let duty = Duty::new();
    let (broken, other) = (duty.task("broken", &[]), duty.task("other", &[]));
    let blocked = duty.task("blocked", &[&broken, &other]);
    duty.fail(&broken);
    duty.run(&format!("task cancel {blocked}")).ok();
    let message = duty.run(&format!("task rerun {blocked}")).failed(1);
    assert!(message.contains("it never ran, and dependencies did not complete yet"), "{message}");
    duty.end(&other, Resolution::Completed);
    assert_eq!(duty.run(&format!("task rerun {blocked}")).ok(), "pending\n");
}

#[test]
fn a_dry_run_says_what_would_be_sent() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    duty.fail(&one);
    let run = duty.run(&format!("task rerun -n {one} {two}"));
    assert_eq!((run.code, run.stdout), (Some(1), format!("queue\trerunTask\t{one}\t-\n")));
    assert!(run.stderr.starts_with(&format!("error: {two}: it is pending")), "{}", run.stderr);
    assert_eq!(duty.stands(&one), "failed 1");
    let rows = parsed(&duty.run(&format!("task retrigger --noop --json {one}")).ok());
    assert_eq!(
        (&rows[0]["method"], &rows[0]["body"]["metadata"]["name"]),
        (&json!("createTask"), &json!("one"))
    );
    let complete = duty.run(&format!("task complete -n {two}")).ok();
    let methods: Vec<_> = complete.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    assert_eq!(methods, ["claimTask", "reportCompleted"]);
    assert_eq!(duty.run(&format!("task cancel -n {two}")).ok(), format!("queue\tcancelTask\t{two}\t-\n"));
    assert_eq!((duty.count(), duty.stands(&two).as_str()), (2, "pending 1"));
}

#[test]
fn somebody_is_asked_if_wanted() {
    let duty = Duty::new();
    let task = duty.task("the task", &[]);
    let run = duty.run_with(&format!("task cancel -c {task}"), "\n");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with(&format!("cancel {task} the task (pending)? [y/N] ")), "{}", run.stderr);
    assert_eq!(duty.stands(&task), "pending 1");
    let other = duty.task("other", &[]);
    let run = duty.run_with(&format!("task cancel -c {task} {other}"), "y\n");
    assert_eq!(run.code, Some(0));
    let question = format!("  {task} the task (pending)\n  {other} other (pending)\ncancel 2 tasks? [y/N] ");
    assert!(run.stderr.starts_with(&question), "{}", run.stderr);
    assert_eq!(duty.stands(&other), "exception 1");
    // Nothing is asked about what is not done, and where nobody is.
    assert_eq!(duty.run(&format!("task cancel -c {task}")).ok(), "exception 'canceled'\n");
    duty.run(&format!("task rerun --yes {task} {other}")).ok();
    duty.run(&format!("task cancel {task} {other}")).ok();
}

#[test]
fn all_are_tried_and_the_exit_code_says_how_it_went() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    duty.fail(&one);
    let run = duty.run(&format!("task rerun {two} {one}"));
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, format!("{two}\trefused\ttwo\n{one}\tpending\tone\n"));
    let run = duty.run(&format!("task rerun --json {two}"));
    let rows = parsed(&run.stdout);
    assert_eq!((run.code, &rows[0]["result"]), (Some(1), &json!("refused")));
    assert!(rows[0]["message"].as_str().unwrap().starts_with("it is pending"));

    let reads = ["queue:status:*", "queue:get-task:*"];
    let duty = duty.with_scopes(&reads);
    let message = duty.run(&format!("task cancel {two}")).failed(4);
    assert!(message.contains("403 InsufficientScopes") && !message.contains(TOKEN), "{message}");
    let run = duty.run(&format!("task cancel {one} {two}"));
    assert_eq!((run.code, run.stdout.lines().count()), (Some(4), 2));
    // One of them could be done.
    let scope = format!("queue:cancel-task:sched/{}/{two}", group());
    let duty = duty.with_scopes(&[reads[0], reads[1], &scope]);
    let other = duty.task("other", &[]);
    let run = duty.run(&format!("task cancel {two} {other}"));
    assert_eq!((run.code, run.stdout.lines().count()), (Some(1), 2));
    let address = duty.local.root_url().to_owned();
    drop(duty.local);
    let message = duty.env.run(&format!("task status {one}")).failed(3);
    assert!(message.contains("no whole answer"), "{address}: {message}");
}
