//! The older artifact, from its writing to the tasks that it adds.

use std::path::Path;

use taskcluster_queue_client::TaskId;
use taskgraph_action_tasks::{Asked, Error, action_yml};
use taskgraph_config::{Parameters, yaml};
use taskgraph_kinds::Environment;
use taskgraph_value::{Map, Value, map};

use crate::support::{DECISION, Push, config, counts, id, parameters, registry};

const TASKCLUSTER_YML: &str = r#"
version: 1
tasks:
  - $if: 'tasks_for in ["action", "pr-action"]'
    then:
      taskId: {$eval: ownTaskId}
      taskGroupId: ${action.taskGroupId}
      schedulerId: example-level-${repository.level}
      taskQueueId: example-${repository.level}/decision
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      scopes: ['${action.repo_scope}']
      routes: ['index.example.v2.example.revision.${push.revision}.actions.${ownTaskId}']
      metadata: {name: 'Action: ${action.title}', description: '', owner: '${push.owner}', source: '${repository.url}'}
      payload:
        env:
          ACTION_TASK_GROUP_ID: ${taskGroupId}
          ACTION_TASK_ID: {$json: {$eval: taskId}}
          ACTION_INPUT: {$json: {$eval: input}}
          ACTION_CALLBACK: ${action.cb_name}
"#;

fn written(taskcluster_yml: &str, taskgraph: Map) -> Result<Option<String>, Error> {
    let checkout = tempfile::tempdir().unwrap();
    std::fs::create_dir(checkout.path().join("taskcluster")).unwrap();
    std::fs::write(checkout.path().join(".taskcluster.yml"), taskcluster_yml).unwrap();
    let config = config(checkout.path(), taskgraph);
    let now = "2026-02-02T02:40:00Z".parse().unwrap();
    let decision: TaskId = id(DECISION);
    action_yml(&registry(), &Parameters::from_values(parameters(), true), &config, &decision, now)
}

#[test]
fn a_template_adds_jobs_once_its_two_places_are_filled() {
    let template = written(TASKCLUSTER_YML, map! {}).unwrap().unwrap();
    assert_eq!(template.matches("{{").count(), 3, "{template}");
    let filled = template.replace("{{decision_task_id}}", DECISION).replace("{{task_labels}}", "test-1,docs");
    let task = yaml::read_str(&filled, Path::new("action.yml")).unwrap().value;
    let get = |path: &str| task.at(path).and_then(Value::as_str).unwrap().to_string();
    assert_eq!(get("taskGroupId"), DECISION);
    assert_eq!(get("metadata.name"), "Action: Add new jobs");
    assert_eq!(get("created"), "2026-02-02T02:40:00.000Z");
    assert_eq!(task.at("taskId"), None);

    let environment = task.at("payload.env").and_then(Value::as_map).unwrap();
    let environment =
        environment.iter().map(|(name, value)| (name.to_string(), value.as_str().unwrap().to_string()));
    let asked = Asked::of_environment(&Environment::new(environment)).unwrap();
    assert_eq!((asked.task_id, asked.task_group_id), (None, Some(id(DECISION))));
    let push = Push::new();
    push.run(&asked.callback, None, asked.input).unwrap();
    assert_eq!(counts(&push.names()), "build 1, docs 1, image 1, sign 1, test-1 2, test-2 1, tool 1");
}

#[test]
fn there_may_be_none() {
    let disabled = map! { "disabled-actions" => vec!["add-new-jobs".into()] };
    assert_eq!(written(TASKCLUSTER_YML, disabled).unwrap(), None);
    let pushes_only = TASKCLUSTER_YML.replace(r#"["action", "pr-action"]"#, r#"["github-push"]"#);
    assert_eq!(written(&pushes_only, map! {}).unwrap(), None);
    let error = written("version: 1\n", map! {}).unwrap_err();
    assert!(matches!(error, Error::Template { .. }), "{error}");
}
