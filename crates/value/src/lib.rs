//! Ordered values that are cheap to copy, and the text Python makes of them.
//!
//! A graph of ten thousand tasks says the same few things ten thousand times. [`Value`] is a JSON-like tree whose
//! strings, lists and maps are shared: a clone is a pointer, and writing to a shared part copies only that part.
//! So a task that starts as a copy of its kind's defaults costs what it changes, and every task still has
//! a value of its own. Maps keep the order in which their keys were first written.
//!
//! Outputs and templates follow Python: [`json`] prints what `json.dumps` prints, [`python`] has `str()`, `repr()`,
//! equality and truth.
//!
//! ```
//! use taskgraph_value::{json, map, Value};
//!
//! let defaults = Value::from(map! { "worker-type" => "b-linux", "env" => map! { "LANG" => "C" } });
//! let mut task = defaults.clone(); // shares everything
//! task.at_mut("env").unwrap().as_map_mut().unwrap().insert("DEBUG".into(), true.into());
//!
//! assert_eq!(json::compact(&task).unwrap(), r#"{"worker-type":"b-linux","env":{"LANG":"C","DEBUG":true}}"#);
//! assert_eq!(json::compact(&defaults).unwrap(), r#"{"worker-type":"b-linux","env":{"LANG":"C"}}"#);
//! ```

pub mod json;
mod list;
mod map;
pub mod python;
mod serde_impl;
mod value;
mod variants;

#[doc(hidden)]
pub use arcstr::literal as __literal;

/// A string shared by pointer. A [`text!`] literal costs nothing, a clone only a counter.
pub use arcstr::ArcStr as Str;

#[doc(hidden)]
pub use crate::map::LiteralKeys;

pub use crate::{
    list::List,
    map::{Iter, Map},
    value::{Value, split_path},
    variants::{Difference, Place, Step, Variants},
};

/// A [`Str`] of a literal, without allocating.
///
/// ```
/// use taskgraph_value::{text, Str};
/// const KIND: Str = text!("docker-image");
/// assert_eq!(KIND, "docker-image");
/// ```
#[macro_export]
macro_rules! text {
    ($text:expr $(,)?) => {
        $crate::__literal!($text)
    };
}

/// A [`Map`] with literal keys, in the order written. Values are anything that a [`Value`] can be made from.
///
/// ```
/// use taskgraph_value::{map, Value};
/// let cache = map! { "type" => "persistent", "name" => "checkouts", "skip-untrusted" => false };
/// assert_eq!(cache.get("name"), Some(&Value::from("checkouts")));
/// ```
#[macro_export]
macro_rules! map {
    () => { $crate::Map::new() };
    ($($key:literal => $value:expr),+ $(,)?) => {{
        static KEYS: $crate::LiteralKeys<{ [$($key),+].len() }> = $crate::LiteralKeys::new([$($crate::text!($key)),+]);
        $crate::Map::of_literals(&KEYS, [$($crate::Value::from($value)),+])
    }};
}
