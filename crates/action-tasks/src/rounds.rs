//! Creating parts of a graph once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskcluster_queue_client::TaskId;
use taskgraph_decision::{
    Artifacts, CreateError, CreatedBefore, Error as DecisionError, Plan, TaskIds, look_up, scheduler_id,
};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_optimize::{Ids, Lookups, Optimization, Optimized, Options};
use taskgraph_parameterize::ArtifactUrls;
use taskgraph_value::{List, Map, Str, Value, text};

use crate::{Call, Error, PushGraph};

/// Labels to create at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// What tells it from other times: a part of ids, and of the names of artifacts.
    pub suffix: String,
    /// The labels. What they need is created with them, unless it exists.
    pub to_run: Vec<Str>,
}

impl Round {
    /// A number of rounds with the same labels, whose suffixes are `0`, `1` and so on.
    pub fn times(times: usize, to_run: &[Str]) -> Vec<Round> {
        (0..times).map(|round| Round { suffix: round.to_string(), to_run: to_run.to_vec() }).collect()
    }
}

/// Of what, where and how tasks are created.
#[derive(Clone, Copy)]
pub struct Creation<'a> {
    /// What they are tasks of, and which of them exist.
    pub push: &'a PushGraph,
    /// Whether they are created in the group of the action task, and not in that of the decision task.
    pub own_group: bool,
    /// Changes each task before it is created, also those that are only needed by others.
    pub modify: &'a dyn Fn(&mut Task),
}

impl<'a> Creation<'a> {
    /// Tasks as they are, in the group of the decision task.
    pub fn of(push: &'a PushGraph) -> Self {
        Creation { push, own_group: false, modify: &|_| {} }
    }
}

/// A part of a graph that rounds have in common: the same labels, and the same tasks that must stay.
struct Part {
    requested: FxHashSet<Str>,
    keep: FxHashSet<Str>,
    graph: TaskGraph,
}

/// A round that is ready to be created.
struct Ready<'a> {
    round: &'a Round,
    optimized: Optimized,
}

impl Call<'_> {
    /// Creates tasks of a graph once more, and everything that they need and that does not exist. Rounds do not know of
    /// each other: each has tasks of its own.
    ///
    /// Tasks say in `extra.parent` which action task created them, and wait for it. Artifacts are written before the first
    /// task is created: `task-graph.json`, `label-to-taskid.json` and `to-run.json`, and if there are several
    /// rounds, the same of each, such as `task-graph-0.json`.
    ///
    /// Returns the taskIds of each round by label, those of existing tasks included.
    ///
    /// Fails with [`Error::UnknownLabels`], [`Error::Lookup`], [`Error::Optimize`], [`Error::Parameters`],
    /// [`Error::Statuses`], [`Error::Artifacts`] and [`Error::Create`].
    pub fn create_tasks(
        &self,
        creation: &Creation<'_>,
        rounds: &[Round],
    ) -> Result<Vec<BTreeMap<Str, Str>>, Error> {
        let push = creation.push;
        let mut unknown: Vec<Str> = rounds.iter().flat_map(|round| round.to_run.iter().cloned()).collect();
        unknown.retain(|label| push.graph.get(label).is_none());
        if !unknown.is_empty() {
            unknown.sort_unstable();
            unknown.dedup();
            let decision_task_id = push.decision_task_id.clone();
            return Err(Error::UnknownLabels { decision_task_id, labels: unknown });
        }
        let group = if creation.own_group {
            self.own_task_id.as_ref().unwrap_or(self.ids.creator())
        } else {
            &push.decision_task_id
        };
        let ready = self.optimized(creation, group, rounds)?;

        let now = (self.now)();
        let scheduler = scheduler_id(&self.config, &self.parameters)?;
        let plans = ready.iter().map(|ready| {
            let ids = self.ids.with_suffix(&ready.round.suffix);
            Plan::in_group(&ready.optimized.graph, group, &ids, &scheduler, now)
        });
        let failed = |source: CreateError| Error::Create { source: source.traced(&self.parameters) };
        let plans: Vec<Plan> = plans.collect::<Result<_, _>>().map_err(failed)?;
        // Rounds are created at the same time, but recorded one after another.
        let plans = if self.is_test() { plans } else { vec![Plan::merged(plans).map_err(failed)?] };
        write(&self.artifacts()?, &ready).map_err(|source| Error::Artifacts { source })?;
        plans.iter().try_for_each(|plan| self.create(plan))?;
        Ok(ready.into_iter().map(|ready| ready.optimized.label_to_taskid).collect())
    }

    /// Creates what is planned and does not exist, and tells of each task.
    ///
    /// Fails with [`Error::Create`].
    pub fn create(&self, plan: &Plan) -> Result<(), Error> {
        let done = plan.create(self.cluster, self.now, |progress| {
            let what = match progress.existed {
                true => "exists already",
                false if self.is_test() => "would create",
                false => "created",
            };
            self.say(&format!("{what}: {} {}", progress.task_id, progress.label));
        });
        self.wait(done).map(drop).map_err(|source| Error::Create { source })
    }

    fn optimized<'a>(
        &self,
        creation: &Creation<'_>,
        group: &TaskId,
        rounds: &'a [Round],
    ) -> Result<Vec<Ready<'a>>, Error> {
        let (kept, before) = self.created_before(creation, rounds)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut part_of = Vec::with_capacity(rounds.len());
        for (round, kept) in rounds.iter().zip(kept) {
            let requested: FxHashSet<Str> = round.to_run.iter().cloned().collect();
            let keep: FxHashSet<Str> = requested.iter().cloned().chain(kept).collect();
            let known = parts.iter().position(|part| part.requested == requested && part.keep == keep);
            part_of.push(match known {
                Some(known) => known,
                None => {
                    let graph = self.part(creation, group, round)?;
                    parts.push(Part { requested, keep, graph });
                    parts.len() - 1
                }
            });
        }
        let failed = |source| Error::Optimize { source };
        let now = (self.now)();
        let mut optimizations = Vec::with_capacity(parts.len());
        let mut paths = Vec::new();
        for part in &parts {
            let options = Options {
                parameters: &self.parameters,
                registry: &self.registry,
                strategies: None,
                requested: &part.requested,
                do_not_optimize: &part.keep,
                existing_tasks: &creation.push.label_to_taskid,
                now,
            };
            let optimization = Optimization::new(&part.graph, options).map_err(failed)?;
            paths.extend(optimization.index_paths());
            optimizations.push(optimization);
        }
        paths.sort_unstable();
        paths.dedup();
        let mut lookups = self.look_up(&paths)?;
        before.remind(&paths, &mut lookups);
        let urls = self.artifact_urls();
        let ready = rounds.iter().zip(part_of).map(|(round, part)| {
            let ids = self.ids.with_suffix(&round.suffix);
            let ids = Ids {
                task_id: &|label| ids.task_id(label).into(),
                decision_task_id: group.as_str(),
                urls: &urls,
            };
            let optimized = optimizations[part].run(&lookups, ids).map_err(failed)?;
            Ok(Ready { round, optimized })
        });
        ready.collect()
    }

    /// What a round needs, each task with what it says about this action task.
    fn part(&self, creation: &Creation<'_>, group: &TaskId, round: &Round) -> Result<TaskGraph, Error> {
        let failed = |error: taskgraph_graph::Error| Error::Optimize { source: error.into() };
        let closure = creation.push.graph.closure(&round.to_run).map_err(failed)?;
        let own = self.own_task_id.as_ref();
        let waits = own.filter(|own| *own != group);
        let tasks = closure.tasks().map(|task| {
            let mut task = Task::clone(task);
            (creation.modify)(&mut task);
            // What is no mapping is refused when its references are resolved.
            if let Value::Map(definition) = &mut *task.task {
                let parent = own.map_or("", TaskId::as_str);
                definition.map_mut(text!("extra")).insert(text!("parent"), parent.into());
                if let Some(own) = waits {
                    definition.list_mut(text!("dependencies")).push(own.as_str().into());
                }
            }
            Arc::new(task)
        });
        TaskGraph::set(tasks).and_then(|tasks| tasks.with_dependency_edges()).map_err(failed)
    }

    fn look_up(&self, paths: &[Str]) -> Result<Lookups, Error> {
        match paths.first() {
            Some(first) if !self.is_test() => self
                .wait(look_up(self.cluster, paths))
                .map_err(|source| Error::Lookup { first: first.clone(), count: paths.len(), source }),
            _ => Ok(Lookups::default()),
        }
    }

    /// The labels of each round that were created already, if this action task is run again: they stay, whatever replaces
    /// them by now. And what took the place of others for them.
    fn created_before(
        &self,
        creation: &Creation<'_>,
        rounds: &[Round],
    ) -> Result<(Vec<FxHashSet<Str>>, CreatedBefore), Error> {
        if self.is_test() {
            return Ok((vec![FxHashSet::default(); rounds.len()], CreatedBefore::default()));
        }
        let mut tasks: Vec<Vec<(Str, TaskId)>> = Vec::with_capacity(rounds.len());
        for (at, round) in rounds.iter().enumerate() {
            let labels: Vec<Str> = match rounds[..at].iter().position(|other| other.to_run == round.to_run) {
                Some(known) => tasks[known].iter().map(|(label, _)| label.clone()).collect(),
                None => {
                    let closure = creation.push.graph.closure(&round.to_run);
                    let closure = closure.map_err(|error| Error::Optimize { source: error.into() })?;
                    closure.tasks().map(|task| task.label.clone()).collect()
                }
            };
            let ids: TaskIds = self.ids.with_suffix(&round.suffix);
            tasks.push(labels.into_iter().map(|label| (label.clone(), ids.task_id(&label))).collect());
        }
        let ids: Vec<TaskId> = tasks.iter().flatten().map(|(_, id)| id.clone()).collect();
        let before = self.wait(CreatedBefore::among(self.cluster, &ids));
        let before = before.map_err(|source| Error::Statuses { source })?;
        let kept = |tasks: Vec<(Str, TaskId)>| {
            tasks.into_iter().filter(|(_, id)| before.contains(id)).map(|(label, _)| label).collect()
        };
        Ok((tasks.into_iter().map(kept).collect(), before))
    }

    /// Where artifacts are, by the variables of the environment. Set but empty, one is as good as unset.
    fn artifact_urls(&self) -> ArtifactUrls {
        let url = |name| self.environment.get(name).filter(|url| !url.is_empty()).map(Str::from);
        ArtifactUrls { root_url: url("TASKCLUSTER_ROOT_URL"), proxy_url: url("TASKCLUSTER_PROXY_URL") }
    }
}

/// The artifacts of each round, and of all of them together.
fn write(artifacts: &Artifacts, ready: &[Ready<'_>]) -> Result<(), DecisionError> {
    let one = |suffix: &str, round: &Ready<'_>| {
        artifacts.write_graph(&format!("task-graph{suffix}.json"), &round.optimized.graph)?;
        artifacts.write_json(&format!("label-to-taskid{suffix}.json"), &labels(&round.optimized).into())?;
        artifacts.write_json(&format!("to-run{suffix}.json"), &to_run([round]))
    };
    if let [only] = ready {
        return one("", only);
    }
    for round in ready {
        one(&format!("-{}", round.round.suffix), round)?;
    }
    let mut graph = Map::new();
    let mut all_labels = Map::new();
    for round in ready {
        for (key, task) in round.optimized.graph.entries() {
            graph.insert(key.clone(), task.to_map().into());
        }
        all_labels.extend_from(&labels(&round.optimized));
    }
    artifacts.write_json("task-graph.json", &graph.into())?;
    artifacts.write_json("label-to-taskid.json", &all_labels.into())?;
    artifacts.write_json("to-run.json", &to_run(ready))
}

fn labels(optimized: &Optimized) -> Map {
    optimized.label_to_taskid.iter().map(|(label, id)| (label.clone(), Value::from(id))).collect()
}

/// The labels that rounds are for, sorted, each once.
fn to_run<'a>(rounds: impl IntoIterator<Item = &'a Ready<'a>>) -> Value {
    let mut labels: Vec<&Str> = rounds.into_iter().flat_map(|round| &round.round.to_run).collect();
    labels.sort_unstable();
    labels.dedup();
    labels.into_iter().map(Value::from).collect::<List>().into()
}
