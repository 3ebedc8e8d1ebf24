//! What can be wrong with a YAML file.

use std::fmt;
use std::io;
use std::path::PathBuf;

use taskgraph_schema::{one_line, shown_path};
use thiserror::Error;

/// A YAML file that cannot be read. Shown as `path:line:column: what is wrong`.
#[derive(Debug)]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1, if what is wrong has a place in the file.
    pub line: Option<u32>,
    /// The column in characters, from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub kind: ErrorKind,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", shown_path(&self.path))?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, "{number}:")?;
        }
        write!(f, " {}", one_line(&self.kind.to_string()))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.kind)
    }
}

/// What is wrong with a YAML file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Io(#[source] io::Error),
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// How many bytes come before.
        offset: usize,
    },
    /// Bytes that are not UTF-16, in a file that starts with its byte order mark.
    #[error("not UTF-16 from byte {offset} on")]
    NotUtf16 {
        /// How many bytes come before.
        offset: usize,
    },
    /// A character that YAML does not allow, such as a control character.
    #[error("the character U+{:04X} is not allowed", u32::from(*character))]
    Character {
        /// The character.
        character: char,
    },
    /// The text is not YAML.
    #[error("{problem}{}", context.map(|context| format!(" {context}")).unwrap_or_default())]
    Syntax {
        /// What was found or not found.
        problem: &'static str,
        /// What was being read, as a phrase: `while parsing a block mapping`.
        context: Option<&'static str>,
    },
    /// A tag that stands for nothing here.
    #[error("unknown tag `{tag}`")]
    UnknownTag {
        /// The tag, in full.
        tag: String,
    },
    /// A tag whose values no description can hold.
    #[error("the tag `{tag}` is not supported")]
    UnsupportedTag {
        /// The tag, as it is usually written.
        tag: &'static str,
    },
    /// A tag on something that it cannot be a tag of.
    #[error("the tag `{tag}` needs {expected}, found {found}")]
    WrongTag {
        /// The tag, in full.
        tag: String,
        /// What the tag is for.
        expected: &'static str,
        /// What has the tag.
        found: &'static str,
    },
    /// A scalar that looks like, or is tagged as, what it is not.
    #[error("`{text}` is not {expected}: {problem} (if it is meant to be text, quote it)")]
    Scalar {
        /// The scalar, shortened if it is long.
        text: String,
        /// What it would have to be, e.g. `a date`.
        expected: &'static str,
        /// Why it is none.
        problem: String,
    },
    /// An alias of an anchor that was not seen before.
    #[error("the alias `*{anchor}` has no anchor before it")]
    UndefinedAlias {
        /// The name.
        anchor: String,
    },
    /// An alias inside what its anchor names.
    #[error("the alias `*{anchor}` is inside of what `&{anchor}` names")]
    RecursiveAlias {
        /// The name.
        anchor: String,
    },
    /// Two anchors with the same name.
    #[error("the anchor `&{anchor}` is used a second time")]
    DuplicateAnchor {
        /// The name.
        anchor: String,
    },
    /// A list or a mapping as a key.
    #[error("expected a string as a key, found {found}")]
    UnhashableKey {
        /// What the key is.
        found: &'static str,
    },
    /// `<<` with something that cannot be merged.
    #[error("expected a mapping or a list of mappings after `<<`, found {found}")]
    Merge {
        /// What was found.
        found: &'static str,
    },
    /// Lists and mappings inside each other, too many.
    #[error("lists and mappings are nested more than {limit} levels deep")]
    TooDeep {
        /// The most levels there may be.
        limit: u32,
    },
    /// More values than a description can have, counting each alias as what it stands for.
    #[error("the file stands for more than {limit} values; do its aliases multiply each other?")]
    TooLarge {
        /// The most values there may be.
        limit: u64,
    },
    /// A second document.
    #[error("expected one document, found a second")]
    SecondDocument,
}

impl From<io::Error> for ErrorKind {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io(error),
        }
    }
}
