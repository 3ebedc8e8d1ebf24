//! A proxy between clients and a cluster that breaks requests. What it does to a request depends on a seed, on the
//! request and on how often it came before, never on the order in which requests come.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The connection is reset before the cluster saw the request.
    ResetBefore,
    /// The connection is reset after the cluster carried the request out.
    ResetAfter,
    /// Status 500 instead of the request being carried out.
    ErrorBefore,
    /// Status 500 although the request was carried out.
    ErrorAfter,
    /// Status 503 with `Retry-After`.
    Unavailable,
    /// Status 429.
    TooMany,
    /// The answer announces all of its body and has half of it.
    Truncated,
    /// The answer takes a while.
    Slow,
    /// The answer takes longer than the client is ready to wait.
    Stalled,
}

pub(crate) const FAULTS: [Fault; 9] = [
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Unavailable,
    Fault::TooMany,
    Fault::Truncated,
    Fault::Slow,
    Fault::Stalled,
];

/// How long a slow answer takes. A client that takes it for a stalled one must wait for less.
const SLOW: Duration = Duration::from_millis(30);

/// A running proxy. It ends with its runtime.
pub(crate) struct Proxy {
    pub(crate) root_url: String,
    shared: Arc<Shared>,
    cluster: watch::Sender<Option<SocketAddr>>,
}

struct Shared {
    seed: u64,
    per_mille: u64,
    counts: Mutex<Counts>,
    /// Where the cluster is; nothing while it is down.
    cluster: watch::Receiver<Option<SocketAddr>>,
    handled: watch::Sender<usize>,
}

/// What happened.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    /// Requests that came in, repeated ones included.
    pub(crate) requests: usize,
    /// What was done to them.
    pub(crate) faults: BTreeMap<Fault, usize>,
    /// How many found the cluster down.
    pub(crate) down: usize,
    seen: BTreeMap<String, u64>,
}

impl Proxy {
    /// Starts a proxy that breaks so many of a thousand requests.
    pub(crate) async fn start(cluster: &str, seed: u64, per_mille: u64) -> Proxy {
        let (cluster, address) = watch::channel(Some(address(cluster)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root_url = format!("http://{}", listener.local_addr().unwrap());
        let (handled, counts) = (watch::Sender::new(0), Mutex::default());
        let shared = Arc::new(Shared { seed, per_mille, counts, cluster: address, handled });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    // What breaks a connection is no failure of the proxy.
                    let _ = serve(&shared, client).await;
                });
            }
        });
        Proxy { root_url, shared, cluster }
    }

    /// The cluster is gone: what it was about to answer is lost.
    pub(crate) fn cluster_stops(&self) {
        self.cluster.send_replace(None);
    }

    /// The cluster is here.
    pub(crate) fn cluster_starts(&self, root_url: &str) {
        self.cluster.send_replace(Some(address(root_url)));
    }

    /// Waits until so many requests came in.
    pub(crate) async fn handled(&self, requests: usize) {
        let mut handled = self.shared.handled.subscribe();
        handled.wait_for(|count| *count >= requests).await.unwrap();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.shared.counts.lock().unwrap().clone()
    }
}

fn address(root_url: &str) -> SocketAddr {
    root_url.trim_start_matches("http://").parse().unwrap()
}

impl Shared {
    /// Takes note of a request. Returns how often it came, and what is to be done to it.
    fn receive(&self, line: &str) -> (u64, Option<Fault>) {
        let mut counts = self.counts.lock().unwrap();
        counts.requests += 1;
        let times = counts.seen.entry(line.to_owned()).or_default();
        *times += 1;
        let times = *times;
        let fault = choose(self.seed, line, times, self.per_mille);
        if let Some(fault) = fault {
            *counts.faults.entry(fault).or_default() += 1;
        }
        let requests = counts.requests;
        drop(counts);
        self.handled.send_replace(requests);
        (times, fault)
    }

    fn note_down(&self) {
        self.counts.lock().unwrap().down += 1;
    }
}

/// The same for the same request that comes for the same time.
fn choose(seed: u64, line: &str, times: u64, per_mille: u64) -> Option<Fault> {
    let mut state = seed ^ times.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in line.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // The finalizer of SplitMix64.
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^= state >> 31;
    (state % 1000 < per_mille).then(|| FAULTS[(state / 1000) as usize % FAULTS.len()])
}

async fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut cluster = None;
    loop {
        let (line, request) = read(&mut client).await?;
        let (times, fault) = shared.receive(&line);
        let early = match fault {
            Some(Fault::ResetBefore) => return reset(client),
            Some(Fault::ErrorBefore) => Some(refusal("500 Internal Server Error", "")),
            Some(Fault::Unavailable) => Some(refusal("503 Service Unavailable", "Retry-After: 1\r\n")),
            Some(Fault::TooMany) => Some(refusal("429 Too Many Requests", "")),
            _ => None,
        };
        if let Some(answer) = early {
            client.write_all(&answer).await?;
            continue;
        }

        let mut up = shared.cluster.clone();
        if times > 2 {
            // Not even a patient client comes back for ever.
            up.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        }
        let Some(address) = *up.borrow_and_update() else {
            shared.note_down();
            return reset(client);
        };
        let answer = tokio::select! {
            answer = exchange(&mut cluster, address, &request) => answer,
            // It went down meanwhile. Nobody knows whether it carried the request out.
            _ = up.changed() => Err(io::ErrorKind::ConnectionAborted.into()),
        };
        let Ok(answer) = answer else {
            shared.note_down();
            return reset(client);
        };

        match fault {
            Some(Fault::ResetAfter) => return reset(client),
            Some(Fault::ErrorAfter) => client.write_all(&refusal("500 Internal Server Error", "")).await?,
            Some(Fault::Truncated) => {
                let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4);
                return client.write_all(&answer[..(body + answer.len()) / 2]).await;
            }
            Some(Fault::Stalled) => {
                // Until the client closes the connection.
                client.read_u8().await?;
            }
            Some(Fault::Slow) => {
                time::sleep(SLOW).await;
                client.write_all(&answer).await?;
            }
            _ => client.write_all(&answer).await?,
        }
    }
}

async fn exchange(
    cluster: &mut Option<(SocketAddr, TcpStream)>,
    address: SocketAddr,
    request: &[u8],
) -> io::Result<Vec<u8>> {
    if cluster.as_ref().is_none_or(|(there, _)| *there != address) {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        *cluster = Some((address, stream));
    }
    let Some((_, stream)) = cluster else { return Err(io::ErrorKind::NotConnected.into()) };
    stream.write_all(request).await?;
    Ok(read(stream).await?.1)
}

/// Reads one request or one answer. Returns its first line, and all of it.
async fn read(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(4096);
    let mut whole = None;
    while whole.is_none_or(|whole| bytes.len() < whole) {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if whole.is_none() {
            whole = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|end| {
                let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                end + 4 + length.map_or(0, |length| length.trim().parse().unwrap_or(0))
            });
        }
    }
    let end = bytes.iter().position(|byte| *byte == b'\r').unwrap_or_default();
    Ok((String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes))
}

/// Closes a connection in the rude way.
fn reset(client: TcpStream) -> io::Result<()> {
    client.set_zero_linger()
}

fn refusal(status: &str, headers: &str) -> Vec<u8> {
    let body = "a fault";
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn one_of_ten_is_broken_and_every_fault_has_its_turn() {
    let mut counts = BTreeMap::new();
    for number in 0..10_000 {
        let line = format!("PUT /task/{number}");
        let fault = choose(7, &line, 1, 100);
        assert_eq!(fault, choose(7, &line, 1, 100));
        if let Some(fault) = fault {
            *counts.entry(fault).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), FAULTS.len());
    assert!((800..1200).contains(&counts.values().sum::<i32>()), "{counts:?}");
    assert!(counts.values().all(|count| *count > 60), "{counts:?}");
}
