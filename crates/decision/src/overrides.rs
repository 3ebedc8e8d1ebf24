//! What may override computed parameters: a file, or a note at the revision.

use std::fmt;
use std::path::{Path, PathBuf};

use taskgraph_config::{Problem, Problems, yaml};
use taskgraph_schema::{Object, Shape, check_object, describe, optional, shown_path};
use taskgraph_value::{Map, Value};

use crate::{error::Error, parameters::PushContext, push::Push};

/// The ref of the git notes whose JSON overrides parameters.
pub const PARAMETERS_NOTES: &str = "refs/notes/decision-parameters";

const TRY_CONFIG: &str = "try_task_config.json";

static TRY_CONFIG_2: Object = Object::closed(&[optional("parameters", Shape::MapOf(&Shape::Any))]);

/// Where overriding parameters came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverrideSource {
    /// A try configuration.
    File(PathBuf),
    /// The git note of the current revision, see [`PARAMETERS_NOTES`].
    Note,
}

impl fmt::Display for OverrideSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OverrideSource::File(path) => f.write_str(&shown_path(path)),
            OverrideSource::Note => f.write_str(PARAMETERS_NOTES),
        }
    }
}

/// The parameters that override others, and where they are from: a file if there is one, else a note.
pub(crate) fn overrides(
    push: &Push,
    head_repository: &str,
    context: &PushContext<'_>,
) -> Result<Option<(OverrideSource, Map)>, Error> {
    let named = push.try_task_config_file.as_deref().filter(|path| !path.as_os_str().is_empty());
    let name = named.unwrap_or(Path::new(TRY_CONFIG));
    let path = context.cwd.join(name);
    if path.is_file() {
        let parameters = of_file(&path, name)?;
        return Ok(Some((OverrideSource::File(name.to_owned()), parameters)));
    }
    // What is on a laptop need not be anywhere else.
    let from = if push.local { "." } else { head_repository };
    let note = context.repository.note(PARAMETERS_NOTES, from, None)?;
    let Some(note) = note.filter(|note| !note.is_empty()) else { return Ok(None) };
    match json(note.as_bytes(), PARAMETERS_NOTES)? {
        Value::Map(parameters) => Ok(Some((OverrideSource::Note, parameters))),
        other => Err(Error::Unexpected {
            name: PARAMETERS_NOTES.to_owned(),
            expected: "a mapping of parameters",
            found: describe(&other),
        }),
    }
}

/// Reads a try configuration, which errors call `name`.
fn of_file(path: &Path, name: &Path) -> Result<Map, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read { path: name.to_owned(), source })?;
    let shown = shown_path(name);
    let unexpected = |key: &str, expected, found: Option<&Value>| Error::Unexpected {
        name: format!("{shown}{key}"),
        expected,
        found: found.map_or_else(|| "nothing".to_owned(), describe),
    };
    let value = json(&bytes, &shown)?;
    let Value::Map(mut config) = value else { return Err(unexpected("", "a mapping", Some(&value))) };
    let version = config.remove("version");
    if !matches!(version, Some(Value::Int(2) | Value::Float(2.0))) {
        return Err(unexpected(": `version`", "the integer 2", version.as_ref()));
    }
    let violations = check_object(&TRY_CONFIG_2, &config);
    if !violations.is_empty() {
        // JSON is as good as always YAML, whose reader knows the lines.
        let document = yaml::read_bytes(&bytes, name).ok();
        let line = |path: &str| document.as_ref()?.line(&path.split('.').take(1).collect::<Vec<_>>());
        let problems = violations.into_iter().map(|violation| Problem {
            file: Some(name.to_owned()),
            line: line(&violation.path),
            violation,
        });
        return Err(Error::TryConfig(Problems(problems.collect())));
    }
    match config.get("parameters") {
        Some(Value::Map(parameters)) => Ok(parameters.clone()),
        other => Err(unexpected(": `parameters`", "a mapping of parameters", other)),
    }
}

fn json(bytes: &[u8], name: &str) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = error.to_string().replace(&format!(" at line {line} column {column}"), "");
        Error::Json { name: name.to_owned(), line, column, problem }
    })
}
