//! Where the tree is read from.

use futures_util::future::BoxFuture;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use taskcluster_queue_client::{Error as Refused, Http, Settings};
use taskgraph_vcs::Repository;

use crate::{
    error::Error,
    names::{Names, page, trimmed},
    template::LARGEST_TEMPLATE,
};

/// Something being fetched.
pub type Fetch<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// Where `.taskcluster.yml` is read from, and what the hosts of repositories know.
pub trait Source: Send + Sync {
    /// The content of `.taskcluster.yml` at a revision of a repository, which a task names: so neither can be trusted.
    fn template<'a>(&'a self, repository: &'a str, revision: &'a str) -> Fetch<'a, Vec<u8>>;

    /// A JSON document at a URL of `hg.mozilla.org` or `api.github.com`; nothing if this source does not reach there, or
    /// if there is none. What it would say is then taken from the task that is verified.
    fn document<'a>(&'a self, url: &'a str) -> Fetch<'a, Option<Value>>;
}

/// A checkout on this machine. The URL of the repository does not matter, and no host is asked.
///
/// Reading runs git or hg, and blocks meanwhile.
#[derive(Clone, Debug)]
pub struct Checkout(pub Repository);

/// The hosts of repositories, over https: `hg.mozilla.org` and GitHub, without credentials.
#[derive(Clone, Debug)]
pub struct Web(Http);

/// Templates from a function of repository and revision, and no documents.
pub struct Functions<F>(pub F);

impl Source for Checkout {
    fn template<'a>(&'a self, _repository: &'a str, revision: &'a str) -> Fetch<'a, Vec<u8>> {
        Box::pin(async move { Ok(self.0.file_at(".taskcluster.yml", Some(revision))?) })
    }

    fn document<'a>(&'a self, _url: &'a str) -> Fetch<'a, Option<Value>> {
        Box::pin(async { Ok(None) })
    }
}

impl<F: Fn(&str, &str) -> Result<Vec<u8>, Error> + Send + Sync> Source for Functions<F> {
    fn template<'a>(&'a self, repository: &'a str, revision: &'a str) -> Fetch<'a, Vec<u8>> {
        Box::pin(async move { self.0(repository, revision) })
    }

    fn document<'a>(&'a self, _url: &'a str) -> Fetch<'a, Option<Value>> {
        Box::pin(async { Ok(None) })
    }
}

impl Web {
    /// With settings of connections. Of an answer, no more than a few MiB are read.
    ///
    /// Fails with [`Error::Cluster`].
    pub fn new(settings: &Settings) -> Result<Web, Error> {
        Ok(Web(Http::new(&Settings { max_bytes: 8 << 20, ..settings.clone() })?))
    }
}

impl Source for Web {
    fn template<'a>(&'a self, repository: &'a str, revision: &'a str) -> Fetch<'a, Vec<u8>> {
        Box::pin(async move {
            let url = template_url(repository, revision)?;
            let content = self.0.get(&url).await?;
            match content.len() > LARGEST_TEMPLATE {
                true => Err(Error::TooLarge { what: url, limit: LARGEST_TEMPLATE }),
                false => Ok(content),
            }
        })
    }

    fn document<'a>(&'a self, url: &'a str) -> Fetch<'a, Option<Value>> {
        Box::pin(async move {
            if !["https://hg.mozilla.org/", "https://api.github.com/"]
                .iter()
                .any(|host| url.starts_with(host))
            {
                return Ok(None);
            }
            match self.0.get(url).await {
                Ok(content) => Ok(serde_json::from_slice(&content).ok()),
                // GitHub answers few questions of those who do not say who they are.
                Err(
                    Refused::NotFound(_)
                    | Refused::Unauthenticated(_)
                    | Refused::InsufficientScopes { .. }
                    | Refused::RateLimited(_),
                ) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// What a part of a path must not have as it is.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Where the file is to be got, as scriptworker and build-decision get it.
pub(crate) fn template_url(repository: &str, revision: &str) -> Result<String, Error> {
    let revision = checked(revision)?;
    match host(repository) {
        Some(Host::GitHub(names)) => Ok(format!(
            "https://raw.githubusercontent.com/{}/{}/{revision}/.taskcluster.yml",
            escaped(&names.owner),
            escaped(&names.name)
        )),
        Some(Host::Mercurial(url)) => Ok(format!("{url}/raw-file/{revision}/.taskcluster.yml")),
        None => Err(Error::Host { repository: repository.to_owned() }),
    }
}

/// The push that a revision came with, as `hg.mozilla.org` tells it.
pub(crate) fn pushlog_url(repository: &str, revision: &str) -> Option<String> {
    match host(repository)? {
        Host::Mercurial(url) => {
            Some(format!("{url}/json-pushes?changeset={}&version=2&full=1", checked(revision).ok()?))
        }
        Host::GitHub(_) => None,
    }
}

/// A part of GitHub's API, such as `commits/<revision>`.
pub(crate) fn github_url(repository: &str, what: &str, which: &str) -> Option<String> {
    let which = checked(which).ok()?;
    match host(repository)? {
        Host::GitHub(names) => Some(format!(
            "https://api.github.com/repos/{}/{}/{what}/{which}",
            escaped(&names.owner),
            escaped(&names.name)
        )),
        Host::Mercurial(_) => None,
    }
}

enum Host {
    GitHub(Names),
    /// The URL without a slash at its end, escaped.
    Mercurial(String),
}

fn host(repository: &str) -> Option<Host> {
    let url = page(repository);
    if url.split('/').any(|part| part == "." || part == "..") {
        return None;
    }
    if let Some(path) = url.strip_prefix("https://github.com/") {
        let names = Names::of(&url);
        return (path.split('/').count() == 2 && !names.name.is_empty()).then_some(Host::GitHub(names));
    }
    let path = trimmed(url.strip_prefix("https://hg.mozilla.org/")?);
    (!path.is_empty()).then(|| Host::Mercurial(format!("https://hg.mozilla.org/{}", escaped(path))))
}

fn escaped(part: &str) -> String {
    utf8_percent_encode(part, ESCAPED).to_string()
}

/// A revision, or a tag, that is nothing else in a URL.
fn checked(revision: &str) -> Result<&str, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'/');
    let parts = |part: &str| !part.is_empty() && part != "." && part != "..";
    match revision.bytes().all(plain) && revision.split('/').all(parts) {
        true => Ok(revision),
        false => Err(Error::Revision { revision: revision.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_got_from_known_hosts_only() {
        let url =
            |repository, revision| template_url(repository, revision).map_err(|error| error.to_string());
        let raw = "https://raw.githubusercontent.com/acme/engine/0a1b/.taskcluster.yml";
        for repository in [
            "https://github.com/acme/engine",
            "https://github.com/acme/engine/",
            "https://github.com/acme/engine.git",
            "git@github.com:acme/engine.git",
        ] {
            assert_eq!(url(repository, "0a1b").as_deref(), Ok(raw), "{repository}");
        }
        assert_eq!(
            url("https://hg.mozilla.org/releases/mozilla-beta/", "tip").as_deref(),
            Ok("https://hg.mozilla.org/releases/mozilla-beta/raw-file/tip/.taskcluster.yml")
        );
        for repository in [
            "",
            "http://hg.mozilla.org/try",
            "https://hg.mozilla.org/",
            "https://hg.mozilla.org.example.com/try",
            "https://hg.mozilla.org@example.com/try",
            "https://hg.mozilla.org/../try",
            "https://github.com/acme",
            "https://github.com/acme/engine/raw",
            "https://github.com.example.com/acme/engine",
            "http://127.0.0.1/acme/engine",
            "file:///etc",
            "/home/me/engine",
        ] {
            assert!(url(repository, "0a1b").unwrap_err().contains("cannot get files"), "{repository}");
        }
        assert!(url("https://hg.mozilla.org/a?b#c", "tip").unwrap().contains("/a%3Fb%23c/raw-file/"));
    }

    #[test]
    fn revisions_stay_in_their_place() {
        let url = |revision| template_url("https://github.com/acme/engine", revision);
        assert!(url("release/v1.0+build-2").is_ok());
        for revision in ["", "a b", "../x", "a/../b", "a//b", "/a", "a?b", "a#b", "%2e%2e", "ä"] {
            assert!(matches!(url(revision), Err(Error::Revision { .. })), "{revision}");
        }
        assert_eq!(pushlog_url("https://github.com/acme/engine", "1"), None);
        assert_eq!(github_url("https://hg.mozilla.org/try", "commits", "1"), None);
        assert_eq!(github_url("https://github.com/acme/engine", "commits", "a/../b"), None);
        assert_eq!(
            github_url("https://github.com/acme/engine", "pulls", "7").unwrap(),
            "https://api.github.com/repos/acme/engine/pulls/7"
        );
    }
}
