//! A server that says what it was told to say, one answer for each connection.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use taskcluster_queue_client::{Cluster, Http, Retry, Settings};

pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives these answers, in order, then refuses connections. `{url}` in an answer's text becomes the server's URL.
    pub(crate) fn new<A: Into<Vec<u8>>>(answers: impl IntoIterator<Item = A>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Vec<Vec<u8>> = answers
            .into_iter()
            .map(Into::into)
            .map(|answer| match String::from_utf8(answer) {
                Ok(text) => text.replace("{url}", &url).into_bytes(),
                Err(error) => error.into_bytes(),
            })
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().and_then(Result::ok).unwrap_or_default();
                while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
                log.lock().unwrap().push(request);
                // The client may have gone, as it does when an answer is too long.
                let _ = stream.write_all(&answer);
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Server { url, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The first words of the requests so far: method and path.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|line| line.trim_end_matches(" HTTP/1.1").to_owned()).collect()
    }

    pub(crate) fn cluster(&self) -> Cluster {
        Cluster::new(&self.url, http()).unwrap()
    }
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

pub(crate) fn settings() -> Settings {
    Settings {
        retry: Retry { attempts: 3, first_delay: Duration::ZERO, max_delay: Duration::ZERO },
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(20),
        max_bytes: 1000,
        use_proxies: false,
    }
}

pub(crate) fn http() -> Http {
    Http::new(&settings()).unwrap()
}
