//! A small repository with something wrong in it, and what the generator says about it.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use taskgraph_config::{GraphConfig, Offline, ParametersSource, load_parameters};
use taskgraph_generate::{Generator, Lookup, OptimizationInputs, registry};
use taskgraph_kinds::{Environment, Registry, Session};
use taskgraph_transforms::set_run_task_dir;
use tempfile::TempDir;

/// The `config.yml` of repositories that bring none.
pub(crate) const CONFIG: &str = "
trust-domain: example
task-priority: low
taskgraph:
  repositories: {example: {name: Example}}
workers:
  aliases:
    linux: {provisioner: p, implementation: docker-worker, os: linux, worker-type: t}
    win: {provisioner: p, implementation: generic-worker, os: windows, worker-type: w}
    beetmover: {provisioner: p, implementation: beetmover, os: scriptworker, worker-type: b}
    images: {provisioner: p, implementation: docker-worker, os: linux, worker-type: i}
treeherder:
  group-names: {T: Tests}
index:
  products: [example]
";

/// The parameters of those that bring none.
pub(crate) const PARAMETERS: &str = "
base_ref: main
base_repository: https://github.com/example/example
base_rev: aaaa
build_date: 1700000000
build_number: 1
do_not_optimize: []
enable_always_target: true
existing_tasks: {}
files_changed: []
filters: [target_tasks_method]
head_ref: main
head_repository: https://github.com/example/example
head_rev: bbbb
head_tag: ''
level: '1'
moz_build_date: '20231114221320'
next_version: null
optimize_strategies: null
optimize_target_tasks: true
owner: me@example.com
project: example
pushdate: 1700000000
pushlog_id: '0'
repository_type: git
target_tasks_method: default
tasks_for: github-push
version: null
";

/// What a task of [`Repository::task`] has unless it says otherwise.
pub(crate) const DEFAULTS: &str = "
task-defaults:
  description: d
  worker-type: linux
  worker: {docker-image: image, max-run-time: 1}
  run: {using: run-task, checkout: false, command: echo}
";

/// A repository in a temporary folder.
pub(crate) struct Repository {
    folder: TempDir,
    strict: bool,
    environment: Vec<(String, String)>,
    parameters: Option<String>,
    root: PathBuf,
    run_task_dir: Option<PathBuf>,
}

impl Repository {
    /// The files, by their paths below the folder `taskcluster`. There is always a `config.yml`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repository = Repository {
            folder: tempfile::tempdir().unwrap(),
            strict: true,
            environment: Vec::new(),
            parameters: Some("parameters.yml".into()),
            root: "taskcluster".into(),
            run_task_dir: None,
        };
        let scripts = ["run-task", "fetch-content", "hgrc", "robustcheckout.py"];
        let repository = repository.file("config.yml", CONFIG).file("../parameters.yml", PARAMETERS);
        let repository = scripts.iter().fold(repository, |repository, script| {
            repository.file(&format!("../../run-task/{script}"), "a script")
        });
        let repository = repository.run_task_dir(Some("../run-task"));
        files.iter().fold(repository, |repository, (path, text)| repository.file(path, text))
    }

    /// One kind `test` with one task `unit`, which has [`DEFAULTS`] and, on top, some lines of YAML, each indented by
    /// four spaces at least.
    pub(crate) fn task(lines: &str) -> Self {
        Repository::new(&[("kinds/test/kind.yml", &format!("tasks:\n  unit:\n{lines}\n{DEFAULTS}"))])
    }

    /// The same with transforms before the usual ones.
    pub(crate) fn transformed_task(transform: &str, lines: &str) -> Self {
        let kind =
            format!("transforms: [taskgraph.transforms.{transform}]\ntasks:\n  unit:\n{lines}\n{DEFAULTS}");
        Repository::new(&[("kinds/test/kind.yml", &kind)])
    }

    /// With one more file.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// With a link to a path.
    #[cfg(unix)]
    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// As a git checkout, in which all files that are there are tracked.
    pub(crate) fn git(self) -> Self {
        let git = |arguments: &[&str]| {
            let mut git = std::process::Command::new("git");
            git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
            git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
            assert!(git.args(arguments).current_dir(self.cwd()).status().unwrap().success());
        };
        git(&["init", "-q"]);
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "all"]);
        self
    }

    /// Without a file.
    pub(crate) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.path(path)).unwrap();
        self
    }

    /// With other values for some parameters.
    pub(crate) fn parameters(self, lines: &str) -> Self {
        self.file("../parameters.yml", format!("{PARAMETERS}{lines}"))
    }

    /// With parameters that are read from elsewhere, or that are just defaults.
    pub(crate) fn spec(mut self, spec: Option<&str>) -> Self {
        self.parameters = spec.map(str::to_owned);
        self
    }

    /// With defaults for missing parameters.
    pub(crate) fn not_strict(mut self) -> Self {
        self.strict = false;
        self
    }

    /// With a variable in the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// With another root folder than `taskcluster`.
    pub(crate) fn root(mut self, root: &str) -> Self {
        self.root = root.into();
        self
    }

    /// With another folder of in-task scripts.
    pub(crate) fn run_task_dir(mut self, folder: Option<&str>) -> Self {
        self.run_task_dir = folder.map(Into::into);
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("repo/taskcluster").join(path)
    }

    fn cwd(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn generator(&self) -> Result<Generator, String> {
        self.session(|_| ()).map(Generator::new)
    }

    /// What it is generated from, with more registered than what comes with the program.
    pub(crate) fn session(&self, register: impl FnOnce(&mut Registry)) -> Result<Session, String> {
        let mut registry = registry();
        register(&mut registry);
        let cwd = self.cwd();
        let config = GraphConfig::load(&self.root, &cwd).map_err(|error| error.to_string())?;
        let source = ParametersSource {
            strict: self.strict,
            overrides: Default::default(),
            trust_domain: Some(config.trust_domain()),
            repo_root: &cwd,
            cwd: &cwd,
            now: DateTime::default(),
            remote: &Offline,
            extensions: &[],
        };
        let parameters =
            load_parameters(self.parameters.as_deref(), &source).map_err(|error| error.to_string())?;
        let environment = Environment::new(self.environment.iter().cloned());
        let session = Session::new(config, parameters, registry.into(), environment, cwd);
        set_run_task_dir(&session, self.run_task_dir.clone());
        Ok(session)
    }

    /// The number of targets and what they need, or what is wrong.
    pub(crate) fn generate(&self) -> Result<usize, String> {
        let generator = self.generator()?;
        let graph = generator.target_task_graph().map_err(|error| error.to_string())?;
        generator.check_printable(graph).map_err(|error| error.to_string())?;
        taskgraph_graph::write_json(graph, &mut std::io::sink()).map_err(|error| error.to_string())?;
        Ok(graph.tasks().count())
    }

    /// The message of the error that there must be.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        match self.generate() {
            Ok(count) => panic!("expected an error, got a graph of {count}"),
            Err(error) => self.shown(&error),
        }
    }

    /// The message of the error that there must be when the graph is morphed. `lookup` answers for the index.
    #[track_caller]
    pub(crate) fn morph_error(&self, lookup: impl Lookup + 'static) -> String {
        let now = DateTime::default();
        let inputs = OptimizationInputs::new(now, |label| format!("id-of-{label}"), lookup);
        let generator = self.generator().unwrap().with_inputs(inputs);
        match generator.morphed_task_graph() {
            Ok(graph) => panic!("expected an error, got a graph of {}", graph.len()),
            Err(error) => self.shown(&error.to_string()),
        }
    }

    /// The labels of the morphed graph, if the index is empty and nobody asks for more than it has.
    #[track_caller]
    pub(crate) fn morphed(&self, lookup: impl Lookup + 'static) -> Vec<String> {
        let inputs = OptimizationInputs::new(DateTime::default(), |label| format!("id-of-{label}"), lookup);
        let generator = self.generator().unwrap().with_inputs(inputs);
        let graph = generator.morphed_task_graph().unwrap_or_else(|error| panic!("{error}"));
        graph.tasks().map(|task| task.label.to_string()).collect()
    }

    fn shown(&self, text: &str) -> String {
        let folder: &Path = self.folder.path();
        let real = folder.canonicalize().unwrap();
        text.replace(&*real.to_string_lossy(), "$ROOT").replace(&*folder.to_string_lossy(), "$ROOT")
    }
}

/// The message about a repository of these files.
#[track_caller]
pub(crate) fn error(files: &[(&str, &str)]) -> String {
    Repository::new(files).error()
}

/// The message about one kind `test`.
#[track_caller]
pub(crate) fn kind_error(kind: &str) -> String {
    error(&[("kinds/test/kind.yml", kind)])
}

/// The message about one task; see [`Repository::task`].
#[track_caller]
pub(crate) fn task_error(lines: &str) -> String {
    Repository::task(lines).error()
}

/// The message about one task of a kind with a transform; see [`Repository::transformed_task`].
#[track_caller]
pub(crate) fn transformed_task_error(transform: &str, lines: &str) -> String {
    Repository::transformed_task(transform, lines).error()
}

#[test]
fn what_is_right_is_no_error() {
    assert_eq!(Repository::task("    attributes: {}").generate(), Ok(1));
    let kinds = [("kinds/docker-image/kind.yml", "tasks: {}\n")];
    assert_eq!(Repository::new(&kinds).generate(), Ok(0));
}
