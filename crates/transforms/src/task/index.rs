//! Routes under which the index finds a task, and its rank there.

use std::sync::Arc;

use taskgraph_kinds::{Description, Error, Extension, KindContext, Problem, Registry, Transform};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, python, text};

use crate::addition::check_mapping;
use crate::{batch, dates::build_date_long};

/// Knows the routes of one type of index.
pub trait IndexBuilder: Send + Sync {
    /// Adds routes to some tasks: all those of a kind that name this type, in order. They have `index`.
    fn add_routes(&self, kind: &KindContext<'_>, tasks: &mut [Description]) -> Result<(), Error>;

    /// Whether tasks may come in several calls, on several threads.
    fn splits(&self) -> bool {
        false
    }
}

impl Extension for dyn IndexBuilder {
    const WHAT: &'static str = "index type";
}

pub(super) fn register(registry: &mut Registry) {
    registry.add::<dyn IndexBuilder>("generic", Arc::new(Generic));
}

pub(super) struct AddIndexRoutes;

impl Transform for AddIndexRoutes {
    fn apply(&self, kind: &KindContext<'_>, mut tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let mut types = Vec::with_capacity(tasks.len());
        for task in &mut tasks {
            set_rank(kind, task).map_err(|problem| task.error(problem))?;
            let index = task.get_map("index").filter(|index| !index.is_empty());
            types.push(index.map(|index| index.get_str("type").cloned().unwrap_or(text!("generic"))));
        }
        if types.iter().all(Option::is_none) {
            return Ok(tasks);
        }
        let mut slots: Vec<Option<Description>> = tasks.into_iter().map(Some).collect();
        for (name, positions) in batch::by_name(types.iter().map(Option::as_ref)) {
            batch::with_items(&mut slots, &positions, |tasks| {
                let found = kind.registry.get::<dyn IndexBuilder>(&name);
                found.map_err(|unknown| tasks[0].error(unknown.into()))?.add_routes(kind, tasks)?;
                tasks.iter_mut().for_each(|task| drop(task.remove("index")));
                Ok::<(), Error>(())
            })?;
        }
        Ok(slots.into_iter().flatten().collect())
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        kind.registry.all::<dyn IndexBuilder>(IndexBuilder::splits)
    }
}

fn set_rank(kind: &KindContext<'_>, task: &mut Description) -> Result<(), Problem> {
    check_mapping(task, &["extra", "index"])?;
    let built = || Ok::<Value, Problem>(kind.parameters.integer("build_date")?.into());
    let rank = match task.get_map("index").and_then(|index| index.get("rank")) {
        Some(Value::Str(by)) if by == "build_date" => built()?,
        None | Some(Value::Str(_)) => {
            // Tasks of a lower tier never hide one of the first, and newer ones hide older ones.
            let tier =
                task.get("extra").and_then(|extra| extra.at("treeherder.tier")).map_or(Ok(3), |tier| {
                    tier.as_int()
                        .ok_or_else(|| Problem::wrong("treeherder.tier", "an integer", describe(tier)))
                })?;
            if tier > 1 { 0.into() } else { built()? }
        }
        Some(rank) => rank.clone(),
    };
    task.map_mut(text!("extra")).map_mut(text!("index")).insert(text!("rank"), rank);
    Ok(())
}

struct Generic;

impl IndexBuilder for Generic {
    fn add_routes(&self, kind: &KindContext<'_>, tasks: &mut [Description]) -> Result<(), Error> {
        for task in tasks {
            let routes = generic_routes(kind, task).map_err(|problem| task.error(problem))?;
            task.list_mut(text!("routes")).extend(routes.map(Value::from));
        }
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }
}

fn generic_routes(kind: &KindContext<'_>, task: &Map) -> Result<[String; 4], Problem> {
    let index = task.get_map("index").cloned().unwrap_or_default();
    let config = &kind.session.config;
    let product = index.get("product").cloned().unwrap_or_default();
    let products = config
        .get("index")
        .and_then(Value::as_map)
        .map(|index| index.get_list("products"))
        .unwrap_or_default();
    if !products.contains(&product) {
        let known: Vec<String> = products.iter().map(python::str).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        let expected = format!("one of `index.products` of config.yml, which are {known}");
        return Err(Problem::wrong("index.product", &expected, describe(&product)));
    }
    let name = index.get("job-name").ok_or_else(|| Problem::missing("index.job-name", "a string"))?;
    let (product, name) = (python::str(&product), python::str(name));
    let parameter = |name: &str| Ok::<Str, Problem>(kind.parameters.text(name)?.clone());
    let (domain, project) = (config.trust_domain(), parameter("project")?);
    let route = |part: String| format!("index.{domain}.v2.{project}.{part}.{product}.{name}");
    Ok([
        route("latest".into()),
        route(format!("pushdate.{}", build_date_long(kind)?)),
        route(format!("pushlog-id.{}", parameter("pushlog_id")?)),
        route(format!("revision.{}", parameter("head_rev")?)),
    ])
}
