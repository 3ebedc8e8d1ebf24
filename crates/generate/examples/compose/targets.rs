//! What decides about whole graphs: a target method, a filter, a verification.

use std::sync::Arc;

use taskgraph_generate::{Error, Filter, Finding, Phase, TargetMethod, Verification, Verifying};
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::{Registry, Session};
use taskgraph_value::Str;

pub(super) fn register(registry: &mut Registry) {
    registry.add::<dyn TargetMethod>("acme-nightly", Arc::new(Nightly));
    registry.add::<dyn Filter>("acme-no-windows", Arc::new(NoWindows));
    registry.add::<dyn Verification>("acme-owners", Arc::new(Owners));
}

/// The parameter `target_tasks_method: acme-nightly`: whatever is signed.
struct Nightly;

impl TargetMethod for Nightly {
    fn targets(&self, tasks: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        Ok(tasks.tasks().filter(|task| task.kind == "bundle").map(|task| task.label.clone()).collect())
    }
}

/// The parameter `filters: [..., acme-no-windows]`: sees what earlier filters left.
struct NoWindows;

impl Filter for NoWindows {
    fn keep(&self, tasks: &TaskGraph, _: &Session) -> Result<Vec<Str>, Error> {
        let needs_windows = |label: &str| label == "build-windows";
        let kept = tasks.tasks().filter(|task| !task.dependencies().any(|(_, label)| needs_windows(label)));
        Ok(kept.map(|task| task.label.clone()).collect())
    }
}

/// Every task that is built or signed has an owner. Reports all that have none.
struct Owners;

impl Verification for Owners {
    fn phase(&self) -> Phase {
        Phase::FullTaskGraph
    }

    fn verify(&self, verifying: Verifying<'_>, found: &mut Vec<Finding>) {
        for task in verifying.graph.tasks() {
            if task.kind != "fetch" && !task.attributes.is_true("owner") {
                found.push(Finding::of_task(&task.label, "expected the attribute `owner`, found nothing"));
            }
        }
    }
}
