//! Carrying out what changes tasks: ask, act, tell.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Error, Result, anyhow};
use serde_json::{Value, json};
use taskcluster_operations::{ActionFailure, Done, Failure, Item, Outcome, Plan, Step, summary};
use taskcluster_queue_client::{Cluster, Error as ServiceError, Recorder, Status, TaskId};
use taskgraph_actions::{FindError, InputError, RenderError, SchemaError};

use crate::change::{ChangeArgs, print_recorded};
use crate::connection::Connection;
use crate::failure::{Exit, Failed, hints, message};
use crate::listing::{Listing, ListingArgs, Style};
use crate::log::Log;
use crate::output::Destination;
use crate::progress::Progress;
use crate::world::{World, random_bytes};

/// Of the tasks that a question is about; there may be thousands.
const MOST_SHOWN: usize = 20;

/// A change of tasks under way.
pub(crate) struct Change<'a> {
    args: ChangeArgs,
    style: Style,
    world: &'a World,
    log: &'a Log,
    connection: Connection,
    cluster: Cluster,
    recorder: Option<Recorder>,
}

/// What is done: `rerun`, and `rerunning`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verb(pub(crate) &'static str, pub(crate) &'static str);

impl<'a> Change<'a> {
    pub(crate) fn begin(
        args: ChangeArgs,
        listing: ListingArgs,
        world: &'a World,
        log: &'a Log,
    ) -> Result<Change<'a>> {
        let connection = Connection::open(world)?;
        let (cluster, recorder) = args.cluster(connection.cluster());
        Ok(Change { args, style: listing.style(world), world, log, connection, cluster, recorder })
    }

    /// What `work` finds out, or does.
    pub(crate) fn with<T>(&self, work: impl AsyncFnOnce(&Cluster) -> Result<T, ServiceError>) -> Result<T> {
        Ok(self.connection.block_on(work(&self.cluster))?)
    }

    /// What comes of work that does not concern the deployment.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.connection.block_on(work)
    }

    pub(crate) fn ask(&self, question: &str, tasks: usize) -> Result<()> {
        self.args.ask(question, tasks, self.world, self.log)
    }

    /// In a dry run, prints what would have been sent, and that is all there is to say.
    pub(crate) fn recorded(&self, out: &mut dyn Write) -> Result<bool> {
        match &self.recorder {
            Some(recorder) => print_recorded(recorder, self.style, out).map(|()| true),
            None => Ok(false),
        }
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Asks, carries out a plan, and prints what came of it. If it is about the one task that somebody named, that is
    /// a line as the official client prints it.
    pub(crate) fn carry_out(self, verb: Verb, plan: Plan, alone: bool, out: &mut dyn Write) -> Result<()> {
        self.carry_out_and(verb, plan, alone, out, |_, _| Ok(()))
    }

    /// The same, and then something with each task that was created.
    pub(crate) fn carry_out_and(
        self,
        verb: Verb,
        plan: Plan,
        alone: bool,
        out: &mut dyn Write,
        mut and: impl FnMut(&TaskId, &Connection) -> Result<()>,
    ) -> Result<()> {
        let changes = plan.changes();
        self.ask(&question(verb.0, plan.items(), changes), changes)?;
        let mut progress = Progress::new(self.log, verb.1, plan.items().len());
        let outcomes = self.connection.block_on(plan.act(&self.cluster, |_| progress.step()));
        drop(progress);
        if !self.recorded(out)? {
            print(&outcomes, alone, self.style, out)?;
        }
        for outcome in &outcomes {
            if let Ok(Done::Created(id)) = &outcome.result {
                and(id, &self.connection)?;
            }
        }
        let all = outcomes.len();
        let failures = outcomes.into_iter().filter_map(|outcome| {
            let task = outcome.task_id.to_string();
            outcome.result.err().map(|failure| (task, failure))
        });
        tell(failures.collect(), all, self.log)
    }
}

/// What somebody is asked, but for the mark.
fn question(verb: &str, items: &[Item], changes: usize) -> String {
    let changing =
        items.iter().filter(|item| matches!(&item.step, Ok(step) if *step != Step::Nothing)).map(|item| {
            let state = item.status.as_ref().map(|status| format!(" ({})", status.state)).unwrap_or_default();
            let name: String = item.name.chars().filter(|c| !c.is_control()).collect();
            format!("{} {name}{state}", item.task_id)
        });
    if changes == 1 {
        return changing.map(|task| format!("{verb} {task}")).collect();
    }
    let mut lines: Vec<String> = changing.take(MOST_SHOWN).map(|task| format!("  {task}")).collect();
    if changes > lines.len() {
        lines.push(format!("  and {} others", changes - lines.len()));
    }
    lines.push(format!("{verb} {}", counted(changes)));
    lines.join("\n")
}

fn counted(tasks: usize) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") }
}

/// How a task stands after its last run.
pub(crate) fn stands(status: &Status) -> String {
    summary(status.state, status.runs.last().and_then(|run| run.reason_resolved.as_deref()))
}

fn print(outcomes: &[Outcome], alone: bool, style: Style, out: &mut dyn Write) -> Result<()> {
    if alone && style != Style::Json {
        return Destination::Out.write(out, |out| {
            for outcome in outcomes {
                match &outcome.result {
                    Ok(Done::Changed(status) | Done::Unchanged(status)) => {
                        writeln!(out, "{}", stands(status))?
                    }
                    Ok(Done::Created(id)) => writeln!(out, "Task {id} created")?,
                    _ => {}
                }
            }
            Ok(())
        });
    }
    let mut listing = Listing::new(&[("TASK", "taskId"), ("RESULT", "shown"), ("NAME", "name")]);
    for outcome in outcomes {
        listing.push(row(outcome, style));
    }
    listing.print(style, out)
}

fn row(outcome: &Outcome, style: Style) -> Value {
    let mut row = json!({"taskId": outcome.task_id, "name": outcome.name, "result": null});
    let mut shown = String::new();
    let stood = |row: &mut Value, status: &Status| {
        let run = status.runs.last();
        row["state"] = status.state.as_str().into();
        row["runId"] = run.map(|run| run.run_id).into();
        row["reasonResolved"] = run.and_then(|run| run.reason_resolved.clone()).into();
    };
    row["result"] = match &outcome.result {
        Ok(Done::Changed(status)) => {
            stood(&mut row, status);
            shown += &stands(status);
            "changed"
        }
        Ok(Done::Unchanged(status)) => {
            stood(&mut row, status);
            shown += &format!("still {}", stands(status));
            "unchanged"
        }
        Ok(Done::Created(id)) => {
            row["createdTaskId"] = id.as_str().into();
            shown += &format!("created {id}");
            "created"
        }
        Ok(_) => "recorded",
        Err(failure) => {
            let word = if matches!(failure, Failure::Refused(_)) { "refused" } else { "failed" };
            row["message"] = failure.to_string().into();
            shown += word;
            word
        }
    }
    .into();
    if style != Style::Json {
        row["shown"] = shown.into();
    }
    row
}

/// Says what failed, each once, and what to do about it. `all` is how many were tried.
pub(crate) fn tell(failures: Vec<(String, Failure)>, all: usize, log: &Log) -> Result<()> {
    if failures.is_empty() {
        return Ok(());
    }
    let exit = |failure: &Failure| match failure {
        Failure::Action(failure) if failure.is_about_rights() => Exit::Rights,
        failure => failure.error().map_or(Exit::Failure, Exit::of_service),
    };
    let exits: Vec<Exit> = failures.iter().map(|(_, failure)| exit(failure)).collect();
    let successes = std::iter::repeat_n(Exit::Success, all.saturating_sub(failures.len()));
    let exit = Exit::of_all(exits.into_iter().chain(successes));
    let mut advice: Vec<String> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for (task, failure) in failures {
        let (error, hints) = explained(failure);
        let line = format!("{task}: {}", message(&error));
        // Each of several copies fails for the same reason.
        if seen.insert(line.clone()) {
            lines.push(line);
        }
        for hint in hints {
            if !advice.contains(&hint) {
                advice.push(hint);
            }
        }
    }
    let last = lines.len() - 1;
    for (at, line) in lines.iter().enumerate() {
        log.error(line, if at == last { &advice } else { &[] });
    }
    Err(anyhow!(Failed(exit)))
}

/// An error, and what may be done about it.
fn explained(failure: Failure) -> (Error, Vec<String>) {
    match failure {
        Failure::Failed(error) => {
            let error = Error::from(error);
            let hints = hints(&error);
            (error, hints)
        }
        Failure::Refused(refusal) => {
            let mut hints: Vec<String> = refusal.advice().map(str::to_owned).into_iter().collect();
            if refusal.may_be_forced() {
                hints.push("--force does it nevertheless".to_owned());
            }
            (Error::from(refusal), hints)
        }
        Failure::Action(failure) => {
            let mut hints: Vec<String> = failure.advice().into_iter().collect();
            if let ActionFailure::Find(FindError::Several { .. }) = &*failure {
                hints = vec!["--title says which one".to_owned()];
            }
            if let ActionFailure::Render(RenderError::Input(InputError::Schema(SchemaError::External {
                ..
            }))) = &*failure
            {
                hints.push("--fetch-schemas allows it".to_owned());
            }
            if failure.is_about_rights() {
                hints.push("`taskgraph creds check` says who asks, and with which scopes".to_owned());
            }
            (Error::from(Failure::Action(failure)), hints)
        }
        failure => (Error::from(failure), vec!["--force does it without a look at that".to_owned()]),
    }
}

/// Random bytes, where a failure is found out later.
#[derive(Default)]
pub(crate) struct Random(Option<Error>);

impl Random {
    pub(crate) fn fill(&mut self, bytes: &mut [u8; 16]) {
        match random_bytes() {
            Ok(random) => *bytes = random,
            Err(error) => self.0 = Some(error),
        }
    }

    /// What was made with the bytes, if there were any.
    pub(crate) fn checked<T>(self, made: T) -> Result<T> {
        self.0.map_or(Ok(made), Err)
    }
}
