//! JSON-e, the language of task templates.
//!
//! Templates may come from anywhere, so what they cost is metered: no template takes more than a bounded amount of memory
//! and time, and none is deep enough to exhaust the stack. Time is an argument.

mod builtins;
mod evaluate;
mod from_now;
mod meter;
mod operators;
mod parse;
mod scope;

use chrono::{DateTime, SecondsFormat, Utc};
use taskgraph_value::{Map, Str, Value};
use thiserror::Error;

use self::{
    evaluate::Result,
    meter::{DEEPEST, Meter},
    scope::Scope,
};

/// What is wrong with a template, or with what it makes of its context: lower case, no full stop.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct JsonEError(String);

/// Renders a JSON-e template; nothing if what it renders to is to be left out.
///
/// `now` is a name in the context unless the context has it.
///
/// Templates, contexts and results may be 128 lists and mappings deep, expressions 50 parentheses and 100 operators; all
/// that is made along the way may be about 64 MiB. Beyond that, and for dates, which JSON does not have, rendering
/// fails, as it does for whatever the language does not allow.
///
/// ```
/// use taskgraph_parameterize::render_json_e;
/// use taskgraph_value::{json, map};
/// let template = map! {
///     "name" => "build-${platform}",
///     "chunks" => map! { "$eval" => "range(1, chunks + 1)" },
///     "deadline" => map! { "$fromNow" => "1 day" },
/// };
/// let now = "2026-01-31T12:00:00Z".parse()?;
/// let task = render_json_e(&template.into(), &map! { "platform" => "mac", "chunks" => 2 }, now)?.unwrap();
/// assert_eq!(
///     json::compact(&task)?,
///     r#"{"name":"build-mac","chunks":[1,2],"deadline":"2026-02-01T12:00:00.000Z"}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render_json_e(
    template: &Value,
    context: &Map,
    now: DateTime<Utc>,
) -> std::result::Result<Option<Value>, JsonEError> {
    let now = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    render(template, context, &[], &now).map_err(JsonEError)
}

/// A function that expressions can call: its arguments, and what it returns or what is wrong with them.
pub type JsonEFunction<'f> = &'f dyn Fn(&[Value]) -> std::result::Result<Value, String>;

/// As [`render_json_e`], with functions of the caller that expressions can call by name. Names in the context and those
/// that a template binds hide them; they hide those of the language. A result counts as what is made along the way.
///
/// ```
/// use taskgraph_parameterize::render_json_e_with;
/// use taskgraph_value::{Map, Value};
/// let shout = |arguments: &[Value]| match arguments {
///     [Value::Str(text)] => Ok(Value::from(format!("{text}!"))),
///     _ => Err("expected a string".to_owned()),
/// };
/// let (template, now) = ("${shout('hey')}".into(), "2026-01-31T12:00:00Z".parse()?);
/// assert_eq!(render_json_e_with(&template, &Map::new(), &[("shout", &shout)], now)?, Some("hey!".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render_json_e_with(
    template: &Value,
    context: &Map,
    functions: &[(&str, JsonEFunction<'_>)],
    now: DateTime<Utc>,
) -> std::result::Result<Option<Value>, JsonEError> {
    let now = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    render(template, context, functions, &now).map_err(JsonEError)
}

fn render(
    template: &Value,
    context: &Map,
    functions: &[(&str, JsonEFunction<'_>)],
    now: &str,
) -> Result<Option<Value>> {
    check(template, 0).map_err(|problem| format!("the template {problem}"))?;
    if let Some(name) = context.keys().find(|name| !parse::is_name(name)) {
        return Err(format!("the name `{name}` in the context is not an identifier"));
    }
    for (name, value) in context {
        check(value, 0).map_err(|problem| format!("`{name}` in the context {problem}"))?;
    }
    let base = Scope::new([("now", Value::from(now))]);
    let scope = base.child(context.iter().map(|(name, value)| (name.as_str(), value.clone())));
    Renderer { meter: Meter::default(), functions }.render(template, &scope)
}

/// Fails if a value is too deep, or has a date.
fn check(value: &Value, depth: usize) -> Result<()> {
    match value {
        _ if depth > DEEPEST => Err(format!("is more than {DEEPEST} deep")),
        Value::Date(date) => Err(format!("has the date {date}, which JSON does not have")),
        Value::List(items) => items.iter().try_for_each(|item| check(item, depth + 1)),
        Value::Map(object) => object.values().try_for_each(|item| check(item, depth + 1)),
        _ => Ok(()),
    }
}

/// Renders templates, and counts what that costs.
struct Renderer<'f> {
    meter: Meter,
    /// Of the caller, by name.
    functions: &'f [(&'f str, JsonEFunction<'f>)],
}

impl Renderer<'_> {
    /// Renders a template; nothing if it is to be left out of what it is in.
    fn render(&self, template: &Value, scope: &Scope<'_>) -> Result<Option<Value>> {
        self.meter.node()?;
        Ok(Some(match template {
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::BigInt(_)
            | Value::Float(_)
            | Value::Date(_) => template.clone(),
            Value::Str(text) => Value::Str(self.interpolate(text, scope)?),
            Value::List(items) => {
                let items = items.iter().filter_map(|item| self.render(item, scope).transpose());
                Value::from(items.collect::<Result<Vec<_>>>()?)
            }
            Value::Map(object) => {
                let mut operators = object.keys().filter(|key| operators::is_one(key));
                match (operators.next(), operators.next()) {
                    (Some(operator), None) => return self.operate(operator, object, scope),
                    (Some(first), Some(second)) => {
                        return Err(format!("only one operator is allowed, found {first} and {second}"));
                    }
                    (None, _) => self.object(object, scope)?,
                }
            }
        }))
    }

    fn object(&self, object: &Map, scope: &Scope<'_>) -> Result<Value> {
        let mut rendered = Map::new();
        for (key, value) in object {
            let Some(value) = self.render(value, scope)? else { continue };
            let key = match key.strip_prefix('$') {
                Some(rest) if rest.starts_with('$') => rest.into(),
                Some(rest) if parse::is_plain_name(rest) => {
                    return Err(format!("$<identifier> is reserved; use $$<identifier> ({key})"));
                }
                _ => key.clone(),
            };
            self.meter.spend(64)?;
            rendered.insert(self.interpolate(&key, scope)?, value);
        }
        Ok(Value::Map(rendered))
    }

    /// Replaces `${expression}` in a text.
    fn interpolate(&self, text: &Str, scope: &Scope<'_>) -> Result<Str> {
        self.meter.spend(text.len() as u64)?;
        if !text.contains("${") {
            return Ok(text.clone());
        }
        let mut result = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("${") {
            // A dollar in front of it makes it stand for itself.
            if rest[..at].ends_with('$') {
                result.push_str(&rest[..at]);
                result.push('{');
                rest = &rest[at + 2..];
                continue;
            }
            result.push_str(&rest[..at]);
            let (node, after) = parse::start(&rest[at + 2..])?;
            let expression = rest[at + 2..].strip_suffix(after).unwrap_or_default();
            rest = after.trim_start().strip_prefix('}').ok_or("unterminated ${..} expression")?;
            let value = self.evaluate(&node, scope)?.into_value()?;
            match value {
                Value::Null => {}
                Value::List(_) | Value::Map(_) => {
                    return Err(format!("interpolation of '{expression}' produced an array or object"));
                }
                scalar => result.push_str(&builtins::text(&scalar)?),
            }
            self.meter.spend(result.len() as u64)?;
        }
        result.push_str(rest);
        Ok(result.into())
    }

    /// Evaluates a whole text as an expression.
    fn expression(&self, text: &str, scope: &Scope<'_>) -> Result<Value> {
        self.meter.spend(text.len() as u64)?;
        let (node, rest) = parse::start(text)?;
        if !rest.trim_start().is_empty() {
            return Err(format!("unexpected `{}` in an expression", parse::excerpt(rest)));
        }
        let value = self.evaluate(&node, scope)?.into_value()?;
        self.meter.admit(&value)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
