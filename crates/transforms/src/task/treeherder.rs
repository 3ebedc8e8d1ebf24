//! How a task is shown on Treeherder.

use taskgraph_docker::path::join;
use taskgraph_kinds::{Description, KindContext, Problem};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, map, text};

use crate::treeherder::{defaults, split_symbol};

const ROUTE: &str = "tc-treeherder.v2";
const LONGEST: usize = 25;

/// Adds what Treeherder wants to know to `extra`, and its route.
pub(super) fn add_treeherder(
    kind: &KindContext<'_>,
    mut task: Description,
    out: &mut Vec<Description>,
) -> Result<(), Problem> {
    let wanted = task.get("treeherder").filter(|wanted| wanted.is_truthy()).cloned();
    let extra = task.map_mut(text!("extra"));
    let Some(wanted) = wanted else {
        task.list_mut(text!("routes"));
        out.push(task);
        return Ok(());
    };
    let mut all = defaults(&kind.kind);
    if let Value::Map(wanted) = &wanted {
        all.extend_from(wanted);
    }
    let need = |key: &str| {
        let value = all.get(key).cloned().unwrap_or_default();
        value
            .as_str()
            .cloned()
            .ok_or_else(|| Problem::wrong(&format!("treeherder.{key}"), "a string", describe(&value)))
    };
    let platform = need("platform")?;
    let (machine, collection) = platform.split_once('/').ok_or_else(|| {
        Problem::wrong("treeherder.platform", "`platform/collection`", format!("`{platform}`"))
    })?;
    let symbol = need("symbol")?;
    let (group, symbol) = split_symbol(&symbol)?;
    for name in [Some(symbol), group].into_iter().flatten() {
        if name.chars().count() > LONGEST {
            return Err(Problem::wrong(
                "treeherder.symbol",
                "at most 25 characters for group and symbol each",
                format!("`{name}`"),
            ));
        }
    }

    extra.set_default(text!("treeherder-platform"), &platform);
    let shown = extra.map_mut(text!("treeherder"));
    let mut collections = Map::new();
    collections.insert(collection.into(), true.into());
    shown.insert(text!("collection"), collections.into());
    if let Some(group) = group {
        shown.insert(text!("groupName"), group_name(kind, group)?);
        shown.insert(text!("groupSymbol"), group.into());
    }
    shown.insert(text!("jobKind"), all.get("kind").cloned().unwrap_or_default());
    shown.insert(text!("machine"), map! { "platform" => machine }.into());
    shown.insert(text!("symbol"), symbol.into());
    shown.insert(text!("tier"), all.get("tier").cloned().unwrap_or_default());

    let parameters = &kind.parameters;
    let route = format!(
        "{ROUTE}.{}.{}.{}",
        base_project(kind)?,
        parameters.text("head_rev")?,
        parameters.text("pushlog_id")?
    );
    task.list_mut(text!("routes")).push(route.into());
    out.push(task);
    Ok(())
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
