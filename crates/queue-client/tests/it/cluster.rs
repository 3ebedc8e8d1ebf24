//! The URLs of a deployment and the meaning of its answers.

use taskcluster_queue_client::{Cluster, Error};

use crate::server::{Server, answer, http};

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
fn a_task_is_found_by_its_index_path() {
    let server = Server::new([answer("200 OK", "", r#"{"namespace": "a.b", "taskId": "abc", "rank": 0}"#)]);
    assert_eq!(server.cluster().find_task("a.v2.pr/1.latest").unwrap(), "abc");
    assert_eq!(server.asked(), ["GET /api/index/v1/task/a.v2.pr%2F1.latest"]);
}

#[test]
fn a_task_that_is_not_indexed() {
    let server = Server::new([answer("404 Not Found", "", "{}")]);
    let error = server.cluster().find_task("a.b").unwrap_err();
    let url = server.url("/api/index/v1/task/a.b");
    let expected = format!("there is no task indexed as `a.b` (`{url}` answered 404)");
    assert_eq!(error.to_string(), expected);
    assert!(matches!(server.cluster().find_task(""), Err(Error::BadName { .. })));
}

#[test]
fn an_answer_in_another_form() {
    for body in ["", "[]", "{}", r#"{"taskId": 7}"#, "<html>"] {
        let server = Server::new([answer("200 OK", "", body)]);
        let error = server.cluster().find_task("a.b").unwrap_err();
        assert!(matches!(error, Error::BadAnswer { .. }), "{error}");
    }
}

#[test]
fn artifacts_are_where_the_queue_points_to() {
    let redirect = answer("303 See Other", "Location: {url}/storage\r\n", r#"{"url": "..."}"#);
    let server = Server::new([redirect, answer("200 OK", "", "level: '3'\n")]);
    assert_eq!(server.cluster().artifact("abc", "public/parameters.yml").unwrap(), b"level: '3'\n");
    let queue = "GET /api/queue/v1/task/abc/artifacts/public%2Fparameters.yml";
    assert_eq!(server.asked(), [queue, "GET /storage"]);

    let server = Server::new([answer("404 Not Found", "", "{}")]);
    let error = server.cluster().artifact("abc", "public/x").unwrap_err().to_string();
    assert!(error.starts_with("there is no artifact `public/x` of task `abc` ("), "{error}");
    for (task, name) in [("..", "x"), ("abc", ".."), ("abc", "a/../b"), ("", "x"), ("abc", "")] {
        assert!(matches!(server.cluster().artifact(task, name), Err(Error::BadName { .. })));
    }
}
