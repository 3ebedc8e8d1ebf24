//! Getting URLs.

use std::{
    error::Error as StdError,
    hash::{BuildHasher, RandomState},
    io::Read,
    thread,
    time::Duration,
};

use reqwest::{
    StatusCode, Url,
    blocking::{Client, Response},
    header::RETRY_AFTER,
};

use crate::{
    error::Error,
    settings::{Retry, Settings},
    tls, url,
};

/// Gets what URLs point to. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    retry: Retry,
    max_bytes: u64,
    no_certificates: Option<String>,
}

/// What one attempt came to, if not the answer.
enum Failed {
    /// Trying again would change nothing.
    ForGood(Error),
    /// It may pass. How long to wait, if the service said so, and what to report if this was the last attempt.
    ForNow(Option<Duration>, Error),
}

impl Http {
    /// Sets up a client. Takes some milliseconds, to read the trusted certificates of the machine.
    ///
    /// Fails with [`Error::SetUp`].
    pub fn new(settings: &Settings) -> Result<Http, Error> {
        let (tls, no_certificates) = tls::config()?;
        let mut builder = Client::builder()
            .user_agent(concat!("taskgraph/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .tls_backend_preconfigured(tls);
        if !settings.use_proxies {
            builder = builder.no_proxy();
        }
        Ok(Http {
            client: builder.build().map_err(|source| Error::SetUp { source: Box::new(source) })?,
            retry: settings.retry.clone(),
            max_bytes: settings.max_bytes,
            no_certificates,
        })
    }

    /// Gets the content of an `http` or `https` URL. Redirections are followed, ten at most, and a compressed
    /// (gzip) answer is decompressed.
    ///
    /// Fails with [`Error::BadUrl`], [`Error::NoCertificates`], [`Error::Status`], [`Error::Transport`],
    /// [`Error::TooLarge`].
    pub fn get(&self, url: &str) -> Result<Vec<u8>, Error> {
        let url = url::parse(url)?;
        if let Some(reason) = self.no_certificates.as_ref().filter(|_| url.scheme() == "https") {
            return Err(Error::NoCertificates { url: url::shown(&url), reason: reason.clone() });
        }
        let mut attempt = 1;
        loop {
            match self.attempt(&url, attempt) {
                Ok(content) => return Ok(content),
                Err(Failed::ForGood(error)) => return Err(error),
                Err(Failed::ForNow(_, error)) if attempt >= self.retry.attempts => return Err(error),
                Err(Failed::ForNow(asked, _)) => {
                    thread::sleep(self.retry.delay(attempt, random(), asked));
                    attempt += 1;
                }
            }
        }
    }

    fn attempt(&self, url: &Url, attempts: u32) -> Result<Vec<u8>, Failed> {
        let failed = |source: Box<dyn StdError + Send + Sync>| Error::Transport {
            url: url::shown(url),
            attempts,
            source,
        };
        let response = self.client.get(url.clone()).send().map_err(|error| {
            let hopeless = error.is_builder() || error.is_redirect();
            // Its text would show the URL, and that of a redirection may be a signed one.
            let error = failed(Box::new(error.without_url()));
            if hopeless { Failed::ForGood(error) } else { Failed::ForNow(None, error) }
        })?;

        let status = response.status();
        if !status.is_success() {
            let asked = retry_after(&response);
            let message = message(response);
            let error = Error::Status { url: url::shown(url), status: status.as_u16(), attempts, message };
            let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if passes { Failed::ForNow(asked, error) } else { Failed::ForGood(error) });
        }

        let mut content = Vec::new();
        response
            .take(self.max_bytes.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|error| Failed::ForNow(None, failed(body_error(error))))?;
        if content.len() as u64 > self.max_bytes {
            let error = Error::TooLarge { url: url::shown(url), limit: self.max_bytes };
            return Err(Failed::ForGood(error));
        }
        Ok(content)
    }
}

/// The client wraps its own error, which would show the URL.
fn body_error(error: std::io::Error) -> Box<dyn StdError + Send + Sync> {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => Box::new(error.without_url()),
        Err(error) => Box::new(error),
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The `message` of an answer in the services' form, or else the beginning of the answer, on one line.
fn message(response: Response) -> String {
    const LONGEST: usize = 1000;
    let mut text = Vec::new();
    // A message cut short is better than none.
    let _ = response.take(64 * 1024).read_to_end(&mut text);
    let text = match serde_json::from_slice::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Object(mut fields)) => match fields.remove("message") {
            Some(serde_json::Value::String(message)) => message,
            _ => String::from_utf8_lossy(&text).into_owned(),
        },
        _ => String::from_utf8_lossy(&text).into_owned(),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    if line.is_empty() { "no reason given".to_owned() } else { line }
}

/// A number from 0 to 1, another one each time. It decides only how long to wait.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}
