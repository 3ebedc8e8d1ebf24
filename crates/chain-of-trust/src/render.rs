//! Rendering templates, and what the services do with what they render to.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use taskcluster_queue_client::TaskId;
use taskgraph_parameterize::{JsonEFunction, render_json_e_with};

use crate::{change::Change, error::Error, template::Template};

/// What is known of the tasks that are made.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// The id of the decision task: `ownTaskId`.
    pub own_task_id: &'a TaskId,
    /// When it is made.
    pub now: DateTime<Utc>,
    /// The id of the task that a template calls by a name: `as_slugid`. Without it, every name is that of the decision
    /// task, which is what all templates with one task expect.
    pub task_id_of: Option<&'a dyn Fn(&str) -> TaskId>,
    /// The root URL of the cluster, if it is known.
    pub root_url: Option<&'a str>,
}

/// A task to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The id it is to have.
    pub task_id: TaskId,
    /// What `createTask` takes.
    pub definition: Value,
}

impl<'a> Making<'a> {
    /// One task, at a time.
    pub fn of_one_task(own_task_id: &'a TaskId, now: DateTime<Utc>) -> Making<'a> {
        Making { own_task_id, now, task_id_of: None, root_url: None }
    }

    fn task_id(&self, name: &str) -> TaskId {
        self.task_id_of.map_or_else(|| self.own_task_id.clone(), |task_id_of| task_id_of(name))
    }
}

/// The decision tasks of a change: what `.taskcluster.yml` renders to, and what the services that create them add. There
/// are none if the template wants none for such a change. Those that others depend on come first.
///
/// For what happened at GitHub, missing ids, groups, schedulers and times of creation are filled in, and the route by which
/// results are reported is added, as Taskcluster's GitHub service does it. For anything else, only a sole task gets
/// an id if it has none.
///
/// Fails with [`Error::TasksFor`], [`Error::Render`], and [`Error::Template`] if the result is no list of tasks.
pub fn decision_definitions(
    template: &Template,
    change: &Change,
    making: &Making<'_>,
) -> Result<Vec<Definition>, Error> {
    let context = decision_context(change, making)?;
    let rendered = render(template.value(), template.name(), context, making)?;
    let mut tasks = tasks(template.name(), rendered)?;
    if change.tasks_for.starts_with("github-") {
        complete(&mut tasks, template, making);
    }
    let only = tasks.len() == 1;
    let definitions = tasks.into_iter().map(|mut task| {
        let wrong = |problem: String| Error::Template { name: template.name().to_owned(), problem };
        let task_id = match task.remove("taskId") {
            None | Some(Value::Null) if only => making.own_task_id.clone(),
            None | Some(Value::Null) => return Err(wrong("one of several tasks has no taskId".to_owned())),
            Some(Value::String(id)) => id.parse().map_err(|error| wrong(format!("taskId: {error}")))?,
            Some(other) => return Err(wrong(format!("taskId: expected a string, found {other}"))),
        };
        Ok(Definition { task_id, definition: Value::Object(task) })
    });
    Ok(sorted(definitions.collect::<Result<Vec<_>, Error>>()?))
}

/// All names for a decision task.
pub(crate) fn decision_context(change: &Change, making: &Making<'_>) -> Result<Map<String, Value>, Error> {
    let mut context = change.context()?;
    context.insert("ownTaskId".to_owned(), json!(making.own_task_id));
    if let Some(root_url) = making.root_url {
        context.insert("taskcluster_root_url".to_owned(), json!(root_url));
    }
    Ok(context)
}

/// The tasks of a rendered template.
pub(crate) fn tasks(name: &str, rendered: Option<Value>) -> Result<Vec<Map<String, Value>>, Error> {
    let wrong = |problem: &str| Error::Template { name: name.to_owned(), problem: problem.to_owned() };
    let found = match rendered {
        Some(Value::Object(mut file)) => file.remove("tasks"),
        _ => None,
    };
    match found {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(tasks)) => tasks
            .into_iter()
            .map(|task| match task {
                Value::Object(task) => Ok(task),
                _ => Err(wrong("one of `tasks` renders to something else than a mapping")),
            })
            .collect(),
        Some(_) => Err(wrong("`tasks` renders to something else than a list")),
    }
}

/// Renders any template with `as_slugid`; nothing if it is to be left out.
pub(crate) fn render(
    template: &taskgraph_value::Value,
    what: &str,
    context: Map<String, Value>,
    making: &Making<'_>,
) -> Result<Option<Value>, Error> {
    let as_slugid = |arguments: &[taskgraph_value::Value]| match arguments {
        [taskgraph_value::Value::Str(name)] => Ok(making.task_id(name).as_str().into()),
        _ => Err("as_slugid expects one string".to_owned()),
    };
    let functions: [(&str, JsonEFunction<'_>); 1] = [("as_slugid", &as_slugid)];
    let failed = |problem: String| Error::Template { name: what.to_owned(), problem };
    let context = taskgraph_value::Map::deserialize(Value::Object(context));
    let context = context.map_err(|error| failed(error.to_string()))?;
    let rendered = render_json_e_with(template, &context, &functions, making.now)
        .map_err(|source| Error::Render { what: what.to_owned(), source })?;
    rendered.map(serde_json::to_value).transpose().map_err(|error| failed(error.to_string()))
}

/// What Taskcluster's GitHub service fills in.
fn complete(tasks: &mut [Map<String, Value>], template: &Template, making: &Making<'_>) {
    let missing = |task: &Map<String, Value>, key: &str| task.get(key).is_none_or(Value::is_null);
    if let [task] = tasks {
        // A sole task is alone in its group, and so looks like a decision task.
        for (key, other) in [("taskGroupId", "taskId"), ("taskId", "taskGroupId")] {
            if missing(task, key) && !missing(task, other) {
                task.insert(key.to_owned(), task[other].clone());
            }
        }
    }
    let several = tasks.len() > 1;
    let group = if several { making.task_id("task group") } else { making.own_task_id.clone() };
    let created = making.now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let route = if template.reports_checks() { "checks" } else { "statuses" };
    for (number, task) in tasks.iter_mut().enumerate() {
        if several && making.task_id_of.is_some() && missing(task, "taskId") {
            task.insert("taskId".to_owned(), json!(making.task_id(&format!("task {number}"))));
        }
        for (key, value) in [
            ("taskGroupId", json!(group)),
            ("schedulerId", json!("taskcluster-github")),
            ("created", json!(created)),
        ] {
            if missing(task, key) {
                task.insert(key.to_owned(), value);
            }
        }
        let routes = task.entry("routes").or_insert_with(|| json!([]));
        if let Value::Array(routes) = routes
            && !routes.iter().any(|known| known == route)
        {
            routes.push(json!(route));
        }
    }
}

/// Dependencies first, else in the order of the template.
fn sorted(mut tasks: Vec<Definition>) -> Vec<Definition> {
    let mut sorted: Vec<Definition> = Vec::new();
    let mut waiting = tasks.iter().map(|task| task.task_id.as_str().to_owned()).collect::<BTreeSet<_>>();
    while !tasks.is_empty() {
        let ready = tasks.iter().position(|task| {
            let needed = task.definition["dependencies"].as_array();
            let mut needed = needed.into_iter().flatten().filter_map(Value::as_str);
            needed.all(|id| !waiting.contains(id) || id == task.task_id.as_str())
        });
        // In a circle, there is no better one than the first.
        let next = tasks.remove(ready.unwrap_or_default());
        waiting.remove(next.task_id.as_str());
        sorted.push(next);
    }
    sorted
}
