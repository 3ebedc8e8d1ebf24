//! The clients that the cluster knows, in its state.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

use super::{certificate::Issuer, expand, scopes::ScopeSet};
use crate::{call::timestamp, error::ApiError};

/// The client that may do everything.
pub(crate) const ROOT: &str = "local/root";

const FAR_FUTURE: &str = "3000-01-01T00:00:00.000Z";

/// Makes the root client and the role of those who do not sign, unless they are there. The token replaces an older one.
pub(crate) fn set_up(db: &Transaction<'_>, access_token: &str, now: DateTime<Utc>) -> Result<(), ApiError> {
    let now = timestamp(now);
    db.execute(
        "INSERT INTO auth_clients VALUES (?1, ?2, 'May do everything.', '[\"*\"]', ?3, 0, 0, ?4, ?4, ?4, ?4)
         ON CONFLICT (client_id) DO UPDATE SET access_token = ?2, scopes = '[\"*\"]', expires = ?3, disabled = 0
         WHERE access_token != ?2 OR scopes != '[\"*\"]' OR expires != ?3 OR disabled != 0",
        params![ROOT, access_token, FAR_FUTURE, now],
    )?;
    db.execute(
        "INSERT OR IGNORE INTO auth_roles
         VALUES ('anonymous', 'What may be done without credentials.', '[]', ?1, ?1)",
        [now],
    )?;
    Ok(())
}

/// The access token of the root client, if it is there already.
pub(crate) fn root_token(db: &Transaction<'_>) -> Result<Option<String>, ApiError> {
    let mut query = db.prepare_cached("SELECT access_token FROM auth_clients WHERE client_id = ?1")?;
    Ok(query.query_row([ROOT], |row| row.get(0)).optional()?)
}

/// A client whose signature is to be verified.
pub(super) fn load(db: &Transaction<'_>, client_id: &str, now: DateTime<Utc>) -> Result<Issuer, ApiError> {
    let client = get(db, client_id)?.ok_or_else(|| unknown(client_id))?;
    if client.disabled {
        return Err(ApiError::unauthenticated(format!("Client with clientId '{client_id}' is disabled")));
    }
    if client.expires.is_none_or(|expires| expires < now) {
        return Err(ApiError::unauthenticated(format!("Client with clientId: '{client_id}' has expired")));
    }
    // To the hour is enough, and not every read becomes a write.
    if client.last_date_used.is_none_or(|used| used < now - Duration::hours(6)) {
        let used = params![client_id, timestamp(now)];
        db.execute("UPDATE auth_clients SET last_date_used = ?2 WHERE client_id = ?1", used)?;
    }
    let scopes = expand(db, client.scopes)?;
    Ok(Issuer { access_token: client.access_token, scopes, expires: client.expires })
}

/// What is said of a client that nobody knows.
pub(super) fn unknown(client_id: &str) -> ApiError {
    ApiError::unauthenticated(format!("Client with clientId '{client_id}' not found"))
}

/// A client as it is kept.
pub(super) struct Client {
    pub(super) client_id: String,
    pub(super) access_token: String,
    pub(super) description: String,
    pub(super) scopes: Vec<String>,
    pub(super) expires: Option<DateTime<Utc>>,
    pub(super) disabled: bool,
    pub(super) delete_on_expiration: bool,
    pub(super) created: String,
    pub(super) last_modified: String,
    last_date_used: Option<DateTime<Utc>>,
    pub(super) last_rotated: String,
}

const COLUMNS: &str =
    "client_id, access_token, description, scopes, expires, disabled, delete_on_expiration, created,
    last_modified, last_date_used, last_rotated";

impl Client {
    /// A new one.
    pub(super) fn new(client_id: &str, access_token: String, now: DateTime<Utc>) -> Self {
        Self {
            client_id: client_id.to_owned(),
            access_token,
            description: String::new(),
            scopes: Vec::new(),
            expires: None,
            disabled: false,
            delete_on_expiration: false,
            created: timestamp(now),
            last_modified: timestamp(now),
            last_date_used: Some(now),
            last_rotated: timestamp(now),
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let time = |text: String| DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc());
        let client = Self {
            client_id: row.get(0)?,
            access_token: row.get(1)?,
            description: row.get(2)?,
            scopes: Vec::new(),
            expires: time(row.get(4)?),
            disabled: row.get(5)?,
            delete_on_expiration: row.get(6)?,
            created: row.get(7)?,
            last_modified: row.get(8)?,
            last_date_used: time(row.get(9)?),
            last_rotated: row.get(10)?,
        };
        Ok((client, row.get(3)?))
    }

    /// Keeps it.
    pub(super) fn write(&self, db: &Transaction<'_>) -> Result<(), ApiError> {
        let time = |time: Option<DateTime<Utc>>| time.map(timestamp).unwrap_or_default();
        db.execute(
            "INSERT OR REPLACE INTO auth_clients VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.client_id,
                self.access_token,
                self.description,
                serde_json::to_string(&self.scopes)?,
                time(self.expires),
                self.disabled,
                self.delete_on_expiration,
                self.created,
                self.last_modified,
                time(self.last_date_used),
                self.last_rotated,
            ],
        )?;
        Ok(())
    }

    /// As the service shows it: without its token.
    pub(super) fn to_json(&self, db: &Transaction<'_>) -> Result<Value, ApiError> {
        let expanded = expand(db, self.scopes.clone())?;
        Ok(json!({
            "clientId": self.client_id,
            "description": self.description,
            "expires": self.expires.map(timestamp),
            "created": self.created,
            "lastModified": self.last_modified,
            "lastDateUsed": self.last_date_used.map(timestamp),
            "lastRotated": self.last_rotated,
            "deleteOnExpiration": self.delete_on_expiration,
            "scopes": self.scopes,
            "expandedScopes": expanded.as_slice(),
            "disabled": self.disabled,
        }))
    }
}

/// A client by its id.
pub(super) fn get(db: &Transaction<'_>, client_id: &str) -> Result<Option<Client>, ApiError> {
    let query = format!("SELECT {COLUMNS} FROM auth_clients WHERE client_id = ?1");
    let found = db.prepare_cached(&query)?.query_row([client_id], Client::read).optional()?;
    found.map(with_scopes).transpose()
}

/// Clients whose id begins with `prefix` and comes after `after`, in order.
pub(super) fn list(
    db: &Transaction<'_>,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<Client>, ApiError> {
    let query = format!(
        "SELECT {COLUMNS} FROM auth_clients WHERE client_id > ?1 AND substr(client_id, 1, length(?2)) = ?2
         ORDER BY client_id LIMIT ?3"
    );
    let mut query = db.prepare_cached(&query)?;
    let rows = query.query_map(params![after, prefix, i64::try_from(limit).unwrap_or(1000)], Client::read)?;
    rows.map(|row| with_scopes(row?)).collect()
}

fn with_scopes((mut client, scopes): (Client, String)) -> Result<Client, ApiError> {
    client.scopes = serde_json::from_str::<Vec<String>>(&scopes)?;
    Ok(client)
}

/// Those of `scopes` that `had` does not satisfy.
pub(super) fn added<'s>(had: &ScopeSet, scopes: &'s [String]) -> impl Iterator<Item = &'s String> {
    scopes.iter().filter(|scope| !had.satisfies(scope))
}
