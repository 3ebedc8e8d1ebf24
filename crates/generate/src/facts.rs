//! What verifications compare between tasks.

use std::hash::{BuildHasher, Hash, Hasher};

use rustc_hash::FxBuildHasher;
use taskgraph_graph::Task;
use taskgraph_value::{List, Map, Str, Value, python};

/// What is compared between tasks. It is gathered in one pass, by several threads, because finding it takes longer than
/// comparing it: a large graph does not fit into the cache.
pub(crate) struct Facts {
    pub(crate) routes: List,
    pub(crate) place: Place,
    /// The tier on Treeherder; the largest number if there is none.
    pub(crate) tier: i64,
    /// What `toolchain-alias` says: a name or several.
    aliases: Value,
}

/// Where a task is shown on Treeherder.
pub(crate) enum Place {
    Nowhere,
    /// In so many collections, which is not one.
    Collections(usize),
    At(Shown),
}

/// What Treeherder tells tasks apart by.
#[derive(PartialEq, Eq)]
pub(crate) struct Shown {
    /// Of all that follows, so that comparing tasks need not read texts, which are in no cache by then.
    hash: u64,
    pub(crate) platform: Str,
    pub(crate) collection: Str,
    /// A group without a name, as in `(x)`, is not the same as none.
    pub(crate) group: Option<Str>,
    pub(crate) symbol: Str,
}

impl Facts {
    pub(crate) fn of(task: &Task) -> Self {
        let routes = task.task.peek("routes");
        let shown = task.task.peek("extra.treeherder");
        let shown = shown.as_deref().and_then(Value::as_map);
        Facts {
            routes: routes.and_then(|routes| routes.as_list().cloned()).unwrap_or_default(),
            place: shown.map_or(Place::Nowhere, Place::of),
            tier: shown.and_then(|shown| shown.get("tier")?.as_int()).unwrap_or(i64::MAX),
            aliases: task.attributes.get("toolchain-alias").cloned().unwrap_or_default(),
        }
    }

    /// The other names of a toolchain.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &Str> {
        let (one, many): (_, &[Value]) = match &self.aliases {
            Value::Str(alias) if !alias.is_empty() => (Some(alias), &[]),
            Value::List(list) => (None, list),
            _ => (None, &[]),
        };
        one.into_iter().chain(many.iter().filter_map(Value::as_str))
    }
}

impl Place {
    fn of(shown: &Map) -> Self {
        let collections = shown.get_map("collection");
        let Some((collection, _)) = collections.and_then(Map::single) else {
            return Place::Collections(collections.map_or(0, Map::len));
        };
        let machine = shown.get_map("machine");
        let platform =
            machine.and_then(|machine| machine.get("platform")).map(shown_text).unwrap_or_default();
        let group = shown.get("groupSymbol").map(shown_text);
        let symbol = shown.get("symbol").map(shown_text).unwrap_or_default();
        let hash = FxBuildHasher.hash_one((&platform, collection, &group, &symbol));
        Place::At(Shown { hash, platform, collection: collection.clone(), group, symbol })
    }
}

impl Hash for Shown {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A text, or what Python makes of any other value.
fn shown_text(value: &Value) -> Str {
    value.as_str().cloned().unwrap_or_else(|| python::str(value).into())
}
