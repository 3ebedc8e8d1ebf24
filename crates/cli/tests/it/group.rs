//! `taskgraph group`, against a cluster on loopback.

use serde_json::{Value, json};
use taskcluster_local_cluster::Resolution;
use taskcluster_queue_client::TaskId;

use crate::duty::{Duty, group, id};

/// Tasks in five states.
fn all_kinds(duty: &Duty) -> [TaskId; 5] {
    let done = duty.task("done", &[]);
    let failed = duty.task("failed", &[]);
    let waiting = duty.task("waiting", &[&failed]);
    let broken = duty.task("broken", &[]);
    let pending = duty.task_with("pending", json!({"workerType": "mac"}));
    duty.end(&done, Resolution::Completed);
    duty.fail(&failed);
    duty.end(&broken, Resolution::Exception);
    [done, failed, waiting, broken, pending]
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn lists_are_as_the_official_client_prints_them() {
    let duty = Duty::new();
    let [done, failed, waiting, broken, pending] = all_kinds(&duty);
    let group = group();
    let list = |options: &str| duty.run(&format!("group list {options} {group}")).ok();
    let lines = [
        format!("{broken} broken exception\n"),
        format!("{done} done completed\n"),
        format!("{failed} failed failed\n"),
        format!("{pending} pending pending\n"),
        format!("{waiting} waiting unscheduled\n"),
    ];
    assert_eq!(list("-a"), lines.concat());
    assert_eq!(list(""), lines.concat());
    assert_eq!(list("-e -f"), lines[0].clone() + &lines[2]);
    assert_eq!((list("-c"), list("--completed")), (lines[1].clone(), lines[1].clone()));
    assert_eq!(list("-p -u"), lines[3].clone() + &lines[4]);
    assert_eq!((list("-r").as_str(), list("-r -a")), ("", lines.concat()));
    let template = "--format-string {{.Task.Metadata.Name}}:{{.Status.WorkerType}}";
    assert_eq!(list(&format!("-p {template}")), "pending:mac\n");
    assert!(
        duty.run(&format!("group list --format-string {{{{x}}}} {group}")).failed(2).contains("found `x`")
    );
    let message = duty.run(&format!("group list --format-string {{{{.Status.X}}}} {group}")).failed(1);
    assert!(message.contains("a task of a list has no field `.Status.X`"), "{message}");
    let rows = parsed(&list("--json -f"));
    assert_eq!((&rows[0]["taskId"], &rows[0]["state"]), (&json!(failed), &json!("failed")));
}

#[test]
fn states_are_counted() {
    let duty = Duty::new();
    all_kinds(&duty);
    let counts = "unscheduled: 1\npending: 1\ncompleted: 1\nfailed: 1\nexception: 1\n";
    assert_eq!(duty.run(&format!("group status {}", group())).ok(), counts);
    let unknown = id(99);
    let run = duty.run(&format!("group status {} {unknown}", group()));
    assert_eq!((run.code, run.stdout.lines().count()), (Some(1), 5));
    assert!(run.stdout.starts_with(&format!("{}\tunscheduled\t1\n", group())), "{}", run.stdout);
    assert!(run.stderr.contains(&format!("error: {unknown}: ")), "{}", run.stderr);
    let rows = parsed(&duty.run(&format!("group status --json {}", group())).ok());
    assert_eq!((&rows[0]["tasks"], &rows[0]["states"]["failed"]), (&json!(5), &json!(1)));
}

#[test]
fn groups_are_canceled_task_by_task() {
    let duty = Duty::new();
    let [_, _, waiting, _, pending] = all_kinds(&duty);
    let run = duty.run(&format!("group cancel -f -w mac {}", group())).ok();
    assert_eq!(run, format!("{pending}\texception 'canceled'\tpending\n"));
    let run = duty.run(&format!("group cancel -n {}", group())).ok();
    assert_eq!(run, format!("queue\tcancelTask\t{waiting}\t-\n"));
    let run = duty.run_with(&format!("group cancel -c {}", group()), "no\n");
    assert_eq!((run.code, duty.stands(&waiting).as_str()), (Some(1), "unscheduled 0"));
    let run = duty.run(&format!("group cancel {}", group())).ok();
    assert_eq!(run, format!("{waiting}\texception 'canceled'\twaiting\n"));
    let run = duty.run(&format!("group cancel {}", group()));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), "There is no task to cancel.\n"));
}

#[test]
fn failures_are_rerun_and_retriggered() {
    let duty = Duty::new();
    let [_, failed, _, broken, _] = all_kinds(&duty);
    for command in ["rerun", "retrigger"] {
        assert!(duty.run(&format!("group {command} {}", group())).failed(2).contains("--failed"));
    }
    let rows = parsed(&duty.run(&format!("group retrigger --failed --times 2 --json {}", group())).ok());
    let of: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["taskId"].as_str().unwrap()).collect();
    assert_eq!(of, [broken.as_str(), broken.as_str(), failed.as_str(), failed.as_str()]);
    assert_eq!(duty.count(), 9);
    let run = duty.run(&format!("group rerun --failed -n {} {}", id(99), group()));
    assert_eq!((run.code, run.stdout.lines().count()), (Some(1), 2), "{}", run.stderr);
    let run = duty.run(&format!("group rerun --failed --yes {}", group())).ok();
    assert_eq!(run, format!("{broken}\tpending\tbroken\n{failed}\tpending\tfailed\n"));
    let run = duty.run(&format!("group rerun --failed {}", group()));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), "No task failed.\n"));
}

#[test]
fn groups_are_sealed() {
    let duty = Duty::new();
    let task = duty.task("task", &[]);
    let run = duty.run(&format!("group seal -n {}", group())).ok();
    assert_eq!(run, format!("queue\tsealTaskGroup\t{}\t-\n", group()));
    let run = duty.run_with(&format!("group seal -c {}", group()), "n\n");
    assert_eq!((run.code, run.stderr.contains("which cannot be undone? [y/N]")), (Some(1), true));
    let sealed = duty.run(&format!("group seal -f {}", group())).ok();
    assert!(sealed.starts_with(&format!("{}\t20", group())), "{sealed}");
    let message = duty.run(&format!("task retrigger {task}")).failed(1);
    assert!(message.contains("409 RequestConflict"), "{message}");
    let run = duty.run(&format!("group seal --json {} {}", id(99), group()));
    assert_eq!((run.code, &parsed(&run.stdout)[0]["taskGroupId"]), (Some(1), &json!(group())));
}
