//! Sending requests until they are answered, or it is pointless or unsafe to try again.

mod answer;
mod attempt;

use std::{path::Path, sync::Arc};

use reqwest::{Client, Response, Url, redirect};
use tokio::sync::Semaphore;

use crate::{
    api::{Repeat, Verb},
    error::Error,
    settings::Settings,
    sign::Signer,
    tls::Trust,
    url,
};

pub(crate) use answer::Content;
use answer::Limits;
use attempt::Failed;

/// Sends requests. Clones share their connections, and the limit of how many requests are under way.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    settings: Settings,
    permits: Arc<Semaphore>,
    trust: Trust,
}

/// What the bodies of all calls are.
pub(crate) const JSON: &str = "application/json";

/// One request, however many attempts it takes.
pub(crate) struct Request<'a> {
    /// For messages.
    pub(crate) asked: String,
    /// For messages, too: the URL without secrets.
    pub(crate) shown_url: String,
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
    /// What the body is.
    pub(crate) content_type: &'a str,
    pub(crate) repeat: Repeat,
    /// Whether a redirection is followed; else it is the answer.
    pub(crate) follow: bool,
    pub(crate) signer: Option<&'a Signer>,
}

impl Request<'_> {
    /// A request that nobody signs for, and that may be repeated.
    fn plain(verb: Verb, url: &str) -> Result<Request<'static>, Error> {
        let url = url::parse(url)?;
        let shown_url = url::shown(&url);
        Ok(Request {
            asked: format!("`{shown_url}`"),
            shown_url,
            verb,
            url,
            body: None,
            content_type: JSON,
            repeat: Repeat::Always,
            follow: true,
            signer: None,
        })
    }

    /// What was asked, and whom: for failures that may be the network's.
    fn asked_whom(&self) -> String {
        let whom = self.url.origin().ascii_serialization();
        if self.asked.contains(&whom) { self.asked.clone() } else { format!("{} of `{whom}`", self.asked) }
    }
}

/// Where the content of an answer goes.
#[derive(Clone, Copy)]
pub(crate) enum Sink<'a> {
    Memory,
    File(&'a Path),
}

impl Http {
    /// Sets up a client. The first `https` request takes some milliseconds more than others, to read the trusted
    /// certificates of the machine.
    ///
    /// Fails with [`Error::SetUp`].
    pub fn new(settings: &Settings) -> Result<Http, Error> {
        let trust = Trust::new();
        let concurrency = settings.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let mut builder = Client::builder()
            .user_agent(concat!("taskgraph/", env!("CARGO_PKG_VERSION")))
            .read_timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .pool_max_idle_per_host(concurrency)
            // They are followed here, so that nothing signed is sent to where it does not belong.
            .redirect(redirect::Policy::none())
            .tls_backend_preconfigured(trust.config()?);
        if !settings.use_proxies {
            builder = builder.no_proxy();
        }
        Ok(Http {
            client: builder.build().map_err(|source| Error::SetUp { source: Box::new(source) })?,
            settings: settings.clone(),
            permits: Arc::new(Semaphore::new(concurrency)),
            trust,
        })
    }

    /// Gets the content of an `http` or `https` URL. Redirections are followed, ten at most, and a compressed
    /// (gzip) answer is decompressed.
    ///
    /// Fails with [`Error::BadUrl`], [`Error::NoCertificates`], [`Error::Transport`], [`Error::TooLarge`], and with
    /// what a [`Refusal`](crate::Refusal) becomes.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, Error> {
        let request = Request::plain(Verb::Get, url)?;
        Ok(self.send(&request, Sink::Memory).await?.bytes)
    }

    /// Puts content at an `http` or `https` URL, which may be a signed one.
    ///
    /// Fails as [`Http::get`].
    pub(crate) async fn put(&self, url: &str, content_type: &str, content: Vec<u8>) -> Result<(), Error> {
        let request = Request { body: Some(content), content_type, ..Request::plain(Verb::Put, url)? };
        self.send(&request, Sink::Memory).await?;
        Ok(())
    }

    /// Sends a request until it succeeds, or must not be sent again.
    pub(crate) async fn send(&self, request: &Request<'_>, sink: Sink<'_>) -> Result<Content, Error> {
        let mut count = 1;
        loop {
            match self.attempt_whole(request, count, sink).await {
                Ok(content) => return Ok(content),
                Err(failed) => self.pause(request, count, failed).await?,
            }
            count += 1;
        }
    }

    /// As [`Http::send`], but the content is left to be read piece by piece. It does not count as under way.
    pub(crate) async fn open(&self, request: &Request<'_>) -> Result<Response, Error> {
        let mut count = 1;
        loop {
            match self.attempt(request, count).await {
                Ok(response) => return Ok(response),
                Err(failed) => self.pause(request, count, failed).await?,
            }
            count += 1;
        }
    }

    async fn attempt_whole(
        &self,
        request: &Request<'_>,
        count: u32,
        sink: Sink<'_>,
    ) -> Result<Content, Failed> {
        // Nobody closes it.
        let _permit = self.permits.acquire().await.ok();
        let response = self.attempt(request, count).await?;
        let asked = request.asked_whom();
        let limits = Limits { asked: &asked, attempts: count, max_bytes: self.settings.max_bytes };
        answer::read(response, sink, &limits).await
    }

    /// Waits until the next attempt may be made, or says that none may.
    async fn pause(&self, request: &Request<'_>, count: u32, failed: Failed) -> Result<(), Error> {
        match failed {
            Failed::ForGood(error) => Err(error),
            Failed::ForNow { error, .. } if count >= self.settings.retry.attempts => Err(error),
            Failed::ForNow { error, done: true, .. } if request.repeat == Repeat::Undone => Err(error),
            Failed::ForNow { wait, .. } => {
                tokio::time::sleep(self.settings.retry.delay(count, random(), wait)).await;
                Ok(())
            }
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A number from 0 to 1, another one each time. It decides only how long to wait.
fn random() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}
