//! The definition of a task, and what the graph needs to know of it.

use std::cell::OnceCell;
use std::sync::{Arc, LazyLock};

use taskgraph_config::{KeyedBy, evaluate_keyed_by, resolve_keyed_by};
use taskgraph_kinds::{Description, Error, KindContext, Problem, Session, Transform};
use taskgraph_parameterize::format;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::payload::{Building, PayloadBuilder};
use super::treeherder::push_link;
use crate::addition::check_mapping;
use crate::{
    batch,
    last::{Last, change_shared},
    worker_types::{Pool, pool},
};

pub(super) struct BuildTasks;

impl Transform for BuildTasks {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let run = &*Run::of(kind).map_err(Error::new)?;
        let source = OnceCell::new();
        let mut last = Defined::default();
        let mut names = Vec::with_capacity(tasks.len());
        let mut building = Vec::with_capacity(tasks.len());
        for mut task in tasks {
            let definition =
                define(kind, run, &source, &mut last, &mut task).map_err(|problem| task.error(problem))?;
            let worker = task.get_map("worker");
            let name =
                worker.and_then(|worker| worker.get_str("implementation")).cloned().unwrap_or_default();
            names.push(name);
            building.push(Some(Building { task, definition }));
        }
        for (name, positions) in batch::by_name(names.iter().map(Some)) {
            batch::with_items(&mut building, &positions, |batch| {
                let found = kind.registry.get::<dyn PayloadBuilder>(&name);
                found.map_err(|unknown| batch[0].task.error(unknown.into()))?.build(kind, batch)
            })?;
        }
        // The environment with what all tasks have in it.
        let mut env = Last::default();
        let finished = building.into_iter().flatten().map(|built| {
            let Building { mut task, definition } = built;
            let fields =
                finish(run, &mut task, definition, &mut env).map_err(|problem| task.error(problem))?;
            Ok(task.with_fields(fields))
        });
        finished.collect()
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        kind.registry.all::<dyn PayloadBuilder>(PayloadBuilder::splits)
    }
}

/// What was found out about the task before.
#[derive(Default)]
struct Defined {
    pool: Last<Pool, 1>,
    /// The tags of its definition, label included.
    tags: Last<Map, 1>,
}

/// What is the same for all tasks of a run.
pub(super) struct Run {
    project: Str,
    owner: Str,
    expires_after: Value,
    deadline_after: Value,
    /// The same as definitions have them.
    created: Value,
    expires: Value,
    deadline: Value,
    priority: Result<Value, String>,
    git: bool,
    parent: Str,
    push_link: String,
    /// What templates in scopes may use.
    scope_values: Map,
}

impl Run {
    pub(super) fn of(kind: &KindContext<'_>) -> Result<Arc<Run>, Problem> {
        let run = kind.session.memo(|| Run::new(kind).map(Arc::new));
        run.as_ref().as_ref().map(Arc::clone).map_err(|problem| Problem::message(problem.to_string()))
    }

    /// The description in the definition: with a link to the push if the task is `shown` on Treeherder.
    pub(super) fn description(&self, description: &Str, shown: bool) -> Str {
        match shown {
            true => [description, self.push_link.as_str()].concat().into(),
            false => description.clone(),
        }
    }

    fn new(kind: &KindContext<'_>) -> Result<Run, Problem> {
        let session: &Session = kind;
        let (config, parameters) = (&session.config, &session.parameters);
        let level = parameters.text("level")?.clone();
        let project = parameters.text("project")?.clone();
        let by_project = |key: &str| match config.get(key) {
            None => Ok(None),
            Some(value) => {
                let item = format!("`{key}` of config.yml");
                evaluate_keyed_by(value, &item, &map! { "project" => &project }, &KeyedBy::default())
                    .map(Some)
            }
        };
        let expires_after = match level.as_str() {
            "1" => config.get("task-expires-after").cloned().unwrap_or_else(|| text!("28 days").into()),
            _ => text!("1 year").into(),
        };
        let deadline_after = by_project("task-deadline-after")?.unwrap_or_else(|| text!("1 day").into());
        Ok(Run {
            owner: parameters.text("owner")?.clone(),
            created: datestamp(text!("0 seconds").into()),
            expires: datestamp(expires_after.clone()),
            deadline: datestamp(deadline_after.clone()),
            expires_after,
            deadline_after,
            priority: by_project("task-priority")
                .map(Option::unwrap_or_default)
                .map_err(|error| error.to_string()),
            git: parameters.text("repository_type")? == "git",
            parent: session.environment.get("TASK_ID").unwrap_or_default().into(),
            push_link: format!(" ([Treeherder push]({}))", push_link(kind)?),
            scope_values: map! { "level" => &level, "project" => &project },
            project,
        })
    }
}

/// The definition, without payload. Its keys are in the order in which they will be printed.
fn define(
    kind: &KindContext<'_>,
    run: &Run,
    source: &OnceCell<Str>,
    last: &mut Defined,
    task: &mut Description,
) -> Result<Map, Problem> {
    let worker_type = task.text("worker-type")?.clone();
    let pool = last.pool.or_make([Some((&worker_type).into())], |_| pool(kind, &worker_type))?;
    task.insert(text!("worker-type"), (&pool.name).into());
    let mut scopes = List::new();
    for scope in task.get_list("scopes") {
        let template = scope.as_str().ok_or_else(|| Problem::wrong("scopes", "strings", describe(scope)))?;
        scopes.push(format(template, &run.scope_values)?.into());
    }
    let expires =
        task.get("expires-after").map_or_else(|| run.expires.clone(), |after| datestamp(after.clone()));
    let deadline =
        task.get("deadline-after").map_or_else(|| run.deadline.clone(), |after| datestamp(after.clone()));
    task.set_default(text!("expires-after"), run.expires_after.clone());
    task.set_default(text!("deadline-after"), run.deadline_after.clone());
    if !task.contains_key("priority") {
        task.insert(text!("priority"), run.priority.clone().map_err(Problem::message)?);
    }
    let label = task.text("label")?.clone();
    let tags = last.tags.or_make([task.get("tags").cloned()], |[tags]| {
        let mut tags = tags.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        for (key, value) in [
            (text!("createdForUser"), &run.owner),
            (text!("kind"), &kind.kind),
            (text!("label"), &label),
            (text!("project"), &run.project),
            (text!("trust-domain"), kind.session.config.trust_domain()),
        ] {
            tags.insert(key, value.into());
        }
        Ok::<Map, Problem>(tags)
    })?;
    let mut tags = tags.clone();
    if let Some(own) = tags.get_mut("label") {
        *own = (&label).into();
    }
    let mut extra = task.take_map("extra");
    extra.insert(text!("parent"), (&run.parent).into());
    let described = run.description(task.text("description")?, extra.is_true("treeherder"));
    let value = |key: &str| task.get(key).cloned().unwrap_or_default();
    let mut definition = map! {
        "created" => run.created.clone(),
        "deadline" => deadline,
        "expires" => expires,
        "extra" => extra,
        "metadata" => map! {
            "description" => described,
            "name" => label,
            "owner" => &run.owner,
            "source" => source_url(kind, source)?,
        },
        "payload" => Value::Null,
        "priority" => value("priority"),
        "provisionerId" => &pool.provisioner_id,
    };
    if task.is_true("requires") {
        definition.insert(text!("requires"), value("requires"));
    }
    definition.insert(text!("routes"), task.get("routes").cloned().unwrap_or_else(|| List::new().into()));
    definition.insert(text!("scopes"), scopes.into());
    definition.insert(text!("tags"), tags.into());
    definition.insert(text!("workerType"), (&pool.worker_type).into());
    Ok(definition)
}

/// A time that is resolved when the task is created.
fn datestamp(after: Value) -> Value {
    map! { "relative-datestamp" => after }.into()
}

/// Where the kind can be read: the same for all its tasks.
fn source_url<'a>(kind: &KindContext<'_>, known: &'a OnceCell<Str>) -> Result<&'a Str, Problem> {
    if let Some(url) = known.get() {
        return Ok(url);
    }
    let url = kind.parameters.file_url(&kind.path, true)?;
    Ok(known.get_or_init(|| url.into()))
}

/// `run-on-projects` and `run-on-tasks-for` of tasks that do not say.
static EVERYWHERE: LazyLock<Value> = LazyLock::new(|| vec![text!("all").into()].into());

/// The task as the graph wants it.
fn finish(run: &Run, task: &mut Map, mut definition: Map, last: &mut Last<Map, 2>) -> Result<Map, Problem> {
    let label = task.get_str("label").cloned().unwrap_or_default();
    if matches!(task.get("run-on-projects"), Some(Value::Map(_))) {
        let platform =
            task.get_map("attributes").and_then(|attributes| attributes.get("build_platform")).cloned();
        let platform = map! { "build-platform" => platform };
        resolve_keyed_by(task, "run-on-projects", &label, &platform, &KeyedBy::default())?;
    }
    let mut attributes = task.take_map("attributes");
    set_attributes(task, &mut attributes);
    let implementation = task.get_map("worker").and_then(|worker| worker.get_str("implementation"));
    if implementation.is_some_and(|name| name == "docker-worker" || name == "generic-worker")
        && let Some(Value::Map(payload)) = definition.get_mut("payload").filter(|payload| payload.is_truthy())
    {
        change_shared(payload.map_mut(text!("env")), Value::Null, last, |env| {
            env.insert(text!("MOZ_AUTOMATION"), text!("1").into());
            Ok(())
        })?;
    }
    let dependencies = task.take_map("dependencies");
    let mut conditions = List::new();
    for name in task.get_list("if-dependencies") {
        let known = name.as_str().and_then(|name| dependencies.get(name));
        conditions.push(
            known.cloned().ok_or_else(|| {
                Problem::wrong("if-dependencies", "names of its dependencies", describe(name))
            })?,
        );
    }
    if run.git
        && let Some(Value::List(routes)) = definition.get_mut("routes")
    {
        routes.push(text!("checks").into());
    }
    add_chain_of_trust(&mut definition, &dependencies)?;
    Ok(map! {
        "label" => label,
        "description" => task.get("description").cloned().unwrap_or_default(),
        "task" => definition,
        "dependencies" => dependencies,
        "if-dependencies" => conditions,
        "soft-dependencies" => task.get("soft-dependencies").cloned().unwrap_or_else(|| List::new().into()),
        "attributes" => attributes,
        "optimization" => task.get("optimization").cloned().unwrap_or_default(),
    })
}

/// What [`set_attributes`] sets.
pub(super) const SET_ATTRIBUTES: [&str; 5] =
    ["run_on_projects", "run_on_tasks_for", "run_on_git_branches", "always_target", "shipping_phase"];

/// What the task says elsewhere that is an attribute, too.
fn set_attributes(task: &Map, attributes: &mut Map) {
    for (key, attribute) in
        [("run-on-projects", text!("run_on_projects")), ("run-on-tasks-for", text!("run_on_tasks_for"))]
    {
        attributes.insert(attribute, task.get(key).cloned().unwrap_or_else(|| EVERYWHERE.clone()));
    }
    if let Some(branches) = task.get("run-on-git-branches").filter(|branches| branches.is_truthy()) {
        attributes.insert(text!("run_on_git_branches"), branches.clone());
    }
    attributes
        .insert(text!("always_target"), task.get("always-target").cloned().unwrap_or(Value::Bool(false)));
    match task.get_some("shipping-phase") {
        Some(phase) => drop(attributes.insert(text!("shipping_phase"), phase.clone())),
        None => attributes.set_default(text!("shipping_phase"), Value::Null),
    }
}

/// The chain of trust wants to know which task made the image.
fn add_chain_of_trust(definition: &mut Map, dependencies: &Map) -> Result<(), Problem> {
    let features = definition.get_map("payload").and_then(|payload| payload.get_map("features"));
    let trusted = features.is_some_and(|features| features.is_true("chainOfTrust"));
    if trusted && dependencies.is_true("docker-image") {
        check_mapping(definition, &["extra", "chainOfTrust", "inputs"])?;
        let inputs =
            definition.map_mut(text!("extra")).map_mut(text!("chainOfTrust")).map_mut(text!("inputs"));
        inputs.insert(text!("docker-image"), map! { "task-reference" => text!("<docker-image>") }.into());
    }
    Ok(())
}
