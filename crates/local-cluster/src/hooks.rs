//! The hooks service: templates of tasks, and creating tasks from them. Schedules and bindings are kept, but nothing
//! fires by itself here.

mod fire;
mod schedule;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

use crate::{
    auth::Expression,
    call::{Answer, Call, slugid},
    error::ApiError,
    schema,
};

/// Hooks, and when they were fired.
pub(crate) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS hook (
        hook_group TEXT NOT NULL, hook TEXT NOT NULL, metadata TEXT NOT NULL, task TEXT NOT NULL, bindings TEXT NOT NULL,
        schedule TEXT NOT NULL, trigger_schema TEXT NOT NULL, token TEXT NOT NULL, PRIMARY KEY (hook_group, hook)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS hook_fire (
        id INTEGER PRIMARY KEY, hook_group TEXT NOT NULL, hook TEXT NOT NULL, fired_by TEXT NOT NULL,
        task_id TEXT NOT NULL, time INTEGER NOT NULL, error TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS hook_fire_hook ON hook_fire (hook_group, hook, id);
";

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let (group, id) = (call.argument("hookGroupId"), call.argument("hookId"));
    let require = |what: &str, name: &str| call.require(&Expression::scope(format!("hooks:{what}:{name}")));
    let name = format!("{group}/{id}");
    let existing = || find(db, group, id)?.ok_or_else(|| ApiError::not_found("No such hook"));
    match call.method.name {
        "listHookGroups" => {
            require("list-hooks", "")?;
            let mut query = db.prepare_cached("SELECT DISTINCT hook_group FROM hook ORDER BY hook_group")?;
            let groups = query.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            Ok(Answer::json(&json!({ "groups": groups })))
        }
        "listHooks" => {
            require("list-hooks", group)?;
            let query = format!("SELECT {COLUMNS} FROM hook WHERE hook_group = ?1 ORDER BY hook");
            let mut query = db.prepare_cached(&query)?;
            let hooks = query.query_map([group], Hook::read)?;
            let hooks = hooks.map(|hook| Ok(hook?.definition())).collect::<Result<Vec<_>, ApiError>>()?;
            match hooks.is_empty() {
                true => Err(ApiError::not_found("No such group")),
                false => Ok(Answer::json(&json!({ "hooks": hooks }))),
            }
        }
        "hook" => {
            require("get", &format!("{group}:{id}"))?;
            Ok(Answer::json(&existing()?.definition()))
        }
        "createHook" | "updateHook" => {
            check_ids(call, group, id)?;
            call.require(&Expression::all_of([
                format!("hooks:modify-hook:{name}"),
                format!("assume:hook-id:{name}"),
            ]))?;
            modify(call, db, find(db, group, id)?)
        }
        "removeHook" => {
            require("modify-hook", &name)?;
            db.execute("DELETE FROM hook WHERE hook_group = ?1 AND hook = ?2", [group, id])?;
            db.execute("DELETE FROM hook_fire WHERE hook_group = ?1 AND hook = ?2", [group, id])?;
            Ok(Answer::empty())
        }
        "getTriggerToken" => {
            require("get-trigger-token", &name)?;
            Ok(Answer::json(&json!({ "token": existing()?.token })))
        }
        "resetTriggerToken" => {
            require("reset-trigger-token", &name)?;
            let mut hook = existing()?;
            hook.token = slugid(call.random);
            hook.write(db)?;
            Ok(Answer::json(&json!({ "token": hook.token })))
        }
        "triggerHook" => {
            require("trigger-hook", &name)?;
            fire::trigger(call, db, &existing()?)
        }
        "triggerHookWithToken" => {
            let hook = existing()?;
            if call.argument("token") != hook.token {
                return Err(ApiError::unauthenticated("invalid hook token"));
            }
            fire::trigger(call, db, &hook)
        }
        "getHookStatus" => {
            require("status", &name)?;
            existing()?;
            fire::status(call, db)
        }
        "listLastFires" => {
            require("list-last-fires", &name)?;
            fire::list(call, db)
        }
        _ => Err(ApiError::unknown_route()),
    }
}

struct Hook {
    group: String,
    id: String,
    metadata: Value,
    task: Value,
    bindings: Value,
    schedule: Value,
    trigger_schema: Value,
    token: String,
}

const COLUMNS: &str = "hook_group, hook, metadata, task, bindings, schedule, trigger_schema, token";

impl Hook {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let json = |column| -> rusqlite::Result<Value> {
            Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default())
        };
        Ok(Self {
            group: row.get(0)?,
            id: row.get(1)?,
            metadata: json(2)?,
            task: json(3)?,
            bindings: json(4)?,
            schedule: json(5)?,
            trigger_schema: json(6)?,
            token: row.get(7)?,
        })
    }

    fn write(&self, db: &Transaction<'_>) -> Result<(), ApiError> {
        let query =
            format!("INSERT OR REPLACE INTO hook ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        db.execute(
            &query,
            params![
                self.group,
                self.id,
                self.metadata.to_string(),
                self.task.to_string(),
                self.bindings.to_string(),
                self.schedule.to_string(),
                self.trigger_schema.to_string(),
                self.token,
            ],
        )?;
        Ok(())
    }

    /// As the service shows it.
    fn definition(&self) -> Value {
        json!({
            "hookId": self.id,
            "hookGroupId": self.group,
            "bindings": self.bindings,
            "metadata": self.metadata,
            "task": self.task,
            "schedule": self.schedule,
            "triggerSchema": self.trigger_schema,
        })
    }
}

fn find(db: &Transaction<'_>, group: &str, id: &str) -> Result<Option<Hook>, ApiError> {
    let query = format!("SELECT {COLUMNS} FROM hook WHERE hook_group = ?1 AND hook = ?2");
    Ok(db.prepare_cached(&query)?.query_row([group, id], Hook::read).optional()?)
}

/// The ids of a hook may be in the body, too.
fn check_ids(call: &Call<'_>, group: &str, id: &str) -> Result<(), ApiError> {
    let differs = |key: &str, value: &str| call.body[key].as_str().is_some_and(|given| given != value);
    if differs("hookGroupId", group) {
        return Err(ApiError::input_error("Hook Group Ids do not match"));
    }
    if differs("hookId", id) {
        return Err(ApiError::input_error("Hook Ids do not match"));
    }
    Ok(())
}

fn modify(call: &Call<'_>, db: &Transaction<'_>, existing: Option<Hook>) -> Result<Answer, ApiError> {
    let create = call.method.name == "createHook";
    let (group, id) = (call.argument("hookGroupId"), call.argument("hookId"));
    if !create && existing.is_none() {
        return Err(ApiError::not_found("No such hook"));
    }
    let part = |key: &str| call.body[key].clone();
    let trigger_schema = part("triggerSchema");
    schema::compile(&trigger_schema).map_err(|why| {
        ApiError::input_error(format!("triggerSchema is not a valid JSON schema:\n * Property {why}"))
    })?;
    for pattern in call.body["schedule"].as_array().map_or(&[][..], Vec::as_slice) {
        let pattern = pattern.as_str().unwrap_or_default();
        schedule::check(pattern).map_err(|why| ApiError::input_error(format!("{why} in {pattern}")))?;
    }
    let bindings = match (part("bindings"), &existing) {
        (Value::Null, Some(hook)) if !create => hook.bindings.clone(),
        (Value::Null, _) => json!([]),
        (bindings, _) => bindings,
    };
    let token = existing.as_ref().map_or_else(|| slugid(call.random), |hook| hook.token.clone());
    let hook = Hook {
        group: group.to_owned(),
        id: id.to_owned(),
        metadata: part("metadata"),
        task: part("task"),
        bindings,
        schedule: part("schedule"),
        trigger_schema,
        token,
    };
    if let Some(existing) = existing.filter(|_| create)
        && existing.definition() != hook.definition()
    {
        return Err(ApiError::conflict(format!("hook `{group}/{id}` already exists.")));
    }
    hook.write(db)?;
    Ok(Answer::json(&hook.definition()))
}
