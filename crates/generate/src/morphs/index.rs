//! Tasks that put others into the index.

use std::collections::BTreeSet;
use std::sync::Arc;

use fancy_regex::Regex;
use taskgraph_config::{KeyedBy, evaluate_keyed_by, re_match};
use taskgraph_graph::Task;
use taskgraph_kinds::Session;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, map, python, text};

use super::{added_task, relative};
use crate::{Changes, Finding, Morph, Morphing};

/// How many routes the queue takes.
const MAX_ROUTES: usize = 64;

/// What index routes begin with.
const INDEX: &str = "index.";

/// The alias of the workers that run such tasks.
const WORKERS: &str = "misc";

/// Takes the index routes off tasks that have too many routes, and adds a task for each that puts it there instead.
pub(super) struct AddIndexTasks;

impl Morph for AddIndexTasks {
    fn morph(&self, morphing: Morphing<'_>) -> Result<Changes, Finding> {
        let routes =
            |task: &Task| task.task.at("routes").and_then(Value::as_list).map_or(0, |routes| routes.len());
        let mut parents: Vec<&Arc<Task>> =
            morphing.graph.tasks().filter(|task| routes(task) > MAX_ROUTES).collect();
        let mut changes = Changes::default();
        if parents.is_empty() {
            return Ok(changes);
        }
        parents.sort_by(|a, b| a.label.cmp(&b.label));
        let pool = pool(morphing.session).map_err(|problem| Finding { task: None, problem })?;
        let summary = Summary::new(morphing.session);
        for parent in parents {
            let index_task = index_task(parent, &pool, &summary, &morphing);
            let (changed, added) = index_task.map_err(|problem| Finding::of_task(&parent.label, problem))?;
            changes.changed.push(Arc::new(changed));
            changes.added.push(Arc::new(added));
        }
        Ok(changes)
    }
}

/// The parent without its index routes, and the task that puts it into the index.
fn index_task(
    parent: &Task,
    (provisioner_id, worker_type): &(Str, Str),
    summary: &Summary<'_>,
    morphing: &Morphing<'_>,
) -> Result<(Task, Task), String> {
    let parent_id = parent.task_id.as_ref().ok_or("it has no taskId")?;
    let mut definition = parent.task.as_map().cloned().unwrap_or_default();
    let is_index = |route: &Value| route.as_str().is_some_and(|route| route.starts_with(INDEX));
    let routes = definition.get_list("routes").to_vec();
    let (indexes, others): (Vec<Value>, Vec<Value>) = routes.into_iter().partition(is_index);
    let paths: Vec<Str> =
        indexes.iter().filter_map(|route| Some(route.as_str()?.strip_prefix(INDEX)?.into())).collect();
    let scopes =
        paths.iter().map(|path| summary.scope(path)).collect::<Result<BTreeSet<String>, String>>()?;
    let command = std::iter::once(text!("insert-indexes.js")).chain(paths).map(Value::from);

    let required = |path: &str| {
        parent
            .task
            .at(path)
            .cloned()
            .ok_or_else(|| format!("`task.{path}` is missing; its index task needs it"))
    };
    let deadline = required("deadline")?;
    let label: Str = format!("index-task-{}", parent.label).into();
    let described = python::str(&required("metadata.description")?);
    let rank = parent.task.at("extra.index.rank").map_or("0".to_owned(), python::str);
    let index_definition = map! {
        "provisionerId" => provisioner_id,
        "workerType" => worker_type,
        "dependencies" => vec![parent_id.into()],
        "created" => relative("0 seconds"),
        "deadline" => deadline.clone(),
        // There is nothing to look at once the parent is over.
        "expires" => deadline,
        "metadata" => map! {
            "name" => &label,
            "description" => format!("index-task for {described}"),
            "owner" => required("metadata.owner")?,
            "source" => required("metadata.source")?,
        },
        "scopes" => scopes.into_iter().map(Value::from).collect::<List>(),
        "payload" => map! {
            "image" => map! {
                "path" => "public/image.tar.zst",
                "namespace" => "taskgraph.cache.level-3.docker-images.v2.index-task.latest",
                "type" => "indexed-image",
            },
            "features" => map! { "taskclusterProxy" => true },
            "maxRunTime" => 600,
            "command" => command.collect::<List>(),
            "env" => map! { "TARGET_TASKID" => parent_id, "INDEX_RANK" => rank },
        },
    };
    let task_id = (morphing.task_id)(&label);
    let added = added_task(label, task_id, index_definition, map! { "parent" => parent_id });
    definition.insert(text!("routes"), others.into());
    Ok((Task { task: definition.into(), ..parent.clone() }, added))
}

/// Makes fewer scopes of many index paths: temporary credentials have room for so many.
struct Summary<'a> {
    /// What paths of the trust domain begin with.
    domain: String,
    /// `index-path-regexes`, with what compiles to a regular expression with groups.
    patterns: Vec<(&'a Value, Option<Regex>)>,
}

impl<'a> Summary<'a> {
    fn new(session: &'a Session) -> Self {
        let compiled = |pattern: &'a Value| {
            let regex = pattern.as_str().and_then(|pattern| Regex::new(&format!(r"\A(?:{pattern})")).ok());
            (pattern, regex)
        };
        Summary {
            domain: format!("{}.v2.", session.config.trust_domain()),
            patterns: session.config.index_path_regexes().iter().map(compiled).collect(),
        }
    }

    /// The scope for a path: with the first group of the first pattern that matches, and any end.
    fn scope(&self, path: &str) -> Result<String, String> {
        // As `(<trust domain>\.v2\.[^.]*\.).*` does.
        let project = path.strip_prefix(&self.domain).and_then(|rest| rest.find('.'));
        if let Some(dot) = project {
            return Ok(format!("index:insert-task:{}*", &path[..self.domain.len() + dot + 1]));
        }
        for (pattern, regex) in &self.patterns {
            let wrong = |found: String| {
                format!(
                    "`taskgraph.index-path-regexes` in config.yml: expected a regular expression with a group, {found}"
                )
            };
            let Some(text) = pattern.as_str() else {
                return Err(wrong(format!("found {}", describe(pattern))));
            };
            if !re_match(text, path).map_err(|error| wrong(error.to_string()))? {
                continue;
            }
            let captures = regex.as_ref().and_then(|regex| regex.captures(path).ok().flatten());
            let group = captures.as_ref().and_then(|captures| captures.get(1));
            let group = group.ok_or_else(|| wrong(format!("found `{text}`, which matches `{path}`")))?;
            return Ok(format!("index:insert-task:{}*", group.as_str()));
        }
        Ok(format!("index:insert-task:{path}"))
    }
}

/// The provisioner and the worker type of the alias [`WORKERS`].
fn pool(session: &Session) -> Result<(Str, Str), String> {
    let level: Str = match session.parameters.get("level") {
        None => return Err("the parameter `level` is missing, and index tasks need it".to_owned()),
        Some(level) => python::str(level).into(),
    };
    let aliases = map! { "by-alias" => session.config.aliases().clone() };
    let item = "the worker alias `misc` in config.yml, which runs index tasks";
    let evaluate = |value: &Value, item: &str, attributes: &Map| {
        evaluate_keyed_by(value, &item, attributes, &KeyedBy::default()).map_err(|error| error.to_string())
    };
    let alias = evaluate(&aliases.into(), item, &map! { "alias" => WORKERS })?;
    let values =
        map! { "alias" => WORKERS, "level" => &level, "trust-domain" => session.config.trust_domain() };
    let resolve = |key: &str| {
        let item = format!("`{key}` of {item}");
        let value = alias.as_map().and_then(|alias| alias.get(key)).cloned().unwrap_or_default();
        match evaluate(&value, &item, &map! { "level" => &level })? {
            Value::Str(template) => {
                taskgraph_parameterize::format(&template, &values).map_err(|error| format!("{item}: {error}"))
            }
            other => Err(format!("{item}: expected a string, found {}", describe(&other))),
        }
    };
    Ok((resolve("provisioner")?, resolve("worker-type")?))
}
