//! Messages to the person at the terminal, apart from results.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// A line or two that help.
    Normal,
    /// What is done, and how long it takes.
    Verbose,
}

/// Writes messages, whole lines each, from any thread. A message that cannot be written is lost.
#[derive(Clone)]
pub(crate) struct Log {
    verbosity: Verbosity,
    sink: Arc<Mutex<Sink>>,
    prefix: String,
}

struct Sink {
    to: Box<dyn Write + Send>,
    is_terminal: bool,
    /// Whether the last line will be replaced.
    transient: bool,
}

impl Log {
    /// A log that is no terminal.
    pub(crate) fn new(verbosity: Verbosity, to: Box<dyn Write + Send>) -> Self {
        let sink = Sink { to, is_terminal: false, transient: false };
        Log { verbosity, sink: Arc::new(Mutex::new(sink)), prefix: String::new() }
    }

    /// The same log; on a terminal it shows what is replaced soon.
    pub(crate) fn on_terminal(self, is_terminal: bool) -> Self {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).is_terminal = is_terminal;
        self
    }

    /// The same log, whose messages begin with a name.
    pub(crate) fn named(&self, name: &str) -> Self {
        Log { prefix: format!("{}{name}: ", self.prefix), ..self.clone() }
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    pub(crate) fn debug(&self, message: impl Display) {
        self.write(Verbosity::Verbose, &message);
    }

    pub(crate) fn info(&self, message: impl Display) {
        self.write(Verbosity::Normal, &message);
    }

    /// An error and what to do about it.
    pub(crate) fn error(&self, message: impl Display, hints: &[String]) {
        let lines = Log { prefix: String::new(), ..self.clone() };
        lines.write(Verbosity::Quiet, &format_args!("error: {}{message}", self.prefix));
        for hint in hints {
            lines.write(Verbosity::Quiet, &format_args!("hint: {hint}"));
        }
    }

    /// What must be said, however quiet.
    pub(crate) fn always(&self, message: impl Display) {
        self.write(Verbosity::Quiet, &message);
    }

    /// What must be said, however quiet: the rest of the line is for the answer.
    pub(crate) fn ask(&self, question: impl Display) {
        self.put(&question.to_string());
    }

    /// Text that the next message replaces; none takes it away. Only on a terminal.
    pub(crate) fn transient(&self, text: impl Display) {
        let text = text.to_string();
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if !sink.is_terminal || self.verbosity < Verbosity::Normal || (text.is_empty() && !sink.transient) {
            return;
        }
        sink.transient = !text.is_empty();
        let _ = write!(sink.to, "\r{text}\x1b[K").and_then(|()| sink.to.flush());
    }

    fn write(&self, from: Verbosity, message: &dyn Display) {
        if self.verbosity >= from {
            self.put(&format!("{}{message}\n", self.prefix));
        }
    }

    fn put(&self, text: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut sink.transient) { "\r\x1b[K" } else { "" };
        // There is nobody to tell.
        let _ = sink.to.write_all(format!("{clear}{text}").as_bytes()).and_then(|()| sink.to.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[track_caller]
    fn check(is_terminal: bool, verbosity: Verbosity, expected: &str) {
        let written = Shared::default();
        let log = Log::new(verbosity, Box::new(written.clone())).on_terminal(is_terminal);
        let mut progress = Progress::new(&log, "rerunning", 3);
        progress.step();
        log.info("one failed");
        progress.step(); // too soon to be shown
        drop(progress);
        let mut progress = Progress::new(&log, "listing", 0);
        progress.step();
        drop(progress);
        assert_eq!(String::from_utf8_lossy(&written.0.lock().unwrap()), expected);
    }

    #[test]
    fn progress_gives_way_to_messages() {
        check(
            true,
            Verbosity::Normal,
            "\rrerunning [████████················] 1 of 3\x1b[K\r\x1b[Kone failed\n\rlisting: 1\x1b[K\r\x1b[K",
        );
        check(false, Verbosity::Normal, "one failed\n");
        check(true, Verbosity::Quiet, "");
    }
}
