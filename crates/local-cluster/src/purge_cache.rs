//! The purge-cache service: which caches workers have to throw away.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{Row, Transaction, params};
use serde_json::{Value, json};

use crate::{
    auth::Expression,
    call::{Answer, Call, from_millis, parse_time, timestamp},
    error::ApiError,
    page,
};

/// The latest request for each cache.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS purge_request (
        worker_pool TEXT NOT NULL, cache TEXT NOT NULL, before INTEGER NOT NULL, expires INTEGER NOT NULL,
        PRIMARY KEY (worker_pool, cache)
    ) STRICT, WITHOUT ROWID;
";

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let pool = call.argument("workerPoolId");
    let now = call.now.timestamp_millis();
    match call.method.name {
        "purgeCache" => {
            let cache = call.body["cacheName"].as_str().unwrap_or_default();
            call.require(&Expression::scope(format!("purge-cache:{pool}:{cache}")))?;
            db.execute(
                "INSERT OR REPLACE INTO purge_request VALUES (?1, ?2, ?3, ?4)",
                params![pool, cache, now, (call.now + Duration::days(1)).timestamp_millis()],
            )?;
            Ok(Answer { status: 204, headers: Vec::new(), body: Vec::new() })
        }
        "allPurgeRequests" => {
            call.require(&Expression::scope("purge-cache:all-purge-requests"))?;
            let [after_pool, after_cache] = page::after(call);
            let mut query = db.prepare_cached(
                "SELECT worker_pool, cache, before FROM purge_request
                 WHERE (worker_pool, cache) > (?1, ?2) AND expires > ?3 ORDER BY worker_pool, cache LIMIT ?4",
            )?;
            let found =
                query.query_map(params![after_pool, after_cache, now, page::to_read(call)], Request::read)?;
            let found = found.collect::<Result<Vec<_>, _>>()?;
            let key = |request: &Request| vec![request.pool.clone(), request.cache.clone()];
            Ok(Answer::json(&page::answer(call, "requests", found, key, Request::to_json)))
        }
        "purgeRequests" => {
            call.require(&Expression::scope(format!("purge-cache:purge-requests:{pool}")))?;
            let since = call.option("since").and_then(parse_time).map_or(0, |since| since.timestamp_millis());
            let mut query = db.prepare_cached(
                "SELECT worker_pool, cache, before FROM purge_request
                 WHERE worker_pool = ?1 AND before >= ?2 AND expires > ?3 ORDER BY cache",
            )?;
            let found = query.query_map(params![pool, since, now], Request::read)?;
            let found = found.map(|request| Ok(request?.to_json())).collect::<Result<Vec<_>, ApiError>>()?;
            Ok(Answer::json(&json!({ "requests": found })))
        }
        _ => Err(ApiError::unknown_route()),
    }
}

struct Request {
    pool: String,
    cache: String,
    before: DateTime<Utc>,
}

impl Request {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { pool: row.get(0)?, cache: row.get(1)?, before: from_millis(row.get(2)?) })
    }

    fn to_json(&self) -> Value {
        let (provisioner, worker_type) = self.pool.split_once('/').unwrap_or((&self.pool, ""));
        json!({
            "provisionerId": provisioner,
            "workerType": worker_type,
            "cacheName": self.cache,
            "before": timestamp(self.before),
        })
    }
}
