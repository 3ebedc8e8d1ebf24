//! The command line.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::commands::{
    action::ActionArgs,
    action_callback::{ActionCallbackArgs, TestActionCallbackArgs},
    actions::ActionsArgs,
    api::ApiArgs,
    completions::CompletionsArgs,
    decision::DecisionArgs,
    download::DownloadArgs,
    explain::ExplainArgs,
    from_now::FromNowArgs,
    graph::GraphArgs,
    group::GroupArgs,
    kind_graph::KindGraphArgs,
    local::LocalArgs,
    release::ReleaseArgs,
    run_task::RunTaskArgs,
    signin::{CredsArgs, SignInArgs, SignOutArgs},
    slugid::SlugidArgs,
    task::TaskArgs,
    verify::VerifyArgs,
};
use crate::log::Verbosity;

const EXIT_CODES: &str = "\
Exit codes:
  0  all went well (also if a diff has differences, and if the reader of the output stops early)
  1  something is wrong with the kinds, the parameters, the repository or a file; or some or all of
     several tasks could not be dealt with, for whatever reason
  2  the command line makes no sense, or an id in it is none
  3  a service or the network failed; trying again may help
  4  there are no credentials, they are bad or expired, or their scopes do not suffice";

/// Generates Taskcluster task graphs from the folder `taskcluster/` of a repository.
#[derive(Debug, Parser)]
#[command(
    name = "taskgraph",
    version,
    after_help = EXIT_CODES,
    // As Python's argument parser: long options may be shortened, the last of several values counts.
    infer_long_args = true,
    args_override_self = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What all commands have in common.
#[derive(Args, Debug)]
pub(crate) struct GlobalArgs {
    /// Use the embedded cluster of the current repository, as with TASKCLUSTER_ROOT_URL=local
    ///
    /// It needs no server, and keeps its state in the folder `.taskgraph` at the root of the repository.
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) local: bool,
    /// Write no messages but errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Say what is done, and how long it takes
    #[arg(short, long, global = true, help_heading = "Global options")]
    verbose: bool,
}

impl GlobalArgs {
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.verbose, self.quiet) {
            (true, _) => Verbosity::Verbose,
            (false, true) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print all tasks of all kinds, as a set without edges
    ///
    /// Tasks come out as the transforms of their kinds leave them. Dependencies are not checked, so this works even if
    /// a task depends on one that is missing.
    #[command(after_help = TASKS_EXAMPLES)]
    Tasks(GraphArgs),
    /// Print the full task graph: all tasks, and the dependencies between them
    #[command(after_help = FULL_EXAMPLES)]
    Full(GraphArgs),
    /// Print the target tasks, as a set without edges: those that the parameters ask for
    ///
    /// Which tasks are targets is decided by the parameters `filters` and `target_tasks_method`, and by attributes of
    /// the tasks such as `run_on_projects`.
    #[command(after_help = TARGET_EXAMPLES)]
    Target(GraphArgs),
    /// Print the target task graph: the target tasks, and all that they need
    #[command(after_help = TARGET_GRAPH_EXAMPLES)]
    TargetGraph(GraphArgs),
    /// Print the optimized task graph: what is left of the target task graph to create
    ///
    /// Tasks are left out if they need not run, or if an earlier task takes their place. Those are looked for in the
    /// index of the deployment that TASKCLUSTER_ROOT_URL names, if any task asks for it. The others get random taskIds,
    /// which are the keys here, and their references are resolved.
    #[command(after_help = OPTIMIZED_EXAMPLES)]
    Optimized(GraphArgs),
    /// Print the morphed task graph: the optimized one as a decision task creates it
    ///
    /// Tasks with more routes than the queue takes have other tasks put them into the index, and a push under review
    /// has one more task, which waits for all of the review.
    #[command(after_help = MORPHED_EXAMPLES)]
    Morphed(GraphArgs),
    /// Run a decision task: generate, write artifacts, create the tasks
    ///
    /// Computes the parameters of a push, writes all that describes its graph into the folder `artifacts`, and then
    /// creates the tasks of the graph that do not exist yet, in the group of the decision task that TASK_ID names. Its
    /// id and the labels alone decide about taskIds, so a decision that was interrupted is finished by the same command.
    #[command(after_help = DECISION_EXAMPLES)]
    Decision(Box<DecisionArgs>),
    /// Say why a task is, or is not, in each phase of the graph
    ///
    /// Where it was written; which filter drops it, or what pulls it in; which strategy removes it, replaces it or keeps
    /// it; what morphs change.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Print the actions of a push, as its decision task writes them into actions.json
    #[command(after_help = ACTIONS_EXAMPLES)]
    Actions(ActionsArgs),
    /// Do what an action task was triggered for
    ///
    /// ACTION_CALLBACK says what, ACTION_TASK_ID and ACTION_TASK_GROUP_ID for what, ACTION_INPUT has the input; all but
    /// the callback and the group are JSON. TASK_ID is the action task itself. Run again, it creates nothing twice.
    ActionCallback(ActionCallbackArgs),
    /// Print the tasks that an action would create
    ///
    /// Looks up what the action looks up, and writes its artifacts into the folder `artifacts`; nothing else is changed.
    #[command(after_help = TEST_ACTION_CALLBACK_EXAMPLES)]
    TestActionCallback(TestActionCallbackArgs),
    /// Print which kind depends on which, as a Mermaid flowchart
    ///
    /// Arrows point from a kind to the kinds that depend on it.
    #[command(after_help = KIND_GRAPH_EXAMPLES)]
    KindGraph(KindGraphArgs),
    /// Provide run-task and the other scripts that run inside of tasks
    ///
    /// Most docker images include these four scripts, which are published with the Python taskgraph. They are
    /// looked for in --run-task-dir, in the folder that `run-task-dir` in config.yml names, in an installed Python
    /// taskgraph, and in the user's cache, which this command fills.
    RunTask(RunTaskArgs),
    /// Look at tasks, and rerun, retrigger, cancel, schedule or complete them
    Task(TaskArgs),
    /// Look at the actions that a group offers for its tasks, and trigger them
    Action(ActionArgs),
    /// Look at groups of tasks, and rerun, retrigger, cancel or seal them
    Group(GroupArgs),
    /// Release in phases: plan, trigger, look at and cancel graphs that build on earlier graphs
    Release(ReleaseArgs),
    /// Verify that a decision or action task was made from the tree
    ///
    /// It exits with 1 if the task differs, and says in which fields.
    Verify(VerifyArgs),
    /// Download from a deployment
    Download(DownloadArgs),
    /// Call any method of any service, and print what it answers
    Api(ApiArgs),
    /// Print the time that is so much later, in the local time zone
    #[command(after_help = FROM_NOW_EXAMPLES)]
    FromNow(FromNowArgs),
    /// Make ids as those of tasks, and convert them from and to UUIDs
    Slugid(SlugidArgs),
    /// Get credentials from a deployment with a browser, and print lines for the shell to evaluate
    ///
    /// A page of the deployment makes a client, for as long and with as much as you say, and hands its credentials to
    /// this command, which waits on loopback. TASKCLUSTER_ROOT_URL says which deployment.
    #[command(name = "signin", after_help = SIGNIN_EXAMPLES)]
    SignIn(SignInArgs),
    /// Print lines for the shell to evaluate that take the credentials out of its environment
    ///
    /// TASKCLUSTER_ROOT_URL stays. The client that `signin` made stays, too, until it expires.
    #[command(name = "signout", after_help = SIGNOUT_EXAMPLES)]
    SignOut(SignOutArgs),
    /// Look at the credentials in the environment
    Creds(CredsArgs),
    /// Run an embedded cluster, and stand in for its workers
    Local(LocalArgs),
    /// Print a script that completes this command's arguments in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

/// What all commands that make graphs have in common.
#[derive(Args, Debug)]
pub(crate) struct CommonArgs {
    /// The folder with config.yml and the kinds
    ///
    /// Relative to the current folder. It is part of tasks (`metadata.source`) as written here.
    #[arg(short, long, value_name = "FOLDER", default_value = "taskcluster")]
    pub(crate) root: PathBuf,
    /// The folder with run-task, fetch-content, hgrc and robustcheckout.py
    #[arg(
        long,
        value_name = "FOLDER",
        env = "TASKGRAPH_RUN_TASK_DIR",
        hide_env_values = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from), // which may be empty
    )]
    pub(crate) run_task_dir: Option<PathBuf>,
}

impl CommonArgs {
    /// The folder with run-task. Set but empty, the variable is as good as unset.
    pub(crate) fn run_task_dir(&self) -> Option<&PathBuf> {
        self.run_task_dir.as_ref().filter(|folder| !folder.as_os_str().is_empty())
    }
}

const TASKS_EXAMPLES: &str = "\
Examples:
  taskgraph tasks
      The labels of all tasks, for a push of what is checked out.
  taskgraph tasks -J --tasks build-
      The definitions of the tasks whose label begins with `build-`.
  taskgraph tasks -k test
      Only the kind `test` and the kinds that it depends on.";

const FULL_EXAMPLES: &str = "\
Examples:
  taskgraph full -J -p params/main.yml
      The whole graph as JSON, for the parameters of a push.
  taskgraph full -J --diff
      What the current work changes in it, uncommitted changes included.
  taskgraph full -J --diff HEAD~1 --exclude-key task.metadata
      What changed since the last commit but one, metadata aside.
  taskgraph full -J -p params -o '{params}.json'
      A file for each of the parameter files in the folder `params`.";

const TARGET_EXAMPLES: &str = "\
Examples:
  taskgraph target -p project=autoland
      Which tasks the latest push of a project asks for.
  taskgraph target -p task-id=PgAKBjVOQPCNmKf4k9nSZA
      Which tasks the push of a decision task asks for.
  taskgraph target -p params/main.yml -p params/pull-request.yml
      The targets for either set of parameters, one after the other.";

const TARGET_GRAPH_EXAMPLES: &str = "\
Examples:
  taskgraph target-graph -p params/main.yml
      The labels of all tasks that a push runs.
  taskgraph target-graph -p params --diff=main
      What the current work changes there since the branch `main`, for several pushes.
  taskgraph target-graph -Y -o graph.yml
      Their definitions as YAML, in a file.";

const OPTIMIZED_EXAMPLES: &str = "\
Examples:
  taskgraph optimized -p params/main.yml
      The labels of the tasks that a push creates.
  TASKCLUSTER_ROOT_URL=https://tc.example.com taskgraph optimized -J
      Their definitions, with what is found in the index of a deployment.";

const MORPHED_EXAMPLES: &str = "\
Examples:
  taskgraph morphed -J -p params/main.yml -o task-graph.json
      All that a decision task creates for a push, in a file.
  taskgraph morphed -J --local
      The same for what is checked out, with what the embedded cluster has in its index.";

const DECISION_EXAMPLES: &str = "\
Examples:
  taskgraph decision --local
      A decision about what is checked out, in the embedded cluster.
  taskgraph decision --local --dry-run
      The tasks that it would create, and in the folder `artifacts` all about them.
  taskgraph decision --local --tasks-for github-pull-request
      As for a pull request.
  TASK_ID=fdtgsD5DQUmAQZEaGMvQ4Q taskgraph decision --local
      The rest of one that was interrupted.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  taskgraph explain test-linux
      What becomes of the task in a push of what is checked out.
  taskgraph explain test-linux -p project=autoland
      What became of it in the latest push of a project.
  taskgraph --local explain build-linux -p task-id=fdtgsD5DQUmAQZEaGMvQ4Q
      What became of it in a decision of the embedded cluster.";

const ACTIONS_EXAMPLES: &str = "\
Examples:
  taskgraph actions
      The actions for a push of what is checked out.
  taskgraph actions -p params/pull-request.yml
      The actions for the parameters of a pull request.";

const TEST_ACTION_CALLBACK_EXAMPLES: &str = "\
Examples:
  taskgraph test-action-callback retrigger -p task-id=fdtgsD5DQUmAQZEaGMvQ4Q --task-id PgAKBjVOQPCNmKf4k9nSZA
      The tasks that retriggering a task would create.
  taskgraph test-action-callback add-new-jobs -p project=autoland --input jobs.yml
      The tasks that adding jobs to the latest push of a project would create.";

const KIND_GRAPH_EXAMPLES: &str = "\
Examples:
  taskgraph kind-graph -o kinds.mmd
      A flowchart of all kinds, for a Mermaid renderer.
  taskgraph kind-graph -k test
      Of the kind `test` and the kinds that it depends on.";

const FROM_NOW_EXAMPLES: &str = "\
Examples:
  taskgraph from-now 1 day 2 hours
  taskgraph from-now 15min";

const SIGNIN_EXAMPLES: &str = "\
Examples:
  eval \"$(taskgraph signin -s 'queue:rerun-task:*' -s 'queue:cancel-task:*')\"
      To rerun and cancel tasks, for a day.
  eval \"$(taskgraph signin --expires 15m)\"
      To do whatever you may do, for a quarter of an hour.
  taskgraph signin --fish -s 'hooks:trigger-hook:*' | source
      In fish.";

const SIGNOUT_EXAMPLES: &str = "\
Examples:
  eval \"$(taskgraph signout)\"
  taskgraph signout --fish | source";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  taskgraph completions bash > ~/.local/share/bash-completion/completions/taskgraph
  taskgraph completions zsh > ~/.zfunc/_taskgraph      (with ~/.zfunc in $fpath)
  taskgraph completions fish > ~/.config/fish/completions/taskgraph.fish";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    /// Builds all commands, the hundreds of methods that `api` has included.
    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
