//! The end of a sign-in: the one request on loopback that brings the credentials.

use std::{cell::Cell, io, time::Duration};

use futures_util::{StreamExt, future::select_all, stream::FuturesUnordered};
use percent_encoding::percent_decode_str;
use taskcluster_queue_client::Credentials;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Browsers open connections on suspicion, and send nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of a request.
const LONGEST: usize = 1 << 14;

/// Waits for the credentials. Requests for other paths, and others than the first, are refused.
pub(super) async fn wait(listeners: &[TcpListener], path: &str) -> io::Result<Credentials> {
    let accepted = Cell::new(false);
    let mut open = FuturesUnordered::new();
    loop {
        let next = select_all(listeners.iter().map(|listener| Box::pin(listener.accept())));
        tokio::select! {
            (stream, ..) = next => {
                let stream = stream?.0;
                let accepted = &accepted;
                open.push(async move { timeout(PATIENCE, serve(stream, path, accepted)).await.ok().flatten() });
            }
            // Not a pattern: that one connection brought nothing must not keep the others from being served.
            Some(served) = open.next() => if let Some(credentials) = served {
                return Ok(credentials);
            },
        }
    }
}

async fn serve(mut stream: TcpStream, path: &str, accepted: &Cell<bool>) -> Option<Credentials> {
    let target = target(&mut stream).await;
    let (status, text, credentials) = match target.as_deref().map(|target| judge(target, path)) {
        Some(Judged::Credentials(_)) if accepted.get() => {
            (GONE, "These credentials were sent already.", None)
        }
        Some(Judged::Credentials(credentials)) => {
            accepted.set(true);
            (OK, "You are signed in. You may close this window.", Some(credentials))
        }
        Some(Judged::Incomplete) => (BAD, "Expected clientId and accessToken: nobody was signed in.", None),
        Some(Judged::Elsewhere) => (NOT_FOUND, "There is nothing here.", None),
        None => (BAD, "Expected a GET request.", None),
    };
    // Whether the browser reads it or not: what matters is here.
    let _ = stream.write_all(page(status, text).as_bytes()).await;
    let _ = stream.shutdown().await;
    credentials
}

const OK: &str = "200 OK";
const BAD: &str = "400 Bad Request";
const NOT_FOUND: &str = "404 Not Found";
const GONE: &str = "410 Gone";

/// What is asked for, if it is asked for with GET.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 2048];
        let length = stream.read(&mut piece).await.ok()?;
        head.extend_from_slice(piece.get(..length)?);
        if length == 0 || head.len() > LONGEST {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    match (words.next()?, words.next()?, words.next()?) {
        ("GET", target, version) if version.starts_with("HTTP/1.") => Some(target.to_owned()),
        _ => None,
    }
}

enum Judged {
    Credentials(Credentials),
    Incomplete,
    Elsewhere,
}

fn judge(target: &str, expected: &str) -> Judged {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != expected {
        return Judged::Elsewhere;
    }
    let value = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        // The page does not escape them, so a plus is one.
        let value = percent_decode_str(value).decode_utf8().ok()?;
        (!value.is_empty() && !value.contains(char::is_control)).then(|| value.into_owned())
    };
    let credentials = value("clientId").zip(value("accessToken"));
    let Some((client_id, access_token)) = credentials else { return Judged::Incomplete };
    let credentials = Credentials::new(client_id, access_token);
    match value("certificate").map(|certificate| credentials.clone().with_certificate(&certificate)) {
        None => Judged::Credentials(credentials),
        Some(Ok(credentials)) => Judged::Credentials(credentials),
        Some(Err(_)) => Judged::Incomplete,
    }
}

/// A page that takes the secret out of the address bar, and out of the history of the browser.
fn page(status: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>taskgraph</title>\
         <script>history.replaceState(null, \"\", \"/\")</script><p>{text}</p></html>\n"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
