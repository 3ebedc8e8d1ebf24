//! What a description may look like, and every way in which one does not.
//!
//! A [`Shape`] is declared once, as a constant, next to the transform that takes the description. [`check`] compares
//! a value with it and returns all [`Violation`]s, because somebody who writes YAML wants to mend them in one go.
//!
//! ```
//! use taskgraph_schema::{check, optional, required, Object, Shape};
//! use taskgraph_value::map;
//!
//! static CHUNK: Object = Object::closed(&[
//!     required("total-chunks", Shape::Int),
//!     optional("substitution-fields", Shape::ListOf(&Shape::Str)),
//! ]);
//!
//! let value = map! { "total-chunks" => "3", "fields" => true };
//! let found: Vec<String> = check(&Shape::Object(&CHUNK), &value.into()).iter().map(ToString::to_string).collect();
//! assert_eq!(found, [
//!     "`total-chunks`: expected an integer, found the string \"3\"",
//!     "`fields`: unknown key; known are total-chunks, substitution-fields",
//! ]);
//! ```

mod check;
mod shape;
mod shown;
mod violation;

pub use crate::{
    check::{check, check_object, check_object_like},
    shape::{Field, Object, Rule, Shape, optional, required, with_default},
    shown::{many_lines, one_line, shown_path},
    violation::{Violation, describe},
};
