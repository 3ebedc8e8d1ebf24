//! What a task description may say.

use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::Value;

use super::payload::PayloadBuilder;
use crate::schema::{OPTIMIZATION, TASK_FIELDS, reserved_dependency_names};

static WORKER: Object = Object::open(&[required("implementation", Shape::Str)]);

static TASK: Object = Object::closed(&[
    required("label", Shape::Str),
    required("always-target", Shape::Bool),
    required("optimization", OPTIMIZATION).or_null(),
    required("needs-sccache", Shape::Bool),
    optional("worker", Shape::Object(&WORKER)),
])
.with(&TASK_FIELDS)
.with_rules(&[reserved_dependency_names]);

/// Compares tasks with the schema above, and what they say under `worker` with that of its implementation.
pub(super) struct Validate;

impl Transform for Validate {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        if kind.fast {
            return Ok(tasks);
        }
        for task in &tasks {
            validate(kind, task).map_err(|problem| task.error(problem))?;
        }
        Ok(tasks)
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

fn validate(kind: &KindContext<'_>, task: &Description) -> Result<(), Problem> {
    let described = task.validate(&TASK);
    let worker = task.get("worker").and_then(Value::as_map);
    let name = worker.and_then(|worker| worker.get_str("implementation"));
    let (Some(worker), Some(name)) = (worker, name) else { return described };
    let builder = kind.registry.get::<dyn PayloadBuilder>(name)?;
    let payload = builder.schema().map_or(Ok(()), |schema| Problem::validate(schema, worker, "worker"));
    match (described, payload) {
        (
            Err(Problem::Violations { within, mut violations }),
            Err(Problem::Violations { within: worker, violations: more }),
        ) => {
            // Both at once, with whole paths.
            violations.extend(more.into_iter().map(|mut violation| {
                violation.path = format!("{worker}.{}", violation.path).trim_end_matches('.').into();
                violation
            }));
            Err(Problem::Violations { within, violations })
        }
        (described, payload) => described.and(payload),
    }
}
