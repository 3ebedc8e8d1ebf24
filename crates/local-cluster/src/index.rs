//! The index: tasks by names that people and programs choose.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

use crate::{
    auth::{self, Expression},
    call::{Answer, Call, from_millis, parse_time, timestamp},
    error::ApiError,
    page, schema,
};

/// Entries, and the namespaces above them. The last part of a path is the name.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS index_task (
        namespace TEXT NOT NULL, name TEXT NOT NULL, rank REAL NOT NULL, task_id TEXT NOT NULL, data TEXT NOT NULL,
        expires INTEGER NOT NULL, PRIMARY KEY (namespace, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS index_namespace (
        parent TEXT NOT NULL, name TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (parent, name)
    ) STRICT, WITHOUT ROWID;
";

/// What `encodeURIComponent` of JavaScript encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let require = |what: &str, path: &str| call.require(&Expression::scope(format!("index:{what}:{path}")));
    let namespace = call.argument("namespace");
    match call.method.name {
        "findTask" => {
            let path = call.argument("indexPath");
            require("find-task", path)?;
            Ok(Answer::json(&existing(db, path, call.now)?.to_json()))
        }
        "findTasksAtIndex" => find_many(call, db),
        "listNamespaces" => {
            require("list-namespaces", namespace)?;
            list_namespaces(call, db)
        }
        "listTasks" => {
            require("list-tasks", namespace)?;
            list_tasks(call, db)
        }
        "insertTask" => {
            require("insert-task", namespace)?;
            let expires = call.body["expires"].as_str().and_then(parse_time);
            let expires = expires.ok_or_else(|| ApiError::input_error("expires is not a time"))?;
            let entry = Entry::new(
                namespace,
                call.body["taskId"].as_str().unwrap_or_default(),
                call.body["rank"].as_f64().unwrap_or_default(),
                call.body["data"].to_string(),
                expires,
            );
            Ok(Answer::json(&insert(db, entry)?.to_json()))
        }
        "deleteTask" => {
            require("delete-task", namespace)?;
            let (namespace, name) = split(namespace);
            db.execute("DELETE FROM index_task WHERE namespace = ?1 AND name = ?2", [namespace, name])?;
            Ok(Answer::empty())
        }
        "findArtifactFromTask" => find_artifact(call, db),
        _ => Err(ApiError::unknown_route()),
    }
}

/// Indexes a task that completed under each of its `index.` routes, as `extra.index` of its definition says.
pub(crate) fn insert_completed(
    db: &Transaction<'_>,
    definition: &Value,
    task_id: &str,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let routes = definition["routes"].as_array().map_or(&[][..], Vec::as_slice);
    let paths = routes.iter().filter_map(|route| route.as_str()?.strip_prefix("index."));
    let paths = paths.filter(|path| schema::is_index_path(path)).collect::<Vec<_>>();
    if paths.is_empty() {
        return Ok(());
    }
    let options = &definition["extra"]["index"];
    let expires = match options.get("expires").or_else(|| definition.get("expires")) {
        Some(expires) => expires.as_str().and_then(parse_time),
        None => Some(now + Duration::days(365)),
    };
    // What makes no sense is not indexed; nobody is there to be told.
    let rank = options.get("rank").map_or(Some(0.0), Value::as_f64);
    let data = options.get("data").cloned().unwrap_or_else(|| json!({}));
    let (Some(expires), Some(rank), true) = (expires, rank, data.is_object() || data.is_array()) else {
        return Ok(());
    };
    for path in paths {
        insert(db, Entry::new(path, task_id, rank, data.to_string(), expires))?;
    }
    Ok(())
}

struct Entry {
    namespace: String,
    name: String,
    rank: f64,
    task_id: String,
    /// JSON.
    data: String,
    expires: DateTime<Utc>,
}

const COLUMNS: &str = "namespace, name, rank, task_id, data, expires";

impl Entry {
    fn new(path: &str, task_id: &str, rank: f64, data: String, expires: DateTime<Utc>) -> Self {
        let (namespace, name) = split(path);
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            rank,
            task_id: task_id.to_owned(),
            data,
            expires,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            namespace: row.get(0)?,
            name: row.get(1)?,
            rank: row.get(2)?,
            task_id: row.get(3)?,
            data: row.get(4)?,
            expires: from_millis(row.get(5)?),
        })
    }

    fn to_json(&self) -> Value {
        // Ranks are mostly whole numbers, such as times, and are shown as such.
        #[expect(clippy::cast_possible_truncation, reason = "only if nothing is lost")]
        let rank = match self.rank {
            rank if rank.fract() == 0.0 && rank.abs() < 9e15 => json!(rank as i64),
            rank => json!(rank),
        };
        json!({
            "namespace": join(&self.namespace, &self.name),
            "taskId": self.task_id,
            "rank": rank,
            "data": serde_json::from_str::<Value>(&self.data).unwrap_or_else(|_| json!({})),
            "expires": timestamp(self.expires),
        })
    }
}

fn find(db: &Transaction<'_>, path: &str) -> Result<Option<Entry>, ApiError> {
    let query = format!("SELECT {COLUMNS} FROM index_task WHERE namespace = ?1 AND name = ?2");
    let (namespace, name) = split(path);
    Ok(db.prepare_cached(&query)?.query_row([namespace, name], Entry::read).optional()?)
}

fn existing(db: &Transaction<'_>, path: &str, now: DateTime<Utc>) -> Result<Entry, ApiError> {
    let entry = find(db, path)?.filter(|entry| entry.expires > now);
    entry.ok_or_else(|| ApiError::not_found("Indexed task not found"))
}

/// Keeps the entry, unless there is one of a higher rank. Returns the one that stands.
fn insert(db: &Transaction<'_>, entry: Entry) -> Result<Entry, ApiError> {
    if let Some(standing) = find(db, &join(&entry.namespace, &entry.name))?
        && standing.rank > entry.rank
    {
        return Ok(standing);
    }
    let query = format!("INSERT OR REPLACE INTO index_task ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db.prepare_cached(&query)?.execute(params![
        entry.namespace,
        entry.name,
        entry.rank,
        entry.task_id,
        entry.data,
        entry.expires.timestamp_millis(),
    ])?;
    // Namespaces live until the end of the day, so that they need not change with each entry.
    let until = entry.expires.date_naive().succ_opt().unwrap_or(entry.expires.date_naive());
    let until = until.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let mut path = entry.namespace.as_str();
    while !path.is_empty() {
        let (parent, name) = split(path);
        let changed = db
            .prepare_cached(
                "INSERT INTO index_namespace VALUES (?1, ?2, ?3)
                 ON CONFLICT (parent, name) DO UPDATE SET expires = ?3 WHERE expires < ?3",
            )?
            .execute(params![parent, name, until])?;
        // What is there for as long has all above it for as long.
        if changed == 0 {
            break;
        }
        path = parent;
    }
    Ok(entry)
}

fn find_many(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let paths = call.body["indexes"].as_array().map_or(&[][..], Vec::as_slice);
    let mut paths = paths.iter().filter_map(Value::as_str).collect::<Vec<_>>();
    call.require(&Expression::all_of(paths.iter().map(|path| format!("index:find-task:{path}"))))?;
    // In the order of namespaces and names, each once.
    paths.sort_unstable_by_key(|path| split(path));
    paths.dedup();
    let [namespace, name] = page::after(call);
    let start = paths.partition_point(|path| split(path) <= (namespace.as_str(), name.as_str()));
    let mut found = Vec::new();
    for path in &paths[if name.is_empty() { 0 } else { start }..] {
        found.extend(find(db, path)?.filter(|entry| entry.expires > call.now));
        if found.len() > call.limit() {
            break;
        }
    }
    Ok(Answer::json(&page::answer(call, "tasks", found, key, Entry::to_json)))
}

fn key(entry: &Entry) -> Vec<String> {
    vec![entry.namespace.clone(), entry.name.clone()]
}

fn list_tasks(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let [after] = page::after(call);
    let query = format!(
        "SELECT {COLUMNS} FROM index_task WHERE namespace = ?1 AND name > ?2 AND expires > ?3 ORDER BY name LIMIT ?4"
    );
    let mut query = db.prepare_cached(&query)?;
    let namespace = call.argument("namespace");
    let now = call.now.timestamp_millis();
    let found = query.query_map(params![namespace, after, now, page::to_read(call)], Entry::read)?;
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let answer = page::answer(call, "tasks", found, |entry| vec![entry.name.clone()], Entry::to_json);
    Ok(Answer::json(&answer))
}

fn list_namespaces(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let [after] = page::after(call);
    let mut query = db.prepare_cached(
        "SELECT name, expires FROM index_namespace WHERE parent = ?1 AND name > ?2 AND expires > ?3
         ORDER BY name LIMIT ?4",
    )?;
    let parent = call.argument("namespace");
    let now = call.now.timestamp_millis();
    let found = query.query_map(params![parent, after, now, page::to_read(call)], |row| {
        Ok((row.get::<_, String>(0)?, from_millis(row.get(1)?)))
    })?;
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let show = |(name, expires): &(String, DateTime<Utc>)| json!({ "namespace": join(parent, name), "name": name, "expires": timestamp(*expires) });
    Ok(Answer::json(&page::answer(call, "namespaces", found, |(name, _)| vec![name.clone()], show)))
}

/// Sends the caller to the queue. The URL is signed, because the index may read what its callers cannot prove there.
fn find_artifact(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let name = call.argument("name");
    let scope = format!("queue:get-artifact:{name}");
    call.require(&Expression::scope(&scope))?;
    let entry = existing(db, call.argument("indexPath"), call.now)?;
    let path = format!(
        "/api/queue/v1/task/{}/artifacts/{}",
        utf8_percent_encode(&entry.task_id, COMPONENT),
        utf8_percent_encode(name, COMPONENT)
    );
    let anonymous = auth::expand(db, vec!["assume:anonymous".to_owned()])?;
    let url = match anonymous.satisfies(&scope) {
        true => format!("{}{path}", call.root_url),
        false => auth::signed_url(db, call.root_url, &path, vec![scope], call.now + Duration::minutes(15))?,
    };
    // Clients look at the response itself if it is no JSON, as that of the services is not.
    let headers = vec![("location", url.clone()), ("content-type", "text/plain; charset=utf-8".to_owned())];
    Ok(Answer { status: 303, headers, body: format!("See Other. Redirecting to {url}").into_bytes() })
}

/// The namespace of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

fn join(namespace: &str, name: &str) -> String {
    match namespace.is_empty() {
        true => name.to_owned(),
        false => format!("{namespace}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-02-03T04:05:06Z".parse().unwrap()
    }

    fn with_db(check: impl FnOnce(&Transaction<'_>)) {
        let mut connection = Connection::open_in_memory().unwrap();
        let db = connection.transaction().unwrap();
        db.execute_batch(TABLES).unwrap();
        check(&db);
    }

    fn completed(extra: Value) -> Value {
        json!({ "routes": ["index.a.b.c", "index.", "index.a..b", "other"], "extra": extra,
            "expires": "2027-02-03T04:05:06Z" })
    }

    #[test]
    fn completed_tasks_are_indexed_by_their_routes() {
        with_db(|db| {
            insert_completed(db, &completed(json!({})), "t1", now()).unwrap();
            let entry = existing(db, "a.b.c", now()).unwrap();
            assert_eq!(
                entry.to_json(),
                json!({ "namespace": "a.b.c", "taskId": "t1", "rank": 0, "data": {},
                    "expires": "2027-02-03T04:05:06.000Z" })
            );
            let count = |table: &str| {
                db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
                    .unwrap()
            };
            assert_eq!((count("index_task"), count("index_namespace")), (1, 2));
            assert!(existing(db, "a.b.c", "2027-02-03T04:05:06Z".parse().unwrap()).is_err());
        });
    }

    #[test]
    fn the_rank_of_a_completed_task_is_in_its_extra() {
        with_db(|db| {
            let indexed = |rank: Value, id: &str| {
                let extra = json!({ "index": { "rank": rank, "data": { "x": 1 } } });
                insert_completed(db, &completed(extra), id, now()).unwrap();
                existing(db, "a.b.c", now()).unwrap().task_id
            };
            assert_eq!(indexed(json!(5), "t1"), "t1");
            assert_eq!(indexed(json!(4.5), "t2"), "t1");
            assert_eq!(indexed(json!(5), "t3"), "t3");
            assert_eq!(indexed(json!("9"), "t4"), "t3");
            assert_eq!(indexed(json!(6), "t5"), "t5");
        });
    }

    #[test]
    fn options_that_make_no_sense_are_not_indexed() {
        with_db(|db| {
            for options in [json!({ "expires": "x" }), json!({ "data": 5 }), json!({ "data": null })] {
                insert_completed(db, &completed(json!({ "index": options })), "t1", now()).unwrap();
                assert!(existing(db, "a.b.c", now()).is_err(), "{options}");
            }
            for definition in [json!({}), json!(null), json!({ "routes": 5 }), json!({ "routes": [null] })] {
                insert_completed(db, &definition, "t1", now()).unwrap();
            }
        });
    }

    #[test]
    fn paths_are_split_at_the_last_dot() {
        assert_eq!(split("a.b.c"), ("a.b", "c"));
        assert_eq!(split("a"), ("", "a"));
        assert_eq!((join("", "a"), join("a.b", "c")), ("a".to_owned(), "a.b.c".to_owned()));
    }
}
