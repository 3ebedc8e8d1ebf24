//! What a task may say before it is run.

use taskgraph_schema::{Object, Shape, optional, required};

use crate::schema::{FETCHES_ENTRY, OPTIMIZATION, STRINGS, TASK_FIELDS};

static RUN: Object = Object::open(&[required("using", Shape::Str), optional("workdir", Shape::Str)]);

static WHEN: Object = Object::closed(&[optional("files-changed", STRINGS)]);

/// A task with `run`; other keys are for transforms after this one.
pub(super) static TASK: Object = Object::open(&[
    required("run", Shape::Object(&RUN)),
    optional("name", Shape::Str),
    optional("label", Shape::Str),
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
.with(&TASK_FIELDS)
.with_rules(&[|map| {
    let both = map.get_some("optimization").is_some() && map.get_some("when").is_some();
    both.then(|| "`optimization` and `when` exclude each other".into())
}]);
