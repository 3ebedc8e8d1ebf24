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
    sink: Arc<Mutex<Box<dyn Write + Send>>>,
    prefix: String,
}

impl Log {
    pub(crate) fn new(verbosity: Verbosity, sink: Box<dyn Write + Send>) -> Self {
        Log { verbosity, sink: Arc::new(Mutex::new(sink)), prefix: String::new() }
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

    fn write(&self, from: Verbosity, message: &dyn Display) {
        if self.verbosity >= from {
            let line = format!("{}{message}\n", self.prefix);
            let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
            // There is nobody to tell.
            let _ = sink.write_all(line.as_bytes()).and_then(|()| sink.flush());
        }
    }
}
