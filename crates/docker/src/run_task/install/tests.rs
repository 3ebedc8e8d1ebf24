//! Installing wheels made on the spot.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{DEFAULT_RELEASE, Origin};

const SCRIPTS: [(&str, u32); 4] =
    [("run-task", 0o755), ("fetch-content", 0o744), ("hgrc", 0o664), ("robustcheckout.py", 0o600)];

/// A wheel with members of these names and modes; each holds its name.
fn wheel(members: &[(&str, u32)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode) in members {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(*mode);
        zip.start_file(format!("taskgraph/run-task/{name}"), options).unwrap();
        zip.write_all(name.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn release(wheel: &[u8]) -> Release {
    // A test's digests live as long as the test run.
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    Release {
        version: "1.2.3",
        wheel_sha256: leak(sha256(wheel)),
        run_task_sha256: leak(sha256(b"run-task")),
    }
}

fn serve(wheel: Vec<u8>) -> impl Fn(&str, &Path) -> Result<PathBuf, Error> {
    move |version, into| {
        let path = into.join(format!("{version}.whl"));
        fs::write(&path, &wheel).unwrap();
        Ok(path)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn unpacks_the_four_files_with_the_modes_of_pip() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache/run-task");
    let mut members = SCRIPTS.to_vec();
    members.push(("other", 0o644));
    let wheel = wheel(&members);
    // Twice: the second replaces the first.
    for _ in 0..2 {
        let files = install_release(&release(&wheel), &cache, &serve(wheel.clone())).unwrap();
        assert_eq!((files.version(), files.origin()), (Some("1.2.3"), Origin::Cache));
        assert_eq!(files.dir(), cache.join("1.2.3"));
        for (file, expected) in RunTaskFile::ALL.into_iter().zip([0o755, 0o755, 0o644, 0o644]) {
            assert_eq!(files.read(file).unwrap(), file.name().as_bytes());
            let mode = fs::metadata(files.path(file)).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, expected, "mode of {}", file.name());
        }
        assert_eq!(names(&cache), ["1.2.3"]);
        assert_eq!(names(files.dir()).len(), 4);
    }
}

#[track_caller]
fn check_failure(served: Vec<u8>, pinned: Release, expected: &str) {
    let cache = tempfile::tempdir().unwrap();
    let error = install_release(&pinned, cache.path(), &serve(served)).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert_eq!(names(cache.path()), Vec::<String>::new());
}

#[test]
fn nothing_but_the_pinned_wheel_is_unpacked() {
    let good = wheel(&SCRIPTS);
    check_failure(
        wheel(&SCRIPTS[..3]),
        release(&good),
        "is not the published wheel of 1.2.3: its SHA-256 is ",
    );
    check_failure(b"no zip".to_vec(), release(b"no zip"), "cannot unpack `taskgraph/run-task` from ");
    let short = wheel(&SCRIPTS[..3]);
    check_failure(
        short.clone(),
        release(&short),
        "cannot unpack `taskgraph/run-task/robustcheckout.py` from ",
    );
    let other = Release { run_task_sha256: "", ..release(&good) };
    check_failure(good, other, "it is not the script of this release");
}

#[test]
fn failed_downloads_leave_nothing_behind() {
    let cache = tempfile::tempdir().unwrap();
    let download = |version: &str, _: &Path| {
        Err(Error::Download { version: version.to_owned(), reason: "no network".to_owned() })
    };
    let error = install(DEFAULT_RELEASE, cache.path(), &download).unwrap_err().to_string();
    assert_eq!(error, "cannot download taskcluster-taskgraph 24.5.1: no network");
    assert_eq!(names(cache.path()), Vec::<String>::new());
}

#[test]
fn unknown_versions_list_the_known() {
    let error = install("0.1/..", Path::new("/nonexistent"), &pip_download).unwrap_err().to_string();
    let expected = "unknown taskcluster-taskgraph version `0.1/..`, known are 24.5.1, 24.5.0, ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn the_table_of_releases_is_sound() {
    assert_eq!(KNOWN_RELEASES[0].version, DEFAULT_RELEASE);
    for release in KNOWN_RELEASES {
        for digest in [release.wheel_sha256, release.run_task_sha256] {
            assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{release:?}");
        }
        assert!(release.version.split('.').all(|number| number.parse::<u32>().is_ok()), "{release:?}");
    }
}
