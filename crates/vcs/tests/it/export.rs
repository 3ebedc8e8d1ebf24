//! Another revision in a directory of its own.

use std::{fs, path::PathBuf};

use taskgraph_vcs::{Changes, CleanCheck, DiffFilter, Error, Repository};

use crate::support::{Git, snapshot, tools};

/// A repository with a program, a link, a branch `feature/x`, a tag, and then a commit and dirt on top.
fn history(init_args: &[&str]) -> (Git, String) {
    let git = Git::empty(init_args);
    git.write("run.sh", "#!/bin/sh\n");
    git.write("dir/é.txt", "old\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        fs::set_permissions(git.root().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("dir/é.txt", git.root().join("link")).unwrap();
    }
    let old = git.commit("old");
    git.run(&["branch", "feature/x"]);
    git.run(&["tag", "v1"]);
    git.run(&["remote", "add", "origin", "https://github.com/mozilla/pdf.js"]);
    git.write("dir/é.txt", "new\n");
    git.commit("new");
    git.write("dir/é.txt", "dirty\n");
    git.write("staged", "");
    git.run(&["add", "staged"]);
    git.write("untracked", "");
    (git, old)
}

fn target() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let into = parent.path().join("export");
    (parent, into)
}

fn files(export: &Repository) -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut files = snapshot(export.root());
    files.retain(|(path, kind, _)| !path.starts_with(".git") && kind != "folder");
    files
}

#[track_caller]
fn check_export(init_args: &[&str]) {
    let (git, old) = history(init_args);
    let repo = git.repository();
    let before = snapshot(git.root());
    let (_parent, into) = target();
    let export = repo.export_revision(&old, &into).unwrap();
    assert_eq!(snapshot(git.root()), before, "the repository is as it was, .git included");

    let expected: &[(&str, &str, &str)] = if cfg!(unix) {
        &[("dir/é.txt", "file", "old\n"), ("link", "link", "dir/é.txt"), ("run.sh", "program", "#!/bin/sh\n")]
    } else {
        &[("dir/é.txt", "file", "old\n"), ("run.sh", "file", "#!/bin/sh\n")]
    };
    let expected: Vec<_> = expected
        .iter()
        .map(|(path, kind, content)| (PathBuf::from(path), (*kind).to_owned(), content.as_bytes().to_vec()))
        .collect();
    assert_eq!(files(&export), expected);

    for export in [export, Repository::discover_with(&into.join("dir"), tools()).unwrap()] {
        assert_eq!(export.head_rev().unwrap(), old);
        assert_eq!(export.branch().unwrap(), None);
        assert_eq!(export.url(None).unwrap(), "https://github.com/mozilla/pdf.js");
        assert_eq!(export.commit_message(None).unwrap(), "old\n\n");
        let all = CleanCheck { untracked: true, ignored: true };
        assert!(export.working_directory_clean(all).unwrap());
        let changed = export.changed_files(Changes::Uncommitted, DiffFilter::ALL).unwrap();
        assert_eq!(changed, [""; 0]);
        let tracked = export.tracked_files(&[&into.join("run.sh")], None).unwrap();
        assert_eq!(tracked, ["run.sh"]);
    }
    assert_eq!(snapshot(git.root()), before, "asking the export changes nothing either");
}

#[test]
fn writes_the_old_files_and_touches_nothing_else() {
    check_export(&[]);
}

#[test]
fn works_where_objects_have_sha256_names() {
    check_export(&["--object-format=sha256"]);
}

#[test]
fn branches_tags_and_expressions_name_revisions() {
    let (git, old) = history(&[]);
    let repo = git.repository();
    for (rev, branch) in
        [("feature/x", Some("feature/x")), ("v1", None), ("HEAD~1", None), (&old[..10], None)]
    {
        let (_parent, into) = target();
        let export = repo.export_revision(rev, &into).unwrap();
        assert_eq!(export.head_rev().unwrap(), old, "{rev}");
        assert_eq!(export.branch().unwrap().as_deref(), branch, "{rev}");
    }
}

#[test]
fn a_branch_that_only_the_remote_has() {
    let (git, old) = history(&[]);
    let clone = Git::clone_of(&git, &[]);
    let (_parent, into) = target();
    let export = clone.repository().export_revision("feature/x", &into).unwrap();
    assert_eq!(export.head_rev().unwrap(), old);
    assert_eq!(clone.run(&["branch", "--list"]), "* main", "no branch was made of it");
}

#[test]
fn from_a_linked_worktree_and_from_an_export() {
    let (git, old) = history(&[]);
    let parent = tempfile::tempdir().unwrap();
    let linked = parent.path().join("linked");
    git.run(&["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap()]);
    let repo = Repository::discover_with(&linked, tools()).unwrap();
    let first = repo.export_revision("v1", &parent.path().join("first")).unwrap();
    let second = first.export_revision("v1", &parent.path().join("second")).unwrap();
    assert_eq!(second.head_rev().unwrap(), old);
    assert_eq!(files(&second), files(&first));
}

#[test]
fn variables_that_say_where_git_is_do_not_matter() {
    let (git, old) = history(&[]);
    let tools =
        tools().env("GIT_DIR", git.root().join(".git")).env("GIT_INDEX_FILE", git.root().join(".git/index"));
    let repo = Repository::discover_with(git.root(), tools).unwrap();
    let before = snapshot(git.root());
    let (_parent, into) = target();
    let export = repo.export_revision("HEAD~1", &into).unwrap();
    assert_eq!(export.head_rev().unwrap(), old);
    assert_eq!(export.tracked_files(&[], None).unwrap().len(), if cfg!(unix) { 3 } else { 2 });
    assert_eq!(snapshot(git.root()), before);
}

#[test]
fn hooks_filters_and_sparse_patterns() {
    let (git, _) = history(&[]);
    for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
        git.write(&format!(".git/hooks/{hook}"), "#!/bin/sh\ntouch \"$0.ran\"\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = git.root().join(".git/hooks").join(hook);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    git.run(&["config", "core.sparseCheckout", "true"]);
    git.write(".git/info/sparse-checkout", "/run.sh\n");
    git.run(&["config", "core.splitIndex", "true"]);
    git.run(&["config", "core.autocrlf", "true"]);
    let before = snapshot(git.root());
    let (_parent, into) = target();
    let export = git.repository().export_revision("v1", &into).unwrap();
    assert_eq!(snapshot(git.root()), before, "no hook ran");
    let content = fs::read(export.root().join("dir/é.txt")).unwrap();
    assert_eq!(content, b"old\r\n", "the whole tree, as configured filters leave it");
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let (git, _) = history(&[]);
    let repo = git.repository();
    let before = snapshot(git.root());
    let (parent, into) = target();
    let error = repo.export_revision("no-such-revision", &into).unwrap_err();
    assert!(matches!(error, Error::Failed { .. }), "{error}");
    assert!(!into.exists());
    // An object that is gone stops git in the middle of writing.
    let blob = git.run(&["rev-parse", "v1:run.sh"]);
    let object = git.root().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let saved = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    fs::create_dir(&into).unwrap();
    let error = repo.export_revision("v1", &into).unwrap_err();
    assert!(error.to_string().contains(&blob), "{error}");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 0, "an empty directory stays, empty");
    fs::write(&object, saved).unwrap();
    assert_eq!(snapshot(git.root()).len(), before.len());

    fs::write(into.join("mine"), "precious").unwrap();
    let error = repo.export_revision("v1", &into).unwrap_err();
    assert!(matches!(error, Error::ExportNotEmpty { .. }), "{error}");
    let error = repo.export_revision("v1", &into.join("mine")).unwrap_err();
    assert!(matches!(error, Error::ExportNotEmpty { .. }), "{error}");
    assert_eq!(fs::read_to_string(into.join("mine")).unwrap(), "precious");
    let error = repo.export_revision("v1", &parent.path().join("a/b")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "create", .. }), "{error}");
}
