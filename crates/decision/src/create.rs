//! Creating the tasks of a graph, so that it is whole in the end.

mod compare;
mod letters;
mod report;
mod run;

use chrono::{DateTime, Utc};
use rustc_hash::{FxHashMap, FxHashSet};
use taskcluster_queue_client::TaskId;
use taskgraph_config::{GraphConfig, Parameters, ParametersError};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_parameterize::resolve_timestamps;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, text};

pub use self::{
    compare::Difference,
    report::{Conflict, CreateError, CreateProblem, FailedTask, Fault},
    run::{Created, Progress},
};
use crate::ids::TaskIds;

/// The most copies of one task.
const MOST_DUPLICATES: i64 = 10_000;

/// The tasks that a decision creates, in an order in which they can be created.
///
/// [`Plan::create`] creates them; it may be killed at any time and be run again.
#[derive(Clone, Debug)]
pub struct Plan {
    tasks: Vec<PlannedTask>,
    /// By id, the position in `tasks`.
    positions: FxHashMap<TaskId, usize>,
}

/// One task to create.
#[derive(Clone, Debug)]
pub struct PlannedTask {
    label: Str,
    task_id: TaskId,
    definition: Value,
    /// The tasks of the plan that must exist before it.
    dependencies: Vec<TaskId>,
}

impl PlannedTask {
    /// The label. Copies of a task have the same.
    pub fn label(&self) -> &Str {
        &self.label
    }

    /// The id that it will have.
    pub fn task_id(&self) -> &TaskId {
        &self.task_id
    }

    /// The definition to create it with. It may have `relative-datestamp`s, which count from the creation.
    pub fn definition(&self) -> &Value {
        &self.definition
    }
}

/// The scheduler id of the tasks of a graph: `<trust-domain>-level-<level>`.
///
/// Fails if the parameter `level` is missing or no string.
pub fn scheduler_id(config: &GraphConfig, parameters: &Parameters) -> Result<String, ParametersError> {
    Ok(format!("{}-level-{}", config.trust_domain(), parameters.text("level")?))
}

/// The level that a [`scheduler_id`] says: `1`, `2` or `3`. Nothing if it is not of this trust domain, or of another form.
pub fn level_of<'a>(scheduler_id: &'a str, trust_domain: &str) -> Option<&'a str> {
    let level = scheduler_id.strip_prefix(trust_domain)?.strip_prefix("-level-")?;
    ["1", "2", "3"].contains(&level).then_some(level)
}

impl Plan {
    /// Plans to create the tasks of a graph that have taskIds, in the group of `creator`, which is the decision task.
    ///
    /// A task that depends on no other of the graph depends on `creator`, so that nothing starts before all of it is
    /// there. The attribute `task_duplicates` says how many tasks of the same definition to create; the ids of
    /// the copies follow from `creator` and the label, see [`duplicate_id`](crate::duplicate_id()).
    ///
    /// `now` is only for seeing whether all times can be computed.
    ///
    /// Fails with [`CreateError::Faults`] and everything that no queue could accept: tasks without a valid or with
    /// another's taskId, definitions that are no mapping, values that JSON does not have, bad durations, scopes that
    /// are not printable ASCII, routes that are too long, tasks that depend on each other in a circle.
    pub fn new(
        graph: &TaskGraph,
        creator: &TaskId,
        scheduler_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Plan, CreateError> {
        Plan::in_group(graph, creator, &TaskIds::new(creator), scheduler_id, now)
    }

    /// As [`Plan::new`], for an action task that creates in the group of its decision task: a task that depends on no
    /// other of the graph depends on the decision task, which is `group`, and the ids of copies are `copies`.
    ///
    /// That it depends on the action task, too, is up to whoever makes the graph.
    pub fn in_group(
        graph: &TaskGraph,
        group: &TaskId,
        copies: &TaskIds,
        scheduler_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Plan, CreateError> {
        let ids: FxHashSet<&str> = graph.tasks().filter_map(|task| task.task_id.as_deref()).collect();
        let group = Group { ids, group, copies, scheduler_id, now };
        let mut faults = Vec::new();
        let mut tasks = Vec::with_capacity(graph.len());
        for task in graph.tasks() {
            match group.plan(task) {
                Ok(planned) => tasks.extend(planned),
                Err(problem) => faults.push(problem.of(&task.label)),
            }
        }
        faults.extend(repeated(&tasks));
        if faults.is_empty() { Plan::ordered(tasks) } else { Err(CreateError::Faults { faults }) }
    }

    /// Plans to create one task whose definition is complete, but for `relative-datestamp`s.
    ///
    /// `now` and failures are as for [`Plan::new`].
    pub fn of_definition(
        label: &str,
        task_id: TaskId,
        definition: Value,
        now: DateTime<Utc>,
    ) -> Result<Plan, CreateError> {
        let wrong = |problem: Problem| CreateError::Faults { faults: vec![problem.of(&label.into())] };
        sendable(&definition, now).map_err(wrong)?;
        Plan::ordered(vec![PlannedTask {
            label: label.into(),
            task_id,
            definition,
            dependencies: Vec::new(),
        }])
    }

    /// All that several plans would create, as one plan: the tasks of the first come first.
    ///
    /// Fails with [`CreateError::Faults`] if two tasks have one taskId.
    pub fn merged(plans: impl IntoIterator<Item = Plan>) -> Result<Plan, CreateError> {
        let tasks: Vec<PlannedTask> = plans.into_iter().flat_map(|plan| plan.tasks).collect();
        let faults = repeated(&tasks);
        if faults.is_empty() { Ok(Plan::of(tasks)) } else { Err(CreateError::Faults { faults }) }
    }

    /// Puts dependencies before dependents, and keeps the order otherwise.
    fn ordered(tasks: Vec<PlannedTask>) -> Result<Plan, CreateError> {
        let position: FxHashMap<&TaskId, usize> =
            tasks.iter().enumerate().map(|(at, task)| (&task.task_id, at)).collect();
        let mut waits = vec![0; tasks.len()];
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (at, task) in tasks.iter().enumerate() {
            for needed in task.dependencies.iter().filter_map(|id| position.get(id)) {
                waits[at] += 1;
                dependents[*needed].push(at);
            }
        }
        let mut order: Vec<usize> = (0..tasks.len()).filter(|at| waits[*at] == 0).collect();
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            next += 1;
            for &dependent in &dependents[at] {
                waits[dependent] -= 1;
                if waits[dependent] == 0 {
                    order.push(dependent);
                }
            }
        }
        if order.len() < tasks.len() {
            let circular = tasks.iter().zip(&waits).filter(|(_, waits)| **waits > 0);
            let fault = |(task, _): (&PlannedTask, &usize)| Fault {
                label: task.label.clone(),
                problem: "it depends on itself, or on tasks that depend on each other in a circle".to_owned(),
                text: None,
            };
            return Err(CreateError::Faults { faults: circular.map(fault).collect() });
        }
        drop(position);
        let mut all: Vec<Option<PlannedTask>> = tasks.into_iter().map(Some).collect();
        Ok(Plan::of(order.into_iter().filter_map(|at| all[at].take()).collect()))
    }

    fn of(tasks: Vec<PlannedTask>) -> Plan {
        let positions = tasks.iter().enumerate().map(|(at, task)| (task.task_id.clone(), at)).collect();
        Plan { tasks, positions }
    }

    /// The tasks, dependencies first.
    pub fn tasks(&self) -> &[PlannedTask] {
        &self.tasks
    }
}

/// The tasks whose taskId another has that comes before.
fn repeated(tasks: &[PlannedTask]) -> Vec<Fault> {
    let mut seen = FxHashMap::default();
    let mut faults = Vec::new();
    for task in tasks {
        if let Some(other) = seen.insert(&task.task_id, &task.label) {
            let problem = format!("it has the same taskId as `{other}`, {}", task.task_id);
            faults.push(Fault { label: task.label.clone(), problem, text: None });
        }
    }
    faults
}

/// What is wrong with a task, and the text of its definition that is, if that may come from a parameter.
struct Problem {
    problem: String,
    text: Option<Str>,
}

impl Problem {
    fn of(self, label: &Str) -> Fault {
        Fault { label: label.clone(), problem: self.problem, text: self.text }
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Problem { problem, text: None }
    }
}

impl From<&str> for Problem {
    fn from(problem: &str) -> Self {
        problem.to_owned().into()
    }
}

/// Fails with what no queue could accept.
fn sendable(definition: &Value, now: DateTime<Utc>) -> Result<(), Problem> {
    resolve_timestamps(definition, now).map_err(|error| error.to_string())?;
    if let Some((path, problem)) = no_json(definition) {
        return Err(format!("`{path}`: {problem}").into());
    }
    letters::check(definition)
}

/// What all tasks of a plan have in common.
struct Group<'a> {
    ids: FxHashSet<&'a str>,
    group: &'a TaskId,
    copies: &'a TaskIds,
    scheduler_id: &'a str,
    now: DateTime<Utc>,
}

impl Group<'_> {
    /// The task and its copies; or what is wrong with it.
    fn plan(&self, task: &Task) -> Result<Vec<PlannedTask>, Problem> {
        let task_id = task.task_id.as_deref().ok_or("it has no taskId")?;
        let task_id: TaskId =
            task_id.parse().map_err(|error: taskcluster_queue_client::Error| error.to_string())?;
        let Value::Map(definition) = &*task.task else {
            return Err(format!("expected a mapping as definition, found {}", describe(&task.task)).into());
        };
        let mut definition = definition.clone();
        let (dependencies, inside) = self.dependencies(&definition)?;
        definition.insert(text!("dependencies"), dependencies.into());
        definition.insert(text!("taskGroupId"), self.group.as_str().into());
        definition.insert(text!("schedulerId"), self.scheduler_id.into());
        let definition = Value::Map(definition);
        sendable(&definition, self.now)?;
        let copies = copies(&task.attributes)?;
        let one = |task_id| PlannedTask {
            label: task.label.clone(),
            task_id,
            definition: definition.clone(),
            dependencies: inside.clone(),
        };
        let more = (1..copies).map(|index| one(self.copies.duplicate_id(&task.label, index)));
        Ok(std::iter::once(one(task_id)).chain(more).collect())
    }

    /// The dependencies to write into a definition, and those of them that are in the graph.
    fn dependencies(&self, definition: &Map) -> Result<(List, Vec<TaskId>), String> {
        let mut all = match definition.get("dependencies") {
            None => List::new(),
            Some(Value::List(list)) => list.clone(),
            Some(other) => return Err(format!("`dependencies`: expected a list, found {}", describe(other))),
        };
        let mut inside = Vec::new();
        for (at, item) in all.iter().enumerate() {
            let id = item.as_str();
            let id = id
                .ok_or_else(|| format!("`dependencies.{at}`: expected a taskId, found {}", describe(item)))?;
            if self.ids.contains(id.as_str()) {
                inside.push(id.parse().map_err(|error: taskcluster_queue_client::Error| error.to_string())?);
            } else if !is_like_a_task_id(id) {
                return Err(format!("`dependencies.{at}`: expected a taskId, found {}", describe(item)));
            }
        }
        let group = Value::from(self.group.as_str());
        if inside.is_empty() && !all.contains(&group) {
            all.push(group);
        }
        Ok((all, inside))
    }
}

/// Whether a parameter that has this meant a task. What exactly is one, the queue knows.
fn is_like_a_task_id(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// How many tasks of the same definition there are to be; one at least.
fn copies(attributes: &Map) -> Result<u32, String> {
    let copies = match attributes.get("task_duplicates") {
        None => 1,
        Some(Value::Int(copies)) if *copies <= MOST_DUPLICATES => (*copies).max(1),
        Some(Value::Bool(_)) => 1,
        Some(other) => {
            let found = describe(other);
            return Err(format!(
                "attribute `task_duplicates`: expected an integer, {MOST_DUPLICATES} at most, found {found}"
            ));
        }
    };
    Ok(u32::try_from(copies).unwrap_or(1))
}

/// The first value that JSON does not have, or no queue can hold: its place, and what is wrong.
fn no_json(value: &Value) -> Option<(String, &'static str)> {
    let under = |key: &str, (path, problem): (String, &'static str)| {
        (if path.is_empty() { key.to_owned() } else { format!("{key}.{path}") }, problem)
    };
    let here = |problem| Some((String::new(), problem));
    match value {
        Value::Date(_) => here("a date cannot be written as JSON; quote it to make it a string"),
        Value::Float(number) if !number.is_finite() => here("expected a finite number"),
        // The queue takes any number for a double, and so it is sent as one.
        Value::BigInt(digits) if !digits.parse::<f64>().is_ok_and(f64::is_finite) => {
            here("expected an integer below 1.8e308")
        }
        Value::List(list) => {
            list.iter().enumerate().find_map(|(at, item)| Some(under(&at.to_string(), no_json(item)?)))
        }
        Value::Map(map) => map.iter().find_map(|(key, item)| Some(under(key, no_json(item)?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
