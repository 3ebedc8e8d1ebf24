//! A shared map that keeps the order of its keys.

mod entries;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use entries::{Entries, same_key};

use crate::{Str, Value};

/// String keys and their values, in the order in which the keys were first written, as in a Python dict.
///
/// A clone shares the entries; writing to a shared map copies it first.
#[derive(Clone, Debug, Default)]
pub struct Map(Arc<Entries>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for `capacity` keys.
    pub fn with_capacity(capacity: usize) -> Self {
        Map(Arc::new(Entries::with_capacity(capacity)))
    }

    /// A map of keys that are known to be distinct.
    #[doc(hidden)]
    pub fn of_distinct(list: Vec<(Str, Value)>) -> Self {
        Map(Arc::new(Entries::of_distinct(list)))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.list().len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.0.list().is_empty()
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The value of a key unless it is null, which many descriptions use for "not given".
    #[inline]
    pub fn get_some(&self, key: &str) -> Option<&Value> {
        self.get(key).filter(|value| !value.is_null())
    }

    /// The text of a key whose value is a string.
    #[inline]
    pub fn get_str(&self, key: &str) -> Option<&Str> {
        self.get(key)?.as_str()
    }

    /// The map of a key whose value is a map.
    #[inline]
    pub fn get_map(&self, key: &str) -> Option<&Map> {
        self.get(key)?.as_map()
    }

    /// The items of a key whose value is a list; nothing for any other value.
    #[inline]
    pub fn get_list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_list).map_or(&[], |list| list.as_slice())
    }

    /// Whether the key is there and its value is one that Python takes for true.
    #[inline]
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(Value::is_truthy)
    }

    /// Whether the key is there.
    #[inline]
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.position(key).is_some()
    }

    /// The value of a key, to change it. Copies a shared map, but only if the key is there.
    #[inline]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.0.position(key)?;
        Some(&mut Arc::make_mut(&mut self.0).list_mut()[at].1)
    }

    /// Replaces the value at a position in the order of keys, and returns the former one. For passes over a map, which
    /// need not look keys up. Nothing happens where there is no key.
    pub fn replace_at(&mut self, at: usize, value: Value) -> Option<Value> {
        let (_, place) = Arc::make_mut(&mut self.0).list_mut().get_mut(at)?;
        Some(std::mem::replace(place, value))
    }

    /// Sets a key. A key that is there keeps its place, and its former value is returned.
    pub fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        self.with_room(1).insert(key, value)
    }

    /// The entries, to add some. A copy of shared ones gets some more room than for `more` at once: mostly it is the
    /// first of several additions.
    fn with_room(&mut self, more: usize) -> &mut Entries {
        if Arc::strong_count(&self.0) > 1 {
            self.0 = Arc::new(self.0.copy_with_room(more + 3));
        }
        Arc::make_mut(&mut self.0)
    }

    /// Sets a key unless it is there; returns its value, to change it.
    pub fn get_or_insert_with(&mut self, key: Str, default: impl FnOnce() -> Value) -> &mut Value {
        let entries = self.with_room(1);
        let at = match entries.position(&key) {
            Some(at) => at,
            None => {
                entries.push_new(key, default());
                entries.list().len() - 1
            }
        };
        &mut entries.list_mut()[at].1
    }

    /// Sets a key unless it is there. Leaves a shared map shared if there is nothing to do.
    pub fn set_default(&mut self, key: Str, value: impl Into<Value>) {
        if !self.contains_key(&key) {
            self.with_room(1).push_new(key, value.into());
        }
    }

    /// The map of a key, to change it. A key that is absent, or whose value is no map, gets an empty one.
    pub fn map_mut(&mut self, key: Str) -> &mut Map {
        let value = self.get_or_insert_with(key, || Value::Map(Map::new()));
        if !matches!(value, Value::Map(_)) {
            *value = Value::Map(Map::new());
        }
        match value {
            Value::Map(map) => map,
            _ => unreachable!("it was just made a map"),
        }
    }

    /// The list of a key, to change it. A key that is absent, or whose value is no list, gets an empty one.
    pub fn list_mut(&mut self, key: Str) -> &mut crate::List {
        let value = self.get_or_insert_with(key, || Value::List(crate::List::new()));
        if !matches!(value, Value::List(_)) {
            *value = Value::List(crate::List::new());
        }
        match value {
            Value::List(list) => list,
            _ => unreachable!("it was just made a list"),
        }
    }

    /// Takes a key out. The others keep their order.
    #[inline]
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.position(key)?;
        Some(Arc::make_mut(&mut self.0).remove_at(at))
    }

    /// Takes a map out of its key, to change it without copying and put it back. The key stays, with null; without the
    /// key, or if its value is no map, the result is empty.
    pub fn take_map(&mut self, key: &str) -> Map {
        match self.get_mut(key).map(std::mem::take) {
            Some(Value::Map(map)) => map,
            _ => Map::new(),
        }
    }

    /// Sets every key of `other`, in its order.
    pub fn extend_from(&mut self, other: &Map) {
        if self.is_empty() {
            *self = other.clone();
            return;
        }
        if other.is_empty() {
            return;
        }
        self.with_room(other.len()).extend_from(&other.0);
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Str, Value)> {
        self.0.list().iter()
    }

    /// Keys, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Str> {
        self.iter().map(|(key, _)| key)
    }

    /// Values, in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// Values, in the order of their keys, to change them.
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Value> {
        Arc::make_mut(&mut self.0).list_mut().iter_mut().map(|(_, value)| value)
    }

    /// Whether both are one map in memory.
    pub fn is(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether there are other maps that share the entries, so that a change copies them.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether both have the same keys in the same order.
    pub fn has_keys_of(&self, other: &Map) -> bool {
        self.len() == other.len()
            && self.iter().zip(other).all(|((a, _), (b, _))| Str::ptr_eq(a, b) || same_key(a, b))
    }

    /// Whether both have the same keys in the same order, and for each of them what [`Value::is`] the same; the values of
    /// some keys may differ.
    pub fn is_but_for(&self, keys: &[&str], other: &Map) -> bool {
        let same =
            |((key, a), (_, b)): (&(Str, Value), &(Str, Value))| a.is(b) || keys.contains(&key.as_str());
        self.has_keys_of(other) && self.iter().zip(other).all(same)
    }

    /// The entries if no other map shares them. Keys must not be changed.
    pub(crate) fn unshared(&mut self) -> Option<&mut [(Str, Value)]> {
        Arc::get_mut(&mut self.0).map(|entries| entries.list_mut())
    }

    /// The only entry of a map with one key.
    pub fn single(&self) -> Option<(&Str, &Value)> {
        match self.0.list() {
            [(key, value)] => Some((key, value)),
            _ => None,
        }
    }
}

/// Equal keys have equal values, in whatever order: as Python compares dicts.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value)))
    }
}

/// A repeated key keeps its first place and takes its last value.
impl From<Vec<(Str, Value)>> for Map {
    fn from(list: Vec<(Str, Value)>) -> Self {
        Map(Arc::new(list.into()))
    }
}

impl<V: Into<Value>> FromIterator<(Str, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (Str, V)>>(iter: I) -> Self {
        iter.into_iter().map(|(key, value)| (key, value.into())).collect::<Vec<_>>().into()
    }
}

impl IntoIterator for Map {
    type Item = (Str, Value);
    type IntoIter = std::vec::IntoIter<(Str, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| (*shared).clone()).into_list().into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Str, Value);
    type IntoIter = std::slice::Iter<'a, (Str, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
