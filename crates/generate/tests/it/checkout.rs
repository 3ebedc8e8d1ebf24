//! A fixture's files in a git checkout of their own, the same as the reference worked in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::{on_disk, root};

/// The checkout of a fixture, shared by tests that run at the same time and removed after the last of them.
pub(crate) struct Shared {
    name: &'static str,
    checkout: Mutex<Weak<Checkout>>,
}

impl Shared {
    pub(crate) const fn new(name: &'static str) -> Self {
        Shared { name, checkout: Mutex::new(Weak::new()) }
    }

    /// The name of the fixture's folder.
    pub(crate) fn name(&self) -> String {
        on_disk(self.name)
    }

    /// The checkout, made unless some test has it. Nobody writes into it.
    pub(crate) fn get(&self) -> Arc<Checkout> {
        // A test that could not make it has said so.
        let mut shared = self.checkout.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let checkout = Arc::new(Checkout::new(&self.name()));
            *shared = Arc::downgrade(&checkout);
            checkout
        })
    }
}

/// A checkout, and the scripts that stand in for those of the reference.
pub(crate) struct Checkout {
    folder: TempDir,
    /// None if the fixture needs those of the reference.
    run_task: Option<PathBuf>,
}

impl Checkout {
    fn new(name: &str) -> Self {
        let source = root().join(name);
        let folder = tempfile::Builder::new().prefix("taskgraph-fixture-").tempdir().unwrap();
        let repo = folder.path().join("repo");
        copy(&source.join("repo"), &repo);
        git(&repo, &["-c", "init.defaultBranch=main", "init", "-q", "--template="]);
        git(&repo, &["add", "--all", "--force"]);
        git(&repo, &["-c", "commit.gpgSign=false", "commit", "-q", "-m", &format!("Fixture {name}")]);
        git(&repo, &["remote", "add", "origin", &format!("https://github.com/example-org/{name}")]);
        if source.join("untracked").is_dir() {
            copy(&source.join("untracked"), &repo);
        }
        let run_task = (!source.join("run-task-of-reference").exists()).then(|| {
            let run_task = folder.path().join("run-task");
            copy(&root().join("run-task"), &run_task);
            run_task
        });
        Checkout { folder, run_task }
    }

    /// The root of the checkout.
    pub(crate) fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// The folder of the scripts, unless those of the reference are needed.
    pub(crate) fn run_task(&self) -> Option<&Path> {
        self.run_task.as_deref()
    }
}

fn git(repo: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for person in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{person}_NAME"), "Fixture")
            .env(format!("GIT_{person}_EMAIL"), "fixture@example.com")
            .env(format!("GIT_{person}_DATE"), "2024-01-01T00:00:00Z");
    }
    let settings = ["-c", "core.autocrlf=false", "-c", "core.fileMode=true"];
    let output =
        command.args(settings).args(args).current_dir(repo).output().expect("git is needed for the fixtures");
    assert!(output.status.success(), "git {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
}

/// Copies a folder, into an existing one too. Modes become 755 or 644, for digests of images depend on them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    set_mode(to, true);
    for entry in fs::read_dir(from).unwrap() {
        let source = entry.unwrap().path();
        let target = to.join(source.file_name().unwrap());
        if source.is_dir() {
            copy(&source, &target);
        } else {
            // Not `fs::copy`, which would also copy a mode that forbids writing.
            fs::write(&target, fs::read(&source).unwrap()).unwrap();
            set_mode(&target, is_executable(&source));
        }
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, executable: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: bool) {}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}
