//! Tests of authentication as a whole, with requests that the official Python client signed.

use rusqlite::{Connection, params};

use super::*;

#[path = "vectors.rs"]
mod made;

/// A state with the issuer of the requests.
fn state(scopes: &[&str]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    let db = connection.transaction().unwrap();
    db.execute_batch(TABLES).unwrap();
    set_up(&db, "root-token", at(0)).unwrap();
    add(&db, "issuer", made::TOKEN, scopes);
    db.commit().unwrap();
    connection
}

fn add(db: &Transaction<'_>, id: &str, token: &str, scopes: &[&str]) {
    let mut client = clients::Client::new(id, token.to_owned(), at(0));
    client.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
    client.expires = Some(at(30 * 24 * 3600));
    client.write(db).unwrap();
}

/// So many seconds after the requests were signed.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(made::NOW + seconds, 0).unwrap()
}

fn get(authorization: &str) -> SignedRequest<'_> {
    SignedRequest {
        verb: "GET",
        host: "127.0.0.1",
        port: 8080,
        path_and_query: "/api/queue/v1/task/abc?limit=5",
        authorization: Some(authorization),
        content_type: None,
        body: b"",
    }
}

fn put(authorization: &str) -> SignedRequest<'_> {
    SignedRequest {
        verb: "PUT",
        path_and_query: "/api/queue/v1/task/abc",
        content_type: Some("application/json; charset=utf-8"),
        body: br#"{"a":1}"#,
        ..get(authorization)
    }
}

fn bewit(path_and_query: &str) -> SignedRequest<'_> {
    SignedRequest { path_and_query, authorization: None, ..get("") }
}

fn who(
    connection: &mut Connection,
    request: SignedRequest<'_>,
    now: DateTime<Utc>,
) -> Result<Identity, String> {
    let db = connection.transaction().unwrap();
    authenticate(&request, &db, now).map_err(|error| {
        assert_eq!((error.status, error.code), (401, "AuthenticationFailed"));
        error.message
    })
}

const ENOUGH: &[&str] = &["queue:*", "a b", "auth:create-client:local/*"];

#[test]
fn temporary_credentials_of_the_official_client() {
    let identity = who(&mut state(ENOUGH), get(made::GET), at(0)).unwrap();
    assert_eq!(identity.client_id.as_deref(), Some("issuer"));
    assert_eq!(identity.scopes.as_slice(), ["a b", "assume:anonymous", "queue:create-task:*"]);
    assert_eq!(identity.expires, Some(at(24 * 3600 - 300)));
    let certificate = serde_json::from_str::<Value>(made::CERTIFICATE).unwrap();
    let key = hawk::sign(made::TOKEN, certificate["seed"].as_str().unwrap()).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(key), made::ACCESS_TOKEN);
}

#[test]
fn named_temporary_credentials_of_the_official_client() {
    let identity = who(&mut state(ENOUGH), get(made::NAMED_GET), at(0)).unwrap();
    assert_eq!(identity.client_id.as_deref(), Some("local/named"));
    assert_eq!(identity.scopes.as_slice(), ["a b", "assume:anonymous", "queue:create-task:*"]);
}

#[test]
fn authorized_scopes_of_the_official_client() {
    for header in [made::PUT, made::NAMED_PUT] {
        let identity = who(&mut state(ENOUGH), put(header), at(0)).unwrap();
        assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:create-task:low"]);
    }
}

#[test]
fn bewits_of_the_official_client() {
    let mut state = state(ENOUGH);
    let identity = who(&mut state, bewit(made::BEWIT), at(0)).unwrap();
    assert_eq!(
        identity.scopes.as_slice(),
        ["a b", "assume:anonymous", "auth:create-client:local/*", "queue:*"]
    );
    let identity = who(&mut state, bewit(made::AUTHORIZED_BEWIT), at(0)).unwrap();
    assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:status:x"]);
    assert!(who(&mut state, bewit(made::BEWIT), at(299)).is_ok());
    assert_eq!(who(&mut state, bewit(made::BEWIT), at(300)).unwrap_err(), "Unauthorized: Access expired");
    let other = made::BEWIT.replace("a.b", "a.c");
    assert_eq!(who(&mut state, bewit(&other), at(0)).unwrap_err(), "Unauthorized: Bad mac");
    let posted = SignedRequest { verb: "POST", ..bewit(made::BEWIT) };
    assert_eq!(who(&mut state, posted, at(0)).unwrap_err(), "Unauthorized: Invalid method");
}

#[test]
fn everything_that_is_signed_counts() {
    let mut state = state(ENOUGH);
    let good = put(made::PUT);
    let others = [
        SignedRequest { verb: "POST", ..good },
        SignedRequest { host: "localhost", ..good },
        SignedRequest { port: 80, ..good },
        SignedRequest { path_and_query: "/api/queue/v1/task/abc?limit=6", ..good },
    ];
    for other in others {
        assert_eq!(who(&mut state, other, at(0)).unwrap_err(), "Unauthorized: Bad mac", "{other:?}");
    }
    let other = SignedRequest { body: br#"{"a":2}"#, ..good };
    assert!(who(&mut state, other, at(0)).unwrap_err().starts_with("Invalid payload hash: qKG2AtsqL"));
    let other = SignedRequest { content_type: Some("text/plain"), ..good };
    assert!(who(&mut state, other, at(0)).unwrap_err().starts_with("Invalid payload hash"));
    let forged = made::PUT.replace("nonce1", "nonce2");
    assert_eq!(who(&mut state, put(&forged), at(0)).unwrap_err(), "Unauthorized: Bad mac");
    assert!(who(&mut state, good, at(0)).is_ok());
}

#[test]
fn error_bad_token() {
    let mut connection = state(ENOUGH);
    let db = connection.transaction().unwrap();
    add(&db, "issuer", "another token", ENOUGH);
    db.commit().unwrap();
    assert_eq!(who(&mut connection, bewit(made::BEWIT), at(0)).unwrap_err(), "Unauthorized: Bad mac");
}

#[test]
fn error_unknown_client() {
    let mut connection = state(ENOUGH);
    connection.execute("DELETE FROM auth_clients WHERE client_id = 'issuer'", []).unwrap();
    assert_eq!(
        who(&mut connection, get(made::GET), at(0)).unwrap_err(),
        "Client with clientId 'issuer' not found"
    );
}

#[test]
fn error_clock_skew() {
    let mut connection = state(ENOUGH);
    let key = ::hawk::Key::new(made::TOKEN, ::hawk::SHA256).unwrap();
    let credentials = ::hawk::Credentials { id: "issuer".to_owned(), key };
    let request = ::hawk::RequestBuilder::new("GET", "127.0.0.1", 8080, "/api/queue/v1/task/abc?limit=5");
    let header = request.request().make_header_full(&credentials, at(0).into(), "nonce").unwrap();
    let header = format!("Hawk {header}");
    for skew in [-900, 900] {
        assert!(who(&mut connection, get(&header), at(skew)).is_ok(), "{skew}");
    }
    for skew in [-20 * 60, -901, 901, 20 * 60] {
        let message = who(&mut connection, get(&header), at(skew)).unwrap_err();
        assert_eq!(message, "Unauthorized: Stale timestamp", "{skew}");
    }
}

#[test]
fn error_expired_temporary_credentials() {
    let message = who(&mut state(ENOUGH), get(made::GET), at(24 * 3600 + 60)).unwrap_err();
    assert_eq!(message, "ext.certificate.expiry < now");
}

#[test]
fn disabled_and_expired_clients() {
    let mut connection = state(ENOUGH);
    let message = who(&mut connection, get(made::GET), at(40 * 24 * 3600)).unwrap_err();
    assert_eq!(message, "Client with clientId: 'issuer' has expired");
    connection.execute("UPDATE auth_clients SET disabled = 1", params![]).unwrap();
    let message = who(&mut connection, get(made::GET), at(0)).unwrap_err();
    assert_eq!(message, "Client with clientId 'issuer' is disabled");
}

#[test]
fn a_certificate_gives_no_more_than_its_issuer_has() {
    let message =
        who(&mut state(&["queue:*", "auth:create-client:*"]), get(made::NAMED_GET), at(0)).unwrap_err();
    assert!(message.contains("doesn't satisfy all certificate scopes queue:create-task:*, a b"), "{message}");
    let message = who(&mut state(&["queue:*", "a b"]), get(made::NAMED_GET), at(0)).unwrap_err();
    assert!(message.contains("doesn't have `auth:create-client:local/named`"), "{message}");
}

/// What is said of a request with this `ext`, whose signature nobody gets to see.
fn refused(ext: &Value) -> String {
    let header = format!(
        r#"Hawk id="issuer", ts="{}", nonce="n", mac="bWFj", ext="{}""#,
        made::NOW,
        STANDARD.encode(ext.to_string())
    );
    who(&mut state(ENOUGH), get(&header), at(0)).unwrap_err()
}

#[test]
fn malformed_certificates_are_named() {
    let good = serde_json::from_str::<Value>(made::CERTIFICATE).unwrap();
    let with = |key: &str, value: Value| {
        let mut certificate = good.clone();
        certificate[key] = value;
        refused(&json!({ "certificate": certificate }))
    };
    assert_eq!(refused(&json!({ "certificate": good })), "Unauthorized: Bad mac");
    assert_eq!(refused(&json!([])), "Failed to parse ext");
    assert_eq!(refused(&json!({ "certificate": 5 })), "ext.certificate must be a JSON object");
    assert_eq!(with("version", json!(2)), "ext.certificate.version must be 1");
    assert_eq!(with("seed", json!(1)), "ext.certificate.seed must be a string");
    assert_eq!(with("seed", json!("short")), "ext.certificate.seed must be 44 characters");
    assert_eq!(with("start", json!("1")), "ext.certificate.start must be a number");
    assert_eq!(with("expiry", json!(null)), "ext.certificate.expiry must be a number");
    assert_eq!(with("scopes", json!("a")), "ext.certificate.scopes must be an array");
    assert_eq!(with("scopes", json!(["\u{1}"])), "ext.certificate.scopes must be an array of valid scopes");
    assert_eq!(with("start", json!(made::NOW * 1000 + 300_001)), "ext.certificate.start > now");
    assert_eq!(with("expiry", json!(made::NOW * 1000 - 300_001)), "ext.certificate.expiry < now");
    assert_eq!(with("start", json!(0)), "ext.certificate cannot last longer than 31 days!");
    assert_eq!(with("expiry", json!(1e300)), "ext.certificate cannot last longer than 31 days!");
    assert_eq!(with("issuer", json!(7)), "ext.certificate.issuer must be a string");
    assert_eq!(
        with("issuer", json!("issuer")),
        "ext.certificate.issuer must differ from the supplied clientId"
    );
    assert_eq!(
        with("clientId", json!("issuer")),
        "ext.certificate.clientId must only be used with ext.certificate.issuer"
    );
    assert_eq!(with("seed", json!("x".repeat(44))), "ext.certificate.signature is not valid");
    assert_eq!(with("signature", json!(null)), "ext.certificate.signature is not valid");
    assert_eq!(refused(&json!({ "authorizedScopes": "a" })), "ext.authorizedScopes must be an array");
    assert!(refused(&json!({ "authorizedScopes": ["z"] })).contains("do not satisfy authorizedScopes"));
    let named = serde_json::from_str::<Value>(made::NAMED_CERTIFICATE).unwrap();
    let mut issued = named;
    issued["issuer"] = json!("local/root");
    assert_eq!(
        refused(&json!({ "certificate": issued })),
        "ext.certificate.signature is not valid, or wrong clientId provided"
    );
}

#[test]
fn what_the_cluster_hands_out_is_good() {
    let mut connection = state(ENOUGH);
    let db = connection.transaction().unwrap();
    let scopes = ["queue:reclaim-task:x".to_owned()];
    let made =
        temporary_credentials(&db, "task-client/x/0/a/b/until/1", &scopes, at(-60), at(60), [7; 32]).unwrap();
    let certificate = serde_json::from_str::<Value>(made["certificate"].as_str().unwrap()).unwrap();
    assert_eq!(certificate["seed"].as_str().unwrap().len(), 44);
    let key = ::hawk::Key::new(made["accessToken"].as_str().unwrap(), ::hawk::SHA256).unwrap();
    let credentials = ::hawk::Credentials { id: made["clientId"].as_str().unwrap().to_owned(), key };
    let ext = STANDARD.encode(json!({ "certificate": certificate }).to_string());
    let header = ::hawk::RequestBuilder::new("GET", "127.0.0.1", 8080, "/api/queue/v1/task/abc?limit=5")
        .ext(&*ext)
        .request()
        .make_header_full(&credentials, at(0).into(), "nonce")
        .unwrap();
    let header = format!("Hawk {header}");
    let identity = authenticate(&get(&header), &db, at(0)).unwrap();
    assert_eq!(identity.client_id.as_deref(), Some("task-client/x/0/a/b/until/1"));
    assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:reclaim-task:x"]);
}

#[test]
fn nobody_has_what_the_anonymous_role_has() {
    let mut connection = state(ENOUGH);
    let update = "UPDATE auth_roles SET scopes = '[\"queue:status:*\"]' WHERE role_id = 'anonymous'";
    connection.execute(update, []).unwrap();
    let nobody = SignedRequest { authorization: None, ..get("") };
    let identity = who(&mut connection, nobody, at(0)).unwrap();
    assert_eq!(identity.client_id, None);
    assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:status:*"]);
    // Everybody else has it, too, even with other authorized scopes.
    let identity = who(&mut connection, put(made::PUT), at(0)).unwrap();
    assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:create-task:low", "queue:status:*"]);
}

#[test]
fn signed_urls_are_good_for_what_they_say() {
    let mut connection = state(ENOUGH);
    let db = connection.transaction().unwrap();
    let scopes = vec!["queue:get-artifact:x/y".to_owned()];
    let url = signed_url(&db, "http://127.0.0.1:8080", "/api/queue/v1/a?b=1", scopes, at(60)).unwrap();
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    let identity = authenticate(&bewit(path), &db, at(0)).unwrap();
    assert_eq!(identity.scopes.as_slice(), ["assume:anonymous", "queue:get-artifact:x/y"]);
    assert!(authenticate(&bewit(path), &db, at(60)).is_err());
}
