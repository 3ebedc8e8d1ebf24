//! What a loader or transform knows about the kind it works for.

use std::ops::Deref;
use std::sync::Arc;

use taskgraph_value::{Map, Str};

use crate::{DependencyTasks, Session, memo::Memo};

/// What a loader or transform knows about the kind it works for. Everything of the [`Session`] is reachable through it.
pub struct KindContext<'a> {
    /// The name of the kind.
    pub kind: Str,
    /// Its folder, as given: the `root` of the run, `kinds`, and its name.
    pub path: Str,
    /// The contents of kind.yml. A loader may change it before transforms see it.
    pub config: Map,
    /// The kind.yml, for messages and for the lines of tasks.
    pub source: &'a crate::Kind,
    /// The tasks of the kinds that this kind depends on.
    pub dependencies: DependencyTasks,
    /// What all kinds have in common.
    pub session: &'a Session,
    pub(crate) memo: Memo,
}

impl KindContext<'_> {
    /// The one value of type `T` of this kind, made when it is first asked for; as [`Session::memo`], for what a
    /// transform that sees all tasks of the kind tells one that sees them one by one.
    pub fn memo_of_kind<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.memo.get(make)
    }
}

impl Deref for KindContext<'_> {
    type Target = Session;
    fn deref(&self) -> &Session {
        self.session
    }
}
