//! A checkout, whichever tool it belongs to.

use std::path::{Path, PathBuf};

use crate::{
    changes::{Changes, CleanCheck, DiffFilter},
    error::Error,
    export, git, hg,
    root::{VcsTool, absolute, find_root},
    tools::Tools,
};

/// The revision that stands for no revision, in git as in Mercurial: forty zeros.
pub const NULL_REVISION: &str = "0000000000000000000000000000000000000000";

/// A git or Mercurial checkout.
///
/// Every method that returns a `Result` runs the tool, and fails with [`Error::CannotRun`] when it cannot be
/// started, [`Error::Failed`] when it exits with a failure, [`Error::NotUtf8`] when its output is not text.
/// Nothing is remembered between calls.
#[derive(Clone, Debug)]
pub struct Repository {
    root: PathBuf,
    tool: VcsTool,
    tools: Tools,
}

impl Repository {
    /// Finds the checkout that contains `path`, as [`find_root`] does, without running anything.
    ///
    /// Fails with [`Error::NotACheckout`].
    pub fn discover(path: &Path) -> Result<Repository, Error> {
        Repository::discover_with(path, Tools::default())
    }

    /// Like [`discover`](Repository::discover), with the programs and the environment to use.
    pub fn discover_with(path: &Path, tools: Tools) -> Result<Repository, Error> {
        let (root, tool) = find_root(path).ok_or_else(|| Error::NotACheckout { path: path.to_owned() })?;
        Ok(Repository { root, tool, tools })
    }

    /// Takes `root` for the root of a checkout, whether it looks like one or not. Runs nothing.
    pub fn at(root: &Path, tool: VcsTool, tools: Tools) -> Result<Repository, Error> {
        Ok(Repository { root: absolute(root)?, tool, tools })
    }

    /// Which tool the checkout belongs to; `tool().as_str()` is `git` or `hg`.
    pub fn tool(&self) -> VcsTool {
        self.tool
    }

    /// The root of the checkout, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The current revision: 40 (or 64) hexadecimal digits.
    pub fn head_rev(&self) -> Result<String, Error> {
        match self.tool {
            VcsTool::Git => git::head_rev(self),
            VcsTool::Hg => hg::head_rev(self),
        }
    }

    /// The revision the current work is based on: git's last commit that some remote has too, Mercurial's last
    /// public ancestor.
    ///
    /// Where git has remotes that lack nothing, it is the current revision; where no remote has any of the
    /// history, the first commit.
    pub fn base_rev(&self) -> Result<String, Error> {
        match self.tool {
            VcsTool::Git => git::base_rev(self),
            VcsTool::Hg => hg::base_rev(self),
        }
    }

    /// The current branch (git) or active bookmark (Mercurial), if any.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        match self.tool {
            VcsTool::Git => git::branch(self),
            VcsTool::Hg => hg::branch(self),
        }
    }

    /// The names of all remotes, in the tool's order. Fails with [`Error::NoRemotes`] rather than return none.
    pub fn remote_names(&self) -> Result<Vec<String>, Error> {
        let args: &[&str] = match self.tool {
            VcsTool::Git => &["remote"],
            VcsTool::Hg => &["paths", "--quiet"],
        };
        let names = crate::text::lines(&self.run(args)?);
        if names.is_empty() { Err(Error::NoRemotes { root: self.root.clone() }) } else { Ok(names) }
    }

    /// The name of the remote that matters: that of the branch's upstream (git), else the only one, else the
    /// one called `origin` (git) or `default` (Mercurial), else the first one listed, which is a guess that a
    /// caller can see through by [`remote_names`](Repository::remote_names).
    pub fn remote_name(&self) -> Result<String, Error> {
        match self.tool {
            VcsTool::Git => git::remote_name(self),
            VcsTool::Hg => self.most_suitable_remote("default"),
        }
    }

    pub(crate) fn most_suitable_remote(&self, usual: &str) -> Result<String, Error> {
        let names = self.remote_names()?;
        if names.len() > 1 && names.iter().any(|name| name == usual) {
            return Ok(usual.to_owned());
        }
        names.into_iter().next().ok_or_else(|| Error::NoRemotes { root: self.root.clone() })
    }

    /// The name of the default branch: `origin/main`, or `refs/heads/main` in a repository without a usable
    /// remote (git), `default` (Mercurial). For git this may ask the remote over the network.
    ///
    /// Fails with [`Error::NoDefaultBranch`].
    pub fn default_branch(&self) -> Result<String, Error> {
        match self.tool {
            VcsTool::Git => git::default_branch(self),
            VcsTool::Hg => Ok("default".to_owned()),
        }
    }

    /// The URL of a remote. `None`, or an empty name, is the remote called `origin` (git) or `default`
    /// (Mercurial), whatever [`remote_name`](Repository::remote_name) says.
    pub fn url(&self, remote: Option<&str>) -> Result<String, Error> {
        let remote = remote.filter(|remote| !remote.is_empty());
        let remote = remote.map(|remote| name("remote", remote)).transpose()?;
        let output = match self.tool {
            VcsTool::Git => self.run(&["remote", "get-url", remote.unwrap_or("origin")])?,
            VcsTool::Hg => self.run(&["paths", "-T", "{url}", remote.unwrap_or("default")])?,
        };
        Ok(crate::text::strip(&output).to_owned())
    }

    /// The message of a revision, or of the current one, as printed by the tool: git ends it with an empty
    /// line, Mercurial without a line end.
    pub fn commit_message(&self, rev: Option<&str>) -> Result<String, Error> {
        let rev = self.rev_or_current(rev)?;
        match self.tool {
            VcsTool::Git => self.run(&["log", "-n1", "--format=%B", rev]),
            VcsTool::Hg => self.run(&["log", "-r", rev, "-T", "{desc}"]),
        }
    }

    /// The note of a revision, or of the current one, without white space around it. `notes` is the ref that has
    /// the notes; `refs/notes/` before it may be left off.
    ///
    /// The ref is fetched from `remote`, a name or an address, or `.` for this repository, first, over the network if need be. It is all right
    /// for the remote not to have it; any other reason why it cannot be fetched is an error, and so are notes here
    /// that the remote does not have. Mercurial has no notes: the answer is `None`, without a question.
    pub fn note(&self, notes: &str, remote: &str, rev: Option<&str>) -> Result<Option<String>, Error> {
        let rev = self.rev_or_current(rev)?;
        match self.tool {
            VcsTool::Git => git::note(self, name("notes ref", notes)?, name("remote", remote)?, rev),
            VcsTool::Hg => Ok(None),
        }
    }

    /// The files tracked at a revision, or at the current one, relative to the root, in the tool's order.
    ///
    /// `paths` (absolute, or relative to the root) restrict the answer to files in or at them. git puts names
    /// with unusual characters between quotes, and non-ASCII ones too unless `core.quotePath` is off;
    /// Mercurial fails when nothing matches.
    pub fn tracked_files(&self, paths: &[&Path], rev: Option<&str>) -> Result<Vec<String>, Error> {
        let rev = self.rev_or_current(rev)?;
        let args: &[&str] = match self.tool {
            VcsTool::Git => &["ls-tree", "-r", "--name-only", rev, "--"],
            VcsTool::Hg => &["files", "-r", rev, "--"],
        };
        let args = args.iter().map(|arg| arg.as_ref()).chain(paths.iter().map(|path| path.as_os_str()));
        Ok(crate::text::lines(&self.run(&args.collect::<Vec<_>>())?))
    }

    /// The content of a file as it was committed, at a revision or at the current one. `path` is relative to the root,
    /// with slashes.
    ///
    /// Fails with [`Error::Failed`] if the revision is not known here, or has no such file.
    pub fn file_at(&self, path: &str, rev: Option<&str>) -> Result<Vec<u8>, Error> {
        let (path, rev) = (name("path", path)?, self.rev_or_current(rev)?);
        // A commit, and no other spelling of an object, whatever is in the name.
        match self.tool {
            VcsTool::Git => {
                let commit = self.run(&["rev-parse", "--verify", &format!("{rev}^{{commit}}")])?;
                self.run_bytes(&["cat-file", "blob", &format!("{}:{path}", commit.trim())])
            }
            VcsTool::Hg => self.run_bytes(&["cat", "-r", rev, "--", &format!("path:{path}")]),
        }
    }

    /// The files that changed, relative to the root, in the tool's order. A renamed file is one deleted and
    /// one added. Names as in [`tracked_files`](Repository::tracked_files).
    ///
    /// Fails with [`Error::ShallowNeedsBase`] for [`Changes::In`] in a shallow git clone.
    pub fn changed_files(&self, changes: Changes<'_>, filter: DiffFilter) -> Result<Vec<String>, Error> {
        match self.tool {
            VcsTool::Git => git::changed_files(self, changes, filter),
            VcsTool::Hg => hg::changed_files(self, changes, filter),
        }
    }

    /// The files changed by commits that the remote `upstream` lacks, or that no remote has.
    ///
    /// For git, `upstream` is a remote branch (`origin/main`); for Mercurial a remote, which is asked over the
    /// network, and names are split at any white space.
    pub fn outgoing_files(&self, filter: DiffFilter, upstream: Option<&str>) -> Result<Vec<String>, Error> {
        let upstream = upstream.filter(|upstream| !upstream.is_empty());
        let upstream = upstream.map(|upstream| name("upstream", upstream)).transpose()?;
        match self.tool {
            VcsTool::Git => git::outgoing_files(self, filter, upstream),
            VcsTool::Hg => hg::outgoing_files(self, filter, upstream),
        }
    }

    /// Whether no tracked file differs from the current revision, nor any file `check` adds exists.
    pub fn working_directory_clean(&self, check: CleanCheck) -> Result<bool, Error> {
        match self.tool {
            VcsTool::Git => git::working_directory_clean(self, check),
            VcsTool::Hg => hg::working_directory_clean(self, check),
        }
    }

    /// Whether part of the history is missing here. Never so with Mercurial.
    pub fn is_shallow(&self) -> Result<bool, Error> {
        match self.tool {
            VcsTool::Git => git::is_shallow(self),
            VcsTool::Hg => Ok(false),
        }
    }

    /// The latest revision in the history of both, or [`NULL_REVISION`] if there is none (for git also if
    /// either is not known here).
    pub fn find_latest_common_revision(&self, base: &str, head: &str) -> Result<String, Error> {
        let (base, head) = (name("revision", base)?, name("revision", head)?);
        match self.tool {
            VcsTool::Git => git::find_latest_common_revision(self, base, head),
            VcsTool::Hg => hg::find_latest_common_revision(self, base, head),
        }
    }

    /// Whether the revision is known here without asking a remote.
    pub fn does_revision_exist_locally(&self, rev: &str) -> Result<bool, Error> {
        let rev = name("revision", rev)?;
        match self.tool {
            VcsTool::Git => git::does_revision_exist_locally(self, rev),
            VcsTool::Hg => hg::does_revision_exist_locally(self, rev),
        }
    }

    /// Writes the files of a revision into the directory `into`, and returns it as a checkout of its own.
    ///
    /// `into` must be missing or empty (its parent must exist). It becomes a complete checkout that shares
    /// history, branches and remotes with this one but has its own index and current revision, so every method
    /// works on it, and so does [`Repository::discover`]; the branch is `rev` if that is the name of a local
    /// branch (git) or bookmark (Mercurial), else there is none. Executable bits, links and configured filters
    /// are as in any checkout; submodules and subrepositories stay empty (git) or follow `hg update`.
    ///
    /// This checkout's working directory, index and current revision are neither read nor touched, so they
    /// may be dirty; the copy is not registered anywhere, so removing the directory is all there is to clean
    /// up. Hooks of git are not run. After an error, `into` is as it was before.
    ///
    /// Fails with [`Error::ExportNotEmpty`], [`Error::Io`], and as every other method.
    pub fn export_revision(&self, rev: &str, into: &Path) -> Result<Repository, Error> {
        export::export(self, name("revision", rev)?, &absolute(into)?)
    }

    pub(crate) fn tools(&self) -> &Tools {
        &self.tools
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Result<String, Error> {
        self.tools.run(self.tool, &self.root, args, &[])
    }

    fn run_bytes<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, Error> {
        self.tools.run_bytes(self.tool, &self.root, args, &[])
    }

    /// Runs with a failure status that counts as an empty answer.
    pub(crate) fn run_or_empty<S: AsRef<std::ffi::OsStr>>(
        &self,
        args: &[S],
        status: i32,
    ) -> Result<String, Error> {
        self.tools.run(self.tool, &self.root, args, &[status])
    }

    fn rev_or_current<'a>(&self, rev: Option<&'a str>) -> Result<&'a str, Error> {
        match rev.filter(|rev| !rev.is_empty()) {
            Some(rev) => name("revision", rev),
            None => Ok(match self.tool {
                VcsTool::Git => "HEAD",
                VcsTool::Hg => ".",
            }),
        }
    }
}

/// Refuses a name the tool would take for an option: revisions come from parameters, which anyone may write.
pub(crate) fn name<'a>(what: &'static str, value: &'a str) -> Result<&'a str, Error> {
    if value.is_empty() || value.starts_with('-') || value.contains('\0') {
        return Err(Error::BadName { what, value: value.to_owned() });
    }
    Ok(value)
}
