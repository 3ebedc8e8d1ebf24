//! The repositories that tasks check out.

use taskgraph_config::re_match;
use taskgraph_kinds::{Problem, Session};
use taskgraph_value::{Map, Str, Value, map};

/// A repository as tasks check it out: a mapping, because a task may overwrite any of it.
///
/// Keys: `prefix`, `name`, `base_repository`, `head_repository`, `head_ref`, `type`, `path`, `head_rev`,
/// `ssh_secret_name`; the last two may be null.
pub(crate) type Repository = Map;

/// The repositories of config.yml by their prefix: first the one that the parameters are about.
pub(crate) fn repositories(session: &Session) -> Result<Map, Problem> {
    let known = session.memo(|| find(session));
    match &*known {
        Ok(found) => Ok(found.clone()),
        Err(problem) => Err(Problem::message(problem.to_string())),
    }
}

fn missing(prefix: &Str, key: &str, expected: &str) -> Problem {
    Problem::message(format!(
        "`taskgraph.repositories.{prefix}.{key}` of config.yml: missing, expected {expected}"
    ))
}

fn find(session: &Session) -> Result<Map, Problem> {
    let empty = Map::new();
    let all = session.config.taskgraph().get_map("repositories").unwrap_or(&empty);
    let parameters = &session.parameters;
    let current: Str = match all.single() {
        Some((prefix, _)) => prefix.clone(),
        None => {
            let project = parameters.text("project")?;
            let mut matching = Vec::new();
            for (prefix, repository) in all {
                let regex =
                    repository.as_map().and_then(|map| map.get_str("project-regex")).ok_or_else(|| {
                        missing(
                            prefix,
                            "project-regex",
                            "a regular expression, because there are several repositories",
                        )
                    })?;
                let matches = re_match(regex, project).map_err(|error| {
                    Problem::message(format!(
                        "`taskgraph.repositories.{prefix}.project-regex` of config.yml: {error}"
                    ))
                })?;
                if matches {
                    matching.push(prefix);
                }
            }
            match matching.as_slice() {
                [one] => (*one).clone(),
                several => {
                    let how = if several.is_empty() { "none" } else { "several" };
                    return Err(Problem::message(format!(
                        "one of the repositories of config.yml must match the project `{project}` by its `project-regex`, but {how} do"
                    )));
                }
            }
        }
    };
    let field = |prefix: &Str, key: &str| {
        let repository = all.get_map(prefix);
        repository.and_then(|map| map.get(key)).cloned().ok_or_else(|| missing(prefix, key, "a string"))
    };
    let secret = |prefix: &Str| -> Value { field(prefix, "ssh-secret-name").unwrap_or_default() };
    let parameter = |name: &str| -> Result<Value, Problem> { Ok(parameters.text(name)?.into()) };
    let mut found = Map::new();
    found.insert(
        current.clone(),
        map! {
            "prefix" => &current,
            "name" => field(&current, "name")?,
            "base_repository" => parameter("base_repository")?,
            "head_repository" => parameter("head_repository")?,
            "head_ref" => parameter("head_ref")?,
            "head_rev" => parameter("head_rev")?,
            "type" => parameter("repository_type")?,
            "path" => "",
            "ssh_secret_name" => secret(&current),
        }
        .into(),
    );
    for prefix in all.keys().filter(|prefix| **prefix != current) {
        let url = field(prefix, "default-repository")?;
        found.insert(
            prefix.clone(),
            map! {
                "prefix" => prefix,
                "name" => field(prefix, "name")?,
                "base_repository" => url.clone(),
                "head_repository" => url,
                "head_ref" => field(prefix, "default-ref")?,
                "head_rev" => Value::Null,
                "type" => field(prefix, "type")?,
                "path" => "",
                "ssh_secret_name" => secret(prefix),
            }
            .into(),
        );
    }
    Ok(found)
}
