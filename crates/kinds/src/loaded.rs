//! From descriptions, after the last transform, to tasks.

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use taskgraph_graph::{Definition, Task};
use taskgraph_schema::describe;
use taskgraph_value::{Difference, List, Map, Step::Key, Str, Value, Variants, text};

use crate::{Description, Error, Family, Origin, Problem};

/// A task as its kind made it, and where it was written.
#[derive(Clone, Debug)]
pub struct LoadedTask {
    /// The task.
    pub task: Arc<Task>,
    /// Where the task that it was made from was written.
    pub origin: Option<Origin>,
}

/// Fails if two tasks have one label.
pub fn check_labels(tasks: &[LoadedTask]) -> Result<(), Error> {
    let mut seen: FxHashMap<&str, &LoadedTask> =
        FxHashMap::with_capacity_and_hasher(tasks.len(), FxBuildHasher);
    for task in tasks {
        if let Some(first) = seen.insert(&task.task.label, task) {
            let problem = Problem::DuplicateLabel { other: first.origin.clone() };
            let label = Some(task.task.label.clone());
            return Err(Error::of_task(label, task.origin.as_ref(), problem).of_kind(&task.task.kind));
        }
    }
    Ok(())
}

/// Adds the tasks that a family is.
pub(crate) fn add_tasks(kind: &Str, mut family: Family, tasks: &mut Vec<LoadedTask>) -> Result<(), Error> {
    if family.others > 0 && !family.differences.iter().all(is_told_of_tasks) {
        return family.into_tasks().try_for_each(|task| add_tasks(kind, task.into(), tasks));
    }
    let first = into_task(kind, &mut family.first).map_err(|problem| family.first.error(problem))?;
    let (first, origin) = (Arc::new(first), family.first.origin);
    tasks.push(LoadedTask { task: first.clone(), origin: origin.clone() });
    if family.others > 0 {
        let others = Others::new(&first, family.differences);
        let made = (0..family.others).map(|number| Arc::new(others.make(number)));
        tasks.extend(made.map(|task| LoadedTask { task, origin: origin.clone() }));
    }
    Ok(())
}

/// Whether a difference between descriptions is one between their tasks that [`Others`] knows.
fn is_told_of_tasks(Difference { place, values }: &Difference) -> bool {
    match place.steps()[..] {
        [Key("label" | "description")] => values.iter().all(|value| value.as_str().is_some()),
        // `kind` is set whatever the description says.
        [Key("attributes"), name, ..] => name != Key("kind"),
        [Key("task"), _, ..] => true,
        _ => false,
    }
}

/// The tasks of a family but for the first.
struct Others<'a> {
    first: &'a Task,
    labels: Option<Vec<Value>>,
    descriptions: Option<Vec<Value>>,
    attributes: Variants,
    definitions: Arc<Variants>,
}

impl<'a> Others<'a> {
    fn new(first: &'a Task, differences: Vec<Difference>) -> Self {
        let (mut labels, mut descriptions) = (None, None);
        let (mut attributes, mut definitions) = (Vec::new(), Vec::new());
        for Difference { place, values } in differences {
            let inner = place.after_first();
            match place.first_key().map_or("", Str::as_str) {
                "label" => labels = Some(values),
                "description" => descriptions = Some(values),
                "attributes" => attributes.push(Difference { place: inner, values }),
                _ => definitions.push(Difference { place: inner, values }),
            }
        }
        Others {
            first,
            labels,
            descriptions,
            attributes: Variants::new(first.attributes.clone().into(), attributes),
            definitions: Arc::new(Variants::new(first.task.whole().into_owned(), definitions)),
        }
    }

    fn make(&self, number: usize) -> Task {
        let text = |texts: &Option<Vec<Value>>, first: &Str| {
            texts.as_ref().and_then(|texts| texts.get(number)?.as_str()).unwrap_or(first).clone()
        };
        let first = self.first;
        Task {
            kind: first.kind.clone(),
            label: text(&self.labels, &first.label),
            description: text(&self.descriptions, &first.description),
            attributes: match self.attributes.make(number) {
                Value::Map(attributes) => attributes,
                _ => Map::new(),
            },
            task: Definition::variant(self.definitions.clone(), number),
            optimization: first.optimization.clone(),
            dependencies: first.dependencies.clone(),
            soft_dependencies: first.soft_dependencies.clone(),
            if_dependencies: first.if_dependencies.clone(),
            task_id: None,
        }
    }
}

/// What the last transform left, as a task.
fn into_task(kind: &Str, description: &mut Description) -> Result<Task, Problem> {
    let mapping = |key: &str| match description.get_some(key) {
        None => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map.clone()),
        Some(other) => Err(Problem::wrong(key, "a mapping", describe(other))),
    };
    let list = |key: &str| match description.get_some(key) {
        None => Ok(List::new()),
        Some(Value::List(list)) => match list.iter().find(|label| label.as_str().is_none()) {
            None => Ok(list.clone()),
            Some(other) => Err(Problem::wrong(key, "labels", describe(other))),
        },
        Some(other) => Err(Problem::wrong(key, "a list", describe(other))),
    };
    let dependencies = mapping("dependencies")?;
    if let Some((name, other)) = dependencies.iter().find(|(_, label)| label.as_str().is_none()) {
        return Err(Problem::wrong(&format!("dependencies.{name}"), "a label", describe(other)));
    }
    description.mapping("attributes")?;
    let (label, text) = (description.text("label")?.clone(), description.text("description")?.clone());
    let task = description.mapping("task")?.clone().into();
    let optimization = description.get("optimization").cloned().unwrap_or_default();
    let (soft_dependencies, if_dependencies) = (list("soft-dependencies")?, list("if-dependencies")?);
    // Taken, not copied, for it is changed.
    let mut attributes = description.take_map("attributes");
    attributes.insert(text!("kind"), kind.into());
    Ok(Task {
        kind: kind.clone(),
        label,
        description: text,
        attributes,
        task,
        optimization,
        dependencies,
        soft_dependencies,
        if_dependencies,
        task_id: None,
    })
}
