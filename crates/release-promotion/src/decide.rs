//! What the action does: one more decision, whose graph builds on others.

use std::sync::{Arc, Mutex, PoisonError};

use taskcluster_queue_client::{State, TaskId};
use taskgraph_action_tasks::{Call, Error as ActionError, action_yml, actions_json};
use taskgraph_config::GraphConfig;
use taskgraph_decision::{CreatedBefore, DecisionTask, Error as DecisionError, look_up};
use taskgraph_generate::{Error as GenerateError, Generator, Lookup, LookupError, Lookups, TargetMethod};
use taskgraph_kinds::Session;
use taskgraph_transforms::set_run_task_dir;
use taskgraph_value::{Map, Str, Value};

use crate::error::Gone;
use crate::version::{Tree, version_of_tree};
use crate::{Error, Fetched, Flavor, Input, PreviousGraphs, Promotion};

/// Makes the graph of a flavor: the action task is its decision task, and its tasks are a group of their own.
pub(crate) fn decide(call: &Call<'_>, flavor: &Flavor, mut input: Input) -> Result<(), Error> {
    let method = flavor.method(&call.parameters)?;
    call.registry
        .get::<dyn TargetMethod>(&method)
        .map_err(|source| Error::UnknownMethod { flavor: flavor.name.clone(), source })?;

    if input.previous_graph_ids.is_empty() {
        input.previous_graph_ids = vec![call.decision_task_id()?];
    }
    let ids = &input.previous_graph_ids;
    let shown: Vec<&str> = ids.iter().map(TaskId::as_str).collect();
    call.say(&format!("building on the graphs of {}", shown.join(", ")));
    let fetched = Fetched::from_cluster(call.cluster, ids, call.config.trust_domain(), (call.now)());
    let Fetched { graphs, parameters: first } = call.wait(fetched)?;

    let promotion =
        Promotion { push: &call.parameters, first: &first, previous: &graphs, flavor, input: &input };
    for remark in graphs.remarks(promotion.rebuild_kinds(), promotion.do_not_optimize()) {
        call.say(&remark);
    }
    let root = call.config.vcs_root()?;
    let parameters = promotion.parameters(|parameters| {
        version_of_tree(&call.registry, &Tree { root: &root, parameters, config: &call.config })
    })?;

    // The reference names the folder by its whole path here, which shows in tasks.
    let config = GraphConfig::load(call.config.root_dir(), &call.cwd)?;
    let mut environment = call.environment.clone();
    // Tasks say who made them.
    if let Some(own) = &call.own_task_id {
        environment = environment.with("TASK_ID", own.as_str());
    }
    let mut session = Session::new(config, parameters, call.registry.clone(), environment, call.cwd.clone());
    session.contexts = Some(call.contexts.clone());
    set_run_task_dir(&session, call.run_task_dir.as_ref().map(|folder| call.cwd.join(folder)));

    let own = call.own_task_id.as_ref().unwrap_or(call.ids.creator());
    let decision_failed = |source| Error::Decision { source };
    let before = match call.is_test() {
        true => CreatedBefore::default(),
        false => {
            call.wait(CreatedBefore::look(call.cluster, own)).map_err(|source| Error::LookUp { source })?
        }
    };
    let artifacts = call.artifacts()?;
    let actions = actions_json(&call.registry, &session.parameters, &session.config, own.as_str())?;
    let now = (call.now)().fixed_offset();
    let action_yml = action_yml(&call.registry, &session.parameters, &session.config, own, now.to_utc())
        .unwrap_or_default();
    let decision = DecisionTask {
        task_id: own,
        artifacts: &artifacts,
        actions: Some(&actions),
        action_yml: action_yml.as_deref(),
        now,
    };
    let answers = Answers::default();
    let generator = Generator::new(session).with_inputs(decision.inputs(answers.clone(), before));
    if let Err(error) = generator.optimized_task_graph() {
        match (error, answers.asked()) {
            (GenerateError::Lookup { first, count, .. }, Some(paths)) => {
                let found = match call.is_test() {
                    true => Lookups::default(),
                    false => call
                        .wait(look_up(call.cluster, &paths))
                        .map_err(|source| ActionError::Lookup { first, count, source })?,
                };
                answers.answer(found);
            }
            (error, _) => return Err(explained(error, &graphs)),
        }
    }

    let made = generator.morphed_task_graph().map_err(|error| explained(error, &graphs))?;
    let (made, kept) =
        (made.len(), generator.label_to_taskid().map_err(|error| decision_failed(error.into()))?.len());
    if generator.target_task_set().is_ok_and(|targets| targets.is_empty()) {
        call.say(&format!(
            "the target method `{method}` chooses no task: look at the attributes `shipping_phase` and \
             `shipping_product`"
        ));
    }
    if !call.is_test() {
        check_reused(call, &generator, &graphs)?;
    }
    call.say(&format!("{}: to make {made}, re-used {}", flavor.name, kept.saturating_sub(made)));
    let plan = decision.describe(&generator).map_err(decision_failed)?;
    Ok(call.create(&plan)?)
}

/// The same error; for a dependency that is missing, with the previous graph that has it.
pub(crate) fn explained(error: GenerateError, graphs: &PreviousGraphs) -> Error {
    let known = match &error {
        GenerateError::MissingDependency { label, .. } => {
            graphs.iter().rev().find_map(|graph| Some((graph.name().clone(), graph.kind(label)?.clone())))
        }
        _ => None,
    };
    let source = DecisionError::from(error);
    match known {
        Some((graph, kind)) => Error::Vanished { source: Box::new(source), graph, kind },
        None => Error::Decision { source },
    }
}

/// Looks whether the tasks that others will depend on are still there. Those that did not succeed are told of: what
/// depends on them starts when they are rerun.
fn check_reused(call: &Call<'_>, generator: &Generator, graphs: &PreviousGraphs) -> Result<(), Error> {
    let failed = |error: GenerateError| Error::Decision { source: error.into() };
    let existing = generator.session().parameters.get("existing_tasks");
    let existing = existing.and_then(Value::as_map).cloned().unwrap_or_default();
    let needed = needed(generator, &existing).map_err(failed)?;
    let ids: Vec<TaskId> = needed.iter().filter_map(|(_, id)| id.parse().ok()).collect();
    let statuses = match call.wait(call.cluster.queue().statuses(&ids)) {
        Ok(statuses) => statuses,
        Err(error) if error.is_about_reach() => return Err(Error::LookUp { source: error }),
        // Without the right to look, creating the tasks will tell.
        Err(_) => return Ok(()),
    };
    let now = (call.now)();
    let mut gone = Vec::new();
    for ((label, task_id), status) in needed.iter().zip(statuses) {
        let expired = match &status {
            None => None,
            Some(status)
                if status.expires.parse::<chrono::DateTime<chrono::Utc>>().is_ok_and(|at| at <= now) =>
            {
                Some(status.expires.clone())
            }
            Some(status) => {
                if matches!(status.state, State::Failed | State::Exception) {
                    call.say(&format!(
                        "{task_id} {label} is {}: what needs it starts when it is rerun and completes",
                        status.state
                    ));
                }
                continue;
            }
        };
        let graph = graphs.find(label).map(|(graph, _)| graph.name().clone()).unwrap_or_default();
        gone.push(Gone { label: label.clone(), task_id: task_id.clone(), graph, expired });
    }
    if gone.is_empty() { Ok(()) } else { Err(Error::Gone { gone }) }
}

/// The existing tasks that tasks of the graph depend on: labels and taskIds, in the order of labels.
fn needed(generator: &Generator, existing: &Map) -> Result<Vec<(Str, Str)>, GenerateError> {
    let graph = generator.morphed_task_graph()?;
    let mut ids: Vec<&Str> = Vec::new();
    for task in graph.tasks() {
        let dependencies = task.task.at("dependencies").and_then(Value::as_list);
        ids.extend(dependencies.into_iter().flat_map(|list| list.iter()).filter_map(Value::as_str));
    }
    ids.sort_unstable();
    ids.dedup();
    let of_existing = existing.iter().filter_map(|(label, id)| Some((label.clone(), id.as_str()?.clone())));
    let mut needed: Vec<(Str, Str)> = of_existing.filter(|(_, id)| ids.binary_search(&id).is_ok()).collect();
    needed.sort_unstable();
    Ok(needed)
}

/// Answers of the index, which is asked between two attempts: an attempt must not wait for the network, which the
/// thread that makes it also serves.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    paths: Option<Vec<Str>>,
    found: Option<Lookups>,
}

impl Answers {
    fn lock(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> Option<Vec<Str>> {
        self.lock().paths.clone()
    }

    fn answer(&self, found: Lookups) {
        self.lock().found = Some(found);
    }
}

impl Lookup for Answers {
    fn look_up(&self, index_paths: &[Str]) -> Result<Lookups, LookupError> {
        let mut asked = self.lock();
        match &asked.found {
            Some(found) => Ok(found.clone()),
            None => {
                asked.paths = Some(index_paths.to_vec());
                Err("nobody has asked yet".into())
            }
        }
    }
}
