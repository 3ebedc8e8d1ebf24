//! What a decision task does around its graph: parameters from a push, ids, artifacts, and creating the tasks.
//!
//! [`decision_parameters`] turns a [`Push`] into parameters. [`task_id`] makes ids that are the same when the decision
//! is made again. [`Artifacts`] writes the files that describe the graph, which is done before the first task is
//! created. A [`Plan`] has the tasks of a graph, dependencies first, and creates those that do not exist yet.
//! [`DecisionTask`] does all of that with a graph that a [`Generator`](taskgraph_generate::Generator) makes.
//!
//! A decision that is killed at any time, or whose network fails, is finished by running it again: ids follow from the
//! decision task's own id, and a task that exists already is compared with the one that would be created.
//!
//! ```
//! use std::sync::Arc;
//! use taskcluster_queue_client::{Cluster, Http, Settings};
//! use taskgraph_decision::{Plan, task_id};
//! use taskgraph_graph::{Task, TaskGraph};
//! use taskgraph_value::{Value, map};
//!
//! let decision = "fdtgsD5DQUmAQZEaGMvQ4Q".parse()?;
//! let build = Task {
//!     task_id: Some(task_id(&decision, "build").as_str().into()),
//!     ..Task::from_map("build", &map! {
//!         "kind" => "build", "label" => "build", "attributes" => map! {}, "optimization" => Value::Null,
//!         "task" => map! { "created" => map! { "relative-datestamp" => "0 seconds" } },
//!     })?
//! };
//! let graph = TaskGraph::by_task_id(vec![Arc::new(build)], [])?;
//! let now = "2026-01-31T12:00:00Z".parse()?;
//! let plan = Plan::new(&graph, &decision, "example-level-1", now)?;
//!
//! let (cluster, recorder) = Cluster::new("https://tc.example.com", Http::new(&Settings::default())?)?.dry_run();
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let created = runtime.block_on(plan.create(&cluster, || now, |progress| assert_eq!(progress.label, "build")))?;
//! assert_eq!(created.created, [task_id(&decision, "build")]);
//! assert_eq!(recorder.requests()[0].body, serde_json::json!({
//!     "created": "2026-01-31T12:00:00.000Z",
//!     "dependencies": ["fdtgsD5DQUmAQZEaGMvQ4Q"],
//!     "taskGroupId": "fdtgsD5DQUmAQZEaGMvQ4Q",
//!     "schedulerId": "example-level-1",
//! }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod artifacts;
mod before;
mod checkout;
mod create;
mod decide;
mod error;
mod ids;
mod lookup;
mod overrides;
mod parameters;
mod push;
mod runnable;
mod stand_in;

pub use crate::{
    artifacts::{Artifacts, CONTEXTS},
    before::CreatedBefore,
    create::{
        Conflict, CreateError, CreateProblem, Created, Difference, FailedTask, Fault, Plan, PlannedTask,
        Progress, level_of, scheduler_id,
    },
    decide::DecisionTask,
    error::{AnyError, Error},
    ids::{TaskIds, duplicate_id, task_id},
    lookup::look_up,
    overrides::{OverrideSource, PARAMETERS_NOTES},
    parameters::{Adjustment, PushContext, PushParameters, decision_parameters},
    push::Push,
    runnable::runnable_jobs,
    stand_in::{NoDecisionTask, UnknownEvent, stand_in},
};
