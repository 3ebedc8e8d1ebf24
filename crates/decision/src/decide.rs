//! A decision task at work: the ids of its tasks, the files that describe its graph, and what there is to create.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use taskcluster_queue_client::TaskId;
use taskgraph_docker::Error as DockerError;
use taskgraph_generate::{Generator, Lookup, OptimizationInputs};
use taskgraph_transforms::run_task_files;
use taskgraph_value::{List, Map, Value};

use crate::{
    Plan,
    artifacts::Artifacts,
    before::{CreatedBefore, Remembering},
    error::Error,
    ids::task_id,
    runnable::runnable_jobs,
    scheduler_id,
};

/// A task that makes a whole graph: a decision task, or an action task that decides again.
#[derive(Clone, Copy, Debug)]
pub struct DecisionTask<'a> {
    /// Its id, which is that of its group, too.
    pub task_id: &'a TaskId,
    /// Where it leaves its files.
    pub artifacts: &'a Artifacts,
    /// The artifact `actions.json`, if the graph has actions.
    pub actions: Option<&'a Value>,
    /// The artifact `action.yml`, if there is one.
    pub action_yml: Option<&'a str>,
    /// The current time; the log has it in its time zone.
    pub now: DateTime<FixedOffset>,
}

impl DecisionTask<'_> {
    /// What its graph is optimized with: ids that follow from its own, and what it [created before](CreatedBefore), which
    /// stays as it is even if by now the index has something else.
    pub fn inputs(&self, lookup: impl Lookup + 'static, before: CreatedBefore) -> OptimizationInputs {
        let creator = self.task_id.clone();
        let id = move |label: &str| task_id(&creator, label);
        let made = id.clone();
        let before = Arc::new(before);
        let lookup = Remembering { lookup, before: before.clone() };
        OptimizationInputs::new(self.now.to_utc(), move |label| id(label).into(), lookup)
            .with_decision_task(self.task_id.as_str())
            .keeping(move |label| before.contains(&made(label)))
    }

    /// Generates all phases of a graph, writes every artifact that describes it, and plans to create its tasks.
    ///
    /// The artifacts, in this order: `parameters.yml`, `actions.json`, `action.yml`, `full-task-graph.json`, `runnable-jobs.json` and
    /// the same compressed, `target-tasks.json`, `optimizations.log`, `task-graph.json`, `label-to-taskid.json`,
    /// and, if they are found, the scripts `run-task` and `fetch-content`. What was written stays if a later phase fails, to look at.
    ///
    /// Fails with [`Error::Generate`], [`Error::Treeherder`], [`Error::Artifact`], [`Error::Parameters`],
    /// [`Error::RunTask`] and [`Error::Create`].
    pub fn describe(&self, generator: &Generator) -> Result<Plan, Error> {
        let session = generator.session();
        self.artifacts.write_parameters("parameters.yml", &session.parameters)?;
        if let Some(actions) = self.actions {
            self.artifacts.write_json("actions.json", actions)?;
        }
        if let Some(text) = self.action_yml {
            self.artifacts.write("action.yml", |out| Ok(out.write_all(text.as_bytes())?))?;
        }

        let full = generator.full_task_graph()?;
        generator.check_printable(full)?;
        self.artifacts.write_graph("full-task-graph.json", full)?;
        let jobs = Value::Map(runnable_jobs(full.tasks().map(AsRef::as_ref))?);
        self.artifacts.write_json("runnable-jobs.json", &jobs)?;
        self.artifacts.write_json_gz("runnable-jobs.json.gz", &jobs)?;

        let targets = generator.target_task_set()?.tasks().map(|task| Value::from(&task.label));
        self.artifacts.write_json("target-tasks.json", &targets.collect::<List>().into())?;

        let log = generator.optimization_log()?;
        let time = self.now.format("%Y-%m-%d %H:%M:%S,%3f");
        self.artifacts.write("optimizations.log", |out| {
            Ok(log.lines().try_for_each(|(level, line)| writeln!(out, "{time} - {level} - {line}"))?)
        })?;
        let graph = generator.morphed_task_graph()?;
        self.artifacts.write_graph("task-graph.json", graph)?;
        let ids: Map =
            generator.label_to_taskid()?.iter().map(|(label, id)| (label.clone(), Value::from(id))).collect();
        self.artifacts.write_json("label-to-taskid.json", &ids.into())?;
        match run_task_files(session) {
            Ok(files) => self.artifacts.write_run_task(&files)?,
            Err(DockerError::RunTaskNotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }

        let scheduler = scheduler_id(&session.config, &session.parameters)?;
        let plan = Plan::new(graph, self.task_id, &scheduler, self.now.to_utc());
        Ok(plan.map_err(|error| error.traced(&session.parameters))?)
    }
}
