//! The phases.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_kinds::{KindGraph, LoadedTask, Origin, Session, check_labels};
use taskgraph_optimize::Optimized;
use taskgraph_schema::describe;
use taskgraph_value::{Str, Value, json::DateError, text};

use crate::optimized::Morphed;
use crate::verify::{Looked, run_all};
use crate::{Error, Filter, Finding, OptimizationInputs, Phase, Verification, Verifying};

/// Generates a graph, phase by phase. Each phase is computed once, when it is first asked for.
pub struct Generator {
    session: Session,
    verifies: bool,
    kinds: OnceCell<KindGraph>,
    /// Where the tasks of the full task set were written, in its order.
    origins: OnceCell<Vec<Option<Origin>>>,
    /// What verifications of the full task graph found out while its tasks were made.
    looked: Cell<Option<Vec<Looked>>>,
    full_task_set: OnceCell<TaskGraph>,
    full_task_graph: OnceCell<TaskGraph>,
    target_task_set: OnceCell<TaskGraph>,
    /// The labels of the targets, and of tasks that are always targets.
    requested: OnceCell<FxHashSet<Str>>,
    target_task_graph: OnceCell<TaskGraph>,
    pub(crate) inputs: Option<OptimizationInputs>,
    pub(crate) optimized: OnceCell<Optimized>,
    pub(crate) morphed: OnceCell<Morphed>,
}

impl Generator {
    /// A generator that verifies each phase.
    pub fn new(session: Session) -> Self {
        Generator {
            session,
            verifies: true,
            kinds: OnceCell::new(),
            origins: OnceCell::new(),
            looked: Cell::new(None),
            full_task_set: OnceCell::new(),
            full_task_graph: OnceCell::new(),
            target_task_set: OnceCell::new(),
            requested: OnceCell::new(),
            target_task_graph: OnceCell::new(),
            inputs: None,
            optimized: OnceCell::new(),
            morphed: OnceCell::new(),
        }
    }

    /// The same generator without verifications.
    #[must_use]
    pub fn without_verifications(mut self) -> Self {
        self.verifies = false;
        self
    }

    /// What the graph is generated from.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where the task of a label was written.
    pub fn origin(&self, label: &str) -> Option<&Origin> {
        let at = self.full_task_set.get()?.position(label)?;
        self.origins.get()?.get(at)?.as_ref()
    }

    /// The kinds: all, or those that the parameter `target-kinds` asks for, and what they depend on.
    pub fn kind_graph(&self) -> Result<&KindGraph, Error> {
        once(&self.kinds, || {
            self.verify(Phase::Session, &[], &TaskGraph::default())?;
            let targets = self.target_kinds()?;
            let kinds = KindGraph::read(self.session.config.root(), &self.session.cwd, &targets)?;
            self.verify(Phase::Kinds, kinds.kinds(), &TaskGraph::default())?;
            Ok(kinds)
        })
    }

    /// The kinds that the parameter `target-kinds` asks for; none if that is all.
    fn target_kinds(&self) -> Result<Vec<Str>, Error> {
        match self.session.parameters.get("target-kinds") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::List(list)) if list.iter().all(|kind| kind.as_str().is_some()) => {
                Ok(list.iter().filter_map(Value::as_str).cloned().collect())
            }
            Some(other) => {
                let found = describe(other);
                Err(Error::Message(format!(
                    "the parameter `target-kinds` must be a list of kinds, found {found}"
                )))
            }
        }
    }

    /// All tasks of all kinds, without edges.
    pub fn full_task_set(&self) -> Result<&TaskGraph, Error> {
        once(&self.full_task_set, || {
            let (session, kinds) = (&self.session, self.kind_graph()?);
            let verifications = self.verifications(Phase::FullTaskGraph)?;
            let graph = TaskGraph::default();
            let look = |loaded: &[LoadedTask]| {
                let tasks: Vec<_> = loaded.iter().map(|loaded| loaded.task.clone()).collect();
                let kinds = kinds.kinds();
                Looked::early(
                    &verifications,
                    Verifying { session, kinds, graph: &graph, tasks: &tasks, facts: &[] },
                )
            };
            let (loaded, looked) = kinds.load_tasks_and(session, &look)?;
            self.looked.set(Some(looked));
            // The graph notices labels that are there twice, too, but does not know where they were written.
            let set = TaskGraph::set(loaded.iter().map(|loaded| loaded.task.clone()))
                .map_err(|error| check_labels(&loaded).err().map_or_else(|| error.into(), Error::from))?;
            // This runs once, so the cell is empty.
            drop(self.origins.set(loaded.into_iter().map(|loaded| loaded.origin).collect()));
            self.verified(Phase::FullTaskSet, set)
        })
    }

    /// All tasks, with edges to what they depend on. There is no loop.
    pub fn full_task_graph(&self) -> Result<&TaskGraph, Error> {
        once(&self.full_task_graph, || {
            let set = self.full_task_set()?;
            let graph = set.with_dependency_edges().map_err(|error| self.missing_dependency(set, error))?;
            if let Err(error) = graph.graph().check_acyclic() {
                return Err(match error {
                    taskgraph_graph::Error::Cycle { path } => {
                        let origin = path.first().and_then(|label| self.origin(label)).cloned();
                        Error::Loop { origin, path }
                    }
                    other => other.into(),
                });
            }
            self.verified(Phase::FullTaskGraph, graph)
        })
    }

    /// The same error, if possible with the first task that depends on one that is not there.
    fn missing_dependency(&self, set: &TaskGraph, error: taskgraph_graph::Error) -> Error {
        let missing = |task: &Arc<Task>| {
            let (name, label) = task.dependencies().find(|(_, label)| set.get(label).is_none())?;
            Some(Error::MissingDependency {
                origin: self.origin(&task.label).cloned(),
                task: task.label.clone(),
                name: name.clone(),
                label: label.clone(),
                target_kinds: self.target_kinds().unwrap_or_default(),
            })
        };
        set.tasks().find_map(missing).unwrap_or_else(|| error.into())
    }

    /// The tasks that the filters choose, without edges.
    pub fn target_task_set(&self) -> Result<&TaskGraph, Error> {
        once(&self.target_task_set, || {
            let full = self.full_task_graph()?;
            let mut targets = full.without_edges();
            for name in self.filters()? {
                targets = self.filtered(&name, &targets)?;
            }
            self.verified(Phase::TargetTaskSet, targets)
        })
    }

    /// What a filter leaves of tasks.
    pub(crate) fn filtered(&self, name: &Str, tasks: &TaskGraph) -> Result<TaskGraph, Error> {
        let filter = self.session.registry.get::<dyn Filter>(name)?;
        let keep = filter.keep(tasks, &self.session).map_err(|error| self.placed(error))?;
        let keep: FxHashSet<Str> = keep.into_iter().collect();
        if let Some(label) = keep.iter().filter(|label| tasks.get(label).is_none()).min() {
            return Err(Error::UnknownTarget { name: name.clone(), label: label.clone() });
        }
        Ok(tasks.subset(|task| keep.contains(&task.label)))
    }

    /// The targets, tasks that are always targets, and all that they need.
    pub fn target_task_graph(&self) -> Result<&TaskGraph, Error> {
        once(&self.target_task_graph, || {
            let graph = self.full_task_graph()?.closure(self.requested()?)?;
            self.verified(Phase::TargetTaskGraph, graph)
        })
    }

    /// The labels of the targets, and of tasks that are always targets.
    pub(crate) fn requested(&self) -> Result<&FxHashSet<Str>, Error> {
        once(&self.requested, || {
            let targets = self.target_task_set()?;
            let always = self.session.parameters.get("enable_always_target").cloned().unwrap_or_default();
            let always_wanted = |kind: &Str| match &always {
                Value::Bool(all) => *all,
                Value::List(kinds) => kinds.iter().any(|name| name.as_str() == Some(kind)),
                _ => false,
            };
            let requested = self.full_task_graph()?.tasks().filter(|task| {
                targets.get(&task.label).is_some()
                    || always_wanted(&task.kind) && task.attributes.is_true("always_target")
            });
            Ok(requested.map(|task| task.label.clone()).collect())
        })
    }

    /// Fails if a task of a graph has a date, which JSON cannot hold. Asked before anything is printed, so that nothing
    /// is printed in part.
    pub fn check_printable(&self, graph: &TaskGraph) -> Result<(), Error> {
        if !self.session.may_have_dates() {
            return Ok(());
        }
        let date = |task: &Arc<Task>| {
            let map = Value::Map(task.to_map());
            let (path, date) = map.find_date()?;
            Some((task.label.clone(), path, DateError { date: date.clone() }))
        };
        match graph.tasks().as_slice().par_iter().find_map_first(date) {
            None => Ok(()),
            Some((task, path, source)) => {
                Err(Error::Date { origin: self.origin(&task).cloned(), task, path, source })
            }
        }
    }

    pub(crate) fn filters(&self) -> Result<Vec<Str>, Error> {
        match self.session.parameters.get("filters") {
            Some(Value::List(list)) if !list.is_empty() => {
                let name = |value: &Value| {
                    let found = || {
                        format!("the parameter `filters` must be a list of names, found {}", describe(value))
                    };
                    value.as_str().cloned().ok_or_else(|| Error::Message(found()))
                };
                list.iter().map(name).collect()
            }
            _ => Ok(vec![text!("target_tasks_method")]),
        }
    }

    /// The same error, with the place of its task.
    pub(crate) fn placed(&self, error: Error) -> Error {
        match error {
            Error::Regex { origin: None, task, source } => {
                Error::Regex { origin: self.origin(&task).cloned(), task, source }
            }
            Error::Morph { origin: None, name, finding } => {
                let origin = finding.task.as_ref().and_then(|task| self.origin(task)).cloned();
                Error::Morph { origin, name, finding }
            }
            other => other,
        }
    }

    pub(crate) fn verified(&self, phase: Phase, graph: TaskGraph) -> Result<TaskGraph, Error> {
        let kinds = self.kind_graph()?.kinds();
        self.verify(phase, kinds, &graph)?;
        Ok(graph)
    }

    /// The verifications of a phase, in the order of their names.
    fn verifications(&self, phase: Phase) -> Result<Vec<Arc<dyn Verification>>, Error> {
        let registry = &self.session.registry;
        let mut verifications = Vec::new();
        for name in registry.names::<dyn Verification>() {
            let verification = registry.get::<dyn Verification>(&name)?;
            if self.verifies && verification.phase() == phase {
                verifications.push(verification);
            }
        }
        Ok(verifications)
    }

    pub(crate) fn verify(
        &self,
        phase: Phase,
        kinds: &[taskgraph_kinds::Kind],
        graph: &TaskGraph,
    ) -> Result<(), Error> {
        let verifications = self.verifications(phase)?;
        let early = if phase == Phase::FullTaskGraph { self.looked.take() } else { None };
        let tasks = graph.tasks().as_slice();
        let verifying = Verifying { session: &self.session, kinds, graph, tasks, facts: &[] };
        let findings = run_all(&verifications, verifying, early);
        if findings.is_empty() {
            return Ok(());
        }
        let place = |finding: Finding| {
            let origin = finding.task.as_ref().and_then(|task| self.origin(task)).cloned();
            (origin, finding)
        };
        Err(Error::Verification { phase, findings: findings.into_iter().map(place).collect() })
    }
}

pub(crate) fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}
