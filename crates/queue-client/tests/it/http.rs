//! Getting URLs.

use std::{
    error::Error as _,
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use taskcluster_queue_client::{Error, Http, Settings};

use crate::server::{Server, answer, http, settings};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

#[tokio::test]
async fn content_is_returned_as_it_is() {
    let server = Server::new([answer("200 OK", "", "level: '3'\n")]);
    assert_eq!(http().get(&server.url("/p.yml?x=1")).await.unwrap(), b"level: '3'\n");
    assert_eq!(server.asked(), ["GET /p.yml?x=1"]);
}

#[tokio::test]
async fn compressed_content_is_decompressed() {
    let server = Server::new([gzip(b"level: '3'\n")]);
    assert_eq!(http().get(&server.url("/")).await.unwrap(), b"level: '3'\n");
}

#[tokio::test]
async fn redirections_are_followed_but_not_for_ever() {
    let redirect = answer("303 See Other", "Location: {url}/there?signature=secret\r\n", "");
    let server = Server::new([redirect.clone(), answer("200 OK", "", "here")]);
    assert_eq!(http().get(&server.url("/")).await.unwrap(), b"here");
    assert_eq!(server.asked(), ["GET /", "GET /there?signature=secret"]);

    let server = Server::new(vec![redirect; 30]);
    let error = http().get(&server.url("/")).await.unwrap_err();
    assert!(matches!(error, Error::Transport { attempts: 1, .. }), "{error}");
    let source = error.source().unwrap().to_string();
    assert!(!source.contains("secret"), "{source}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let passing = ["500 Oops", "429 Too Many Requests"];
    let failures = passing.map(|status| answer(status, "Retry-After: 3600\r\n", ""));
    let server = Server::new(failures.into_iter().chain([answer("200 OK", "", "at last")]));
    assert_eq!(http().get(&server.url("/")).await.unwrap(), b"at last");
    assert_eq!(server.asked().len(), 3);
    // Connections closed early: without an answer, and in the middle of one.
    let whole = answer("200 OK", "", "at last");
    let server = Server::new([String::new(), whole[..whole.len() - 1].to_owned(), whole]);
    assert_eq!(http().get(&server.url("/")).await.unwrap(), b"at last");
}

#[tokio::test]
async fn the_last_failure_is_reported() {
    let server = Server::new(vec![answer("503 Busy", "", "<h1>come\n back</h1>"); 3]);
    let url = server.url("/x");
    let error = http().get(&url).await.unwrap_err();
    assert_eq!(error.to_string(), format!("`{url}` answered 503 in attempt 3: <h1>come back</h1>"));
    assert!(matches!(error, Error::Unavailable(_)));
    let error = http().get(&url).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no whole answer to `{url}` in 3 attempts"));
    assert!(error.source().is_some());
}

#[tokio::test]
async fn what_will_not_pass_is_reported_at_once() {
    let body = r#"{"code": "InputError", "message": "no such\nthing"}"#;
    let server = Server::new(vec![answer("400 Bad", "", body); 2]);
    let error = http().get(&server.url("/")).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 400 InputError: no such thing"), "{error}");
    assert_eq!(server.asked().len(), 1);
    let server = Server::new([answer("403 No", "", "")]);
    let error = http().get(&server.url("/").replace("http://", "http://me:secret@")).await.unwrap_err();
    let expected = format!("`{}` answered 403: no reason given", server.url("/"));
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn answers_have_a_largest_size_after_decompression() {
    let server = Server::new([gzip(&[b'x'; 1000]), gzip(&[b'x'; 1_000_000])]);
    assert_eq!(http().get(&server.url("/")).await.unwrap().len(), 1000);
    let error = http().get(&server.url("/")).await.unwrap_err().to_string();
    assert!(error.ends_with("is too large: expected at most 1000 bytes, found more"), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let http = Http::new(&Settings { timeout: Duration::from_millis(30), ..settings() }).unwrap();
    assert!(matches!(http.get(&url).await, Err(Error::Transport { attempts: 3, .. })));
}

#[tokio::test]
async fn https_speaks_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let first_byte = thread::spawn(move || {
        let mut byte = [0];
        listener.accept().unwrap().0.read_exact(&mut byte).unwrap();
        byte[0] // and hangs up
    });
    match http().get(&url).await.unwrap_err() {
        Error::Transport { .. } => assert_eq!(first_byte.join().unwrap(), 0x16, "a TLS handshake"),
        Error::NoCertificates { .. } => {} // so it is on a machine that trusts nobody
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn other_schemes_are_refused() {
    let error = http().get("file:///etc/passwd").await.unwrap_err();
    assert!(matches!(error, Error::BadUrl { .. }));
}
