//! What people see on a terminal: questions and tables.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use taskcluster_local_cluster::Resolution;

use crate::duty::{Duty, group};

impl Duty {
    /// Runs a command on a terminal, where somebody types. Returns the exit code and what the terminal shows, but for
    /// what was typed.
    fn on_terminal(&self, args: &str, typed: &str) -> (Option<i32>, String) {
        let main = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&main).unwrap();
        unlockpt(&main).unwrap();
        let name = ptsname(&main, Vec::new()).unwrap().into_string().unwrap();
        let side = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
        let mut command = self.env.taskgraph(&self.env.repo(), args.split_whitespace());
        command.stdin(side()).stdout(side()).stderr(side());
        let mut main = File::from(main);
        main.write_all(typed.as_bytes()).unwrap();
        let mut child = command.spawn().unwrap();
        drop(command); // which has the other side open
        let mut shown = Vec::new();
        let mut piece = [0; 4096];
        // Linux reports an error when the other side is closed.
        while let Ok(length @ 1..) = main.read(&mut piece) {
            shown.extend_from_slice(&piece[..length]);
        }
        let shown = String::from_utf8(shown).unwrap().replace('\r', "");
        (child.wait().unwrap().code(), shown.replacen(typed, "", 1))
    }
}

#[test]
fn more_than_one_task_is_worth_a_question() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    let (code, shown) = duty.on_terminal(&format!("task cancel {one} {two}"), "n\n");
    assert_eq!(
        (code, shown),
        (
            Some(1),
            format!(
                "  {one} one (pending)\n  {two} two (pending)\ncancel 2 tasks? [y/N] error: the answer was not `y`, so \
                 nothing was changed\n"
            )
        )
    );
    assert_eq!(duty.stands(&one), "pending 1");
    let (code, shown) = duty.on_terminal(&format!("task cancel {one} {two}"), "y\n");
    assert_eq!(code, Some(0));
    assert!(shown.contains("cancel 2 tasks? [y/N] "), "{shown}");
    assert_eq!(duty.stands(&two), "exception 1");
}

#[test]
fn one_task_is_not_and_yes_answers_before() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("two", &[]));
    assert_eq!(
        duty.on_terminal(&format!("task cancel {one}"), ""),
        (Some(0), "exception 'canceled'\n".into())
    );
    // One of the two is done already.
    let (code, shown) = duty.on_terminal(&format!("task cancel {one} {two}"), "");
    assert_eq!((code, shown.contains('?')), (Some(0), false), "{shown}");
    let (code, shown) = duty.on_terminal(&format!("task rerun --yes {one} {two}"), "");
    assert_eq!((code, shown.contains('?')), (Some(0), false), "{shown}");
    for force in ["-f", "--yes"] {
        let (code, shown) = duty.on_terminal(&format!("group cancel {force} {}", group()), "");
        assert_eq!((code, shown.contains('?')), (Some(0), false), "{shown}");
    }
    let (code, shown) = duty.on_terminal(&format!("task rerun -n {one} {two}"), "");
    assert_eq!((code, shown.contains("[y/N]")), (Some(0), false), "{shown}");
}

#[test]
fn a_group_is_asked_about_before_it_is_sealed() {
    let duty = Duty::new();
    duty.task("one", &[]);
    let (code, shown) = duty.on_terminal(&format!("group seal {}", group()), "n\n");
    assert_eq!((code, shown.contains("which cannot be undone? [y/N]")), (Some(1), true), "{shown}");
}

#[test]
fn lists_are_tables() {
    let duty = Duty::new();
    let (one, two) = (duty.task("one", &[]), duty.task("another", &[]));
    duty.end(&one, Resolution::Failed);
    let (_, shown) = duty.on_terminal(&format!("group list {}", group()), "");
    // What was shown on the way is gone.
    let lines: Vec<&str> = shown.lines().filter_map(|line| line.rsplit("\x1b[K").next()).collect();
    assert_eq!(
        lines,
        [
            "TASK                    NAME     STATE".to_owned(),
            format!("{two}  another  pending"),
            format!("{one}  one      failed"),
        ]
    );
    let (_, shown) = duty.on_terminal(&format!("task status {one} {two}"), "");
    assert!(shown.starts_with("TASK                    RUN  STATUS\n"), "{shown}");
    duty.artifact(&one, "public/x", "1");
    let (_, shown) = duty.on_terminal(&format!("task artifacts {one}"), "");
    assert!(shown.starts_with("ARTIFACT  TYPE        EXPIRES\npublic/x  text/plain  20"), "{shown}");
}

#[test]
fn long_work_shows_how_far_it_is() {
    let duty = Duty::new();
    let ids: Vec<String> =
        (0..5).map(|number| duty.task(&format!("task {number}"), &[]).to_string()).collect();
    let (code, shown) = duty.on_terminal(&format!("task cancel --yes {}", ids.join(" ")), "");
    assert_eq!(code, Some(0));
    assert!(shown.contains("canceling [████····················] 1 of 5"), "{shown}");
}

#[test]
fn fields_are_asked_for() {
    let (duty, test) = crate::action::decided();
    // A number of a choice, what does not fit twice, and a default.
    let (code, shown) = duty.on_terminal(&format!("action trigger touch {test} --json"), "2\n0\nx\n7\n\n");
    assert_eq!(code, Some(0), "{shown}");
    let (asked, rows) = shown.split_once("[\n").unwrap();
    assert_eq!(
        asked,
        "Touch\nDoes it.\n\nReally.\nHow to touch it.\n  1. soft\n  2. hard\nflavor (a string): Times\n\
         times (an integer) [1]: `times`: expected at least 1, found the integer 0\n\
         times (an integer) [1]: `times`: expected an integer, found the string \"x\"\n\
         times (an integer) [1]: version (a string) []: "
    );
    let rows: serde_json::Value = serde_json::from_str(&format!("[{rows}")).unwrap();
    let created = rows[0]["createdTaskId"].as_str().unwrap();
    let definition = duty.run(&format!("task def {created}")).ok();
    assert!(
        definition.contains("\"flavor\": \"hard\"") && definition.contains("\"times\": 7"),
        "{definition}"
    );
    // Of several with one name, the first one is shown and counts; an end of the answers changes nothing.
    let (code, shown) = duty.on_terminal(&format!("action trigger again {test}"), "");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.starts_with("Again\nDoes it.\n"), "{shown}");
    let count = duty.count();
    let (code, shown) = duty.on_terminal(&format!("action trigger touch {test}"), "1\n\u{4}");
    assert_eq!((code, shown.contains("there was no answer for `times`")), (Some(1), true), "{shown}");
    assert_eq!(duty.count(), count);
    // Whoever says yes is asked for nothing.
    let (code, shown) = duty.on_terminal(&format!("action trigger touch {test} --yes"), "");
    assert_eq!((code, shown.contains("`flavor`: missing")), (Some(1), true), "{shown}");
}
