//! Fills values into templates, as Python's `str.format` does; references, times, durations and ids as tasks have them.
//!
//! Task descriptions are full of text such as `build-{platform}-{matrix[python]}`. [`format()`] fills in one text,
//! [`substitute`] every text inside a value, and [`substitute_fields`] those at given places of a task. What has no
//! braces is returned as it was, still shared with whoever else holds it. A [`Template`] is parsed once and
//! rendered often.
//!
//! [`Span`] and [`relative_datestamp`] read durations such as `1 day 2 hours`, [`slugid`] and its siblings make ids.
//! [`resolve_references`] and [`resolve_timestamps`] put into a task definition what is known last: which tasks it needs,
//! and when it is created.
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

mod duration;
mod error;
mod format;
mod json_e;
mod lookup;
mod marked;
mod reference;
mod slugid;
mod substitute;
mod timestamps;

pub use crate::{
    duration::{Span, relative_datestamp, relative_time},
    error::{DurationError, Error, SlugidError, SubstituteError},
    format::{Template, format},
    json_e::{JsonEError, JsonEFunction, render_json_e, render_json_e_with},
    lookup::Lookup,
    reference::{ArtifactUrls, ReferenceError, ReferenceProblem, References, resolve_references},
    slugid::{decode_slugid, encode_slugid, nice_slugid, slugid},
    substitute::{substitute, substitute_fields},
    timestamps::{TimestampError, resolve_timestamps},
};
