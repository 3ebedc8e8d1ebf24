//! Families: of tasks that differ so little that what becomes of the first tells what becomes of the others, only the
//! first goes through all steps.
//!
//! The chunks of a suite differ in their label, a symbol, a variable and a word of their command, and the steps of `run`
//! and `task` only pass these on.

use taskgraph_kinds::{Description, Error, Family, KindContext, Transform, TransformSequence};
use taskgraph_value::{Difference, Map, Place, Step, Str, Value};

/// What is known about some steps, and lets tasks skip them.
pub(crate) trait Kinship: Send + Sync {
    /// Whether [`Kinship::derive`] knows what the steps make of a family, given who is registered.
    fn follows(&self, kind: &KindContext<'_>, family: &Family) -> bool;

    /// What the others have instead after the steps, which made `made` of the first. What is not there in `made` is left
    /// out afterwards.
    fn derive(
        &self,
        kind: &KindContext<'_>,
        made: &Map,
        differences: Vec<Before>,
    ) -> Result<Vec<Difference>, Error>;
}

/// A difference before the steps.
pub(crate) struct Before {
    pub(crate) difference: Difference,
    /// What the first task had there. A text in the environment is nowhere else in memory, so if it is there afterwards,
    /// it was passed on.
    pub(crate) first: Value,
}

/// Whether a value is, unchanged, at a place of `made`.
pub(crate) fn is_passed_on(first: &Value, made: &Map, to: &Place) -> bool {
    to.find(made).is_some_and(|value| value.is(first))
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
        let mut others = Vec::with_capacity(families.len());
        for Family { mut first, others: count, differences } in families {
            let before = |difference| before(&mut first, difference);
            others.push((count, differences.into_iter().filter_map(before).collect::<Vec<_>>()));
            firsts.push(first);
        }
        let made = self.steps.run(kind, firsts)?;
        debug_assert_eq!(made.len(), others.len(), "the steps keep the number of tasks");
        let families = made.into_iter().zip(others).map(|(first, (others, differences))| {
            let mut differences = match others {
                0 => Vec::new(),
                _ => self.kinship.derive(kind, &first, differences)?,
            };
            differences.retain(|difference| difference.place.find(&first).is_some());
            Ok(Family { first, others, differences })
        });
        families.collect()
    }
}

/// A difference, if the first has something there. A text in its environment gets an address of its own.
fn before(first: &mut Map, difference: Difference) -> Option<Before> {
    if let [Step::Key("worker"), Step::Key("env"), _] = difference.place.steps()[..]
        && let Some(Value::Str(text)) = difference.place.find_mut(first)
    {
        *text = Str::from(text.as_str());
    }
    let first = difference.place.find(first)?.clone();
    Some(Before { difference, first })
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
