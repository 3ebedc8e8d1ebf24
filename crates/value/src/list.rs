//! A shared list.

use std::fmt;
use std::ops::{Deref, DerefMut};

use triomphe::Arc;

use crate::Value;

/// A list of values. A clone shares the items; writing to a shared list copies it first.
#[derive(Clone, Default)]
pub struct List(
    /// An empty list needs no memory: many lists of a task are empty.
    Option<Arc<Vec<Value>>>,
);

static EMPTY: Vec<Value> = Vec::new();

impl List {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether both are one list in memory.
    pub fn is(&self, other: &List) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl Deref for List {
    type Target = Vec<Value>;
    fn deref(&self) -> &Vec<Value> {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for List {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        List((!items.is_empty()).then(|| Arc::new(items)))
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<V: Into<Value>> FromIterator<V> for List {
    fn from_iter<I: IntoIterator<Item = V>>(iter: I) -> Self {
        iter.into_iter().map(Into::into).collect::<Vec<Value>>().into()
    }
}

impl IntoIterator for List {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;
    fn into_iter(self) -> Self::IntoIter {
        let items = self.0.map(|items| Arc::try_unwrap(items).unwrap_or_else(|shared| (*shared).clone()));
        items.unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
