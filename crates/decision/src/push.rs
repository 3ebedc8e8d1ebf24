//! What a decision task is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A push, or another event that asks for tasks, as a decision task is told of it: the options of the command.
///
/// The default is a push that says nothing; the command leaves `base_ref`, `base_rev` and `head_tag` empty unless they are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Push {
    /// The URL of the repository that the change is meant for.
    pub base_repository: String,
    /// The branch there; may be empty.
    pub base_ref: String,
    /// The revision that files are compared with; empty, in git, for the current one.
    pub base_rev: String,
    /// The URL of the repository that has the change.
    pub head_repository: String,
    /// The branch there.
    pub head_ref: String,
    /// The revision.
    pub head_rev: String,
    /// The tag of the revision; may be empty.
    pub head_tag: String,
    /// `git` or `hg`.
    pub repository_type: String,
    /// Who pushed: an address, or a name, which becomes one at `noreply.mozilla.org`.
    pub owner: String,
    /// How much the repository is trusted: `1`, `2` or `3`.
    pub level: String,
    /// The name of the project.
    pub project: String,
    /// The number of the push; `0` if there is none.
    pub pushlog_id: String,
    /// When it was pushed, in seconds since 1970; 0 if that is not known, and then the current time is the build date.
    pub pushdate: i64,
    /// What happened: `github-push`, `cron`, ...
    pub tasks_for: String,
    /// Which method chooses the tasks; `default` if none is named.
    pub target_tasks_method: Option<String>,
    /// Whether targets may be optimized away; they may if nothing is said.
    pub optimize_target_tasks: Option<bool>,
    /// Whether a file or a git note may override what was computed.
    pub allow_parameter_override: bool,
    /// The file that may, relative to the current folder; `try_task_config.json` if none is named.
    pub try_task_config_file: Option<PathBuf>,
    /// Whether the push is that of a checkout on a laptop: then changes in it that nobody has committed count as changed by
    /// the push, and its notes as those of the repository.
    pub local: bool,
}
