//! Getting the run-task files of a published release into the user cache.

use std::{
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use zip::ZipArchive;

use crate::{
    Error, KNOWN_RELEASES, Release, RunTaskFile, RunTaskFiles,
    digest::{sha256, sha256_of_file},
};

/// More than ten times the largest of the files.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Fetches the wheel of a release of taskcluster-taskgraph and unpacks its run-task files into
/// `<cache_dir>/<version>`, replacing what is there.
///
/// `cache_dir` is usually [`SearchEnvironment::run_task_cache`](crate::SearchEnvironment::run_task_cache).
/// `download` gets the version and an empty folder, and returns the wheel's path; [`pip_download`] is one. Nothing
/// is unpacked unless the wheel has the SHA-256 pinned in [`KNOWN_RELEASES`]. The folder appears when it is
/// complete. Modes are those an installation by pip has, because they are part of image digests.
///
/// # Errors
///
/// For a version not in [`KNOWN_RELEASES`], when the download fails or is not the published wheel, and when the
/// cache cannot be written.
pub fn install(
    version: &str,
    cache_dir: &Path,
    download: &dyn Fn(&str, &Path) -> Result<PathBuf, Error>,
) -> Result<RunTaskFiles, Error> {
    let Some(release) = KNOWN_RELEASES.iter().find(|release| release.version == version) else {
        let known = KNOWN_RELEASES.iter().map(|release| release.version).collect::<Vec<_>>().join(", ");
        return Err(Error::UnknownRelease { version: version.to_owned(), known });
    };
    install_release(release, cache_dir, download)
}

fn install_release(
    release: &Release,
    cache_dir: &Path,
    download: &dyn Fn(&str, &Path) -> Result<PathBuf, Error>,
) -> Result<RunTaskFiles, Error> {
    fs::create_dir_all(cache_dir).map_err(Error::write(cache_dir))?;
    // Beside the target, so that a rename moves the result into place.
    let work = tempfile::Builder::new().prefix(".install-").tempdir_in(cache_dir);
    let work = work.map_err(Error::write(cache_dir))?;
    let folder = |name: &str| -> Result<PathBuf, Error> {
        let path = work.path().join(name);
        fs::create_dir(&path).map_err(Error::write(&path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(Error::write(&path))?;
        Ok(path)
    };

    let wheel = download(release.version, &folder("download")?)?;
    let found = sha256_of_file(&wheel).map_err(Error::read(&wheel))?;
    if found != release.wheel_sha256 {
        let version = release.version.to_owned();
        let expected = release.wheel_sha256.to_owned();
        return Err(Error::WheelDigest { wheel, version, expected, found });
    }
    let unpacked = folder("unpacked")?;
    unpack(&wheel, release, &unpacked)?;

    let target = cache_dir.join(release.version);
    if target.symlink_metadata().is_ok() {
        fs::rename(&target, work.path().join("replaced")).map_err(Error::write(&target))?;
    }
    fs::rename(&unpacked, &target).map_err(Error::write(&target))?;
    RunTaskFiles::cached(&target, release.version).ok_or(Error::Wheel {
        wheel,
        entry: target.display().to_string(),
        reason: "it vanished".to_owned(),
    })
}

fn unpack(wheel: &Path, release: &Release, into: &Path) -> Result<(), Error> {
    let failed = |entry: &str, reason: String| Error::Wheel {
        wheel: wheel.to_owned(),
        entry: entry.to_owned(),
        reason,
    };
    let file = fs::File::open(wheel).map_err(Error::read(wheel))?;
    let mut archive =
        ZipArchive::new(file).map_err(|error| failed("taskgraph/run-task", error.to_string()))?;
    for file in RunTaskFile::ALL {
        let name = format!("taskgraph/run-task/{}", file.name());
        let member = archive.by_name(&name).map_err(|error| failed(&name, error.to_string()))?;
        // As pip has it: any execute bit becomes all of them, everything else is the usual umask's.
        let executable = member.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let mut content = Vec::new();
        member.take(LIMIT + 1).read_to_end(&mut content).map_err(|error| failed(&name, error.to_string()))?;
        if content.len() as u64 > LIMIT {
            return Err(failed(&name, format!("it is larger than {LIMIT} bytes")));
        }
        if file == RunTaskFile::RunTask && sha256(&content) != release.run_task_sha256 {
            return Err(failed(&name, "it is not the script of this release".to_owned()));
        }
        let path = into.join(file.name());
        fs::write(&path, content).map_err(Error::write(&path))?;
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(Error::write(&path))?;
    }
    Ok(())
}

/// Downloads the wheel of a release with `python3 -m pip download`, following pip's own configuration.
///
/// # Errors
///
/// When there is no `python3`, or pip fails; the message has the end of what it printed.
pub fn pip_download(version: &str, into: &Path) -> Result<PathBuf, Error> {
    let failed = |reason: String| Error::Download { version: version.to_owned(), reason };
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--no-deps", "--only-binary", ":all:", "-d"])
        .arg(into)
        .arg(format!("taskcluster-taskgraph=={version}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot start `python3`: {error}")))?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stderr);
        let mut lines: Vec<&str> =
            printed.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
        lines.reverse();
        return Err(failed(format!(
            "`python3 -m pip download` ended with {}: {}",
            output.status,
            lines.join("; ")
        )));
    }
    let entries = fs::read_dir(into).map_err(Error::read(into))?;
    let mut wheels: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    wheels.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheels.sort();
    wheels.pop().ok_or_else(|| failed("pip wrote no wheel".to_owned()))
}

#[cfg(test)]
mod tests;
