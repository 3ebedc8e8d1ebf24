//! What json-e renders and what scriptworker decides: `reference.py` wrote it down.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use taskcluster_queue_client::TaskId;
use taskgraph_chain_of_trust::{
    Error, Expectations, HookMaking, Making, Verification, action_definition, decision_definitions,
    verify_action, verify_decision,
};

use crate::support::{ACTION, DECISION, Tree, change, here, now, stub, template, tree};

struct Case {
    name: String,
    json: Value,
}

fn cases() -> Vec<Case> {
    let folder = std::fs::read_dir(here().join("cases")).unwrap();
    let mut cases = folder
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            Case { name, json: serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() }
        })
        .collect::<Vec<_>>();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 40, "{}", cases.len());
    cases
}

impl Case {
    fn tree(&self) -> &str {
        self.json["tree"].as_str().unwrap()
    }

    fn id(&self) -> TaskId {
        self.json["task_id"].as_str().unwrap().parse().unwrap()
    }

    /// Verifies the task, with what the hosts of repositories say or without.
    async fn verify(&self, documents: bool, parameters: Option<&Value>) -> Result<Verification, Error> {
        let case = &self.json;
        let mut answers = BTreeMap::new();
        answers.insert(format!("task/{}", self.id()), case["task"].to_string().into_bytes());
        if !case["decision"].is_null() {
            answers.insert(format!("task/{DECISION}"), case["decision"].to_string().into_bytes());
        }
        let artifact = |name: &str| format!("task/{DECISION}/artifacts/public/{name}");
        answers.insert(artifact("actions.json"), case["actions"].to_string().into_bytes());
        if let Some(parameters) = parameters {
            answers.insert(artifact("parameters.yml"), parameters.to_string().into_bytes());
        }
        let source = Tree {
            content: tree(self.tree()),
            documents: if documents { case["documents"].clone() } else { Value::Null },
        };
        let expectations = Expectations::default();
        let cluster = stub(answers);
        match self.id().as_str() {
            ACTION => verify_action(&self.id(), &cluster, &source, &expectations).await,
            _ => verify_decision(&self.id(), &cluster, &source, &expectations).await,
        }
    }
}

#[test]
fn decision_tasks_are_what_json_e_renders() {
    let id: TaskId = DECISION.parse().unwrap();
    let mut count = 0;
    for case in cases().iter().filter(|case| !case.json["change"].is_null()) {
        let change = change(&case.json["change"]);
        let made = decision_definitions(&template(case.tree()), &change, &Making::of_one_task(&id, now()));
        let made = made.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let mut expected = case.json["made"].as_array().unwrap().clone();
        assert_eq!(made.len(), expected.len(), "{}", case.name);
        for (made, expected) in made.iter().zip(&mut expected) {
            assert_eq!(made.task_id, id);
            expected.as_object_mut().unwrap().remove("taskId");
            assert_eq!(&made.definition, expected, "{}", case.name);
        }
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn action_tasks_are_what_json_e_renders() {
    let id: TaskId = ACTION.parse().unwrap();
    let mut count = 0;
    for case in cases().iter().filter(|case| !case.json["payload"].is_null()) {
        let text = |key: &str| case.json[key].as_str().unwrap();
        let making = HookMaking {
            trust_domain: "x",
            level: text("level"),
            action_perm: text("permission"),
            pull_request: case.json["pull_request"] == true,
        };
        let payload = &case.json["payload"];
        let task = Making::of_one_task(&id, now());
        let client = Some("mozilla-auth0/ad|x/");
        let made = action_definition(&template(case.tree()), &making, payload, client, &task).unwrap();
        assert_eq!(made.as_ref(), case.json["made"].get(0), "{}", case.name);
        count += 1;
    }
    assert_eq!(count, 9);
}

#[tokio::test]
async fn tasks_agree_and_differ_where_scriptworker_says_so() {
    for case in cases().iter().filter(|case| !case.json["task"].is_null()) {
        // Where scriptworker has a configuration, the parameters say what the project is.
        let decided = match case.tree() {
            "mercurial.yml" => {
                let change = &case.json["change"];
                serde_json::json!({ "project": change["project"], "level": change["level"] })
            }
            _ => serde_json::json!({}),
        };
        let parameters = if case.json["parameters"].is_null() { &decided } else { &case.json["parameters"] };
        let verified = case.verify(true, Some(parameters)).await;
        match case.json["verdict"].as_str().unwrap() {
            // It does not say more.
            "error" => assert!(verified.is_ok_and(|found| !found.agrees()) || case.name.contains("callback")),
            verdict => {
                let verified = verified.unwrap_or_else(|error| panic!("{}: {error}", case.name));
                let fields = verified.differences.iter().map(|difference| difference.field.as_str());
                let expected = case.json["fields"].as_array().unwrap();
                let expected = expected.iter().map(|field| field.as_str().unwrap());
                assert_eq!(
                    fields.collect::<BTreeSet<_>>(),
                    expected.collect::<BTreeSet<_>>(),
                    "{}: {:?}",
                    case.name,
                    verified.differences
                );
                assert_eq!(verified.agrees(), verdict == "agrees", "{}", case.name);
                assert_eq!(verified.hash, template(case.tree()).hash());
                assert_eq!(verified.remarks, [""; 0]);
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_else_says_is_taken_from_the_task_and_said() {
    let mut assumed = BTreeMap::new();
    for case in cases().iter().filter(|case| !case.json["change"].is_null() && !case.json["task"].is_null()) {
        let change = &case.json["change"];
        let mut parameters = change.clone();
        // As the command puts it.
        let at = change["owner"].as_str().unwrap().contains('@');
        if !at {
            parameters["owner"] = format!("{}@noreply.example.com", change["owner"].as_str().unwrap()).into();
        }
        let found = case.verify(false, Some(&parameters)).await.unwrap();
        assert_eq!(found.differences, [], "{}", case.name);
        assumed.insert(case.name.clone(), found.assumed.join("; "));
    }
    let hg = "the push: its number, time and base; the level and the project of the repository";
    assert_eq!(assumed["hg-push"], hg);
    assert_eq!(assumed["github-push"], "who pushed");
    assert_eq!(assumed["github-release"], "the release: its time, author and target");
    assert_eq!(assumed["github-pull-request"], "the pull request: its author, title and repositories");
    assert_eq!(assumed["github-cron"], "the level and the project of the repository");
}
