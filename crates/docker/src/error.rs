//! What can go wrong, told to the person who wrote the Dockerfile.

use std::{
    io,
    path::{Path, PathBuf},
};

/// An error of this crate. Messages name the file and, where there is one, the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of a Dockerfile, or a file which that line includes.
    #[error("{}:{line}: {problem}", dockerfile.display())]
    Dockerfile {
        /// The Dockerfile, below the repository path that the caller gave.
        dockerfile: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<Problem>,
    },
    /// A file of a context folder.
    #[error("docker context `{}`: {problem}", context.display())]
    Context {
        /// The context folder.
        context: PathBuf,
        /// What is wrong there.
        problem: Box<Problem>,
    },
    /// The image has no Dockerfile.
    #[error("there is no Dockerfile at `{}`", path.display())]
    MissingDockerfile {
        /// Where it was expected.
        path: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The writer given for a tar stream failed.
    #[error("cannot write the tar stream: {source}")]
    Stream {
        /// The reason.
        source: io::Error,
    },
    /// A file became shorter while it was archived.
    #[error("`{}` became shorter while it was read", path.display())]
    Shrunk {
        /// The file.
        path: PathBuf,
    },
    /// A path pattern names no tracked file.
    #[error("{pattern} did not match anything")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A folder that somebody named lacks one of the run-task files.
    #[error("the run-task folder `{}` (from {origin}) has no file `{missing}`", dir.display())]
    RunTaskIncomplete {
        /// The folder.
        dir: PathBuf,
        /// Who named it.
        origin: String,
        /// The first file that is not there.
        missing: &'static str,
    },
    /// The run-task files are nowhere.
    #[error(
        "the files run-task, fetch-content, hgrc and robustcheckout.py were not found; either run `taskgraph \
         run-task install`, or `pip install taskcluster-taskgraph=={version}`, or name their folder with \
         --run-task-dir, TASKGRAPH_RUN_TASK_DIR or `{key}` in config.yml (looked in: {})",
        list(searched)
    )]
    RunTaskNotFound {
        /// The release to get.
        version: &'static str,
        /// The key in config.yml.
        key: &'static str,
        /// Every folder that was looked at.
        searched: Vec<PathBuf>,
    },
    /// A release of the Python taskgraph that this program has no digests for.
    #[error("unknown taskcluster-taskgraph version `{version}`, known are {known}")]
    UnknownRelease {
        /// What was asked for.
        version: String,
        /// The known versions, newest first.
        known: String,
    },
    /// A published wheel could not be fetched.
    #[error("cannot download taskcluster-taskgraph {version}: {reason}")]
    Download {
        /// What was asked for.
        version: String,
        /// What the downloader said.
        reason: String,
    },
    /// A wheel is not the published one.
    #[error("`{}` is not the published wheel of {version}: its SHA-256 is {found}, expected {expected}", wheel.display())]
    WheelDigest {
        /// The file.
        wheel: PathBuf,
        /// The release it should be.
        version: String,
        /// The pinned digest.
        expected: String,
        /// The file's digest.
        found: String,
    },
    /// A wheel is not a zip archive with the four files.
    #[error("cannot unpack `{entry}` from `{}`: {reason}", wheel.display())]
    Wheel {
        /// The file.
        wheel: PathBuf,
        /// The member.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is wrong with a line of a Dockerfile or with a file of a context.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// `# %ARG` names an argument that the image was not given.
    #[error("missing argument `{name}`, {given}")]
    MissingArgument {
        /// The argument.
        name: String,
        /// Which ones there are, in words.
        given: String,
    },
    /// An argument's value is not a replacement template: it has a backslash with no meaning.
    #[error("the value of argument `{name}` has {reason}; write `\\\\` for a backslash")]
    ArgumentValue {
        /// The argument.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// `# %include` with an absolute path.
    #[error("include path `{path}` is absolute, expected one relative to the repository")]
    AbsoluteInclude {
        /// The path as written.
        path: String,
    },
    /// A path that leaves the repository by its text.
    #[error("path `{path}` leaves the repository")]
    OutsideRepository {
        /// The path as written.
        path: String,
    },
    /// A path that leaves the repository through a symbolic link.
    #[error("path `{}` leaves the repository through a link, to `{}`", path.display(), target.display())]
    LinkOutsideRepository {
        /// The link or a path through it.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// `# %include` of something that is not there.
    #[error("include path `{path}` does not exist")]
    MissingInclude {
        /// The path as written.
        path: String,
    },
    /// `# %include-run-task` without the files.
    #[error("{0}")]
    RunTask(Box<Error>),
    /// A socket, pipe or device.
    #[error("`{}` is not a regular file", path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Such a file would be run as root by whoever unpacks the image as root.
    #[error("`{}` has the setuid or setgid bit (mode {mode:04o}), which no context may have", path.display())]
    SetId {
        /// The file.
        path: PathBuf,
        /// Its mode bits.
        mode: u32,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// `VOLUME ["/path"]`.
    #[error("array syntax in VOLUME is not supported, write one `VOLUME /path` line per entry")]
    VolumeArray,
}

impl Error {
    pub(crate) fn at_line(dockerfile: &Path, line: usize, problem: Problem) -> Self {
        Self::Dockerfile { dockerfile: dockerfile.to_owned(), line, problem: Box::new(problem) }
    }

    pub(crate) fn in_context(context: &Path, problem: Problem) -> Self {
        Self::Context { context: context.to_owned(), problem: Box::new(problem) }
    }

    pub(crate) fn dockerfile_unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::MissingDockerfile { path },
            _ => Self::Read { path, source },
        }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}

impl Problem {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    match paths {
        [] => "nowhere".to_owned(),
        _ => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
    }
}
