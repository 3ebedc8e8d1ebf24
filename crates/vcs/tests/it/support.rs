//! Throw-away repositories, out of reach of the configuration of whoever runs the tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use taskgraph_vcs::{Repository, Tools};
use tempfile::TempDir;

/// What every program sees: no configuration, no `GIT_*` of the surrounding process, a fixed clock.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.com"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"),
    ("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"),
    ("LC_ALL", "C.UTF-8"),
];

fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

pub(crate) fn tools() -> Tools {
    let tools = Tools::default().env_clear().env("PATH", search_path());
    ENVIRONMENT.into_iter().fold(tools, |tools, (key, value)| tools.env(key, value))
}

/// A git repository in a temporary directory.
pub(crate) struct Git {
    _parent: TempDir,
    root: PathBuf,
}

impl Git {
    /// One commit, on `main`, with `a.txt` and `dir/b.txt`.
    pub(crate) fn new() -> Git {
        let git = Git::empty(&[]);
        git.write("a.txt", "a\n");
        git.write("dir/b.txt", "b\n");
        git.commit("first");
        git
    }

    pub(crate) fn empty(init_args: &[&str]) -> Git {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("repo");
        fs::create_dir(&root).unwrap();
        let git = Git { _parent: parent, root };
        git.run(&[&["init", "--quiet", "--initial-branch=main"], init_args].concat());
        git
    }

    /// A clone; `args` may make it shallow.
    pub(crate) fn clone_of(other: &Git, args: &[&str]) -> Git {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("clone");
        let source = format!("file://{}", other.root.display());
        let target = root.display().to_string();
        run_git(parent.path(), &[&["clone", "--quiet"], args, &[&source, &target]].concat());
        Git { _parent: parent, root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn repository(&self) -> Repository {
        Repository::discover_with(&self.root, tools()).unwrap()
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> String {
        run_git(&self.root, args)
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.run(&["rev-parse", "HEAD"])
    }
}

#[track_caller]
fn run_git(root: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(args)
        .current_dir(root)
        .env_clear()
        .env("PATH", search_path())
        .envs(ENVIRONMENT)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Every file below a folder: its path, its mode, and its content or target, sorted.
pub(crate) fn snapshot(folder: &Path) -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                found.push((name, "folder".to_owned(), Vec::new()));
                folders.push(path);
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                found.push((name, "link".to_owned(), target.into_os_string().into_encoded_bytes()));
            } else {
                found.push((name, mode(&metadata), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> String {
    use std::os::unix::fs::PermissionsExt;
    if metadata.permissions().mode() & 0o100 == 0 { "file".to_owned() } else { "program".to_owned() }
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> String {
    "file".to_owned()
}
