//! A file at a URL whose content is known.

use std::path::Path;

use taskgraph_kinds::{Description, Error, KindContext, Problem};
use taskgraph_parameterize::format;
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{Map, Str, Value, map, python, text};

use super::{Fetch, FetchBuilder};

static GPG: Object = Object::closed(&[required("sig-url", Shape::Str), required("key-path", Shape::Str)]);

static STATIC_URL: Object = Object::open(&[
    required("type", Shape::OneOf(&["static-url"])),
    required("url", Shape::Str),
    required("sha256", Shape::Str),
    required("size", Shape::Int),
    optional("gpg-signature", Shape::Object(&GPG)),
    optional("artifact-name", Shape::Str),
    optional("strip-components", Shape::Int),
    optional("add-prefix", Shape::Str),
    optional("headers", Shape::MapOf(&Shape::Str)),
]);

pub(super) struct StaticUrl;

impl FetchBuilder for StaticUrl {
    fn schema(&self) -> Option<&'static Object> {
        Some(&STATIC_URL)
    }

    fn build(&self, kind: &KindContext<'_>, tasks: &[(&Description, &Map)]) -> Result<Vec<Fetch>, Error> {
        tasks.iter().map(|(task, fetch)| build(kind, fetch).map_err(|problem| task.error(problem))).collect()
    }
}

fn build(kind: &KindContext<'_>, fetch: &Map) -> Result<Fetch, Problem> {
    let need = |key: &str| match fetch.get(key) {
        Some(value) => Ok(Str::from(python::str(value))),
        None => Err(Problem::missing(&format!("fetch.{key}"), "a value")),
    };
    let url = need("url")?;
    let artifact_name = match fetch.get_str("artifact-name").filter(|name| !name.is_empty()) {
        Some(name) => name.clone(),
        None => url.rsplit('/').next().unwrap_or_default().into(),
    };
    // The arguments that make a difference to the artifact.
    let mut args: Vec<Str> = vec![text!("--sha256"), need("sha256")?, text!("--size"), need("size")?];
    for (key, flag) in
        [("strip-components", text!("--strip-components")), ("add-prefix", text!("--add-prefix"))]
    {
        if fetch.is_true(key) {
            args.extend([flag, need(key)?]);
        }
    }
    let mut command: Vec<Value> = vec![text!("fetch-content").into(), text!("static-url").into()];
    command.extend(args.iter().map(Value::from));

    let mut env = Map::new();
    if let Some(Value::Map(gpg)) = fetch.get("gpg-signature") {
        let signature = gpg.get_str("sig-url").cloned().unwrap_or_default();
        env.insert(text!("FETCH_GPG_KEY"), read_key(kind, gpg.get_str("key-path"))?.into());
        command.extend([
            text!("--gpg-sig-url").into(),
            format(&signature, &map! { "url" => &url })?.into(),
            text!("--gpg-key-env").into(),
            text!("FETCH_GPG_KEY").into(),
        ]);
    }
    for (name, value) in fetch.get_map("headers").into_iter().flatten() {
        command.extend([text!("-H").into(), format!("{name}:{}", python::str(value)).into()]);
    }
    command.push(url.into());
    command.push(format!("/builds/worker/artifacts/{artifact_name}").into());
    // The signature adds trust, but nothing to the content that the checksum does not fix already.
    args.push(artifact_name.clone());
    Ok(Fetch { command, artifact_name, env, digest_data: args, secret: None })
}

/// A public key of the repository.
fn read_key(kind: &KindContext<'_>, path: Option<&Str>) -> Result<String, Problem> {
    let wrong =
        |found: String| Problem::wrong("fetch.gpg-signature.key-path", "a file of the repository", found);
    let path = path.ok_or_else(|| wrong("nothing".into()))?;
    let root = kind.session.config.vcs_root()?;
    let read = |path: &Path| path.canonicalize();
    let (inside, file) = (read(&root), read(&root.join(path.as_str())));
    match (inside, file) {
        (Ok(root), Ok(file)) if file.starts_with(&root) => {
            std::fs::read_to_string(&file).map_err(|error| wrong(format!("`{path}`: {error}")))
        }
        (_, Err(error)) => Err(wrong(format!("`{path}`: {error}"))),
        _ => Err(wrong(format!("`{path}`, which is outside"))),
    }
}
