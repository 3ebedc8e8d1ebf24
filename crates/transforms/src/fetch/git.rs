//! A git repository at a revision, as an archive.

use taskgraph_kinds::{Description, Error, KindContext, Problem};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{Map, Str, Value, text};

use super::{Fetch, FetchBuilder};

static GIT: Object = Object::open(&[
    required("type", Shape::OneOf(&["git"])),
    required("repo", Shape::Str),
    required("revision", Shape::Str),
    optional("include-dot-git", Shape::Bool),
    optional("artifact-name", Shape::Str),
    optional("path-prefix", Shape::Str),
    optional("ssh-key", Shape::Str),
]);

pub(super) struct Git;

impl FetchBuilder for Git {
    fn schema(&self) -> Option<&'static Object> {
        Some(&GIT)
    }

    fn build(&self, _: &KindContext<'_>, tasks: &[(&Description, &Map)]) -> Result<Vec<Fetch>, Error> {
        tasks.iter().map(|(task, fetch)| build(fetch).map_err(|problem| task.error(problem))).collect()
    }
}

fn build(fetch: &Map) -> Result<Fetch, Problem> {
    let text = |key: &str| fetch.get_str(key).filter(|text| !text.is_empty());
    let need = |key: &str| {
        fetch.get_str(key).cloned().ok_or_else(|| Problem::missing(&format!("fetch.{key}"), "a string"))
    };
    let (repo, revision) = (need("repo")?, need("revision")?);
    let prefix = match text("path-prefix") {
        Some(prefix) => prefix.clone(),
        None => repo.trim_end_matches('/').rsplit('/').next().unwrap_or_default().into(),
    };
    let artifact_name = text("artifact-name").cloned().unwrap_or_else(|| format!("{prefix}.tar.zst").into());
    if !revision.get(..40).is_some_and(|start| start.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(Problem::wrong("fetch.revision", "a full SHA-1", format!("`{revision}`")));
    }
    let mut command: Vec<Value> = vec![
        text!("fetch-content").into(),
        text!("git-checkout-archive").into(),
        text!("--path-prefix").into(),
        (&prefix).into(),
        repo.into(),
        (&revision).into(),
        format!("/builds/worker/artifacts/{artifact_name}").into(),
    ];
    let secret = text("ssh-key").cloned();
    if let Some(key) = &secret {
        command.extend([text!("--ssh-key-secret").into(), key.into()]);
    }
    let mut digest_data: Vec<Str> = vec![revision, prefix, artifact_name.clone()];
    if fetch.is_true("include-dot-git") {
        command.push(text!("--include-dot-git").into());
        digest_data.push(text!(".git"));
    }
    Ok(Fetch { command, artifact_name, digest_data, secret, env: Map::new() })
}
