//! The content of artifacts, behind addresses that cannot be guessed.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::error::ApiError;

/// What is stored, as it was uploaded.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) content_type: String,
    /// The `content-encoding` of the upload.
    pub(crate) encoding: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// The content behind an address, if there is any.
pub(crate) fn read(db: &Transaction<'_>, key: &str, now: DateTime<Utc>) -> Result<Option<Content>, ApiError> {
    let mut statement = db.prepare_cached(
        "SELECT artifact.content_type, content.encoding, content.body FROM artifact \
         JOIN content ON content.id = artifact.id WHERE artifact.get_key = ?1 AND artifact.expires >= ?2",
    )?;
    let content = statement.query_row(rusqlite::params![key, now.timestamp_millis()], |row| {
        Ok(Content { content_type: row.get(0)?, encoding: row.get(1)?, body: row.get(2)? })
    });
    Ok(content.optional()?)
}

/// Takes an upload. As with signed addresses, the type has to be the announced one, and it must not be too late.
pub(crate) fn accept(
    db: &Transaction<'_>,
    key: &str,
    content_type: Option<&str>,
    encoding: Option<&str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let mut statement = db.prepare_cached(
        "SELECT id, storage_type, content_type, put_until FROM artifact WHERE put_key = ?1",
    )?;
    let row = statement
        .query_row([key], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })
        .optional()?;
    let Some((id, storage_type, announced, until)) = row else {
        return Err(ApiError::not_found("there is no such upload"));
    };
    let refuse = |message: String| Err(ApiError::new(403, "AccessDenied", message));
    if until < now.timestamp_millis() {
        return refuse("the address of this upload has expired".to_owned());
    }
    if storage_type == "s3" && content_type != Some(announced.as_str()) {
        return refuse(format!("this upload was announced with the content-type {announced}"));
    }
    write(db, id, encoding, body)
}

pub(super) fn write(
    db: &Transaction<'_>,
    id: i64,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<(), ApiError> {
    db.prepare_cached("INSERT OR REPLACE INTO content (id, encoding, body) VALUES (?1, ?2, ?3)")?
        .execute(rusqlite::params![id, encoding, body])?;
    Ok(())
}

pub(super) fn exists(db: &Transaction<'_>, id: i64) -> Result<bool, ApiError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM content WHERE id = ?1")?;
    Ok(statement.exists([id])?)
}
