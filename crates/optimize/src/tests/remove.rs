//! What is removed, and why.

use super::*;

#[test]
fn a_task_that_is_needed_stays() {
    check("sign -> build; lint", "build: always; lint: always", "build sign");
    check("sign -> build; lint", "sign: always; build: always", "lint");
    check("sign -> build", "sign: always", "build");
    check("sign -> build", "sign: always; build: other", "");
    check("sign -> build; test -> build", "sign: always; build: other", "build test");
}

#[test]
fn tasks_that_must_run_run() {
    check("sign -> build", "sign: always; build: always; sign: run", "build sign");
    check("sign -> build", "sign: always; build: always; build: run", "build");
    // Whatever they say about their optimization.
    check("build", "build: nonsense; build: run", "build");
}

#[test]
fn a_task_with_if_dependencies_runs_if_one_of_them_does() {
    check("sign => build", "build: always", "");
    check("sign => build", "build: never", "build sign");
    check("sign => build", "build: run; build: always", "build sign");
    check("sign => build; sign => mac", "build: always; mac: never", "build mac sign");
    check("upload => sign; sign => build", "build: always", "");
    check("upload => sign; sign => build", "build: never", "build sign upload");
    // The build only runs because the signature is wanted by somebody else.
    check("sign => build; test -> sign", "build: always", "build sign test");
    // What it needs besides does not keep it, but was kept for its sake before it went.
    check("sign => build; sign -> image", "build: always; image: other", "image");
    check("sign => build; sign -> image", "build: always; image: never", "image");
}

#[test]
fn what_stays_for_another_counts_whatever_it_is_called() {
    // The reference finds out, or not, by chance.
    for (a, b) in [("arm", "x86"), ("x86", "arm")] {
        let graph = format!("sign-{a} => {a}; both => {a}; both => {b}");
        let left = if a == "arm" { "arm both sign-arm x86" } else { "arm both sign-x86 x86" };
        check(&graph, &format!("{a}: always; {b}: never"), left);
    }
    // One brings back the next, in either direction.
    for (first, last) in [("a", "d"), ("d", "a")] {
        let graph = "ab => a; ab => b; bc => b; bc => c; cd => c; cd => d; only => ".to_owned() + last;
        let strategies = ["a", "b", "c", "d"].map(|task| if task == first { "never" } else { "always" });
        let [a, b, c, d] = strategies;
        check(&graph, &format!("a: {a}; b: {b}; c: {c}; d: {d}"), "a ab b bc c cd d only");
    }
    // Here the reference always finds out too late, so do we.
    check("sign => arm; both => arm; both => x86; arm -> x86", "arm: always; x86: never", "arm both x86");
}

#[test]
fn a_candidate_that_is_kept_keeps_what_it_needs() {
    // The reference leaves an edge to a task that it removes here, and fails.
    let graph = "top => mid; top => low; mid -> deep; low";
    check(graph, "low: never; mid: always; deep: always", "deep low mid top");
}

#[test]
fn reasons() {
    let world = World::new(
        "sign -> build; image; test -> image; lint => docs; web -> docs",
        "sign: always; build: other; test: run; web: always; docs: always; lint: never",
    );
    let strategy = "the strategy `always (always)` removes it";
    assert_eq!(world.why("sign"), format!("removed: {strategy}"));
    assert_eq!(world.why("build"), "removed: it is no target, and no task is left that needs it");
    assert_eq!(world.why("test"), "kept: it is among those not to optimize");
    assert_eq!(
        world.why("image"),
        "kept: needed by `test`; not replaced: the strategy `never` found nothing"
    );
    assert_eq!(world.why("lint"), "removed: none of its `if-dependencies` will run");
    assert_eq!(world.why("docs"), "removed: none of its `if-dependencies` will run");
    let world = World::new("sign => arm; both => arm; both => x86; arm -> x86", "arm: always; x86: never");
    assert_eq!(
        world.why("sign"),
        "removed: none of its `if-dependencies` will run but for the sake of others, which is decided last: `arm`"
    );
    let world = World::new("sign => build", "sign: never");
    assert_eq!(
        world.why("sign"),
        "kept: the strategy `never (never)` keeps it; not replaced: it needs `build`, which will run"
    );
    let world = World::new("upload => sign; sign => build", "sign: other");
    assert_eq!(world.why("sign"), "kept: `build` will run; not replaced: it needs `build`, which will run");
}

#[test]
fn files_that_changed() {
    let check = |patterns: &[&str], parameters: Map, left: &str| {
        let mut world = World::new("lint", "");
        let patterns: List = patterns.iter().copied().collect();
        world.task("lint").optimization = map! { "skip-unless-changed" => patterns }.into();
        world.parameters = parameters;
        assert_eq!(world.left(), left);
    };
    let files = |base: &'static str| {
        map! { "files_changed" => vec!["src/a/b.rs".into()], "head_rev" => "a", "base_rev" => base }
    };
    check(&["docs", "src/**/*.rs"], files("b"), "lint");
    check(&["docs", "src/*.rs"], files("b"), "");
    check(&["src"], files(""), "lint");
    check(&[], files("b"), "");
    check(&[""], files("b"), "lint");
    // No push, no change.
    check(&["docs"], files("a"), "lint");
    check(&["docs"], map! { "base_rev" => "a", "head_rev" => "a" }, "lint");
}

#[test]
fn strategies_made_of_others() {
    let named =
        |registry: &Registry, name: &str| Named::new(name, registry.get::<dyn Strategy>(name).unwrap());
    let check = |make: &dyn Fn(&Registry) -> Arc<dyn Strategy>, argument: &str, left: &str, shown: &str| {
        let mut world = World::new("lint", &format!("lint: composite {argument}"));
        let composite = make(&world.registry);
        world.registry.add::<dyn Strategy>("composite", composite);
        assert_eq!(world.left(), left);
        let reason = world.why("lint");
        assert!(reason.contains(&format!("composite ({shown})")), "{reason}");
    };
    let any: &dyn Fn(&Registry) -> Arc<dyn Strategy> =
        &|r| Arc::new(Any::new(vec![named(r, "never"), named(r, "told")]));
    check(any, "remove", "", "never-or-told");
    check(any, "vanish", "", "never-or-told");
    let all: &dyn Fn(&Registry) -> Arc<dyn Strategy> =
        &|r| Arc::new(All::new(vec![named(r, "always"), named(r, "told")]));
    check(all, "remove", "", "always-and-told");
    check(all, "", "lint", "always-and-told");
    check(&|r| Arc::new(Alias::new(named(r, "always"))), "", "", "always");
    check(&|r| Arc::new(Not::new(named(r, "never"))), "", "", "not-never");
    check(&|r| Arc::new(Not::new(named(r, "told"))), "remove", "", "not-told");
}

#[test]
fn the_log_is_that_of_the_reference() {
    let mut world = World::new("sign -> build; lint", "sign: always; build: other; lint: told X");
    world.task("sign").optimization = map! { "skip-unless-changed" => vec!["x".into()] }.into();
    world.parameters = map! { "files_changed" => vec![] };
    let log = world.run().unwrap().log;
    let lines: Vec<String> = log.lines().map(|(level, line)| format!("{level} {line}")).collect();
    assert_eq!(
        lines,
        [
            "DEBUG no files found matching a pattern in `skip-unless-changed` for \"sign\"",
            "DEBUG optimize: lint kept because of told (told)",
            "DEBUG optimize: sign removed because of skip-unless-changed (skip-unless-changed)",
            "DEBUG optimize: build removed because of dependents optimized",
            "INFO Removed 1 tasks by dependents optimized, 1 tasks by skip-unless-changed (skip-unless-changed) \
             during optimization.",
            "DEBUG replace_tasks: build",
            "DEBUG replace_tasks: build kept by optimization strategy",
            "DEBUG replace_tasks: lint",
            "DEBUG replace_tasks: lint replaced with X by optimization strategy",
            "DEBUG replace_tasks: sign",
            "DEBUG replace_tasks: sign kept by optimization strategy",
            "INFO Replaced 1 tasks by told (told) during optimization.",
        ]
    );
    let log = World::new("a", "").run().unwrap().log;
    assert!(log.lines().any(|line| line == (Level::Info, "No tasks removed during optimization".into())));
}
