//! One digest for many tracked files.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::{
    Error, PathPattern,
    digest::{sha256, sha256_of_file},
};

/// Hashes the tracked files that match patterns, reading every file at most once.
///
/// Made for many questions about one checkout, from several threads.
#[derive(Debug)]
pub struct PathHasher {
    root: PathBuf,
    /// Sorted, each with the digest of its content once that is known.
    tracked: Vec<(String, OnceLock<Box<str>>)>,
    matches: Mutex<BTreeMap<String, Arc<[usize]>>>,
}

impl PathHasher {
    /// `tracked` are the tracked files of the repository, relative to its folder `root`, in any order.
    pub fn new(root: &Path, tracked: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut tracked: Vec<String> = tracked.into_iter().map(Into::into).collect();
        tracked.sort_unstable();
        tracked.dedup();
        let tracked = tracked.into_iter().map(|path| (path, OnceLock::new())).collect();
        Self { root: root.to_owned(), tracked, matches: Mutex::default() }
    }

    /// The digest of all files that match one of `patterns` (see [`PathPattern`]), as 64 hex digits: the SHA-256 of
    /// a line `<SHA-256 of the content> <path>` per file, sorted by path.
    ///
    /// # Errors
    ///
    /// When a pattern matches no tracked file, or a file cannot be read.
    pub fn hash(&self, patterns: &[impl AsRef<str>]) -> Result<String, Error> {
        let mut selected = Vec::new();
        for pattern in patterns {
            let found = self.matching(pattern.as_ref());
            if found.is_empty() {
                return Err(Error::NoMatch { pattern: pattern.as_ref().to_owned() });
            }
            selected.extend_from_slice(&found);
        }
        selected.sort_unstable();
        selected.dedup();

        let mut manifest = String::new();
        for index in selected {
            let (path, digest) = &self.tracked[index];
            let digest = match digest.get() {
                Some(digest) => digest,
                None => {
                    let file = self.root.join(path);
                    let content = sha256_of_file(&file).map_err(Error::read(&file))?;
                    digest.get_or_init(|| content.into())
                }
            };
            // Writing to a String cannot fail.
            let _ = writeln!(manifest, "{digest} {path}");
        }
        Ok(sha256(manifest.as_bytes()))
    }

    fn matching(&self, pattern: &str) -> Arc<[usize]> {
        let known = |matches: &BTreeMap<String, Arc<[usize]>>| matches.get(pattern).cloned();
        if let Some(found) = known(&self.matches.lock().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let compiled = PathPattern::new(pattern);
        let matching = self.tracked.iter().enumerate().filter(|(_, (path, _))| compiled.matches(path));
        let found: Arc<[usize]> = matching.map(|(index, _)| index).collect();
        let mut matches = self.matches.lock().unwrap_or_else(PoisonError::into_inner);
        matches.insert(pattern.to_owned(), Arc::clone(&found));
        found
    }
}

/// [`PathHasher::hash`] for a single question.
///
/// # Errors
///
/// When a pattern matches no tracked file, or a file cannot be read.
pub fn hash_paths(
    root: &Path,
    tracked: &[impl AsRef<str>],
    patterns: &[impl AsRef<str>],
) -> Result<String, Error> {
    PathHasher::new(root, tracked.iter().map(AsRef::as_ref)).hash(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a")).unwrap();
        for (path, content) in [("a/x", "1"), ("a.b", "2"), ("a/é", "3"), ("z", "")] {
            std::fs::write(folder.path().join(path), content).unwrap();
        }
        folder
    }

    const TRACKED: [&str; 5] = ["z", "a/x", "a.b", "a/é", "gone"];

    /// Expectations printed by the Python taskgraph's `hash_paths`.
    #[test]
    fn equals_the_reference() {
        let folder = repository();
        let hash = |patterns: &[&str]| hash_paths(folder.path(), &TRACKED, patterns).unwrap();
        assert_eq!(hash(&["a"]), "1f6d3fe9794db29b278482666c75b69ae79090343d8f9fe94d134559c2f45ec8");
        assert_eq!(hash(&["z", "a*"]), "1c7410247a215c456802ec4aae5603e167f92b1459ec68b7f91137763469166f");
        assert_eq!(hash(&["a*", "a/**", "z"]), hash(&["z", "a*"]));
        assert_eq!(hash(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn errors_name_pattern_and_file() {
        let folder = repository();
        let hasher = PathHasher::new(folder.path(), TRACKED);
        assert_eq!(hasher.hash(&["a", "b/*"]).unwrap_err().to_string(), "b/* did not match anything");
        let message = hasher.hash(&["g*"]).unwrap_err().to_string();
        assert!(message.starts_with("cannot read `") && message.contains("/gone`: "), "{message}");
    }

    #[test]
    fn reads_a_file_once() {
        let folder = repository();
        let hasher = PathHasher::new(folder.path(), TRACKED);
        let first = hasher.hash(&["a"]).unwrap();
        std::fs::remove_file(folder.path().join("a/x")).unwrap();
        assert_eq!(hasher.hash(&["a"]).unwrap(), first);
    }
}
