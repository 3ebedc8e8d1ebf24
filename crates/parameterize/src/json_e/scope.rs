//! The names that a template can use.

use taskgraph_value::Value;

/// Names, and those around them.
pub(super) struct Scope<'s> {
    names: Vec<(&'s str, Value)>,
    outer: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    /// Without anything around it.
    pub(super) fn new(names: impl IntoIterator<Item = (&'s str, Value)>) -> Self {
        Self { names: names.into_iter().collect(), outer: None }
    }

    /// Within this one.
    pub(super) fn child<'c>(&'c self, names: impl IntoIterator<Item = (&'c str, Value)>) -> Scope<'c>
    where
        's: 'c,
    {
        Scope { names: names.into_iter().collect(), outer: Some(self) }
    }

    /// The innermost value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some((_, value)) = here.names.iter().rev().find(|(known, _)| *known == name) {
                return Some(value);
            }
            scope = here.outer;
        }
        None
    }
}
