//! A task on its way through the transforms.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use taskgraph_schema::{Object, check_object, check_object_like, describe};
use taskgraph_value::{Map, Str, Value};

use crate::{Error, Problem};

/// Where a task was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: Arc<Path>,
    /// The line of its name, from 1.
    pub line: Option<u32>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// A task on its way through the transforms: an open map of whatever the next transform expects, and where it was
/// written. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Description {
    /// The keys and values.
    pub fields: Map,
    /// Where the task that it was made from was written, if it was written.
    pub origin: Option<Origin>,
}

impl Description {
    /// A description that was not written in a file.
    pub fn new(fields: Map) -> Self {
        Description { fields, origin: None }
    }

    /// The same origin with other keys and values.
    pub fn with_fields(&self, fields: Map) -> Self {
        Description { fields, origin: self.origin.clone() }
    }

    /// What to call it in messages: its label, else its name.
    pub fn display_name(&self) -> Option<&Str> {
        self.get_str("label").or_else(|| self.get_str("name"))
    }

    /// The text of a key that must be a string.
    pub fn text(&self, key: &str) -> Result<&Str, Problem> {
        match self.get(key) {
            Some(Value::Str(text)) => Ok(text),
            Some(other) => Err(Problem::wrong(key, "a string", describe(other))),
            None => Err(Problem::missing(key, "a string")),
        }
    }

    /// The mapping of a key that must be one.
    pub fn mapping(&self, key: &str) -> Result<&Map, Problem> {
        match self.get(key) {
            Some(Value::Map(map)) => Ok(map),
            Some(other) => Err(Problem::wrong(key, "a mapping", describe(other))),
            None => Err(Problem::missing(key, "a mapping")),
        }
    }

    /// Compares the fields with a schema; the error has everything that is wrong.
    pub fn validate(&self, schema: &'static Object) -> Result<(), Problem> {
        validate(schema, &self.fields, None, "")
    }

    /// As [`Description::validate`]. `accepted` is a description of which this schema is known to hold, usually of the
    /// task before; what both share is not looked at again.
    pub fn validate_like(
        &self,
        accepted: Option<&Description>,
        schema: &'static Object,
    ) -> Result<(), Problem> {
        validate(schema, &self.fields, accepted.map(|accepted| &accepted.fields), "")
    }

    /// An error that says where the task is.
    pub fn error(&self, problem: Problem) -> Error {
        Error::of_task(self.display_name().cloned(), self.origin.as_ref(), problem)
    }
}

/// Compares a mapping with a schema, of which it may be known that `accepted` has it. `within` is the key under which a
/// task has the mapping, empty for the task itself.
pub(crate) fn validate(
    schema: &'static Object,
    map: &Map,
    accepted: Option<&Map>,
    within: &str,
) -> Result<(), Problem> {
    let violations = match accepted {
        Some(accepted) => check_object_like(schema, map, accepted),
        None => check_object(schema, map),
    };
    if violations.is_empty() {
        return Ok(());
    }
    Err(Problem::Violations { within: within.into(), violations })
}

impl Deref for Description {
    type Target = Map;
    fn deref(&self) -> &Map {
        &self.fields
    }
}

impl DerefMut for Description {
    fn deref_mut(&mut self) -> &mut Map {
        &mut self.fields
    }
}
