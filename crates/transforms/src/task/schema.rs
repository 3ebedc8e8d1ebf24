//! What a task description may say.

use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{Map, Str};

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
        let mut accepted = None;
        for task in &tasks {
            validate(kind, task, accepted).map_err(|problem| task.error(problem))?;
            accepted = Some(task);
        }
        Ok(tasks)
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

/// `accepted` is a task that was found valid.
fn validate(
    kind: &KindContext<'_>,
    task: &Description,
    accepted: Option<&Description>,
) -> Result<(), Problem> {
    let described = task.validate_like(accepted, &TASK);
    let Some((worker, name)) = worker_of(task) else { return described };
    let builder = kind.registry.get::<dyn PayloadBuilder>(name)?;
    let accepted = accepted.and_then(worker_of).filter(|(_, other)| *other == name).map(|(worker, _)| worker);
    let payload =
        builder.schema().map_or(Ok(()), |schema| Problem::validate_like(accepted, schema, worker, "worker"));
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

/// What a task says under `worker`, and the implementation that it names.
fn worker_of(task: &Description) -> Option<(&Map, &Str)> {
    let worker = task.get_map("worker")?;
    Some((worker, worker.get_str("implementation")?))
}
