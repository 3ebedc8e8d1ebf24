//! Finding the run-task files on this machine.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{DEFAULT_RELEASE, Error, Origin, RunTaskFiles};

/// Prints where Python would import `taskgraph` from, without importing it and without the current folder.
const ASK: &str = "\
import sys
sys.path = [p for p in sys.path if p]
import importlib.util
spec = importlib.util.find_spec('taskgraph')
print(spec.submodule_search_locations[0])
";

/// The variables that decide where programs and Python packages are. Relative paths in them are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchEnvironment {
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// The folders of `PATH`, in order.
    pub path: Vec<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`.
    pub cache_home: Option<PathBuf>,
}

impl SearchEnvironment {
    /// Takes the variables from a lookup such as `|name| std::env::var_os(name)`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name| lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let path = lookup("PATH").unwrap_or_default();
        Self {
            virtual_env: folder("VIRTUAL_ENV"),
            path: env::split_paths(&path).filter(|path| path.is_absolute()).collect(),
            home: folder("HOME"),
            cache_home: folder("XDG_CACHE_HOME"),
        }
    }

    /// The folder whose subfolders are the versions fetched by [`install`](crate::install()):
    /// `taskgraph/run-task` in the user's cache. None without a home.
    pub fn run_task_cache(&self) -> Option<PathBuf> {
        let default = || self.home.as_ref().map(|home| home.join(".cache"));
        Some(self.cache_home.clone().or_else(default)?.join("taskgraph/run-task"))
    }
}

/// Where to look for the run-task files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTaskSearch {
    /// A folder from a command line flag or `TASKGRAPH_RUN_TASK_DIR`.
    pub explicit: Option<PathBuf>,
    /// A folder from `config.yml`, see [`RunTaskSearch::CONFIG_KEY`].
    pub configured: Option<PathBuf>,
    /// Where packages and caches are.
    pub environment: SearchEnvironment,
    /// How long `python3` may take to answer where its packages are, if nothing is found without. None: it is never
    /// started.
    pub ask_python: Option<Duration>,
}

impl RunTaskSearch {
    /// The key in `config.yml` for [`RunTaskSearch::configured`], as errors name it.
    pub const CONFIG_KEY: &'static str = "run-task-dir";

    /// Finds the files: in the folder that was named; else with an installed Python taskgraph, of
    /// [`DEFAULT_RELEASE`] if there is one of several; else in the user cache, that release or the newest.
    ///
    /// # Errors
    ///
    /// When a named folder lacks a file, and when nothing is found; the latter lists the ways to provide them.
    pub fn locate(&self) -> Result<RunTaskFiles, Error> {
        if let Some(dir) = &self.explicit {
            return RunTaskFiles::open(dir, Origin::Explicit);
        }
        if let Some(dir) = &self.configured {
            return RunTaskFiles::open(dir, Origin::Configured);
        }
        let mut searched = Vec::new();
        let installed = self.installed(&mut searched).or_else(|| self.told_by_python());
        if let Some(files) = installed.or_else(|| self.cached(&mut searched)) {
            return Ok(files);
        }
        let key = Self::CONFIG_KEY;
        Err(Error::RunTaskNotFound { version: DEFAULT_RELEASE, key, searched })
    }

    fn installed(&self, searched: &mut Vec<PathBuf>) -> Option<RunTaskFiles> {
        let mut first = None;
        for packages in self.package_folders() {
            let dir = packages.join("taskgraph/run-task");
            if let Ok(files) = RunTaskFiles::open(&dir, Origin::Installed) {
                if files.version() == Some(DEFAULT_RELEASE) {
                    return Some(files);
                }
                first.get_or_insert(files);
            }
            searched.push(packages);
        }
        first
    }

    /// Folders with Python packages, the likeliest first. They are looked for one after another, because mostly the first
    /// is the right one.
    fn package_folders(&self) -> impl Iterator<Item = PathBuf> {
        let environment = &self.environment;
        let on_path = environment.path.iter().flat_map(|folder| prefixes_on_path(folder));
        let local = environment.home.iter().map(|home| home.join(".local"));
        let prefixes = environment.virtual_env.iter().cloned().chain(on_path).chain(local);
        let pythons = prefixes
            .flat_map(|prefix| ["lib", "local/lib"].map(|lib| prefix.join(lib)))
            .flat_map(|lib| python_folders(&lib));
        let folders =
            pythons.flat_map(|python| ["site-packages", "dist-packages"].map(|name| python.join(name)));
        let mut seen = BTreeSet::new();
        folders.filter(move |folder| folder.is_dir() && seen.insert(folder.clone()))
    }

    /// Starts `python3`, for editable installs, pyenv and the like. Its answer counts only if the files are there.
    fn told_by_python(&self) -> Option<RunTaskFiles> {
        let timeout = self.ask_python?;
        let path = &self.environment.path;
        let python = path.iter().map(|folder| folder.join("python3")).find(|python| python.is_file())?;
        let answer = first_line(Command::new(python).arg("-c").arg(ASK), timeout)?;
        let package = Path::new(&answer);
        if !package.is_absolute() {
            return None;
        }
        RunTaskFiles::open(&package.join("run-task"), Origin::Installed).ok()
    }

    fn cached(&self, searched: &mut Vec<PathBuf>) -> Option<RunTaskFiles> {
        let cache = self.environment.run_task_cache()?;
        let mut versions: Vec<String> = names(&cache);
        versions.retain(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        // The newest first, the default release before all.
        versions
            .sort_by_cached_key(|version| (version != DEFAULT_RELEASE, std::cmp::Reverse(numbers(version))));
        let found = versions.iter().find_map(|version| RunTaskFiles::cached(&cache.join(version), version));
        searched.push(cache);
        found
    }
}

/// The installation prefixes of the interpreters that a folder of `PATH` has, or the reference in it.
fn prefixes_on_path(folder: &Path) -> Vec<PathBuf> {
    let mut prefixes = Vec::new();
    let script = folder.join("taskgraph");
    if let Some(interpreter) = interpreter(&script) {
        prefixes.extend(prefixes_of(&interpreter));
    }
    let python = folder.join("python3");
    if python.exists() || script.exists() {
        prefixes.extend(prefixes_of(&python));
    }
    prefixes
}

/// The interpreter in a script's `#!` line, or in the `exec` line below it that stands in for a path too long for
/// the kernel. None if the file is not such a script, as when it is this very program.
fn interpreter(script: &Path) -> Option<PathBuf> {
    if !script.is_file() {
        return None;
    }
    let mut start = Vec::new();
    File::open(script).ok()?.take(2048).read_to_end(&mut start).ok()?;
    let text = String::from_utf8_lossy(start.strip_prefix(b"#!")?).into_owned();
    let mut lines = text.lines();
    let first = lines.next()?.trim();
    let path = match lines.next().and_then(|second| second.strip_prefix("'''exec' ")) {
        Some(command) => match command.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => command.split(' ').next()?,
        },
        None if Path::new(first).exists() => first, // spaces may be part of the path
        None => first.split_whitespace().next()?,
    };
    let path = Path::new(path);
    path.is_absolute().then(|| path.to_owned())
}

/// The installation prefixes of a program `<prefix>/bin/python3`, also of what it links to, unless it belongs to a
/// virtual environment: the packages outside are not its own.
fn prefixes_of(python: &Path) -> Vec<PathBuf> {
    let prefix = |program: &Path| program.parent().and_then(Path::parent).map(Path::to_owned);
    let Some(own) = prefix(python) else { return Vec::new() };
    if own.join("pyvenv.cfg").is_file() {
        return vec![own];
    }
    let target = fs::canonicalize(python).ok().and_then(|program| prefix(&program));
    [Some(own), target].into_iter().flatten().collect()
}

/// `python3*` folders in `lib`, the newest first.
fn python_folders(lib: &Path) -> Vec<PathBuf> {
    let mut found = names(lib);
    found.retain(|name| name.starts_with("python3"));
    found.sort_by_cached_key(|name| std::cmp::Reverse(numbers(name)));
    found.into_iter().map(|name| lib.join(name)).collect()
}

/// Names in a folder, sorted; none if it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The numbers in a text, for comparing versions.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// The first line a program prints within `timeout`. The program is stopped after that.
fn first_line(command: &mut Command, timeout: Duration) -> Option<String> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // A thread of its own, because a read has no timeout and a grandchild may hold the pipe open.
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(output.take(64 * 1024)).read_line(&mut line);
        let _ = sender.send(read.ok().map(|_| line));
    });
    let line = receiver.recv_timeout(timeout).ok().flatten();
    let _ = child.kill();
    let _ = child.wait();
    Some(line?.trim_end_matches(['\r', '\n']).to_owned()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests;
