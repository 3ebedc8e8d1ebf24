//! Payload builders: what a worker implementation is told.

mod beetmover;
mod docker_worker;
mod generic_worker;

use std::sync::Arc;

use taskgraph_kinds::{Description, Error, Extension, KindContext, Problem, Registry};
use taskgraph_schema::{Object, Shape, required};
use taskgraph_value::{List, Map, Value, text};

/// Knows what one worker implementation wants as payload.
pub trait PayloadBuilder: Send + Sync {
    /// What tasks may write under `worker`; none to check nothing.
    fn schema(&self) -> Option<&'static Object> {
        None
    }

    /// Completes the definitions of some tasks: all those of a kind that this implementation runs, in order.
    fn build(&self, kind: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error>;

    /// Whether tasks may come in several calls, on several threads.
    fn splits(&self) -> bool {
        false
    }

    /// Whether tasks that differ in no more than what is passed on need not all be built, such as the chunks of a suite.
    ///
    /// What is passed on is the text in `worker.command`, which is to be `command` of the payload as it is; in
    /// `worker.env`, which is to be its `env`, but for variables that are set whatever the task says; and the label,
    /// description, attributes and Treeherder symbol of the task, which must stay as they are. Nothing else may follow
    /// from them, except from the first word of the command, nor may the schema tell one text from another. What becomes
    /// of attributes (`run-on-projects`, `shipping-phase`, ...) must stay as it is, too.
    fn passes_on(&self) -> bool {
        false
    }
}

impl Extension for dyn PayloadBuilder {
    const WHAT: &'static str = "payload builder (worker implementation)";
}

/// A task whose definition is being built.
#[derive(Clone, Debug)]
pub struct Building {
    /// The description, with `worker`. Its `worker-type` is `provisioner/worker-type`.
    pub task: Description,
    /// The definition. Its `payload` is null until a builder sets it.
    pub definition: Map,
}

impl Building {
    /// What the task says under `worker`.
    pub fn worker(&self) -> &Map {
        static NOTHING: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::new);
        self.task.get_map("worker").unwrap_or(&NOTHING)
    }

    /// The scopes of the definition, to add to them.
    pub fn scopes(&mut self) -> &mut List {
        self.definition.list_mut(text!("scopes"))
    }

    /// Sets the payload.
    pub fn set_payload(&mut self, payload: impl Into<Value>) {
        self.definition.insert(text!("payload"), payload.into());
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry.add::<dyn PayloadBuilder>("docker-worker", Arc::new(docker_worker::DockerWorker));
    for (name, schema, build, passes_on) in [
        ("generic-worker", &generic_worker::WORKER, generic_worker::build as Build, true),
        ("beetmover", &beetmover::WORKER, beetmover::build, false),
        ("invalid", &INVALID, invalid, false),
        ("always-optimized", &ALWAYS_OPTIMIZED, nothing, false),
        ("succeed", &SUCCEED, nothing, false),
    ] {
        registry.add::<dyn PayloadBuilder>(name, Arc::new(OneByOne { schema, build, passes_on }));
    }
}

type Build = fn(&KindContext<'_>, &mut Building) -> Result<(), Problem>;

/// A builder that treats each task on its own.
struct OneByOne {
    schema: &'static Object,
    build: Build,
    passes_on: bool,
}

impl PayloadBuilder for OneByOne {
    fn schema(&self) -> Option<&'static Object> {
        Some(self.schema)
    }

    fn build(&self, kind: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        for building in tasks {
            (self.build)(kind, building).map_err(|problem| building.task.error(problem))?;
        }
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }

    fn passes_on(&self) -> bool {
        self.passes_on
    }
}

static INVALID: Object = Object::open(&[required("implementation", Shape::OneOf(&["invalid"]))]);
static ALWAYS_OPTIMIZED: Object =
    Object::open(&[required("implementation", Shape::OneOf(&["always-optimized"]))]);
static SUCCEED: Object = Object::closed(&[required("implementation", Shape::OneOf(&["succeed"]))]);

/// The queue refuses it, which is the point: such a task is for branches where it makes no sense.
fn invalid(_: &KindContext<'_>, building: &mut Building) -> Result<(), Problem> {
    building.set_payload(text!("invalid task - should never be created"));
    Ok(())
}

fn nothing(_: &KindContext<'_>, building: &mut Building) -> Result<(), Problem> {
    building.set_payload(Map::new());
    Ok(())
}
