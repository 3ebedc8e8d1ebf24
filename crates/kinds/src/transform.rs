//! Transforms, and how a sequence of them is run.

use std::sync::Arc;

use rayon::prelude::*;

use crate::family::{all_tasks, count_tasks, take_apart};
use crate::{Description, Error, Family, KindContext, Problem};

/// Rewrites the tasks of a kind.
pub trait Transform: Send + Sync {
    /// Takes the tasks of a kind, in order, and returns those that the next transform gets. May change, add and drop
    /// tasks.
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error>;

    /// Whether the tasks may come in several calls, on several threads, because each is treated on its own.
    ///
    /// By default they do not: a transform sees all tasks of its kind in one call.
    fn splits(&self, _kind: &KindContext<'_>) -> bool {
        false
    }

    /// Whether it knows what becomes of a whole family when it knows what becomes of its first task. The others are
    /// descriptions of their own before a transform that does not, which is what holds by default.
    ///
    /// What it leaves in [`Family::differences`] holds for what it makes of the first, also where that is something else
    /// than before.
    ///
    /// ```
    /// use taskgraph_kinds::{Description, Error, Family, KindContext, Transform};
    ///
    /// struct SetPriority;
    ///
    /// impl Transform for SetPriority {
    ///     fn apply(&self, _: &KindContext<'_>, mut tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
    ///         tasks.iter_mut().for_each(|task| drop(task.insert("priority".into(), "low".into())));
    ///         Ok(tasks)
    ///     }
    ///
    ///     fn follows(&self, _: &KindContext<'_>, family: &Family) -> bool {
    ///         !family.differs_in("priority")
    ///     }
    ///
    ///     fn apply_to_families(&self, _: &KindContext<'_>, mut families: Vec<Family>) -> Result<Vec<Family>, Error> {
    ///         families.iter_mut().for_each(|family| drop(family.first.insert("priority".into(), "low".into())));
    ///         Ok(families)
    ///     }
    /// }
    /// ```
    fn follows(&self, _kind: &KindContext<'_>, _family: &Family) -> bool {
        false
    }

    /// As [`Transform::apply`], for families that it [follows](Transform::follows), and to make some. This is what is
    /// called; by default it calls `apply` with all tasks.
    fn apply_to_families(&self, kind: &KindContext<'_>, families: Vec<Family>) -> Result<Vec<Family>, Error> {
        let tasks = self.apply(kind, all_tasks(families))?;
        Ok(tasks.into_iter().map(Family::from).collect())
    }
}

/// A transform made of a function that treats each task on its own, and pushes what becomes of it.
pub struct PerTask<F>(pub F);

impl<F> Transform for PerTask<F>
where
    F: Fn(&KindContext<'_>, Description, &mut Vec<Description>) -> Result<(), Problem> + Send + Sync,
{
    fn apply(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let mut out = Vec::with_capacity(tasks.len());
        for task in tasks {
            let (name, origin) = (task.display_name().cloned(), task.origin.clone());
            (self.0)(kind, task, &mut out)
                .map_err(|problem| Error::of_task(name, origin.as_ref(), problem))?;
        }
        Ok(out)
    }

    fn splits(&self, _kind: &KindContext<'_>) -> bool {
        true
    }
}

/// Transforms that go by one name, first to last.
#[derive(Clone, Default)]
pub struct TransformSequence(Vec<Arc<dyn Transform>>);

impl TransformSequence {
    /// No transforms.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same sequence with one more at its end.
    #[must_use]
    pub fn then(mut self, transform: impl Transform + 'static) -> Self {
        self.0.push(Arc::new(transform));
        self
    }

    /// The same sequence with all of another at its end.
    #[must_use]
    pub fn then_all(mut self, other: &TransformSequence) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// Whether all of them split, see [`Transform::splits`].
    pub fn splits(&self, kind: &KindContext<'_>) -> bool {
        self.0.iter().all(|transform| transform.splits(kind))
    }

    /// Runs the transforms one after another. Where several in a row split, each of some threads takes a few tasks
    /// through all of them, and tasks come out in the order as if it had been one thread.
    pub fn run(&self, kind: &KindContext<'_>, tasks: Vec<Description>) -> Result<Vec<Description>, Error> {
        let families = tasks.into_iter().map(Family::from).collect();
        Ok(self.run_then(kind, families, &all_tasks)?.into_iter().flatten().collect())
    }

    /// As [`TransformSequence::run`], and calls `finish` with a few of the families at a time, on the thread that made them
    /// last, which still has them in its cache. What it returns comes in the order of the tasks.
    pub(crate) fn run_then<T: Send>(
        &self,
        kind: &KindContext<'_>,
        mut families: Vec<Family>,
        finish: &Finish<'_, T>,
    ) -> Result<Vec<T>, Error> {
        let mut rest = self.0.as_slice();
        loop {
            let splitting = rest.iter().take_while(|transform| transform.splits(kind)).count();
            let (split, after) = rest.split_at(splitting);
            let Some((next, after)) = after.split_first() else {
                return run_split(split, kind, families, finish);
            };
            let parts = run_split(split, kind, families, &|part| part)?;
            let all = parts.into_iter().flatten().collect();
            families = apply(&**next, kind, take_apart(all, |family| !next.follows(kind, family)))?;
            rest = after;
        }
    }
}

impl<T: Transform + 'static> From<T> for TransformSequence {
    fn from(transform: T) -> Self {
        TransformSequence::new().then(transform)
    }
}

fn apply(
    transform: &dyn Transform,
    kind: &KindContext<'_>,
    families: Vec<Family>,
) -> Result<Vec<Family>, Error> {
    let before = count_tasks(&families);
    let families = transform.apply_to_families(kind, families)?;
    kind.session.grown(count_tasks(&families).saturating_sub(before));
    Ok(families)
}

/// How much one thread takes at a time, in tasks that go through all transforms: enough to be worth it, little enough to
/// stay in its cache.
const PART: usize = 32;

/// How many tasks cost what it costs to take one through all transforms, if they follow from the first of their family.
const FOLLOWERS: usize = 8;

fn cost(family: &Family) -> usize {
    1 + family.others / FOLLOWERS
}

/// The same families in parts of which none costs more than [`PART`], unless it has just one.
fn parts_of(families: Vec<Family>) -> Vec<Vec<Family>> {
    let mut parts: Vec<Vec<Family>> = Vec::new();
    let mut room = 0;
    for family in families {
        let cost = cost(&family);
        match parts.last_mut() {
            Some(part) if cost <= room => part.push(family),
            _ => {
                let mut part = Vec::with_capacity(PART);
                part.push(family);
                parts.push(part);
                room = PART;
            }
        }
        room = room.saturating_sub(cost);
    }
    parts
}

/// What is done with some families at the end.
type Finish<'a, T> = dyn Fn(Vec<Family>) -> T + Sync + 'a;

fn run_split<T: Send>(
    transforms: &[Arc<dyn Transform>],
    kind: &KindContext<'_>,
    mut families: Vec<Family>,
    finish: &Finish<'_, T>,
) -> Result<Vec<T>, Error> {
    let mut rest = transforms;
    loop {
        if let Some(next) = rest.first() {
            families = take_apart(families, |family| !next.follows(kind, family));
        }
        // One task may become thousands, so this is asked again before each transform.
        if families.len() > 1 && families.iter().map(cost).sum::<usize>() > 2 * PART {
            // Left to itself, rayon makes a few large pieces, and the last of them keeps one thread busy alone.
            let parts = parts_of(families).into_par_iter().with_max_len(1);
            let done: Vec<_> = parts.map(|part| run_split(rest, kind, part, finish)).collect();
            let mut all = Vec::with_capacity(done.len());
            for part in done {
                all.append(&mut part?);
            }
            return Ok(all);
        }
        let Some((transform, after)) = rest.split_first() else { return Ok(vec![finish(families)]) };
        families = apply(&**transform, kind, families)?;
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    #[test]
    fn no_part_is_too_large() {
        let family = |others| Family { others, ..Description::new(map! {}).into() };
        let sizes = |others: Vec<usize>| {
            let parts = parts_of(others.into_iter().map(family).collect());
            parts.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(vec![0; 70]), [32, 32, 6]);
        assert_eq!(sizes(vec![8; 70]), [16, 16, 16, 16, 6]);
        assert_eq!(sizes(vec![0, 0, 1000, 0, 240, 9, 0]), [2, 1, 2, 2]);
        assert_eq!(sizes(vec![]), [0; 0]);
    }
}
