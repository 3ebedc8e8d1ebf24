//! Parameters from real repositories.

use std::path::Path;
use std::sync::Arc;

use taskgraph_config::{GraphConfig, ParametersExtension, yaml};
use taskgraph_decision::{
    Adjustment, AnyError, Error, OverrideSource, PARAMETERS_NOTES, Push, PushContext, PushParameters,
    decision_parameters,
};
use taskgraph_kinds::{Environment, Registry};
use taskgraph_schema::{Object, Shape, required};
use taskgraph_value::{Map, Value, json, map};
use taskgraph_vcs::Repository;

use crate::support::{Git, tools};

/// A push of what is checked out.
fn push(git: &Git) -> Push {
    Push {
        base_repository: "https://github.com/example/example".into(),
        base_ref: "main".into(),
        base_rev: git.run(&["rev-list", "--max-parents=0", "HEAD"]),
        head_repository: format!("file://{}", git.root().display()),
        head_ref: "main".into(),
        head_rev: git.run(&["rev-parse", "HEAD"]),
        head_tag: String::new(),
        repository_type: "git".into(),
        owner: "ada@example.com".into(),
        level: "3".into(),
        project: "example".into(),
        pushlog_id: "0".into(),
        pushdate: 1_600_000_000,
        tasks_for: "github-push".into(),
        target_tasks_method: None,
        optimize_target_tasks: None,
        allow_parameter_override: false,
        local: false,
        try_task_config_file: None,
    }
}

fn config(root: &Path, adjustment: Option<&str>) -> GraphConfig {
    let mut taskgraph = map! { "repositories" => map! { "example" => map! { "name" => "example" } } };
    if let Some(name) = adjustment {
        taskgraph.insert("decision-parameters".into(), name.into());
    }
    let values = map! {
        "trust-domain" => "example", "task-priority" => "low", "workers" => map! { "aliases" => map! {} },
        "taskgraph" => taskgraph,
    };
    GraphConfig::new(values, "taskcluster".as_ref(), root).unwrap()
}

/// Adds what an extension declares, from a file of the checkout.
struct Product;

impl Adjustment for Product {
    fn adjust(&self, parameters: &mut Map, push: &Push, context: &PushContext<'_>) -> Result<(), AnyError> {
        let product = std::fs::read_to_string(context.cwd.join("product"))?;
        parameters.insert("product".into(), format!("{} {}", product.trim(), push.level).into());
        Ok(())
    }
}

fn parameters_with(git: &Git, push: &Push, adjustment: Option<&str>) -> Result<PushParameters, Error> {
    static PRODUCT: Object = Object::closed(&[required("product", Shape::Str)]);
    let extensions = [ParametersExtension::new(&PRODUCT)];
    let mut registry = Registry::new();
    registry.add::<dyn Adjustment>("example.parameters:product", Arc::new(Product));
    let context = PushContext {
        config: &config(git.root(), adjustment),
        repository: &Repository::discover_with(git.root(), tools()).unwrap(),
        cwd: git.root(),
        now: "2024-05-06T07:08:09.9Z".parse().unwrap(),
        registry: &registry,
        environment: &Environment::default(),
        extensions: if adjustment.is_some() { &extensions } else { &[] },
    };
    decision_parameters(push, &context)
}

fn parameters(git: &Git, push: &Push) -> Result<PushParameters, Error> {
    parameters_with(git, push, None)
}

#[track_caller]
fn check(git: &Git, push: &Push, name: &str, expected: impl Into<Value>) {
    let parameters = parameters(git, push).unwrap().parameters;
    assert_eq!(parameters.get(name), Some(&expected.into()), "{name}");
}

/// The reference wrote this for the same push, but for the revisions.
#[test]
fn a_push() {
    let git = Git::new();
    git.write("version.txt", "1.2.3 \nrest");
    git.write("é", "");
    git.commit("second");
    let found = parameters(&git, &push(&git)).unwrap();
    assert_eq!(found.overridden, None);
    let mut values = found.parameters.values().clone();
    for name in ["base_rev", "head_rev", "head_repository"] {
        values.insert(name.into(), name.into());
    }
    assert_eq!(
        yaml::write_unicode(&values.into()),
        "base_ref: main\nbase_repository: https://github.com/example/example\nbase_rev: base_rev\n\
         build_date: 1600000000\nbuild_number: 1\ndo_not_optimize: []\nenable_always_target: true\n\
         existing_tasks: {}\nfiles_changed:\n- version.txt\n- '\"\\303\\251\"'\nfilters:\n- target_tasks_method\n\
         head_ref: main\nhead_repository: head_repository\nhead_rev: head_rev\nhead_tag: ''\nlevel: '3'\n\
         moz_build_date: '20200913122640'\nnext_version: null\noptimize_strategies: null\n\
         optimize_target_tasks: true\nowner: ada@example.com\nproject: example\npushdate: 1600000000\n\
         pushlog_id: '0'\nrepository_type: git\ntarget_tasks_method: default\ntasks_for: github-push\n\
         version: 1.2.3\n"
    );
}

#[test]
fn what_follows_from_single_options() {
    let git = Git::new();
    let base = push(&git);
    check(&git, &Push { owner: "ffxbld".into(), ..base.clone() }, "owner", "ffxbld@noreply.mozilla.org");
    check(&git, &base, "version", Value::Null);
    check(&git, &base, "files_changed", vec![]);
    check(&git, &Push { base_rev: "0".repeat(40), ..base.clone() }, "files_changed", vec!["a.txt".into()]);
    check(&git, &Push { pushdate: 0, ..base.clone() }, "build_date", 1_714_979_289);
    check(&git, &Push { pushdate: 0, ..base.clone() }, "moz_build_date", "20240506070809");
    check(&git, &Push { pushdate: 0, ..base.clone() }, "pushdate", 0);
    check(&git, &Push { pushdate: -62_135_596_800, ..base.clone() }, "moz_build_date", "10101000000");
    let method = |name: &str| Some(name.to_owned());
    let named = Push { target_tasks_method: method("codereview"), ..base.clone() };
    check(&git, &named, "target_tasks_method", "codereview");
    check(&git, &Push { target_tasks_method: method(""), ..base.clone() }, "target_tasks_method", "default");
    let keep = Push { optimize_target_tasks: Some(false), ..base.clone() };
    check(&git, &keep, "optimize_target_tasks", false);

    git.commit("fix a typo\n\nDONTBUILD");
    check(&git, &named, "target_tasks_method", "nothing");
    check(&git, &Push { tasks_for: "cron".into(), ..named }, "target_tasks_method", "codereview");

    let error = |push| parameters(&git, &push).unwrap_err().to_string();
    let late = error(Push { pushdate: i64::MAX, ..base.clone() });
    assert_eq!(
        late,
        "bad push date 9223372036854775807: expected seconds since 1970, of a year that a calendar has"
    );
    let unknown = error(Push { head_rev: "1".repeat(40), ..base.clone() });
    let expected = format!("the head revision `{}` is not in the checkout", "1".repeat(40));
    assert!(unknown.starts_with(&expected), "{unknown}");
}

#[test]
fn a_message_that_is_not_text_says_nothing() {
    let git = Git::new();
    git.commit("DONTBUILD café");
    git.run(&["config", "i18n.logOutputEncoding", "ISO-8859-1"]);
    check(&git, &push(&git), "target_tasks_method", "default");
}

#[test]
fn a_program_adjusts_parameters() {
    let git = Git::new();
    git.write("product", "fox\n");
    let push = push(&git);
    let found = parameters_with(&git, &push, Some("example.parameters:product")).unwrap();
    assert_eq!(found.parameters.text("product").unwrap(), "fox 3");

    std::fs::remove_file(git.root().join("product")).unwrap();
    let error = parameters_with(&git, &push, Some("example.parameters:product")).unwrap_err().to_string();
    let expected = "`example.parameters:product`, which adjusts the parameters: No such file or directory";
    assert!(error.starts_with(expected), "{error}");
    let error = parameters_with(&git, &push, Some("example.parameters:products")).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "taskcluster/config.yml: `taskgraph.decision-parameters`: there is no adjustment of parameters \
             `example.parameters:products`; known are example.parameters:product; "
        ),
        "{error}"
    );
}

#[test]
fn a_file_overrides_if_that_is_allowed() {
    let git = Git::new();
    git.write(
        "try_task_config.json",
        r#"{"version": 2, "parameters": {"level": "1", "version": "7", "spec": "x"}}"#,
    );
    let forbidden = push(&git);
    check(&git, &forbidden, "level", "3");
    let allowed = Push { allow_parameter_override: true, ..forbidden };
    let found = parameters(&git, &allowed).unwrap();
    assert_eq!(found.overridden, Some(OverrideSource::File("try_task_config.json".into())));
    assert_eq!(found.parameters.text("level").unwrap(), "1");
    assert_eq!(found.parameters.text("version").unwrap(), "7");

    git.write("other.json", r#"{"version": 2, "parameters": {"level": "2"}}"#);
    let other = Push { try_task_config_file: Some("other.json".into()), ..allowed };
    check(&git, &other, "level", "2");
    let error = |text: &str| {
        git.write("other.json", text);
        parameters(&git, &other).unwrap_err().to_string()
    };
    assert_eq!(error("{\n  \"version\": }"), "other.json:2:14: expected value");
    assert_eq!(error("[]"), "other.json: expected a mapping, found an empty list");
    assert_eq!(error("{}"), "other.json: `version`: expected the integer 2, found nothing");
    assert_eq!(
        error(r#"{"version": 1, "tasks": []}"#),
        "other.json: `version`: expected the integer 2, found the integer 1"
    );
    assert_eq!(
        error(r#"{"version": 2}"#),
        "other.json: `parameters`: expected a mapping of parameters, found nothing"
    );
    assert_eq!(
        error("{\"version\": 2, \"parameters\": {},\n\"tasks\": []}"),
        "invalid try configuration:\n  other.json:2: `tasks`: unknown key; known are parameters"
    );
    assert_eq!(
        error(r#"{"version": 2, "parameters": {"level": 2, "colour": 1}}"#),
        "invalid parameters:\n  `level`: expected a string, found the integer 2\n  `colour`: unknown key; known are \
         base_repository, base_ref, base_rev, build_date, build_number, do_not_optimize, enable_always_target, \
         existing_tasks, files_changed, filters, head_ref, head_repository, head_rev, head_tag, level, \
         moz_build_date, next_version, optimize_strategies, optimize_target_tasks, owner, project, pushdate, \
         pushlog_id, repository_type, target_tasks_method, tasks_for, version, code-review"
    );
}

#[test]
fn a_note_overrides_if_there_is_no_file() {
    let git = Git::new();
    let allowed = Push { allow_parameter_override: true, ..push(&git) };
    assert_eq!(parameters(&git, &allowed).unwrap().overridden, None, "there is no note");
    // A repository that fetches from another.
    let clone = Git::new();
    clone.run(&["fetch", "--quiet", &allowed.head_repository, "main"]);
    clone.run(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    let note = |text: &str| {
        git.run(&["notes", "--ref=decision-parameters", "add", "--force", "-m", text]);
        clone.run(&["update-ref", "-d", PARAMETERS_NOTES]);
        parameters(&clone, &allowed)
    };
    let found = note(r#"{"project": "Zoë", "existing_tasks": {"build": "fdtgsD5DQUmAQZEaGMvQ4Q"}}"#).unwrap();
    assert_eq!(found.overridden, Some(OverrideSource::Note));
    assert_eq!(found.parameters.text("project").unwrap(), "Zoë");
    let tasks = found.parameters.get("existing_tasks").unwrap();
    assert_eq!(json::compact(tasks).unwrap(), r#"{"build":"fdtgsD5DQUmAQZEaGMvQ4Q"}"#);
    assert_eq!(
        note("{\"project\"}").unwrap_err().to_string(),
        "refs/notes/decision-parameters:1:11: expected `:`"
    );
    assert_eq!(
        note("[1]").unwrap_err().to_string(),
        "refs/notes/decision-parameters: expected a mapping of parameters, found a list of 1"
    );
    // Of a checkout, its own counts, whatever its push says that it is from.
    let here = Push { head_repository: "file:///nowhere".into(), local: true, ..allowed.clone() };
    git.run(&["notes", "--ref=decision-parameters", "add", "--force", "-m", "{\"level\": \"1\"}"]);
    let found = parameters(&git, &here).unwrap();
    assert_eq!(found.overridden, Some(OverrideSource::Note));
    assert_eq!(found.parameters.text("level").unwrap(), "1");
    git.run(&["update-ref", "-d", PARAMETERS_NOTES]);
    assert_eq!(parameters(&git, &here).unwrap().overridden, None);
    let far = Push { local: false, ..here };
    let error = parameters(&clone, &far).unwrap_err().to_string();
    assert!(error.contains("git fetch file:///nowhere"), "{error}");
    clone.write("try_task_config.json", r#"{"version": 2, "parameters": {}}"#);
    assert!(matches!(parameters(&clone, &far).unwrap().overridden, Some(OverrideSource::File(_))));
}
