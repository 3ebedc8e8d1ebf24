//! Where parameters come from.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use percent_encoding::percent_decode_str;
use taskgraph_schema::Object;
use taskgraph_value::{Map, Value};

use super::spec::{Source, source};
use super::{Parameters, ParametersError, RemoteError, defaults};
use crate::yaml::{self, Document};

/// The cluster and the web, as far as parameters are found there.
pub trait Remote {
    /// The id of the task at a path of the index.
    fn find_task(&self, index: &str) -> Result<String, RemoteError>;

    /// The content of an artifact of a task's latest run, decompressed.
    fn artifact(&self, task_id: &str, name: &str) -> Result<Vec<u8>, RemoteError>;

    /// What is at an `http` or `https` address, decompressed.
    fn get(&self, url: &str) -> Result<Vec<u8>, RemoteError>;
}

/// A [`Remote`] that has nothing, for programs that stay on this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Remote for Offline {
    fn find_task(&self, _: &str) -> Result<String, RemoteError> {
        Err("this program does not use the network".into())
    }

    fn artifact(&self, _: &str, _: &str) -> Result<Vec<u8>, RemoteError> {
        Err("this program does not use the network".into())
    }

    fn get(&self, _: &str) -> Result<Vec<u8>, RemoteError> {
        Err("this program does not use the network".into())
    }
}

/// Parameters that a program adds to the usual ones.
///
/// ```
/// use taskgraph_config::ParametersExtension;
/// use taskgraph_schema::{Object, Shape, required};
/// use taskgraph_value::map;
///
/// static SHIPPING: Object = Object::closed(&[required("release_type", Shape::Str)]);
/// let extension = ParametersExtension::new(&SHIPPING).with_defaults(|_repo_root| map! { "release_type" => "" });
/// assert_eq!(extension.schema().keys().collect::<Vec<_>>(), ["release_type"]);
/// ```
pub struct ParametersExtension {
    schema: &'static Object,
    defaults: Option<Defaults>,
}

/// Makes defaults, given the root of the repository.
type Defaults = Box<dyn Fn(&Path) -> Map + Send + Sync>;

impl ParametersExtension {
    /// Additional parameters without defaults.
    pub fn new(schema: &'static Object) -> Self {
        ParametersExtension { schema, defaults: None }
    }

    /// With defaults, which are asked for only if parameters need not be complete. They are given the root of the
    /// repository, and win over the usual defaults of the same name.
    #[must_use]
    pub fn with_defaults(mut self, defaults: impl Fn(&Path) -> Map + Send + Sync + 'static) -> Self {
        self.defaults = Some(Box::new(defaults));
        self
    }

    /// What the additional parameters may hold.
    pub fn schema(&self) -> &'static Object {
        self.schema
    }
}

/// What loading parameters depends on.
pub struct ParametersSource<'a> {
    /// Whether all parameters must be there and no others; else defaults take the place of missing ones, and
    /// unknown ones are kept.
    pub strict: bool,
    /// Values that win over those that are read.
    pub overrides: Map,
    /// The trust domain of the graph, which `project=` needs.
    pub trust_domain: Option<&'a str>,
    /// The root of the checkout, whose state gives defaults.
    pub repo_root: &'a Path,
    /// What the names of files are relative to.
    pub cwd: &'a Path,
    /// The present, in the local time zone.
    pub now: DateTime<FixedOffset>,
    /// Where addresses and tasks are looked up.
    pub remote: &'a dyn Remote,
    /// Additional parameters.
    pub extensions: &'a [ParametersExtension],
}

/// The parameters that a specification stands for: a `.yml` or `.json` file, or the address of one,
/// `task-id=<decision task>`, `project=<name>`, `index=<path>`; just defaults and overrides for none.
///
/// Fails if they cannot be read, and with everything that is wrong in them at once: missing, unknown and wrongly
/// typed ones.
///
/// ```
/// use std::path::Path;
/// use taskgraph_config::{Offline, ParametersSource, load_parameters};
/// use taskgraph_value::map;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("try.yml"), "level: '1'\nproject: try\n")?;
/// let source = ParametersSource {
///     strict: false,
///     overrides: map! { "target_tasks_method" => "nothing" },
///     trust_domain: None,
///     repo_root: folder.path(),
///     cwd: folder.path(),
///     now: chrono::DateTime::parse_from_rfc3339("2024-05-06T07:08:09Z")?,
///     remote: &Offline,
///     extensions: &[],
/// };
/// let parameters = load_parameters(Some("try.yml"), &source)?;
/// assert_eq!(parameters.text("level")?, "1");
/// assert_eq!(parameters.text("target_tasks_method")?, "nothing");
/// assert_eq!(parameters.text("moz_build_date")?, "20240506070809");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_parameters(
    spec: Option<&str>,
    source: &ParametersSource<'_>,
) -> Result<Parameters, ParametersError> {
    let spec = spec.filter(|spec| !spec.is_empty());
    let read = spec.map(|spec| read(spec, source)).transpose()?;
    let mut values = read.as_ref().map(|read| read.values.clone()).unwrap_or_default();
    values.extend_from(&source.overrides);
    values.remove("spec");
    if !source.strict {
        let mut preferred = Map::new();
        for extension in source.extensions {
            if let Some(defaults) = &extension.defaults {
                preferred.extend_from(&defaults(source.repo_root));
            }
        }
        defaults::fill(&mut values, &preferred, source.repo_root, &source.now)?;
    }
    let parameters = Parameters { values, strict: source.strict, spec: spec.map(str::to_owned) };
    let schemas: Vec<_> = source.extensions.iter().map(ParametersExtension::schema).collect();
    match (parameters.check(&schemas), &read) {
        (Ok(()), _) => Ok(parameters),
        (Err(ParametersError::Invalid(problems)), Some(read)) => {
            Err(ParametersError::Invalid(problems.in_file(&read.name, read.document().as_ref())))
        }
        (Err(error), _) => Err(error),
    }
}

/// A file that was read.
struct Read {
    name: PathBuf,
    bytes: Vec<u8>,
    values: Map,
}

impl Read {
    /// The lines of the keys. JSON is as good as always YAML.
    fn document(&self) -> Option<Document> {
        yaml::read_bytes(&self.bytes, &self.name).ok()
    }
}

fn read(spec: &str, loader: &ParametersSource<'_>) -> Result<Read, ParametersError> {
    let path = loader.cwd.join(spec);
    match std::fs::read(&path) {
        Ok(bytes) => parse(spec, spec, bytes),
        Err(error) => read_elsewhere(spec, loader, error),
    }
}

/// Reads what `spec` means if it is not the name of a file, which `not_a_file` says.
fn read_elsewhere(
    spec: &str,
    loader: &ParametersSource<'_>,
    not_a_file: std::io::Error,
) -> Result<Read, ParametersError> {
    const ARTIFACT: &str = "public/parameters.yml";
    let shown = without_credentials(spec);
    let fail = |source| ParametersError::Remote { spec: shown.clone().into_owned(), source };
    let of_task = |task: &str| {
        let bytes = loader.remote.artifact(task, ARTIFACT).map_err(fail)?;
        parse(&format!("{spec}/{ARTIFACT}"), ARTIFACT, bytes)
    };
    let of_index = |index: &str| of_task(&loader.remote.find_task(index).map_err(fail)?);
    match source(spec) {
        Source::Task(task) => of_task(task),
        Source::Index(index) => of_index(index),
        Source::Project(project) => match loader.trust_domain {
            Some(domain) => of_index(&format!("{domain}.v2.{project}.latest.taskgraph.decision")),
            None => Err(ParametersError::NoTrustDomain { spec: spec.to_owned() }),
        },
        Source::Url(url) => {
            Format::of(&shown)?;
            parse(&shown, &shown, loader.remote.get(url).map_err(fail)?)
        }
        Source::FileUrl(path) => {
            let path = PathBuf::from(percent_decode_str(path).decode_utf8_lossy().as_ref());
            let bytes = std::fs::read(&path).map_err(|source| ParametersError::Io { path, source })?;
            parse(spec, spec, bytes)
        }
        Source::Other if not_a_file.kind() == ErrorKind::NotFound => {
            Err(ParametersError::NoSuchFile { spec: spec.to_owned() })
        }
        Source::Other => Err(ParametersError::Io { path: spec.into(), source: not_a_file }),
    }
}

/// A specification for messages: if it is a URL, without user name and password.
fn without_credentials(spec: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = spec.split_once("://") else { return spec.into() };
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    match host.rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]).into(),
        None => spec.into(),
    }
}

enum Format {
    Yaml,
    Json,
}

impl Format {
    fn of(name: &str) -> Result<Format, ParametersError> {
        if name.ends_with(".yml") {
            Ok(Format::Yaml)
        } else if name.ends_with(".json") {
            Ok(Format::Json)
        } else {
            Err(ParametersError::UnknownFormat { spec: name.to_owned() })
        }
    }
}

/// Reads the content of a file. `name` is what errors call it, `file` tells the format.
fn parse(name: &str, file: &str, bytes: Vec<u8>) -> Result<Read, ParametersError> {
    let name = PathBuf::from(name);
    let value = match Format::of(file)? {
        Format::Yaml => yaml::read_bytes(&bytes, &name)?.value,
        Format::Json => json(&bytes, &name)?,
    };
    match value {
        Value::Map(values) => Ok(Read { name, bytes, values }),
        other => Err(ParametersError::NotAMapping { path: name, found: other.type_name() }),
    }
}

fn json(bytes: &[u8], name: &Path) -> Result<Value, ParametersError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..offset]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let number = |n: usize| u32::try_from(n).ok();
        let kind = yaml::ErrorKind::NotUtf8 { offset };
        yaml::Error { path: name.to_owned(), line: number(line), column: number(column), kind }
    })?;
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let place = format!(" at line {line} column {column}");
        let problem = error.to_string().replace(&place, "");
        ParametersError::Json { path: name.to_owned(), line, column, problem }
    })
}
