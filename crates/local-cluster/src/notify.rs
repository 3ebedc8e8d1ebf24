//! The notify service. Nothing leaves the machine: what would be sent is kept in a table.

use rusqlite::{Transaction, params};
use serde_json::{Value, json};

use crate::{
    auth::Expression,
    call::{Answer, Call},
    error::ApiError,
    page,
};

/// What would have been sent, in order; and who does not want anything.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS notification (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL, time INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS notify_denied (kind TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (kind, address))
        STRICT, WITHOUT ROWID;
";

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    match call.method.name {
        "email" => send(call, db, "email", "address", "notify:email"),
        "pulse" => send(call, db, "pulse", "routingKey", "notify:pulse"),
        "matrix" => send(call, db, "matrix-room", "roomId", "notify:matrix-room"),
        "slack" => send(call, db, "slack-channel", "channelId", "notify:slack-channel"),
        "addDenylistAddress" => deny(call, db, "INSERT OR IGNORE INTO notify_denied VALUES (?1, ?2)"),
        "deleteDenylistAddress" => {
            deny(call, db, "DELETE FROM notify_denied WHERE kind = ?1 AND address = ?2")
        }
        "listDenylist" => list_denied(call, db),
        _ => Err(ApiError::unknown_route()),
    }
}

fn send(
    call: &Call<'_>,
    db: &Transaction<'_>,
    kind: &str,
    field: &str,
    scope: &str,
) -> Result<Answer, ApiError> {
    let address = text(&call.body, field);
    call.require(&Expression::scope(format!("{scope}:{address}")))?;
    let denied = "SELECT count(*) FROM notify_denied WHERE kind = ?1 AND address = ?2";
    let denied = db.query_row(denied, [kind, address], |row| row.get::<_, i64>(0))?;
    if denied > 0 {
        return Err(ApiError::new(400, "DenylistedAddress", format!("{kind} {address} is denylisted")));
    }
    db.execute(
        "INSERT INTO notification (kind, address, body, time) VALUES (?1, ?2, ?3, ?4)",
        params![kind, address, call.body.to_string(), call.now.timestamp_millis()],
    )?;
    Ok(Answer::empty())
}

fn deny(call: &Call<'_>, db: &Transaction<'_>, change: &str) -> Result<Answer, ApiError> {
    call.require(&Expression::scope("notify:manage-denylist"))?;
    db.execute(change, [text(&call.body, "notificationType"), text(&call.body, "notificationAddress")])?;
    Ok(Answer::empty())
}

fn list_denied(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&Expression::scope("notify:manage-denylist"))?;
    let [kind, address] = page::after(call);
    let mut query = db.prepare_cached(
        "SELECT kind, address FROM notify_denied WHERE (kind, address) > (?1, ?2) ORDER BY kind, address LIMIT ?3",
    )?;
    let found = query.query_map(params![kind, address, page::to_read(call)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let key = |(kind, address): &(String, String)| vec![kind.clone(), address.clone()];
    let show = |(kind, address): &(String, String)| json!({ "notificationType": kind, "notificationAddress": address });
    Ok(Answer::json(&page::answer(call, "addresses", found, key, show)))
}

fn text<'v>(body: &'v Value, key: &str) -> &'v str {
    body[key].as_str().unwrap_or_default()
}
