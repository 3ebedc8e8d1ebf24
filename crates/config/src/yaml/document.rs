//! A file that was read.

use rustc_hash::FxHashMap;
use taskgraph_value::{Str, Value};

/// What a YAML file holds, and where its keys are.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The value; null for an empty file.
    pub value: Value,
    /// Whether there is a date in it, which JSON cannot hold.
    pub has_dates: bool,
    pub(super) lines: FxHashMap<Str, KeyLine>,
}

/// The line of a key, and those of the keys in its value.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyLine {
    pub(super) line: u32,
    pub(super) inner: FxHashMap<Str, u32>,
}

impl Document {
    /// The line, from 1, of the key at a path of mapping keys; for a merged key that where it is written.
    ///
    /// Lines are known of the keys of the outermost mapping and of the mappings in it. A longer path has the line of
    /// its second key. Nothing for a key that is not there.
    pub fn line(&self, path: &[&str]) -> Option<u32> {
        match path {
            [] => None,
            [key] => Some(self.lines.get(*key)?.line),
            [key, inner, ..] => self.lines.get(*key)?.inner.get(*inner).copied(),
        }
    }
}
