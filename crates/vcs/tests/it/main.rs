//! Questions to real git repositories, and to a stand-in for Mercurial. All throw-away.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod export;
mod git;
mod hg;
mod support;

#[test]
fn every_test_file_is_listed() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let mut files: Vec<_> = std::fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".rs"))
        .collect();
    files.sort();
    assert_eq!(files, ["export.rs", "git.rs", "hg.rs", "main.rs", "support.rs"]);
}
