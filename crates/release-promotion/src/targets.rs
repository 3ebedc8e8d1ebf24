//! Target methods for releases: tasks of a phase and of all phases before it.

use std::sync::Arc;

use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_generate::{Error, TargetMethod};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{Registry, Session};
use taskgraph_value::{Str, Value};

use crate::{Flavors, Phase, Stage};

/// The tasks whose attribute `shipping_phase` is a phase, or one before it, and if there is a product, whose
/// attribute `shipping_product` is that product.
///
/// Tasks of earlier phases are targets as well, so that there is one answer to what a release consists of; they are
/// replaced by those of earlier graphs, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingPhase {
    phase: Phase,
    product: Option<Str>,
}

impl ShippingPhase {
    /// The method for a phase, of one product or of all.
    pub fn new(phase: Phase, product: Option<Str>) -> ShippingPhase {
        ShippingPhase { phase, product }
    }

    fn unwanted(&self, task: &Task) -> Option<String> {
        let attributes = &task.attributes;
        let name = attributes.get_str("shipping_phase");
        match name.and_then(|name| Phase::of_name(name)) {
            Some(phase) if phase > self.phase => {
                return Some(format!("`shipping_phase` is {phase}, which comes after {}", self.phase));
            }
            Some(_) => {}
            None => {
                let found = match attributes.get_some("shipping_phase") {
                    None => "not set".to_owned(),
                    Some(other) => format!("{}, which is no phase", taskgraph_schema::describe(other)),
                };
                return Some(format!("`shipping_phase` is {found}"));
            }
        }
        let product = self.product.as_ref()?;
        match attributes.get_some("shipping_product") {
            Some(Value::Str(found)) if found == product => None,
            Some(other) => {
                let found = taskgraph_schema::describe(other);
                Some(format!("`shipping_product` is {found}, not {product}"))
            }
            None => Some(format!("`shipping_product` is not set, and not {product}")),
        }
    }
}

impl TargetMethod for ShippingPhase {
    fn targets(&self, tasks: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        let wanted = tasks.tasks().filter(|task| self.unwanted(task).is_none());
        Ok(wanted.map(|task| task.label.clone()).collect())
    }

    fn why_not(&self, task: &Task, _: &Session) -> Result<Option<String>, Error> {
        Ok(self.unwanted(task))
    }
}

/// Registers a method for each phase, `<phase>` and `shipping_phase:<phase>`.
pub(crate) fn register(registry: &mut Registry) {
    for phase in Phase::ALL {
        let method: Arc<dyn TargetMethod> = Arc::new(ShippingPhase::new(phase, None));
        registry.add::<dyn TargetMethod>(format!("shipping_phase:{phase}"), method.clone());
        registry.add::<dyn TargetMethod>(phase.as_str(), method);
    }
}

/// Registers the methods that a graph may ask for, unless the program has others of these names: those of its flavors,
/// and the one that the parameters name. A name is understood as [`Stage::of_name`] does; one that is not understood is
/// left alone.
pub fn register_methods(registry: &mut Registry, config: &GraphConfig, parameters: &Parameters) {
    let mut names: Vec<Str> =
        parameters.get("target_tasks_method").and_then(Value::as_str).cloned().into_iter().collect();
    // What is wrong with flavors is told when one is asked for.
    if let Ok(flavors) = Flavors::of(config) {
        names.extend(flavors.iter().filter_map(|flavor| flavor.method(parameters).ok()));
    }
    for name in names {
        if let (Some(stage), Err(_)) = (Stage::of_name(&name), registry.get::<dyn TargetMethod>(&name)) {
            registry.add::<dyn TargetMethod>(name, Arc::new(ShippingPhase::new(stage.phase, stage.product)));
        }
    }
}
