//! YAML as the reference reads and writes it: YAML 1.1, as PyYAML's safe loader understands it.
//!
//! So a plain `yes` is a boolean, `0755` is octal, `12:30` is 750, `1e3` is a string, and `2024-01-01` is a date.
//! `<<` merges mappings, whose keys come before those of the mapping that they are merged into. Of a repeated key
//! the first place and the last value count.
//!
//! Three things differ from PyYAML. Keys are text: `1`, `1.5`, `true`, `~` and dates become the text that they have in
//! JSON or, for dates, in Python, so that a key `1` and a key `"1"` of one mapping are the same key. `!!set` and
//! `!!binary`, which no description can use, are errors, and the pairs of `!!omap` and `!!pairs` are lists of two. What
//! cannot be meant well is an error here although PyYAML reads it: an anchor that contains itself, nesting
//! below 64 levels, and aliases that stand for more than five million values.
//!
//! ```
//! use std::path::Path;
//! use taskgraph_config::yaml;
//! use taskgraph_value::json;
//!
//! let text = "
//! defaults: &defaults
//!   tier: 0x10
//! tasks:
//!   build:
//!     <<: *defaults
//!     nightly: on
//! ";
//! let document = yaml::read_str(text, Path::new("kind.yml"))?;
//! let tasks = document.value.at("tasks").unwrap();
//! assert_eq!(json::compact(tasks)?, r#"{"build":{"tier":16,"nightly":true}}"#);
//! assert_eq!(document.line(&["tasks", "build"]), Some(5));
//!
//! let error = yaml::read_str("a: [1\nb: 2", Path::new("kind.yml")).unwrap_err();
//! assert_eq!(error.to_string(), "kind.yml:2:2: did not find expected ',' or ']' while parsing a flow sequence");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod encoding;
mod error;
mod intern;
mod load;
mod prepare;
mod scalar;
#[cfg(test)]
mod tests;
mod timestamp;
mod write;

use std::path::Path;

pub use self::{
    document::Document,
    error::{Error, ErrorKind},
    intern::intern,
    write::{write, write_unicode},
};

/// Reads a file.
pub fn read_file(path: &Path) -> Result<Document, Error> {
    read_file_as(path, path)
}

/// Reads the file `path`, which errors call `name`.
pub fn read_file_as(path: &Path, name: &Path) -> Result<Document, Error> {
    match read(path) {
        Ok(bytes) => read_bytes(&bytes, name),
        Err(error) => Err(Error { path: name.to_owned(), line: None, column: None, kind: error.into() }),
    }
}

/// The content of a file. What may never end, such as a device that a link leads to, is an error.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    std::fs::read(path)
}

/// Reads text. `name` is what errors call it.
pub fn read_str(text: &str, name: &Path) -> Result<Document, Error> {
    read_bytes(text.as_bytes(), name)
}

/// Reads the bytes of a file: UTF-8, or UTF-16 with a byte order mark. `name` is what errors call it.
pub fn read_bytes(bytes: &[u8], name: &Path) -> Result<Document, Error> {
    let text = encoding::decode(bytes, name)?;
    load::load(&text, name)
}
