//! Graphs that cannot be optimized or morphed.

use insta::assert_snapshot;
use taskgraph_generate::{Lookup, LookupError, Lookups, NothingFound};
use taskgraph_value::Str;

use crate::support::Repository;

/// A network that is down.
struct Unreachable;

impl Lookup for Unreachable {
    fn look_up(&self, _: &[Str]) -> Result<Lookups, LookupError> {
        Err("the index cannot be reached".into())
    }
}

/// As many routes as lines, each with its number.
fn routes(count: usize) -> String {
    let lines: String = (0..count).map(|at| format!("      - index.other.place.{at}\n")).collect();
    format!("    routes:\n{lines}")
}

#[test]
fn strategies() {
    assert_snapshot!(
        Repository::task("    optimization: {our-own: [a]}").morph_error(NothingFound),
        @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `optimization`: there is no optimization strategy `our-own`; known are always, index-search, never, skip-unless-changed; names that a project defines in Python are not run; register a Rust optimization strategy of this name (see docs/composing.md)"
    );
    let unchanged = || Repository::task("    optimization: {skip-unless-changed: [docs]}");
    let named = unchanged().parameters("optimize_strategies: project.strategies:fast");
    assert_snapshot!(
        named.morph_error(NothingFound),
        @"in the parameter `optimize_strategies`: there is no set of optimization strategies `project.strategies:fast`; known are none; names that a project defines in Python are not run; register a Rust set of optimization strategies of this name (see docs/composing.md)"
    );
    let variable = unchanged().variable("TASKGRAPH_OPTIMIZE_STRATEGIES", "project.strategies:slow");
    assert_snapshot!(
        variable.morph_error(NothingFound),
        @"in the environment variable `TASKGRAPH_OPTIMIZE_STRATEGIES`: there is no set of optimization strategies `project.strategies:slow`; known are none; names that a project defines in Python are not run; register a Rust set of optimization strategies of this name (see docs/composing.md)"
    );
    // Set but empty, it asks for none, whatever the parameter says.
    let empty = unchanged()
        .parameters("optimize_strategies: project.strategies:fast")
        .variable("TASKGRAPH_OPTIMIZE_STRATEGIES", "");
    assert!(empty.morphed(NothingFound).is_empty());
}

#[test]
fn lookups() {
    let found = Repository::task("    optimization: {index-search: [a.b, c.d]}");
    assert_snapshot!(
        found.morph_error(Unreachable),
        @"cannot look up 2 index paths, the first is `a.b`: the index cannot be reached"
    );
    // Nobody asks for nothing.
    assert_eq!(Repository::task("    attributes: {}").morphed(Unreachable), ["test-unit"]);
    let protected = Repository::task("    optimization: {index-search: [a.b]}");
    assert_eq!(protected.parameters("do_not_optimize: [test-unit]").morphed(Unreachable), ["test-unit"]);
}

#[test]
fn references() {
    let reference = "    run: {command: {task-reference: 'echo <none>'}}";
    assert_snapshot!(
        Repository::task(reference).morph_error(NothingFound),
        @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `payload.command.4.task-reference`: `echo <none>` refers to `none`, which is no dependency of the task; it has none"
    );
}

#[test]
fn tasks_that_nothing_runs() {
    let kind = "
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
tasks:
  one: {description: d, worker-type: always-optimized}
  two: {description: d, worker-type: always-optimized}
  gone: {description: d, worker-type: always-optimized, optimization: {skip-unless-changed: [docs]}}
";
    let repository = Repository::new(&[("kinds/test/kind.yml", kind)]);
    assert_snapshot!(repository.morph_error(NothingFound), @"
    the optimized task graph has 2 faults:
      taskcluster/kinds/test/kind.yml:5: task `test-one`: has the worker type `always-optimized`, but no optimization removed or replaced it
      taskcluster/kinds/test/kind.yml:6: task `test-two`: has the worker type `always-optimized`, but no optimization removed or replaced it
    ");
}

#[test]
fn too_many_routes() {
    assert_snapshot!(
        Repository::task(&routes(70)).morph_error(NothingFound),
        @"the morph `add_index_tasks`: `by-alias`: `misc` matches no alternative (alternatives: `linux`, `win`, `beetmover`, `images`), and there is no `default`, while determining the worker alias `misc` in config.yml, which runs index tasks"
    );
}
