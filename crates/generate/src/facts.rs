//! What verifications compare between tasks.

use std::borrow::Cow;

use taskgraph_graph::Task;
use taskgraph_value::{Map, Str, Value, python};

/// What is compared between tasks. It is gathered in one pass, by several threads, because finding it takes longer than
/// comparing it: a large graph does not fit into the cache.
pub(crate) struct Facts<'a> {
    pub(crate) routes: &'a [Value],
    pub(crate) place: Place<'a>,
    /// The tier on Treeherder; the largest number if there is none.
    pub(crate) tier: i64,
    pub(crate) aliases: Aliases<'a>,
}

/// Where a task is shown on Treeherder.
pub(crate) enum Place<'a> {
    Nowhere,
    /// In so many collections, which is not one.
    Collections(usize),
    At(Shown<'a>),
}

/// What Treeherder tells tasks apart by.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Shown<'a> {
    pub(crate) platform: Cow<'a, str>,
    pub(crate) collection: &'a str,
    /// A group without a name, as in `(x)`, is not the same as none.
    pub(crate) group: Option<Cow<'a, str>>,
    pub(crate) symbol: Cow<'a, str>,
}

/// The other names of a toolchain.
pub(crate) enum Aliases<'a> {
    None,
    One(&'a Str),
    Many(&'a [Value]),
}

impl<'a> Facts<'a> {
    pub(crate) fn of(task: &'a Task) -> Self {
        let definition = task.task.as_map();
        let extra = definition.and_then(|definition| definition.get_map("extra"));
        let shown = extra.and_then(|extra| extra.get_map("treeherder"));
        Facts {
            routes: definition.map_or(&[], |definition| definition.get_list("routes")),
            place: shown.map_or(Place::Nowhere, Place::of),
            tier: shown.and_then(|shown| shown.get("tier")?.as_int()).unwrap_or(i64::MAX),
            aliases: match task.attributes.get("toolchain-alias") {
                Some(Value::Str(alias)) if !alias.is_empty() => Aliases::One(alias),
                Some(Value::List(list)) => Aliases::Many(list),
                _ => Aliases::None,
            },
        }
    }
}

impl<'a> Place<'a> {
    fn of(shown: &'a Map) -> Self {
        let collections = shown.get_map("collection").map_or(&[] as &[_], |map| map.iter().as_slice());
        let [(collection, _)] = collections else { return Place::Collections(collections.len()) };
        let machine = shown.get_map("machine");
        Place::At(Shown {
            platform: machine.and_then(|machine| machine.get("platform")).map_or("".into(), shown_text),
            collection,
            group: shown.get("groupSymbol").map(shown_text),
            symbol: shown.get("symbol").map_or("".into(), shown_text),
        })
    }
}

impl<'a> Aliases<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a Str> {
        let (one, many): (_, &'a [Value]) = match self {
            Aliases::None => (None, &[]),
            Aliases::One(alias) => (Some(*alias), &[]),
            Aliases::Many(list) => (None, list),
        };
        one.into_iter().chain(many.iter().filter_map(Value::as_str))
    }
}

/// A text, or what Python makes of any other value.
fn shown_text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| python::str(value).into(), |text| text.as_str().into())
}
