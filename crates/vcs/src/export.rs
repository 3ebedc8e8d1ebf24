//! Another revision of a checkout, in a directory of its own.
//!
//! For git the directory becomes a linked checkout that nobody knows of: its `.git` has an index and a `HEAD` of
//! its own, and a `commondir` file that points to the repository for everything else, just as
//! the entries in `.git/worktrees` do. Not registering it there means that a killed process leaves nothing
//! behind in the repository. For Mercurial it is a share, which the source does not record either.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    repository::Repository,
    root::{VcsTool, absolute},
    tools::Tools,
};

/// Variables that would make git look elsewhere than in the directory it is run in.
const GIT_LOCATIONS: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"];

pub(crate) fn export(repo: &Repository, rev: &str, into: &Path) -> Result<Repository, Error> {
    let created = prepare(into)?;
    let result = match repo.tool() {
        VcsTool::Git => export_git(repo, rev, into),
        VcsTool::Hg => export_hg(repo, rev, into),
    };
    if result.is_err() {
        // The first failure is the one to report; cleaning up is a matter of trying.
        let _ = if created { fs::remove_dir_all(into) } else { empty(into) };
    }
    result
}

/// Makes sure that there is an empty directory. Returns whether it was missing.
fn prepare(into: &Path) -> Result<bool, Error> {
    match fs::read_dir(into) {
        Ok(mut entries) => match entries.next() {
            None => Ok(false),
            Some(_) => Err(Error::ExportNotEmpty { path: into.to_owned() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir(into).map_err(failed("create", into))?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::ExportNotEmpty { path: into.to_owned() })
        }
        Err(error) => Err(failed("read", into)(error)),
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn export_git(repo: &Repository, rev: &str, into: &Path) -> Result<Repository, Error> {
    let target = GitTarget::resolve(repo, rev)?;
    let common =
        repo.tools().run_bytes(VcsTool::Git, repo.root(), &["rev-parse", "--git-common-dir"], &[])?;
    let common = absolute(&repo.root().join(path_of(common)))?;

    let git_dir = into.join(".git");
    let mut commondir = common.into_os_string();
    commondir.push("\n");
    // git takes a directory without a valid HEAD for none. Where refs live in another format than files, HEAD
    // is always this line, and `reftable` holds the real one; so git itself is asked to write it.
    fs::create_dir(&git_dir).map_err(failed("create", &git_dir))?;
    write(&git_dir.join("HEAD"), b"ref: refs/heads/.invalid\n")?;
    write(&git_dir.join("commondir"), commondir.as_encoded_bytes())?;
    let refs = git_dir.join("reftable");
    fs::create_dir(&refs).map_err(failed("create", &refs))?;

    let mut tools: Tools = repo.tools().clone();
    for variable in GIT_LOCATIONS {
        tools = tools.env_remove(variable);
    }
    let export = Repository::at(into, VcsTool::Git, tools)?;
    match &target.branch {
        Some(branch) => git_quietly(&export, &["symbolic-ref", "HEAD", branch])?,
        None => git_quietly(&export, &["update-ref", "--no-deref", "HEAD", &target.commit])?,
    }
    git_quietly(&export, &["read-tree", "--reset", "-u", &target.commit])?;
    Ok(export)
}

/// Runs git such that it starts neither hooks nor helpers, writes the whole tree, and no file of the repository.
fn git_quietly(export: &Repository, args: &[&str]) -> Result<(), Error> {
    const SETTINGS: [&str; 6] = [
        "core.fsmonitor=false",
        "core.splitIndex=false",
        "core.untrackedCache=false",
        "core.sparseCheckout=false",
        "core.logAllRefUpdates=false",
        "submodule.recurse=false",
    ];
    let mut all: Vec<OsString> = Vec::new();
    let mut no_hooks = OsString::from("core.hooksPath=");
    no_hooks.push(export.root().join(".git").join("no-hooks"));
    for setting in SETTINGS.into_iter().map(OsString::from).chain([no_hooks]) {
        all.extend(["-c".into(), setting]);
    }
    all.extend(args.iter().map(OsString::from));
    export.run(&all)?;
    Ok(())
}

/// The commit to write, and the full name of the branch if it was named by a branch.
struct GitTarget {
    commit: String,
    branch: Option<String>,
}

impl GitTarget {
    fn resolve(repo: &Repository, rev: &str) -> Result<GitTarget, Error> {
        let commit_of = |rev: &str| -> Result<String, Error> {
            let output = repo.run(&["rev-parse", "--verify", &format!("{rev}^{{commit}}")])?;
            Ok(output.trim().to_owned())
        };
        let head = format!("refs/heads/{rev}");
        // A branch goes before a tag of the same name, as for `git checkout`.
        match repo.run(&["show-ref", "--verify", &head]) {
            Ok(_) => return Ok(GitTarget { commit: commit_of(&head)?, branch: Some(head) }),
            Err(Error::Failed { .. }) => {}
            Err(error) => return Err(error),
        }
        let error = match commit_of(rev) {
            Ok(commit) => return Ok(GitTarget { commit, branch: None }),
            Err(error @ Error::Failed { .. }) => error,
            Err(error) => return Err(error),
        };
        // `git checkout` takes the name of a branch that exactly one remote has for that branch.
        if !rev.contains(['*', '?', '[', '\\']) {
            let pattern = format!("refs/remotes/*/{rev}");
            let found = repo.run(&["for-each-ref", "--format=%(objectname)", &pattern])?;
            if let [commit] = found.lines().collect::<Vec<_>>()[..] {
                return Ok(GitTarget { commit: commit.to_owned(), branch: None });
            }
        }
        Err(error)
    }
}

fn export_hg(repo: &Repository, rev: &str, into: &Path) -> Result<Repository, Error> {
    // A share starts out without a current revision, so names such as `.` mean something here only.
    let found = repo.run(&["log", "-r", rev, "-T", "{node}\\n"])?;
    let bookmarks = repo.run(&["bookmarks", "-T", "{bookmark}\\n"])?;
    let is_bookmark = bookmarks.lines().any(|bookmark| bookmark == rev);
    let target = if is_bookmark { rev } else { found.lines().last().unwrap_or(rev) };
    let share = ["--config", "extensions.share=", "share", "--noupdate", "--bookmarks"];
    let folders = [repo.root().as_os_str(), into.as_os_str()];
    repo.run(&share.iter().map(OsStr::new).chain(folders).collect::<Vec<_>>())?;
    let export = Repository::at(into, VcsTool::Hg, repo.tools().clone())?;
    export.run(&["--config", "extensions.share=", "update", "--quiet", "--rev", target])?;
    Ok(export)
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    fs::write(path, content).map_err(failed("write", path))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}

/// The path in a line that a program printed.
fn path_of(mut line: Vec<u8>) -> PathBuf {
    while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        line.pop();
    }
    #[cfg(unix)]
    let path = <OsString as std::os::unix::ffi::OsStringExt>::from_vec(line);
    #[cfg(not(unix))]
    let path = OsString::from(String::from_utf8_lossy(&line).into_owned());
    path.into()
}
