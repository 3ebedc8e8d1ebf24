//! Defaults from a checkout.

use std::path::Path;
use std::process::Command;

use chrono::DateTime;

use super::super::defaults::fill;
use super::*;

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    folder
}

fn defaults(folder: &Path, given: Map) -> Map {
    let mut values = given;
    let now = DateTime::parse_from_rfc3339("2024-05-06T07:08:09Z").unwrap();
    fill(&mut values, &map! {}, folder, &now).unwrap();
    values
}

#[track_caller]
fn check(found: &Map, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(found.get_str(name).map(|text| text.as_str()), Some(*value), "{name}");
    }
}

#[test]
fn a_branch_with_a_known_remote_and_changes() {
    let folder = checkout();
    let root = folder.path();
    git(root, &["remote", "add", "origin", "git@github.com:example/app.git"]);
    std::fs::write(root.join("a.txt"), "changed").unwrap();
    std::fs::write(root.join("new.txt"), "untracked").unwrap();
    std::fs::write(root.join("c.txt"), "staged").unwrap();
    git(root, &["add", "c.txt"]);
    std::fs::remove_file(root.join("b.txt")).unwrap();
    let rev = git(root, &["rev-parse", "HEAD"]);
    let found = defaults(root, map! {});
    check(
        &found,
        &[
            ("base_repository", "git@github.com:example/app.git"),
            ("head_repository", "git@github.com:example/app.git"),
            ("project", "app"),
            ("head_ref", "main"),
            ("head_rev", &rev),
            ("repository_type", "git"),
        ],
    );
    assert_eq!(found.get_list("files_changed"), ["a.txt".into()]);
}

#[test]
fn no_branch_and_no_remote() {
    let folder = checkout();
    git(folder.path(), &["checkout", "-q", "--detach"]);
    let rev = git(folder.path(), &["rev-parse", "HEAD"]);
    let found = defaults(folder.path(), map! {});
    check(&found, &[("head_ref", &rev), ("head_rev", &rev), ("base_repository", ""), ("project", "")]);
}

#[test]
fn a_remote_elsewhere_has_no_name_and_no_address() {
    let folder = checkout();
    git(folder.path(), &["remote", "add", "origin", "https://gitlab.com/example/app"]);
    let found = defaults(folder.path(), map! {});
    check(&found, &[("base_repository", ""), ("head_repository", ""), ("project", ""), ("head_ref", "main")]);
}

#[test]
fn without_a_commit_nothing_is_known() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["remote", "add", "origin", "https://github.com/example/app"]);
    for given in [map! {}, map! { "head_rev" => "x", "head_ref" => "y", "files_changed" => vec![] }] {
        let found = defaults(folder.path(), given);
        check(&found, &[("base_repository", ""), ("project", ""), ("repository_type", "git")]);
    }
}

#[test]
fn git_is_not_asked_for_what_is_given() {
    let folder = tempfile::tempdir().unwrap();
    // A checkout that git refuses: the only way to see whether it was asked is that nothing fails.
    std::fs::write(folder.path().join(".git"), "not a repository").unwrap();
    let given = map! {
        "base_repository" => "r", "head_repository" => "r", "project" => "p", "files_changed" => vec![],
        "head_ref" => "main", "head_rev" => "1", "repository_type" => "hg",
    };
    let found = defaults(folder.path(), given.clone());
    for (name, value) in &given {
        assert_eq!(found.get(name), Some(value));
    }
    check(&defaults(folder.path(), map! {}), &[("head_rev", ""), ("repository_type", "git")]);
}
