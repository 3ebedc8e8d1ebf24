//! The phases after the target task graph: what is left of it, and what is made of that.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use taskgraph_graph::TaskGraph;
use taskgraph_kinds::Origin;
use taskgraph_optimize::{
    Decisions, Fault, Ids, Log, Lookups, Optimization, Optimized, Options, StrategySet,
};
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value};

use crate::generator::once;
use crate::morph::run_morphs;
use crate::{Error, Generator, OptimizationInputs, Phase};

/// The variable that wins over the parameter `optimize_strategies`.
const STRATEGIES: &str = "TASKGRAPH_OPTIMIZE_STRATEGIES";

/// The last phase.
pub(crate) struct Morphed {
    graph: TaskGraph,
    label_to_taskid: BTreeMap<Str, Str>,
}

impl Generator {
    /// The same generator with what the optimized and the morphed task graph need.
    #[must_use]
    pub fn with_inputs(mut self, inputs: OptimizationInputs) -> Self {
        self.inputs = Some(inputs);
        self
    }

    /// What is left of the target task graph: tasks that will be created, with taskIds as keys, and references
    /// resolved.
    ///
    /// Fails with [`Error::NoInputs`] without [`Generator::with_inputs`].
    pub fn optimized_task_graph(&self) -> Result<&TaskGraph, Error> {
        Ok(&self.optimized()?.graph)
    }

    /// The optimized task graph after all [morphs](crate::Morph): the one to create.
    pub fn morphed_task_graph(&self) -> Result<&TaskGraph, Error> {
        Ok(&self.morphed()?.graph)
    }

    /// TaskIds by label: of all tasks of the morphed graph, and of those that are replaced.
    pub fn label_to_taskid(&self) -> Result<&BTreeMap<Str, Str>, Error> {
        Ok(&self.morphed()?.label_to_taskid)
    }

    /// What became of each task of the target task graph, and why.
    pub fn decisions(&self) -> Result<&Decisions, Error> {
        Ok(&self.optimized()?.decisions)
    }

    /// What happened while the graph was optimized.
    pub fn optimization_log(&self) -> Result<&Log, Error> {
        Ok(&self.optimized()?.log)
    }

    fn inputs(&self) -> Result<&OptimizationInputs, Error> {
        self.inputs.as_ref().ok_or(Error::NoInputs)
    }

    fn optimized(&self) -> Result<&Optimized, Error> {
        once(&self.optimized, || {
            let inputs = self.inputs()?;
            let graph = self.target_task_graph()?;
            let requested = self.requested()?;
            let do_not_optimize = self.do_not_optimize()?;
            let existing_tasks = self.existing_tasks()?;
            let strategies = self.strategies()?;
            let optimization = Optimization::new(
                graph,
                Options {
                    parameters: &self.session().parameters,
                    registry: &self.session().registry,
                    strategies: strategies.as_deref(),
                    requested,
                    do_not_optimize: &do_not_optimize,
                    existing_tasks: &existing_tasks,
                    now: inputs.now,
                },
            )
            .map_err(|error| self.not_optimized(error))?;
            let paths = optimization.index_paths();
            let lookups = match paths.first() {
                None => Lookups::default(),
                Some(first) => inputs.lookup.look_up(&paths).map_err(|source| Error::Lookup {
                    first: first.clone(),
                    count: paths.len(),
                    source,
                })?,
            };
            let ids = Ids {
                task_id: &inputs.task_id,
                decision_task_id: &inputs.decision_task_id,
                urls: &inputs.urls.clone().unwrap_or_else(|| self.artifact_urls()),
            };
            let optimized = optimization.run(&lookups, ids).map_err(|error| self.not_optimized(error))?;
            self.verify(Phase::OptimizedTaskGraph, self.kind_graph()?.kinds(), &optimized.graph)?;
            Ok(optimized)
        })
    }

    fn morphed(&self) -> Result<&Morphed, Error> {
        once(&self.morphed, || {
            let Optimized { graph, label_to_taskid, .. } = self.optimized()?;
            let task_id = &self.inputs()?.task_id;
            let morphed = run_morphs(self.session(), task_id, graph.clone(), label_to_taskid.clone());
            let (graph, label_to_taskid) = morphed.map_err(|error| self.placed(error))?;
            let graph = self.verified(Phase::MorphedTaskGraph, graph)?;
            Ok(Morphed { graph, label_to_taskid })
        })
    }

    fn do_not_optimize(&self) -> Result<FxHashSet<Str>, Error> {
        let parameters = &self.session().parameters;
        let mut labels: FxHashSet<Str> = match parameters.get("do_not_optimize") {
            None => FxHashSet::default(),
            Some(_) => parameters.texts("do_not_optimize")?.into_iter().cloned().collect(),
        };
        if parameters.get("optimize_target_tasks").is_some_and(|optimize| !optimize.is_truthy()) {
            labels.extend(self.target_task_set()?.tasks().map(|task| task.label.clone()));
        }
        let must_keep = &self.inputs()?.must_keep;
        let kept = self.target_task_graph()?.tasks().filter(|task| must_keep(&task.label));
        labels.extend(kept.map(|task| task.label.clone()));
        Ok(labels)
    }

    fn existing_tasks(&self) -> Result<Map, Error> {
        match self.session().parameters.get("existing_tasks") {
            Some(Value::Map(tasks)) => Ok(tasks.clone()),
            Some(other) if other.is_truthy() => Err(Error::Message(format!(
                "the parameter `existing_tasks` must be a mapping of labels to taskIds, found {}",
                describe(other)
            ))),
            _ => Ok(Map::new()),
        }
    }

    /// The strategies to use in the place of those that are registered. As in the reference, a variable that is set but
    /// empty asks for none, whatever the parameter says.
    fn strategies(&self) -> Result<Option<std::sync::Arc<StrategySet>>, Error> {
        let session = self.session();
        let (place, name) = match session.environment.get(STRATEGIES) {
            Some(name) => ("the environment variable `TASKGRAPH_OPTIMIZE_STRATEGIES`", Some(name)),
            None => {
                let place = "the parameter `optimize_strategies`";
                let name = match session.parameters.get("optimize_strategies") {
                    Some(name) if name.is_truthy() => {
                        Some(session.parameters.text("optimize_strategies")?.as_str())
                    }
                    _ => None,
                };
                (place, name)
            }
        };
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
        let found = session.registry.get::<StrategySet>(name);
        found.map(Some).map_err(|source| Error::UnknownStrategies { place, source })
    }

    /// Where artifacts are. Set but empty, a variable is as good as unset.
    fn artifact_urls(&self) -> ArtifactUrls {
        let url =
            |name: &str| self.session().environment.get(name).filter(|url| !url.is_empty()).map(Str::from);
        ArtifactUrls { root_url: url("TASKCLUSTER_ROOT_URL"), proxy_url: url("TASKCLUSTER_PROXY_URL") }
    }

    /// The same error, with the places of its tasks.
    fn not_optimized(&self, error: taskgraph_optimize::Error) -> Error {
        match error {
            taskgraph_optimize::Error::Faults(faults) => {
                let place =
                    |fault: Fault| -> (Option<Origin>, Fault) { (self.origin(&fault.task).cloned(), fault) };
                Error::Optimization { faults: faults.into_iter().map(place).collect() }
            }
            taskgraph_optimize::Error::Graph(error) => error.into(),
            other => Error::Message(other.to_string()),
        }
    }
}
