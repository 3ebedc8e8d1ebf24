//! Everything that is wrong with a file, each with its line.

use std::fmt;
use std::path::{Path, PathBuf};

use taskgraph_schema::{Violation, shown_path};

use crate::yaml::Document;

/// One thing that is wrong with a file. Shown as `path:line: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file or address; nothing for values that come from none.
    pub file: Option<PathBuf>,
    /// The line, from 1, of the key, or of the nearest key around it whose line is known.
    pub line: Option<u32>,
    /// The key, and what is wrong with it.
    pub violation: Violation,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", shown_path(file))?,
            (Some(file), None) => write!(f, "{}: ", shown_path(file))?,
            (None, _) => {}
        }
        self.violation.fmt(f)
    }
}

/// All that is wrong with a file; shown one below the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The violations as they are, of values that come from no file.
    pub(crate) fn new(violations: Vec<Violation>) -> Self {
        Problems(
            violations.into_iter().map(|violation| Problem { file: None, line: None, violation }).collect(),
        )
    }

    /// The same, of a file whose lines may be known.
    #[must_use]
    pub(crate) fn in_file(mut self, file: &Path, document: Option<&Document>) -> Self {
        for problem in &mut self.0 {
            problem.file = Some(file.to_owned());
            problem.line = document.and_then(|document| line(document, &problem.violation.path));
        }
        self
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n  ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// The line of the first two keys of a path like `workers.aliases.b-linux[0]`, or of the first.
fn line(document: &Document, path: &str) -> Option<u32> {
    let mut keys = path.split('.').map(|key| key.split('[').next().unwrap_or(key));
    let first = keys.next()?;
    let inner = keys.next().and_then(|second| document.line(&[first, second]));
    // A key at the top may have a dot or a bracket in its name.
    inner.or_else(|| document.line(&[first])).or_else(|| document.line(&[path]))
}
