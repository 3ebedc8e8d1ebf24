//! What the shipped transforms call by name: how to run, payloads, routes, downloads, groups and names.

use std::sync::Arc;

use taskgraph_graph::Task;
use taskgraph_kinds::{Description, Error, KindContext, Problem, Registry};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_transforms::{
    Building, CustomContext, Fetch, FetchBuilder, GroupBy, Grouping, IndexBuilder, Naming, PayloadBuilder,
    RunJob, RunUsing, SetName,
};
use taskgraph_value::{List, Map, Str, Value, map, text};

pub(super) fn register(registry: &mut Registry) {
    // `run.using` and the worker implementation together are one name.
    registry.add::<dyn RunUsing>("make/docker-worker", Arc::new(Make));
    registry.add::<dyn PayloadBuilder>("acme-signing", Arc::new(Signing));
    registry.add::<dyn IndexBuilder>("acme-nightly", Arc::new(Nightly));
    registry.add::<dyn FetchBuilder>("acme-mirror", Arc::new(Mirror));
    registry.add::<dyn GroupBy>("acme-at-most", Arc::new(AtMost));
    registry.add::<dyn SetName>("acme-numbered", Arc::new(Numbered));
    registry.add::<dyn CustomContext>("acme.release", Arc::new(super::kinds::Release));
}

/// `run: {using: make, target: all}`
struct Make;

static MAKE: Object = Object::closed(&[
    required("using", Shape::Str),
    required("target", Shape::Str),
    required("workdir", Shape::Str),
    optional("jobs", Shape::Int),
]);

impl RunUsing for Make {
    // What does not fit is reported before `describe` is called, with everything that is wrong at once.
    fn schema(&self) -> Option<&'static Object> {
        Some(&MAKE)
    }

    fn defaults(&self) -> Map {
        map! { "jobs" => 2 }
    }

    fn describe(&self, _: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
        for job in jobs.iter_mut() {
            let parallel = job.run.get("jobs").and_then(Value::as_int).unwrap_or(1);
            let target = job.run_text("target").map_err(|problem| job.task.error(problem))?.clone();
            let command: List = [text!("make"), format!("-j{parallel}").into(), target].into_iter().collect();
            job.worker().insert(text!("command"), command.into());
        }
        Ok(())
    }
}

/// Payloads for the worker implementation `acme-signing`.
struct Signing;

static SIGNING: Object =
    Object::open(&[required("implementation", Shape::Str), required("formats", Shape::ListOf(&Shape::Str))]);

impl PayloadBuilder for Signing {
    fn schema(&self) -> Option<&'static Object> {
        Some(&SIGNING)
    }

    fn build(&self, _: &KindContext<'_>, tasks: &mut [Building]) -> Result<(), Error> {
        for building in tasks {
            let formats = building.worker().get("formats").cloned().unwrap_or_default();
            let labels = building.task.get_map("dependencies").cloned().unwrap_or_default();
            let upstream: List =
                labels.keys().map(|name| map! { "task-reference" => format!("<{name}>") }).collect();
            building.set_payload(map! { "formats" => formats, "upstream" => upstream });
            building.scopes().push("project:acme:signing".into());
        }
        Ok(())
    }

    /// Each task is built on its own, so the kind may be split between threads.
    fn splits(&self) -> bool {
        true
    }
}

/// `index: {type: acme-nightly}`
struct Nightly;

impl IndexBuilder for Nightly {
    fn add_routes(&self, _: &KindContext<'_>, tasks: &mut [Description]) -> Result<(), Error> {
        for task in tasks {
            let label = task.text("label").map_err(|problem| task.error(problem))?.clone();
            task.list_mut(text!("routes")).push(format!("index.acme.nightly.{label}").into());
        }
        Ok(())
    }
}

/// `fetch: {type: acme-mirror, package: ..., version: ...}`
struct Mirror;

impl FetchBuilder for Mirror {
    fn build(&self, _: &KindContext<'_>, tasks: &[(&Description, &Map)]) -> Result<Vec<Fetch>, Error> {
        let build = |(task, fetch): &(&Description, &Map)| {
            let need = |key: &str| {
                let missing = || task.error(Problem::missing(&format!("fetch.{key}"), "a string"));
                fetch.get_str(key).cloned().ok_or_else(missing)
            };
            let (package, version) = (need("package")?, need("version")?);
            let name: Str = format!("{package}-{version}.tar.gz").into();
            let command = vec!["fetch-mirror".into(), (&name).into()];
            Ok(Fetch {
                command,
                artifact_name: name,
                digest_data: vec![package, version],
                ..Fetch::default()
            })
        };
        tasks.iter().map(build).collect()
    }
}

/// `group-by: {acme-at-most: N}`: the first N tasks, the next N, ...
struct AtMost;

impl GroupBy for AtMost {
    fn groups<'a>(
        &self,
        _: &KindContext<'_>,
        requests: &[&Grouping<'a>],
    ) -> Result<Vec<Vec<Vec<&'a Arc<Task>>>>, Error> {
        let groups = |request: &&Grouping<'a>| {
            let most = request.argument.and_then(Value::as_int).and_then(|most| usize::try_from(most).ok());
            let most = most.filter(|most| *most > 0).ok_or_else(|| {
                request.task.error(Problem::missing("from-deps.group-by.acme-at-most", "an integer above 0"))
            })?;
            Ok(request.candidates.chunks(most).map(<[_]>::to_vec).collect())
        };
        requests.iter().map(groups).collect()
    }
}

/// `set-name: acme-numbered`: 1, 2, ...
struct Numbered;

impl SetName for Numbered {
    fn names(&self, _: &KindContext<'_>, requests: &[&Naming<'_>]) -> Result<Vec<Str>, Error> {
        Ok((1..=requests.len()).map(|number| number.to_string().into()).collect())
    }
}
