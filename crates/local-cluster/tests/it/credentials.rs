//! Clients, roles and temporary credentials for tests.

use chrono::{DateTime, TimeDelta, Utc};
use hawk::{Key, SHA256};
use serde_json::{Value, json};

use crate::support::{Client, Setup};

/// The path of a method of a service.
pub(crate) fn api(service: &str, path: &str) -> String {
    format!("/api/{service}/v1{path}")
}

/// As it stands in a path.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(byte as char),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

impl Setup {
    /// A new client with these scopes.
    pub(crate) async fn client(&self, id: &str, scopes: &[&str]) -> Client {
        let expires = self.time.from_now(TimeDelta::days(1));
        let body = json!({ "description": "for a test", "expires": expires, "scopes": scopes });
        let path = api("auth", &format!("/clients/{}", encode(id)));
        let made = self.root.put(&path, body).await.expect(200);
        Client {
            client_id: Some(id.to_owned()),
            access_token: made["accessToken"].as_str().unwrap().to_owned(),
            ..self.root.clone()
        }
    }

    /// A new role with these scopes.
    pub(crate) async fn role(&self, id: &str, scopes: &[&str]) -> Value {
        let body = json!({ "description": "for a test", "scopes": scopes });
        self.root.put(&api("auth", &format!("/roles/{}", encode(id))), body).await.expect(200)
    }
}

/// Temporary credentials that `issuer` makes of its own, as the official clients do.
pub(crate) fn temporary(
    issuer: &Client,
    name: Option<&str>,
    scopes: &[&str],
    start: DateTime<Utc>,
    expiry: DateTime<Utc>,
) -> Value {
    let issuer_id = issuer.client_id.as_deref().unwrap();
    let seed = "0123456789abcdefghijABCDEFGHIJ0123456789abcd";
    let mut lines = vec!["version:1".to_owned()];
    if let Some(name) = name {
        lines.push(format!("clientId:{name}"));
        lines.push(format!("issuer:{issuer_id}"));
    }
    lines.push(format!("seed:{seed}"));
    lines.push(format!("start:{}", start.timestamp_millis()));
    lines.push(format!("expiry:{}", expiry.timestamp_millis()));
    lines.push("scopes:".to_owned());
    lines.extend(scopes.iter().map(|&scope| scope.to_owned()));
    let sign = |text: &str| {
        use base64::Engine as _;
        let key = Key::new(&issuer.access_token, SHA256).unwrap();
        base64::engine::general_purpose::STANDARD.encode(key.sign(text.as_bytes()).unwrap())
    };
    let mut certificate = json!({
        "version": 1,
        "scopes": scopes,
        "start": start.timestamp_millis(),
        "expiry": expiry.timestamp_millis(),
        "seed": seed,
        "signature": sign(&lines.join("\n")),
    });
    if name.is_some() {
        certificate["issuer"] = json!(issuer_id);
    }
    json!({
        "clientId": name.unwrap_or(issuer_id),
        "accessToken": sign(seed).replace('+', "-").replace('/', "_").replace('=', ""),
        "certificate": certificate.to_string(),
    })
}
