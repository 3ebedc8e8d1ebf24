//! How `from-deps` groups tasks.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskgraph_graph::Task;
use taskgraph_kinds::{Description, Error, Extension, KindContext, Problem, Registry};
use taskgraph_schema::describe;
use taskgraph_value::{Str, Value, json};

/// A way to group the tasks that a `from-deps` task is made for.
pub trait GroupBy: Send + Sync {
    /// The groups of each of some requests: all those of a kind that name this function, in order.
    fn groups<'a>(
        &self,
        kind: &KindContext<'_>,
        requests: &[&Grouping<'a>],
    ) -> Result<Vec<Vec<Vec<&'a Arc<Task>>>>, Error>;

    /// Whether requests may come in several calls, on several threads.
    fn splits(&self) -> bool {
        false
    }
}

impl Extension for dyn GroupBy {
    const WHAT: &'static str = "group-by function";
}

/// A task that wants groups.
pub struct Grouping<'a> {
    /// The task.
    pub task: &'a Description,
    /// The name of the function.
    pub name: &'a Str,
    /// What the task gives along with the name.
    pub argument: Option<&'a Value>,
    /// The tasks to group, in order.
    pub candidates: &'a [&'a Arc<Task>],
}

pub(crate) fn register(registry: &mut Registry) {
    registry.add::<dyn GroupBy>("single", Arc::new(Single));
    registry.add::<dyn GroupBy>("all", Arc::new(All));
    registry.add::<dyn GroupBy>("attribute", Arc::new(Attribute));
}

type Groups<'a> = Vec<Vec<&'a Arc<Task>>>;

/// The groups of each request, in order.
pub(super) fn group<'a>(kind: &KindContext<'_>, requests: &[Grouping<'a>]) -> Result<Vec<Groups<'a>>, Error> {
    let mut all: Vec<Groups<'a>> = requests.iter().map(|_| Vec::new()).collect();
    for (name, positions) in crate::batch::by_name(requests.iter().map(|request| Some(request.name))) {
        let first = &requests[positions[0]];
        let function =
            kind.registry.get::<dyn GroupBy>(&name).map_err(|unknown| first.task.error(unknown.into()))?;
        let batch: Vec<&Grouping<'a>> = positions.iter().map(|at| &requests[*at]).collect();
        for (at, groups) in positions.into_iter().zip(function.groups(kind, &batch)?) {
            all[at] = groups;
        }
    }
    Ok(all)
}

fn no_argument(request: &Grouping<'_>) -> Result<(), Error> {
    match request.argument {
        None => Ok(()),
        Some(argument) => {
            let key = format!("from-deps.group-by.{}", request.name);
            Err(request.task.error(Problem::wrong(&key, "no argument", describe(argument))))
        }
    }
}

/// Every task is a group.
struct Single;

impl GroupBy for Single {
    fn groups<'a>(&self, _: &KindContext<'_>, requests: &[&Grouping<'a>]) -> Result<Vec<Groups<'a>>, Error> {
        let each = |request: &&Grouping<'a>| {
            no_argument(request)?;
            Ok(request.candidates.iter().map(|task| vec![*task]).collect())
        };
        requests.iter().map(each).collect()
    }

    fn splits(&self) -> bool {
        true
    }
}

/// All tasks are one group.
struct All;

impl GroupBy for All {
    fn groups<'a>(&self, _: &KindContext<'_>, requests: &[&Grouping<'a>]) -> Result<Vec<Groups<'a>>, Error> {
        let each = |request: &&Grouping<'a>| {
            no_argument(request)?;
            Ok(vec![request.candidates.to_vec()])
        };
        requests.iter().map(each).collect()
    }

    fn splits(&self) -> bool {
        true
    }
}

/// Tasks of equal value of an attribute are a group; tasks without it are in none.
struct Attribute;

impl GroupBy for Attribute {
    fn groups<'a>(&self, _: &KindContext<'_>, requests: &[&Grouping<'a>]) -> Result<Vec<Groups<'a>>, Error> {
        let each = |request: &&Grouping<'a>| {
            let Some(Value::Str(attribute)) = request.argument else {
                let found = request.argument.map_or("nothing".into(), describe);
                return Err(request.task.error(Problem::wrong(
                    "from-deps.group-by.attribute",
                    "the name of an attribute",
                    found,
                )));
            };
            let mut positions: FxHashMap<String, usize> = FxHashMap::default();
            let mut groups: Groups<'a> = Vec::new();
            for task in request.candidates {
                let Some(value) = task.attributes.get(attribute).filter(|value| value.is_truthy()) else {
                    continue;
                };
                let key = json::compact_sorted(value).unwrap_or_default();
                let at = *positions.entry(key).or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                });
                groups[at].push(task);
            }
            Ok(groups)
        };
        requests.iter().map(each).collect()
    }

    fn splits(&self) -> bool {
        true
    }
}
