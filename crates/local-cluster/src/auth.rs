//! Who calls, and what they may do: signatures, clients, roles, scopes. And the auth service, which manages them.

mod certificate;
mod clients;
mod expression;
mod hawk;
mod manage;
mod roles;
mod scopes;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use serde_json::{Value, json};

use self::certificate::{Ext, Issuer};
pub(crate) use self::{
    clients::{ROOT, root_token, set_up},
    expression::Expression,
    manage::handle,
    scopes::ScopeSet,
};
use crate::error::ApiError;

/// Clients and roles.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS auth_clients (
        client_id TEXT PRIMARY KEY, access_token TEXT NOT NULL, description TEXT NOT NULL, scopes TEXT NOT NULL,
        expires TEXT NOT NULL, disabled INTEGER NOT NULL, delete_on_expiration INTEGER NOT NULL,
        created TEXT NOT NULL, last_modified TEXT NOT NULL, last_date_used TEXT NOT NULL, last_rotated TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS auth_roles (
        role_id TEXT PRIMARY KEY, description TEXT NOT NULL, scopes TEXT NOT NULL,
        created TEXT NOT NULL, last_modified TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Nobody, if the request was not signed.
    pub(crate) client_id: Option<String>,
    /// With all roles assumed.
    pub(crate) scopes: ScopeSet,
    /// Until when.
    pub(crate) expires: Option<DateTime<Utc>>,
}

impl Identity {
    /// Refuses a caller whose scopes do not satisfy `needed`.
    ///
    /// # Errors
    ///
    /// 403 InsufficientScopes, with what is missing and what is needed.
    pub(crate) fn require(&self, needed: &Expression) -> Result<(), ApiError> {
        if needed.is_satisfied_by(&self.scopes) {
            return Ok(());
        }
        Err(ApiError::insufficient_scopes(needed.refusal(self.client_id.as_deref(), &self.scopes)))
    }
}

/// What of a request is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedRequest<'a> {
    pub(crate) verb: &'a str,
    /// As in the `Host` header, without the port.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// As it was sent, a bewit included.
    pub(crate) path_and_query: &'a str,
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
    /// The `Content-Type` header.
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// Who sent the request.
///
/// # Errors
///
/// 401 AuthenticationFailed, if it is signed and the signature, the credentials or their restrictions are not good.
pub(crate) fn authenticate(
    request: &SignedRequest<'_>,
    db: &Transaction<'_>,
    now: DateTime<Utc>,
) -> Result<Identity, ApiError> {
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    match path.strip_prefix("/api/auth/v1/").map(|method| method.trim_end_matches('/')) {
        Some("authenticate-hawk") => return anonymous(db),
        Some("test-authenticate") => {
            let body = serde_json::from_slice::<Value>(request.body).unwrap_or_default();
            let scopes = body["clientScopes"].as_array().map_or(&[][..], Vec::as_slice);
            return test(request, scopes.iter().filter_map(Value::as_str), now);
        }
        Some("test-authenticate-get") => {
            return test(request, ["test:*", "auth:create-client:test:*"].into_iter(), now);
        }
        _ => {}
    }
    let identity = verify(request, now, &|id| clients::load(db, id, now), &|scopes| expand(db, scopes))?;
    match identity {
        Some((identity, claim)) => {
            claim.verify_body(request.content_type, request.body)?;
            Ok(identity)
        }
        None => anonymous(db),
    }
}

/// `scopes` with all roles assumed that they allow to assume.
pub(crate) fn expand(db: &Transaction<'_>, scopes: Vec<String>) -> Result<ScopeSet, ApiError> {
    // Nothing is more than everything, and no role needs to be read.
    if scopes.iter().any(|scope| scope == "*") {
        return Ok(ScopeSet::new(vec!["*".to_owned()]));
    }
    roles::expand(&roles::all(db)?, scopes)
}

/// Credentials that the cluster itself hands out, such as those of a claimed task. 32 random bytes make them unique.
pub(crate) fn temporary_credentials(
    db: &Transaction<'_>,
    client_id: &str,
    scopes: &[String],
    start: DateTime<Utc>,
    expiry: DateTime<Utc>,
    random: [u8; 32],
) -> Result<Value, ApiError> {
    let token = root_token(db)?.ok_or_else(ApiError::internal)?;
    // 32 bytes are 43 characters, and a seed has 44.
    let seed = format!("{}A", URL_SAFE_NO_PAD.encode(random));
    certificate::issue((ROOT, &token), client_id, scopes, (start, expiry), &seed)
}

/// A URL of this cluster that anybody may read until then, with no more than these scopes.
pub(crate) fn signed_url(
    db: &Transaction<'_>,
    root_url: &str,
    path: &str,
    scopes: Vec<String>,
    until: DateTime<Utc>,
) -> Result<String, ApiError> {
    let token = root_token(db)?.ok_or_else(ApiError::internal)?;
    let ext = STANDARD.encode(json!({ "authorizedScopes": scopes }).to_string());
    let bewit = hawk::bewit(root_url, path, (ROOT, &token), &ext, until)?;
    let mark = if path.contains('?') { '&' } else { '?' };
    Ok(format!("{root_url}{path}{mark}bewit={bewit}"))
}

fn anonymous(db: &Transaction<'_>) -> Result<Identity, ApiError> {
    let scopes = expand(db, vec!["assume:anonymous".to_owned()])?;
    Ok(Identity { client_id: None, scopes, expires: None })
}

/// Against the well-known client with which other programs test their signatures. It has no roles.
fn test<'s>(
    request: &SignedRequest<'_>,
    scopes: impl Iterator<Item = &'s str>,
    now: DateTime<Utc>,
) -> Result<Identity, ApiError> {
    let scopes = ScopeSet::new(scopes.map(str::to_owned).collect());
    let load = |id: &str| match id {
        "tester" => {
            Ok(Issuer { access_token: "no-secret".to_owned(), scopes: scopes.clone(), expires: None })
        }
        _ => Err(clients::unknown(id)),
    };
    match verify(request, now, &load, &|scopes| Ok(ScopeSet::new(scopes)))? {
        Some((identity, claim)) => {
            claim.verify_body(request.content_type, request.body)?;
            Ok(identity)
        }
        None => Ok(Identity { client_id: None, scopes: ScopeSet::default(), expires: None }),
    }
}

/// Checks a signature and what comes with it, but not the body. Nothing if there is no signature.
fn verify(
    request: &SignedRequest<'_>,
    now: DateTime<Utc>,
    load: &dyn Fn(&str) -> Result<Issuer, ApiError>,
    expand: &dyn Fn(Vec<String>) -> Result<ScopeSet, ApiError>,
) -> Result<Option<(Identity, hawk::Claim)>, ApiError> {
    let Some(claim) = hawk::Claim::of(request)? else { return Ok(None) };
    let client = match claim.ext.as_deref() {
        None => load(&claim.client_id)?,
        Some(ext) => {
            let ext = Ext::parse(ext)?;
            let issuer_id = ext.issuer(&claim.client_id)?.unwrap_or(&claim.client_id);
            ext.restrict(&claim.client_id, issuer_id, load(issuer_id)?, now, expand)?
        }
    };
    claim.verify(request, &client.access_token, now)?;
    // Everybody may do what nobody in particular may do.
    let scopes = expand(client.scopes.with(["assume:anonymous".to_owned()]).as_slice().to_vec())?;
    let identity = Identity { client_id: Some(claim.client_id.clone()), scopes, expires: client.expires };
    Ok(Some((identity, claim)))
}

#[cfg(test)]
mod tests;
