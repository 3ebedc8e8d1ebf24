//! From the worker type that a task names to the pool that runs it, by the aliases of config.yml.

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;
use taskgraph_config::{KeyedBy, KeyedByError, evaluate_keyed_by};
use taskgraph_kinds::{Problem, Session};
use taskgraph_schema::{describe, one_line};
use taskgraph_value::{Map, Str, Value, map, text};

/// What runs the tasks of a worker type.
#[derive(Clone, Debug)]
pub(crate) struct Implementation {
    /// The worker implementation, e.g. `docker-worker`.
    pub(crate) name: Str,
    /// The operating system; none for tasks that nothing runs.
    pub(crate) os: Option<Str>,
}

/// A worker pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    /// Both of the following, as the cluster writes them.
    pub(crate) name: Str,
    pub(crate) provisioner_id: Str,
    pub(crate) worker_type: Str,
}

impl Pool {
    fn new(provisioner_id: Str, worker_type: Str) -> Self {
        Pool { name: format!("{provisioner_id}/{worker_type}").into(), provisioner_id, worker_type }
    }
}

#[derive(Default)]
struct Known {
    implementations: RwLock<FxHashMap<Str, Implementation>>,
    pools: RwLock<FxHashMap<Str, Pool>>,
}

/// Worker types that every deployment has, and their provisioners. Their implementation has the same name.
fn built_in(worker_type: &str) -> Option<(Str, Str)> {
    match worker_type {
        "always-optimized" => Some((text!("invalid"), text!("always-optimized"))),
        "succeed" => Some((text!("built-in"), text!("succeed"))),
        _ => None,
    }
}

fn remembered<T: Clone>(
    table: &RwLock<FxHashMap<Str, T>>,
    key: &Str,
    make: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    if let Some(value) = table.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return Ok(value.clone());
    }
    let value = make()?;
    table.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), value.clone());
    Ok(value)
}

/// The implementation of a worker type.
pub(crate) fn implementation(session: &Session, worker_type: &Str) -> Result<Implementation, Problem> {
    let known = session.memo(Known::default);
    remembered(&known.implementations, worker_type, || {
        if let Some((_, name)) = built_in(worker_type) {
            return Ok(Implementation { name, os: None });
        }
        let alias = alias(session, worker_type)?;
        let name = alias.get_str("implementation").cloned();
        Ok(Implementation {
            name: name.ok_or_else(|| Problem::missing("workers.aliases.*.implementation", "a string"))?,
            os: alias.get_str("os").filter(|os| !os.is_empty()).cloned(),
        })
    })
}

/// The pool of a worker type at the level of this run.
pub(crate) fn pool(session: &Session, worker_type: &Str) -> Result<Pool, Problem> {
    let known = session.memo(Known::default);
    remembered(&known.pools, worker_type, || {
        if let Some((provisioner_id, worker_type)) = built_in(worker_type) {
            return Ok(Pool::new(provisioner_id, worker_type));
        }
        let alias = alias(session, worker_type)?;
        let level = session.parameters.text("level")?;
        let values = map! {
            "alias" => worker_type, "level" => level, "trust-domain" => session.config.trust_domain(),
        };
        let resolve = |key: &str| {
            let value = alias.get(key).cloned().unwrap_or_default();
            let item = format!("`{key}` of the worker alias `{worker_type}`");
            match evaluate_keyed_by(&value, &item, &map! { "level" => level }, &KeyedBy::default())? {
                Value::Str(template) => taskgraph_parameterize::format(&template, &values)
                    .map_err(|error| Problem::message(format!("{item} in config.yml: {error}"))),
                other => Err(Problem::message(format!(
                    "{item} in config.yml: expected a string, found {}",
                    describe(&other)
                ))),
            }
        };
        Ok(Pool::new(resolve("provisioner")?, resolve("worker-type")?))
    })
}

fn alias(session: &Session, worker_type: &Str) -> Result<Map, Problem> {
    let aliases = map! { "by-worker-type" => session.config.aliases().clone() };
    let found = evaluate_keyed_by(
        &aliases.into(),
        &"the aliases of `workers` in config.yml",
        &map! { "worker-type" => worker_type },
        &KeyedBy::default(),
    );
    match found {
        Ok(Value::Map(alias)) => Ok(alias),
        Ok(other) => {
            Err(Problem::wrong(&format!("workers.aliases.{worker_type}"), "a mapping", describe(&other)))
        }
        Err(KeyedByError::NoMatch { alternatives, .. }) => Err(Problem::message(format!(
            "there is no worker alias `{}` under `workers.aliases` of config.yml; there are {alternatives}",
            one_line(worker_type)
        ))),
        Err(error) => Err(error.into()),
    }
}
