//! Families: tasks that are alike but for a few values.

use std::iter::once;

use taskgraph_value::{Difference, Value, Variants};

use crate::Description;

/// Tasks that are alike but for a few values, such as the chunks of a suite: the first of them, and what the others have
/// instead. Most families are of one task.
///
/// A [`Transform`](crate::Transform) that only passes on what the others have instead can treat the first for all.
///
/// ```
/// use taskgraph_kinds::{Description, Family};
/// use taskgraph_value::{Difference, Place, map};
///
/// let first = Description::new(map! { "label" => "unit-1", "worker" => map! { "max-run-time" => 600 } });
/// let labels = Difference { place: Place::new(["label"]), values: vec!["unit-2".into(), "unit-3".into()] };
/// let family = Family { first, others: 2, differences: vec![labels] };
/// let tasks: Vec<Description> = family.into_tasks().collect();
/// assert_eq!(tasks.len(), 3);
/// assert_eq!(tasks[2].fields, map! { "label" => "unit-3", "worker" => map! { "max-run-time" => 600 } });
/// ```
#[derive(Clone, Debug)]
pub struct Family {
    /// The first task.
    pub first: Description,
    /// How many others there are.
    pub others: usize,
    /// What the others have instead. Each difference has a value for each of them.
    pub differences: Vec<Difference>,
}

impl Family {
    /// Whether the others may have something else than the first below a key of the description.
    pub fn differs_in(&self, key: &str) -> bool {
        self.differences
            .iter()
            .any(|difference| difference.place.first_key().is_some_and(|first| first == key))
    }

    /// Each of the tasks.
    pub fn into_tasks(self) -> impl Iterator<Item = Description> {
        let Family { first, others, differences } = self;
        let variants = (others > 0).then(|| Variants::new(first.fields.clone().into(), differences));
        let make = |number| match variants.as_ref()?.make(number) {
            Value::Map(fields) => Some(first.with_fields(fields)),
            _ => None,
        };
        let made: Vec<Description> = (0..others).filter_map(make).collect();
        once(first).chain(made)
    }
}

impl From<Description> for Family {
    fn from(first: Description) -> Self {
        Family { first, others: 0, differences: Vec::new() }
    }
}

/// The tasks of families, as families of one, where `apart` says so.
pub(crate) fn take_apart(families: Vec<Family>, apart: impl Fn(&Family) -> bool) -> Vec<Family> {
    let apart = |family: &Family| family.others > 0 && apart(family);
    if !families.iter().any(apart) {
        return families;
    }
    let mut all = Vec::with_capacity(count_tasks(&families));
    for family in families {
        match apart(&family) {
            true => all.extend(family.into_tasks().map(Family::from)),
            false => all.push(family),
        }
    }
    all
}

/// The tasks of families.
pub(crate) fn all_tasks(families: Vec<Family>) -> Vec<Description> {
    let mut all = Vec::with_capacity(count_tasks(&families));
    all.extend(families.into_iter().flat_map(Family::into_tasks));
    all
}

pub(crate) fn count_tasks(families: &[Family]) -> usize {
    families.iter().map(|family| 1 + family.others).sum()
}
