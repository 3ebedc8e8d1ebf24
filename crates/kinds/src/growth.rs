//! Noticing that a graph gets large.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts tasks while they are made.
pub(crate) struct Growth {
    tasks: AtomicUsize,
    many: usize,
    then: Box<dyn Fn() + Send + Sync>,
}

impl Growth {
    pub(crate) fn new(many: usize, then: impl Fn() + Send + Sync + 'static) -> Self {
        Growth { tasks: AtomicUsize::new(0), many, then: Box::new(then) }
    }

    pub(crate) fn by(&self, tasks: usize) {
        let before = self.tasks.fetch_add(tasks, Ordering::Relaxed);
        if before <= self.many && before.saturating_add(tasks) > self.many {
            (self.then)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn it_is_told_once() {
        let told = Arc::new(AtomicUsize::new(0));
        let growth = Growth::new(5, {
            let told = told.clone();
            move || {
                told.fetch_add(1, Ordering::Relaxed);
            }
        });
        let after = |tasks| {
            growth.by(tasks);
            told.load(Ordering::Relaxed)
        };
        assert_eq!([after(3), after(2), after(0), after(9), after(9), after(0)], [0, 0, 0, 1, 1, 1]);
    }
}
