//! The files that a decision task leaves.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use taskgraph_config::{Parameters, yaml};
use taskgraph_docker::{RunTaskFile, RunTaskFiles};
use taskgraph_graph::{TaskGraph, write_json};
use taskgraph_value::{Value, json};
use tempfile::{Builder, NamedTempFile};

use crate::error::{AnyError, Error};

/// The folder of the contexts of images, as tasks know it: they load `public/docker-contexts/<image>.tar.gz` of the decision
/// task. The reference makes it in the current folder.
pub const CONTEXTS: &str = "docker-contexts";

/// A folder of artifacts.
///
/// Every file is written under another name first and then renamed, so whoever looks sees a whole file or none, and
/// one of an earlier decision stays until the new one is complete. Each method fails with [`Error::Artifact`].
///
/// ```
/// use taskgraph_decision::Artifacts;
/// use taskgraph_value::map;
///
/// let folder = tempfile::tempdir()?;
/// let artifacts = Artifacts::open(&folder.path().join("artifacts"))?;
/// artifacts.write_json("label-to-taskid.json", &map! { "build" => "fdtgsD5DQUmAQZEaGMvQ4Q" }.into())?;
/// let text = std::fs::read_to_string(folder.path().join("artifacts/label-to-taskid.json"))?;
/// assert_eq!(text, "{\n  \"build\": \"fdtgsD5DQUmAQZEaGMvQ4Q\"\n}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// Makes the folder if it is not there, and sees whether files can be written to it, so that this is known before
    /// any work is done.
    ///
    /// Fails with [`Error::Folder`].
    pub fn open(folder: &Path) -> Result<Artifacts, Error> {
        let artifacts = Artifacts { folder: folder.to_owned() };
        fs::create_dir_all(folder)
            .and_then(|()| artifacts.temporary(Path::new("artifacts")))
            .map_err(|source| Error::Folder { folder: folder.to_owned(), source })?;
        Ok(artifacts)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file of any kind, by way of a buffer.
    pub fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> Result<(), AnyError>,
    ) -> Result<(), Error> {
        let path = self.folder.join(name);
        self.replace(&path, |file| {
            let mut out = BufWriter::new(file);
            content(&mut out)?;
            out.flush()?;
            Ok(())
        })
        .map_err(|source| Error::Artifact { path, source })
    }

    /// Writes parameters as YAML, as the reference does: sorted keys, characters that are not ASCII as they are.
    pub fn write_parameters(&self, name: &str, parameters: &Parameters) -> Result<(), Error> {
        let text = yaml::write_unicode(&parameters.values().clone().into());
        self.write(name, |out| Ok(out.write_all(text.as_bytes())?))
    }

    /// Writes a value as JSON with two spaces a level, sorted keys, ASCII only, and no newline at the end.
    pub fn write_json(&self, name: &str, value: &Value) -> Result<(), Error> {
        self.write(name, |out| Ok(out.write_all(json::pretty(value)?.as_bytes())?))
    }

    /// Writes a value as JSON without spaces, compressed. The same value gives the same bytes.
    pub fn write_json_gz(&self, name: &str, value: &Value) -> Result<(), Error> {
        self.write(name, |out| {
            // Neither a time nor a name, and no system: all that would differ from run to run.
            let mut out = GzBuilder::new().operating_system(255).write(out, Compression::best());
            out.write_all(json::compact_sorted(value)?.as_bytes())?;
            out.finish()?.flush()?;
            Ok(())
        })
    }

    /// Writes a graph as JSON, by label.
    pub fn write_graph(&self, name: &str, graph: &TaskGraph) -> Result<(), Error> {
        self.write(name, |out| Ok(write_json(graph, out)?))
    }

    /// Copies the scripts `run-task` and `fetch-content`, so that tasks can load them from here. They keep their
    /// modes and times.
    pub fn write_run_task(&self, files: &RunTaskFiles) -> Result<(), Error> {
        for file in [RunTaskFile::RunTask, RunTaskFile::FetchContent] {
            let path = self.folder.join(file.name());
            let copied = self.replace(&path, |target| {
                let mut source = fs::File::open(files.path(file))?;
                let metadata = source.metadata()?;
                io::copy(&mut source, target)?;
                target.set_permissions(metadata.permissions())?;
                target.set_modified(metadata.modified()?)?;
                Ok(())
            });
            copied.map_err(|source| Error::Artifact { path, source })?;
        }
        Ok(())
    }

    fn replace(
        &self,
        path: &Path,
        write: impl FnOnce(&mut fs::File) -> Result<(), AnyError>,
    ) -> Result<(), AnyError> {
        let mut file = self.temporary(path)?;
        write(file.as_file_mut())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// A file beside `path` that is removed unless it is renamed.
    fn temporary(&self, path: &Path) -> io::Result<NamedTempFile> {
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(path.file_name().unwrap_or_default());
        let mut builder = Builder::new();
        builder.prefix(&prefix);
        // Those who collect artifacts may be somebody else; the mask of the process has its say as with any file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use taskgraph_value::map;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_as_the_reference_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(&folder.path().join("a/b")).unwrap();
        let values = map! { "owner" => "Zoë@example.com", "level" => "3", "files_changed" => vec![] };
        artifacts.write_parameters("parameters.yml", &Parameters::from_values(values.clone(), true)).unwrap();
        artifacts.write_json("parameters.json", &values.clone().into()).unwrap();
        artifacts.write_json_gz("parameters.json.gz", &values.clone().into()).unwrap();
        artifacts.write_graph("graph.json", &TaskGraph::default()).unwrap();

        let read = |name: &str| fs::read_to_string(artifacts.folder().join(name)).unwrap();
        assert_eq!(read("parameters.yml"), "files_changed: []\nlevel: '3'\nowner: Zoë@example.com\n");
        let json =
            "{\n  \"files_changed\": [],\n  \"level\": \"3\",\n  \"owner\": \"Zo\\u00eb@example.com\"\n}";
        assert_eq!(read("parameters.json"), json);
        assert_eq!(read("graph.json"), "{}");

        let bytes = fs::read(artifacts.folder().join("parameters.json.gz")).unwrap();
        artifacts.write_json_gz("parameters.json.gz", &values.into()).unwrap();
        assert_eq!(fs::read(artifacts.folder().join("parameters.json.gz")).unwrap(), bytes);
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, r#"{"files_changed":[],"level":"3","owner":"Zo\u00eb@example.com"}"#);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(folder.path()).unwrap();
        artifacts.write_json("a.json", &1.into()).unwrap();
        let date = Value::Date("2024-01-01".into());
        let error = artifacts.write_json("a.json", &date).unwrap_err().to_string();
        let expected = format!(
            "cannot write the artifact `{}`: the date 2024-01-01 cannot be written as JSON; quote it to make it a string",
            folder.path().join("a.json").display()
        );
        assert_eq!(error, expected);
        assert_eq!(names(folder.path()), ["a.json"]);
        assert_eq!(fs::read_to_string(folder.path().join("a.json")).unwrap(), "1");
    }

    #[test]
    fn a_folder_that_is_a_file_is_one_clear_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("artifacts");
        fs::write(&path, "").unwrap();
        let error = Artifacts::open(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write artifacts to `{}`: ", path.display())), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn scripts_keep_their_modes() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let scripts = folder.path().join("scripts");
        fs::create_dir(&scripts).unwrap();
        for file in RunTaskFile::ALL {
            fs::write(scripts.join(file.name()), file.name()).unwrap();
        }
        let run_task = scripts.join("run-task");
        fs::set_permissions(&run_task, fs::Permissions::from_mode(0o755)).unwrap();
        let artifacts = Artifacts::open(&folder.path().join("artifacts")).unwrap();
        let files = RunTaskFiles::open(&scripts, taskgraph_docker::Origin::Explicit).unwrap();
        artifacts.write_run_task(&files).unwrap();
        assert_eq!(names(artifacts.folder()), ["fetch-content", "run-task"]);
        let copied = fs::metadata(artifacts.folder().join("run-task")).unwrap();
        assert_eq!(copied.permissions().mode() & 0o777, 0o755);
        assert_eq!(copied.modified().unwrap(), fs::metadata(run_task).unwrap().modified().unwrap());
    }
}
