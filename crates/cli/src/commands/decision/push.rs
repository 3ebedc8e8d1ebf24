//! The push that a decision is about, from the command line.

use std::path::PathBuf;

use clap::Args;
use taskgraph_decision::Push;

use crate::failure::Misuse;

/// All but a few are required, unless the checkout says them.
#[derive(Args, Debug)]
#[command(next_help_heading = "The push (with --local, what is checked out)")]
pub(super) struct PushArgs {
    /// The name of the project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// The number of the push, 0 if it has none
    #[arg(long, value_name = "NUMBER")]
    pushlog_id: Option<String>,
    /// When it was pushed, in seconds since 1970; 0 if nobody knows
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pushdate: Option<i64>,
    /// The address of who pushed
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// How much the repository is trusted: 1, 2 or 3
    #[arg(long, value_name = "LEVEL")]
    pub(super) level: Option<String>,
    /// How to choose the target tasks [default: default]
    #[arg(long, value_name = "METHOD")]
    target_tasks_method: Option<String>,
    /// `git` or `hg`
    #[arg(long, value_name = "TYPE")]
    repository_type: Option<String>,
    /// The URL of the repository that the change is meant for
    #[arg(long, value_name = "URL")]
    base_repository: Option<String>,
    /// The branch there
    #[arg(long, value_name = "REF")]
    base_ref: Option<String>,
    /// The revision that files are compared with
    #[arg(long, value_name = "REVISION")]
    base_rev: Option<String>,
    /// The URL of the repository that has the change
    #[arg(long, value_name = "URL")]
    head_repository: Option<String>,
    /// The branch there (in Mercurial, the revision)
    #[arg(long, value_name = "REF")]
    head_ref: Option<String>,
    /// The revision
    #[arg(long, value_name = "REVISION")]
    head_rev: Option<String>,
    /// The tag of the revision
    #[arg(long, value_name = "TAG")]
    head_tag: Option<String>,
    /// What happened: github-push, hg-push, cron, ...
    #[arg(long, value_name = "EVENT")]
    tasks_for: Option<String>,
    /// The file that may override parameters [default: try_task_config.json]
    #[arg(long, value_name = "FILE")]
    try_task_config_file: Option<PathBuf>,
    /// Let that file, or a git note, override parameters
    #[arg(long)]
    allow_parameter_override: bool,
    /// Accepted as in the reference, where it makes no difference either
    #[arg(long, value_name = "TEXT", hide = true)]
    message: Option<String>,
}

impl PushArgs {
    /// The push as the flags have it; what they do not say is as in `checkout`. Without a checkout, a message about all
    /// that is missing.
    pub(super) fn push(self, checkout: Option<Push>) -> Result<Push, Misuse> {
        let mut missing = Vec::new();
        let is_local = checkout.is_some();
        let known = checkout.unwrap_or_default();
        let mut required = |name: &'static str, flag: Option<String>, known: String| {
            flag.unwrap_or_else(|| {
                if !is_local {
                    missing.push(name);
                }
                known
            })
        };
        let push = Push {
            project: required("--project", self.project, known.project),
            pushlog_id: required("--pushlog-id", self.pushlog_id, known.pushlog_id),
            owner: required("--owner", self.owner, known.owner),
            level: required("--level", self.level, known.level),
            repository_type: required("--repository-type", self.repository_type, known.repository_type),
            base_repository: required("--base-repository", self.base_repository, known.base_repository),
            head_repository: required("--head-repository", self.head_repository, known.head_repository),
            head_ref: required("--head-ref", self.head_ref, known.head_ref),
            head_rev: required("--head-rev", self.head_rev, known.head_rev),
            tasks_for: required("--tasks-for", self.tasks_for, known.tasks_for),
            pushdate: self.pushdate.unwrap_or_else(|| {
                required("--pushdate", None, String::new());
                known.pushdate
            }),
            base_ref: self.base_ref.unwrap_or(known.base_ref),
            base_rev: self.base_rev.unwrap_or(known.base_rev),
            head_tag: self.head_tag.unwrap_or(known.head_tag),
            target_tasks_method: self.target_tasks_method,
            optimize_target_tasks: None,
            allow_parameter_override: self.allow_parameter_override,
            try_task_config_file: self.try_task_config_file,
            local: known.local,
        };
        match missing[..] {
            [] => Ok(push),
            _ => Err(Misuse(format!(
                "a decision needs {}; with --local, the checkout says all of that",
                missing.join(", ")
            ))),
        }
    }
}
