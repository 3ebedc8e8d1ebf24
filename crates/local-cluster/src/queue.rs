//! The queue: tasks, their runs, groups and artifacts.

/// An SQL text with the columns of a task in it.
macro_rules! concat_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, task_id, group_id, queue_id, scheduler_id, project_id, priority, retries, retries_left, deadline, \
             expires, blocked, indexed, taken_until, inserted, runs",
            $after
        )
    };
}

mod artifact;
mod change;
mod claim;
mod contents;
mod create;
mod group;
mod raw;
mod read;
mod report;
mod resolve;
mod task;
mod time;

use rusqlite::Transaction;

use crate::{
    call::{Answer, Call},
    error::ApiError,
};

use self::artifact::fetch;
pub(crate) use self::{
    artifact::put as put_artifact,
    claim::take,
    contents::{accept as accept_content, read as read_content},
    create::create,
    group::exists as group_exists,
    resolve::{Report, report},
    task::{State, Task},
    time::apply as apply_time,
};

/// `due` is when time alone changes a task: its deadline, the end of its claim, or, when it is resolved, its expiry.
pub(crate) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS task (
    id INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL UNIQUE,
    group_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    scheduler_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    priority INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    retries_left INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    taken_until INTEGER,
    inserted INTEGER NOT NULL,
    state TEXT NOT NULL,
    due INTEGER NOT NULL,
    runs TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS task_group ON task (group_id, task_id);
CREATE INDEX IF NOT EXISTS task_due ON task (due);
CREATE INDEX IF NOT EXISTS task_pending ON task (queue_id, priority DESC, inserted, id) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS task_running ON task (queue_id, inserted, id) WHERE state = 'running';
CREATE TABLE IF NOT EXISTS definition (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dependency (
    required_task_id TEXT NOT NULL,
    dependent INTEGER NOT NULL,
    any_resolution INTEGER NOT NULL,
    satisfied INTEGER NOT NULL,
    PRIMARY KEY (required_task_id, dependent)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task_group_info (
    group_id TEXT PRIMARY KEY,
    scheduler_id TEXT NOT NULL,
    expires INTEGER NOT NULL,
    sealed INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artifact (
    id INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    storage_type TEXT NOT NULL,
    content_type TEXT NOT NULL,
    expires INTEGER NOT NULL,
    details TEXT NOT NULL,
    present INTEGER NOT NULL,
    get_key TEXT NOT NULL UNIQUE,
    put_key TEXT NOT NULL UNIQUE,
    put_until INTEGER NOT NULL,
    UNIQUE (task_id, run_id, name)
);
CREATE TABLE IF NOT EXISTS content (id INTEGER PRIMARY KEY, encoding TEXT, body BLOB NOT NULL);
";

/// Answers a call of a method of the queue.
pub(crate) fn handle(call: &mut Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    match call.method.name {
        "createTask" => create::create_task(call, db),
        "task" => read::task(call, db),
        "tasks" => read::tasks(call, db),
        "status" => read::status(call, db),
        "statuses" => read::statuses(call, db),
        "listDependentTasks" => read::list_dependent_tasks(call, db),
        "pendingTasks" => read::pending_tasks(call, db),
        "taskQueueCounts" => read::task_queue_counts(call, db),
        "listPendingTasks" => read::list_pending_tasks(call, db),
        "listClaimedTasks" => read::list_claimed_tasks(call, db),
        "scheduleTask" => change::schedule_task(call, db),
        "rerunTask" => change::rerun_task(call, db),
        "cancelTask" => change::cancel_task(call, db),
        "changeTaskPriority" => change::change_task_priority(call, db),
        "changeTaskGroupPriority" => group::change_task_group_priority(call, db),
        "listTaskGroup" => group::list_task_group(call, db),
        "getTaskGroup" => group::get_task_group(call, db),
        "sealTaskGroup" => group::seal_task_group(call, db),
        "cancelTaskGroup" => group::cancel_task_group(call, db),
        "claimWork" => claim::claim_work(call, db),
        "claimTask" => claim::claim_task(call, db),
        "reclaimTask" => claim::reclaim_task(call, db),
        "reportCompleted" => report::completed(call, db),
        "reportFailed" => report::failed(call, db),
        "reportException" => report::exception(call, db),
        "createArtifact" => artifact::create_artifact(call, db),
        "finishArtifact" => artifact::finish_artifact(call, db),
        "getArtifact" => fetch::get_artifact(call, db),
        "getLatestArtifact" => fetch::get_latest_artifact(call, db),
        "artifact" => fetch::artifact(call, db),
        "latestArtifact" => fetch::latest_artifact(call, db),
        "artifactInfo" => fetch::artifact_info(call, db),
        "latestArtifactInfo" => fetch::latest_artifact_info(call, db),
        "listArtifacts" => fetch::list_artifacts(call, db),
        "listLatestArtifacts" => fetch::list_latest_artifacts(call, db),
        _ => Err(ApiError::unknown_route()),
    }
}
