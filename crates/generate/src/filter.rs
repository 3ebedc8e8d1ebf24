//! Leaving out tasks, and parts of tasks, to look at a graph.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskgraph_config::{RegexError, re_match};
use taskgraph_graph::{Task, TaskGraph};
use taskgraph_value::{Map, Str, Value};
use thiserror::Error;

/// The keys without which a task is no task.
const REQUIRED: [&str; 5] = ["attributes", "kind", "label", "optimization", "task"];

/// Why a graph cannot be filtered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A pattern for labels that is no regular expression.
    #[error(transparent)]
    Regex(#[from] RegexError),
    /// A key to leave out without which a task is no task.
    #[error(
        "the key `{key}` cannot be excluded, a task needs it; expected a key below it, such as `{key}.<name>`, or \
         another than {}", REQUIRED.join(", ")
    )]
    RequiredKey {
        /// The key.
        key: String,
    },
    /// What is left is no graph.
    #[error(transparent)]
    Graph(#[from] taskgraph_graph::Error),
}

/// The tasks whose label begins with what `labels` matches (a Python regular expression, as `re.match` takes it), with
/// the edges between them; each without the keys `excluded`, which may lead into mappings by dots.
///
/// A key that a task does not have is ignored. `description` and the dependencies become empty. Leaving out
/// `dependencies` also leaves out the edges.
///
/// ```
/// use std::sync::Arc;
/// use taskgraph_generate::filter;
/// use taskgraph_graph::{Task, TaskGraph};
/// use taskgraph_value::{Value, map};
///
/// let task = |label: &str| {
///     let env = map! { "LANG" => "C", "REV" => "abcdef" };
///     let task = map! { "payload" => map! { "env" => env } };
///     let fields = map! {
///         "kind" => "build", "label" => label, "attributes" => map! {}, "optimization" => Value::Null, "task" => task,
///     };
///     Task::from_map(label, &fields).map(Arc::new)
/// };
/// let graph = TaskGraph::set([task("build-linux")?, task("test-linux")?])?;
/// let builds = filter(&graph, Some("build|lint"), &["task.payload.env.REV".to_owned()])?;
/// assert_eq!(builds.graph().nodes().collect::<Vec<_>>(), ["build-linux"]);
/// let build = builds.get("build-linux").unwrap();
/// assert_eq!(build.task.at("payload").unwrap().at("env"), Some(&map! { "LANG" => "C" }.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn filter(
    graph: &TaskGraph,
    labels: Option<&str>,
    excluded: &[String],
) -> Result<TaskGraph, FilterError> {
    if let Some(key) = excluded.iter().find(|key| REQUIRED.contains(&key.as_str())) {
        return Err(FilterError::RequiredKey { key: key.clone() });
    }
    let mut kept = match labels {
        None => graph.clone(),
        Some(pattern) => {
            // A bad pattern is an error even where there is nothing to match.
            re_match(pattern, "")?;
            let mut matching: FxHashSet<&str> = FxHashSet::default();
            for task in graph.tasks() {
                if re_match(pattern, &task.label)? {
                    matching.insert(&task.label);
                }
            }
            graph.induced(|task| matching.contains(task.label.as_str()))
        }
    };
    if !excluded.is_empty() {
        let paths: Vec<Vec<&str>> = excluded.iter().map(|key| key.split('.').collect()).collect();
        let without = |(key, task): (&Str, &Arc<Task>)| {
            let mut fields = task.to_map();
            paths.iter().for_each(|path| remove(&mut fields, path));
            (key.clone(), Value::from(fields))
        };
        kept = TaskGraph::from_value(&kept.entries().map(without).collect::<Map>().into())?;
        if graph.graph().edges().len() == 0 {
            kept = kept.without_edges();
        }
    }
    Ok(kept)
}

/// Takes out what a path leads to, if it is there; a mapping that is shared is copied only then.
fn remove(map: &mut Map, path: &[&str]) {
    match path {
        [] => {}
        [key] => drop(map.remove(key)),
        [key, rest @ ..] => {
            if leads_somewhere(map.get(key), rest)
                && let Some(inner) = map.get_mut(key).and_then(Value::as_map_mut)
            {
                remove(inner, rest);
            }
        }
    }
}

fn leads_somewhere(value: Option<&Value>, path: &[&str]) -> bool {
    match path {
        [] => value.is_some(),
        [key, rest @ ..] => leads_somewhere(value.and_then(Value::as_map).and_then(|map| map.get(key)), rest),
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{json, map};

    use super::*;

    fn graph() -> TaskGraph {
        let task = |label: &str, needs: &[&str]| {
            let needs: Map = needs.iter().map(|need| ((*need).into(), Value::from(*need))).collect();
            let fields = map! {
                "kind" => "k", "label" => label, "description" => "words", "attributes" => map! { "a" => 1 },
                "dependencies" => needs, "optimization" => Value::Null,
                "task" => map! { "list" => vec![1.into()], "deep" => map! { "x" => map! { "y" => 1, "z" => 2 } } },
            };
            Arc::new(Task::from_map(label, &fields).unwrap())
        };
        let tasks =
            [task("build-a", &[]), task("test-a", &["build-a"]), task("test-b", &["test-a", "build-a"])];
        TaskGraph::set(tasks).unwrap().with_dependency_edges().unwrap()
    }

    #[track_caller]
    fn check(labels: Option<&str>, excluded: &[&str], expected_labels: &str, expected_first: &str) {
        let excluded: Vec<String> = excluded.iter().map(|key| (*key).to_owned()).collect();
        let filtered = filter(&graph(), labels, &excluded).unwrap();
        let found: Vec<&str> = filtered.graph().nodes().map(|label| label.as_str()).collect();
        assert_eq!(found.join(" "), expected_labels);
        let first = filtered.tasks().next().unwrap();
        let shown = map! {
            "d" => &first.description, "n" => first.dependencies.clone(), "a" => first.attributes.clone(),
            "t" => first.task.clone(),
        };
        assert_eq!(json::compact(&shown.into()).unwrap().replace('"', ""), expected_first);
    }

    #[test]
    fn labels_match_from_their_beginning() {
        let task = "{d:words,n:{build-a:build-a},a:{a:1,kind:k},t:{list:[1],deep:{x:{y:1,z:2}}}}";
        check(Some("test-[ab]"), &[], "test-a test-b", task);
        check(Some("test-(?!b)"), &[], "test-a", task);
        let build = "{d:words,n:{},a:{a:1,kind:k},t:{list:[1],deep:{x:{y:1,z:2}}}}";
        check(Some("build|b"), &[], "build-a", build);
        check(None, &[], "build-a test-a test-b", build);
    }

    #[test]
    fn keys_are_left_out() {
        let both = ["task.deep.x.y", "description"];
        check(
            Some("test-b"),
            &both,
            "test-b",
            "{d:,n:{test-a:test-a,build-a:build-a},a:{a:1,kind:k},t:{list:[1],deep:{x:{z:2}}}}",
        );
        check(
            Some("test-b"),
            &["task.deep", "dependencies"],
            "test-b",
            "{d:,n:{},a:{a:1,kind:k},t:{list:[1]}}".replace("d:,", "d:words,").as_str(),
        );
        let same = "{d:words,n:{},a:{a:1,kind:k},t:{list:[1],deep:{x:{y:1,z:2}}}}";
        check(
            None,
            &["nope", "task.nope.x", "task.list.0", "kind.x", "attributes.kind", ""],
            "build-a test-a test-b",
            same,
        );
    }

    #[test]
    fn edges_stay_between_what_stays() {
        assert_eq!(filter(&graph(), Some("test"), &[]).unwrap().graph().edges().count(), 1);
        assert_eq!(filter(&graph(), None, &["description".into()]).unwrap().graph().edges().count(), 3);
        let set = graph().without_edges();
        assert_eq!(filter(&set, Some("test"), &[]).unwrap().graph().edges().count(), 0);
    }

    #[test]
    fn mistakes_are_said() {
        let error = filter(&graph(), Some("("), &[]).unwrap_err().to_string();
        assert!(error.starts_with("bad regular expression `(`: "), "{error}");
        let error = filter(&TaskGraph::default(), None, &["task".into()]).unwrap_err().to_string();
        assert!(error.starts_with("the key `task` cannot be excluded, a task needs it"), "{error}");
    }
}
