//! The answers of Mercurial.

use std::io::ErrorKind;

use crate::{
    changes::{Changes, CleanCheck, DiffFilter},
    error::Error,
    repository::{NULL_REVISION, Repository, name},
    text::{is_space, lines, strip, universal_newlines},
};

pub(crate) fn head_rev(repo: &Repository) -> Result<String, Error> {
    Ok(strip(&repo.run(&["log", "-r", ".", "-T", "{node}"])?).to_owned())
}

pub(crate) fn base_rev(repo: &Repository) -> Result<String, Error> {
    repo.run(&["log", "-r", "last(ancestors(.) and public())", "-T", "{node}"])
}

/// The active bookmark stands in a file of its own, so there is no need for a slow start of hg.
pub(crate) fn branch(repo: &Repository) -> Result<Option<String>, Error> {
    let path = repo.root().join(".hg").join("bookmarks.current");
    match std::fs::read_to_string(&path) {
        Ok(bookmark) if bookmark.is_empty() => Ok(None),
        Ok(bookmark) => Ok(Some(universal_newlines(bookmark))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { action: "read", path, source }),
    }
}

pub(crate) fn changed_files(
    repo: &Repository,
    changes: Changes<'_>,
    filter: DiffFilter,
) -> Result<Vec<String>, Error> {
    let range;
    let rev = match changes {
        Changes::Unstaged | Changes::Staged | Changes::Uncommitted => {
            // `d` is a file that is gone, `r` one that hg was told to remove.
            let letters = filter.letters().to_lowercase().replace('d', "dr");
            let output = repo.run(&["status", "--no-status", &format!("-{letters}")])?;
            return Ok(lines(&output));
        }
        Changes::In(rev) => name("revision", rev)?,
        Changes::Between { base, rev } => {
            range = format!("{rev} % {base}");
            name("revision", &range)?
        }
    };
    Ok(lines(&repo.run(&["log", "-r", rev, "-T", &files_template(filter)])?))
}

pub(crate) fn outgoing_files(
    repo: &Repository,
    filter: DiffFilter,
    upstream: Option<&str>,
) -> Result<Vec<String>, Error> {
    let template = files_template(filter);
    let output = match upstream {
        None => repo.run(&["log", "-r", "draft() and ancestors(.)", "--template", &template])?,
        // 1: nothing is outgoing.
        Some(upstream) => repo.run_or_empty(
            &["outgoing", "-r", ".", "--quiet", "--template", template.as_str(), upstream],
            1,
        )?,
    };
    Ok(output.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// Prints the files of each kind asked for, a line each: added, deleted, then modified ones.
fn files_template(filter: DiffFilter) -> String {
    let letters = filter.letters();
    let mut template = String::new();
    for (letter, keyword) in [('A', "file_adds"), ('D', "file_dels"), ('M', "file_mods")] {
        if letters.contains(letter) {
            template.push_str(&format!("{{{keyword} % '{{file}}\\n'}}"));
        }
    }
    template
}

pub(crate) fn working_directory_clean(repo: &Repository, check: CleanCheck) -> Result<bool, Error> {
    let mut args = vec!["status", "--modified", "--added", "--removed", "--deleted"];
    if check.untracked {
        args.push("--unknown");
    }
    if check.ignored {
        args.push("--ignored");
    }
    Ok(strip(&repo.run(&args)?).is_empty())
}

pub(crate) fn find_latest_common_revision(
    repo: &Repository,
    base: &str,
    head: &str,
) -> Result<String, Error> {
    let revset = format!("last(ancestors({}) and ancestors({}))", quoted(base), quoted(head));
    let output = repo.run(&["log", "-r", &revset, "--template", "{node}"])?;
    let found = strip(&output);
    Ok(if found.is_empty() { NULL_REVISION.to_owned() } else { found.to_owned() })
}

pub(crate) fn does_revision_exist_locally(repo: &Repository, rev: &str) -> Result<bool, Error> {
    // 255: no such revision.
    Ok(!strip(&repo.run_or_empty(&["log", "-r", rev], 255)?).is_empty())
}

/// A text as a string of the revset language.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_name_the_kinds_asked_for() {
        let filter = "DA".parse().unwrap();
        assert_eq!(files_template(filter), r"{file_adds % '{file}\n'}{file_dels % '{file}\n'}");
    }

    #[test]
    fn quotes_do_not_end_a_revset_string() {
        assert_eq!(quoted(r"a'b\"), r"'a\'b\\'");
    }
}
