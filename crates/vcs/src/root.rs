//! Finding the root of a checkout by looking at folders only.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use crate::error::Error;

/// A version control system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VcsTool {
    /// git.
    Git,
    /// Mercurial.
    Hg,
}

impl VcsTool {
    /// The name of its command, which is also its name in parameters: `git` or `hg`.
    pub fn as_str(self) -> &'static str {
        match self {
            VcsTool::Git => "git",
            VcsTool::Hg => "hg",
        }
    }
}

impl fmt::Display for VcsTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the innermost folder at or above `path` that is the root of a checkout, as an absolute path with
/// neither `.` nor `..`, and what kind of checkout it is.
///
/// A root has a directory `.hg`, or else anything called `.git` (which is a file in submodules and linked
/// worktrees). Links in `path` are not resolved, and no program is run. `None` as well if `path` is relative
/// and the current directory is gone.
///
/// ```
/// use std::path::Path;
/// assert_eq!(taskgraph_vcs::find_root(Path::new("/")), None);
/// ```
pub fn find_root(path: &Path) -> Option<(PathBuf, VcsTool)> {
    let path = absolute(path).ok()?;
    for folder in path.ancestors() {
        if folder.join(".hg").is_dir() {
            return Some((folder.to_owned(), VcsTool::Hg));
        }
        if folder.join(".git").exists() {
            return Some((folder.to_owned(), VcsTool::Git));
        }
    }
    None
}

/// Makes a path absolute and takes `.` and `..` away by their spelling, not following links.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let given = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let full = std::path::absolute(given).map_err(|source| Error::Path { path: path.to_owned(), source })?;
    let mut clean = PathBuf::new();
    for part in full.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            match path.strip_suffix('/') {
                Some(dir) => std::fs::create_dir_all(root.path().join(dir)).unwrap(),
                None => std::fs::write(root.path().join(path), "").unwrap(),
            }
        }
        root
    }

    #[track_caller]
    fn check(paths: &[&str], from: &str, expected: &str, tool: VcsTool) {
        let root = folder(paths);
        let found = find_root(&root.path().join(from)).unwrap();
        assert_eq!(found, (absolute(&root.path().join(expected)).unwrap(), tool));
    }

    #[test]
    fn the_innermost_root_wins_and_mercurial_before_git() {
        check(&[".git/", "a/b/"], "a/b", "", VcsTool::Git);
        check(&[".git/", "a/", "a/.git", "a/b/"], "a/b", "a", VcsTool::Git);
        check(&[".git/", "a/.hg/", "a/b/"], "a/b", "a", VcsTool::Hg);
        check(&[".git/", ".hg/"], "", "", VcsTool::Hg);
        check(&[".git/", "a/", "a/.hg"], "a", "", VcsTool::Git);
    }

    #[test]
    fn parents_are_taken_by_spelling() {
        check(&[".git/", "a/.git/", "b/"], "a/../b", "", VcsTool::Git);
        check(&[".git/"], "missing/./folder", "", VcsTool::Git);
    }
}
