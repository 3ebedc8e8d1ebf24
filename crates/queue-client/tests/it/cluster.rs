//! The URLs of a deployment and the meaning of its answers.

use serde_json::{Value, json};
use taskcluster_queue_client::{Call, Cluster, Error, Http, Sent, Settings, State, TaskId, api::Service};

use crate::server::{Server, answer, http, json as answers, settings};

fn from_env(variables: &[(&str, &str)]) -> Result<Cluster, Error> {
    let env = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Cluster::from_env(&env, http())
}

#[test]
fn the_environment_names_the_deployment() {
    let root = ("TASKCLUSTER_ROOT_URL", "https://tc.example.com//");
    let proxy = ("TASKCLUSTER_PROXY_URL", "http://taskcluster/");
    let url = |cluster: &Cluster| cluster.api_url("index", "v1", "//ping");
    let artifact = |cluster: &Cluster| cluster.artifact_url("abc", "public/a b.yml");
    let public = "https://tc.example.com/api/queue/v1/task/abc/artifacts/public/a%20b.yml";

    let cluster = from_env(&[root]).unwrap();
    assert_eq!(url(&cluster), "https://tc.example.com/api/index/v1/ping");
    assert_eq!(artifact(&cluster).unwrap(), public);
    let cluster = from_env(&[root, proxy]).unwrap();
    assert_eq!(url(&cluster), "http://taskcluster/api/index/v1/ping");
    assert_eq!(artifact(&cluster).unwrap(), public);
    let cluster = from_env(&[proxy]).unwrap();
    assert_eq!(url(&cluster), "http://taskcluster/api/index/v1/ping");
    assert!(matches!(artifact(&cluster), Err(Error::NoRootUrl)));

    assert!(matches!(from_env(&[]), Err(Error::NoRootUrl)));
    assert!(matches!(from_env(&[("TASKCLUSTER_ROOT_URL", "")]), Err(Error::NoRootUrl)));
    let error = from_env(&[("TASKCLUSTER_ROOT_URL", "tc.example.com")]).unwrap_err();
    assert!(error.to_string().starts_with("bad URL `tc.example.com`: expected"), "{error}");
}

#[test]
fn the_environment_names_the_client() {
    let root = ("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
    let id = ("TASKCLUSTER_CLIENT_ID", "me");
    let token = ("TASKCLUSTER_ACCESS_TOKEN", "very-secret");
    let cluster = from_env(&[root, id, token]).unwrap();
    assert_eq!(cluster.credentials().unwrap().client_id(), "me");
    assert!(!format!("{cluster:?}").contains("very-secret"));
    assert!(from_env(&[root]).unwrap().credentials().is_none());
    let certificate =
        r#"{"version": 1, "scopes": [], "start": 0, "expiry": 1000, "seed": "", "signature": ""}"#;
    let error = from_env(&[root, id, token, ("TASKCLUSTER_CERTIFICATE", certificate)]).unwrap_err();
    assert_eq!(error.to_string(), "the credentials of `me` expired at 1970-01-01T00:00:01Z");
    // The proxy signs, so nobody else does.
    let proxy = ("TASKCLUSTER_PROXY_URL", "http://taskcluster");
    assert!(from_env(&[root, id, token, proxy]).unwrap().credentials().is_none());
}

const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";

fn id() -> TaskId {
    ID.parse().unwrap()
}

fn indexed(path: &str) -> Value {
    json!({"namespace": path, "taskId": ID, "rank": 0, "data": {}, "expires": "2999-01-01T00:00:00.000Z"})
}

#[tokio::test]
async fn a_task_is_found_by_its_index_path() {
    let server = Server::new([answers(&indexed("a.v2.pr/1.latest"))]);
    let found = server.cluster().index().find_task("a.v2.pr/1.latest").await.unwrap();
    assert_eq!(found.task_id, id());
    assert_eq!(server.asked(), ["GET /api/index/v1/task/a.v2.pr%2F1.latest"]);
}

#[tokio::test]
async fn a_task_that_is_not_indexed() {
    let body =
        r#"{"code": "ResourceNotFound", "message": "Indexed task not found\n\n---\n\n* method: findTask"}"#;
    let server = Server::new([answer("404 Not Found", "", body)]);
    let error = server.cluster().index().find_task("a.b").await.unwrap_err();
    let expected = "`index.findTask(a.b)` answered 404 ResourceNotFound: Indexed task not found";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, Error::NotFound(_)));
    assert!(matches!(server.cluster().index().find_task("").await, Err(Error::BadName { .. })));
}

#[tokio::test]
async fn an_answer_in_another_form() {
    for body in ["", "[]", "{}", r#"{"taskId": 7}"#, "<html>"] {
        let server = Server::new([answer("200 OK", "", body)]);
        let error = server.cluster().index().find_task("a.b").await.unwrap_err();
        assert!(matches!(error, Error::BadAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn many_paths_are_asked_for_at_once_and_answered_in_order() {
    let server = Server::answering(3, |asked| {
        let paths = asked.body["indexes"].as_array().unwrap();
        // In another order, without those that are not there, on two pages.
        let found: Vec<_> = paths.iter().rev().filter(|path| *path != "b1").collect();
        let page =
            |paths: &[&Value]| paths.iter().map(|path| indexed(path.as_str().unwrap())).collect::<Vec<_>>();
        match (asked.line.contains("continuationToken=second"), paths.len() == 500) {
            (false, true) => answers(&json!({"tasks": page(&found[..100]), "continuationToken": "second"})),
            (true, true) => answers(&json!({"tasks": page(&found[100..])})),
            _ => answers(&json!({"tasks": page(&found)})),
        }
    });
    let http = Http::new(&Settings { max_bytes: 1 << 20, ..settings() }).unwrap();
    let cluster = Cluster::new(&server.url(""), http).unwrap();
    let paths: Vec<_> = (0..502).map(|index| format!("b{index}")).collect();
    let found = cluster.index().find_tasks(&paths).await.unwrap();
    assert_eq!(found.len(), 502);
    for (path, found) in paths.iter().zip(found) {
        assert_eq!(found.map(|found| found.namespace), (path != "b1").then(|| path.clone()));
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let artifact =
        |name: &str| json!({"name": name, "storageType": "s3", "expires": "2999-01-01T00:00:00.000Z"});
    let server = Server::new([
        answers(&json!({"artifacts": [artifact("a"), artifact("b")], "continuationToken": "x y"})),
        answers(&json!({"artifacts": []  , "continuationToken": "z"})),
        answers(&json!({"artifacts": [artifact("c")]})),
    ]);
    let all = server.cluster().queue().list_artifacts(&id(), Some(1)).await.unwrap();
    assert_eq!(all.iter().map(|artifact| artifact.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let path = format!("GET /api/queue/v1/task/{ID}/runs/1/artifacts");
    assert_eq!(
        server.asked(),
        [path.clone(), format!("{path}?continuationToken=x+y"), format!("{path}?continuationToken=z")]
    );
}

#[tokio::test]
async fn a_list_without_end_is_an_error() {
    let server = Server::answering(2, |_| answers(&json!({"tasks": [], "continuationToken": "again"})));
    let error = server.cluster().queue().task_group(&id()).await.unwrap_err();
    assert!(matches!(error, Error::EndlessList { .. }), "{error}");
}

#[tokio::test]
async fn a_dry_run_reads_but_changes_nothing() {
    let status = json!({
        "taskId": ID, "taskGroupId": ID, "schedulerId": "-", "taskQueueId": "a/b", "state": "failed",
        "deadline": "2999-01-01T00:00:00.000Z", "expires": "2999-01-01T00:00:00.000Z",
    });
    let server = Server::new([answers(&json!({"status": status}))]);
    let (cluster, recorder) = server.cluster().dry_run();
    assert_eq!(cluster.queue().status(&id()).await.unwrap().state, State::Failed);
    assert_eq!(cluster.queue().rerun_task(&id()).await.unwrap(), Sent::Recorded);
    let body = json!({"payload": {}});
    assert_eq!(cluster.queue().create_task(&id(), &body).await.unwrap().done(), None);
    assert_eq!(server.asked(), [format!("GET /api/queue/v1/task/{ID}/status")]);
    let recorded: Vec<_> =
        recorder.requests().into_iter().map(|one| (one.method, one.arguments, one.body)).collect();
    assert_eq!(
        recorded,
        [("rerunTask", vec![ID.to_owned()], Value::Null), ("createTask", vec![ID.to_owned()], body)]
    );
}

#[tokio::test]
async fn arguments_are_counted_and_escaped() {
    let service = Service::find("queue").unwrap();
    let method = service.method("getArtifact").unwrap();
    let server = Server::new([answers(&Value::Null)]);
    let call = Call { service, method, arguments: &["x"], query: &[("a b", "c&d")], body: None };
    let error = server.cluster().call(&call).await.unwrap_err();
    assert_eq!(error.to_string(), "`getArtifact` takes 3 arguments in its path, found 1");
    let call = Call { arguments: &["a/b", "0", "ü"], ..call };
    assert_eq!(server.cluster().call(&call).await.unwrap(), Sent::Done(Value::Null));
    assert_eq!(server.asked(), ["GET /api/queue/v1/task/a%2Fb/runs/0/artifacts/%C3%BC?a+b=c%26d"]);
    for bad in ["", ".", "a/../b"] {
        let arguments = ["x", "0", bad];
        let refused = server.cluster().call(&Call { arguments: &arguments, ..call }).await;
        assert!(matches!(refused, Err(Error::BadName { .. })));
    }
}

#[tokio::test]
async fn tokens_in_paths_are_not_shown() {
    let service = Service::find("hooks").unwrap();
    let method = service.method("triggerHookWithToken").unwrap();
    let server = Server::new([answer("403 No", "", r#"{"message": "no"}"#)]);
    let body = json!({});
    let call =
        Call { service, method, arguments: &["group", "hook", "SECRET"], query: &[], body: Some(&body) };
    let error = server.cluster().call(&call).await.unwrap_err();
    assert_eq!(error.to_string(), "`hooks.triggerHookWithToken(group, hook, ***)` answered 403: no");
    assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    let (cluster, recorder) = server.cluster().dry_run();
    cluster.call(&call).await.unwrap();
    assert_eq!(recorder.requests()[0].arguments, ["group", "hook", "***"]);
    assert_eq!(server.asked(), ["POST /api/hooks/v1/hooks/group/hook/trigger/SECRET"]);
}
