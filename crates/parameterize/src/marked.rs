//! Mappings with one key that stand for a text: `{"task-reference": ...}` and its like.

use std::fmt;

use taskgraph_value::{List, Map, Str, Value};

/// What a key such as `task-reference` makes of the text beside it.
pub(crate) trait Marks {
    /// What can be wrong with a text.
    type Problem;

    /// Whether a key is one of them.
    fn is_mark(&self, key: &str) -> bool;

    /// The text that a marked one stands for.
    fn resolve(&self, mark: &str, text: &Str) -> Result<Str, Self::Problem>;

    /// Something else is where the text should be.
    fn not_text(&self, mark: &str, found: &Value) -> Self::Problem;
}

/// A problem and the keys that lead to it.
#[derive(Debug)]
pub(crate) struct Placed<P> {
    /// The innermost key comes first.
    keys: Vec<String>,
    pub(crate) problem: P,
}

impl<P> Placed<P> {
    fn new(problem: P) -> Self {
        Placed { keys: Vec::new(), problem }
    }

    fn under(mut self, key: impl fmt::Display) -> Self {
        self.keys.push(key.to_string());
        self
    }

    /// The keys, joined by dots.
    pub(crate) fn path(&self) -> String {
        self.keys.iter().rev().map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

/// The value with every marked text resolved; nothing if there is none, so that it can stay shared.
///
/// `{mark: {text: value}}` resolves the texts that are keys, and what is in the values.
pub(crate) fn changed<M: Marks>(value: &Value, marks: &M) -> Result<Option<Value>, Placed<M::Problem>> {
    match value {
        Value::List(list) => Ok(changed_list(list, marks)?.map(Value::List)),
        Value::Map(map) => match map.single() {
            Some((mark, inner)) if marks.is_mark(mark) => {
                stands_for(mark, inner, marks).map(Some).map_err(|error| error.under(mark))
            }
            _ => Ok(changed_map(map, marks)?.map(Value::Map)),
        },
        _ => Ok(None),
    }
}

/// What `{mark: inner}` stands for.
fn stands_for<M: Marks>(mark: &str, inner: &Value, marks: &M) -> Result<Value, Placed<M::Problem>> {
    match inner {
        Value::Str(text) => marks.resolve(mark, text).map(Value::Str).map_err(Placed::new),
        Value::Map(inner) => {
            let mut entries = Vec::with_capacity(inner.len());
            for (text, value) in inner {
                let name = marks.resolve(mark, text).map_err(|problem| Placed::new(problem).under(text))?;
                let new = changed(value, marks).map_err(|error| error.under(text))?;
                entries.push((name, new.unwrap_or_else(|| value.clone())));
            }
            Ok(Value::Map(entries.into()))
        }
        other => Err(Placed::new(marks.not_text(mark, other))),
    }
}

fn changed_list<M: Marks>(list: &List, marks: &M) -> Result<Option<List>, Placed<M::Problem>> {
    let mut new: Option<List> = None;
    for (at, item) in list.iter().enumerate() {
        if let Some(item) = changed(item, marks).map_err(|error| error.under(at))? {
            // The copy is made with the first change, and is alone from then on.
            new.get_or_insert_with(|| list.clone())[at] = item;
        }
    }
    Ok(new)
}

fn changed_map<M: Marks>(map: &Map, marks: &M) -> Result<Option<Map>, Placed<M::Problem>> {
    let mut new: Option<Map> = None;
    for (at, (key, value)) in map.iter().enumerate() {
        if let Some(value) = changed(value, marks).map_err(|error| error.under(key))? {
            new.get_or_insert_with(|| map.clone()).replace_at(at, value);
        }
    }
    Ok(new)
}
