//! Contents of artifacts.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use taskcluster_queue_client::{Error, TaskId, Upload};

use crate::server::{Server, answer};

const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";

fn id() -> TaskId {
    ID.parse().unwrap()
}

fn redirect() -> String {
    answer("303 See Other", "Location: {url}/storage?signature=secret\r\n", r#"{"url": "..."}"#)
}

#[tokio::test]
async fn artifacts_are_where_the_queue_points_to() {
    let server = Server::new([redirect(), answer("200 OK", "", "level: '3'\n")]);
    let content = server.signing().queue().artifact(&id(), None, "public/parameters.yml").await.unwrap();
    assert_eq!(content, b"level: '3'\n");
    let queue = format!("GET /api/queue/v1/task/{ID}/artifacts/public%2Fparameters.yml");
    assert_eq!(server.asked(), [&queue, "GET /storage?signature=secret"]);
    // Credentials are for the services only.
    let signed: Vec<_> = server.requests().iter().map(|asked| asked.authorization.is_some()).collect();
    assert_eq!(signed, [true, false]);
}

#[tokio::test]
async fn an_artifact_of_a_run() {
    let server = Server::new([answer("200 OK", "", "x")]);
    assert_eq!(server.cluster().queue().artifact(&id(), Some(2), "public/x").await.unwrap(), b"x");
    assert_eq!(server.asked(), [format!("GET /api/queue/v1/task/{ID}/runs/2/artifacts/public%2Fx")]);
}

#[tokio::test]
async fn an_artifact_that_the_task_could_not_make() {
    let body = r#"{"reason": "file-missing-on-worker", "message": "no such file"}"#;
    let server = Server::new([answer("424 Failed Dependency", "", body)]);
    let error = server.cluster().queue().artifact(&id(), None, "public/x").await.unwrap_err();
    assert!(matches!(error, Error::ArtifactFailed(_)));
    let expected = format!(
        "`queue.getLatestArtifact({ID}, public/x)` answered 424 file-missing-on-worker: no such file"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn downloads_are_decompressed_and_whole() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let content = "line\n".repeat(10_000); // more than may be kept in memory
    encoder.write_all(content.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let whole = [head.as_bytes(), &body].concat();
    let cut = whole[..whole.len() - 10].to_vec();
    let server = Server::new([redirect().into_bytes(), cut, redirect().into_bytes(), whole]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    fs::write(&path, "old").unwrap();
    let downloaded =
        server.cluster().queue().download_artifact(&id(), None, "public/log.txt", &path).await.unwrap();
    assert_eq!(downloaded.length, content.len() as u64);
    assert_eq!(downloaded.content_type.as_deref(), Some("text/plain"));
    assert_eq!(fs::read_to_string(&path).unwrap(), content);
    assert_eq!(server.asked().len(), 4, "the first download broke off");
}

#[tokio::test]
async fn a_failed_download_leaves_everything_as_it_was() {
    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nnot all";
    let server = Server::new([cut; 3]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    fs::write(&path, "old").unwrap();
    let cluster = server.cluster();
    let error = cluster.queue().download_artifact(&id(), None, "public/x", &path).await.unwrap_err();
    assert!(matches!(error, Error::Transport { attempts: 3, .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");

    let server = Server::new([answer("200 OK", "", "x")]);
    let nowhere = folder.path().join("no/such/folder");
    let cluster = server.cluster();
    let error = cluster.queue().download_artifact(&id(), None, "public/x", &nowhere).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write `{}`", nowhere.display()));
}

#[cfg(unix)]
#[tokio::test]
async fn links_permissions_and_pipes_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let server = Server::new([answer("200 OK", "", "one"), answer("200 OK", "", "two")]);
    let cluster = server.cluster();
    let queue = cluster.queue();
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, &link).unwrap();
    queue.download_artifact(&id(), None, "public/x", &link).await.unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "one");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let downloaded = queue.download_artifact(&id(), None, "public/x", "/dev/null".as_ref()).await.unwrap();
    assert_eq!(downloaded.length, 3);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[tokio::test]
async fn an_artifact_is_read_while_it_grows() {
    let server = Server::new([redirect(), answer("200 OK", "", "one\ntwo\n")]);
    let mut chunks =
        server.cluster().queue().open_artifact(&id(), Some(0), "public/logs/live.log").await.unwrap();
    let mut log = Vec::new();
    while let Some(piece) = chunks.next().await.unwrap() {
        log.extend(piece);
    }
    assert_eq!(log, b"one\ntwo\n");
}

#[tokio::test]
async fn an_artifact_is_uploaded_to_where_the_queue_says() {
    let body = r#"{"storageType": "s3", "putUrl": "{url}/storage?signature=secret"}"#;
    // Its length is not known before the server's address is.
    let created = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
    let answers = [created, answer("200 OK", "", "")];
    let server = Server::new(answers);
    let upload = Upload {
        content_type: "text/plain",
        expires: "2027-01-01T00:00:00.000Z",
        content: br#"{"level": 3}"#.to_vec(),
    };
    let cluster = server.signing();
    cluster.queue().upload_artifact(&id(), 0, "public/parameters.yml", upload).await.unwrap();
    let queue = format!("POST /api/queue/v1/task/{ID}/runs/0/artifacts/public%2Fparameters.yml");
    assert_eq!(server.asked(), [&queue, "PUT /storage?signature=secret"]);
    let requests = server.requests();
    assert_eq!(requests[1].body, serde_json::json!({"level": 3}));
    assert!(requests[1].authorization.is_none());
}
