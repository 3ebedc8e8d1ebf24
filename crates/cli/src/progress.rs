//! How far long work has come.

use std::time::{Duration, Instant};

use crate::log::Log;

/// A bar or a counter on the terminal, if there is one. It goes away when it is dropped.
pub(crate) struct Progress<'a> {
    log: &'a Log,
    what: &'a str,
    all: usize,
    done: usize,
    shown: Option<Instant>,
}

/// Terminals are slow.
const INTERVAL: Duration = Duration::from_millis(100);

impl<'a> Progress<'a> {
    /// `what` is being done, such as "rerunning", to `all` tasks. 0 if nobody knows how many.
    pub(crate) fn new(log: &'a Log, what: &'a str, all: usize) -> Progress<'a> {
        Progress { log, what, all, done: 0, shown: None }
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.all == 1 || self.shown.is_some_and(|shown| shown.elapsed() < INTERVAL) {
            return;
        }
        self.shown = Some(Instant::now());
        match self.all {
            0 => self.log.transient(format_args!("{}: {}", self.what, self.done)),
            all => self.log.transient(format_args!(
                "{} {} {} of {all}",
                self.what,
                bar(self.done, all),
                self.done
            )),
        }
    }
}

/// As many marks as there is work done, of 24.
fn bar(done: usize, all: usize) -> String {
    const WIDTH: usize = 24;
    let marks = (done * WIDTH / all).min(WIDTH);
    format!("[{:·<WIDTH$}]", "█".repeat(marks))
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.log.transient("");
    }
}
