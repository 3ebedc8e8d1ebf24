//! Parameters from a push.

use std::path::Path;

use chrono::{DateTime, Datelike, Timelike, Utc};
use taskgraph_config::{GraphConfig, Parameters, ParametersExtension, read_version};
use taskgraph_kinds::{Environment, Extension, Registry};
use taskgraph_value::{List, Map, Str, Value, map, text};
use taskgraph_vcs::{Changes, DiffFilter, Error as VcsError, NULL_REVISION, Repository};

use crate::{
    error::{AnyError, Error},
    overrides::{OverrideSource, overrides},
    push::Push,
};

/// What the parameters of a push depend on besides the push.
pub struct PushContext<'a> {
    /// The graph configuration, which may name an [`Adjustment`].
    pub config: &'a GraphConfig,
    /// The checkout.
    pub repository: &'a Repository,
    /// Where `version.txt` and `try_task_config.json` are looked for: the current folder, usually the root of the
    /// checkout.
    pub cwd: &'a Path,
    /// The present.
    pub now: DateTime<Utc>,
    /// Where an [`Adjustment`] is looked up.
    pub registry: &'a Registry,
    /// The environment variables that an [`Adjustment`] may see.
    pub environment: &'a Environment,
    /// Parameters that a program adds to the usual ones.
    pub extensions: &'a [ParametersExtension],
}

/// Changes or adds parameters, before anybody overrides them. `taskgraph.decision-parameters` in `config.yml` names the
/// one to use.
pub trait Adjustment: Send + Sync {
    /// Changes the parameters in place.
    fn adjust(&self, parameters: &mut Map, push: &Push, context: &PushContext<'_>) -> Result<(), AnyError>;
}

impl Extension for dyn Adjustment {
    const WHAT: &'static str = "adjustment of parameters";
}

/// The parameters of a push.
#[derive(Clone, Debug, PartialEq)]
pub struct PushParameters {
    /// All of them, checked.
    pub parameters: Parameters,
    /// What overrode some of them, if anything did.
    pub overridden: Option<OverrideSource>,
}

/// Computes the parameters of a push: what the push says, what the checkout knows of its revision, and defaults; then
/// the [`Adjustment`] of the graph, and then, if the push allows it, a file or a git note.
///
/// A push whose commit message has `DONTBUILD` gets the target method `nothing`. Only the latest commit counts.
///
/// Fails with [`Error::UnknownRevision`] if a revision is not known here, with [`Error::Vcs`], with [`Error::Parameters`] and everything that is
/// wrong in the result, and with what is wrong with the file or note.
pub fn decision_parameters(push: &Push, context: &PushContext<'_>) -> Result<PushParameters, Error> {
    let mut values = computed(push, context)?;
    if let Some(name) = context.config.taskgraph().get_str("decision-parameters") {
        let adjustment = context.registry.get::<dyn Adjustment>(name).map_err(|source| {
            Error::UnknownAdjustment { config: context.config.root().join("config.yml"), source }
        })?;
        adjustment
            .adjust(&mut values, push, context)
            .map_err(|source| Error::Adjustment { name: name.clone(), source })?;
    }
    let mut overridden = None;
    if push.allow_parameter_override {
        let head = values.get_str("head_repository").cloned().unwrap_or_default();
        if let Some((source, more)) = overrides(push, &head, context)? {
            values.extend_from(&more);
            overridden = Some(source);
        }
    }
    // Where parameters were loaded from is no parameter.
    values.remove("spec");
    let parameters = Parameters::from_values(values, true);
    let schemas: Vec<_> = context.extensions.iter().map(ParametersExtension::schema).collect();
    parameters.check(&schemas)?;
    Ok(PushParameters { parameters, overridden })
}

fn computed(push: &Push, context: &PushContext<'_>) -> Result<Map, Error> {
    let pushed = Changes::Between { base: &push.base_rev, rev: &push.head_rev };
    let files = context.repository.changed_files(pushed, DiffFilter::ALL);
    let mut files = files.map_err(|error| unknown_revision(push, context.repository, error))?;
    if push.local {
        files.extend(context.repository.changed_files(Changes::Uncommitted, DiffFilter::ALL)?);
        files.sort_unstable();
        files.dedup();
    }
    let build_date = if push.pushdate == 0 { context.now.timestamp() } else { push.pushdate };
    let owner = &push.owner;
    let at = if owner.contains('@') { "" } else { "@noreply.mozilla.org" };
    let list = |items: Vec<Value>| List::from(items);
    Ok(map! {
        "base_repository" => push.base_repository.as_str(),
        "base_ref" => push.base_ref.as_str(),
        "base_rev" => push.base_rev.as_str(),
        "build_date" => build_date,
        "build_number" => 1,
        "do_not_optimize" => List::new(),
        "enable_always_target" => true,
        "existing_tasks" => Map::new(),
        "files_changed" => list(files.into_iter().map(Value::from).collect()),
        "filters" => list(vec![text!("target_tasks_method").into()]),
        "head_ref" => push.head_ref.as_str(),
        "head_repository" => push.head_repository.as_str(),
        "head_rev" => push.head_rev.as_str(),
        "head_tag" => push.head_tag.as_str(),
        "level" => push.level.as_str(),
        "moz_build_date" => moz_build_date(build_date)?,
        "next_version" => Value::Null,
        "optimize_strategies" => Value::Null,
        "optimize_target_tasks" => push.optimize_target_tasks.unwrap_or(true),
        "owner" => format!("{owner}{at}"),
        "project" => push.project.as_str(),
        "pushdate" => push.pushdate,
        "pushlog_id" => push.pushlog_id.as_str(),
        "repository_type" => push.repository_type.as_str(),
        "target_tasks_method" => target_tasks_method(push, context.repository)?,
        "tasks_for" => push.tasks_for.as_str(),
        "version" => read_version(context.cwd)?,
    })
}

/// What is wrong if the tool does not know what a push changed: mostly the history is not deep enough.
fn unknown_revision(push: &Push, repository: &Repository, error: VcsError) -> Error {
    let asked = [("base", &push.base_rev), ("head", &push.head_rev)].into_iter();
    let mut asked = asked.filter(|(_, revision)| !revision.is_empty() && *revision != NULL_REVISION);
    let is_failure = matches!(error, VcsError::Failed { .. });
    let unknown = |revision: &str| matches!(repository.does_revision_exist_locally(revision), Ok(false));
    match asked.find(|(_, revision)| is_failure && unknown(revision)) {
        Some((of, revision)) => {
            Error::UnknownRevision { of, revision: revision.clone(), root: repository.root().to_owned() }
        }
        None => error.into(),
    }
}

/// The build date as people read it. As in Python, a year has as many digits as it needs.
fn moz_build_date(seconds: i64) -> Result<String, Error> {
    let time = DateTime::from_timestamp(seconds, 0).ok_or(Error::PushDate { seconds })?;
    let (year, month, day) = (time.year(), time.month(), time.day());
    Ok(format!("{year}{month:02}{day:02}{:02}{:02}{:02}", time.hour(), time.minute(), time.second()))
}

fn target_tasks_method(push: &Push, repository: &Repository) -> Result<Str, Error> {
    let is_push = matches!(push.tasks_for.as_str(), "hg-push" | "github-push");
    if is_push && message(repository)?.contains("DONTBUILD") {
        return Ok(text!("nothing"));
    }
    let named = push.target_tasks_method.as_deref().filter(|name| !name.is_empty());
    Ok(named.map_or(text!("default"), Str::from))
}

/// The message of the current revision. One that is not UTF-8 says nothing.
fn message(repository: &Repository) -> Result<String, Error> {
    match repository.commit_message(None) {
        Err(taskgraph_vcs::Error::NotUtf8 { .. }) => Ok(String::new()),
        other => Ok(other?),
    }
}
