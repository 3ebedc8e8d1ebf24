//! What the reference does in decision tasks, for every fixture: its parameters, and the tasks that it creates.

use std::collections::BTreeMap;
use std::fs;

use taskgraph_config::GraphConfig;
use taskgraph_config::yaml::write_unicode;
use taskgraph_decision::{
    Plan, Push, PushContext, PushParameters, decision_parameters, runnable_jobs, scheduler_id,
};
use taskgraph_fixtures::{Expected, Fixture, Json, NOW, Pushed, Run, Shared, each_set};
use taskgraph_kinds::{Environment, Registry};
use taskgraph_parameterize::resolve_timestamps;
use taskgraph_value::{Value, json};
use taskgraph_vcs::Repository;

use crate::support::{decision, tools};

each_set!(check);

/// Runnable jobs and created tasks of one set of parameters.
fn check(shared: &Shared, set: &str) {
    let fixture = shared.fixture();
    let checkout = shared.get();
    let expected = Expected::new(&fixture, set);
    let run = Run::with_decision(&checkout, &fixture, set, decision().as_str());
    let mut problems = Vec::new();

    if let Some(jobs) = expected.file("runnable-jobs.json") {
        let full = run.generator().full_task_graph().unwrap();
        let found = Value::Map(runnable_jobs(full.tasks().map(AsRef::as_ref)).unwrap());
        if json::pretty(&found).unwrap() + "\n" != jobs {
            problems.push("runnable-jobs.json differs".to_owned());
        }
    }
    if let Some(golden) = expected.file("created.json") {
        problems.extend(created(&run, &expected, &golden));
    } else {
        let error = expected.file("decision.error");
        assert!(error.is_some(), "{} with {set} has neither created.json nor decision.error", fixture.name());
        // Either the graph cannot be optimized, or there is no .taskcluster.yml, which is the business of actions.
        let may = fixture.name() == "matrix" || run.optimization_error().is_some();
        assert!(may, "the reference fails with {error:?}");
    }
    let problems = problems.join("\n");
    assert!(problems.is_empty(), "{} with {set} differs from the reference\n{problems}", fixture.name());
}

/// How the tasks that are created differ from those in `golden`.
fn created(run: &Run, expected: &Expected, golden: &str) -> Vec<String> {
    let session = run.generator().session();
    let scheduler = scheduler_id(&session.config, &session.parameters).unwrap();
    let graph = run.generator().morphed_task_graph().unwrap();
    let now = NOW.parse().unwrap();
    let plan = match Plan::new(graph, &decision(), &scheduler, now) {
        Ok(plan) => plan,
        Err(error) => return vec![error.to_string()],
    };

    // The reference's driver makes ids of copies in another way. Here they are called by the task and a number.
    let golden = Json::read(golden);
    let copies = golden.get("copies").cloned().unwrap_or(Json::Map(Vec::new()));
    let ids = expected.label_to_taskid().unwrap();
    let mut found = BTreeMap::new();
    let mut own_copies = BTreeMap::new();
    for task in plan.tasks() {
        let id = ids[task.label().as_str()].as_str();
        if task.task_id().as_str() == id {
            let definition = resolve_timestamps(task.definition(), now).unwrap();
            found.insert(id, json::pretty(&definition).unwrap());
        } else {
            *own_copies.entry(id).or_insert(0) += 1;
        }
    }
    let mut expected_copies = BTreeMap::new();
    for (_, of) in copies.entries() {
        let Json::Scalar(of) = of else { panic!("{of:?}") };
        *expected_copies.entry(of.trim_matches('"')).or_insert(0) += 1;
    }

    let mut problems = Vec::new();
    if expected_copies != own_copies {
        problems.push(format!("copies: expected {expected_copies:?}, found {own_copies:?}"));
    }
    // Arguments may have left tasks out of what was printed, but not out of what is created.
    let printed: BTreeMap<String, String> = expected
        .graph("morphed")
        .unwrap()
        .into_iter()
        .map(|(id, text)| (id, text.replace("DECISION-TASK", decision().as_str())))
        .collect();
    let nothing = Json::Map(Vec::new());
    let old = |id: &str| {
        let task = printed.get(id).map(|text| Json::read(text));
        task.and_then(|task| task.get("task").cloned()).unwrap_or(nothing.clone())
    };
    let keys: Vec<&str> = golden.get("each").unwrap().entries().map(|(id, _)| id).collect();
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), keys, "created tasks");
    for (id, expected) in golden.patched(keys, old) {
        let found = Json::read(&found[id]);
        problems.extend(expected.differences(&found, &format!("created task {id}")));
    }
    problems
}

/// Pushes, by the options of the reference's `decision`.
#[test]
fn parameters_of_pushes() {
    let mut problems = Vec::new();
    let mut count = 0;
    for fixture in Fixture::all() {
        for name in fixture.cases("pushes") {
            count += 1;
            let expected = fixture.folder().join("expected-pushes").join(&name);
            let found = parameters(&Pushed::new(&fixture, &name));
            let found = found.map(|made| write_unicode(&made.parameters.values().clone().into()));
            match (fs::read_to_string(expected.with_extension("yml")), found) {
                (Ok(expected), Ok(found)) if expected == found => {}
                (Ok(expected), found) => {
                    problems
                        .push(format!("{}: {name}: expected\n{expected}found\n{found:?}", fixture.name()));
                }
                (Err(_), found) => {
                    let error = fs::read_to_string(expected.with_extension("error")).unwrap();
                    if let Ok(found) = found {
                        problems.push(format!("{}: {name}: expected {error}found\n{found}", fixture.name()));
                    }
                }
            }
        }
    }
    assert!(count >= 25 && problems.is_empty(), "{count} pushes\n{}", problems.join("\n"));
}

fn parameters(pushed: &Pushed) -> Result<PushParameters, taskgraph_decision::Error> {
    let option = |name: &str| pushed.options.get(name).filter(|value| !value.is_null());
    let text = |name: &str| option(name).map_or_else(String::new, |value| value.as_str().unwrap().to_owned());
    let truth = |name: &str| option(name).map(|value| value.as_bool().unwrap());
    let push = Push {
        base_repository: text("base_repository"),
        base_ref: text("base_ref"),
        base_rev: text("base_rev"),
        head_repository: text("head_repository"),
        head_ref: text("head_ref"),
        head_rev: text("head_rev"),
        head_tag: text("head_tag"),
        repository_type: text("repository_type"),
        owner: text("owner"),
        level: text("level"),
        project: text("project"),
        pushlog_id: text("pushlog_id"),
        pushdate: option("pushdate").unwrap().as_i64().unwrap(),
        tasks_for: text("tasks_for"),
        target_tasks_method: option("target_tasks_method").map(|_| text("target_tasks_method")),
        optimize_target_tasks: truth("optimize_target_tasks"),
        allow_parameter_override: truth("allow_parameter_override").unwrap_or_default(),
        try_task_config_file: option("try_task_config_file").map(|_| text("try_task_config_file").into()),
        local: false,
    };
    let repo = pushed.repo();
    decision_parameters(
        &push,
        &PushContext {
            config: &GraphConfig::load("taskcluster".as_ref(), &repo).unwrap(),
            repository: &Repository::discover_with(&repo, tools()).unwrap(),
            cwd: &repo,
            now: NOW.parse().unwrap(),
            registry: &Registry::new(),
            environment: &Environment::default(),
            extensions: &[],
        },
    )
}
