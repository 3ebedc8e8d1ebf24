//! Fills values into templates, as Python's `str.format` does.
//!
//! Task descriptions are full of text such as `build-{platform}-{matrix[python]}`. [`format()`] fills in one text,
//! [`substitute`] every text inside a value, and [`substitute_fields`] those at given places of a task. What has no
//! braces is returned as it was, still shared with whoever else holds it. A [`Template`] is parsed once and
//! rendered often.
//!
//! Where names get their values from is a [`Lookup`]: a map, a closure, or a pair of lookups.
//!
//! ```
//! use taskgraph_parameterize::{Template, substitute};
//! use taskgraph_value::{json, map, Value};
//!
//! let values = map! { "chunk" => 3, "matrix" => map! { "python" => "3.12" }, "build-id" => "ab" };
//! let label = Template::parse("py{matrix[python]}-{chunk:03}-{build-id!r}")?;
//! assert_eq!(label.render(&values)?, "py3.12-003-'ab'");
//!
//! let task = Value::from(map! { "name" => "t{chunk}", "braces" => "{{}}", "retries" => 5 });
//! let task = substitute(task, &values)?;
//! assert_eq!(json::compact(&task).unwrap(), r#"{"name":"t3","braces":"{}","retries":5}"#);
//! # Ok::<(), taskgraph_parameterize::Error>(())
//! ```

mod error;
mod format;
mod lookup;
mod substitute;

pub use crate::{
    error::{Error, SubstituteError},
    format::{Template, format},
    lookup::Lookup,
    substitute::{substitute, substitute_fields},
};
