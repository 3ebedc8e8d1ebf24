//! What is said about input that is wrong.

use super::*;

#[test]
fn a_strategy_that_nobody_registered() {
    let error = World::new("a; b; c", "a: alwys; b: x; c: alwys; c: run").error();
    let known = "known are always, index-search, never, skip-unless-changed, told";
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], "2 faults:");
    assert!(lines[1].starts_with(&format!(
        "  kind `k`, task `a`: `optimization`: there is no optimization strategy `alwys`; {known}; "
    )));
    assert!(
        lines[2].starts_with("  kind `k`, task `b`: `optimization`: there is no optimization strategy `x`")
    );
}

#[test]
fn an_optimization_that_is_none() {
    let mut world = World::new("a", "");
    world.task("a").optimization = "always".into();
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: `optimization`: expected a mapping of a strategy to its argument, found the string \"always\""
    );
    world.task("a").optimization = map! {}.into();
    assert_eq!(world.left(), "a");
}

#[test]
fn arguments_and_parameters() {
    let mut world = World::new("a", "a: skip-unless-changed docs");
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: `optimization.skip-unless-changed`: taskgraph parameter `files_changed` not found"
    );
    world.parameters = map! { "files_changed" => vec![] };
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: `optimization.skip-unless-changed`: expected a list of file patterns, found the string \"docs\""
    );
    assert_eq!(
        World::new("a", "a: index-search docs").error(),
        "kind `k`, task `a`: `optimization.index-search`: expected a list of index paths, found the string \"docs\""
    );
    // Nobody asks the strategy.
    check("a", "a: index-search docs; a: existing E", "a=E");
    check("b -> a", "a: index-search docs; a: existing E", "a=E b");
    check("b -> a", "b: index-search docs", "a b");
}

#[test]
fn times() {
    let world = || World::new("b -> a", "a: index x");
    let gone = world().indexed("x", "OLD", "completed", "soon");
    assert_eq!(
        gone.error(),
        "kind `k`, task `a`: `optimization.index-search`: the end of the task that was found: expected a time such as \
         `2026-01-31T12:00:00.000Z`, found `soon`"
    );
    let with = |deadline: Value| {
        let mut world = world().indexed("x", "OLD", "completed", "2026-01-31T12:00:00.000Z");
        world.task("b").task = map! { "deadline" => deadline }.into();
        world.error().split_once("index-search`: ").unwrap().1.to_owned()
    };
    assert_eq!(
        with(5.into()),
        "the deadline of `b`, which needs the task: expected a time, found an integer"
    );
    assert!(
        with(map! { "relative-datestamp" => "soon" }.into()).starts_with(
            "the deadline of `b`, which needs the task: `relative-datestamp`: bad duration `soon`"
        )
    );
    assert!(with("soon".into()).starts_with("the deadline of what needs the task: expected a time such as"));
    let mut none = world().indexed("x", "OLD", "completed", "2026-01-31T12:00:00.000Z");
    none.task("b").task = map! {}.into();
    assert!(none.error().ends_with("the deadline of `b`, which needs the task: it has none"));
}

#[test]
fn a_removed_task_that_is_needed() {
    let error = World::new("test -> build; sign -> build", "build: told vanish").error();
    assert_eq!(
        error,
        "2 faults:\n  \
         kind `k`, task `sign`: it depends on `build` (as `build`), which was removed: the strategy `told (told)` replaces \
         it with nothing\n  \
         kind `k`, task `test`: it depends on `build` (as `build`), which was removed: the strategy `told (told)` replaces \
         it with nothing"
    );
}

#[test]
fn references() {
    let mut world = World::new("test -> build; sign", "");
    world.task("test").task = map! { "x" => map! { "task-reference" => "<biuld>" } }.into();
    world.task("sign").task = map! { "y" => map! { "artifact-reference" => "<self/public/a>" } }.into();
    assert_eq!(
        world.error(),
        "2 faults:\n  \
         kind `k`, task `sign`: `y.artifact-reference`: `<self/public/a>` refers to an artifact of the task itself, which \
         has none yet\n  \
         kind `k`, task `test`: `x.task-reference`: `<biuld>` refers to `biuld`, which is no dependency of the task; it \
         has build"
    );
}

#[test]
fn definitions_that_are_none() {
    let mut world = World::new("a", "");
    world.task("a").task = map! { "task-reference" => "<self>" }.into();
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: its definition: expected a mapping, found the string \"id-a\""
    );
    world.task("a").task = map! { "dependencies" => "b" }.into();
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: `task.dependencies`: expected a list, found the string \"b\""
    );
    world.existing = map! { "a" => 5 };
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: the parameter `existing_tasks` has the integer 5 for it, expected a taskId"
    );
}

#[test]
fn loops_and_clashes() {
    let world = World::new("a -> b -> a", "");
    assert_eq!(world.error(), "dependency loop: a -> b -> a");
    let urls = ArtifactUrls::default();
    let ids = Ids { task_id: &|_| "same".into(), decision_task_id: "D", urls: &urls };
    let world = World::new("a; b", "");
    let error = world.with(|optimization| optimization.unwrap().run(&world.lookups, ids)).unwrap_err();
    assert_eq!(error.to_string(), "the graph has two nodes `same`");
}

/// Answers too little.
struct Lazy;

impl Strategy for Lazy {
    fn should_remove(&self, _: &[Asked<'_>], _: &Given<'_>) -> Vec<Answer<bool>> {
        Vec::new()
    }
}

#[test]
fn a_strategy_that_does_not_answer() {
    let mut world = World::new("a", "a: lazy");
    world.registry.add::<dyn Strategy>("lazy", Arc::new(Lazy));
    assert_eq!(
        world.error(),
        "kind `k`, task `a`: `optimization.lazy`: the strategy `lazy` was asked about 1 tasks and gave 0 answers"
    );
}
