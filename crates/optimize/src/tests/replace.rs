//! What is replaced, and with what.

use super::*;

const LATER: &str = "2027-01-01T00:00:00.000Z";

#[test]
fn a_task_is_replaced_if_nothing_that_it_needs_runs() {
    check("test -> build -> image", "image: told I; build: told B", "build=B image=I test");
    check("test -> build -> image", "build: told B; test: told T", "build image test");
    check("build -> image", "image: told I; build: told B; image: run", "build image");
    check("test -> build", "build: told vanish; test: told vanish", "");
}

#[test]
fn existing_tasks_come_before_strategies() {
    check("build", "build: told B; build: existing E", "build=E");
    check("build", "build: told B; build: existing E; build: run", "build");
    let mut world = World::new("build", "build: told B");
    world.existing = map! { "build" => "", "other" => "X" };
    assert_eq!(world.left(), "build=B");
}

#[test]
fn the_index_is_searched_in_order() {
    let world = |about: &str| World::new("test -> build", about);
    let build = || world("build: index a b");
    assert_eq!(build().left(), "build test");
    assert_eq!(build().indexed("b", "OLD", "completed", LATER).left(), "build=OLD test");
    let both = build().indexed("b", "OLD", "completed", LATER);
    assert_eq!(both.indexed("a", "NEW", "running", LATER).left(), "build=NEW test");
    let failed = build().indexed("b", "OLD", "completed", LATER).indexed("a", "BAD", "failed", LATER);
    assert_eq!(failed.left(), "build=OLD test");
    let failed = build().indexed("a", "BAD", "exception", LATER);
    assert_eq!(
        failed.why("build"),
        "kept: needed by `test`; not replaced: the strategy `index-search (index-search)` found nothing \
         (not replacing build with BAD because it is in failed or exception state)"
    );
    let mut unknown = build().indexed("a", "OLD", "completed", LATER);
    unknown.lookups.statuses.clear();
    assert_eq!(unknown.left(), "build test");
}

#[test]
fn a_task_that_is_gone_too_early_is_no_replacement() {
    // The tasks of tests have a day, from 2026-01-31T12:00.
    let graph = |expires: &str| {
        World::new("test -> build; late -> build", "build: index a").indexed("a", "OLD", "completed", expires)
    };
    assert_eq!(graph("2026-02-01T11:59:59.999Z").left(), "build late test");
    assert_eq!(graph("2026-02-01T12:00:00.000Z").left(), "build=OLD late test");
    let mut later = graph("2026-02-01T12:00:00.000Z");
    later.task("late").task = map! { "deadline" => "2026-02-01T12:00:00.001Z" }.into();
    assert_eq!(
        later.why("build"),
        "kept: needed by `late`, `test`; not replaced: the strategy `index-search (index-search)` found nothing \
         (not replacing build with OLD because it expires before 2026-02-01T12:00:00.001Z)"
    );
    // Nobody waits for it.
    let alone =
        World::new("build", "build: index a").indexed("a", "OLD", "completed", "2000-01-01T00:00:00.000Z");
    assert_eq!(alone.left(), "build=OLD");
}

#[test]
fn index_paths_are_those_of_all_that_may_be_optimized() {
    let mut world = World::new(
        "a; b; c; d; e",
        "a: index z y; b: index y; c: index x; c: run; d: always; e: index w; e: existing E",
    );
    let paths = |world: &World| world.with(|optimization| optimization.unwrap().index_paths());
    assert_eq!(paths(&world), ["w", "y", "z"]);
    let index = world.registry.get::<dyn Strategy>("index-search").unwrap();
    let any = Any::new(vec![Named::new("index-search", index)]);
    world.registry.add::<dyn Strategy>("index-search", Arc::new(any));
    assert_eq!(paths(&world), ["w", "y", "z"]);
}

#[test]
fn a_task_that_was_removed_may_have_a_replacement_all_the_same() {
    let optimized = World::new("a", "a: always; a: existing E").run().unwrap();
    assert_eq!(optimized.label_to_taskid.get("a").unwrap(), "E");
    assert_eq!(
        optimized.decisions.get("a"),
        Some(&Decision::Removed(Removal::Strategy("always (always)".into())))
    );
    assert!(optimized.graph.is_empty());
}

#[test]
fn a_set_of_strategies_takes_the_place_of_those_that_are_registered() {
    let world = World::new("a; b; c", "a: always; b: special");
    let set = StrategySet {
        strategies: vec![
            Named::new("always", Arc::new(Never)),
            Named::new("special", Arc::new(Never)),
            Named::new("special", Arc::new(Always)),
        ],
    };
    let graph = world.graph();
    let parameters = Parameters::default();
    let options = Options {
        parameters: &parameters,
        registry: &world.registry,
        strategies: Some(&set),
        requested: &world.requested,
        do_not_optimize: &world.do_not_optimize,
        existing_tasks: &world.existing,
        now: "2026-01-31T12:00:00Z".parse().unwrap(),
    };
    let urls = ArtifactUrls::default();
    let ids = Ids { task_id: &|label| label.to_owned(), decision_task_id: "D", urls: &urls };
    let optimized = Optimization::new(&graph, options).unwrap().run(&world.lookups, ids).unwrap();
    assert_eq!(optimized.label_to_taskid.keys().collect::<Vec<_>>(), ["a", "c"]);
}
