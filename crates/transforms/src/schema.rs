//! Shapes that several transforms use.

use taskgraph_schema::{Field, Object, Shape, optional, required, with_default};
use taskgraph_value::{Map, Value};

/// A string, or a reference that is resolved when the task is created.
pub(crate) const TEXT_OR_REFERENCE: Shape = Shape::AnyOf(&[Shape::Str, Shape::Object(&REFERENCE)]);

static REFERENCE: Object =
    Object::open(&[optional("task-reference", Shape::Str), optional("artifact-reference", Shape::Str)])
        .with_rules(&[one_reference]);

fn one_reference(map: &Map) -> Option<String> {
    match (map.is_true("task-reference"), map.is_true("artifact-reference")) {
        (true, true) => Some("`task-reference` and `artifact-reference` exclude each other".into()),
        (false, false) => Some("expected `task-reference` or `artifact-reference`".into()),
        _ => None,
    }
}

pub(crate) static INDEX: Object = Object::closed(&[
    optional("product", Shape::Str),
    optional("job-name", Shape::Str),
    with_default("type", Shape::Str),
    with_default("rank", Shape::AnyOf(&[Shape::OneOf(&["by-tier", "build_date"]), Shape::Int])),
]);

static TREEHERDER: Object = Object::closed(&[
    optional("symbol", Shape::Str),
    optional("kind", Shape::OneOf(&["build", "test", "other"])),
    optional("tier", Shape::Int),
    optional("platform", Shape::Str),
]);

static OPTIMIZATION_BY: Object = Object::open(&[
    optional("index-search", Shape::ListOf(&Shape::Str)),
    optional("skip-unless-changed", Shape::ListOf(&Shape::Str)),
]);

const TREEHERDER_OR_BOOL: Shape = Shape::AnyOf(&[Shape::Bool, Shape::Object(&TREEHERDER)]);
pub(crate) const OPTIMIZATION: Shape = Shape::Object(&OPTIMIZATION_BY);
const PRIORITY: Shape =
    Shape::OneOf(&["highest", "very-high", "high", "medium", "low", "very-low", "lowest"]);
const REQUIRES: Shape = Shape::OneOf(&["all-completed", "all-resolved"]);
const SHIPPING_PHASE: Shape = Shape::OneOf(&["build", "promote", "push", "ship"]);
pub(crate) const STRINGS: Shape = Shape::ListOf(&Shape::Str);

/// One of the lists of `fetches`.
pub(crate) static FETCHES_ENTRY: Object = Object::closed(&[
    required("artifact", Shape::Str),
    optional("dest", Shape::Str),
    optional("extract", Shape::Bool),
    optional("verify-hash", Shape::Bool),
]);

/// What tasks say the same way before and after `run`.
pub(crate) static TASK_FIELDS: [Field; 21] = [
    required("description", Shape::Str),
    required("worker-type", Shape::Str),
    optional("attributes", Shape::Mapping),
    optional("task-from", Shape::Str),
    optional("dependencies", Shape::Mapping),
    optional("priority", PRIORITY),
    optional("soft-dependencies", STRINGS),
    optional("if-dependencies", STRINGS),
    optional("requires", REQUIRES),
    optional("expires-after", Shape::Str),
    optional("deadline-after", Shape::Str),
    optional("routes", STRINGS),
    optional("scopes", STRINGS),
    optional("tags", Shape::MapOf(&Shape::Str)),
    optional("extra", Shape::Mapping),
    optional("treeherder", TREEHERDER_OR_BOOL),
    optional("index", Shape::Object(&INDEX)),
    optional("run-on-projects", Shape::Any),
    optional("run-on-tasks-for", STRINGS),
    optional("run-on-git-branches", STRINGS),
    optional("shipping-phase", SHIPPING_PHASE),
];

/// `self` and `decision` mean something else in references.
pub(crate) fn reserved_dependency_names(map: &Map) -> Option<String> {
    let names = map.get("dependencies").and_then(Value::as_map)?;
    let reserved = ["self", "decision"].into_iter().find(|name| names.contains_key(name))?;
    Some(format!("`dependencies.{reserved}`: the name is reserved for references"))
}
