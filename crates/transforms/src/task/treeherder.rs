//! How a task is shown on Treeherder.

use std::cell::OnceCell;

use taskgraph_docker::path::join;
use taskgraph_kinds::{Description, Error, KindContext, Problem, Transform};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, map, text};

use crate::addition::check_mapping;
use crate::{
    last::Last,
    treeherder::{defaults, split_symbol},
};

const ROUTE: &str = "tc-treeherder.v2";
const LONGEST: usize = 25;

/// Adds what Treeherder wants to know to `extra`, and its route.
pub(super) struct AddTreeherder;

impl Transform for AddTreeherder {
    fn apply(&self, kind: &KindContext<'_>, mut tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let usual = Usual { values: defaults(&kind.kind), route: OnceCell::new() };
        let mut last = Last::default();
        for task in &mut tasks {
            add_treeherder(kind, task, &usual, &mut last).map_err(|problem| task.error(problem))?;
        }
        Ok(tasks)
    }

    fn splits(&self, _: &KindContext<'_>) -> bool {
        true
    }
}

/// What the tasks of a kind have in common.
struct Usual {
    values: Map,
    route: OnceCell<Value>,
}

/// What `treeherder.platform` stands for.
struct Platform {
    machine: Value,
    collection: Value,
}

fn add_treeherder(
    kind: &KindContext<'_>,
    task: &mut Description,
    usual: &Usual,
    last: &mut Last<Platform, 1>,
) -> Result<(), Problem> {
    let wanted = task.get("treeherder").filter(|wanted| wanted.is_truthy()).cloned();
    check_mapping(task, &["extra"])?;
    if wanted.is_some() {
        check_mapping(task, &["extra", "treeherder"])?;
    }
    let extra = task.map_mut(text!("extra"));
    let Some(wanted) = wanted else {
        task.list_mut(text!("routes"));
        return Ok(());
    };
    let all = |key: &str| {
        let own = wanted.as_map().and_then(|wanted| wanted.get(key));
        own.or_else(|| usual.values.get(key)).cloned().unwrap_or_default()
    };
    let need = |key: &str| {
        let value = all(key);
        value
            .as_str()
            .cloned()
            .ok_or_else(|| Problem::wrong(&format!("treeherder.{key}"), "a string", describe(&value)))
    };
    let platform = need("platform")?;
    let Platform { machine, collection } = last.or_make([Some((&platform).into())], |_| {
        let (machine, collection) = platform.split_once('/').ok_or_else(|| {
            Problem::wrong("treeherder.platform", "`platform/collection`", format!("`{platform}`"))
        })?;
        let collection = Map::from(vec![(collection.into(), true.into())]);
        Ok::<_, Problem>(Platform {
            machine: map! { "platform" => machine }.into(),
            collection: collection.into(),
        })
    })?;
    let symbol = need("symbol")?;
    let (group, symbol) = checked_symbol(&symbol)?;

    extra.set_default(text!("treeherder-platform"), &platform);
    let mut shown = Map::with_capacity(7);
    shown.insert(text!("collection"), collection.clone());
    if let Some(group) = group {
        shown.insert(text!("groupName"), group_name(kind, group)?);
        shown.insert(text!("groupSymbol"), group.into());
    }
    shown.insert(text!("jobKind"), all("kind"));
    shown.insert(text!("machine"), machine.clone());
    shown.insert(text!("symbol"), symbol.into());
    shown.insert(text!("tier"), all("tier"));
    extra.map_mut(text!("treeherder")).extend_from(&shown);

    let route = match usual.route.get() {
        Some(route) => route,
        None => {
            let route = route(kind)?;
            usual.route.get_or_init(|| route.into())
        }
    };
    task.list_mut(text!("routes")).push(route.clone());
    Ok(())
}

/// The group, if there is one, and the symbol.
pub(super) fn checked_symbol(text: &str) -> Result<(Option<&str>, &str), Problem> {
    let (group, symbol) = split_symbol(text)?;
    for name in [Some(symbol), group].into_iter().flatten() {
        if name.chars().count() > LONGEST {
            return Err(Problem::wrong(
                "treeherder.symbol",
                "at most 25 characters for group and symbol each",
                format!("`{name}`"),
            ));
        }
    }
    Ok((group, symbol))
}

/// The route by which Treeherder learns of the tasks of a push.
fn route(kind: &KindContext<'_>) -> Result<String, Problem> {
    let parameters = &kind.parameters;
    let (project, rev) = (base_project(kind)?, parameters.text("head_rev")?);
    Ok(format!("{ROUTE}.{project}.{rev}.{}", parameters.text("pushlog_id")?))
}

fn group_name(kind: &KindContext<'_>, group: &str) -> Result<Value, Problem> {
    let names = kind
        .session
        .config
        .get("treeherder")
        .and_then(Value::as_map)
        .and_then(|map| map.get_map("group-names"));
    names.and_then(|names| names.get(group)).cloned().ok_or_else(|| {
        let config = join(&kind.session.config.root().to_string_lossy(), "config.yml");
        Problem::wrong(
            "treeherder.symbol",
            &format!("a group that `treeherder.group-names` of {config} lists"),
            format!("`{group}`"),
        )
    })
}

/// The project that Treeherder knows. Pull requests are shown apart, under the repository that they are to, because
/// the one that they are from may have any name.
fn base_project(kind: &KindContext<'_>) -> Result<Str, Problem> {
    let parameters = &kind.parameters;
    if !parameters.text("tasks_for")?.starts_with("github-pull-request") {
        return Ok(parameters.text("project")?.clone());
    }
    let base = parameters.text("base_repository")?;
    let name = base.rsplit('/').next().unwrap_or_default();
    Ok(format!("{}-pr", name.strip_suffix(".git").unwrap_or(name)).into())
}

/// Where a reader of the task finds its push.
pub(super) fn push_link(kind: &KindContext<'_>) -> Result<String, Problem> {
    let parameters = &kind.parameters;
    let suffix = if parameters.text("tasks_for")?.starts_with("github-pull-request") { "-pr" } else { "" };
    Ok(format!(
        "https://treeherder.mozilla.org/#/jobs?repo={}{suffix}&revision={}",
        parameters.text("project")?,
        parameters.text("head_rev")?
    ))
}
