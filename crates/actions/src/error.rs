//! What can be wrong with a document, with what is asked of it, and with input.

use taskgraph_parameterize::JsonEError;
use taskgraph_schema::{Violation, one_line};
use thiserror::Error;

use crate::violations::joined;

/// Not a document of actions.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON, or with too much in it.
    #[error("the actions are no JSON: {}", one_line(problem))]
    Json {
        /// What is wrong, and where.
        problem: String,
    },
    /// Too large, too deep, or with dates.
    #[error("the document of actions {problem}")]
    Size {
        /// What is wrong, to follow the document's name.
        problem: String,
    },
    /// Another version.
    #[error("the actions have version {}, expected 1", one_line(found))]
    Version {
        /// The version, as JSON.
        found: String,
    },
    /// Against the formal schema.
    #[error("the document of actions is not as the specification says: {}", joined(violations))]
    Shape {
        /// All that is wrong.
        violations: Vec<Violation>,
    },
    /// An action whose schema for its input is none. Only documents to write fail with it.
    #[error("action `{}`: {source}", one_line(name))]
    Schema {
        /// The action's name.
        name: String,
        /// What is wrong with its schema.
        source: SchemaError,
    },
    /// An action that can never be reached, because one of the same name is before it wherever it is relevant. Only
    /// documents to write fail with it.
    #[error(
        "action `{}`, `{}`: wherever it is relevant, `{}` has the same name and comes before it; expected \
         names that are unique for one task or for the group",
        one_line(name),
        one_line(title),
        one_line(before)
    )]
    Unreachable {
        /// The name of both.
        name: String,
        /// The title of the later one.
        title: String,
        /// The title of the earlier one.
        before: String,
    },
}

/// No action, or not one, of a name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindError {
    /// There is none of that name.
    #[error("there is no action `{}`{}; known are {}", one_line(name), meant(near), listed(known))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are, in the order of menus.
        known: Vec<String>,
        /// Those that it may have been meant to be, the nearest first.
        near: Vec<String>,
    },
    /// There are some, none of them for this task, or for the group.
    #[error("action `{}` is not for {}: it is for {}", one_line(name), one_line(subject), one_line(contexts))]
    NotRelevant {
        /// The name.
        name: String,
        /// What it was asked for, in words.
        subject: String,
        /// What those of that name are for, in words.
        contexts: String,
        /// The names of actions that are for the subject, in the order of menus.
        relevant: Vec<String>,
    },
    /// There are several for one task, or for the group.
    #[error(
        "there are {} actions `{}` for {}, expected one: {}",
        titles.len(), one_line(name), one_line(subject), listed(titles)
    )]
    Several {
        /// The name.
        name: String,
        /// What it was asked for, in words.
        subject: String,
        /// The titles of all of them, in the order of menus.
        titles: Vec<String>,
    },
}

/// An input that an action does not take.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InputError {
    /// The action's schema is at fault.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Too large, too deep, or with dates.
    #[error("the input {problem}")]
    Size {
        /// What is wrong, to follow "the input".
        problem: String,
    },
    /// There is an input, but the action takes none.
    #[error("the action takes no input, found {found}")]
    NotTaken {
        /// What was found.
        found: String,
    },
    /// Against the schema.
    #[error("the input is not as the action wants it: {}", joined(violations))]
    Invalid {
        /// All that is wrong, each with its place.
        violations: Vec<Violation>,
    },
}

/// A schema that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is no schema.
    #[error("the schema is none: {}", one_line(problem))]
    Invalid {
        /// What is wrong, and where.
        problem: String,
    },
    /// It takes too much memory or time.
    #[error("the schema {problem}")]
    Limit {
        /// What is too much.
        problem: String,
    },
    /// It refers to what is not there, or what cannot be referred to.
    #[error("the schema refers to `{}`{}", one_line(target), problem)]
    Reference {
        /// What it refers to.
        target: String,
        /// What is wrong with that.
        problem: String,
    },
    /// It refers to another document, which was not given.
    #[error("the schema refers to {}, and nobody said that it may be fetched", one_line(url))]
    External {
        /// The address of the document, which begins with `https://`.
        url: String,
    },
    /// Another document could not be fetched, or is not JSON.
    #[error("the schema refers to {}: {}", one_line(url), one_line(problem))]
    Fetch {
        /// The address.
        url: String,
        /// What went wrong.
        problem: String,
    },
}

/// An action that cannot be rendered.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum RenderError {
    /// The input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The action is not for this task, or not for the group.
    #[error("action `{}` is not for {}: it is for {}", one_line(name), one_line(subject), one_line(contexts))]
    NotRelevant {
        /// The action's name.
        name: String,
        /// What it was to be done to, in words.
        subject: String,
        /// What it is for, in words.
        contexts: String,
    },
    /// The template.
    #[error("the template of action `{}`: {source}", one_line(name))]
    Template {
        /// The action's name.
        name: String,
        /// What is wrong with it.
        source: JsonEError,
    },
    /// The template renders to something else.
    #[error("the template of action `{}` renders to {found}, expected a mapping", one_line(name))]
    NotAMapping {
        /// The action's name.
        name: String,
        /// What it renders to.
        found: String,
    },
    /// What it renders to is too large.
    #[error("the template of action `{}` renders to something that {problem}", one_line(name))]
    Size {
        /// The action's name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A hook that cannot be, so that a scope about it could be one about another.
    #[error(
        "action `{}` names the hook group `{}`: expected letters, digits, `-` and `_`",
        one_line(name),
        one_line(hook_group_id)
    )]
    HookGroup {
        /// The action's name.
        name: String,
        /// The group.
        hook_group_id: String,
    },
}

fn meant(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!(
            " (is it {}?)",
            near.iter().map(|name| format!("`{}`", one_line(name))).collect::<Vec<_>>().join(" or ")
        ),
    }
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 50;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(MOST).map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
