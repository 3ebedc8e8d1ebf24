//! A shared map that keeps the order of its keys.

mod keys;
#[cfg(test)]
mod tests;

use std::fmt;
use std::iter::Zip;
use std::slice;

use triomphe::Arc;

#[doc(hidden)]
pub use keys::LiteralKeys;
use keys::{Keys, same_key};

use crate::{Str, Value};

/// String keys and their values, in the order in which the keys were first written, as in a Python dict.
///
/// A clone shares the entries; writing to a shared map copies it first, without its keys, which stay shared.
#[derive(Clone, Default)]
pub struct Map(
    /// An empty map needs no memory.
    Option<Arc<Entries>>,
);

#[derive(Default)]
struct Entries {
    keys: Keys,
    /// As many as keys.
    values: Vec<Value>,
}

/// Not inlined: most maps that are changed are not shared, and to see that is a matter of a few instructions.
impl Clone for Entries {
    #[inline(never)]
    fn clone(&self) -> Self {
        Entries { keys: self.keys.clone(), values: self.values.clone() }
    }
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for `capacity` keys.
    pub fn with_capacity(capacity: usize) -> Self {
        Map(Some(Arc::new(Entries { keys: Keys::default(), values: Vec::with_capacity(capacity) })))
    }

    /// A map that is written with its keys.
    #[doc(hidden)]
    pub fn of_literals<const N: usize>(keys: &'static LiteralKeys<N>, values: [Value; N]) -> Self {
        Map(Some(Arc::new(Entries { keys: keys.keys(), values: values.into() })))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.values_slice().len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn values_slice(&self) -> &[Value] {
        self.0.as_ref().map_or(&[], |entries| &entries.values)
    }

    fn key_slice(&self) -> &[Str] {
        self.0.as_ref().map_or(&[], |entries| entries.keys.list())
    }

    #[inline(always)]
    fn position(&self, key: &str) -> Option<usize> {
        self.0.as_ref()?.keys.position(key)
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let entries = self.0.as_ref()?;
        entries.values.get(entries.keys.position(key)?)
    }

    /// The value of a key, and its position in the order of keys.
    pub(crate) fn get_at(&self, key: &str) -> Option<(usize, &Value)> {
        let at = self.position(key)?;
        Some((at, self.values_slice().get(at)?))
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
        self.position(key).is_some()
    }

    /// The value of a key, to change it. Copies a shared map, but only if the key is there.
    #[inline]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.position(key)?;
        self.values_to_change().get_mut(at)
    }

    fn values_to_change(&mut self) -> &mut [Value] {
        match &mut self.0 {
            Some(entries) => &mut Arc::make_mut(entries).values,
            None => &mut [],
        }
    }

    /// Replaces the value at a position in the order of keys, and returns the former one. For passes over a map, which
    /// need not look keys up. Nothing happens where there is no key.
    pub fn replace_at(&mut self, at: usize, value: Value) -> Option<Value> {
        let place = self.values_to_change().get_mut(at)?;
        Some(std::mem::replace(place, value))
    }

    /// Sets a key. A key that is there keeps its place, and its former value is returned.
    pub fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        self.with_room(1).insert(key, value)
    }

    /// The entries, to add some.
    #[inline]
    fn with_room(&mut self, more: usize) -> &mut Entries {
        if !self.0.as_ref().is_some_and(Arc::is_unique) {
            self.make_room(more);
        }
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// A copy of shared entries gets some more room than for `more` at once: mostly it is the first of several additions.
    #[inline(never)]
    fn make_room(&mut self, more: usize) {
        let entries = self.0.get_or_insert_default();
        if !entries.is_unique() {
            let mut values = Vec::with_capacity(entries.values.len() + more + 3);
            values.extend_from_slice(&entries.values);
            *entries = Arc::new(Entries { keys: entries.keys.clone(), values });
        }
    }

    /// Sets a key unless it is there; returns its value, to change it.
    pub fn get_or_insert_with(&mut self, key: Str, default: impl FnOnce() -> Value) -> &mut Value {
        let entries = self.with_room(1);
        let at = entries.keys.position_or_add(key).unwrap_or_else(|| {
            // First any value, because `default` may panic, and keys and values must be as many.
            entries.push(Value::Null);
            let at = entries.values.len() - 1;
            entries.values[at] = default();
            at
        });
        &mut entries.values[at]
    }

    /// Sets a key unless it is there. Leaves a shared map shared if there is nothing to do.
    pub fn set_default(&mut self, key: Str, value: impl Into<Value>) {
        if !self.contains_key(&key) {
            self.with_room(1).insert(key, value.into());
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
        let at = self.position(key)?;
        let entries = Arc::make_mut(self.0.as_mut()?);
        entries.keys.remove(at);
        Some(entries.values.remove(at))
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
        let Some(added) = &other.0 else { return };
        let entries = self.with_room(other.len());
        if added.keys.is(&entries.keys) {
            entries.values.clone_from_slice(&added.values);
            return;
        }
        if entries.keys.add_all(&added.keys) {
            entries.reserve(added.values.len());
            entries.values.extend_from_slice(&added.values);
            return;
        }
        for (key, value) in other {
            entries.insert(key.clone(), value.clone());
        }
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.key_slice().iter().zip(self.values_slice())
    }

    /// Calls `each` with keys and values, sorted by key.
    pub(crate) fn try_for_each_sorted<E>(
        &self,
        mut each: impl FnMut(&Str, &Value) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(entries) = &self.0 else { return Ok(()) };
        let (keys, values, sorted) = (entries.keys.list(), &entries.values, entries.keys.sorted());
        if sorted.is_empty() {
            return self.iter().try_for_each(|(key, value)| each(key, value));
        }
        sorted.iter().try_for_each(|at| each(&keys[*at as usize], &values[*at as usize]))
    }

    /// Keys, in order.
    pub fn keys(&self) -> slice::Iter<'_, Str> {
        self.key_slice().iter()
    }

    /// Values, in the order of their keys.
    pub fn values(&self) -> slice::Iter<'_, Value> {
        self.values_slice().iter()
    }

    /// Values, in the order of their keys, to change them.
    pub fn values_mut(&mut self) -> slice::IterMut<'_, Value> {
        self.values_to_change().iter_mut()
    }

    /// Where it is in memory: the same for two maps that share their entries, and for all that are empty and never
    /// had any.
    pub(crate) fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |entries| Arc::as_ptr(entries) as usize)
    }

    /// Whether both are one map in memory.
    pub fn is(&self, other: &Map) -> bool {
        self.address() == other.address()
    }

    /// Whether there are other maps that share the entries, so that a change copies them.
    pub fn is_shared(&self) -> bool {
        self.0.as_ref().is_some_and(|entries| Arc::strong_count(entries) > 1)
    }

    /// Whether both have the same keys in the same order.
    pub fn has_keys_of(&self, other: &Map) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if a.keys.is(&b.keys) => true,
            _ => {
                self.len() == other.len()
                    && self.keys().zip(other.keys()).all(|(a, b)| Str::ptr_eq(a, b) || same_key(a, b))
            }
        }
    }

    /// Whether both have the same keys in the same order, and for each of them what [`Value::is`] the same, or what
    /// `may_differ` says: it gets the key, the value here and that of `other`.
    #[inline]
    pub fn is_but_for(&self, other: &Map, may_differ: impl Fn(&str, &Value, &Value) -> bool) -> bool {
        let alike = |((key, a), b): ((&Str, &Value), &Value)| a.is(b) || may_differ(key, a, b);
        self.has_keys_of(other) && self.iter().zip(other.values()).all(alike)
    }

    /// The only entry of a map with one key.
    pub fn single(&self) -> Option<(&Str, &Value)> {
        match (self.key_slice(), self.values_slice()) {
            ([key], [value]) => Some((key, value)),
            _ => None,
        }
    }
}

impl Entries {
    fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        match self.keys.position_or_add(key) {
            Some(at) => Some(std::mem::replace(&mut self.values[at], value)),
            None => {
                self.push(value);
                None
            }
        }
    }

    /// Adds the value of a key that was just added.
    fn push(&mut self, value: Value) {
        self.reserve(1);
        self.values.push(value);
    }

    fn reserve(&mut self, more: usize) {
        let length = self.values.len();
        if self.values.capacity() - length < more {
            // Most maps stay small, and there are many: twice the room would be room for nothing.
            self.values.reserve_exact(more.max(if length < 6 { 6 } else { length / 2 }));
        }
    }
}

/// Keys and values of a map, in order.
pub type Iter<'a> = Zip<slice::Iter<'a, Str>, slice::Iter<'a, Value>>;

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Equal keys have equal values, in whatever order: as Python compares dicts.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        if self.is(other) {
            return true;
        }
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if a.keys.is(&b.keys) => a.values == b.values,
            _ => self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value)),
        }
    }
}

/// A repeated key keeps its first place and takes its last value.
impl From<Vec<(Str, Value)>> for Map {
    fn from(list: Vec<(Str, Value)>) -> Self {
        if list.is_empty() {
            return Map::new();
        }
        match Keys::of(&list) {
            Some(keys) => {
                let values = list.into_iter().map(|(_, value)| value).collect();
                Map(Some(Arc::new(Entries { keys, values })))
            }
            None => {
                let mut map = Map::with_capacity(list.len());
                for (key, value) in list {
                    map.insert(key, value);
                }
                map
            }
        }
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
        let Some(entries) = self.0 else { return Vec::new().into_iter() };
        let Entries { keys, values } = Arc::unwrap_or_clone(entries);
        keys.list().iter().cloned().zip(values).collect::<Vec<_>>().into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Str, &'a Value);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
