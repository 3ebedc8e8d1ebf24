//! How `from-deps` names the tasks that it makes.

use std::sync::Arc;

use taskgraph_graph::Task;
use taskgraph_kinds::{Description, Error, Extension, KindContext, Registry};
use taskgraph_value::Str;

/// A way to name the tasks that `from-deps` makes.
pub trait SetName: Send + Sync {
    /// The name of each of some tasks: all those of a kind that name this function, in order.
    fn names(&self, kind: &KindContext<'_>, requests: &[&Naming<'_>]) -> Result<Vec<Str>, Error>;

    /// Whether requests may come in several calls, on several threads.
    fn splits(&self) -> bool {
        false
    }
}

impl Extension for dyn SetName {
    const WHAT: &'static str = "set-name function";
}

/// A task that wants a name.
pub struct Naming<'a> {
    /// The task that asked for groups.
    pub task: &'a Description,
    /// The name of the function.
    pub name: &'a Str,
    /// All tasks that could be in groups, in order.
    pub candidates: &'a [&'a Arc<Task>],
    /// The task of the group that gives its name.
    pub primary: &'a Arc<Task>,
}

pub(crate) fn register(registry: &mut Registry) {
    registry.add::<dyn SetName>("strip-kind", Arc::new(StripKind));
    registry.add::<dyn SetName>("retain-kind", Arc::new(RetainKind));
}

/// The name of each request, in order; none where there is no request.
pub(super) fn names(
    kind: &KindContext<'_>,
    requests: &[Option<Naming<'_>>],
) -> Result<Vec<Option<Str>>, Error> {
    let mut names = vec![None; requests.len()];
    let wanted = requests.iter().map(|request| request.as_ref().map(|request| request.name));
    for (name, positions) in crate::batch::by_name(wanted) {
        let batch: Vec<&Naming<'_>> = positions.iter().filter_map(|at| requests[*at].as_ref()).collect();
        let found = kind.registry.get::<dyn SetName>(&name);
        let function = found.map_err(|unknown| batch[0].task.error(unknown.into()))?;
        for (at, name) in positions.into_iter().zip(function.names(kind, &batch)?) {
            names[at] = Some(name);
        }
    }
    Ok(names)
}

/// The label without the kind in front.
struct StripKind;

impl SetName for StripKind {
    fn names(&self, _: &KindContext<'_>, requests: &[&Naming<'_>]) -> Result<Vec<Str>, Error> {
        let each = |request: &&Naming<'_>| {
            let Task { label, kind, .. } = &**request.primary;
            // The kind and the dash after it; whatever follows the kind is taken for the dash.
            label
                .strip_prefix(kind.as_str())
                .map_or_else(|| label.clone(), |rest| rest.chars().skip(1).collect::<String>().into())
        };
        Ok(requests.iter().map(each).collect())
    }

    fn splits(&self) -> bool {
        true
    }
}

/// The label as it is.
struct RetainKind;

impl SetName for RetainKind {
    fn names(&self, _: &KindContext<'_>, requests: &[&Naming<'_>]) -> Result<Vec<Str>, Error> {
        Ok(requests.iter().map(|request| request.primary.label.clone()).collect())
    }

    fn splits(&self) -> bool {
        true
    }
}
