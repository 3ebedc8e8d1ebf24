//! Which tasks an action is for.

use std::fmt;

use taskgraph_schema::one_line;
use taskgraph_value::{Map, Str, Value};

/// Tags that a task must have, all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TagSet(Map);

impl TagSet {
    /// Tags and their values; of several values for one tag the last one counts.
    pub fn new<T: Into<Str>, V: Into<Str>>(tags: impl IntoIterator<Item = (T, V)>) -> Self {
        TagSet(Map::from_iter(tags.into_iter().map(|(tag, value)| (tag.into(), Value::Str(value.into())))))
    }

    /// Tags and their values, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&Str, &Str)> {
        self.0.iter().filter_map(|(tag, value)| Some((tag, value.as_str()?)))
    }

    /// Whether a task with these tags has all that are in this set. A tag that is no text is as good as absent.
    pub fn is_satisfied_by(&self, tags: &Map) -> bool {
        self.iter().all(|(tag, value)| tags.get_str(tag) == Some(value))
    }

    /// Whether every task that satisfies `self` satisfies `other`, too.
    pub(crate) fn implies(&self, other: &TagSet) -> bool {
        other.is_satisfied_by(&self.0)
    }

    /// Whether a task can satisfy both.
    pub(crate) fn agrees_with(&self, other: &TagSet) -> bool {
        self.iter().all(|(tag, value)| other.0.get_str(tag).is_none_or(|other| other == value))
    }

    pub(crate) fn read(value: &Value) -> TagSet {
        TagSet(value.as_map().cloned().unwrap_or_default())
    }

    pub(crate) fn write(&self) -> Value {
        Value::Map(self.0.clone())
    }
}

/// In words: `tasks with kind=test and os=linux`.
impl fmt::Display for TagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("every task");
        }
        f.write_str("tasks with ")?;
        for (at, (tag, value)) in self.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{}={}", one_line(tag), one_line(value))?;
        }
        Ok(())
    }
}

/// What an action is asked for: one task, or its group as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject<'a> {
    /// The group.
    Group,
    /// A task.
    Task {
        /// Its id.
        id: &'a str,
        /// Its definition.
        definition: &'a Value,
    },
}

impl Subject<'_> {
    /// The tags of the task, if it is one.
    pub(crate) fn tags(&self) -> Option<Map> {
        match self {
            Subject::Group => None,
            Subject::Task { definition, .. } => {
                Some(definition.at("tags").and_then(Value::as_map).cloned().unwrap_or_default())
            }
        }
    }
}

/// In words: `the task group`, `task fdtgsD5DQUmAQZEaGMvQ4Q`.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Group => f.write_str("the task group"),
            Subject::Task { id, .. } => write!(f, "task {}", one_line(id)),
        }
    }
}
