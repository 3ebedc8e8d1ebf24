//! In which order the work on several kinds is done.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::Scope;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::load::{Described, Loaded, Look, describe_kind, is_described_early};
use crate::{DependencyTasks, Error, Kind, Session};

/// Loads the tasks of kinds, which come dependencies first, on all threads. The results are in the same order.
///
/// Of several errors, that of the first kind is told, always the same.
pub(crate) fn load_all<T: Send + Sync>(
    kinds: &[Kind],
    session: &Session,
    look: &Look<'_, T>,
) -> Result<Vec<Loaded<T>>, Error> {
    let run = Run {
        session,
        look,
        jobs: jobs(kinds, session),
        ready: Mutex::default(),
        failed: AtomicUsize::new(usize::MAX),
    };
    rayon::scope(|scope| run.start(scope));
    // A kind that was never reached has a failed one before it.
    run.jobs.into_iter().filter_map(|job| job.loaded.into_inner()).collect()
}

/// What there is to do for a kind.
struct Job<'a, T> {
    kind: &'a Kind,
    /// The kinds that it depends on, in the order in which they are loaded.
    needs: Vec<usize>,
    needed_by: Vec<usize>,
    /// How many kinds wait for it, each for the one before.
    height: usize,
    /// Whether its loader runs before there are tasks of the kinds that it depends on.
    early: bool,
    /// How many things must be done before its transforms can run.
    missing: AtomicUsize,
    described: Mutex<Option<Described<'a>>>,
    loaded: OnceLock<Result<Loaded<T>, Error>>,
}

fn jobs<'a, T>(kinds: &'a [Kind], session: &Session) -> Vec<Job<'a, T>> {
    let position: FxHashMap<&str, usize> =
        kinds.iter().enumerate().map(|(at, kind)| (kind.name.as_str(), at)).collect();
    let mut jobs: Vec<Job<'a, T>> = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let mut needs: Vec<usize> = kind.dependencies.iter().map(|name| position[name.as_str()]).collect();
        needs.sort_unstable();
        needs.dedup();
        let early = is_described_early(kind, session);
        let missing = AtomicUsize::new(needs.len() + usize::from(early));
        jobs.push(Job {
            kind,
            needs,
            needed_by: Vec::new(),
            height: 0,
            early,
            missing,
            described: Mutex::default(),
            loaded: OnceLock::new(),
        });
    }
    // Each after all that need it.
    for at in (0..jobs.len()).rev() {
        let height = jobs[at].height + 1;
        for need in jobs[at].needs.clone() {
            jobs[need].height = jobs[need].height.max(height);
            jobs[need].needed_by.push(at);
        }
    }
    jobs
}

/// A piece of work that can be done now. The greatest is done first: one that many kinds wait for, each for the one
/// before; then one that has been begun.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    height: usize,
    step: Step,
    kind: Reverse<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Describe,
    Transform,
}

struct Run<'a, T> {
    session: &'a Session,
    look: &'a Look<'a, T>,
    jobs: Vec<Job<'a, T>>,
    ready: Mutex<BinaryHeap<Piece>>,
    /// The first kind that failed. Those before it are loaded all the same.
    failed: AtomicUsize,
}

impl<'a, T: Send + Sync> Run<'a, T> {
    fn start<'s>(&'s self, scope: &Scope<'s>) {
        for (at, job) in self.jobs.iter().enumerate() {
            match job.early {
                true => self.add(at, Step::Describe, scope),
                false if job.needs.is_empty() => self.add(at, Step::Transform, scope),
                false => {}
            }
        }
    }

    fn add<'s>(&'s self, at: usize, step: Step, scope: &Scope<'s>) {
        let piece = Piece { height: self.jobs[at].height, step, kind: Reverse(at) };
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        scope.spawn(|scope| self.work(scope));
    }

    /// Does the most important piece.
    fn work<'s>(&'s self, scope: &Scope<'s>) {
        let piece = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(Piece { kind: Reverse(at), step, .. }) = piece else { return };
        if self.failed.load(Ordering::Acquire) < at {
            return;
        }
        let done = match step {
            Step::Describe => self.describe(at),
            Step::Transform => self.transform(at),
        };
        if let Err(error) = done {
            self.failed.fetch_min(at, Ordering::AcqRel);
            // A kind fails once, so its slot is empty.
            drop(self.jobs[at].loaded.set(Err(error.of_kind(&self.jobs[at].kind.name))));
            return;
        }
        let next = match step {
            Step::Describe => &[at],
            Step::Transform => self.jobs[at].needed_by.as_slice(),
        };
        for next in next {
            if self.jobs[*next].missing.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.add(*next, Step::Transform, scope);
            }
        }
    }

    fn describe(&self, at: usize) -> Result<(), Error> {
        let job = &self.jobs[at];
        let described = describe_kind(job.kind, self.session, DependencyTasks::default())?;
        *job.described.lock().unwrap_or_else(PoisonError::into_inner) = Some(described);
        Ok(())
    }

    fn transform(&self, at: usize) -> Result<(), Error> {
        let job = &self.jobs[at];
        let needed = job.needs.iter().filter_map(|need| self.jobs[*need].loaded.get()?.as_ref().ok());
        let mut tasks = Vec::new();
        for (loaded, _) in needed {
            // By several threads, because tasks that were made a while ago are in no cache.
            tasks.par_extend(loaded.par_iter().with_min_len(512).map(|loaded| loaded.task.clone()));
        }
        let dependencies = DependencyTasks::new(tasks);
        let described = job.described.lock().unwrap_or_else(PoisonError::into_inner).take();
        let described = match described {
            Some(described) => described.with_dependencies(dependencies),
            None => describe_kind(job.kind, self.session, dependencies)?,
        };
        let loaded = described.transform(self.look)?;
        // Each kind is loaded once, so its slot is empty.
        drop(job.loaded.set(Ok(loaded)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_wait_for_comes_first() {
        let piece = |height, step, at| Piece { height, step, kind: Reverse(at) };
        let mut ready: BinaryHeap<Piece> = [
            piece(0, Step::Transform, 5),
            piece(2, Step::Describe, 3),
            piece(1, Step::Transform, 4),
            piece(2, Step::Transform, 2),
            piece(2, Step::Transform, 1),
        ]
        .into();
        let order: Vec<usize> = std::iter::from_fn(|| ready.pop()).map(|piece| piece.kind.0).collect();
        assert_eq!(order, [1, 2, 3, 4, 5]);
    }
}
