//! What says that a task is not to be retriggered.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use taskcluster_queue_client::{Cluster, Error, TaskId};

use crate::failure::{Failure, Mark};

const ACTIONS: &str = "public/actions.json";
const GRAPH: &str = "public/task-graph.json";

/// What the decision task of a group says about its tasks.
#[derive(Debug, Default)]
pub(crate) struct GroupMarks {
    retrigger: RetriggerRule,
    /// The phases of a release that tasks belong to.
    phases: BTreeMap<String, String>,
}

/// For which tasks the retrigger action of a group is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RetriggerRule {
    /// Nothing is said.
    #[default]
    Any,
    /// Those that have all tags of one of these sets.
    With(Vec<BTreeMap<String, String>>),
}

#[derive(Deserialize)]
struct Actions {
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Action {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    context: Vec<BTreeMap<String, String>>,
}

/// The part of a task of a graph that matters here; the rest, most of it, is skipped.
#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(default)]
    shipping_phase: Value,
}

impl RetriggerRule {
    /// The rule that an `actions.json` has. Its retrigger actions name the tags of the tasks that they are for, and a
    /// last one, for all tasks, is what a release must force. If no action asks for the tag `retrigger`, nothing is
    /// said: the action is then for any task that it applies to.
    ///
    /// Fails if the text is no document of actions.
    ///
    /// ```
    /// use taskcluster_operations::RetriggerRule;
    /// let rule = RetriggerRule::of_actions(br#"{"version": 1, "variables": {}, "actions": [
    ///     {"kind": "hook", "name": "retrigger", "title": "Retrigger", "context": [{"retrigger": "true"}]},
    ///     {"kind": "hook", "name": "retrigger", "title": "Retrigger (disabled)", "context": [{}]}
    /// ]}"#)?;
    /// assert!(rule.allows(&serde_json::json!({"retrigger": "true", "kind": "test"})));
    /// assert!(!rule.allows(&serde_json::json!({"kind": "signing"})));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn of_actions(json: &[u8]) -> Result<RetriggerRule, serde_json::Error> {
        let document: Actions = serde_json::from_slice(json)?;
        let retrigger = document.actions.into_iter().filter(|action| action.name == "retrigger");
        let sets: Vec<_> =
            retrigger.flat_map(|action| action.context).filter(|set| !set.is_empty()).collect();
        if sets.iter().any(|set| set.contains_key("retrigger")) {
            Ok(RetriggerRule::With(sets))
        } else {
            Ok(RetriggerRule::Any)
        }
    }

    /// Whether a task with these tags may be retriggered.
    pub fn allows(&self, tags: &Value) -> bool {
        match self {
            RetriggerRule::Any => true,
            RetriggerRule::With(sets) => sets.iter().any(|set| {
                set.iter().all(|(name, value)| tags.get(name).and_then(Value::as_str) == Some(value))
            }),
        }
    }
}

impl GroupMarks {
    /// What the artifacts of the decision task of a group say: its actions, and the attributes of its graph.
    pub(crate) async fn look(cluster: &Cluster, group: &TaskId) -> Result<GroupMarks, Failure> {
        let actions = artifact(cluster, group, ACTIONS).await?;
        let retrigger = match actions {
            None => RetriggerRule::Any,
            Some(content) => read(group, ACTIONS, RetriggerRule::of_actions(&content))?,
        };
        let phases = match artifact(cluster, group, GRAPH).await? {
            None => BTreeMap::new(),
            Some(content) => read(group, GRAPH, phases(&content))?,
        };
        Ok(GroupMarks { retrigger, phases })
    }

    pub(crate) fn of(&self, id: &TaskId, definition: &Value) -> Option<Mark> {
        if let Some(phase) = self.phases.get(id.as_str()) {
            return Some(Mark::ShippingPhase(phase.clone()));
        }
        let tags = &definition["tags"];
        let tag = tags["retrigger"].as_str().map(str::to_owned);
        (!self.retrigger.allows(tags)).then_some(Mark::Tag(tag))
    }
}

/// What the definition itself says: the phase of a release in its tags or in `extra`.
pub(crate) fn mark_of(definition: &Value) -> Option<Mark> {
    let places = [&definition["tags"], &definition["extra"], &definition["extra"]["attributes"]];
    let values = places.into_iter().flat_map(|place| [&place["shipping-phase"], &place["shipping_phase"]]);
    values.filter_map(phase).next().map(Mark::ShippingPhase)
}

fn phase(value: &Value) -> Option<String> {
    let phase = value.as_str()?;
    (!phase.is_empty()).then(|| phase.to_owned())
}

/// The phases in a graph, which has taskIds as keys.
fn phases(json: &[u8]) -> Result<BTreeMap<String, String>, serde_json::Error> {
    let graph: BTreeMap<String, Node> = parse(json)?;
    Ok(graph
        .into_iter()
        .filter_map(|(id, node)| Some((id, phase(&node.attributes.shipping_phase)?)))
        .collect())
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json)
}

fn read<T>(group: &TaskId, name: &'static str, result: Result<T, serde_json::Error>) -> Result<T, Failure> {
    result.map_err(|error| Failure::BadArtifact { task_id: group.clone(), name, reason: error.to_string() })
}

/// An artifact of the latest run; nothing if there is none.
async fn artifact(cluster: &Cluster, id: &TaskId, name: &str) -> Result<Option<Vec<u8>>, Error> {
    match cluster.queue().artifact(id, None, name).await {
        Ok(content) => Ok(Some(content)),
        Err(Error::NotFound(_) | Error::ArtifactFailed(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(actions: Value, tags: Value, allowed: bool) {
        let document = json!({"version": 1, "variables": {}, "actions": actions}).to_string();
        let rule = RetriggerRule::of_actions(document.as_bytes()).unwrap();
        assert_eq!(rule.allows(&tags), allowed, "{rule:?}");
    }

    #[test]
    fn tags_decide() {
        let reference = json!([
            {"name": "cancel", "context": [{}]},
            {"name": "retrigger", "context": [{"kind": "decision-task"}, {"kind": "cron-task"}]},
            {"name": "retrigger", "context": [{"retrigger": "true"}]},
            {"name": "retrigger", "title": "Retrigger (disabled)", "context": [{}]},
            {"name": "retrigger-multiple", "context": []},
        ]);
        check(reference.clone(), json!({"retrigger": "true"}), true);
        check(reference.clone(), json!({"kind": "cron-task"}), true);
        check(reference.clone(), json!({"retrigger": "false"}), false);
        check(reference.clone(), json!({"retrigger": true}), false);
        check(reference.clone(), json!({}), false);
        check(reference, json!(null), false);
    }

    #[test]
    fn without_the_tag_nothing_is_said() {
        check(json!([]), json!({}), true);
        check(json!([{"name": "cancel", "context": [{"retrigger": "true"}]}]), json!({}), true);
        check(json!([{"name": "retrigger", "context": [{}]}]), json!({}), true);
        check(json!([{"name": "retrigger"}]), json!({}), true);
        check(json!([{"title": "no name", "context": [{"retrigger": "true"}]}]), json!({}), true);
        check(json!([{"name": "retrigger", "context": [{"kind": "test"}]}]), json!({"kind": "x"}), true);
    }

    #[test]
    fn other_documents_are_errors() {
        for bad in ["", "{", "[]", "{}", r#"{"actions": {}}"#, r#"{"actions": [{"context": [{"a": 1}]}]}"#] {
            assert!(RetriggerRule::of_actions(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn phases_are_found() {
        let found = |definition| match mark_of(&definition) {
            Some(Mark::ShippingPhase(phase)) => phase,
            other => format!("{other:?}"),
        };
        assert_eq!(found(json!({"tags": {"shipping-phase": "promote"}})), "promote");
        assert_eq!(found(json!({"extra": {"shipping_phase": "ship"}})), "ship");
        assert_eq!(found(json!({"extra": {"attributes": {"shipping_phase": "push"}}})), "push");
        assert_eq!(found(json!({"tags": {"shipping-phase": ""}, "extra": []})), "None");
        assert_eq!(found(json!({"extra": {"shipping-phase": null}})), "None");
        let graph = json!({
            "a": {"attributes": {"shipping_phase": "promote", "x": [1]}, "task": {"y": {}}},
            "b": {"attributes": {"shipping_phase": null}},
            "c": {},
        });
        let phases = phases(graph.to_string().as_bytes()).unwrap();
        assert_eq!(phases, BTreeMap::from([("a".into(), "promote".into())]));
    }
}
