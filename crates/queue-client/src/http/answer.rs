//! Reading answers.

use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use reqwest::{
    Response,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::{Sink, attempt::Failed};
use crate::error::Error;

/// What is read of an answer that is no success.
const LONGEST_MESSAGE: usize = 4000;

/// A successful answer.
pub(crate) struct Content {
    /// Empty if it went into a file.
    pub(crate) bytes: Vec<u8>,
    /// How many bytes there were, after decompression.
    pub(crate) length: u64,
    pub(crate) content_type: Option<String>,
}

pub(super) struct Limits<'a> {
    pub(super) asked: &'a str,
    pub(super) attempts: u32,
    pub(super) max_bytes: u64,
}

/// Reads all of it. What is announced and does not come is a failure that may pass.
pub(super) async fn read(response: Response, sink: Sink<'_>, limits: &Limits<'_>) -> Result<Content, Failed> {
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    match sink {
        Sink::Memory => {
            let mut bytes = Vec::new();
            let too_large = || Error::TooLarge { asked: limits.asked.to_owned(), limit: limits.max_bytes };
            pieces(response, limits, |piece| {
                if (bytes.len() + piece.len()) as u64 > limits.max_bytes {
                    return Err(Failed::ForGood(too_large()));
                }
                bytes.extend_from_slice(piece);
                Ok(())
            })
            .await?;
            Ok(Content { length: bytes.len() as u64, bytes, content_type })
        }
        Sink::File(path) => {
            let length = write(response, path, limits).await?;
            Ok(Content { bytes: Vec::new(), length, content_type })
        }
    }
}

/// The file appears when it is whole, under its name. A link stays one: what it leads to is replaced. What is no file,
/// such as a pipe, is written to, but only once: nobody can take back what went into it.
async fn write(response: Response, path: &Path, limits: &Limits<'_>) -> Result<u64, Failed> {
    let failed = |source| Failed::ForGood(Error::Write { path: path.to_owned(), source });
    let there = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&there).ok();
    let mut length = 0;
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        let mut file = fs::File::options().write(true).open(&there).map_err(failed)?;
        let written = pieces(response, limits, |piece| {
            length += piece.len() as u64;
            file.write_all(piece).map_err(failed)
        });
        return written.await.map(|()| length).map_err(Failed::for_good);
    }
    let folder = match there.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = new_file(folder, existing.map(|existing| existing.permissions())).map_err(failed)?;
    pieces(response, limits, |piece| {
        length += piece.len() as u64;
        file.write_all(piece).map_err(failed)
    })
    .await?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&there).map_err(|error| failed(error.error))?;
    Ok(length)
}

/// A file with the permissions of the one that it replaces, or else those of any new file: temporary ones are private
/// otherwise.
fn new_file(folder: &Path, permissions: Option<fs::Permissions>) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".download-");
    #[cfg(unix)]
    let permissions = permissions.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder)
}

async fn pieces(
    mut response: Response,
    limits: &Limits<'_>,
    mut take: impl FnMut(&[u8]) -> Result<(), Failed>,
) -> Result<(), Failed> {
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => take(&piece)?,
            Ok(None) => return Ok(()),
            Err(error) => {
                let source = Box::new(error.without_url());
                let error =
                    Error::Transport { asked: limits.asked.to_owned(), attempts: limits.attempts, source };
                return Err(Failed::ForNow { error, wait: None, done: true });
            }
        }
    }
}

/// How long the service asks to wait: seconds, or a date.
pub(super) fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(value).ok()?;
    let wait = then.with_timezone(&Utc) - DateTime::<Utc>::from(now);
    Some(wait.to_std().unwrap_or_default())
}

/// The `code` and `message` of an answer in the services' form, or else the beginning of the answer.
pub(super) async fn words(mut response: Response) -> (Option<String>, String) {
    const ENOUGH: usize = 1 << 20;
    let mut bytes = Vec::new();
    // A message cut short is better than none.
    while let Ok(Some(piece)) = response.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ENOUGH {
            break;
        }
    }
    let field = |fields: &Value, name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let (code, message) = match serde_json::from_slice::<Value>(&bytes) {
        Ok(fields) => {
            // `reason` is what an artifact of type error says, `error` what says that there is no such route.
            let message = ["message", "error"].iter().find_map(|name| field(&fields, name));
            (field(&fields, "code").or_else(|| field(&fields, "reason")), message)
        }
        Err(_) => (None, None),
    };
    let message = message.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    // After the line of dashes the services repeat what the client knows.
    let message = message.split_once("\n---\n").map_or(message.as_str(), |(message, _)| message).trim();
    let message: String = message.chars().take(LONGEST_MESSAGE).collect();
    (code, if message.is_empty() { "no reason given".to_owned() } else { message })
}
