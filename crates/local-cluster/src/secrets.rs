//! The secrets service.

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Value, json};

use crate::{
    auth::Expression,
    call::{Answer, Call, from_millis, parse_time, timestamp},
    error::ApiError,
    page,
};

/// By name.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, secret TEXT NOT NULL, expires INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
";

/// Takes the secret out of the body of a call, before an error shows it.
pub(crate) fn clean(payload: &mut Value) {
    if let Some(secret) = payload.get_mut("secret") {
        *secret = json!("(OMITTED)");
    }
}

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let name = call.argument("name");
    let now = call.now.timestamp_millis();
    match call.method.name {
        "set" => {
            call.require(&Expression::scope(format!("secrets:set:{name}")))?;
            let expires = call.body["expires"].as_str().and_then(parse_time);
            let expires = expires.ok_or_else(|| ApiError::input_error("expires is not a time"))?;
            db.execute(
                "INSERT OR REPLACE INTO secret VALUES (?1, ?2, ?3)",
                params![name, call.body["secret"].to_string(), expires.timestamp_millis()],
            )?;
            Ok(Answer::empty())
        }
        "remove" => {
            call.require(&Expression::scope(format!("secrets:set:{name}")))?;
            db.execute("DELETE FROM secret WHERE name = ?1", [name])?;
            Ok(Answer::empty())
        }
        "get" => {
            call.require(&Expression::scope(format!("secrets:get:{name}")))?;
            let mut query =
                db.prepare_cached("SELECT secret, expires FROM secret WHERE name = ?1 AND expires > ?2")?;
            let found = query.query_row(params![name, now], |row| {
                Ok((row.get::<_, String>(0)?, from_millis(row.get(1)?)))
            });
            let (secret, expires) =
                found.optional()?.ok_or_else(|| ApiError::not_found("Secret not found"))?;
            let secret = serde_json::from_str::<Value>(&secret)?;
            Ok(Answer::json(&json!({ "secret": secret, "expires": timestamp(expires) })))
        }
        "list" => {
            call.require(&Expression::scope("secrets:list-secrets"))?;
            let [after] = page::after(call);
            let mut query = db.prepare_cached(
                "SELECT name FROM secret WHERE name > ?1 AND expires > ?2 ORDER BY name LIMIT ?3",
            )?;
            let found = query.query_map(params![after, now, page::to_read(call)], |row| row.get(0))?;
            let found = found.collect::<Result<Vec<String>, _>>()?;
            let key = |name: &String| vec![name.clone()];
            Ok(Answer::json(&page::answer(call, "secrets", found, key, |name| json!(name))))
        }
        _ => Err(ApiError::unknown_route()),
    }
}
