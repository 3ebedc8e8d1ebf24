//! A server that says what it was told to say, one answer for each connection.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use taskcluster_queue_client::{Clock, Cluster, Credentials, Http, Retry, Settings};

pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

impl Server {
    /// Gives these answers, in order, then refuses connections. `{url}` in an answer's text becomes the server's URL.
    pub(crate) fn new<A: Into<Vec<u8>>>(answers: impl IntoIterator<Item = A>) -> Server {
        let mut answers: VecDeque<Vec<u8>> = answers.into_iter().map(Into::into).collect();
        Server::answering(answers.len(), move |_| answers.pop_front().unwrap())
    }

    /// Answers so many requests by what they ask, then refuses connections.
    pub(crate) fn answering(
        count: usize,
        mut answer: impl FnMut(&Asked) -> Vec<u8> + Send + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, own_url) = (Arc::clone(&asked), url.clone());
        thread::spawn(move || {
            for _ in 0..count {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read(&mut BufReader::new(stream.try_clone().unwrap()));
                let text = match String::from_utf8(answer(&request)) {
                    Ok(text) => text.replace("{url}", &own_url).into_bytes(),
                    Err(error) => error.into_bytes(),
                };
                log.lock().unwrap().push(request);
                // The client may have gone, as it does when an answer is too long.
                let _ = stream.write_all(&text);
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Server { url, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Method and path of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().into_iter().map(|asked| asked.line).collect()
    }

    pub(crate) fn cluster(&self) -> Cluster {
        Cluster::new(&self.url, http()).unwrap()
    }

    /// With credentials.
    pub(crate) fn signing(&self) -> Cluster {
        self.cluster().with_credentials(Credentials::new("me", "secret")).unwrap()
    }
}

fn read(stream: &mut impl BufRead) -> Asked {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap_or_default();
        line.trim_end().to_owned()
    };
    let mut asked = Asked {
        line: line().trim_end_matches(" HTTP/1.1").to_owned(),
        authorization: None,
        body: Value::Null,
    };
    let mut length = 0;
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    asked.body = serde_json::from_slice(&body).unwrap_or_default();
    asked
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

pub(crate) fn json(body: &Value) -> Vec<u8> {
    answer("200 OK", "", &body.to_string()).into_bytes()
}

pub(crate) fn settings() -> Settings {
    Settings {
        retry: Retry {
            attempts: 3,
            first_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
            max_asked: Duration::ZERO,
        },
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(20),
        max_bytes: 1000,
        concurrency: 4,
        use_proxies: false,
        clock: Clock::machine(),
    }
}

pub(crate) fn http() -> Http {
    Http::new(&settings()).unwrap()
}
