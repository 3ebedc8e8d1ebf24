//! One run of the generator.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use taskgraph_config::{GraphConfig, Parameters, ParametersSource, load_parameters};
use taskgraph_decision::look_up;
use taskgraph_docker::RunTaskSearch;
use taskgraph_generate::{
    Error, Generator, Lookup, LookupError, Lookups, OptimizationInputs, filter, registry,
};
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::Session;
use taskgraph_parameterize::nice_slugid;
use taskgraph_transforms::{list_tracked_files_ahead, set_run_task_dir};
use taskgraph_value::{Map, Str};

use crate::connection::Connection;
use crate::format::Format;
use crate::log::Log;
use crate::memory;
use crate::world::{RandomIds, Services, World, random_bytes};

/// A graph that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    FullTaskSet,
    FullTaskGraph,
    TargetTaskSet,
    TargetTaskGraph,
    OptimizedTaskGraph,
    MorphedTaskGraph,
}

impl Phase {
    const ALL: [Phase; 6] = [
        Phase::FullTaskSet,
        Phase::FullTaskGraph,
        Phase::TargetTaskSet,
        Phase::TargetTaskGraph,
        Phase::OptimizedTaskGraph,
        Phase::MorphedTaskGraph,
    ];

    /// What the reference calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::FullTaskSet => "full_task_set",
            Phase::FullTaskGraph => "full_task_graph",
            Phase::TargetTaskSet => "target_task_set",
            Phase::TargetTaskGraph => "target_task_graph",
            Phase::OptimizedTaskGraph => "optimized_task_graph",
            Phase::MorphedTaskGraph => "morphed_task_graph",
        }
    }

    fn of(self, generator: &Generator) -> Result<&TaskGraph, Error> {
        match self {
            Phase::FullTaskSet => generator.full_task_set(),
            Phase::FullTaskGraph => generator.full_task_graph(),
            Phase::TargetTaskSet => generator.target_task_set(),
            Phase::TargetTaskGraph => generator.target_task_graph(),
            Phase::OptimizedTaskGraph => generator.optimized_task_graph(),
            Phase::MorphedTaskGraph => generator.morphed_task_graph(),
        }
    }
}

/// What to generate, whatever the parameters.
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    /// The folder of config.yml, as it was given.
    pub(crate) root: PathBuf,
    /// Parameters that win over those that are read.
    pub(crate) overrides: Map,
    pub(crate) run_task_dir: Option<PathBuf>,
    pub(crate) fast: bool,
}

impl Request<'_> {
    /// A generator for a set of parameters. `cwd` is where the root starts, which may be another checkout than the
    /// one in which files of parameters are found.
    pub(crate) fn generator(&self, cwd: &Path, spec: Option<&str>, log: &Log) -> Result<Generator> {
        let config = GraphConfig::load(&self.root, cwd)?;
        let repo_root = config.vcs_root()?;
        let source = ParametersSource {
            strict: false,
            overrides: self.overrides.clone(),
            trust_domain: Some(config.trust_domain()),
            repo_root: &repo_root,
            cwd: &self.world.cwd,
            now: self.world.now,
            remote: &Services::new(self.world),
            extensions: &[],
        };
        let parameters = load_parameters(spec, &source)?;
        if log.is_verbose() {
            let id = parameters.id().unwrap_or_else(|_| "none".into());
            log.debug(format_args!(
                "parameters: {} (id {id})",
                spec.unwrap_or("defaults, from the checkout")
            ));
        }
        let mut session = session(self.world, config, parameters, cwd, self.run_task_dir.as_deref(), log);
        session.fast = self.fast;
        Ok(Generator::new(session))
    }

    /// The clock, random taskIds, and the services that the environment names.
    pub(crate) fn optimization_inputs(&self) -> Result<OptimizationInputs> {
        random_bytes::<1>()?; // if there are none now, there are none later
        let ids = RandomIds::default();
        let task_id = move |_: &str| match ids.next() {
            Ok(bytes) => nice_slugid(bytes),
            // Ids that are not random would be those of other tasks.
            Err(_) => std::process::abort(),
        };
        Ok(OptimizationInputs::new(self.world.now.to_utc(), task_id, Asking::of(self.world)))
    }

    /// Generates a graph for a set of parameters, with all that went into it.
    pub(crate) fn generate(
        &self,
        selection: &Selection,
        cwd: &Path,
        spec: Option<&str>,
        log: &Log,
    ) -> Result<Generated> {
        let start = Instant::now();
        let mut generator = self.generator(cwd, spec, log)?;
        if selection.phase >= Phase::OptimizedTaskGraph {
            generator = generator.with_inputs(self.optimization_inputs()?);
        }
        let kinds = timed(log, "kinds", || generator.kind_graph())?.kinds().len();
        for phase in Phase::ALL.into_iter().filter(|phase| *phase <= selection.phase) {
            timed(log, phase.name(), || phase.of(&generator))?;
        }
        let count = selection.phase.of(&generator)?.len();
        log.info(format_args!(
            "Generated {}: {count} task{} ({kinds} kind{} loaded) in {:.2} s",
            selection.phase.name(),
            if count == 1 { "" } else { "s" },
            if kinds == 1 { "" } else { "s" },
            start.elapsed().as_secs_f64()
        ));
        let filtered = if selection.labels.is_some() || !selection.excluded_keys.is_empty() {
            let graph = selection.phase.of(&generator)?;
            Some(filter(graph, selection.labels.as_deref(), &selection.excluded_keys)?)
        } else {
            None
        };
        Ok(Generated { generator, phase: selection.phase, filtered })
    }
}

/// What a graph is generated from, for everything that comes with the program.
pub(crate) fn session(
    world: &World,
    config: GraphConfig,
    parameters: Parameters,
    cwd: &Path,
    run_task_dir: Option<&Path>,
    log: &Log,
) -> Session {
    let environment = world.generation_environment();
    let mut registry = registry();
    taskgraph_action_tasks::register(&mut registry);
    taskgraph_release_promotion::register(&mut registry);
    taskgraph_release_promotion::register_methods(&mut registry, &config, &parameters);
    let mut session = Session::new(config, parameters, registry.into(), environment, cwd.to_owned());
    session.when_many(memory::MANY_TASKS, || memory::huge_pages(true));
    // Relative to where the program was started, even if the graph is another checkout's.
    let run_task_dir = run_task_dir.map(|folder| world.cwd.join(folder));
    if log.is_verbose() {
        let search = RunTaskSearch {
            explicit: run_task_dir.clone(),
            configured: session.config.run_task_dir(),
            environment: world.search_environment(),
            ask_python: None,
        };
        match search.locate() {
            Ok(files) => log.debug(format_args!("run-task: {files}")),
            Err(taskgraph_docker::Error::RunTaskNotFound { version, .. }) => {
                log.debug(format_args!("run-task: not found yet; caches are named after version {version}"));
            }
            Err(error) => log.debug(format_args!("run-task: {error}")),
        }
    }
    set_run_task_dir(&session, run_task_dir);
    // Without toolchains, hardly anybody asks for them.
    if session.config.root_dir().join("kinds/toolchain").is_dir() {
        list_tracked_files_ahead(&session);
    }
    session
}

/// Asks the services about earlier tasks. The connection is only there while it is needed.
pub(crate) struct Asking {
    world: World,
}

impl Asking {
    pub(crate) fn of(world: &World) -> Asking {
        Asking { world: world.clone() }
    }
}

impl Lookup for Asking {
    fn look_up(&self, index_paths: &[Str]) -> Result<Lookups, LookupError> {
        // With several sets of parameters one after the other: the embedded cluster has one state file.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = Connection::open(&self.world).map_err(plain)?;
        Ok(connection.block_on(look_up(connection.cluster(), index_paths))?)
    }
}

/// The client's own error, which decides about hints and the exit code.
fn plain(error: anyhow::Error) -> LookupError {
    error.downcast::<taskcluster_queue_client::Error>().map_or_else(Into::into, Into::into)
}

fn timed<T>(log: &Log, what: &str, make: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = make();
    log.debug(format_args!("{what}: {:.3} s", start.elapsed().as_secs_f64()));
    made
}

/// Which graph, and which part of it.
pub(crate) struct Selection {
    pub(crate) phase: Phase,
    /// A regular expression for the beginning of labels.
    pub(crate) labels: Option<String>,
    /// Keys to leave out of tasks.
    pub(crate) excluded_keys: Vec<String>,
}

/// A graph, and all that went into it.
pub(crate) struct Generated {
    generator: Generator,
    phase: Phase,
    filtered: Option<TaskGraph>,
}

impl Generated {
    pub(crate) fn graph(&self) -> Result<&TaskGraph, Error> {
        match &self.filtered {
            Some(graph) => Ok(graph),
            None => self.phase.of(&self.generator),
        }
    }

    /// The graph, if it can be written in a format.
    pub(crate) fn printable(&self, format: Format) -> Result<&TaskGraph, Error> {
        let graph = self.graph()?;
        if format == Format::Json {
            self.generator.check_printable(graph)?;
        }
        Ok(graph)
    }
}
