//! Values that depend on attributes: `by-level: {3: ..., default: ...}`.

use std::fmt::{self, Display};

use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value, json, split_path};
use thiserror::Error;

use crate::python_re::{RegexError, re_match_to_end};

/// Where the attributes come from that `by-<name>` asks for.
///
/// Maps answer with their values; pairs ask their first half, then, where that knows nothing, the second.
pub trait Attributes {
    /// The value of an attribute. Null is the same as none.
    fn attribute(&self, name: &str) -> Option<Value>;
}

impl Attributes for Map {
    fn attribute(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

impl<A: Attributes + ?Sized> Attributes for &A {
    fn attribute(&self, name: &str) -> Option<Value> {
        (**self).attribute(name)
    }
}

impl<A: Attributes, B: Attributes> Attributes for (A, B) {
    fn attribute(&self, name: &str) -> Option<Value> {
        self.0.attribute(name).or_else(|| self.1.attribute(name))
    }
}

/// Attributes that a closure computes when asked.
///
/// ```
/// use taskgraph_config::{Attributes, AttributesFn};
/// let attributes = AttributesFn(|name: &str| (name == "level").then(|| "3".into()));
/// assert_eq!(attributes.attribute("level"), Some("3".into()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AttributesFn<F>(pub F);

impl<F: Fn(&str) -> Option<Value>> Attributes for AttributesFn<F> {
    fn attribute(&self, name: &str) -> Option<Value> {
        (self.0)(name)
    }
}

/// How to evaluate.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyedBy<'a> {
    /// Attributes that are not known yet: `by-<name>` of these is left as it is.
    pub defer: &'a [Str],
    /// Take the first alternative that matches, even if others do, too.
    pub allow_several: bool,
}

/// Why a keyed value has no value. Every variant says for which item, in the words of the caller.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyedByError {
    /// `default` is the only alternative, so nothing depends on the attribute.
    #[error(
        "`by-{attribute}` has no alternative but `default`, so it is unnecessary, while determining {item}"
    )]
    OnlyDefault {
        /// The attribute.
        attribute: String,
        /// What was being determined.
        item: String,
    },
    /// The attribute is unknown or null, and there is no `default`.
    #[error(
        "`by-{attribute}`: there is no attribute `{attribute}` and no alternative `default` (alternatives: {alternatives}), while determining {item}"
    )]
    NoAttribute {
        /// The attribute.
        attribute: String,
        /// The keys of all alternatives.
        alternatives: String,
        /// What was being determined.
        item: String,
    },
    /// Several alternatives match as regular expressions.
    #[error(
        "`by-{attribute}`: `{target}` matches several alternatives ({matching}), while determining {item}"
    )]
    SeveralMatches {
        /// The attribute.
        attribute: String,
        /// Its value.
        target: String,
        /// The keys of the alternatives that match.
        matching: String,
        /// What was being determined.
        item: String,
    },
    /// No alternative matches, and there is no `default`.
    #[error(
        "`by-{attribute}`: `{target}` matches no alternative (alternatives: {alternatives}), and there is no `default`, while determining {item}"
    )]
    NoMatch {
        /// The attribute.
        attribute: String,
        /// Its value.
        target: String,
        /// The keys of all alternatives.
        alternatives: String,
        /// What was being determined.
        item: String,
    },
    /// The key of an alternative is no regular expression.
    #[error("`by-{attribute}`: {source}, while determining {item}")]
    Regex {
        /// The attribute.
        attribute: String,
        /// The key, and what is wrong with it.
        source: RegexError,
        /// What was being determined.
        item: String,
    },
    /// `by-<name>` is not followed by alternatives.
    #[error("`by-{attribute}`: expected a mapping of alternatives, found {found}, while determining {item}")]
    NotAlternatives {
        /// The attribute.
        attribute: String,
        /// What is there instead.
        found: String,
        /// What was being determined.
        item: String,
    },
    /// The value of the attribute cannot be matched.
    #[error(
        "`by-{attribute}`: expected the attribute to be a string, found {found}, while determining {item}"
    )]
    NotText {
        /// The attribute.
        attribute: String,
        /// Its value.
        found: String,
        /// What was being determined.
        item: String,
    },
}

/// The value that `value` stands for, given the attributes; `value` itself if it is not keyed.
///
/// A keyed value is a mapping with the single key `by-<name>`. Its alternatives are tried in this order: the one
/// whose key equals the attribute; those whose key matches it as a regular expression, of which there must be
/// only one; `default`. What is found may be keyed again. `item` is for error messages.
///
/// ```
/// use taskgraph_config::{KeyedBy, evaluate_keyed_by};
/// use taskgraph_value::map;
///
/// let value = map! { "by-platform" => map! { "win.*" => 6, "macosx/debug" => 13, "default" => 12 } }.into();
/// let chunks = |platform: &str| {
///     evaluate_keyed_by(&value, &"`chunks` in `test`", &map! { "platform" => platform }, &KeyedBy::default())
/// };
/// assert_eq!(chunks("win64")?, 6.into());
/// assert_eq!(chunks("linux")?, 12.into());
/// # Ok::<(), taskgraph_config::KeyedByError>(())
/// ```
pub fn evaluate_keyed_by(
    value: &Value,
    item: &dyn Display,
    attributes: &dyn Attributes,
    options: &KeyedBy<'_>,
) -> Result<Value, KeyedByError> {
    let mut value = value;
    while let Some((attribute, alternatives)) = keyed(value, options) {
        value = choose(attribute, alternatives, item, attributes, options)?;
    }
    Ok(value.clone())
}

/// The attribute and the alternatives of a keyed value that is not deferred.
fn keyed<'v>(value: &'v Value, options: &KeyedBy<'_>) -> Option<(&'v str, &'v Value)> {
    let (key, alternatives) = value.as_map()?.single()?;
    let attribute = key.strip_prefix("by-")?;
    let deferred = options.defer.iter().any(|name| name.as_str() == attribute);
    (!deferred).then_some((attribute, alternatives))
}

fn choose<'v>(
    name: &str,
    alternatives: &'v Value,
    item: &dyn Display,
    attributes: &dyn Attributes,
    options: &KeyedBy<'_>,
) -> Result<&'v Value, KeyedByError> {
    let (attribute, item) = (|| name.to_owned(), || item.to_string());
    let Value::Map(alternatives) = alternatives else {
        let found = describe(alternatives);
        return Err(KeyedByError::NotAlternatives { attribute: attribute(), found, item: item() });
    };
    let default = alternatives.get("default");
    if alternatives.len() == 1 && default.is_some() {
        return Err(KeyedByError::OnlyDefault { attribute: attribute(), item: item() });
    }
    let Some(target) = attributes.attribute(name).filter(|value| !value.is_null()) else {
        return default.ok_or_else(|| KeyedByError::NoAttribute {
            attribute: attribute(),
            alternatives: list(alternatives.keys()),
            item: item(),
        });
    };
    let not_text =
        || KeyedByError::NotText { attribute: attribute(), found: describe(&target), item: item() };
    let text = key_text(&target).ok_or_else(not_text)?;
    if let Some(value) = alternatives.get(&text) {
        return Ok(value);
    }
    if !alternatives.is_empty() && !matches!(target, Value::Str(_)) {
        return Err(not_text());
    }
    let mut matching: Vec<(&Str, &Value)> = Vec::new();
    for entry in alternatives {
        let matches = re_match_to_end(entry.0, &text).map_err(|source| KeyedByError::Regex {
            attribute: attribute(),
            source,
            item: item(),
        })?;
        if matches {
            matching.push(entry);
        }
    }
    match matching.as_slice() {
        [] => default.ok_or_else(|| KeyedByError::NoMatch {
            attribute: attribute(),
            target: text.to_string(),
            alternatives: list(alternatives.keys()),
            item: item(),
        }),
        [_, _, ..] if !options.allow_several => Err(KeyedByError::SeveralMatches {
            attribute: attribute(),
            target: text.to_string(),
            matching: list(matching.iter().map(|(key, _)| *key)),
            item: item(),
        }),
        [(_, value), ..] => Ok(value),
    }
}

/// The text that a key of a mapping with this value has, for our reader makes texts of all keys.
fn key_text(target: &Value) -> Option<Str> {
    match target {
        Value::Str(text) | Value::Date(text) => Some(text.clone()),
        Value::List(_) | Value::Map(_) => None,
        scalar => json::compact(scalar).ok().map(Str::from),
    }
}

fn list<'a>(keys: impl Iterator<Item = &'a Str>) -> String {
    const MOST: usize = 20;
    let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
    match keys.len() {
        0 => "none".into(),
        count if count > MOST => format!("{} and {} more", keys[..MOST].join(", "), count - MOST),
        _ => keys.join(", "),
    }
}

/// Evaluates a field of a task in place; see [`evaluate_keyed_by`].
///
/// `field` is a path of keys joined by dots, in which `name[]` stands for every item of the list `name`
/// (`worker.artifacts[].path`). What the path does not lead to is left alone, and a task without keyed values
/// there stays shared with its copies. Attributes are those of `extra`, then the task's own top-level keys.
///
/// ```
/// use taskgraph_config::{KeyedBy, resolve_keyed_by};
/// use taskgraph_value::map;
///
/// let mut task = map! {
///     "platform" => "win64",
///     "worker" => map! { "chunks" => map! { "by-platform" => map! { "win.*" => 6, "default" => 12 } } },
/// };
/// resolve_keyed_by(&mut task, "worker.chunks", &"test", &map! {}, &KeyedBy::default())?;
/// assert_eq!(task.get_map("worker").and_then(|worker| worker.get("chunks")), Some(&6.into()));
/// # Ok::<(), taskgraph_config::KeyedByError>(())
/// ```
pub fn resolve_keyed_by(
    task: &mut Map,
    field: &str,
    item: &dyn Display,
    extra: &dyn Attributes,
    options: &KeyedBy<'_>,
) -> Result<(), KeyedByError> {
    let mut found = Vec::new();
    find(task, field, &[], options, &mut found);
    let item = &FieldOf(field, item);
    let mut resolved = Vec::with_capacity(found.len());
    for (path, value) in found {
        resolved.push((path, evaluate_keyed_by(value, item, &(extra, &*task), options)?));
    }
    for (path, value) in resolved {
        if let Some(place) = place(task, &path) {
            *place = value;
        }
    }
    Ok(())
}

/// A field of an item, for error messages.
struct FieldOf<'a>(&'a str, &'a dyn Display);

impl Display for FieldOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in `{}`", self.0, self.1)
    }
}

/// One step from a mapping towards a field.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// Adds the keyed values that `field` of a mapping leads to, and the way there. `before` is the way to the mapping.
fn find<'a, 'f>(
    mapping: &'a Map,
    field: &'f str,
    before: &[Step<'f>],
    options: &KeyedBy<'_>,
    found: &mut Vec<(Vec<Step<'f>>, &'a Value)>,
) {
    let (mut container, mut rest) = (mapping, field);
    let way = |keys: &'f str| before.iter().copied().chain(keys.split_terminator('.').map(Step::Key));
    while let Some((key, after)) = split_path(rest) {
        if let Some(list) = key.strip_suffix("[]") {
            for (at, item) in container.get_list(list).iter().enumerate() {
                if let Value::Map(item) = item {
                    let passed = &field[..field.len() - rest.len()];
                    let way: Vec<Step<'f>> = way(passed).chain([Step::Key(list), Step::Item(at)]).collect();
                    find(item, after, &way, options, found);
                }
            }
            return;
        }
        let Some(inner) = container.get_map(key) else { return };
        (container, rest) = (inner, after);
    }
    if let Some(value) = container.get(rest).filter(|value| keyed(value, options).is_some()) {
        let passed = &field[..field.len() - rest.len()];
        found.push((way(passed).chain([Step::Key(rest)]).collect(), value));
    }
}

fn place<'t>(task: &'t mut Map, path: &[Step<'_>]) -> Option<&'t mut Value> {
    let (first, rest) = path.split_first()?;
    let Step::Key(first) = first else { return None };
    rest.iter().try_fold(task.get_mut(first)?, |value, step| match step {
        Step::Key(key) => value.as_map_mut()?.get_mut(key),
        Step::Item(at) => value.as_list_mut()?.get_mut(*at),
    })
}

#[cfg(test)]
mod tests;
