//! Signatures, checked as a service checks them.

use std::{
    collections::BTreeSet,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hawk::{Header, Key, PayloadHasher, RequestBuilder, SHA256};
use serde_json::{Value, json};
use taskcluster_queue_client::{Cluster, Credentials, Error, TaskId, Temporary};

use crate::server::{Asked, Server, answer, http, json as answers};

const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";

fn header(asked: &Asked) -> Header {
    asked.authorization.as_ref().unwrap().strip_prefix("Hawk ").unwrap().parse().unwrap()
}

fn is_valid(server: &Server, asked: &Asked, access_token: &str) -> bool {
    let (verb, path) = asked.line.split_once(' ').unwrap();
    let port = server.url("").rsplit(':').next().unwrap().parse().unwrap();
    let body = (asked.body != Value::Null).then(|| asked.body.to_string());
    let hash = body.map(|body| PayloadHasher::hash("application/json", SHA256, body).unwrap());
    let request = RequestBuilder::new(verb, "127.0.0.1", port, path).hash(hash.as_deref()).request();
    let key = Key::new(access_token, SHA256).unwrap();
    request.validate_header(&header(asked), &key, Duration::from_secs(600))
}

#[tokio::test]
async fn path_query_and_body_are_signed_each_time_afresh() {
    let server = Server::new([
        answer("500 Oops", "", "").into_bytes(),
        answers(&json!({"tasks": [], "continuationToken": "a b/c"})),
        answers(&json!({"tasks": []})),
        answers(&json!({"statuses": []})),
    ]);
    let id: TaskId = ID.parse().unwrap();
    let cluster = server.signing();
    assert!(cluster.queue().task_group(&id).await.unwrap().is_empty());
    assert_eq!(cluster.queue().statuses(&[id]).await.unwrap(), [None]);
    let requests = server.requests();
    assert_eq!(requests[2].line, format!("GET /api/queue/v1/task-group/{ID}/list?continuationToken=a+b%2Fc"));
    for asked in &requests {
        assert!(is_valid(&server, asked, "secret"), "{asked:?}");
        assert!(!is_valid(&server, asked, "another"), "{asked:?}");
    }
    let nonces: BTreeSet<_> = requests.iter().map(|asked| header(asked).nonce).collect();
    assert_eq!(nonces.len(), 4);
}

#[tokio::test]
async fn certificates_and_authorized_scopes_are_sent_along() {
    let server = Server::new([answers(&json!({"scopes": []}))]);
    let start = UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    let wanted = Temporary {
        client_id: Some("me/now".into()),
        scopes: vec!["a".into(), "b".into()],
        start,
        lifetime: Duration::from_secs(60),
        seed: [1; 33],
    };
    let temporary = Credentials::new("me", "secret").temporary(&wanted).unwrap();
    let token = temporary.access_token().to_owned();
    let cluster = server.cluster().with_credentials(temporary).unwrap();
    cluster.with_authorized_scopes(["a"]).unwrap().auth().current_scopes().await.unwrap();
    let asked = &server.requests()[0];
    assert!(is_valid(&server, asked, &token));
    let header = header(asked);
    assert_eq!(header.id.as_deref(), Some("me/now"));
    let ext = BASE64_STANDARD.decode(header.ext.unwrap()).unwrap();
    let ext: Value = serde_json::from_slice(&ext).unwrap();
    assert_eq!(ext["authorizedScopes"], json!(["a"]));
    assert_eq!(ext["certificate"]["issuer"], "me");
    assert_eq!(ext["certificate"]["expiry"], 4_000_000_060_000_u64);
}

#[test]
fn expired_credentials_are_not_tried() {
    let wanted = Temporary {
        client_id: None,
        scopes: Vec::new(),
        start: UNIX_EPOCH,
        lifetime: Duration::from_secs(60),
        seed: [1; 33],
    };
    let expired = Credentials::new("me", "secret").temporary(&wanted).unwrap();
    let error =
        Cluster::new("https://tc.example.com", http()).unwrap().with_credentials(expired).unwrap_err();
    assert!(matches!(error, Error::CredentialsExpired { .. }));
}
