//! A folder with the four scripts.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::{Error, digest::sha256_of_file};

/// One of the four scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunTaskFile {
    /// Prepares caches and checkouts, then runs a task's command.
    RunTask,
    /// Downloads and unpacks what a task fetches.
    FetchContent,
    /// Mercurial's settings.
    Hgrc,
    /// A Mercurial extension.
    Robustcheckout,
}

impl RunTaskFile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RunTask, Self::FetchContent, Self::Hgrc, Self::Robustcheckout];

    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunTask => "run-task",
            Self::FetchContent => "fetch-content",
            Self::Hgrc => "hgrc",
            Self::Robustcheckout => "robustcheckout.py",
        }
    }
}

/// Who led to a folder of run-task files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A command line flag or environment variable.
    Explicit,
    /// `config.yml`.
    Configured,
    /// An installed Python taskgraph.
    Installed,
    /// The user's cache, see [`install`](crate::install()).
    Cache,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Explicit => "the command line or environment",
            Self::Configured => "config.yml",
            Self::Installed => "an installed taskcluster-taskgraph",
            Self::Cache => "the user cache",
        })
    }
}

/// A folder that had all four scripts when it was found.
///
/// Displays as the folder with version and origin, for a log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTaskFiles {
    dir: PathBuf,
    origin: Origin,
    version: Option<String>,
}

impl RunTaskFiles {
    /// Takes a folder that somebody named.
    ///
    /// # Errors
    ///
    /// When one of the four files is not there.
    pub fn open(dir: &Path, origin: Origin) -> Result<Self, Error> {
        match missing(dir) {
            None => Ok(Self { dir: dir.to_owned(), origin, version: installed_version(dir) }),
            Some(file) => Err(Error::RunTaskIncomplete {
                dir: dir.to_owned(),
                origin: origin.to_string(),
                missing: file.name(),
            }),
        }
    }

    /// A folder of the user cache, whose name is the version.
    pub(crate) fn cached(dir: &Path, version: &str) -> Option<Self> {
        let found = missing(dir).is_none();
        found.then(|| Self { dir: dir.to_owned(), origin: Origin::Cache, version: Some(version.to_owned()) })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How the folder was found.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The release the files belong to, such as `24.5.1`, if that can be told.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Where one of the scripts is.
    pub fn path(&self, file: RunTaskFile) -> PathBuf {
        self.dir.join(file.name())
    }

    /// The content of one of the scripts.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(&self, file: RunTaskFile) -> Result<Vec<u8>, Error> {
        let path = self.path(file);
        fs::read(&path).map_err(Error::read(&path))
    }
}

impl fmt::Display for RunTaskFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version().unwrap_or("unknown");
        write!(f, "`{}` (version {version}, from {})", self.dir.display(), self.origin)
    }
}

/// The digest of the run-task script that goes into cache names: the first 20 hex digits of its SHA-256.
///
/// Without the files, the first 20 digits of [`known_digest`](crate::known_digest) are the same.
///
/// # Errors
///
/// When the script cannot be read.
pub fn cache_digest(files: &RunTaskFiles) -> Result<String, Error> {
    let path = files.path(RunTaskFile::RunTask);
    let mut digest = sha256_of_file(&path).map_err(Error::read(&path))?;
    digest.truncate(20);
    Ok(digest)
}

fn missing(dir: &Path) -> Option<RunTaskFile> {
    RunTaskFile::ALL.into_iter().find(|file| !dir.join(file.name()).is_file())
}

/// The version of the package that `<site-packages>/taskgraph/run-task` belongs to.
fn installed_version(dir: &Path) -> Option<String> {
    let site_packages = dir.parent()?.parent()?;
    let mut versions: Vec<String> = fs::read_dir(site_packages)
        .ok()?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let version = name.strip_prefix("taskcluster_taskgraph-")?.strip_suffix(".dist-info")?;
            Some(version.to_owned())
        })
        .collect();
    versions.sort();
    versions.pop()
}
