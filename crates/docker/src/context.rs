//! Which files a context has, and writing them.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, BufWriter, Read, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Component, Path, PathBuf},
};

use crate::{
    Error, Problem, RunTaskFile, RunTaskFiles,
    digest::HashingWriter,
    dockerfile::{self, Include},
    path::join,
    tar::{self, Archive},
};

const SET_ID: u32 = 0o6000;

/// The files from which an image is built, in archive order.
///
/// Only the Dockerfile's text is held; other files are read whenever the context is written or hashed.
#[derive(Debug)]
pub struct Context {
    dockerfile: String,
    entries: Vec<(Vec<u8>, Entry)>,
}

#[derive(Clone, Debug)]
enum Entry {
    Dockerfile,
    File { path: PathBuf, mode: u32 },
}

impl Context {
    /// Lists the context of the image in `context_dir`, a folder inside the repository `topsrcdir` and relative to it.
    ///
    /// - Every file below the folder counts, tracked or not, except in folders named `__pycache__`. Links to files
    ///   are followed, links to folders are left out.
    /// - `# %include PATH` adds a file or folder of the repository as `topsrcdir/PATH`.
    /// - `# %include-run-task` adds what `run_task` returns; it is called for the first such line only.
    /// - `# %ARG NAME` replaces `$NAME` in the lines below by its value in `args`.
    ///
    /// # Errors
    ///
    /// When there is no readable UTF-8 Dockerfile, an argument is missing, or a file is missing, unreadable, not
    /// regular, setuid, setgid, or outside of the repository, be it by its path or through a link. Where a line of
    /// the Dockerfile is to blame the error names it.
    pub fn load(
        topsrcdir: &Path,
        context_dir: &str,
        args: &[(&str, &str)],
        run_task: &dyn Fn() -> Result<RunTaskFiles, Error>,
    ) -> Result<Self, Error> {
        let shown = topsrcdir.join(context_dir);
        let in_context = |problem| Error::in_context(&shown, problem);
        let dockerfile = shown.join("Dockerfile");

        let repository = Repository::open(topsrcdir)?;
        let folder = repository.resolve(context_dir).map_err(in_context)?;
        let source = folder.join("Dockerfile");
        if !source.exists() {
            return Err(Error::MissingDockerfile { path: dockerfile });
        }
        repository.check_target(&folder).map_err(in_context)?;
        repository.check_target(&source).map_err(in_context)?;
        if !source.is_file() {
            return Err(in_context(Problem::NotRegular { path: source }));
        }

        let mut found = BTreeMap::new();
        repository.add_folder(&folder, b"", &mut found).map_err(in_context)?;

        let bytes = fs::read(&source).map_err(Error::read(&dockerfile))?;
        let expanded = dockerfile::expand(&dockerfile, &bytes, args)?;
        let mut scripts = None;
        for (line, include) in expanded.includes {
            let added = match include {
                Include::Path(path) => repository.add_include(&path, &mut found),
                Include::RunTask => add_run_task(run_task, &mut scripts, &mut found),
            };
            added.map_err(|problem| Error::at_line(&dockerfile, line, problem))?;
        }
        found.insert(b"Dockerfile".to_vec(), Entry::Dockerfile);

        let mut entries = Vec::from_iter(found);
        entries.sort_by_cached_key(|(name, _)| code_points(name));
        Ok(Self { dockerfile: expanded.text, entries })
    }

    /// The Dockerfile as it goes into the context: arguments replaced, directives expanded.
    pub fn dockerfile(&self) -> &str {
        &self.dockerfile
    }

    /// The files in archive order: name in the archive, and where the content is; `None` for the Dockerfile.
    pub fn files(&self) -> impl Iterator<Item = (&[u8], Option<&Path>)> {
        self.entries.iter().map(|(name, entry)| match entry {
            Entry::Dockerfile => (name.as_slice(), None),
            Entry::File { path, .. } => (name.as_slice(), Some(path.as_path())),
        })
    }

    /// The SHA-256 of the tar stream, as 64 hex digits.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn digest(&self) -> Result<String, Error> {
        let mut hash = HashingWriter::new(io::sink());
        self.write_tar(&mut hash)?;
        Ok(hash.finish().1)
    }

    /// Writes the context as an uncompressed tar stream, a multiple of 10,240 bytes.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or `out` fails.
    pub fn write_tar(&self, out: &mut impl Write) -> Result<(), Error> {
        let stream = |source| Error::Stream { source };
        let mut archive = Archive::new(BufWriter::with_capacity(64 * 1024, out));
        let mut buffer = vec![0; 64 * 1024];
        for (name, entry) in &self.entries {
            match entry {
                Entry::Dockerfile => {
                    archive.start_file(name, 0o644, self.dockerfile.len() as u64).map_err(stream)?;
                    archive.write_all(self.dockerfile.as_bytes()).map_err(stream)?;
                }
                Entry::File { path, mode } => {
                    let mut file = File::open(path).map_err(Error::read(path))?;
                    let size = file.metadata().map_err(Error::read(path))?.len();
                    archive.start_file(name, *mode, size).map_err(stream)?;
                    copy(&mut file, path, size, &mut archive, &mut buffer)?;
                }
            }
            archive.end_file().map_err(stream)?;
        }
        archive.finish().and_then(|mut out| out.flush()).map_err(stream)
    }

    /// Writes the context as a gzip-compressed tar file and returns [`Context::digest`], that of the tar inside.
    ///
    /// The folder is made if it is not there. The file appears when it is complete and replaces what was there. Its
    /// gzip header has a fixed time and the file's name without `.gz`, so equal contexts give equal files.
    ///
    /// # Errors
    ///
    /// When a file of the context cannot be read or `path` cannot be written.
    pub fn write_tar_gz(&self, path: &Path) -> Result<String, Error> {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(Error::write(path))?;
        let mut temporary = tempfile::Builder::new();
        let temporary = temporary.permissions(fs::Permissions::from_mode(0o666));
        let mut file = temporary.tempfile_in(folder).map_err(Error::write(path))?;

        let mut header = flate2::GzBuilder::new().mtime(tar::MTIME).operating_system(255);
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(gzip_name) {
            header = header.filename(name);
        }
        let encoder = header.write(BufWriter::new(file.as_file_mut()), flate2::Compression::best());
        let mut hash = HashingWriter::new(encoder);
        self.write_tar(&mut hash).map_err(|error| match error {
            Error::Stream { source } => Error::Write { path: path.to_owned(), source },
            other => other,
        })?;
        let (encoder, digest) = hash.finish();
        encoder.finish().and_then(|mut out| out.flush()).map_err(Error::write(path))?;
        file.persist(path).map_err(|error| Error::Write { path: path.to_owned(), source: error.error })?;
        Ok(digest)
    }
}

/// Gzip headers hold Latin-1. A name that is none, or empty, is left out.
fn gzip_name(name: &str) -> Option<Vec<u8>> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let latin: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    latin.filter(|name| !name.is_empty())
}

fn copy(
    file: &mut File,
    path: &Path,
    size: u64,
    out: &mut impl Write,
    buffer: &mut [u8],
) -> Result<(), Error> {
    let mut missing = size;
    while missing > 0 {
        let want = buffer.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
        match file.read(&mut buffer[..want]) {
            Ok(0) => return Err(Error::Shrunk { path: path.to_owned() }),
            Ok(count) => {
                out.write_all(&buffer[..count]).map_err(|source| Error::Stream { source })?;
                missing -= count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
        }
    }
    Ok(())
}

/// Names are sorted as Python sorts text, where a byte that is not UTF-8 is the code point 0xDC00 + byte.
fn code_points(name: &[u8]) -> Vec<u32> {
    name.utf8_chunks()
        .flat_map(|chunk| {
            let valid = chunk.valid().chars().map(u32::from);
            valid.chain(chunk.invalid().iter().map(|&byte| 0xdc00 + u32::from(byte)))
        })
        .collect()
}

fn add_run_task(
    run_task: &dyn Fn() -> Result<RunTaskFiles, Error>,
    known: &mut Option<RunTaskFiles>,
    found: &mut BTreeMap<Vec<u8>, Entry>,
) -> Result<(), Problem> {
    let files = match known {
        Some(files) => files,
        None => known.insert(run_task().map_err(|error| Problem::RunTask(Box::new(error)))?),
    };
    for file in RunTaskFile::ALL {
        let path = files.path(file);
        let metadata = fs::metadata(&path).map_err(Problem::read(&path))?;
        found.insert(format!("run-task/{}", file.name()).into_bytes(), Entry::file(path, &metadata)?);
    }
    Ok(())
}

impl Entry {
    fn file(path: PathBuf, metadata: &Metadata) -> Result<Self, Problem> {
        if !metadata.is_file() {
            return Err(Problem::NotRegular { path });
        }
        let mode = metadata.mode() & 0o7777;
        if mode & SET_ID != 0 {
            return Err(Problem::SetId { path, mode });
        }
        Ok(Self::File { path, mode })
    }
}

/// The fence around everything that is read.
struct Repository {
    /// Absolute, without `.` and `..`, links not followed.
    root: PathBuf,
    /// The same with links followed.
    real: PathBuf,
}

impl Repository {
    fn open(topsrcdir: &Path) -> Result<Self, Error> {
        let root = std::path::absolute(topsrcdir).map_err(Error::read(topsrcdir))?;
        let real = fs::canonicalize(topsrcdir).map_err(Error::read(topsrcdir))?;
        Ok(Self { root: normalize(&root), real })
    }

    /// The place a relative path names, by its text.
    fn resolve(&self, path: &str) -> Result<PathBuf, Problem> {
        let resolved = normalize(&self.root.join(path));
        if resolved.starts_with(&self.root) {
            Ok(resolved)
        } else {
            Err(Problem::OutsideRepository { path: path.to_owned() })
        }
    }

    /// Follows all links in `path`.
    fn check_target(&self, path: &Path) -> Result<(), Problem> {
        let target = fs::canonicalize(path).map_err(Problem::read(path))?;
        if target.starts_with(&self.real) {
            Ok(())
        } else {
            Err(Problem::LinkOutsideRepository { path: path.to_owned(), target })
        }
    }

    fn add_include(&self, path: &str, found: &mut BTreeMap<Vec<u8>, Entry>) -> Result<(), Problem> {
        if path.starts_with('/') {
            return Err(Problem::AbsoluteInclude { path: path.to_owned() });
        }
        let resolved = self.resolve(path)?;
        let metadata = match fs::metadata(&resolved) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Problem::Read { path: resolved, source: error });
            }
            Err(_) => return Err(Problem::MissingInclude { path: path.to_owned() }),
        };
        self.check_target(&resolved)?;
        // The path stays as written in the archive, `./` and `..` included.
        let mut name = join("topsrcdir", path).into_bytes();
        if !metadata.is_dir() {
            found.insert(name, Entry::file(resolved, &metadata)?);
            return Ok(());
        }
        if !name.ends_with(b"/") {
            name.push(b'/');
        }
        self.add_folder(&resolved, &name, found)
    }

    /// Adds every file below `folder`, which is known to be inside, as `prefix` and its path in there.
    fn add_folder(
        &self,
        folder: &Path,
        prefix: &[u8],
        found: &mut BTreeMap<Vec<u8>, Entry>,
    ) -> Result<(), Problem> {
        let mut pending = vec![(folder.to_owned(), prefix.to_vec())];
        while let Some((folder, prefix)) = pending.pop() {
            for entry in fs::read_dir(&folder).map_err(Problem::read(&folder))? {
                let entry = entry.map_err(Problem::read(&folder))?;
                let path = entry.path();
                let mut name = prefix.clone();
                name.extend_from_slice(entry.file_name().as_bytes());

                let mut metadata = entry.metadata().map_err(Problem::read(&path))?;
                if metadata.is_dir() {
                    if entry.file_name() != "__pycache__" {
                        name.push(b'/');
                        pending.push((path, name));
                    }
                    continue;
                }
                if metadata.is_symlink() {
                    metadata = fs::metadata(&path).map_err(Problem::read(&path))?;
                    if metadata.is_dir() {
                        continue;
                    }
                    self.check_target(&path)?;
                }
                if name == b"Dockerfile" {
                    continue; // replaced by the expanded one in any case
                }
                found.insert(name, Entry::file(path, &metadata)?);
            }
        }
        Ok(())
    }
}

/// Removes `.` and resolves `..` by text alone.
fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            _ => normal.push(component),
        }
    }
    normal
}

#[cfg(test)]
mod tests;
