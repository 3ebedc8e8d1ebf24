//! `toolchain-script`: a script of the repository that builds a tool, found again by what it is built from.

use taskgraph_docker::path::{join, normpath};
use taskgraph_kinds::{Error, KindContext, Problem};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::check_worker;
use super::checkout::checkout_name;
use super::describe::{RunJob, RunUsing, configure, each};
use super::shell::quote;
use crate::{caching::name_in_kind, order::artifact_prefix, schema::STRINGS, tracked_files::tracked_files};

const CACHE_TYPE: Str = text!("toolchains.v3");
const SCRIPTS: &str = "taskcluster/scripts/toolchain/";

static RUN: Object = Object::open(&[
    required("using", Shape::OneOf(&["toolchain-script"])),
    required("script", Shape::Str),
    required("toolchain-artifact", Shape::Str),
    required("workdir", Shape::Str),
    optional("arguments", STRINGS),
    optional("resources", STRINGS),
    optional("toolchain-alias", Shape::AnyOf(&[Shape::Str, STRINGS])),
    optional("toolchain-env", Shape::Mapping),
]);

pub(super) struct Toolchain;

impl RunUsing for Toolchain {
    fn schema(&self) -> Option<&'static Object> {
        Some(&RUN)
    }

    fn describe(&self, kind: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
        each(jobs, |job| describe_toolchain(kind, job))?;
        // What is left to do is what run-task does.
        *jobs = configure(kind, std::mem::take(jobs))?;
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }
}

fn describe_toolchain(kind: &KindContext<'_>, job: &mut RunJob) -> Result<(), Problem> {
    check_worker(&job.task, "env", "a mapping", |env| env.as_map().is_some())?;
    check_worker(&job.task, "artifacts", "a list", |artifacts| artifacts.as_list().is_some())?;
    let docker = job.implementation() == "docker-worker";
    let source = checkout_name(job.os()?);
    let workdir = job.run_text("workdir")?.clone();
    let prefix = artifact_prefix(job.task.get_map("attributes"));
    job.worker().insert(text!("chain-of-trust"), true.into());
    if docker {
        job.worker().set_default(text!("docker-image"), map! { "in-tree" => text!("toolchain-build") });
    }
    let artifacts = job.worker().list_mut(text!("artifacts"));
    let named = |artifact: &Value| {
        artifact.as_map().and_then(|map| map.get_str("name")).is_some_and(|name| name == "public/build")
    };
    if !artifacts.iter().any(named) {
        let path = if docker { format!("{workdir}/artifacts/") } else { prefix.to_string() };
        artifacts
            .push(map! { "name" => prefix, "path" => path.as_str(), "type" => text!("directory") }.into());
        if docker {
            job.env().insert(text!("UPLOAD_DIR"), path.into());
        }
    }
    let parameters = &kind.parameters;
    let env = job.env();
    env.insert(text!("MOZ_BUILD_DATE"), parameters.text("moz_build_date")?.into());
    env.insert(text!("MOZ_SCM_LEVEL"), parameters.text("level")?.into());

    let attributes = job.task.map_mut(text!("attributes"));
    for key in [text!("toolchain-artifact"), text!("toolchain-alias"), text!("toolchain-env")] {
        if let Some(value) = job.run.remove(&key) {
            attributes.insert(key, value);
        }
    }
    let script = join(SCRIPTS, job.run_text("script")?);
    let resources = job.run.remove("resources");
    if !kind.fast {
        let cache = map! {
            "type" => CACHE_TYPE,
            "name" => name_in_kind(job.task.text("label")?, &kind.kind),
            "digest-data" => digest_data(kind, job, &script, resources.as_ref())?,
        };
        job.task.insert(text!("cache"), cache.into());
    }
    job.run.remove("script");
    job.run.insert(text!("using"), text!("run-task").into());
    job.run.insert(text!("cwd"), text!("{checkout}/..").into());
    if script.ends_with(".ps1") {
        job.run.insert(text!("exec-with"), text!("powershell").into());
    }
    let arguments = job.run.remove("arguments");
    let arguments: Vec<Value> = arguments.iter().filter_map(Value::as_list).flatten().cloned().collect();
    let program = format!("{source}/{}", normpath(&script));
    let command = if docker {
        let mut words: Vec<Value> = vec![program.into()];
        words.extend(arguments);
        List::from(words).into()
    } else if arguments.is_empty() {
        program.into()
    } else {
        let words = arguments.iter().filter_map(Value::as_str).map(Str::as_str);
        format!("{program} {}", quote(words)).into()
    };
    job.run.insert(text!("command"), command);
    Ok(())
}

/// What the toolchain is built from: files, artifact, image and arguments.
fn digest_data(
    kind: &KindContext<'_>,
    job: &RunJob,
    script: &str,
    resources: Option<&Value>,
) -> Result<List, Problem> {
    let mut patterns: Vec<Str> =
        resources.and_then(Value::as_list).into_iter().flatten().filter_map(Value::as_str).cloned().collect();
    patterns.push(normpath(script).into());
    let hash = tracked_files(kind)?.hash(&patterns).map_err(|error| match error {
        taskgraph_docker::Error::NoMatch { pattern } => {
            let key = if pattern == normpath(script) { "run.script" } else { "run.resources" };
            Problem::wrong(key, "a file that is tracked by the repository", format!("`{pattern}`"))
        }
        error => Problem::other(error),
    })?;
    let mut data = vec![hash.into()];
    let attributes = job.task.get_map("attributes");
    data.push(attributes.and_then(|map| map.get("toolchain-artifact")).cloned().unwrap_or_default());
    // The content of the image is not known here, so its name stands for it.
    let image = job.task.get_map("worker").and_then(|worker| worker.get_map("docker-image"));
    if let Some(image) =
        image.and_then(|image: &Map| image.get_str("in-tree")).filter(|name| !name.is_empty())
    {
        data.push(image.into());
    }
    data.extend_from_slice(job.run.get_list("arguments"));
    Ok(data.into())
}
