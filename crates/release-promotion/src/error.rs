//! What can go wrong with a release.

use std::path::PathBuf;

use taskcluster_queue_client::{Error as ClientError, State, TaskId};
use taskgraph_action_tasks::{AnyError, Error as ActionError};
use taskgraph_config::{ConfigError, ParametersError, Problems};
use taskgraph_decision::{CreateError, Error as DecisionError};
use taskgraph_kinds::UnknownName;
use taskgraph_schema::{many_lines, one_line, shown_path};
use taskgraph_value::Str;
use thiserror::Error;

/// What can go wrong with a release.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// `release-promotion` in the configuration is not as it should be.
    #[error("invalid graph configuration:\n  {0}")]
    Config(Problems),
    /// The configuration cannot be read again.
    #[error(transparent)]
    Reload(#[from] ConfigError),
    /// A flavor that is not configured.
    #[error(
        "there is no flavor `{}`: {} has {}", one_line(flavor), shown_path(config),
        if known.is_empty() { "none below `release-promotion.flavors`".to_owned() } else { known.join(", ") }
    )]
    UnknownFlavor {
        /// The flavor.
        flavor: Str,
        /// The graph configuration.
        config: PathBuf,
        /// The flavors that it has, sorted.
        known: Vec<Str>,
    },
    /// A configuration without flavors.
    #[error("{}: `release-promotion.flavors`: expected a flavor to release, found none", shown_path(config))]
    NoFlavors {
        /// The graph configuration.
        config: PathBuf,
    },
    /// A phase that several flavors have.
    #[error("several flavors are of the phase `{}`: expected one of {}", one_line(name), one_line(&found.join(", ")))]
    SeveralFlavors {
        /// The phase.
        name: Str,
        /// The flavors, in the order of the file.
        found: Vec<Str>,
    },
    /// A target method that is no template.
    #[error("the flavor `{}`: `target-tasks-method`: {}", one_line(flavor), one_line(&source.to_string()))]
    Method {
        /// The flavor.
        flavor: Str,
        /// The template.
        template: Str,
        /// What is wrong with it.
        source: taskgraph_parameterize::Error,
    },
    /// A target method that nobody registered.
    #[error(
        "the flavor `{}`: `target-tasks-method`: {}; methods that come with the program are named `<phase>`, \
         `<phase>_<product>` or `shipping_phase:<phase>`, with the phases build, promote, push and ship",
        one_line(flavor), one_line(&source.to_string())
    )]
    UnknownMethod {
        /// The flavor.
        flavor: Str,
        /// The name, and those that are known.
        source: UnknownName,
    },
    /// An input that cannot be used.
    #[error("the input: {}expected {expected}, found {}", if key.is_empty() { String::new() } else { format!("`{key}`: ") }, one_line(found))]
    Input {
        /// The key, empty for the input as a whole.
        key: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A text that cannot be a version.
    #[error(
        "the version {place}: expected one such as `128.0b4`, of letters, digits and `.-_+~`, found `{}`",
        one_line(found)
    )]
    Version {
        /// Where it is from.
        place: String,
        /// The text.
        found: String,
    },
    /// A parser of versions that nobody registered.
    #[error("{}: `version-parser`: {}", shown_path(config), one_line(&source.to_string()))]
    UnknownVersionParser {
        /// The graph configuration.
        config: PathBuf,
        /// The name, and those that are known.
        source: UnknownName,
    },
    /// The tree says no version.
    #[error("cannot read the version with `{}`: {}", one_line(parser), one_line(&source.to_string()))]
    NoVersion {
        /// The parser.
        parser: Str,
        /// Why.
        source: AnyError,
    },
    /// A parameter that is missing, or not what it has to be.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// What actions have in common.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// Graphs that nothing can be built on.
    #[error("{}", faults_list(faults))]
    Previous {
        /// All of them, in their order. There is at least one.
        faults: Vec<PreviousFault>,
    },
    /// The previous graphs cannot be looked up.
    #[error("cannot look up the previous graphs: {source}")]
    LookUp {
        /// Why.
        source: ClientError,
    },
    /// The graph cannot be made.
    #[error("{}", many_lines(&source.to_string()))]
    Decision {
        /// Why.
        source: DecisionError,
    },
    /// A task needs another that the tree does not make any more, although a previous graph has it.
    #[error(
        "{}; the previous graph {graph} has it, of the kind `{}`, but a graph can only re-use tasks that the tree still \
         makes", many_lines(&source.to_string()), one_line(kind)
    )]
    Vanished {
        /// What depends on it.
        source: Box<DecisionError>,
        /// The graph that has it.
        graph: Str,
        /// Its kind there.
        kind: Str,
    },
    /// Tasks to re-use that do not exist any more.
    #[error("{}", gone_list(gone))]
    Gone {
        /// All of them, in the order of labels. There is at least one.
        gone: Vec<Gone>,
    },
    /// The tasks cannot be created.
    #[error("{source}")]
    Create {
        /// Why, and which.
        source: CreateError,
    },
    /// A folder of artifacts that cannot be used.
    #[error("cannot use the previous graph in `{}`: {}", shown_path(folder), one_line(problem))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A phase that builds on one whose graph is not there yet.
    #[error(
        "`{}` builds on `{}`, whose tasks would be made twice: expected its action task {task_id} to be completed, found \
         it {state}; {way_on}, or name the graphs to build on with `--previous`",
        one_line(flavor),
        one_line(before)
    )]
    NotReady {
        /// The flavor.
        flavor: Str,
        /// The one before it.
        before: Str,
        /// The action task of that.
        task_id: TaskId,
        /// How it stands.
        state: State,
        /// What can be done about it.
        way_on: &'static str,
    },
    /// A phase that was triggered already.
    #[error(
        "`{}` was triggered already: its action task {task_id} is {state}; {way_on}, or make its tasks once more with `--again`",
        one_line(flavor)
    )]
    Triggered {
        /// The flavor.
        flavor: Str,
        /// The last action task of it.
        task_id: TaskId,
        /// How it stands.
        state: State,
        /// What can be done about it.
        way_on: &'static str,
    },
    /// A phase that made nothing and cannot be canceled any more.
    #[error(
        "the action task {task_id} is {state} and has created nothing, so there is no group to seal, and it cannot be canceled: \
         {source}; its flavor can be triggered with `--again`, and later ones with the graphs to build on, named with \
         `--previous`"
    )]
    NotGivenUp {
        /// The action task.
        task_id: TaskId,
        /// How it stands.
        state: State,
        /// Why not.
        source: ClientError,
    },
    /// An action task in the place of a decision task.
    #[error(
        "task {task_id} (`{}`) is an action task: expected a decision task; its group is that of {}",
        one_line(name),
        one_line(group)
    )]
    NoDecision {
        /// The task.
        task_id: TaskId,
        /// Its name.
        name: String,
        /// Its group, which usually is named after the decision task.
        group: String,
    },
    /// A task that is not what was asked for.
    #[error("task {task_id} (`{}`) is no release promotion: {problem}", one_line(name))]
    NoPromotion {
        /// The task.
        task_id: TaskId,
        /// Its name.
        name: String,
        /// What is missing.
        problem: &'static str,
    },
}

/// A graph that nothing can be built on.
#[derive(Debug, Error)]
#[error("previous graph {task_id}: {problem}")]
pub struct PreviousFault {
    /// The decision or action task.
    pub task_id: TaskId,
    /// Why not.
    pub problem: PreviousProblem,
}

/// Why nothing can be built on a graph.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PreviousProblem {
    /// The queue does not know the task.
    #[error("the queue has no such task; maybe it has expired")]
    Missing,
    /// The task has expired.
    #[error("it expired at {at}")]
    Expired {
        /// When.
        at: String,
    },
    /// The task has not ended, so its graph is not complete.
    #[error("it is still {state}: a graph can be built on when the task that makes it has completed")]
    NotEnded {
        /// Where it stands.
        state: State,
    },
    /// The task has ended without success, so its graph may not be complete.
    #[error("it has ended as {state}; rerun it, so that its graph is complete")]
    Failed {
        /// Where it stands.
        state: State,
    },
    /// The task is one of other projects.
    #[error("it is of the trust domain `{}`, expected `{}`", one_line(found), one_line(expected))]
    OtherDomain {
        /// That of the configuration.
        expected: String,
        /// That of the task.
        found: String,
    },
    /// It has no such artifact.
    #[error(
        "it has no artifact `{name}`: it is neither a decision nor an action task that made a graph, or the artifact has expired"
    )]
    NoArtifact {
        /// The name.
        name: String,
    },
    /// An artifact cannot be read.
    #[error("cannot read the artifact `{name}`: {source}")]
    Artifact {
        /// The name.
        name: String,
        /// Why.
        source: ClientError,
    },
    /// An artifact that does not hold what it should.
    #[error("the artifact `{name}`: {}", one_line(problem))]
    BadArtifact {
        /// The name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// A task to re-use that does not exist any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its label.
    pub label: Str,
    /// Its id.
    pub task_id: Str,
    /// The graph that has it.
    pub graph: Str,
    /// When it expired, if the queue still knows.
    pub expired: Option<String>,
}

fn faults_list(faults: &[PreviousFault]) -> String {
    match faults {
        [only] => only.to_string(),
        _ => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
            format!("{} previous graphs cannot be built on:{}", faults.len(), lines.concat())
        }
    }
}

fn gone_list(gone: &[Gone]) -> String {
    let line = |gone: &Gone| {
        let Gone { label, task_id, graph, expired } = gone;
        let why = match expired {
            Some(at) => format!("expired at {at}"),
            None => "is not known to the queue any more".to_owned(),
        };
        format!("task {task_id} (`{}`) of the previous graph {} {why}", one_line(label), one_line(graph))
    };
    let advice = "leave that graph out, or make the tasks again with `do_not_optimize` or `rebuild_kinds`";
    match gone {
        [only] => format!("{}, but other tasks need it; {advice}", line(only)),
        _ => {
            let lines: Vec<String> = gone.iter().map(|gone| format!("\n  {}", line(gone))).collect();
            format!("other tasks need tasks that are gone:{}\n  {advice}", lines.concat())
        }
    }
}
