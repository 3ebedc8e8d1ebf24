//! The state of a cluster: one SQLite database, which several processes may have open.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::{
    auth, error::ApiError, error::Error, hooks, index, notify, purge_cache, queue, secrets, server::State,
};

/// Marks a file as ours, in the header that SQLite has for that.
const APPLICATION_ID: i64 = 0x7467_6c63;
/// The format of the tables. A newer program may raise it; an older one then refuses the file.
const FORMAT: i64 = 1;
/// How long a call waits for another process to finish its own.
const BUSY: Duration = Duration::from_secs(20);
const TABLES: [&str; 7] = [
    queue::TABLES,
    auth::TABLES,
    index::TABLES,
    hooks::TABLES,
    secrets::TABLES,
    notify::TABLES,
    purge_cache::TABLES,
];

pub(crate) struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the state, and makes it if there is none.
    pub(crate) fn open(state: &State) -> Result<Store, Error> {
        let connection = match state {
            State::Memory => open_memory().map_err(Error::Storage)?,
            State::File(path) => open_file(path)?,
        };
        Ok(Store { connection: Mutex::new(connection) })
    }

    /// Runs one call, all or nothing, after whatever time has brought about.
    pub(crate) fn transact<T>(
        &self,
        now: DateTime<Utc>,
        run: impl FnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut db = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if queue::apply_time(&db, now)? {
            // Kept even if the call fails.
            db.commit()?;
            db = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        }
        let result = run(&db);
        match &result {
            Err(error) if !error.keep => db.rollback()?,
            _ => db.commit()?,
        }
        result
    }
}

fn open_memory() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    configure(&connection)?;
    let db = connection.transaction()?;
    create(&db)?;
    db.commit()?;
    Ok(connection)
}

fn open_file(path: &Path) -> Result<Connection, Error> {
    let failed = |source: rusqlite::Error| Error::State { path: path.to_owned(), source: Box::new(source) };
    prepare_file(path).map_err(|source| Error::State { path: path.to_owned(), source: Box::new(source) })?;
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;

    // Looked at before anything is changed in it.
    let db = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(Error::Foreign { path: path.to_owned() });
        }
        result => result.map_err(failed)?,
    };
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id").map_err(failed)?;
    let format = number("PRAGMA user_version").map_err(failed)?;
    let tables = number("SELECT count(*) FROM sqlite_master").map_err(failed)?;
    if application != APPLICATION_ID && (application != 0 || format != 0 || tables != 0) {
        return Err(Error::Foreign { path: path.to_owned() });
    }
    if format > FORMAT {
        return Err(Error::Newer { path: path.to_owned(), found: format, known: FORMAT });
    }
    create(&db).map_err(failed)?;
    db.commit().map_err(failed)?;
    switch_to_wal(&connection).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    Ok(connection)
}

/// Makes the file if it is missing, for its owner's eyes only: it holds the access token.
fn prepare_file(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
    {
        fs::create_dir_all(parent)?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn create(db: &Transaction<'_>) -> rusqlite::Result<()> {
    for tables in TABLES {
        db.execute_batch(tables)?;
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", FORMAT)
}

/// SQLite does not wait by itself if another process is switching at the same moment.
fn switch_to_wal(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..100 {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
    // The old journal works, too.
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(256);
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.query_row("PRAGMA wal_autocheckpoint = 4000", [], |_| Ok(()))
}
