//! For tests and for the goldens they compare with: git checkouts of fixtures, with the same commits on every machine.
//!
//! The reference runs in such a checkout when goldens are written, and the tests in one like it. fixtures/README.md says
//! what a fixture's files are, and what is committed how.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::fs;
//!
//! let scratch = tempfile::tempdir()?;
//! let fixture = scratch.path().join("demo");
//! fs::create_dir_all(fixture.join("repo/taskcluster"))?;
//! fs::write(fixture.join("repo/taskcluster/config.yml"), "trust-domain: demo\n")?;
//!
//! let commit = taskgraph_checkouts::create("demo", &fixture, &scratch.path().join("checkout"))?;
//! assert_eq!(commit, "db31fdf011345346e4addd57c295aedde0122605");
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde::Deserialize;
use serde_json::{Map, Value};

/// Why there is no checkout.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the fixture or of the checkout.
    #[error("{doing} {}", path.display())]
    File {
        /// What was done with it.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why that failed.
        source: io::Error,
    },

    /// Something that git and the reference would each see in another way.
    #[error("{} is neither a folder nor a regular file", .0.display())]
    NotAFile(PathBuf),

    /// There is no git.
    #[error("running git")]
    NoGit(#[source] io::Error),

    /// A command of git that failed, and what it printed.
    #[error("git {command} failed: {output}")]
    Git {
        /// The arguments.
        command: String,
        /// What it said.
        output: String,
    },
}

type Result<T, E = Error> = std::result::Result<T, E>;

/// Makes an error of one of the operating system.
fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File { doing, path: path.to_owned(), source }
}

/// Author and committer, name and date: all that a commit hash depends on besides the tree.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "Fixture"),
    ("GIT_AUTHOR_EMAIL", "fixture@example.com"),
    ("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "Fixture"),
    ("GIT_COMMITTER_EMAIL", "fixture@example.com"),
    ("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"),
];

/// Copies `<folder>/repo` to `to`, commits it on branch `main` with the remote
/// `https://github.com/example-org/<name>`, then lays the files of `<folder>/untracked` over it.
/// Returns the commit.
///
/// # Errors
///
/// A file that cannot be read or written or is no regular file, and what git says.
pub fn create(name: &str, folder: &Path, to: &Path) -> Result<String> {
    copy_tree(&folder.join("repo"), to)?;
    let commit = commit(name, to)?;
    let untracked = folder.join("untracked");
    if untracked.is_dir() {
        copy_tree(&untracked, to)?;
    }
    Ok(commit)
}

/// A push, as the files in `pushes/` have it: what is done in a checkout before its decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Commits, on top of that of the fixture.
    #[serde(default)]
    commits: Vec<Commit>,
    /// A git note of the last commit, for parameters.
    note: Option<String>,
    /// Files that nobody commits, by path.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The options of the decision. `commit:REV` stands for the hash of that commit.
    options: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    message: String,
    #[serde(default)]
    write: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
}

impl Push {
    /// Does it in a checkout. Returns the options of the reference's `decision`, by their names in Python.
    ///
    /// # Errors
    ///
    /// A file that cannot be written or removed, and what git says.
    pub fn apply(self, repo: &Path) -> Result<Map<String, Value>> {
        for made in self.commits {
            write(repo, &made.write)?;
            for path in made.remove {
                let path = repo.join(path);
                fs::remove_file(&path).map_err(file("removing", &path))?;
            }
            git(repo, &["add", "--all", "--force"])?;
            git(repo, &["-c", "commit.gpgSign=false", "commit", "-q", "--allow-empty", "-m", &made.message])?;
        }
        if let Some(note) = self.note {
            git(repo, &["notes", "--ref=refs/notes/decision-parameters", "add", "-m", &note])?;
        }
        write(repo, &self.files)?;
        let mut options = self.options;
        for value in options.values_mut() {
            if let Some(rev) = value.as_str().and_then(|text| text.strip_prefix("commit:")) {
                *value = git(repo, &["rev-parse", rev])?.into();
            }
        }
        Ok(options)
    }
}

fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, content))
            .map_err(file("writing", &path))?;
        set_mode(&path, false)?;
    }
    Ok(())
}

/// Makes a git repository of a folder: one commit of all its files on the branch `main`, and the remote
/// `https://github.com/example-org/<name>`. Returns the commit.
///
/// # Errors
///
/// What git says.
pub fn commit(name: &str, folder: &Path) -> Result<String> {
    git(folder, &["-c", "init.defaultBranch=main", "init", "-q", "--template="])?;
    git(folder, &["add", "--all", "--force"])?;
    git(folder, &["-c", "commit.gpgSign=false", "commit", "-q", "-m", &format!("Fixture {name}")])?;
    git(folder, &["remote", "add", "origin", &format!("https://github.com/example-org/{name}")])?;
    git(folder, &["rev-parse", "HEAD"])
}

/// Sets the environment in which git ignores this machine's configuration.
pub fn quiet_git(command: &mut Command) -> &mut Command {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").envs(IDENTITY)
}

fn git(repo: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    let settings = ["-c", "core.autocrlf=false", "-c", "core.fileMode=true"];
    quiet_git(&mut command).args(settings).args(args).current_dir(repo);
    let output = command.output().map_err(Error::NoGit)?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Git { command: args.join(" "), output });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Copies a folder of folders and regular files, into an existing one too. Files get the mode 755 if somebody
/// may execute them and 644 otherwise, whatever the umask is: image digests depend on modes.
///
/// # Errors
///
/// A file that cannot be read or written, or is no regular file.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(file("creating", to))?;
    set_mode(to, true)?;
    for entry in fs::read_dir(from).map_err(file("reading", from))? {
        let entry = entry.map_err(file("reading", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(file("reading", &source))?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_file() {
            let content = fs::read(&source).map_err(file("reading", &source))?;
            fs::write(&target, content).map_err(file("writing", &target))?;
            set_mode(&target, is_executable(&source)?)?;
        } else {
            return Err(Error::NotAFile(source));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, executable: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(file("setting the mode of", path))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path).map_err(file("reading", path))?.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: bool) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fixture(scratch: &Path) -> PathBuf {
        let fixture = scratch.join("fixture");
        fs::create_dir_all(fixture.join("repo/sub")).unwrap();
        fs::write(fixture.join("repo/sub/file"), "text\n").unwrap();
        fs::create_dir_all(fixture.join("untracked")).unwrap();
        fs::write(fixture.join("untracked/note"), "not committed\n").unwrap();
        fixture
    }

    #[test]
    fn same_files_same_commit() {
        let scratch = tempfile::tempdir().unwrap();
        let fixture = fixture(scratch.path());
        let first = create("demo", &fixture, &scratch.path().join("a")).unwrap();
        let second = create("demo", &fixture, &scratch.path().join("b")).unwrap();
        assert_eq!(first, second);
        assert_eq!(first.len(), 40);
        assert!(scratch.path().join("a/note").exists());
    }

    #[test]
    fn pushes() {
        let scratch = tempfile::tempdir().unwrap();
        let repo = scratch.path().join("repo");
        let first = create("demo", &fixture(scratch.path()), &repo).unwrap();
        let push: Push = serde_json::from_value(json!({
            "commits": [{"message": "Moved", "write": {"new/file": "text\n"}, "remove": ["sub/file"]}],
            "note": "{}",
            "files": {"loose": "text\n"},
            "options": {"base_rev": "commit:HEAD~1", "head_ref": "main"},
        }))
        .unwrap();
        let options = push.apply(&repo).unwrap();
        assert_eq!(Value::Object(options), json!({"base_rev": first, "head_ref": "main"}));
        assert_eq!(
            git(&repo, &["show", "--format=%s", "--name-status", "HEAD"]).unwrap(),
            "Moved\n\nR100\tsub/file\tnew/file\nA\tnote"
        );
        assert_eq!(git(&repo, &["status", "--porcelain"]).unwrap(), "?? loose");
        assert_eq!(git(&repo, &["notes", "--ref=refs/notes/decision-parameters", "show"]).unwrap(), "{}");
    }

    #[test]
    fn errors_say_what_was_done() {
        let scratch = tempfile::tempdir().unwrap();
        let repo = scratch.path().join("repo");
        create("demo", &fixture(scratch.path()), &repo).unwrap();
        let apply =
            |push: Value| serde_json::from_value::<Push>(push).unwrap().apply(&repo).unwrap_err().to_string();
        let missing = apply(json!({"commits": [{"message": "", "remove": ["none"]}], "options": {}}));
        assert_eq!(missing, format!("removing {}", repo.join("none").display()));
        let unknown = apply(json!({"options": {"base_rev": "commit:none"}}));
        assert!(unknown.starts_with("git rev-parse none failed: "), "{unknown}");
    }
}
