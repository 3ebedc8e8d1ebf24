//! `taskgraph release trigger`, `status` and `cancel`.

use std::io::Write;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use taskcluster_operations::{Done, Pick, Targets, choose_action};
use taskcluster_queue_client::{Cluster, Sent, State, TaskId};
use taskgraph_actions::SchemaDocuments;
use taskgraph_config::GraphConfig;
use taskgraph_decision::Push;
use taskgraph_release_promotion::{
    ACTION, CanceledPhase, Fetched, Flavor, Flavors, Input, Planning, Release, ReleasePlan, Triggered,
    cancel_phase, check_decision, check_promotion, decision_path,
};
use taskgraph_value::Str;
use taskgraph_vcs::{Repository, VcsTool};

use super::{OfRelease, VersionArgs, some};
use crate::args::CommonArgs;
use crate::change::ChangeArgs;
use crate::commands::action_callback::on_laptop;
use crate::commands::task::{Change, Random, Verb, tell};
use crate::connection::Connection;
use crate::failure::Misuse;
use crate::fields;
use crate::listing::{Listing, ListingArgs, Style};
use crate::log::Log;
use crate::world::World;

/// What a phase is triggered with.
pub(super) struct Asked {
    pub(super) flavor: String,
    pub(super) of: OfRelease,
    pub(super) previous: Vec<TaskId>,
    pub(super) again: bool,
    pub(super) version: VersionArgs,
    pub(super) set: Vec<String>,
}

pub(super) fn trigger(
    asked: Asked,
    common: &CommonArgs,
    change: ChangeArgs,
    listing: ListingArgs,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let config = GraphConfig::load(&common.root, &world.cwd)?;
    let flavors = Flavors::of(&config)?;
    let flavor = flavors.get(&asked.flavor, config.root())?;
    let noop = change.noop;
    let change = Change::begin(change, listing, world, log)?;
    let index = asked.of.path(&config, world)?;
    let decision = change.with(async |cluster| Ok(asked.of.find(index.as_deref(), cluster).await))??;
    let release = change.with(async |cluster| Release::look(cluster, &decision).await)?;
    if !asked.again {
        release.check_first(flavor)?;
    }
    if asked.previous.is_empty() {
        release.check_before(flavor, &flavors.before(flavor))?;
    }

    // All of those before it are completed.
    let triggered = if asked.previous.is_empty() { release.triggered() } else { Vec::new() };
    let decisions = if asked.previous.is_empty() { vec![decision.clone()] } else { asked.previous };
    let planning = Planning {
        decisions: &decisions,
        build_number: asked.version.build_number,
        version: asked.version.version.map(Into::into),
        triggered: &triggered,
    };
    let plan = ReleasePlan::new(&planning, &[flavor], |flavor| flavors.before(flavor));
    let phase = plan.phases.first().context("there is no phase to trigger")?;
    let previous: Vec<String> = phase.previous.iter().map(|base| base.shown().to_string()).collect();
    log.info(format_args!("{} builds on {}.", flavor.name, previous.join(", ")));
    let input = fields::set_values(Some(phase.to_value()), &asked.set, &[])?;
    let asked_for = Input::read(&input.clone().unwrap_or_default())?;
    if let Some(remark) = other_version(&asked_for, &triggered, &flavors.before(flavor)) {
        log.info(format_args!("Note: {remark}."));
    }
    let now = world.now.to_utc();
    // In the embedded cluster, the callback says so in a moment.
    if noop || !world.local {
        for remark in remarks(&asked_for, &change, config.trust_domain(), now) {
            log.info(format_args!("Note: {remark}."));
        }
    }

    let mut random = Random::default();
    let mut fill = |bytes: &mut [u8; 16]| random.fill(bytes);
    let group = Targets::Group(&decision);
    let choices = change.with(async |cluster| choose_action(cluster, group, ACTION, Pick::Only).await)?;
    let plan = change.with(async |cluster| {
        Ok(choices.plan(cluster, input.as_ref(), &SchemaDocuments::default(), now, &mut fill).await)
    })?;
    let (verb, plan) = (Verb("trigger a release promotion for", "triggering"), random.checked(plan)?);
    change.carry_out_and(verb, plan, true, out, |action_task, connection| {
        // No worker claims it, so its work is done here.
        if world.local { on_laptop(action_task, common, connection, world, log) } else { Ok(()) }
    })
}

/// What is said if the last phase before another was triggered with another version or number of the build. As in the
/// reference, only whoever triggers them carries these from one phase to the next.
fn other_version(input: &Input, triggered: &[Triggered], before: &[&Flavor]) -> Option<String> {
    let run = before.iter().rev().find_map(|other| triggered.iter().find(|run| run.flavor == other.name))?;
    let number = run.build_number.unwrap_or(1);
    if run.version == input.version && number == input.build_number {
        return None;
    }
    let version = |version: Option<&Str>| {
        version.map_or_else(
            || "the version of the tree".to_owned(),
            |version| format!("the version `{version}`"),
        )
    };
    Some(format!(
        "`{}` ({}) was triggered with {} and the build number {number}, and this phase with {} and the build number {}; say \
         --release-version and --build-number again if that is not meant",
        run.flavor,
        run.task_id,
        version(run.version.as_ref()),
        version(input.version.as_ref()),
        input.build_number
    ))
}

/// What is asked to be made again and is in no previous graph. Graphs that cannot be read are the callback's to tell of.
fn remarks(input: &Input, change: &Change<'_>, trust_domain: &str, now: DateTime<Utc>) -> Vec<String> {
    let kinds = input.rebuild_kinds.as_deref().unwrap_or_default();
    let labels = input.do_not_optimize.as_deref().unwrap_or_default();
    let ids = &input.previous_graph_ids;
    // Graphs may be hundreds of megabytes, and are read only if there is something to look for.
    if ids.is_empty() || (kinds.is_empty() && labels.is_empty()) {
        return Vec::new();
    }
    let fetched =
        change.with(async |cluster| Ok(Fetched::from_cluster(cluster, ids, trust_domain, now).await));
    match fetched {
        Ok(Ok(fetched)) => fetched.graphs.remarks(kinds, labels),
        _ => Vec::new(),
    }
}

impl OfRelease {
    /// Where the index has the decision task of what is checked out; nothing if somebody named one.
    fn path(&self, config: &GraphConfig, world: &World) -> Result<Option<String>> {
        if self.decision.is_some() {
            return Ok(None);
        }
        let repository = Repository::discover(&world.cwd)?;
        if repository.tool() == VcsTool::Hg {
            return Err(anyhow!(Misuse(
                "the decision task of a Mercurial push is found by its number, which a checkout does not know; name it \
                 with --decision"
                    .into()
            )));
        }
        let push = Push::of_checkout(&repository, 0)?;
        Ok(Some(decision_path(config.trust_domain(), &push.project, &push.head_rev)))
    }

    /// The decision task that somebody named, or that the index has.
    async fn find(&self, path: Option<&str>, cluster: &Cluster) -> Result<TaskId> {
        match (&self.decision, path) {
            (Some(decision), _) => {
                check_decision(cluster, decision).await?;
                Ok(decision.clone())
            }
            (None, path) => {
                let path = path.unwrap_or_default();
                let found = cluster.index().find_task(path).await;
                Ok(found
                    .with_context(|| format!("cannot find the decision task `{path}` in the index"))?
                    .task_id)
            }
        }
    }
}

pub(super) fn status(
    of: &OfRelease,
    common: &CommonArgs,
    style: Style,
    world: &World,
    out: &mut dyn Write,
) -> Result<()> {
    let config = GraphConfig::load(&common.root, &world.cwd)?;
    let path = of.path(&config, world)?;
    let connection = Connection::open(world)?;
    let cluster = connection.cluster();
    let release = connection.block_on(async {
        let decision = of.find(path.as_deref(), cluster).await?;
        anyhow::Ok(Release::look(cluster, &decision).await?)
    })?;
    let mut listing = Listing::new(&[
        ("PHASE", "phase"),
        ("TASK", "taskId"),
        ("ACTION TASK", "actionState"),
        ("STATE", "state"),
        ("TASKS", "shownTasks"),
        ("BUILDS ON", "shownPrevious"),
    ]);
    let states = |counts: &[(State, usize)]| -> Json {
        counts
            .iter()
            .map(|(state, count)| (state.to_string(), Json::from(*count)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let shown = |counts: &[(State, usize)]| {
        let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        some(counts.join(", "))
    };
    let mut first = json!({
        "phase": "push", "taskId": release.decision, "tasks": states(&release.counts), "previous": [],
    });
    if style != Style::Json {
        first["shownTasks"] = shown(&release.counts);
    }
    listing.push(first);
    for phase in &release.phases {
        let previous: Vec<&str> = phase.previous.iter().map(|id| id.as_str()).collect();
        let mut row = json!({
            "phase": phase.flavor.as_deref(), "taskId": phase.task_id, "actionState": phase.status.state,
            "state": phase.state(), "tasks": states(&phase.counts), "previous": previous, "created": phase.created,
            "sealed": phase.sealed,
        });
        if style != Style::Json {
            row["shownTasks"] = shown(&phase.counts);
            if phase.is_given_up() {
                row["state"] = "given up".into();
            }
            row["shownPrevious"] = some(previous.join(" "));
        }
        listing.push(row);
    }
    listing.print(style, out)
}

pub(super) fn cancel(
    task: &TaskId,
    change: ChangeArgs,
    listing: ListingArgs,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let change = Change::begin(change, listing, world, log)?;
    change.with(async |cluster| Ok(check_promotion(cluster, task).await))??;
    // It is worth a question, as it cannot be undone.
    change.ask(
        &format!("cancel the phase {task} and all of its tasks, and seal its group, which cannot be undone"),
        2,
    )?;
    let now = world.now.to_utc();
    let canceled = change.with(async |cluster| Ok(cancel_phase(cluster, task, now).await))??;
    let CanceledPhase { action, tasks, sealed } = canceled;
    if !change.recorded(out)? {
        let mut rows = Listing::new(&[("TASK", "taskId"), ("RESULT", "result"), ("NAME", "name")]);
        for outcome in action.iter().chain(&tasks) {
            let result = match &outcome.result {
                Ok(Done::Unchanged(status)) => format!("still {}", status.state),
                Ok(_) => "canceled".to_owned(),
                Err(_) => "failed".to_owned(),
            };
            rows.push(json!({"taskId": outcome.task_id, "name": outcome.name, "result": result}));
        }
        if let Some(Ok(Sent::Done(group))) = sealed.as_ref().map(|sealed| &sealed.result) {
            rows.push(json!({"taskId": group.task_group_id, "name": "the group", "result": "sealed"}));
        }
        rows.print(change.style(), out)?;
        if sealed.is_none() {
            let own = match action.first().map(|outcome| &outcome.result) {
                Some(Ok(Done::Unchanged(status))) => format!("had ended already, as {}", status.state),
                Some(Ok(_)) => "is canceled".to_owned(),
                _ => "is not canceled".to_owned(),
            };
            log.info(format_args!(
                "There is no group to seal: it exists only with its first task, and none was created. The action task \
                 {task} {own}."
            ));
        }
    }
    let all = action.len() + tasks.len() + 1;
    let failures = action.into_iter().chain(tasks).filter_map(|outcome| {
        let id = outcome.task_id.to_string();
        outcome.result.err().map(|failure| (id, failure))
    });
    let sealing = sealed.and_then(|sealed| sealed.result.err());
    let sealing = sealing.map(|error| (task.to_string(), taskcluster_operations::Failure::Failed(error)));
    tell(failures.chain(sealing).collect(), all, log)
}
