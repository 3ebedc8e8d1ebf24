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
    registry.add::<dyn PayloadBuilder>("generic-worker", Arc::new(generic_worker::GenericWorker));
    registry.add::<dyn PayloadBuilder>("beetmover", Arc::new(beetmover::Beetmover));
    registry.add::<dyn PayloadBuilder>("invalid", Arc::new(Plain(&INVALID, invalid)));
    registry.add::<dyn PayloadBuilder>("always-optimized", Arc::new(Plain(&ALWAYS_OPTIMIZED, nothing)));
    registry.add::<dyn PayloadBuilder>("succeed", Arc::new(Plain(&SUCCEED, nothing)));
}

/// Calls a function for each task, for builders that treat each on its own.
fn each(tasks: &mut [Building], f: impl Fn(&mut Building) -> Result<(), Problem>) -> Result<(), Error> {
    for building in tasks {
        f(building).map_err(|problem| building.task.error(problem))?;
    }
    Ok(())
}

static INVALID: Object = Object::open(&[required("implementation", Shape::OneOf(&["invalid"]))]);
static ALWAYS_OPTIMIZED: Object = Object::open(&[required("implementation", Shape::OneOf(&["always-optimized"]))]);
static SUCCEED: Object = Object::closed(&[required("implementation", Shape::OneOf(&["succeed"]))]);

/// A payload that is the same for all tasks.
struct Plain(&'static Object, fn() -> Value);

impl PayloadBuilder for Plain {
    fn schema(&self) -> Option<&'static Object> {
        Some(self.0)
    }

    fn build(&self, _: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        tasks.iter_mut().for_each(|building| building.set_payload((self.1)()));
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }
}

/// The queue refuses it, which is the point: such a task is for branches where it makes no sense.
fn invalid() -> Value {
    text!("invalid task - should never be created").into()
}

fn nothing() -> Value {
    Map::new().into()
}
