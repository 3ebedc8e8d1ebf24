//! What release duty does to tasks and groups: rerun, retrigger, cancel, schedule, complete, with the checks that keep
//! a release whole.
//!
//! Each operation first makes a [`Plan`], which only reads: what is to be done to each task, or why it is
//! [refused](Refusal). [`Plan::act`] carries it out. So whoever calls can show a plan and ask before anything changes.
//! All tasks are tried; each has an [`Outcome`] of its own. Nothing is printed here, and the clock and random bytes are
//! arguments.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use taskcluster_operations::{Refusal, check_rerun};
//! use taskcluster_queue_client::Status;
//!
//! let status: Status = serde_json::from_value(serde_json::json!({
//!     "taskId": "fdtgsD5DQUmAQZEaGMvQ4Q", "taskGroupId": "fdtgsD5DQUmAQZEaGMvQ4Q", "schedulerId": "-",
//!     "state": "completed", "deadline": "2026-01-02T00:00:00.000Z", "expires": "2026-02-02T00:00:00.000Z",
//! }))?;
//! let before: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
//! assert_eq!(check_rerun(&status, false, before), Err(Refusal::Completed));
//! assert_eq!(check_rerun(&status, true, before), Ok(()));
//!
//! let refusal = check_rerun(&status, true, "2026-01-03T00:00:00Z".parse()?).unwrap_err();
//! assert!(refusal.to_string().starts_with("its deadline 2026-01-02T00:00:00.000Z has passed"));
//! assert!(refusal.advice().is_some_and(|advice| advice.contains("retrigger")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cancel;
mod complete;
mod dependencies;
mod failure;
mod follow;
mod group;
mod look;
mod marks;
mod plan;
mod rerun;
mod retrigger;
mod schedule;
mod signin;
mod time;
mod trigger;
mod work;

pub use crate::{
    cancel::{check_cancel, plan_cancel},
    complete::{check_complete, plan_complete, worker_type},
    failure::{DependencyState, Failure, Mark, Refusal},
    follow::{LogError, follow_log},
    group::{
        Sealed, count, group_tasks, has_failed, plan_cancel_groups, plan_rerun_failed, plan_retrigger_failed,
        seal,
    },
    look::{definitions, name, run_of, statuses},
    marks::RetriggerRule,
    plan::{Done, Item, Outcome, Plan, Step, summary},
    rerun::{check_rerun, never_ran, plan_rerun},
    retrigger::{Retrigger, copy, plan_retrigger},
    schedule::{check_schedule, plan_schedule},
    signin::{Identity, SignIn, SignInError, Wanted, lifetime, split_scopes, who_am_i},
    trigger::{
        ActionFailure, Choices, GroupActions, Pick, Targets, actions_of_task, choose_action, fetch_documents,
        plan_trigger,
    },
    work::{Work, WorkError},
};
