//! The version of a release.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use taskgraph_action_tasks::AnyError;
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_kinds::{Extension, Registry};
use taskgraph_schema::{one_line, shown_path};
use taskgraph_value::Str;

use crate::Error;

/// The parser that is used if `version-parser` in `config.yml` names none.
pub const DEFAULT_VERSION_PARSER: &str = "mozilla_taskgraph.version:default_parser";

const LONGEST: usize = 100;

/// Reads the version of a release from the tree. `version-parser` in `config.yml` names the one to use.
pub trait VersionParser: Send + Sync {
    /// The version.
    fn version(&self, tree: &Tree<'_>) -> Result<Str, AnyError>;
}

impl Extension for dyn VersionParser {
    const WHAT: &'static str = "version parser";
}

/// What a version is read from.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// The root of the checkout.
    pub root: &'a Path,
    /// The parameters of the release, as far as they are known.
    pub parameters: &'a Parameters,
    /// The configuration of the graph.
    pub config: &'a GraphConfig,
}

/// Reads `version.txt` at the root of the checkout, without white space around its content.
struct VersionTxt;

impl VersionParser for VersionTxt {
    fn version(&self, tree: &Tree<'_>) -> Result<Str, AnyError> {
        let path = tree.root.join("version.txt");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(format!(
                "there is no file `{}`; say the version in the input, or name a `version-parser` in config.yml",
                shown_path(&path)
            )
            .into()),
            Err(error) => Err(format!("cannot read `{}`: {error}", shown_path(&path)).into()),
        }
    }
}

/// Registers the default parser.
pub(crate) fn register(registry: &mut Registry) {
    registry.add::<dyn VersionParser>(DEFAULT_VERSION_PARSER, Arc::new(VersionTxt));
}

/// The version that a tree has.
///
/// Fails with [`Error::UnknownVersionParser`], [`Error::NoVersion`], and [`Error::Version`] if it is none.
pub fn version_of_tree(registry: &Registry, tree: &Tree<'_>) -> Result<Str, Error> {
    let name =
        tree.config.values().get_str("version-parser").map_or(DEFAULT_VERSION_PARSER, |name| name.as_str());
    let parser = registry.get::<dyn VersionParser>(name).map_err(|source| Error::UnknownVersionParser {
        config: tree.config.root().join("config.yml"),
        source,
    })?;
    let version = parser.version(tree).map_err(|source| Error::NoVersion { parser: name.into(), source })?;
    check_version(&version, &format!("in the tree (by `{}`)", one_line(name)))?;
    Ok(version)
}

/// Whether a text can be a version, which becomes a part of file names and addresses: ASCII letters, digits and
/// `.-_+~`, at least one digit, no empty part between dots, at most 100 characters.
pub(crate) fn check_version(version: &str, place: &str) -> Result<(), Error> {
    let known = |c: char| c.is_ascii_alphanumeric() || ".-_+~".contains(c);
    let parts = version.split('.').all(|part| !part.is_empty());
    if version.len() <= LONGEST
        && version.chars().all(known)
        && version.contains(|c: char| c.is_ascii_digit())
        && parts
    {
        return Ok(());
    }
    let shown: String = version.chars().take(60).collect();
    Err(Error::Version { place: place.to_owned(), found: shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_names() {
        for version in ["1", "1.0", "v1.2.3", "128.0b4", "115.3.0esr", "2024.11.0-rc.1", "1.2+3~git"] {
            assert!(check_version(version, "").is_ok(), "{version}");
        }
        for version in ["", "latest", "1.0 beta", "1..2", ".1", "1.", "1/2", "1\n2", "١", "1.0\u{202e}"] {
            assert!(check_version(version, "").is_err(), "{version}");
        }
        assert!(check_version(&"1".repeat(101), "").is_err());
        let error = check_version("a b\n", "in the input").unwrap_err().to_string();
        assert_eq!(
            error,
            "the version in the input: expected one such as `128.0b4`, of letters, digits and `.-_+~`, found `a b\\n`"
        );
    }
}
