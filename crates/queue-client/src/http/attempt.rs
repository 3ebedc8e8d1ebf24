//! One attempt: it signs, sends, follows redirections, reads, and judges what came of it.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::{Http, Request, answer};
use crate::{
    api::Verb,
    error::{Error, Refusal},
    url,
};

/// Clients commonly give up after as many.
const MOST_REDIRECTIONS: usize = 10;

/// What one attempt came to, if not the answer.
pub(super) enum Failed {
    /// Trying again would change nothing.
    ForGood(Error),
    /// It may pass.
    ForNow {
        /// What to report if this was the last attempt.
        error: Error,
        /// How long the service asked to wait.
        wait: Option<Duration>,
        /// Whether the service may have done what was asked, all the same.
        done: bool,
    },
}

impl Failed {
    /// The same, with no further attempt.
    pub(super) fn for_good(self) -> Failed {
        match self {
            Failed::ForGood(error) | Failed::ForNow { error, .. } => Failed::ForGood(error),
        }
    }
}

impl Http {
    /// Asks until there is an answer that is no redirection.
    pub(super) async fn attempt(&self, request: &Request<'_>, attempt: u32) -> Result<Response, Failed> {
        let mut url = request.url.clone();
        for hop in 0..=MOST_REDIRECTIONS {
            let response = self.hop(request, attempt, &url, hop == 0).await?;
            if response.status().is_success() || (!request.follow && response.status().is_redirection()) {
                return Ok(response);
            }
            match next(&response, &url) {
                Some(there) if request.verb == Verb::Get => url = there,
                _ => return Err(self.refused(request, attempt, response, &url).await),
            }
        }
        let source = format!("more than {MOST_REDIRECTIONS} redirections").into();
        Err(Failed::ForGood(Error::Transport { asked: request.asked_whom(), attempts: attempt, source }))
    }

    /// Asks one address. Only the first is signed for: the others may be anybody's.
    async fn hop(
        &self,
        request: &Request<'_>,
        attempt: u32,
        url: &Url,
        first: bool,
    ) -> Result<Response, Failed> {
        if url.scheme() == "https"
            && let Some(reason) = self.trust.problem()
        {
            let error = Error::NoCertificates { url: url::shown(url), reason: reason.to_owned() };
            return Err(Failed::ForGood(error));
        }
        let method = match request.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Delete => Method::DELETE,
        };
        let mut builder = self.client.request(method, url.clone());
        if first {
            if let Some(signer) = request.signer {
                let now = self.settings.clock.now();
                let header = signer.header(request.verb.as_str(), url, request.body.as_deref(), now);
                builder = builder.header(AUTHORIZATION, header.map_err(Failed::ForGood)?);
            }
            match &request.body {
                Some(body) => builder = builder.header(CONTENT_TYPE, request.content_type).body(body.clone()),
                None if request.verb != Verb::Get => builder = builder.header(CONTENT_LENGTH, 0),
                None => {}
            }
        }
        builder.send().await.map_err(|error| {
            let hopeless = error.is_builder();
            let done = !error.is_connect();
            // Its text would show the URL, and that of a redirection may be a signed one.
            let source = Box::new(error.without_url());
            let error = Error::Transport { asked: request.asked_whom(), attempts: attempt, source };
            if hopeless { Failed::ForGood(error) } else { Failed::ForNow { error, wait: None, done } }
        })
    }

    async fn refused(&self, request: &Request<'_>, attempt: u32, response: Response, url: &Url) -> Failed {
        let status = response.status();
        let wait = answer::retry_after(&response, self.settings.clock.now());
        let (code, message) = answer::words(response).await;
        let error = Error::from(Refusal {
            asked: request.asked.clone(),
            url: if *url == request.url { request.shown_url.clone() } else { url::shown(url) },
            status: status.as_u16(),
            code,
            message,
            attempts: attempt,
        });
        if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
            return Failed::ForGood(error);
        }
        // Who asks to come back later has done nothing yet.
        let undone = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::SERVICE_UNAVAILABLE && wait.is_some());
        Failed::ForNow { error, wait, done: !undone }
    }
}

/// Where a redirection points to. None leads from `https` to `http`.
fn next(response: &Response, from: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let there = from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    let is_safe = there.scheme() == "https" || (there.scheme() == "http" && from.scheme() != "https");
    (is_safe && there.has_host()).then_some(there)
}
