//! What the `ext` of a signature restricts: temporary credentials, and authorized scopes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    hawk,
    scopes::{ScopeSet, is_valid},
};
use crate::error::ApiError;

/// How far a certificate may be from beginning or past its end.
const DRIFT: f64 = 5.0 * 60.0 * 1000.0;
const LONGEST: f64 = 31.0 * 24.0 * 60.0 * 60.0 * 1000.0;

/// A client, as far as signatures are concerned.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) access_token: String,
    /// Expanded.
    pub(super) scopes: ScopeSet,
    pub(super) expires: Option<DateTime<Utc>>,
}

/// The decoded `ext` of a signature.
pub(super) struct Ext(Map<String, Value>);

impl Ext {
    /// Decodes it.
    pub(super) fn parse(ext: &str) -> Result<Self, ApiError> {
        let value = hawk::decode_leniently(ext).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match value {
            Some(Value::Object(map)) => Ok(Self(map)),
            _ => Err(refuse("Failed to parse ext")),
        }
    }

    /// Whose key the certificate is made with, if not that of the client that it names.
    pub(super) fn issuer(&self, client_id: &str) -> Result<Option<&str>, ApiError> {
        let issuer = self.0.get("certificate").and_then(|certificate| certificate.get("issuer"));
        match issuer.filter(|issuer| is_truthy(issuer)) {
            None => Ok(None),
            Some(Value::String(issuer)) if issuer == client_id => {
                Err(refuse("ext.certificate.issuer must differ from the supplied clientId"))
            }
            Some(Value::String(issuer)) => Ok(Some(issuer)),
            Some(_) => Err(refuse("ext.certificate.issuer must be a string")),
        }
    }

    /// What is left of `issuer`. `expand` says what scopes mean with all roles assumed.
    pub(super) fn restrict(
        &self,
        client_id: &str,
        issuer_id: &str,
        mut issuer: Issuer,
        now: DateTime<Utc>,
        expand: &dyn Fn(Vec<String>) -> Result<ScopeSet, ApiError>,
    ) -> Result<Issuer, ApiError> {
        if let Some(certificate) = self.0.get("certificate").filter(|certificate| is_truthy(certificate)) {
            issuer = follow(certificate, client_id, issuer_id, &issuer, now)?;
        }
        if let Some(authorized) = self.0.get("authorizedScopes").filter(|scopes| is_truthy(scopes)) {
            let authorized = scopes_of(authorized, "ext.authorizedScopes")?;
            // Whoever may do something without credentials may authorize it.
            let had = expand(issuer.scopes.with(["assume:anonymous".to_owned()]).as_slice().to_vec())?;
            if !had.satisfies_all(&authorized) {
                return Err(refuse(format!(
                    "Supplied credentials do not satisfy authorizedScopes; credentials have scopes:\n\n```\n{}\n```\n\n\
                     authorizedScopes are:\n\n```\n{}\n```",
                    had.as_slice().join("\n"),
                    authorized.join("\n")
                )));
            }
            issuer.scopes = ScopeSet::new(authorized);
        }
        Ok(issuer)
    }
}

fn follow(
    certificate: &Value,
    client_id: &str,
    issuer_id: &str,
    issuer: &Issuer,
    now: DateTime<Utc>,
) -> Result<Issuer, ApiError> {
    let Value::Object(map) = certificate else { return Err(refuse("ext.certificate must be a JSON object")) };
    if map.get("version").and_then(Value::as_f64) != Some(1.0) {
        return Err(refuse("ext.certificate.version must be 1"));
    }
    let Some(seed) = map.get("seed").and_then(Value::as_str) else {
        return Err(refuse("ext.certificate.seed must be a string"));
    };
    if seed.chars().count() != 44 {
        return Err(refuse("ext.certificate.seed must be 44 characters"));
    }
    let number = |key: &str| {
        map.get(key)
            .and_then(Value::as_f64)
            .ok_or_else(|| refuse(format!("ext.certificate.{key} must be a number")))
    };
    let (start, expiry) = (number("start")?, number("expiry")?);
    let scopes = scopes_of(map.get("scopes").unwrap_or(&Value::Null), "ext.certificate.scopes")?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium are exact")]
    let millis = now.timestamp_millis() as f64;
    if start > millis + DRIFT {
        return Err(refuse("ext.certificate.start > now"));
    }
    if expiry < millis - DRIFT {
        return Err(refuse("ext.certificate.expiry < now"));
    }
    if expiry - start > LONGEST {
        return Err(refuse("ext.certificate cannot last longer than 31 days!"));
    }
    if issuer_id != client_id {
        let needed = format!("auth:create-client:{client_id}");
        if !issuer.scopes.satisfies(&needed) {
            return Err(refuse(format!(
                "ext.certificate issuer `{issuer_id}` doesn't have `{needed}` for supplied clientId."
            )));
        }
    } else if map.contains_key("clientId") {
        return Err(refuse("ext.certificate.clientId must only be used with ext.certificate.issuer"));
    }
    if !issuer.scopes.satisfies_all(&scopes) {
        return Err(refuse(format!(
            "ext.certificate issuer `{issuer_id}` doesn't satisfy all certificate scopes {}.  The temporary \
             credentials were not generated correctly.",
            scopes.join(", ")
        )));
    }
    let named = issuer_id != client_id;
    let text = content(named.then_some((client_id, issuer_id)), seed, &map["start"], &map["expiry"], &scopes);
    let signature = hawk::sign(&issuer.access_token, &text)?;
    if !map.get("signature").and_then(Value::as_str).is_some_and(|sent| hawk::is_mac(sent, &signature)) {
        return Err(refuse(if named {
            "ext.certificate.signature is not valid, or wrong clientId provided"
        } else {
            "ext.certificate.signature is not valid"
        }));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a certificate ends within 31 days of its start")]
    let until = DateTime::from_timestamp_millis(expiry as i64);
    Ok(Issuer {
        access_token: URL_SAFE_NO_PAD.encode(hawk::sign(&issuer.access_token, seed)?),
        scopes: ScopeSet::new(scopes),
        expires: match (issuer.expires, until) {
            (Some(expires), Some(until)) => Some(expires.min(until)),
            (expires, until) => expires.or(until),
        },
    })
}

/// Credentials for a while, as a client makes them from its own.
pub(super) fn issue(
    issuer: (&str, &str),
    client_id: &str,
    scopes: &[String],
    (start, expiry): (DateTime<Utc>, DateTime<Utc>),
    seed: &str,
) -> Result<Value, ApiError> {
    let (issuer_id, access_token) = issuer;
    let (start, expiry) = (json!(start.timestamp_millis()), json!(expiry.timestamp_millis()));
    let text = content(Some((client_id, issuer_id)), seed, &start, &expiry, scopes);
    let certificate = json!({
        "version": 1,
        "scopes": scopes,
        "start": start,
        "expiry": expiry,
        "seed": seed,
        "signature": base64::engine::general_purpose::STANDARD.encode(hawk::sign(access_token, &text)?),
        "issuer": issuer_id,
    });
    Ok(json!({
        "clientId": client_id,
        "accessToken": URL_SAFE_NO_PAD.encode(hawk::sign(access_token, seed)?),
        "certificate": certificate.to_string(),
    }))
}

/// What the signature of a certificate is over.
fn content(
    named: Option<(&str, &str)>,
    seed: &str,
    start: &Value,
    expiry: &Value,
    scopes: &[String],
) -> String {
    let mut lines = vec!["version:1".to_owned()];
    if let Some((client_id, issuer)) = named {
        lines.push(format!("clientId:{client_id}"));
        lines.push(format!("issuer:{issuer}"));
    }
    lines.push(format!("seed:{seed}"));
    lines.push(format!("start:{}", as_javascript(start)));
    lines.push(format!("expiry:{}", as_javascript(expiry)));
    lines.push("scopes:".to_owned());
    lines.extend(scopes.iter().cloned());
    lines.join("\n")
}

/// A number as JavaScript prints it: `1.0` is `1`.
fn as_javascript(number: &Value) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

fn scopes_of(value: &Value, what: &str) -> Result<Vec<String>, ApiError> {
    let Value::Array(scopes) = value else { return Err(refuse(format!("{what} must be an array"))) };
    let scopes = scopes.iter().map(|scope| scope.as_str().filter(|scope| is_valid(scope)).map(str::to_owned));
    scopes
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| refuse(format!("{what} must be an array of valid scopes")))
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn refuse(message: impl Into<String>) -> ApiError {
    ApiError::unauthenticated(message)
}
