//! A kind.yml.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taskgraph_config::yaml::{self, Document};
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value};

use crate::{Error, Origin, Problem};

/// A kind: its name, where it is, and its kind.yml.
pub struct Kind {
    /// The name: that of its folder.
    pub name: Str,
    /// The folder as given: the `root` of the run, `kinds`, and the name.
    pub path: Str,
    /// The folder, to find files in.
    pub folder: PathBuf,
    /// The kinds that it depends on, as it lists them.
    pub dependencies: Vec<Str>,
    config: Map,
    document: Document,
    file: Arc<Path>,
}

impl Kind {
    /// Reads the kind.yml of a kind below `root`, a path that starts in `cwd`. None if there is no such file.
    pub fn read(root: &Path, cwd: &Path, name: &str) -> Result<Option<Kind>, Error> {
        let path = root.join("kinds").join(name);
        let shown = path.join("kind.yml");
        let file = cwd.join(&shown);
        match file.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(None),
            Err(source) => return Err(Error::new(Problem::Io { path: shown, source })),
        }
        let name = Str::from(name);
        let document = yaml::read_file_as(&file, &shown).map_err(|error| Error::new(error).of_kind(&name))?;
        let fail = |line, problem| Error::in_file(&shown, line, problem).of_kind(&name);
        let Value::Map(config) = &document.value else {
            return Err(fail(
                None,
                Problem::message(format!("expected a mapping, found {}", document.value.type_name())),
            ));
        };
        let mut dependencies = Vec::new();
        match config.get_some("kind-dependencies") {
            None => {}
            Some(Value::List(list)) if list.iter().all(|item| item.as_str().is_some()) => {
                dependencies.extend(list.iter().filter_map(Value::as_str).cloned());
            }
            Some(other) => {
                let problem = Problem::wrong("kind-dependencies", "a list of kinds", describe(other));
                return Err(fail(document.line(&["kind-dependencies"]), problem));
            }
        }
        Ok(Some(Kind {
            path: path.to_string_lossy().as_ref().into(),
            folder: cwd.join(&path),
            dependencies,
            config: config.clone(),
            file: shown.into(),
            document,
            name,
        }))
    }

    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// The contents of kind.yml.
    pub fn config(&self) -> &Map {
        &self.config
    }

    /// Where a key of kind.yml is, e.g. `["tasks", "linux64"]`.
    pub fn origin(&self, key: &[&str]) -> Origin {
        Origin { file: self.file.clone(), line: self.document.line(key) }
    }

    /// An error at a key of kind.yml.
    pub fn error(&self, key: &[&str], problem: impl Into<Problem>) -> Error {
        Error::in_file(self.file.to_path_buf(), self.document.line(key), problem).of_kind(&self.name)
    }

    /// The names of the transforms to run, with the line of the list.
    pub(crate) fn transform_names(&self, config: &Map) -> Result<Vec<Str>, Error> {
        match config.get("transforms") {
            Some(Value::List(list)) => list
                .iter()
                .map(|item| {
                    item.as_str().cloned().ok_or_else(|| {
                        self.error(&["transforms"], Problem::wrong("transforms", "names", describe(item)))
                    })
                })
                .collect(),
            Some(other) => {
                Err(self
                    .error(&["transforms"], Problem::wrong("transforms", "a list of names", describe(other))))
            }
            None => Err(self.error(&[], Problem::missing("transforms", "a list of names"))),
        }
    }
}
