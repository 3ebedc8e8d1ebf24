//! The jobs that people can add to a push, as Treeherder shows them.

use taskgraph_graph::Task;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, text};

use crate::error::Error;

/// What Treeherder needs to know of the tasks that it shows, by label: `symbol`, and where the task says so
/// `groupName`, `groupSymbol`, `collection` and `platform`.
///
/// Fails with [`Error::Treeherder`] if `extra.treeherder` of a task is no mapping or has no symbol.
///
/// ```
/// use taskgraph_graph::Task;
/// use taskgraph_value::map;
/// let task = Task::from_map("build", &map! {
///     "kind" => "build", "label" => "build", "attributes" => map! {}, "optimization" => taskgraph_value::Value::Null,
///     "task" => map! { "extra" => map! { "treeherder" => map! {
///         "symbol" => "B", "tier" => 1, "machine" => map! { "platform" => "linux" },
///     } } },
/// })?;
/// let jobs = taskgraph_decision::runnable_jobs([&task])?;
/// assert_eq!(jobs, map! { "build" => map! { "symbol" => "B", "platform" => "linux" } });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn runnable_jobs<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Result<Map, Error> {
    let mut jobs = Map::new();
    for task in tasks {
        let Some(treeherder) = task.task.peek("extra.treeherder") else { continue };
        let wrong = |key, expected, found: Option<&Value>| Error::Treeherder {
            label: task.label.clone(),
            key,
            expected,
            found: found.map_or_else(|| "nothing".to_owned(), describe),
        };
        let Value::Map(treeherder) = &*treeherder else {
            return Err(wrong("extra.treeherder", "a mapping", Some(&treeherder)));
        };
        jobs.insert(task.label.clone(), job(treeherder, wrong)?.into());
    }
    Ok(jobs)
}

fn job<'a>(
    treeherder: &'a Map,
    wrong: impl Fn(&'static str, &'static str, Option<&'a Value>) -> Error,
) -> Result<Map, Error> {
    const KEYS: [Str; 3] = [text!("groupName"), text!("groupSymbol"), text!("collection")];
    let symbol = treeherder.get("symbol");
    let symbol = symbol.ok_or_else(|| wrong("extra.treeherder.symbol", "a string", symbol))?;
    let mut job = Map::from(vec![(text!("symbol"), symbol.clone())]);
    for key in KEYS {
        if let Some(value) = treeherder.get(&key) {
            job.insert(key, value.clone());
        }
    }
    match treeherder.get("machine") {
        None => {}
        Some(Value::Map(machine)) => {
            if let Some(platform) = machine.get("platform").filter(|platform| platform.is_truthy()) {
                job.insert(text!("platform"), platform.clone());
            }
        }
        other => return Err(wrong("extra.treeherder.machine", "a mapping", other)),
    }
    Ok(job)
}
