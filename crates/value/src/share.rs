//! Finding equal parts of values and keeping one of each.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::{List, Map, Str, Value};

/// Makes equal parts of several values one part that they share.
///
/// Tasks of a kind are made one by one, but most of what they say is the same: a worker image, an expiry, a scope.
/// A sharer that is shown each of them keeps the first of every string, list and map, and lets the others go.
///
/// ```
/// use taskgraph_value::{map, Sharer, Value};
/// let mut sharer = Sharer::default();
/// let mut tasks: Vec<Value> = (0..3).map(|n| map! { "n" => n, "image" => map! { "type" => "task-image" } }.into()).collect();
/// tasks.iter_mut().for_each(|task| sharer.share(task));
/// assert_eq!(tasks[2].at("image.type"), Some(&"task-image".into()));
/// ```
#[derive(Debug, Default)]
pub struct Sharer {
    strings: FxHashSet<Str>,
    lists: FxHashMap<u64, List>,
    maps: FxHashMap<u64, Map>,
}

impl Sharer {
    /// Replaces every part of a value that was seen before. Parts that are shared already stay as they are.
    pub fn share(&mut self, value: &mut Value) {
        match value {
            // A literal has no count; any other text that is not alone is shared already.
            Value::Str(text) if Str::strong_count(text) == Some(1) => match self.strings.get(text) {
                Some(known) => *text = known.clone(),
                None => drop(self.strings.insert(text.clone())),
            },
            Value::List(list) => {
                let Some(items) = list.unshared() else { return };
                items.iter_mut().for_each(|item| self.share(item));
                let key = hash(items.iter());
                match self.lists.get(&key) {
                    Some(known) if same_items(known, list) => *list = known.clone(),
                    Some(_) => {}
                    None => drop(self.lists.insert(key, list.clone())),
                }
            }
            Value::Map(map) => {
                let Some(values) = map.unshared() else { return };
                values.iter_mut().for_each(|value| self.share(value));
                let key = hash(values.iter());
                match self.maps.get(&key) {
                    Some(known) if same_entries(known, map) => *map = known.clone(),
                    Some(_) => {}
                    None => drop(self.maps.insert(key, map.clone())),
                }
            }
            _ => {}
        }
    }
}

/// A hash of what values are, not of what is in them: their parts have been shared before.
fn hash<'a>(values: impl Iterator<Item = &'a Value>) -> u64 {
    let mut hasher = FxHasher::default();
    for value in values {
        match value {
            Value::Null => 0_usize.hash(&mut hasher),
            Value::Bool(value) => value.hash(&mut hasher),
            Value::Int(value) => value.hash(&mut hasher),
            Value::Float(value) => value.to_bits().hash(&mut hasher),
            Value::BigInt(text) | Value::Date(text) | Value::Str(text) => text.as_ptr().hash(&mut hasher),
            Value::List(list) => list.as_ptr().hash(&mut hasher),
            Value::Map(map) => map.address().hash(&mut hasher),
        }
    }
    hasher.finish()
}

fn same_items(a: &List, b: &List) -> bool {
    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.is(b))
}

fn same_entries(a: &Map, b: &Map) -> bool {
    a.has_keys_of(b) && a.values().zip(b.values()).all(|(a, b)| a.is(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, map};

    fn value(n: i64) -> Value {
        map! {
            "n" => n, "zero" => -0.0, "image" => map! { "type" => "task-image", "size" => 1 },
            "list" => vec!["a".into(), map! { "b" => "c" }.into()],
        }
        .into()
    }

    #[test]
    fn equal_parts_become_one_and_nothing_else_changes() {
        let mut sharer = Sharer::default();
        let mut values =
            [value(1), value(2), map! { "image" => map! { "type" => "task-image", "size" => true } }.into()];
        let before: Vec<String> = values.iter().map(|value| json::compact(value).unwrap()).collect();
        values.iter_mut().for_each(|value| sharer.share(value));
        let after: Vec<String> = values.iter().map(|value| json::compact(value).unwrap()).collect();
        assert_eq!(before, after);
        for path in ["image", "list"] {
            assert!(values[0].at(path).unwrap().is(values[1].at(path).unwrap()), "{path}");
        }
        assert!(!values[0].at("image").unwrap().is(values[2].at("image").unwrap()));
    }

    #[test]
    fn a_shared_part_can_still_be_changed_alone() {
        let mut sharer = Sharer::default();
        let mut values = [value(1), value(2)];
        values.iter_mut().for_each(|value| sharer.share(value));
        *values[0].at_mut("image.size").unwrap() = 7.into();
        assert_eq!(values[1].at("image.size"), Some(&1.into()));
    }
}
