//! Git's answers.

use std::path::Path;

use taskgraph_vcs::{Changes, CleanCheck, DiffFilter, Error, NULL_REVISION, Repository, VcsTool, find_root};

use crate::support::{Git, tools};

const ALL: DiffFilter = DiffFilter::ALL;

#[test]
fn revisions_branches_and_messages() {
    let git = Git::new();
    let first = git.run(&["rev-parse", "HEAD"]);
    let second = git.commit("second\n\nwith a body");
    let repo = git.repository();
    assert_eq!(repo.tool(), VcsTool::Git);
    assert_eq!(repo.head_rev().unwrap(), second);
    assert_eq!(repo.branch().unwrap().as_deref(), Some("main"));
    assert_eq!(repo.commit_message(None).unwrap(), "second\n\nwith a body\n\n");
    assert_eq!(repo.commit_message(Some(&first)).unwrap(), "first\n\n");
    assert!(!repo.is_shallow().unwrap());
    git.run(&["checkout", "--quiet", "--detach"]);
    assert_eq!(repo.branch().unwrap(), None);
}

#[test]
fn found_from_a_folder_below_and_from_a_linked_worktree() {
    let git = Git::new();
    let repo = Repository::discover_with(&git.root().join("dir"), tools()).unwrap();
    assert_eq!(repo.root(), git.repository().root());
    let linked = git.root().parent().unwrap().join("linked");
    git.run(&["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap()]);
    assert_eq!(find_root(&linked).unwrap().1, VcsTool::Git);
    let repo = Repository::discover_with(&linked, tools()).unwrap();
    assert_eq!(repo.tracked_files(&[], None).unwrap(), ["a.txt", "dir/b.txt"]);
}

#[test]
fn the_base_is_what_a_remote_has() {
    let git = Git::new();
    let first = git.run(&["rev-parse", "HEAD"]);
    git.commit("second");
    assert_eq!(git.repository().base_rev().unwrap(), first, "no remote: the first commit");
    let clone = Git::clone_of(&git, &[]);
    let cloned = clone.run(&["rev-parse", "HEAD"]);
    assert_eq!(clone.repository().base_rev().unwrap(), cloned);
    clone.commit("third");
    assert_eq!(clone.repository().base_rev().unwrap(), cloned);
}

#[test]
fn remotes() {
    let git = Git::new();
    let repo = git.repository();
    let error = repo.remote_name().unwrap_err();
    assert!(matches!(error, Error::NoRemotes { .. }), "{error}");
    assert!(matches!(repo.url(None), Err(Error::Failed { .. })));
    git.run(&["remote", "add", "mine", "https://example.com/mine"]);
    assert_eq!(repo.remote_name().unwrap(), "mine");
    git.run(&["remote", "add", "fork", "https://example.com/fork"]);
    assert_eq!(repo.remote_name().unwrap(), "fork", "the first in git's order");
    git.run(&["remote", "add", "origin", "https://github.com/mozilla/pdf.js"]);
    assert_eq!(repo.remote_name().unwrap(), "origin");
    assert_eq!(repo.remote_names().unwrap(), ["fork", "mine", "origin"]);
    assert_eq!(repo.url(None).unwrap(), "https://github.com/mozilla/pdf.js");
    assert_eq!(repo.url(Some("")).unwrap(), "https://github.com/mozilla/pdf.js");
    assert_eq!(repo.url(Some("mine")).unwrap(), "https://example.com/mine");
    git.run(&["update-ref", "refs/remotes/mine/main", "HEAD"]);
    git.run(&["branch", "--quiet", "--set-upstream-to", "mine/main"]);
    assert_eq!(repo.remote_name().unwrap(), "mine", "the upstream goes first");
}

#[test]
fn the_default_branch() {
    let git = Git::new();
    assert_eq!(git.repository().default_branch().unwrap(), "refs/heads/main", "no remote");
    git.run(&["branch", "domain"]);
    let error = git.repository().default_branch().unwrap_err().to_string();
    assert!(error.ends_with(r#"found ["refs/heads/domain", "refs/heads/main"]"#), "{error}");

    git.run(&["checkout", "--quiet", "-b", "trunk"]);
    let clone = Git::clone_of(&git, &[]);
    assert_eq!(clone.repository().default_branch().unwrap(), "origin/trunk");
    clone.run(&["remote", "set-head", "origin", "--delete"]);
    assert_eq!(clone.repository().default_branch().unwrap(), "origin/trunk", "asks the remote");
}

#[test]
fn tracked_files_in_paths_and_at_revisions() {
    let git = Git::new();
    git.write("dir/é b.txt", "");
    git.commit("second");
    git.write("untracked", "");
    let repo = git.repository();
    let files = |paths: &[&Path], rev| repo.tracked_files(paths, rev).unwrap();
    let quoted = r#""dir/\303\251 b.txt""#;
    assert_eq!(files(&[], None), ["a.txt", "dir/b.txt", quoted]);
    assert_eq!(files(&[], Some("HEAD~1")), ["a.txt", "dir/b.txt"]);
    assert_eq!(files(&[Path::new("dir")], None), ["dir/b.txt", quoted]);
    assert_eq!(files(&[git.root()], Some("HEAD~1")), ["a.txt", "dir/b.txt"]);
    assert_eq!(files(&[Path::new("missing")], None), [""; 0]);
    git.run(&["config", "core.quotePath", "false"]);
    assert_eq!(files(&[Path::new("dir")], None), ["dir/b.txt", "dir/é b.txt"]);
}

#[test]
fn files_at_revisions() {
    let git = Git::new();
    git.write("dir/b.txt", "changed\r\n");
    git.commit("second");
    git.write("dir/b.txt", "not committed");
    let repo = git.repository();
    let file = |path, rev| repo.file_at(path, rev).map(|content| String::from_utf8(content).unwrap());
    assert_eq!(file("dir/b.txt", None).unwrap(), "changed\r\n");
    assert_eq!(file("dir/b.txt", Some("HEAD~1")).unwrap(), "b\n");
    assert!(matches!(file("dir/c.txt", None), Err(Error::Failed { .. })));
    assert!(matches!(file("dir", None), Err(Error::Failed { .. })));
    assert!(matches!(file("a.txt", Some("0123456789")), Err(Error::Failed { .. })));
    assert!(matches!(file("a.txt", Some("--help")), Err(Error::BadName { .. })));
}

#[test]
fn changes_of_the_working_directory() {
    let git = Git::new();
    let repo = git.repository();
    let changed = |changes, filter: &str| repo.changed_files(changes, filter.parse().unwrap()).unwrap();
    git.write("a.txt", "changed\n");
    git.write("new.txt", "new\n");
    git.run(&["add", "new.txt"]);
    git.run(&["rm", "--quiet", "dir/b.txt"]);
    assert_eq!(changed(Changes::Unstaged, ""), ["a.txt"]);
    assert_eq!(changed(Changes::Staged, ""), ["dir/b.txt", "new.txt"]);
    assert_eq!(changed(Changes::Staged, "A"), ["new.txt"]);
    assert_eq!(changed(Changes::Uncommitted, ""), ["a.txt", "dir/b.txt", "new.txt"]);
    assert_eq!(changed(Changes::Uncommitted, "am"), ["a.txt", "new.txt"]);
    assert_eq!(changed(Changes::Uncommitted, "d"), ["dir/b.txt"]);
}

#[test]
fn changes_of_revisions() {
    let git = Git::new();
    git.write("a.txt", "changed\n");
    let second = git.commit("second");
    git.run(&["mv", "a.txt", "c.txt"]);
    let third = git.commit("third");
    let repo = git.repository();
    let changed = |changes| repo.changed_files(changes, ALL).unwrap();
    assert_eq!(changed(Changes::In(&second)), ["a.txt"]);
    assert_eq!(changed(Changes::In(&third)), ["a.txt", "c.txt"], "a rename is two changes");
    let base = "HEAD~2";
    assert_eq!(changed(Changes::Between { base, rev: "HEAD" }), ["a.txt", "c.txt", "a.txt"]);
    let base = NULL_REVISION;
    assert_eq!(changed(Changes::Between { base, rev: &second }), ["a.txt", "dir/b.txt"]);
    assert!(matches!(repo.changed_files(Changes::In("HEAD~2"), ALL), Err(Error::Failed { .. })));
}

#[test]
fn changes_in_a_shallow_clone() {
    let git = Git::new();
    git.write("a.txt", "changed\n");
    git.commit("second");
    git.write("a.txt", "again\n");
    git.commit("third");
    let clone = Git::clone_of(&git, &["--depth=2"]);
    let repo = clone.repository();
    assert!(repo.is_shallow().unwrap());
    let between = Changes::Between { base: "HEAD~1", rev: "HEAD" };
    assert_eq!(repo.changed_files(between, ALL).unwrap(), ["a.txt"]);
    let error = repo.changed_files(Changes::In("HEAD"), ALL).unwrap_err().to_string();
    assert!(error.contains("expected a base revision to compare `HEAD` with"), "{error}");
}

#[test]
fn outgoing_files() {
    let git = Git::new();
    let clone = Git::clone_of(&git, &[]);
    let repo = clone.repository();
    assert_eq!(repo.outgoing_files(ALL, None).unwrap(), [""; 0]);
    clone.write("new.txt", "");
    clone.commit("second");
    clone.write("a.txt", "changed\n");
    clone.commit("third");
    assert_eq!(repo.outgoing_files(ALL, None).unwrap(), ["a.txt", "new.txt"]);
    assert_eq!(repo.outgoing_files("A".parse().unwrap(), Some("origin/main")).unwrap(), ["new.txt"]);
}

#[test]
fn cleanliness() {
    let git = Git::new();
    let repo = git.repository();
    let clean = |untracked, ignored| repo.working_directory_clean(CleanCheck { untracked, ignored }).unwrap();
    assert!(clean(true, true));
    git.write(".gitignore", "*.o\n");
    git.commit("ignore");
    git.write("x.o", "");
    assert!(clean(true, false) && !clean(true, true));
    assert!(clean(false, true), "git lists ignored files only together with untracked ones");
    git.write("untracked", "");
    assert!(clean(false, false) && !clean(true, false));
    git.write("a.txt", "dirty\n");
    assert!(!clean(false, false));
}

#[test]
fn common_revisions() {
    let git = Git::new();
    let first = git.run(&["rev-parse", "HEAD"]);
    git.run(&["checkout", "--quiet", "-b", "side"]);
    git.commit("side");
    git.run(&["checkout", "--quiet", "main"]);
    git.commit("main");
    git.run(&["checkout", "--quiet", "--orphan", "alone"]);
    git.commit("alone");
    let repo = git.repository();
    let common = |base, head| repo.find_latest_common_revision(base, head).unwrap();
    assert_eq!(common("main", "side"), first);
    assert_eq!(common("main", "alone"), NULL_REVISION);
    assert_eq!(common("main", "missing"), NULL_REVISION);
    assert!(repo.does_revision_exist_locally(&first).unwrap());
    assert!(!repo.does_revision_exist_locally(&"1".repeat(40)).unwrap());
    assert!(!repo.does_revision_exist_locally("main:a.txt").unwrap(), "not a commit");
}

#[test]
fn notes_are_fetched() {
    let origin = Git::new();
    let clone = Git::clone_of(&origin, &[]);
    let repo = clone.repository();
    let address = format!("file://{}", origin.root().display());
    let note = |rev| repo.note("refs/notes/extra", &address, rev);
    assert_eq!(note(None).unwrap(), None, "the remote has no notes at all");

    origin.run(&["notes", "--ref=extra", "add", "-m", "  {\"a\": 1}\n\nsecond\n"]);
    assert_eq!(note(None).unwrap().as_deref(), Some("{\"a\": 1}\n\nsecond"));
    assert_eq!(repo.note("extra", "origin", Some("main")).unwrap(), note(None).unwrap());
    clone.commit("without a note");
    assert_eq!(note(None).unwrap(), None);
    assert!(note(Some("HEAD~1")).unwrap().is_some());
    assert!(matches!(note(Some("missing")), Err(Error::Failed { .. })));

    clone.run(&["notes", "--ref=extra", "add", "-m", "the remote does not have this"]);
    origin.run(&["notes", "--ref=extra", "add", "--force", "-m", "another"]);
    let error = note(None).unwrap_err().to_string();
    assert!(error.contains("git fetch"), "{error}");
    let error = repo.note("extra", "/nowhere", None).unwrap_err().to_string();
    assert!(error.contains("git fetch /nowhere refs/notes/extra:refs/notes/extra"), "{error}");
}

#[test]
fn names_are_never_options() {
    let git = Git::new();
    let repo = git.repository();
    let target = git.root().join("written");
    let evil = format!("--output={}", target.display());
    let between = Changes::Between { base: &evil, rev: "HEAD" };
    for error in [
        repo.commit_message(Some(&evil)).unwrap_err(),
        repo.changed_files(between, ALL).unwrap_err(),
        repo.changed_files(Changes::In(&evil), ALL).unwrap_err(),
        repo.tracked_files(&[], Some("-z")).unwrap_err(),
        repo.outgoing_files(ALL, Some("--all")).unwrap_err(),
        repo.find_latest_common_revision("--all", "HEAD").unwrap_err(),
        repo.does_revision_exist_locally("-e").unwrap_err(),
        repo.url(Some("--all")).unwrap_err(),
        repo.note("extra", "--upload-pack=true", None).unwrap_err(),
        repo.note("-x", "origin", None).unwrap_err(),
        repo.note("extra", "origin", Some("-x")).unwrap_err(),
        repo.export_revision("", &target).unwrap_err(),
    ] {
        assert!(matches!(error, Error::BadName { .. }), "{error}");
    }
    assert!(!target.exists());
}

#[test]
fn errors_say_what_was_run_and_what_git_said() {
    let git = Git::empty(&[]);
    let error = git.repository().head_rev().unwrap_err();
    let expected = format!(
        "`git rev-parse --verify HEAD` failed in `{}` (exit status 128): fatal: Needed a single revision",
        git.repository().root().display()
    );
    assert_eq!(error.to_string(), expected);
    let repo = Repository::discover_with(git.root(), tools().git("/nowhere/git")).unwrap();
    let error = repo.head_rev().unwrap_err().to_string();
    assert!(error.starts_with("cannot run `/nowhere/git`, which the git checkout `"), "{error}");
}

#[test]
fn text_that_is_not_utf8_is_an_error() {
    let git = Git::new();
    git.commit("café");
    git.run(&["config", "i18n.logOutputEncoding", "ISO-8859-1"]);
    let error = git.repository().commit_message(None).unwrap_err().to_string();
    assert!(error.ends_with("printed text that is not UTF-8: caf\u{fffd}"), "{error}");
}
