//! `config.yml`: what all kinds of a graph share.

mod schema;

use std::path::{Component, Path, PathBuf};

use taskgraph_schema::{check_object, shown_path};
use taskgraph_value::{List, Map, Str, Value, text};
use thiserror::Error;

pub use self::schema::TASK_PRIORITIES;
use crate::problems::Problems;
use crate::yaml;

/// Why a graph has no configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The root folder is not there.
    #[error("no taskgraph configuration: there is no folder `{}`", shown_path(root))]
    NoRoot {
        /// The folder, as given.
        root: PathBuf,
    },
    /// The root folder has no `config.yml`.
    #[error("no taskgraph configuration: there is no file `{}`", shown_path(path))]
    NoFile {
        /// The file, below the root as given.
        path: PathBuf,
    },
    /// The file cannot be read, or is not YAML.
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// The file holds something else than a mapping.
    #[error("{}: expected a mapping, found {found}", shown_path(path))]
    NotAMapping {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
    },
    /// The values are not what a configuration holds.
    #[error("invalid graph configuration:\n  {0}")]
    Invalid(Problems),
    /// The root folder is in no checkout, and is not called `taskcluster`, so its parent may not be one either.
    #[error(
        "`{}` is in no git or Mercurial checkout; the root of the repository is only guessed for a folder called `taskcluster`",
        shown_path(root_dir)
    )]
    NotACheckout {
        /// The root folder, absolute.
        root_dir: PathBuf,
    },
}

/// The configuration of a graph: the values of its `config.yml`, and where it lies.
///
/// A copy shares the values.
#[derive(Clone, Debug)]
pub struct GraphConfig {
    values: Map,
    root: PathBuf,
    root_dir: PathBuf,
    trust_domain: Str,
    taskgraph: Map,
    aliases: Map,
}

impl GraphConfig {
    /// Reads `config.yml` in the folder `root`, usually `taskcluster`, which is relative to `cwd`.
    ///
    /// Fails if the file is not there, is no YAML, or does not have the shape of a configuration, then with
    /// everything that is wrong.
    pub fn load(root: &Path, cwd: &Path) -> Result<GraphConfig, ConfigError> {
        let path = root.join("config.yml");
        let bytes = yaml::read(&cwd.join(&path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound if !cwd.join(root).is_dir() => {
                ConfigError::NoRoot { root: root.to_owned() }
            }
            std::io::ErrorKind::NotFound => ConfigError::NoFile { path: path.clone() },
            _ => yaml::Error { path: path.clone(), line: None, column: None, kind: error.into() }.into(),
        })?;
        let mut document = yaml::read_bytes(&bytes, &path)?;
        let values = match std::mem::take(&mut document.value) {
            Value::Map(values) => values,
            other => return Err(ConfigError::NotAMapping { path, found: other.type_name() }),
        };
        GraphConfig::new(values, root, cwd).map_err(|error| match error {
            ConfigError::Invalid(problems) => ConfigError::Invalid(problems.in_file(&path, Some(&document))),
            other => other,
        })
    }

    /// A configuration that comes from no file, for the folder `root`, which is relative to `cwd`.
    ///
    /// Fails with [`ConfigError::Invalid`].
    pub fn new(values: Map, root: &Path, cwd: &Path) -> Result<GraphConfig, ConfigError> {
        let violations = check_object(&schema::GRAPH_CONFIG, &values);
        if !violations.is_empty() {
            return Err(ConfigError::Invalid(Problems::new(violations)));
        }
        let map = |map: &Map, key| map.get_map(key).cloned().unwrap_or_default();
        Ok(GraphConfig {
            root: root.to_owned(),
            root_dir: normalised(&cwd.join(root)),
            trust_domain: values.get_str("trust-domain").cloned().unwrap_or_default(),
            taskgraph: map(&values, "taskgraph"),
            aliases: map(&map(&values, "workers"), "aliases"),
            values,
        })
    }

    /// All values, in the order of the file.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// The value of a key at the top of the file; any key, known or not.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// `trust-domain`.
    pub fn trust_domain(&self) -> &Str {
        &self.trust_domain
    }

    /// `task-priority`: one of [`TASK_PRIORITIES`], maybe keyed by project and level.
    pub fn task_priority(&self) -> &Value {
        self.values.get("task-priority").unwrap_or(&Value::Null)
    }

    /// `task-deadline-after`, maybe keyed by project. As in the reference, it may have any type.
    pub fn task_deadline_after(&self) -> Option<&Value> {
        self.values.get_some("task-deadline-after")
    }

    /// `task-expires-after`: when tasks expire that do not say so themselves; `28 days` if it is not given.
    pub fn task_expires_after(&self) -> Str {
        self.values.get_str("task-expires-after").cloned().unwrap_or(text!("28 days"))
    }

    /// `docker-image-kind`: the name of the kind that builds images; `docker-image` if it is not given.
    pub fn docker_image_kind(&self) -> &str {
        self.values.get_str("docker-image-kind").map_or("docker-image", Str::as_str)
    }

    /// `workers.aliases`: by alias, a mapping with `provisioner`, `implementation`, `os` and `worker-type`.
    pub fn aliases(&self) -> &Map {
        &self.aliases
    }

    /// `index.products`: the products that routes may be made for.
    pub fn index_products(&self) -> &[Value] {
        self.values.get_map("index").map_or(&[], |index| index.get_list("products"))
    }

    /// `treeherder.group-names`: by the symbol of a group, its name.
    pub fn group_names(&self) -> Option<&Map> {
        self.values.get_map("treeherder")?.get_map("group-names")
    }

    /// `taskgraph`.
    pub fn taskgraph(&self) -> &Map {
        &self.taskgraph
    }

    /// `taskgraph.repositories`: at least one, by prefix.
    pub fn repositories(&self) -> Map {
        self.taskgraph.get_map("repositories").cloned().unwrap_or_default()
    }

    /// `taskgraph.cached-task-prefix`: how index paths of cached tasks start; the trust domain if it is not given.
    pub fn cached_task_prefix(&self) -> &Str {
        self.taskgraph.get_str("cached-task-prefix").unwrap_or(&self.trust_domain)
    }

    /// `taskgraph.cache-pull-requests`: whether pull requests use and fill the cache; they do if it is not given.
    pub fn cache_pull_requests(&self) -> bool {
        self.taskgraph.get("cache-pull-requests").is_none_or(Value::is_truthy)
    }

    /// `taskgraph.index-path-regexes`: which index paths are summarised.
    pub fn index_path_regexes(&self) -> &[Value] {
        self.taskgraph.get_list("index-path-regexes")
    }

    /// `taskgraph.disabled-actions`: the names of actions that are left out.
    pub fn disabled_actions(&self) -> &[Value] {
        self.taskgraph.get_list("disabled-actions")
    }

    /// `taskgraph.run.use-caches`: a boolean for all caches, or the list of those to use; `checkout` alone if it is
    /// not given.
    pub fn use_caches(&self) -> Value {
        let given = self.taskgraph.get_map("run").and_then(|run| run.get_some("use-caches"));
        given.cloned().unwrap_or_else(|| List::from(vec![text!("checkout").into()]).into())
    }

    /// The folder of this configuration, as it was given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of this configuration: absolute, without `.` and `..`, links not followed.
    pub fn root_dir(&self) -> &Path {
        &self.root_dir
    }

    /// The root of the checkout that the folder lies in. In no checkout, it is the parent of a folder that is
    /// called `taskcluster`, and an error for any other. Looks at the disk every time.
    pub fn vcs_root(&self) -> Result<PathBuf, ConfigError> {
        if let Some((root, _)) = taskgraph_vcs::find_root(&self.root_dir) {
            return Ok(root);
        }
        match self.root_dir.parent() {
            Some(parent) if self.root_dir.ends_with("taskcluster") => Ok(parent.to_owned()),
            _ => Err(ConfigError::NotACheckout { root_dir: self.root_dir.clone() }),
        }
    }

    /// `.taskcluster.yml` in the root of the checkout.
    pub fn taskcluster_yml(&self) -> Result<PathBuf, ConfigError> {
        Ok(self.vcs_root()?.join(".taskcluster.yml"))
    }

    /// The folder of image definitions.
    pub fn docker_dir(&self) -> PathBuf {
        self.root_dir.join("docker")
    }

    /// The folder of kinds.
    pub fn kinds_dir(&self) -> PathBuf {
        self.root_dir.join("kinds")
    }

    /// `run-task-dir`: the folder with the scripts that run inside of tasks, relative to that of this
    /// configuration. The reference, which brings its own scripts, ignores the key.
    pub fn run_task_dir(&self) -> Option<PathBuf> {
        self.values.get_str("run-task-dir").map(|path| normalised(&self.root_dir.join(path.as_str())))
    }
}

/// The path without `.` and `..`, by its spelling alone.
fn normalised(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            Component::ParentDir if clean.has_root() => {}
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests;
