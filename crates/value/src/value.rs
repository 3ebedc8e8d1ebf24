//! The value itself.

use crate::{List, Map, Str};

/// A JSON-like value, with what YAML adds to it.
///
/// Sixteen bytes; a clone is at most a counter.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// Any other integer, as decimal digits with an optional `-`.
    BigInt(Str),
    /// A floating point number; infinities and NaN included.
    Float(f64),
    /// A date or a time, as Python's `str()` shows it. YAML has them, JSON does not.
    Date(Str),
    /// Text.
    Str(Str),
    /// A list.
    List(List),
    /// A map.
    Map(Map),
}

impl Value {
    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items of a list, to change them.
    pub fn as_list_mut(&mut self) -> Option<&mut List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The entries of a map, to change them.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// An integer that fits.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The value at a dotted path of map keys, e.g. `worker.env`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        match split_path(path) {
            None => self.as_map()?.get(path),
            Some((key, rest)) => self.as_map()?.get(key)?.at(rest),
        }
    }

    /// The value at a dotted path of map keys, to change it.
    pub fn at_mut(&mut self, path: &str) -> Option<&mut Value> {
        match split_path(path) {
            None => self.as_map_mut()?.get_mut(path),
            Some((key, rest)) => self.as_map_mut()?.get_mut(key)?.at_mut(rest),
        }
    }

    /// Whether both are one value in memory, or equal scalars. Tells at once; if not, they may be equal all the same.
    #[inline]
    pub fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Str(a), Value::Str(b)) => Str::ptr_eq(a, b),
            (Value::List(a), Value::List(b)) => a.is(b),
            (Value::Map(a), Value::Map(b)) => a.is(b),
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            // Most often asked, and answered without a call.
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            _ => self == other,
        }
    }

    /// What this is, for an error message: `a string`, `a list`, ...
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::BigInt(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Date(_) => "a date",
            Value::Str(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The first date in this value, and the keys that lead to it. JSON cannot hold one.
    pub fn find_date(&self) -> Option<(String, &Str)> {
        fn join(key: &str, rest: String) -> String {
            if rest.is_empty() { key.to_owned() } else { format!("{key}.{rest}") }
        }
        match self {
            Value::Date(date) => Some((String::new(), date)),
            Value::List(list) => list.iter().enumerate().find_map(|(at, item)| {
                let (path, date) = item.find_date()?;
                Some((join(&at.to_string(), path), date))
            }),
            Value::Map(map) => map.iter().find_map(|(key, item)| {
                let (path, date) = item.find_date()?;
                Some((join(key, path), date))
            }),
            _ => None,
        }
    }
}

/// The first key of a dotted path and the rest of it; nothing if the path is one key.
///
/// ```
/// use taskgraph_value::split_path;
/// assert_eq!(split_path("worker.env.LANG"), Some(("worker", "env.LANG")));
/// assert_eq!(split_path("name"), None);
/// ```
pub fn split_path(path: &str) -> Option<(&str, &str)> {
    // Paths are short: quicker than a search that is made for long text.
    let dot = path.bytes().position(|byte| byte == b'.')?;
    Some((&path[..dot], &path[dot + 1..]))
}

macro_rules! from {
    ($($from:ty => $make:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "one shape for every conversion")]
                ($make)(value)
            }
        }
    )+};
}

from! {
    bool => Value::Bool,
    i32 => |n| Value::Int(i64::from(n)),
    u32 => |n| Value::Int(i64::from(n)),
    i64 => Value::Int,
    f64 => Value::Float,
    Str => Value::Str,
    &Str => |text: &Str| Value::Str(text.clone()),
    &str => |text: &str| Value::Str(text.into()),
    String => |text: String| Value::Str(text.into()),
    List => Value::List,
    Vec<Value> => |items: Vec<Value>| Value::List(items.into()),
    Map => Value::Map,
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        i64::try_from(n).map_or_else(|_| Value::BigInt(n.to_string().into()), Value::Int)
    }
}
