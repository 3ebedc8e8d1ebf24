//! The morphs that come with the program.

use std::sync::Arc;

use taskgraph_graph::Task;
use taskgraph_kinds::Registry;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, map, text};

use crate::{Changes, Finding, Morph, Morphing, add_morph};

mod index;

pub(crate) fn register(registry: &mut Registry) {
    add_morph(registry, "add_index_tasks", index::AddIndexTasks);
    add_morph(registry, "add_code_review_task", AddCodeReviewTask);
}

/// A task that a morph adds. `dependencies` are taskIds by name.
fn added_task(label: Str, task_id: String, definition: Map, dependencies: Map) -> Task {
    Task {
        kind: text!("misc"),
        label,
        description: Str::default(),
        attributes: map! { "kind" => "misc" },
        task: definition.into(),
        optimization: Value::Null,
        dependencies,
        soft_dependencies: List::new(),
        if_dependencies: List::new(),
        task_id: Some(task_id.into()),
    }
}

/// A time as task definitions have it before they are created.
fn relative(span: &str) -> Map {
    map! { "relative-datestamp" => span }
}

/// Adds a task that waits for all tasks of code review, whatever becomes of them, if the push is under review.
struct AddCodeReviewTask;

impl Morph for AddCodeReviewTask {
    fn morph(&self, morphing: Morphing<'_>) -> Result<Changes, Finding> {
        let parameters = &morphing.session.parameters;
        let review = match parameters.get("code-review") {
            Some(review) if review.is_truthy() => review,
            _ => return Ok(Changes::default()),
        };
        let reviewed = morphing.graph.entries().filter(|(_, task)| task.attributes.is_true("code-review"));
        let mut reviewed: Vec<(Str, Str)> =
            reviewed.map(|(task_id, task)| (task.label.clone(), task_id.clone())).collect();
        if reviewed.is_empty() {
            return Ok(Changes::default());
        }
        reviewed.sort_unstable();
        let mut task_ids: Vec<&Str> = reviewed.iter().map(|(_, task_id)| task_id).collect();
        task_ids.sort_unstable();

        let whole = |problem: String| Finding { task: None, problem };
        let parameter = |name: &str| {
            let missing =
                || whole(format!("the parameter `{name}` is missing, and the code review needs it"));
            parameters.get(name).cloned().ok_or_else(missing)
        };
        let target = review.as_map().and_then(|review| review.get("phabricator-build-target")).cloned();
        let target = target.ok_or_else(|| {
            let found = describe(review);
            whole(format!(
                "the parameter `code-review`: expected a mapping with `phabricator-build-target`, found {found}"
            ))
        })?;
        let label = text!("code-review");
        let definition = map! {
            "provisionerId" => "built-in",
            "workerType" => "succeed",
            "dependencies" => task_ids.into_iter().map(Value::from).collect::<List>(),
            "requires" => "all-resolved",
            "created" => relative("0 seconds"),
            "deadline" => relative("1 day"),
            "expires" => relative("1 day"),
            "metadata" => map! {
                "name" => &label,
                "description" => "List all issues found in static analysis and linting tasks",
                "owner" => parameter("owner")?,
                "source" => source_url(&morphing),
            },
            "scopes" => List::new(),
            "payload" => Map::new(),
            "routes" => vec!["project.relman.codereview.v1.try_ending".into()],
            "extra" => map! {
                "code-review" => map! {
                    "phabricator-build-target" => target,
                    "repository" => parameter("head_repository")?,
                    "revision" => parameter("head_rev")?,
                },
            },
        };
        let dependencies: Map =
            reviewed.into_iter().map(|(label, task_id)| (label, Value::from(task_id))).collect();
        let task = added_task(label.clone(), (morphing.task_id)(&label), definition, dependencies);
        Ok(Changes { changed: Vec::new(), added: vec![Arc::new(task)] })
    }
}

/// Where the reference says that the task comes from: services compare definitions.
fn source_url(morphing: &Morphing<'_>) -> String {
    let variable = |name: &str| morphing.session.environment.get(name);
    let repository =
        variable("TASKGRAPH_HEAD_REPOSITORY").unwrap_or("https://github.com/taskcluster/taskgraph");
    let revision = variable("TASKGRAPH_HEAD_REV").unwrap_or("default");
    format!("{repository}/raw-file/{revision}/src/taskgraph/morph.py")
}
