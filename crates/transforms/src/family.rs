//! Families: of tasks that differ so little that what becomes of the first tells what becomes of the others, only the
//! first goes through all steps.
//!
//! The chunks of a suite differ in their label, a symbol, a variable and a word of their command, and the steps of `run`
//! and `task` only pass these on.

use taskgraph_kinds::{Description, Error, Family, KindContext, Transform, TransformSequence};
use taskgraph_value::{Difference, Map, Place, Str, Value};

/// What is known about some steps, and lets tasks skip them.
pub(crate) trait Kinship: Send + Sync {
    /// Whether [`Kinship::derive`] knows what the steps make of a family, given who is registered.
    fn follows(&self, kind: &KindContext<'_>, family: &Family) -> bool;

    /// What the others have instead after the steps, which made `made` of `first`. What is not there in `made` is left
    /// out afterwards.
    ///
    /// A text in the environment of `first` that others have other texts for is nowhere else in memory, so if it is in
    /// that of `made`, it was passed on.
    fn derive(
        &self,
        kind: &KindContext<'_>,
        first: &Map,
        made: &Map,
        differences: Vec<Difference>,
    ) -> Result<Vec<Difference>, Error>;
}

/// Runs steps, which keep the number and order of tasks, for the first of each family.
pub(crate) struct Families<K> {
    pub(crate) steps: TransformSequence,
    pub(crate) kinship: K,
}

impl<K: Kinship> Transform for Families<K> {
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        self.steps.run(kind, tasks)
    }

    fn splits(&self, kind: &KindContext<'_>) -> bool {
        self.steps.splits(kind)
    }

    fn follows(&self, kind: &KindContext<'_>, family: &Family) -> bool {
        self.kinship.follows(kind, family)
    }

    fn apply_to_families(&self, kind: &KindContext<'_>, families: Vec<Family>) -> Result<Vec<Family>, Error> {
        let mut firsts = Vec::with_capacity(families.len());
        let mut befores = Vec::with_capacity(families.len());
        for mut family in families {
            give_own_texts(&mut family.first, &family.differences);
            firsts.push(family.first.clone());
            befores.push(family);
        }
        let made = self.steps.run(kind, firsts)?;
        let families =
            made.into_iter().zip(befores).map(|(first, Family { first: before, others, differences })| {
                let mut differences = match others {
                    0 => differences,
                    _ => self.kinship.derive(kind, &before, &first, differences)?,
                };
                differences.retain(|difference| difference.place.find(&first).is_some());
                Ok(Family { first, others, differences })
            });
        families.collect()
    }
}

/// Whether all of a family have texts at the place of a difference.
pub(crate) fn are_texts(first: &Map, difference: &Difference) -> bool {
    all_are(first, difference, |value| value.as_str().is_some())
}

/// Whether they have texts that each have an address of their own, which empty ones have not.
pub(crate) fn are_own_texts(first: &Map, difference: &Difference) -> bool {
    all_are(first, difference, |value| value.as_str().is_some_and(|text| !text.is_empty()))
}

fn all_are(first: &Map, Difference { place, values }: &Difference, is: impl Fn(&Value) -> bool) -> bool {
    place.find(first).is_some_and(&is) && values.iter().all(is)
}

/// Gives each text in the environment of `first` that others have other texts for an address of its own.
fn give_own_texts(first: &mut Map, differences: &[Difference]) {
    for Difference { place, .. } in differences {
        if let ["worker", "env", _] = place.steps()[..]
            && let Some(Value::Str(text)) = place.find_mut(first)
        {
            *text = Str::from(text.as_str());
        }
    }
}

/// Whether what `first` has at a place is, unchanged, at another in `made`.
pub(crate) fn is_passed_on(first: &Map, from: &Place, made: &Map, to: &Place) -> bool {
    from.find(first).zip(to.find(made)).is_some_and(|(from, to)| from.is(to))
}
