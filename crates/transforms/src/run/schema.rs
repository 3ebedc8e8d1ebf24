//! What a task may say before it is run.

use taskgraph_schema::{Object, Shape, optional, required};

use crate::schema::{
    FETCHES_ENTRY, INDEX, OPTIMIZATION, PRIORITY, REQUIRES, SHIPPING_PHASE, STRINGS, TREEHERDER_OR_BOOL,
};

static RUN: Object = Object::open(&[required("using", Shape::Str), optional("workdir", Shape::Str)]);

static WHEN: Object = Object::closed(&[optional("files-changed", STRINGS)]);

/// A task with `run`; other keys are for transforms after this one.
pub(super) static TASK: Object = Object::open(&[
    required("run", Shape::Object(&RUN)),
    optional("name", Shape::Str),
    optional("label", Shape::Str),
    required("description", Shape::Str),
    required("worker-type", Shape::Str),
    optional("priority", PRIORITY),
    optional("attributes", Shape::Mapping),
    optional("task-from", Shape::Str),
    optional("dependencies", Shape::Mapping),
    optional("soft-dependencies", STRINGS),
    optional("if-dependencies", STRINGS),
    optional("requires", REQUIRES),
    optional("deadline-after", Shape::Str),
    optional("expires-after", Shape::Str),
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
    optional("always-target", Shape::Bool),
    optional("optimization", OPTIMIZATION),
    optional("needs-sccache", Shape::Bool),
    optional("when", Shape::Object(&WHEN)),
    optional(
        "fetches",
        Shape::MapOf(&Shape::ListOf(&Shape::AnyOf(&[Shape::Str, Shape::Object(&FETCHES_ENTRY)]))),
    ),
    optional("worker", Shape::Mapping),
])
.with_rules(&[|map| {
    let both = map.get_some("optimization").is_some() && map.get_some("when").is_some();
    both.then(|| "`optimization` and `when` exclude each other".into())
}]);
