//! Creating a decision, action or cron task once more, exactly as it was, but for its times.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use taskcluster_queue_client::TaskId;
use taskgraph_decision::{Plan, scheduler_id};
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::contexts;
use crate::{About, Action, AnyError, Call, Declaring, Error};

pub(super) struct RetriggerDecision;

impl Action for RetriggerDecision {
    fn about(&self) -> About {
        let description = "Create a clone of the task (retriggering decision, action, and cron tasks requires\nspecial scopes).";
        let about = About::new("retrigger", "Retrigger", "rt", description);
        About { order: 11, permission: text!("retrigger-decision"), ..about }
    }

    fn context(&self, _: &Declaring<'_>) -> Result<List, AnyError> {
        let kinds = ["decision-task", "action-callback", "cron-task"];
        Ok(contexts(kinds.map(|kind| map! { "kind" => kind })))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let target = call.target()?;
        let now = (call.now)();
        let mut definition = moved(&target.task_id, &target.definition, now)?;
        if let Value::Map(definition) = &mut definition {
            let scheduler = scheduler_id(&call.config, &call.parameters)?;
            definition.insert(text!("schedulerId"), scheduler.into());
        }
        let label = target.label();
        let plan = Plan::of_definition(&label, call.ids.task_id(&label), definition, now)
            .map_err(|source| Error::Create { source })?;
        Ok(call.create(&plan)?)
    }
}

/// A definition whose times count from its creation.
fn moved(task_id: &TaskId, definition: &Value, now: DateTime<Utc>) -> Result<Value, Error> {
    let created = definition.at("created").and_then(Value::as_str);
    let bad = || Error::Time {
        task_id: task_id.clone(),
        time: created.cloned().unwrap_or_else(|| text!("nothing as `created`")),
    };
    let created = created.and_then(|created| time(created)).ok_or_else(bad)?;
    shift(definition, &|text| {
        let Some(then) = time(text) else { return Ok(None) };
        // As the reference does, which forgets the milliseconds.
        let seconds = then.signed_duration_since(created).num_seconds();
        if seconds >= 0 {
            return Ok(Some(map! { "relative-datestamp" => format!("{seconds} seconds") }.into()));
        }
        let far = || Error::Time { task_id: task_id.clone(), time: text.clone() };
        let then = TimeDelta::try_seconds(seconds).and_then(|delta| now.checked_add_signed(delta));
        Ok(Some(then.ok_or_else(far)?.to_rfc3339_opts(SecondsFormat::Millis, true).into()))
    })
}

type Shift<'a> = dyn Fn(&Str) -> Result<Option<Value>, Error> + 'a;

fn shift(value: &Value, change: &Shift<'_>) -> Result<Value, Error> {
    Ok(match value {
        Value::Str(text) => change(text)?.unwrap_or_else(|| value.clone()),
        Value::List(list) => list.iter().map(|item| shift(item, change)).collect::<Result<List, _>>()?.into(),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, item)| Ok((key.clone(), shift(item, change)?)));
            entries.collect::<Result<Map, Error>>()?.into()
        }
        other => other.clone(),
    })
}

/// A time with a date and a zone, such as the queue writes.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let shape = text.as_bytes();
    let plausible = shape.len() >= "2026-01-31T12:00:00Z".len() && shape[..4].iter().all(u8::is_ascii_digit);
    if plausible { DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()) } else { None }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::json;

    use super::*;

    fn check(definition: Map, expected: &str) {
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        let id = "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap();
        let found = moved(&id, &definition.into(), now);
        let found =
            found.map(|value| json::compact(&value).unwrap()).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn times_keep_their_distance_wherever_they_are() {
        let payload = map! {
            "when" => vec!["2026-01-01T00:00:01.999Z".into(), "2026-01-01t01:00:00+01:00".into()],
            "pushed" => "2025-12-31T23:00:00Z",
            "no times" => vec!["2026-01-01".into(), "é2026-01-01T00:00:00Z".into(), "10:00".into(), 5.into()],
        };
        check(
            map! { "created" => "2026-01-01T00:00:00.000Z", "payload" => payload },
            concat!(
                r#"{"created":{"relative-datestamp":"0 seconds"},"payload":{"when":[{"relative-datestamp":"1 seconds"},"#,
                r#"{"relative-datestamp":"0 seconds"}],"pushed":"2026-02-28T23:00:00.000Z","#,
                r#""no times":["2026-01-01","\u00e92026-01-01T00:00:00Z","10:00",5]}}"#,
            ),
        );
    }

    #[test]
    fn what_cannot_be_moved_is_said() {
        let task = "task fdtgsD5DQUmAQZEaGMvQ4Q: the time";
        check(map! {}, &format!("{task} nothing as `created` cannot be moved to the present"));
        check(map! { "created" => "soon" }, &format!("{task} soon cannot be moved to the present"));
    }
}
