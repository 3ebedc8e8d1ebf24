//! What can be wrong with a template.

use thiserror::Error;

use crate::Lookup;

/// A template that cannot be filled in. Each kind holds the template's text, shortened if it is long.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The braces of the template make no sense.
    #[error("template `{template}`: {problem} (a literal brace is written `{{{{` or `}}}}`)")]
    Syntax {
        /// The template.
        template: String,
        /// What is wrong.
        problem: String,
    },
    /// A name that has no value.
    #[error(
        "template `{template}`: `{name}` has no value; {known} (a literal brace is written `{{{{` or `}}}}`)"
    )]
    UnknownName {
        /// The template.
        template: String,
        /// The name.
        name: String,
        /// The names that have values, as a phrase.
        known: String,
    },
    /// `{}` or `{0}`: there are no values without a name.
    #[error(
        "template `{template}`: `{{{name}}}` asks for a value by position, but values only have names \
         (a literal brace is written `{{{{` or `}}}}`)"
    )]
    Positional {
        /// The template.
        template: String,
        /// What stands between the braces.
        name: String,
    },
    /// An index or an attribute that its value does not have.
    #[error("template `{template}`: `{{{field}}}`: {problem}")]
    Access {
        /// The template.
        template: String,
        /// The name with its indexes, e.g. `matrix[python]`.
        field: String,
        /// What was looked for and what was found.
        problem: String,
    },
    /// A conversion or format specification that does not suit the value.
    #[error("template `{template}`: `{{{field}}}`: {problem}")]
    Format {
        /// The template.
        template: String,
        /// What stands between the braces.
        field: String,
        /// What is wrong.
        problem: String,
    },
}

/// A field that cannot be substituted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubstituteError {
    /// A path that leads nowhere.
    #[error("no field `{path}`: {problem}")]
    MissingField {
        /// The dotted path.
        path: String,
        /// Which part of it is missing.
        problem: String,
    },
    /// A template at a path that cannot be filled in.
    #[error("field `{path}`: {source}")]
    Template {
        /// The dotted path.
        path: String,
        /// What is wrong with the template.
        source: Error,
    },
}

/// Not a duration that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// Not a [`Span`](crate::Span).
    #[error(
        "bad duration `{text}`: expected numbers with units, the largest first, as in \
         `1 year 2 months 3 weeks 4 days 5 hours 6 minutes 7 seconds` or `1d2h`"
    )]
    NotADuration {
        /// The text.
        text: String,
    },
    /// There is no number with a unit after it.
    #[error("bad duration `{text}`: expected a whole number and a unit, as in `28 days`")]
    NoPair {
        /// The text.
        text: String,
    },
    /// Only whole numbers count.
    #[error("bad duration `{text}`: expected a whole number, found `{number}`")]
    NotWhole {
        /// The text.
        text: String,
        /// The number.
        number: String,
    },
    /// A unit that nobody knows.
    #[error(
        "bad duration `{text}`: expected second, minute, hour, day, month or year as unit, found `{unit}`"
    )]
    UnknownUnit {
        /// The text.
        text: String,
        /// The word that stands for the unit.
        unit: String,
    },
    /// Times have four digits for the year.
    #[error("bad duration `{text}`: expected a time before the year 10000")]
    TooLong {
        /// The text.
        text: String,
    },
}

/// Not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlugidError {
    /// Not a slugid.
    #[error(
        "bad slugid `{text}`: expected a version 4 UUID in 22 letters, digits, `-` and `_`, as in \
         `fdtgsD5DQUmAQZEaGMvQ4Q`"
    )]
    NotASlugid {
        /// The text.
        text: String,
    },
    /// Not a version 4 UUID.
    #[error("bad UUID `{text}`: expected one of version 4, as in `7ddb60b0-3e43-4149-8041-911a18cbd0e1`")]
    NotAUuid {
        /// The text.
        text: String,
    },
}

/// Longest part of a template that an error shows, in characters.
const SHOWN: usize = 100;
/// Most names that an error lists.
const LISTED: usize = 12;

pub(crate) fn shorten(template: &str) -> String {
    match template.char_indices().nth(SHOWN) {
        None => template.to_owned(),
        Some((at, _)) => format!("{}…", &template[..at]),
    }
}

pub(crate) fn known(values: &dyn Lookup) -> String {
    let names = values.names();
    if names.is_empty() {
        return "no names are known here".to_owned();
    }
    let listed = names.iter().take(LISTED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(LISTED) {
        Some(rest) if rest > 0 => format!("known are {listed} and {rest} more"),
        _ => format!("known are {listed}"),
    }
}
