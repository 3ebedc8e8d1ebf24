//! What `config.yml` may hold.

use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::Map;

/// The priorities that a task may have, the highest first.
pub const TASK_PRIORITIES: &[&str] = &["highest", "very-high", "high", "medium", "low", "very-low", "lowest"];

static ALIAS: Object = Object::closed(&[
    required("provisioner", Shape::KeyedBy(&["level"], &Shape::Str)),
    required("implementation", Shape::Str),
    required("os", Shape::Str),
    required("worker-type", Shape::KeyedBy(&["level"], &Shape::Str)),
]);

static WORKERS: Object = Object::closed(&[required("aliases", Shape::MapOf(&Shape::Object(&ALIAS)))]);

static REPOSITORY: Object = Object::open(&[
    required("name", Shape::Str),
    optional("project-regex", Shape::Str),
    optional("ssh-secret-name", Shape::Str),
]);

static RUN: Object = Object::closed(&[optional(
    "use-caches",
    Shape::AnyOf(&[Shape::Bool, Shape::ListOf(&Shape::OneOf(&["cargo", "checkout", "npm", "pip", "uv"]))]),
)]);

static TASKGRAPH: Object = Object::closed(&[
    required("repositories", Shape::MapOf(&Shape::Object(&REPOSITORY))),
    optional("register", Shape::Str),
    optional("decision-parameters", Shape::Str),
    optional("cached-task-prefix", Shape::Str),
    optional("cache-pull-requests", Shape::Bool),
    optional("index-path-regexes", Shape::ListOf(&Shape::Str)),
    optional("run", Shape::Object(&RUN)),
    optional("disabled-actions", Shape::ListOf(&Shape::Str)),
])
.with_rules(&[at_least_one_repository]);

static SHIPIT: Object = Object::open(&[
    optional("product", Shape::Str),
    optional("release-format", Shape::Str),
    optional("scope-prefix", Shape::Str),
]);

pub(super) static GRAPH_CONFIG: Object = Object::open(&[
    required("trust-domain", Shape::Str),
    required("task-priority", Shape::KeyedBy(&["project", "level"], &Shape::OneOf(TASK_PRIORITIES))),
    required("workers", Shape::Object(&WORKERS)),
    required("taskgraph", Shape::Object(&TASKGRAPH)),
    optional("docker-image-kind", Shape::Str),
    // Meant for a string keyed by project, but the reference checks nothing: any attribute takes its `default`.
    optional("task-deadline-after", Shape::Any),
    optional("task-expires-after", Shape::Str),
    // Those of mozilla-taskgraph. Its `release-promotion` is checked when something is released, as there.
    optional("shipit", Shape::Object(&SHIPIT)),
    optional("version-parser", Shape::Str),
    optional("release-branches", Shape::MapOf(&Shape::AnyOf(&[Shape::Bool, Shape::ListOf(&Shape::Str)]))),
    // Ours. The reference keeps what it does not know.
    optional("run-task-dir", Shape::Str),
]);

fn at_least_one_repository(taskgraph: &Map) -> Option<String> {
    let empty = taskgraph.get_map("repositories").is_some_and(Map::is_empty);
    empty.then(|| "expected at least one repository in `repositories`, found none".into())
}
