//! Index routes and optimizations of tasks whose results are found again by a digest of what they are made from.

use sha2::{Digest, Sha256};
use taskgraph_kinds::{Problem, Session};
use taskgraph_value::{List, Map, Str, Value, map, text};

use crate::addition::{check_list, check_mapping};
use crate::dates::build_date_long;

/// Lowercase hexadecimal SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]));
    Sha256::digest(bytes).iter().flat_map(digits).collect()
}

/// Makes a task replaceable by an earlier one of equal `digest_data`: the optimization that looks for it, the routes
/// under which this one will be found, and the attribute `cached_task`.
pub fn add_optimization(
    session: &Session,
    task: &mut Map,
    cache_type: &str,
    name: &str,
    digest_data: &[Str],
) -> Result<(), Problem> {
    let digest = sha256(digest_data.iter().map(Str::as_str).collect::<Vec<_>>().join("\n").as_bytes());
    let config = session.config.taskgraph();
    let prefix = match config.get("cached-task-prefix") {
        Some(prefix) => taskgraph_value::python::str(prefix),
        None => session.config.trust_domain().to_string(),
    };
    let level_text = session.parameters.text("level")?;
    let level: i64 = level_text.parse().map_err(|_| {
        Problem::message(format!("the parameter `level` must be a number, found `{level_text}`"))
    })?;
    let tasks_for = session.parameters.text("tasks_for")?;
    let shared = config.get("cache-pull-requests").is_none_or(Value::is_truthy);
    let for_pull_request = format!("{prefix}.cache.pr.{cache_type}.{name}.hash.{digest}");
    let for_level = |level: &str| format!("{prefix}.cache.level-{level}.{cache_type}.{name}");

    // A result of a higher level may be used, so the highest is looked up first.
    let mut searched: Vec<Value> = (level..=3)
        .rev()
        .map(|level| format!("{}.hash.{digest}", for_level(&level.to_string())).into())
        .collect();
    // Comments on a pull request run on its head, so they share its results.
    if shared && (tasks_for == "github-pull-request" || tasks_for == "github-issue-comment") {
        searched.push(for_pull_request.clone().into());
    }
    task.insert(text!("optimization"), map! { "index-search" => searched }.into());

    check_list(task, &["routes"])?;
    check_mapping(task, &["attributes"])?;
    let routes: &mut List = task.list_mut(text!("routes"));
    if tasks_for.starts_with("github-pull-request") || tasks_for == "github-issue-comment" {
        if shared {
            routes.push(format!("index.{for_pull_request}").into());
        }
    } else {
        let index = for_level(level_text);
        routes.push(format!("index.{index}.hash.{digest}").into());
        routes.push(format!("index.{index}.latest").into());
        routes.push(format!("index.{index}.pushdate.{}", build_date_long(session)?).into());
    }
    let cached = map! { "type" => cache_type, "name" => name, "digest" => digest };
    task.map_mut(text!("attributes")).insert(text!("cached_task"), cached.into());
    Ok(())
}

/// `label` without the first `<kind>-` in it, wherever that is.
pub(crate) fn name_in_kind(label: &str, kind: &str) -> String {
    label.replacen(&format!("{kind}-"), "", 1)
}
