//! What Mercurial is asked, and what its answers are made into, with a script in its place.
#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use taskgraph_vcs::{Changes, CleanCheck, DiffFilter, Error, NULL_REVISION, Repository, VcsTool};
use tempfile::TempDir;

use crate::support::tools;

const ALL: DiffFilter = DiffFilter::ALL;

/// A checkout whose `hg` writes its arguments down, each in brackets, prints `output`, and exits with `status`.
///
/// The program is a file of the project, because one only just written cannot be started while another test's
/// process still has it open.
struct Hg {
    folder: TempDir,
}

impl Hg {
    fn new(output: &str, status: i32) -> Hg {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("repo/.hg")).unwrap();
        fs::write(folder.path().join("output"), output).unwrap();
        fs::write(folder.path().join("status"), format!("{status}\n")).unwrap();
        Hg { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn repository(&self) -> Repository {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/hg-stand-in");
        let tools = tools().hg(program).env("HG_STAND_IN", self.folder.path());
        Repository::discover_with(&self.root(), tools).unwrap()
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default()
    }
}

#[track_caller]
fn check<T: PartialEq + std::fmt::Debug>(
    output: &str,
    question: impl FnOnce(&Repository) -> Result<T, Error>,
    asked: &str,
    answer: impl Into<T>,
) {
    let hg = Hg::new(output, 0);
    assert_eq!(question(&hg.repository()).unwrap(), answer.into());
    assert_eq!(hg.asked(), asked);
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn revisions_and_messages() {
    assert_eq!(Hg::new("", 0).repository().tool(), VcsTool::Hg);
    check("0123\n", Repository::head_rev, "[log][-r][.][-T][{node}]", "0123");
    check("45", Repository::base_rev, "[log][-r][last(ancestors(.) and public())][-T][{node}]", "45");
    check("bug 1\r\n", |r| r.commit_message(None), "[log][-r][.][-T][{desc}]", "bug 1\n");
    check("x", |r| r.commit_message(Some("tip")), "[log][-r][tip][-T][{desc}]", "x");
    check("", Repository::default_branch, "", "default");
    check("", |r| r.note("extra", "default", None), "", None);
    check("", Repository::is_shallow, "", false);
}

#[test]
fn files_at_revisions() {
    check("a\n", |r| r.file_at("x/y", Some("tip")), "[cat][-r][tip][--][path:x/y]", *b"a\n");
    check("", |r| r.file_at(".z", None), "[cat][-r][.][--][path:.z]", *b"");
}

#[test]
fn remotes() {
    check("ssh://a\n", |r| r.url(None), "[paths][-T][{url}][default]", "ssh://a");
    check("ssh://a\n", |r| r.url(Some("try")), "[paths][-T][{url}][try]", "ssh://a");
    check("only\n", Repository::remote_name, "[paths][--quiet]", "only");
    check("a\ndefault\n", Repository::remote_name, "[paths][--quiet]", "default");
    check("a\nb\n", Repository::remote_name, "[paths][--quiet]", "a");
    let error = Hg::new("", 0).repository().remote_names().unwrap_err();
    assert!(matches!(error, Error::NoRemotes { .. }));
}

#[test]
fn the_branch_is_the_active_bookmark() {
    let hg = Hg::new("", 0);
    assert_eq!(hg.repository().branch().unwrap(), None);
    fs::write(hg.root().join(".hg/bookmarks.current"), "").unwrap();
    assert_eq!(hg.repository().branch().unwrap(), None);
    fs::write(hg.root().join(".hg/bookmarks.current"), "work").unwrap();
    assert_eq!(hg.repository().branch().unwrap().as_deref(), Some("work"));
    assert_eq!(hg.asked(), "");
}

#[test]
fn files() {
    let two = || strings(&["a b", "é"]);
    let dir = Path::new("dir");
    check("a b\né\n", |r| r.tracked_files(&[], None), "[files][-r][.][--]", two());
    check("a b\né\n", |r| r.tracked_files(&[dir], Some("1")), "[files][-r][1][--][dir]", two());
    for changes in [Changes::Unstaged, Changes::Staged, Changes::Uncommitted] {
        check("a b\né\n", |r| r.changed_files(changes, ALL), "[status][--no-status][-adrm]", two());
    }
    let some = DiffFilter::ADDED_OR_MODIFIED;
    check("", |r| r.changed_files(Changes::Unstaged, some), "[status][--no-status][-am]", []);
    let template = r"[-T][{file_adds % '{file}\n'}{file_mods % '{file}\n'}]";
    let asked = format!("[log][-r][tip]{template}");
    check("a b\né\n", |r| r.changed_files(Changes::In("tip"), some), &asked, two());
    let asked = format!("[log][-r][tip % base]{template}");
    let between = Changes::Between { base: "base", rev: "tip" };
    check("a b\né\n", |r| r.changed_files(between, some), &asked, two());
}

#[test]
fn outgoing_files_split_at_white_space_and_may_be_none() {
    let words = strings(&["a", "b", "é"]);
    let template = r"[{file_adds % '{file}\n'}{file_dels % '{file}\n'}{file_mods % '{file}\n'}]";
    let asked = format!("[log][-r][draft() and ancestors(.)][--template]{template}");
    check("a b\né\n", |r| r.outgoing_files(ALL, None), &asked, words);
    let hg = Hg::new("searching\n", 1);
    assert_eq!(hg.repository().outgoing_files(ALL, Some("up")).unwrap(), [""; 0]);
    assert_eq!(hg.asked(), format!("[outgoing][-r][.][--quiet][--template]{template}[up]"));
}

#[test]
fn cleanliness() {
    let clean = CleanCheck::default();
    let asked = "[status][--modified][--added][--removed][--deleted]";
    check("", |r| r.working_directory_clean(clean), asked, true);
    let all = CleanCheck { untracked: true, ignored: true };
    let asked = format!("{asked}[--unknown][--ignored]");
    check("? x\n", |r| r.working_directory_clean(all), &asked, false);
}

#[test]
fn common_and_known_revisions() {
    let asked = "[log][-r][last(ancestors('a') and ancestors('b'))][--template][{node}]";
    check("01\n", |r| r.find_latest_common_revision("a", "b"), asked, "01");
    check("", |r| r.find_latest_common_revision("a", "b"), asked, NULL_REVISION);
    check("changeset\n", |r| r.does_revision_exist_locally("a"), "[log][-r][a]", true);
    assert!(!Hg::new("", 255).repository().does_revision_exist_locally("a").unwrap());
    assert!(Hg::new("", 1).repository().does_revision_exist_locally("a").is_err());
}

#[test]
fn an_export_is_a_share_that_was_updated() {
    // To a revision as this checkout understands it, or to a bookmark by its name.
    for (output, target) in [("0123\n4567\n", "4567"), ("0123\nbase\n89ab\n", "base")] {
        let hg = Hg::new(output, 0);
        let into = hg.folder.path().join("into");
        let export = hg.repository().export_revision("base", &into).unwrap();
        assert_eq!((export.tool(), export.root()), (VcsTool::Hg, into.as_path()));
        let (root, into) = (hg.repository().root().display().to_string(), into.display().to_string());
        let asked = [
            r"[log][-r][base][-T][{node}\n][bookmarks][-T][{bookmark}\n]".to_owned(),
            format!("[--config][extensions.share=][share][--noupdate][--bookmarks][{root}][{into}]"),
            format!("[--config][extensions.share=][update][--quiet][--rev][{target}]"),
        ];
        assert_eq!(hg.asked(), asked.concat());
    }
    let hg = Hg::new("", 255);
    let into = hg.folder.path().join("into");
    hg.repository().export_revision("base", &into).unwrap_err();
    assert!(!into.exists());
}

#[test]
fn failures_say_what_was_run() {
    let hg = Hg::new("", 3);
    let expected = format!(
        "`hg log -r . -T {{node}}` failed in `{}` (exit status 3): it gave no reason",
        hg.repository().root().display()
    );
    assert_eq!(hg.repository().head_rev().unwrap_err().to_string(), expected);
}
