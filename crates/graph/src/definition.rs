//! The definition of a task.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use taskgraph_value::{Map, Value, Variants};

/// What a task is created with: a mapping, with references still in it.
///
/// Of tasks that are alike, such as the chunks of a suite, many definitions are only kept as what differs from another.
/// Such a definition is made when it is first dereferenced, and kept from then on. Who looks at many tasks once
/// [peeks](Definition::peek), or takes the [whole](Definition::whole), which keeps nothing.
///
/// ```
/// use std::sync::Arc;
/// use taskgraph_graph::Definition;
/// use taskgraph_value::{Difference, Place, Variants, map};
///
/// let first = map! { "priority" => "low", "metadata" => map! { "name" => "unit-1" } };
/// let names = Difference { place: Place::new(["metadata", "name"]), values: vec!["unit-2".into()] };
/// let second = Definition::variant(Arc::new(Variants::new(first.into(), [names])), 0);
/// assert_eq!(second.peek("metadata.name").as_deref(), Some(&"unit-2".into()));
/// assert_eq!(*second, map! { "priority" => "low", "metadata" => map! { "name" => "unit-2" } }.into());
/// ```
#[derive(Clone)]
pub struct Definition {
    value: OnceLock<Value>,
    variant: Option<(Arc<Variants>, usize)>,
}

impl Definition {
    /// One of the variants of another definition, by its number.
    pub fn variant(of: Arc<Variants>, number: usize) -> Self {
        Definition { value: OnceLock::new(), variant: Some((of, number)) }
    }

    /// What is at a path such as `payload.env` or `payload.command[0]`, see [`Value::find`].
    pub fn peek(&self, path: &str) -> Option<Cow<'_, Value>> {
        match (self.value.get(), &self.variant) {
            (None, Some((variants, number))) => variants.peek(*number, path),
            _ => self.find(path).map(Cow::Borrowed),
        }
    }

    /// All of it.
    pub fn whole(&self) -> Cow<'_, Value> {
        match self.value.get() {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(self.make()),
        }
    }

    fn make(&self) -> Value {
        self.variant.as_ref().map_or(Value::Null, |(variants, number)| variants.make(*number))
    }
}

impl Deref for Definition {
    type Target = Value;
    fn deref(&self) -> &Value {
        self.value.get_or_init(|| self.make())
    }
}

impl DerefMut for Definition {
    fn deref_mut(&mut self) -> &mut Value {
        if let Some((variants, number)) = self.variant.take() {
            self.value.get_or_init(|| variants.make(number));
        }
        self.value.get_mut().expect("what is no variant has a value")
    }
}

impl From<Value> for Definition {
    fn from(value: Value) -> Self {
        Definition { value: value.into(), variant: None }
    }
}

impl From<Map> for Definition {
    fn from(map: Map) -> Self {
        Value::from(map).into()
    }
}

impl From<Definition> for Value {
    fn from(definition: Definition) -> Self {
        definition.whole().into_owned()
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        *self.whole() == *other.whole()
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{Difference, Place, map};

    use super::*;

    fn variants() -> Arc<Variants> {
        let first = map! { "payload" => map! { "command" => vec![Value::from("run"), "1".into()] }, "tags" => map! {} };
        let words = Difference {
            place: Place::new(["payload", "command"]).then_at(1),
            values: vec!["2".into(), "3".into()],
        };
        Arc::new(Variants::new(first.into(), [words]))
    }

    fn third() -> Value {
        map! { "payload" => map! { "command" => vec![Value::from("run"), "3".into()] }, "tags" => map! {} }
            .into()
    }

    #[test]
    fn a_variant_is_made_when_it_is_looked_at() {
        let definition = Definition::variant(variants(), 1);
        let word = |definition: &Definition| definition.peek("payload.command[1]").map(Cow::into_owned);
        assert_eq!(word(&definition), Some("3".into()));
        assert_eq!(*definition.whole(), third());
        assert!(definition.value.get().is_none(), "nothing is kept so far");
        assert_eq!(definition, third().into());
        assert_eq!(*definition, third());
        assert!(definition.value.get().is_some());
        assert!(matches!(definition.whole(), Cow::Borrowed(_)));
        assert_eq!(word(&definition), Some("3".into()));
        assert_eq!(format!("{definition:?}"), format!("{:?}", third()));
    }

    #[test]
    fn changing_a_variant_changes_no_other() {
        let variants = variants();
        let mut changed = Definition::variant(variants.clone(), 1);
        let copy = changed.clone();
        changed.as_map_mut().unwrap().insert("priority".into(), "low".into());
        assert_eq!(changed.peek("priority").as_deref(), Some(&"low".into()));
        assert_eq!(changed.peek("payload.command[1]").as_deref(), Some(&"3".into()));
        assert_eq!([copy, Definition::variant(variants, 1)], [third().into(), third().into()]);
        let mut whole = Definition::from(map! { "a" => 1 });
        *whole = map! { "b" => 2 }.into();
        assert_eq!(Value::from(whole), map! { "b" => 2 }.into());
    }
}
