//! Tests of references. What is expected was seen in the reference.

use proptest::prelude::*;
use taskgraph_value::{json, map};

use super::*;

fn resolve(value: impl Into<Value>) -> Result<String, String> {
    let urls =
        ArtifactUrls { root_url: Some("https://tc.example".into()), proxy_url: Some("http://proxy/".into()) };
    let dependencies = map! { "build" => "BBB", "a b" => "SPACE", "x>y" => "never", "é" => "EEE" };
    let references =
        References { task_id: "AAA", decision_task_id: "DDD", dependencies: &dependencies, urls: &urls };
    resolve_references(&value.into(), &references)
        .map(|value| json::compact(&value).unwrap())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn task(text: &str, expected: &str) {
    let found = resolve(map! { "task-reference" => text });
    assert_eq!(found.unwrap(), serde_json::to_string(expected).unwrap(), "{text}");
}

#[track_caller]
fn artifact(text: &str, expected: &str) {
    let found = resolve(map! { "artifact-reference" => text }).unwrap();
    let found = found.replace("https://tc.example/api/queue/v1/task/", "root:");
    let found = found.replace("http://proxy/api/queue/v1/task/", "proxy:").replace("/artifacts", "");
    assert_eq!(found, serde_json::to_string(expected).unwrap(), "{text}");
}

#[test]
fn tasks() {
    task("", "");
    task("no reference", "no reference");
    task("<build>", "BBB");
    task("a<build>b<self>c<decision>d", "aBBBbAAAcDDDd");
    task("<<>build>", "<build>");
    task("<<><build><<>", "<BBB<");
    task("<> <a b> <", "<> SPACE <");
    task("<>build>", "<>build>");
    task("tail <build", "tail <build");
}

#[test]
fn artifacts() {
    artifact("<build/public/a.zip>", "root:BBB/public/a.zip");
    artifact("<build/private/a.zip> <decision/public/x>", "proxy:BBB/private/a.zip root:DDD/public/x");
    artifact("<build/public>", "proxy:BBB/public");
    artifact("</x> <build/> < <build", "</x> <build/> < <build");
    artifact("<<>", "<<>");
}

#[test]
fn only_mappings_of_one_key_are_references() {
    let two = map! { "task-reference" => "<build>", "other" => map! { "task-reference" => "<build>" } };
    assert_eq!(resolve(two).unwrap(), r#"{"task-reference":"<build>","other":"BBB"}"#);
    let keys = map! { "task-reference" => map! {
        "<build>" => map! { "task-reference" => "<self>" }, "plain" => 1, "<self>" => 2, "AAA" => 3,
    } };
    assert_eq!(resolve(keys).unwrap(), r#"{"BBB":"AAA","plain":1,"AAA":3}"#);
}

#[test]
fn what_leads_nowhere_is_named() {
    let error = |mark: &'static str, value: Value| {
        let marked = Value::Map([(Str::from(mark), value)].into_iter().collect());
        resolve(map! { "payload" => map! { "env" => vec![marked] } }).unwrap_err()
    };
    assert_eq!(
        error(TASK, "x<nope>".into()),
        "`payload.env.0.task-reference`: `x<nope>` refers to `nope`, which is no dependency of the task; it has a b, build, x>y, é"
    );
    assert_eq!(
        error(ARTIFACT, "<self/public/x>".into()),
        "`payload.env.0.artifact-reference`: `<self/public/x>` refers to an artifact of the task itself, which has none yet"
    );
    assert!(error(ARTIFACT, "<a> <build/x>".into()).contains("refers to `a> <build`, which"));
    assert_eq!(
        error(TASK, vec!["<build>".into()].into()),
        "`payload.env.0.task-reference`: expected a text with references, found a list"
    );
    assert!(
        error(TASK, map! { "<nope>" => 1 }.into()).starts_with("`payload.env.0.task-reference.<nope>`: ")
    );

    let nowhere = References {
        task_id: "A",
        decision_task_id: "D",
        dependencies: &Map::new(),
        urls: &ArtifactUrls::default(),
    };
    let value = map! { "artifact-reference" => "<decision/x>" }.into();
    let error = resolve_references(&value, &nowhere).unwrap_err();
    assert!(error.to_string().ends_with("needs the address of the deployment; set `TASKCLUSTER_ROOT_URL`"));
    let value = map! { "task-reference" => "<x>" }.into();
    let error = resolve_references(&value, &nowhere).unwrap_err();
    assert!(error.to_string().ends_with("which is no dependency of the task; it has none"));
}

#[test]
fn what_has_no_references_stays_shared() {
    let plain = Value::from(vec!["<build>".into(), Value::from(map! { "a" => 1, "b" => 2 })]);
    let task = map! { "plain" => plain.clone(), "id" => map! { "task-reference" => "<x>" } };
    let references = References {
        task_id: "A",
        decision_task_id: "D",
        dependencies: &map! { "x" => "X" },
        urls: &ArtifactUrls::default(),
    };
    let items = |value: &Value| value.as_list().unwrap().as_ptr();
    let resolved = resolve_references(&task.into(), &references).unwrap();
    assert_eq!(items(resolved.at("plain").unwrap()), items(&plain));
    assert_eq!(items(&resolve_references(&plain, &references).unwrap()), items(&plain));
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("<"),
            Just(">"),
            Just("/"),
            Just("build"),
            Just("self"),
            Just("decision"),
            Just("é"),
            Just("public/"),
        ],
        0..12,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    /// Every text is resolved, or the name that is missing is one that stands in it.
    #[test]
    fn resolving_is_total_or_names_what_is_missing(text in text(), artifact: bool) {
        let mark = if artifact { ARTIFACT } else { TASK };
        let value = Value::Map([(Str::from(mark), Value::from(text.as_str()))].into_iter().collect());
        let urls = ArtifactUrls { root_url: Some("r".into()), proxy_url: None };
        let dependencies = map! { "build" => "B", "é" => "E" };
        let references = References { task_id: "A", decision_task_id: "D", dependencies: &dependencies, urls: &urls };
        match resolve_references(&value, &references) {
            Ok(value) => prop_assert!(value.as_str().is_some()),
            Err(ReferenceError { problem: ReferenceProblem::NoDependency { name, .. }, .. }) => {
                let reference = format!("<{name}");
                prop_assert!(text.contains(&reference) && !dependencies.contains_key(&name));
            }
            Err(ReferenceError { problem: ReferenceProblem::OwnArtifact { .. }, .. }) => {
                prop_assert!(text.contains("<self/"));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
