//! `notify`: routes that tell people how a task went, and what to tell them.

use std::borrow::Cow;

use taskgraph_config::{KeyedBy, resolve_keyed_by};
use taskgraph_kinds::{Description, KindContext, PerTask, Problem, TransformSequence};
use taskgraph_parameterize::{Lookup, SubstituteError};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{List, Map, Str, Value, map, python, text};

use crate::addition::{check_list, check_mapping};

const STATUS: Shape = Shape::OneOf(&[
    "on-completed",
    "on-defined",
    "on-exception",
    "on-failed",
    "on-pending",
    "on-resolved",
    "on-running",
]);

static EMAIL: Object = Object::closed(&[
    required("address", Shape::KeyedBy(&["project", "level"], &Shape::Str)),
    optional("status-type", STATUS),
]);
static MATRIX_ROOM: Object =
    Object::closed(&[required("room-id", Shape::Str), optional("status-type", STATUS)]);
static PULSE: Object =
    Object::closed(&[required("routing-key", Shape::Str), optional("status-type", STATUS)]);
static SLACK_CHANNEL: Object =
    Object::closed(&[required("channel-id", Shape::Str), optional("status-type", STATUS)]);

static LINK: Object = Object::closed(&[required("text", Shape::Str), required("href", Shape::Str)]);
static EMAIL_CONTENT: Object = Object::closed(&[
    optional("subject", Shape::Str),
    optional("content", Shape::Str),
    optional("link", Shape::Object(&LINK)),
]);
static MATRIX_CONTENT: Object = Object::closed(&[
    optional("body", Shape::Str),
    optional("formatted-body", Shape::Str),
    optional("format", Shape::Str),
    optional("msg-type", Shape::Str),
]);
static SLACK_CONTENT: Object = Object::closed(&[
    optional("text", Shape::Str),
    optional("blocks", Shape::List),
    optional("attachments", Shape::List),
]);
static CONTENT: Object = Object::closed(&[
    optional("email", Shape::Object(&EMAIL_CONTENT)),
    optional("matrix", Shape::Object(&MATRIX_CONTENT)),
    optional("slack", Shape::Object(&SLACK_CONTENT)),
]);

static NOTIFY: Object = Object::closed(&[
    required(
        "recipients",
        Shape::ListOf(&Shape::Tagged(
            "type",
            &[
                ("email", &EMAIL),
                ("matrix-room", &MATRIX_ROOM),
                ("pulse", &PULSE),
                ("slack-channel", &SLACK_CHANNEL),
            ],
        )),
    ),
    optional("content", Shape::Object(&CONTENT)),
]);

/// The older spelling, for emails only.
static NOTIFICATIONS: Object = Object::closed(&[
    required("emails", Shape::KeyedBy(&["project", "level"], &Shape::ListOf(&Shape::Str))),
    required("subject", Shape::Str),
    optional("message", Shape::Str),
    optional("status-types", Shape::ListOf(&STATUS)),
]);

static TASK: Object = Object::open(&[
    optional("notify", Shape::Object(&NOTIFY)),
    optional("notifications", Shape::Object(&NOTIFICATIONS)),
])
.with_rules(&[|map| {
    let both = map.get_some("notify").is_some() && map.get_some("notifications").is_some();
    both.then(|| "`notify` and `notifications` exclude each other".into())
}]);

/// The transforms of this module.
pub(crate) fn transforms() -> TransformSequence {
    PerTask(add_notifications).into()
}

fn add_notifications(
    kind: &KindContext<'_>,
    mut task: Description,
    out: &mut Vec<Description>,
) -> Result<(), Problem> {
    if !kind.fast {
        task.validate(&TASK)?;
    }
    let label: Str = format!("{}-{}", kind.kind, task.text("name")?).into();
    let notify = match (task.remove("notifications"), task.remove("notify")) {
        (Some(Value::Map(older)), _) => convert_older(kind, older, &label)?,
        (_, Some(Value::Map(notify))) if !notify.is_empty() => notify,
        _ => {
            out.push(task);
            return Ok(());
        }
    };
    let values = Values {
        kind,
        map: map! {
            "task" => task.fields.clone(),
            "config" => map! {
                "kind" => &kind.kind,
                "path" => &kind.path,
                "config" => kind.config.clone(),
                "params" => kind.parameters.values().clone(),
                "graph_config" => kind.session.config.values().clone(),
                "write_artifacts" => kind.contexts.is_some(),
            },
        },
    };
    let mut routes = List::new();
    for recipient in notify.get_list("recipients") {
        let Value::Map(recipient) = recipient else { continue };
        let mut recipient = recipient.clone();
        recipient.set_default(text!("status-type"), text!("on-completed"));
        let mut recipient = fill(&recipient, "notify.recipients", &values)?;
        let form = recipient.get("type").map(python::str).unwrap_or_default();
        let key = match form.as_str() {
            "email" => "address",
            "matrix-room" => "room-id",
            "pulse" => "routing-key",
            _ => "channel-id",
        };
        if form == "email" {
            resolve_by_push(kind, &mut recipient, "address", &label)?;
        }
        let part = |key: &str| recipient.get(key).map(python::str).unwrap_or_default();
        routes.push(format!("notify.{form}.{}.{}", part(key), part("status-type")).into());
    }
    check_list(&task, &["routes"])?;
    task.list_mut(text!("routes")).extend(routes);
    if let Some(Value::Map(content)) = notify.get("content") {
        let content = service_names(&fill(content, "notify.content", &values)?);
        check_mapping(&task, &["extra"])?;
        task.map_mut(text!("extra")).insert(text!("notify"), content.into());
    }
    out.push(task);
    Ok(())
}

/// What templates may name.
struct Values<'a> {
    kind: &'a KindContext<'a>,
    map: Map,
}

impl Lookup for Values<'_> {
    fn lookup(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.map.lookup(name)
    }

    fn names(&self) -> Vec<Str> {
        self.map.names()
    }

    /// `config[kind_dependencies_tasks][<label>].<attribute>`
    fn object<'f>(&self, field: &'f str) -> Option<(Cow<'_, Value>, &'f str)> {
        let (label, rest) = field.strip_prefix("config[kind_dependencies_tasks][")?.split_once("].")?;
        let (attribute, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
        let mut task = self.kind.dependencies.get(label)?.to_map();
        Some((Cow::Owned(task.remove(attribute)?), rest))
    }
}

/// Fills the values into all strings of nested mappings; lists stay as they are.
fn fill(map: &Map, path: &str, values: &Values<'_>) -> Result<Map, Problem> {
    let mut filled = map.clone();
    for (key, value) in map {
        let path = format!("{path}.{key}");
        let new = match value {
            Value::Str(text) => match taskgraph_parameterize::format(text, values) {
                Ok(text) => text.into(),
                Err(source) => return Err(Problem::other(SubstituteError::Template { path, source })),
            },
            Value::Map(inner) => fill(inner, &path, values)?.into(),
            _ => continue,
        };
        filled.insert(key.clone(), new);
    }
    Ok(filled)
}

fn resolve_by_push(kind: &KindContext<'_>, map: &mut Map, field: &str, label: &Str) -> Result<(), Problem> {
    let parameters = &kind.parameters;
    let push = map! { "level" => parameters.text("level")?, "project" => parameters.text("project")? };
    Ok(resolve_keyed_by(map, field, label, &push, &KeyedBy::default())?)
}

fn convert_older(kind: &KindContext<'_>, mut older: Map, label: &Str) -> Result<Map, Problem> {
    resolve_by_push(kind, &mut older, "emails", label)?;
    let mut recipients = Vec::new();
    let usual = [Value::from(text!("on-completed"))];
    let statuses = match older.get_some("status-types") {
        Some(Value::List(list)) => list.as_slice(),
        _ => &usual,
    };
    for email in older.get_list("emails") {
        for status in statuses {
            recipients.push(
                map! { "type" => "email", "address" => email.clone(), "status-type" => status.clone() }
                    .into(),
            );
        }
    }
    let subject = older.get("subject").cloned().unwrap_or_default();
    let message = older.get("message").cloned().unwrap_or_else(|| subject.clone());
    Ok(map! {
        "recipients" => Value::List(List::from(recipients)),
        "content" => map! { "email" => map! { "subject" => subject, "content" => message } },
    })
}

/// The keys that the notify service wants: `matrix: {msg-type: ...}` is `matrixMsgType`.
fn service_names(content: &Map) -> Map {
    let mut named = Map::new();
    for (service, content) in content {
        if service == "email" {
            named.insert(service.clone(), content.clone());
            continue;
        }
        for (key, value) in content.as_map().into_iter().flatten() {
            let name: String = key.split('-').map(capitalize).collect();
            named.insert(format!("{service}{name}").into(), value.clone());
        }
    }
    named
}

fn capitalize(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars.flat_map(char::to_lowercase)).collect()
}
