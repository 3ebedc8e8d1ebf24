//! What parameters may hold.

use taskgraph_schema::{Field, Object, Shape, Violation, check_object, optional, required};
use taskgraph_value::Map;

static CODE_REVIEW: Object = Object::closed(&[required("phabricator-build-target", Shape::Str)]);

const FIELDS: &[Field] = &[
    required("base_repository", Shape::Str),
    optional("base_ref", Shape::Str),
    required("base_rev", Shape::Str),
    required("build_date", Shape::Int),
    required("build_number", Shape::Int),
    required("do_not_optimize", Shape::ListOf(&Shape::Str)),
    required("enable_always_target", Shape::AnyOf(&[Shape::Bool, Shape::ListOf(&Shape::Str)])),
    required("existing_tasks", Shape::MapOf(&Shape::Str)),
    required("files_changed", Shape::ListOf(&Shape::Str)),
    required("filters", Shape::ListOf(&Shape::Str)),
    required("head_ref", Shape::Str),
    required("head_repository", Shape::Str),
    required("head_rev", Shape::Str),
    required("head_tag", Shape::Str),
    required("level", Shape::Str),
    required("moz_build_date", Shape::Str),
    optional("next_version", Shape::Str),
    optional("optimize_strategies", Shape::Str),
    required("optimize_target_tasks", Shape::Bool),
    required("owner", Shape::Str),
    required("project", Shape::Str),
    required("pushdate", Shape::Int),
    required("pushlog_id", Shape::Str),
    required("repository_type", Shape::Str),
    required("target_tasks_method", Shape::Str),
    required("tasks_for", Shape::Str),
    optional("version", Shape::Str),
    optional("code-review", Shape::Object(&CODE_REVIEW)),
];

static STRICT: Object = Object::closed(FIELDS);
static OPEN: Object = Object::open(FIELDS);

/// Everything that is wrong. The keys of an extension are its own affair, and known.
pub(super) fn check(values: &Map, strict: bool, extensions: &[&'static Object]) -> Vec<Violation> {
    let base = if strict { &STRICT } else { &OPEN };
    let mut violations = if strict && !extensions.is_empty() {
        let is_base = |key: &str| STRICT.keys().any(|name| name == key);
        let is_extension = |key: &str| extensions.iter().any(|one| one.keys().any(|name| name == key));
        let rest = values.iter().filter(|(key, _)| is_base(key) || !is_extension(key));
        check_object(base, &rest.map(|(key, value)| (key.clone(), value.clone())).collect::<Map>())
    } else {
        check_object(base, values)
    };
    for extension in extensions {
        let own = extension.keys().filter_map(|key| Some((key.into(), values.get(key)?.clone())));
        violations.extend(check_object(extension, &own.collect::<Map>()));
    }
    violations
}
