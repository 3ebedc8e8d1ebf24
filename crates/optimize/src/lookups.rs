//! What the index and the queue say about earlier tasks.

use rustc_hash::FxHashMap;
use taskgraph_value::Str;

/// How an earlier task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its state as the queue writes it: `completed`, `failed`, ...
    pub state: Str,
    /// When the task and its artifacts are gone, as the queue writes it: `2026-01-31T12:00:00.000Z`.
    pub expires: Str,
}

/// Answers of the index and the queue, got in batches for the paths that
/// [`Optimization::index_paths`](crate::Optimization::index_paths) wants. What nobody found is simply not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// TaskIds by index path.
    pub tasks: FxHashMap<Str, Str>,
    /// How those tasks stand, by taskId.
    pub statuses: FxHashMap<Str, Status>,
}
