//! A cluster whose clock stands still, and a client that signs its requests.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hawk::{Credentials, Key, PayloadHasher, RequestBuilder, SHA256};
use serde_json::{Value, json};
use taskcluster_local_cluster::{LocalCluster, Options, State};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A clock that moves when it is told to.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn new() -> Time {
        Time(Arc::new(AtomicI64::new(1_770_000_000_000)))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn pass(&self, delta: TimeDelta) {
        self.0.fetch_add(delta.num_milliseconds(), Ordering::SeqCst);
    }

    /// That much from now, as the services print it.
    #[expect(clippy::wrong_self_convention, reason = "a time so far from now, not made from something")]
    pub(crate) fn from_now(&self, delta: TimeDelta) -> String {
        (self.now() + delta).to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

pub(crate) fn options(state: State, time: &Time) -> Options {
    let clock = time.clone();
    let counter = AtomicU64::new(1);
    Options {
        state,
        port: 0,
        access_token: Some("a-token-for-tests-only".to_owned()),
        clock: Arc::new(move || clock.now()),
        // Different each time, the same in each run.
        random: Arc::new(move |bytes| {
            let seed = counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for (index, byte) in bytes.iter_mut().enumerate() {
                *byte = (seed.rotate_left(index as u32 * 7) >> 16) as u8 ^ index as u8;
            }
        }),
    }
}

/// A cluster in memory, its clock, and its root client.
pub(crate) struct Setup {
    pub(crate) cluster: LocalCluster,
    pub(crate) time: Time,
    pub(crate) root: Client,
}

pub(crate) async fn start() -> Setup {
    start_with(State::Memory, &Time::new()).await
}

pub(crate) async fn start_with(state: State, time: &Time) -> Setup {
    let cluster = LocalCluster::start(options(state, time)).await.unwrap();
    let root = Client {
        address: cluster.root_url().trim_start_matches("http://").to_owned(),
        client_id: Some(cluster.client_id().to_owned()),
        access_token: cluster.access_token().to_owned(),
        ext: None,
        time: time.clone(),
    };
    Setup { cluster, time: time.clone(), root }
}

/// Signs requests and sends each on a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    /// Without it, requests are not signed.
    pub(crate) client_id: Option<String>,
    pub(crate) access_token: String,
    /// What is signed with the request: certificate, authorized scopes. Base64 of JSON.
    pub(crate) ext: Option<String>,
    /// By which it signs.
    pub(crate) time: Time,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: Vec<u8>,
    /// Null if the text is no JSON.
    pub(crate) body: Value,
}

impl Reply {
    /// The body, if the status is that one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.text));
        self.body
    }

    /// Checks status and code of an error, and that the message has that in it. Returns the message.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str, message: &str) -> String {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body:#}");
        let text = body["message"].as_str().unwrap().to_owned();
        assert!(text.contains(message), "{text}");
        text
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// Nobody in particular.
    pub(crate) fn anonymous(&self) -> Client {
        Client { client_id: None, ext: None, ..self.clone() }
    }

    /// With temporary credentials, as a claim or `createTemporaryCredentials` gives them.
    pub(crate) fn with_credentials(&self, credentials: &Value) -> Client {
        let certificate: Value = serde_json::from_str(credentials["certificate"].as_str().unwrap()).unwrap();
        Client {
            client_id: Some(credentials["clientId"].as_str().unwrap().to_owned()),
            access_token: credentials["accessToken"].as_str().unwrap().to_owned(),
            ext: Some(base64(&json!({ "certificate": certificate }).to_string())),
            ..self.clone()
        }
    }

    /// The same, with fewer scopes.
    pub(crate) fn with_scopes(&self, scopes: &[&str]) -> Client {
        Client { ext: Some(base64(&json!({ "authorizedScopes": scopes }).to_string())), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, None).await
    }

    pub(crate) async fn call(&self, verb: &str, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        let headers = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        self.send(verb, path, headers, body.as_bytes()).await
    }

    /// With headers as they are sent, each with its line end.
    pub(crate) async fn send(&self, verb: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let request = self.request(verb, path, &format!("{headers}Connection: close\r\n"), body);
        self.exchange(&request).await
    }

    /// The bytes of a request.
    pub(crate) fn request(&self, verb: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let content_type =
            headers.lines().find_map(|line| line.strip_prefix("Content-Type: ")).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default();
        let mut text = format!("{verb} {path} HTTP/1.1\r\nHost: {}\r\n{headers}", self.address);
        if let Some(authorization) = self.authorization(verb, path, content_type, body) {
            write!(text, "Authorization: {authorization}\r\n").unwrap();
        }
        if !body.is_empty() || verb != "GET" {
            write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        text.push_str("\r\n");
        let mut request = text.into_bytes();
        request.extend_from_slice(body);
        request
    }

    fn authorization(&self, verb: &str, path: &str, content_type: &str, body: &[u8]) -> Option<String> {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let id = self.client_id.clone()?;
        let key = Key::new(&self.access_token, SHA256).unwrap();
        let hash = PayloadHasher::hash(content_type, SHA256, body).unwrap();
        let (host, port) = self.address.split_once(':').unwrap();
        let mut builder =
            RequestBuilder::new(verb, host, port.parse().unwrap(), path).ext(self.ext.as_deref());
        if !body.is_empty() {
            builder = builder.hash(&hash[..]);
        }
        let ts = UNIX_EPOCH + Duration::from_secs(self.time.now().timestamp().unsigned_abs());
        let nonce = format!("n{}", NONCE.fetch_add(1, Ordering::Relaxed));
        let header = builder.request().make_header_full(&Credentials { id, key }, ts, nonce).unwrap();
        Some(format!("Hawk {header}"))
    }

    /// Sends bytes and reads the answer until the connection ends.
    pub(crate) async fn exchange(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        parse(&answer)
    }
}

/// An answer from its bytes.
pub(crate) fn parse(answer: &[u8]) -> Reply {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let text = answer[end + 4..].to_vec();
    let body = serde_json::from_slice(&text).unwrap_or_default();
    Reply { status, headers, text, body }
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A taskId, the same for the same number.
pub(crate) fn task_id(number: u64) -> String {
    use base64::Engine as _;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn queue(path: &str) -> String {
    format!("/api/queue/v1{path}")
}

impl Setup {
    /// A definition that createTask accepts now, in the group of the task 0.
    pub(crate) fn definition(&self) -> Value {
        json!({
            "taskQueueId": "proj/ci",
            "schedulerId": "tests",
            "taskGroupId": task_id(0),
            "created": self.time.from_now(TimeDelta::zero()),
            "deadline": self.time.from_now(TimeDelta::hours(24)),
            "payload": { "command": ["true"] },
            "metadata": {
                "name": "a task",
                "description": "for a test",
                "owner": "nobody@example.com",
                "source": "https://example.com/",
            },
        })
    }

    /// The definition with other values in some places.
    pub(crate) fn definition_with(&self, changes: Value) -> Value {
        let mut definition = self.definition();
        for (key, value) in changes.as_object().unwrap() {
            definition[key] = value.clone();
        }
        definition
    }

    /// Creates a task from a changed definition. Returns its id and its status.
    pub(crate) async fn create(&self, number: u64, changes: Value) -> (String, Value) {
        let id = task_id(number);
        let reply = self.root.put(&queue(&format!("/task/{id}")), self.definition_with(changes)).await;
        let status = reply.expect(200)["status"].clone();
        assert_eq!(status["taskId"], id);
        (id, status)
    }

    pub(crate) async fn status(&self, id: &str) -> Value {
        self.root.get(&queue(&format!("/task/{id}/status"))).await.expect(200)["status"].clone()
    }

    pub(crate) async fn state(&self, id: &str) -> String {
        self.status(id).await["state"].as_str().unwrap().to_owned()
    }

    /// A call of the root client about a task, without a body.
    pub(crate) async fn act(&self, id: &str, what: &str) -> Reply {
        self.root.call("POST", &queue(&format!("/task/{id}/{what}")), None).await
    }

    /// Claims the run of a task.
    pub(crate) async fn claim(&self, id: &str, run: usize) -> Value {
        let path = queue(&format!("/task/{id}/runs/{run}/claim"));
        self.root.post(&path, json!({ "workerGroup": "group", "workerId": "worker" })).await.expect(200)
    }
}
