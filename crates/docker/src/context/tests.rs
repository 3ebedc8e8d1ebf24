//! Contexts against digests that the Python taskgraph printed for the same trees.

use std::{
    cell::Cell,
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use super::*;
use crate::{Origin, digest::sha256};

/// A folder `top`, the repository, with room beside it.
struct Tree(tempfile::TempDir);

const IMAGE: &str = "taskcluster/docker/img";

impl Tree {
    fn new(dockerfile: &str) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write(&format!("{IMAGE}/Dockerfile"), 0o600, dockerfile);
        tree
    }

    fn top(&self) -> PathBuf {
        self.0.path().join("top")
    }

    fn write(&self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.top().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.top().join(path)).unwrap();
    }

    /// Scripts that are as good as any for a digest.
    fn run_task(&self) -> Result<RunTaskFiles, Error> {
        for (name, mode) in
            [("run-task", 0o755), ("fetch-content", 0o755), ("hgrc", 0o755), ("robustcheckout.py", 0o644)]
        {
            self.write(&format!("../scripts/{name}"), mode, format!("fake {name}"));
        }
        RunTaskFiles::open(&self.0.path().join("scripts"), Origin::Explicit)
    }

    fn load(&self, args: &[(&str, &str)]) -> Result<Context, Error> {
        Context::load(&self.top(), IMAGE, args, &|| self.run_task())
    }

    #[track_caller]
    fn check_digest(&self, args: &[(&str, &str)], expected: &str) {
        assert_eq!(self.load(args).unwrap().digest().unwrap(), expected);
    }

    /// The message with the temporary folder as `$`.
    #[track_caller]
    fn check_error(&self, expected: &str) {
        let message = self.load(&[]).unwrap_err().to_string();
        let real = fs::canonicalize(self.0.path()).unwrap();
        let message = message.replace(&real.display().to_string(), "$");
        assert_eq!(message.replace(&self.0.path().display().to_string(), "$"), expected);
    }
}

fn names(context: &Context) -> Vec<String> {
    context.files().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect()
}

#[test]
fn a_lone_dockerfile() {
    Tree::new("FROM x\r\nRUN é\n")
        .check_digest(&[], "fbf898f99b6192cf37fd221750e29d0cd5aac513c1f4d81886814c93190c0b68");
}

/// The same tree in `a_rich_context` of the script that printed the digests.
fn rich() -> Tree {
    let tree = Tree::new(
        "# %ARG BASE\nFROM $BASE\n# %include scripts\n# %include ./one/../one/file\n# %include-run-task\nCOPY x /\n",
    );
    tree.write(&format!("{IMAGE}/x"), 0o755, "x".repeat(512));
    tree.write(&format!("{IMAGE}/empty"), 0o640, "");
    tree.write(&format!("{IMAGE}/sub/ü.txt"), 0o444, "y".repeat(513));
    tree.write(&format!("{IMAGE}/sub/{}", "n".repeat(120)), 0o604, vec![7; 70_000]);
    tree.write(&format!("{IMAGE}/sub.d"), 0o644, "sorts before `sub/`");
    tree.write(&format!("{IMAGE}/__pycache__/c.pyc"), 0o644, "not this");
    tree.write(&format!("{IMAGE}/sub/__pycache__"), 0o644, "a file of that name");
    tree.link("x", &format!("{IMAGE}/link"));
    tree.link("sub", &format!("{IMAGE}/folder-link"));
    tree.write("scripts/deep/run.sh", 0o700, "#!/bin/sh\n");
    tree.write("scripts/__pycache__/d.pyc", 0o644, "nor this");
    tree.link("deep/run.sh", "scripts/run");
    tree.write("one/file", 0o664, "1");
    tree
}

#[test]
fn a_rich_context() {
    let tree = rich();
    tree.check_digest(
        &[("BASE", "debian:12"), ("UNUSED", "")],
        "657ca4ad6a48259c58df53a0d921000a637e7b5fbe26eed362602f4d62869614",
    );
    let context = tree.load(&[("BASE", "debian:12")]).unwrap();
    let expected = [
        "Dockerfile",
        "empty",
        "link",
        "run-task/fetch-content",
        "run-task/hgrc",
        "run-task/robustcheckout.py",
        "run-task/run-task",
        "sub.d",
        "sub/__pycache__",
        &format!("sub/{}", "n".repeat(120)),
        "sub/ü.txt",
        "topsrcdir/./one/../one/file",
        "topsrcdir/scripts/deep/run.sh",
        "topsrcdir/scripts/run",
        "x",
    ];
    assert_eq!(names(&context), expected);
}

#[test]
fn relative_and_absolute_folders_are_alike() {
    let tree = rich();
    let args = [("BASE", "debian:12")];
    let digest = |top: PathBuf, image: &str| {
        Context::load(&top, image, &args, &|| tree.run_task()).unwrap().digest().unwrap()
    };
    let expected = digest(tree.top(), IMAGE);
    assert_eq!(digest(tree.top().join("one/.."), "./taskcluster/docker//img/"), expected);
    assert_eq!(digest(tree.top(), &tree.top().join(IMAGE).display().to_string()), expected);
    tree.link("top", "../alias");
    assert_eq!(digest(tree.0.path().join("alias"), IMAGE), expected);
}

#[test]
fn compressed_files_hold_the_stream() {
    let tree = rich();
    let context = tree.load(&[("BASE", "debian:12")]).unwrap();
    let path = tree.0.path().join("img.tar.gz");
    let digest = context.write_tar_gz(&path).unwrap();
    assert_eq!(digest, context.digest().unwrap());

    let bytes = fs::read(&path).unwrap();
    // Magic, deflate, a name follows; the time; best compression, unknown system; the name.
    assert_eq!(bytes[..18], *b"\x1f\x8b\x08\x08\x80\xc1\x85\x56\x02\xffimg.tar\0");
    let mut stream = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut stream).unwrap();
    assert_eq!(sha256(&stream), digest);

    context.write_tar_gz(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    context.write_tar_gz(&tree.0.path().join("new/folder/img.tar.gz")).unwrap();
    let error = context.write_tar_gz(&path.join("img.tar.gz")).unwrap_err().to_string();
    assert!(error.starts_with("cannot write `") && error.contains("img.tar.gz/img.tar.gz`: "), "{error}");
}

#[test]
fn gzip_names_are_latin_1() {
    assert_eq!(gzip_name("a.tar.gz").unwrap(), b"a.tar");
    assert_eq!(gzip_name("ü").unwrap(), b"\xfc");
    assert_eq!(gzip_name("€.gz"), None);
    assert_eq!(gzip_name(".gz"), None);
}

#[test]
fn failing_files_leave_nothing_behind() {
    let tree = Tree::new("FROM x\n");
    let gone = tree.write(&format!("{IMAGE}/gone"), 0o644, "");
    let context = tree.load(&[]).unwrap();
    fs::remove_file(gone).unwrap();
    let error = context.write_tar_gz(&tree.0.path().join("out.gz")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read `") && error.contains("img/gone`: "), "{error}");
    assert_eq!(fs::read_dir(tree.0.path()).unwrap().count(), 1);
}

#[test]
fn names_sort_as_python_text() {
    let mut names: Vec<&[u8]> = vec![
        b"b",
        "\u{e000}".as_bytes(),
        b"\xff",
        "\u{d7ff}".as_bytes(),
        b"a\x80",
        b"a\xc3\xa9",
        "😀".as_bytes(),
    ];
    names.sort_by_cached_key(|name| code_points(name));
    let expected: [&[u8]; 7] = [
        b"a\xc3\xa9",
        b"a\x80",
        b"b",
        "\u{d7ff}".as_bytes(),
        b"\xff",
        "\u{e000}".as_bytes(),
        "😀".as_bytes(),
    ];
    assert_eq!(names, expected);
}

#[test]
fn run_task_files_are_asked_for_once_and_only_when_needed() {
    for (dockerfile, expected) in [("FROM x\n", 0), ("# %include-run-task\n# %include-run-task\n", 1)] {
        let tree = Tree::new(dockerfile);
        let asked = Cell::new(0);
        let run_task = || {
            asked.set(asked.get() + 1);
            tree.run_task()
        };
        Context::load(&tree.top(), IMAGE, &[], &run_task).unwrap();
        assert_eq!(asked.get(), expected);
    }
}

#[test]
fn missing_run_task_files_are_an_error_at_the_line() {
    let tree = Tree::new("FROM x\n# %include-run-task\n");
    let search = crate::RunTaskSearch::default();
    let error = Context::load(&tree.top(), IMAGE, &[], &|| search.locate()).unwrap_err().to_string();
    assert!(error.contains("/img/Dockerfile:2: the files run-task, fetch-content, hgrc"), "{error}");
    for way in ["run-task install", "--run-task-dir", "TASKGRAPH_RUN_TASK_DIR", "config.yml", "pip install"] {
        assert!(error.contains(way), "{error}");
    }
}

#[test]
fn includes_stay_inside() {
    let at = "$/top/taskcluster/docker/img/Dockerfile:1";
    for (include, expected) in [
        ("../secret", "path `../secret` leaves the repository"),
        ("a/../../top-sibling/file", "path `a/../../top-sibling/file` leaves the repository"),
        ("..", "path `..` leaves the repository"),
        ("/etc/passwd", "include path `/etc/passwd` is absolute, expected one relative to the repository"),
        ("nothing", "include path `nothing` does not exist"),
        ("nothing/..//x", "include path `nothing/..//x` does not exist"),
        ("file/below", "include path `file/below` does not exist"),
        ("link", "path `$/top/link` leaves the repository through a link, to `$/secret`"),
        ("out/secret", "path `$/top/out/secret` leaves the repository through a link, to `$/secret`"),
        ("out", "path `$/top/out` leaves the repository through a link, to `$`"),
        ("folder", "path `$/top/folder/link` leaves the repository through a link, to `$/top-sibling/file`"),
    ] {
        let tree = Tree::new(&format!("# %include {include}\n"));
        tree.write("../secret", 0o644, "");
        tree.write("../top-sibling/file", 0o644, "");
        tree.write("file", 0o644, "");
        tree.write("folder/file", 0o644, "");
        tree.link("../secret", "link");
        tree.link("../../top-sibling/file", "folder/link");
        tree.link("..", "out");
        tree.check_error(&format!("{at}: {expected}"));
    }
}

#[test]
fn the_context_stays_inside() {
    let tree = Tree::new("FROM x\n");
    tree.write("../secret", 0o644, "");
    tree.link("../../../../secret", &format!("{IMAGE}/link"));
    tree.check_error(
        "docker context `$/top/taskcluster/docker/img`: path `$/top/taskcluster/docker/img/link` leaves the \
         repository through a link, to `$/secret`",
    );

    let tree = Tree::new("");
    tree.write("../secret", 0o644, "FROM x");
    fs::remove_file(tree.top().join(IMAGE).join("Dockerfile")).unwrap();
    tree.link("../../../../secret", &format!("{IMAGE}/Dockerfile"));
    tree.check_error(
        "docker context `$/top/taskcluster/docker/img`: path `$/top/taskcluster/docker/img/Dockerfile` leaves the \
         repository through a link, to `$/secret`",
    );

    let tree = Tree::new("");
    tree.write("../top-sibling/Dockerfile", 0o644, "FROM x");
    let error =
        Context::load(&tree.top(), "../top-sibling", &[], &|| tree.run_task()).unwrap_err().to_string();
    assert!(error.ends_with("path `../top-sibling` leaves the repository"), "{error}");
}

#[test]
fn links_to_folders_are_left_out_wherever_they_lead() {
    let tree = Tree::new("FROM x\n");
    tree.link("/", &format!("{IMAGE}/root"));
    assert_eq!(names(&tree.load(&[]).unwrap()), ["Dockerfile"]);
}

#[test]
fn files_that_cannot_be_archived_are_named() {
    let tree = Tree::new("# %include tool\n");
    tree.write("tool", 0o4755, "");
    tree.check_error(
        "$/top/taskcluster/docker/img/Dockerfile:1: `$/top/tool` has the setuid or setgid bit (mode 4755), which no \
         context may have",
    );

    let tree = Tree::new("FROM x\n");
    tree.write(&format!("{IMAGE}/tool"), 0o2755, "");
    tree.check_error(
        "docker context `$/top/taskcluster/docker/img`: `$/top/taskcluster/docker/img/tool` has the setuid or setgid \
         bit (mode 2755), which no context may have",
    );

    let tree = Tree::new("FROM x\n");
    tree.link("nowhere", &format!("{IMAGE}/link"));
    tree.check_error(
        "docker context `$/top/taskcluster/docker/img`: cannot read `$/top/taskcluster/docker/img/link`: No such file \
         or directory (os error 2)",
    );

    let tree = Tree::new("FROM x\n");
    let socket = tree.top().join(IMAGE).join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    tree.check_error(
        "docker context `$/top/taskcluster/docker/img`: `$/top/taskcluster/docker/img/socket` is not a regular file",
    );
}

#[test]
fn a_dockerfile_is_needed() {
    let tree = Tree::new("");
    fs::remove_file(tree.top().join(IMAGE).join("Dockerfile")).unwrap();
    tree.check_error("there is no Dockerfile at `$/top/taskcluster/docker/img/Dockerfile`");
    let error = Context::load(&tree.top(), "no", &[], &|| tree.run_task()).unwrap_err().to_string();
    assert!(error.ends_with("/top/no/Dockerfile`"), "{error}");
    assert!(Context::load(Path::new("/nonexistent"), IMAGE, &[], &|| tree.run_task()).is_err());
}
