//! The answers of git.

use crate::{
    changes::{Changes, CleanCheck, DiffFilter},
    error::Error,
    repository::{NULL_REVISION, Repository, name},
    text::{is_space, lines, strip},
};

/// The tree without files, which git knows in every repository that hashes with SHA-1.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

pub(crate) fn head_rev(repo: &Repository) -> Result<String, Error> {
    Ok(strip(&repo.run(&["rev-parse", "--verify", "HEAD"])?).to_owned())
}

pub(crate) fn base_rev(repo: &Repository) -> Result<String, Error> {
    let output = repo.run(&["rev-list", "HEAD", "--topo-order", "--boundary", "--not", "--remotes"])?;
    match output.lines().last() {
        // Commits at the boundary have a dash in front. Without any the last line is the first commit of all.
        Some(last) => Ok(last.strip_prefix('-').unwrap_or(last).to_owned()),
        None => head_rev(repo),
    }
}

pub(crate) fn branch(repo: &Repository) -> Result<Option<String>, Error> {
    let output = repo.run(&["branch", "--show-current"])?;
    let name = strip(&output);
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

pub(crate) fn remote_name(repo: &Repository) -> Result<String, Error> {
    let upstream = ["rev-parse", "--verify", "--abbrev-ref", "--symbolic-full-name", "@{u}"];
    match repo.run(&upstream) {
        Ok(output) => Ok(strip(&output).split('/').next().unwrap_or_default().to_owned()),
        // 128: the branch has no upstream, or there is no branch.
        Err(Error::Failed { code: Some(128), .. }) => repo.most_suitable_remote("origin"),
        Err(error) => Err(error),
    }
}

pub(crate) fn default_branch(repo: &Repository) -> Result<String, Error> {
    for ask in [from_clone, from_remote] {
        match ask(repo) {
            Ok(Some(branch)) => return Ok(branch),
            Ok(None) | Err(Error::Failed { .. } | Error::NoRemotes { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    // Without a remote that answers, one branch whose name ends like a usual name will do.
    let output = repo.run(&["branch", "--all", "--no-color", "--format=%(refname)"])?;
    let usual = ["main", "master", "branches/default/tip"];
    let mut found: Vec<String> = lines(&output)
        .iter()
        .map(|line| strip(line).to_owned())
        .filter(|line| usual.iter().any(|end| line.ends_with(end)))
        .collect();
    match found.pop() {
        Some(branch) if found.is_empty() => Ok(branch),
        last => {
            found.extend(last);
            Err(Error::NoDefaultBranch { root: repo.root().to_owned(), found })
        }
    }
}

/// What cloning wrote down.
fn from_clone(repo: &Repository) -> Result<Option<String>, Error> {
    let head = format!("{}/HEAD", remote_name(repo)?);
    let output = repo.run(&["rev-parse", "--abbrev-ref", name("remote", &head)?])?;
    Ok(Some(strip(&output).to_owned()))
}

/// What the remote says, which may need the network.
fn from_remote(repo: &Repository) -> Result<Option<String>, Error> {
    let remote = remote_name(repo)?;
    let output = repo.run(&["ls-remote", "--symref", name("remote", &remote)?, "HEAD"])?;
    Ok(symbolic_head(&output).map(|branch| format!("{remote}/{branch}")))
}

/// Finds `ref: refs/heads/BRANCH HEAD` in what `git ls-remote --symref` printed.
fn symbolic_head(output: &str) -> Option<&str> {
    let words: Vec<&str> = output.split(is_space).filter(|word| !word.is_empty()).collect();
    words.windows(3).find_map(|words| {
        let branch = words[1].strip_prefix("refs/heads/").filter(|branch| !branch.is_empty())?;
        (words[0].ends_with("ref:") && words[2].starts_with("HEAD")).then_some(branch)
    })
}

pub(crate) fn note(repo: &Repository, notes: &str, remote: &str, rev: &str) -> Result<Option<String>, Error> {
    let notes =
        if notes.starts_with("refs/notes/") { notes.to_owned() } else { format!("refs/notes/{notes}") };
    // Here they are already.
    if remote != "."
        && let Err(error) = repo.run(&["fetch", remote, &format!("{notes}:{notes}")])
    {
        // 2: the remote answers, and has no such ref.
        let missing = repo.run_or_empty(&["ls-remote", "--exit-code", remote, &notes], 2);
        return match (error, missing) {
            (Error::Failed { .. }, Ok(found)) if found.is_empty() => Ok(None),
            (error, _) => Err(error),
        };
    }
    match repo.run(&["notes", &format!("--ref={notes}"), "show", rev]) {
        Ok(note) => Ok(Some(strip(&note).to_owned())),
        // 1: the revision has no note.
        Err(Error::Failed { code: Some(1), .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn changed_files(
    repo: &Repository,
    changes: Changes<'_>,
    filter: DiffFilter,
) -> Result<Vec<String>, Error> {
    let filter = format!("--diff-filter={}", filter.letters());
    let options = ["--name-only", "--no-renames", filter.as_str()];
    let range;
    let command: &[&str] = match changes {
        Changes::Unstaged => &["diff"],
        Changes::Staged => &["diff", "--cached"],
        Changes::Uncommitted => &["diff", "HEAD"],
        Changes::Between { base: NULL_REVISION, rev } => &["diff", EMPTY_TREE, name("revision", rev)?],
        Changes::Between { base, rev } if is_shallow(repo)? => {
            // The commits in between are not here, the two trees are.
            &["diff", name("revision", base)?, name("revision", rev)?]
        }
        Changes::Between { base, rev } => {
            range = format!("{base}..{rev}");
            &["log", "--format=format:", name("revision", &range)?]
        }
        Changes::In(rev) if is_shallow(repo)? => {
            return Err(Error::ShallowNeedsBase { root: repo.root().to_owned(), rev: rev.to_owned() });
        }
        Changes::In(rev) => {
            range = format!("{rev}~1..{rev}");
            &["log", "--format=format:", name("revision", &range)?]
        }
    };
    Ok(file_names(&repo.run(&[command, &options].concat())?))
}

pub(crate) fn outgoing_files(
    repo: &Repository,
    filter: DiffFilter,
    upstream: Option<&str>,
) -> Result<Vec<String>, Error> {
    let filter = format!("--diff-filter={}", filter.letters());
    let not = upstream.unwrap_or("--remotes");
    let args = ["log", "--name-only", &filter, "--oneline", "--pretty=format:", "HEAD", "--not", not];
    Ok(file_names(&repo.run(&args)?))
}

/// `git log` leaves an empty line between the files of two commits.
fn file_names(output: &str) -> Vec<String> {
    lines(output).into_iter().filter(|line| !line.is_empty()).collect()
}

pub(crate) fn working_directory_clean(repo: &Repository, check: CleanCheck) -> Result<bool, Error> {
    // Said either way, because the configuration has a say otherwise.
    let untracked = if check.untracked { "--untracked-files=all" } else { "--untracked-files=no" };
    let mut args = vec!["status", "--porcelain", untracked];
    if check.ignored {
        args.push("--ignored");
    }
    Ok(strip(&repo.run(&args)?).is_empty())
}

pub(crate) fn is_shallow(repo: &Repository) -> Result<bool, Error> {
    Ok(strip(&repo.run(&["rev-parse", "--is-shallow-repository"])?) == "true")
}

pub(crate) fn find_latest_common_revision(
    repo: &Repository,
    base: &str,
    head: &str,
) -> Result<String, Error> {
    match repo.run(&["merge-base", base, head]) {
        Ok(output) => Ok(strip(&output).to_owned()),
        Err(Error::Failed { .. }) => Ok(NULL_REVISION.to_owned()),
        Err(error) => Err(error),
    }
}

pub(crate) fn does_revision_exist_locally(repo: &Repository, rev: &str) -> Result<bool, Error> {
    // 128: no such object.
    Ok(strip(&repo.run_or_empty(&["cat-file", "-t", rev], 128)?) == "commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbolic_head_is_the_line_about_head() {
        assert_eq!(symbolic_head("ref: refs/heads/main\tHEAD\n0123\tHEAD\n"), Some("main"));
        assert_eq!(symbolic_head("ref: refs/heads/release/1.x HEAD"), Some("release/1.x"));
        assert_eq!(symbolic_head("0123\tHEAD\n"), None);
        assert_eq!(symbolic_head("ref: refs/tags/v1\tHEAD\n"), None);
        assert_eq!(symbolic_head(""), None);
    }
}
