//! Signing in with a browser: a deployment's page makes a client, and sends its credentials to a port on loopback.

mod callback;

use std::{io, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use taskcluster_queue_client::{Call, Cluster, Credentials, Error, api::Service};
use taskgraph_parameterize::{Span, nice_slugid, slugid};
use tokio::net::TcpListener;

/// Everything but letters, digits and `-._~`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who has all scopes should not have them for longer without saying so.
const LONGEST_FOR_ALL: Duration = Duration::from_secs(3600);

/// How often to look for a port that is free on both addresses of loopback.
const MOST_PORTS: usize = 20;

/// Why nobody could be signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Neither credentials nor a proxy that has some.
    #[error(
        "nobody is signed in: expected the environment variables TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN"
    )]
    NoCredentials,
    /// The credentials are accepted, and good for nothing.
    #[error("the credentials have no scopes at all")]
    NoScopes,
    /// The deployment does not say who asks.
    #[error("cannot tell who is signed in")]
    Unknown(#[source] Error),
    /// Not a lifetime of a client.
    #[error("bad lifetime `{text}`: expected a time such as `15m`, `1h` or `1d`")]
    BadLifetime {
        /// The text.
        text: String,
    },
    /// Something that is no scope.
    #[error("bad scope `{scope}`: expected printable ASCII characters")]
    BadScope {
        /// The text.
        scope: String,
    },
    /// Something that cannot be a part of a client's name.
    #[error("bad name `{name}`: expected letters, digits and `-_.:@/`")]
    BadName {
        /// The text.
        name: String,
    },
    /// There is nothing to ask for.
    #[error("no scopes are named")]
    NothingWanted,
    /// Everything, for long.
    #[error("the scope `*`, which is every scope you have, for more than an hour is dangerous")]
    AllForLong,
    /// The port is taken.
    #[error("cannot listen on port {port} of loopback")]
    Listen {
        /// The port; 0 is any.
        port: u16,
        /// Why.
        source: io::Error,
    },
}

/// What a new client is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The beginning of its name, after that of the person.
    pub name: String,
    /// What it may do, as far as the person may.
    pub scopes: Vec<String>,
    /// How long it lives.
    pub lifetime: Duration,
    /// What people see in the list of their clients.
    pub description: String,
}

impl Wanted {
    /// Checks names and scopes. `*` for more than an hour needs `all_scopes`.
    ///
    /// Fails with [`SignInError::BadName`], [`SignInError::BadScope`], [`SignInError::NothingWanted`] and
    /// [`SignInError::AllForLong`].
    pub fn check(&self, all_scopes: bool) -> Result<(), SignInError> {
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.:@/".contains(c);
        if self.name.is_empty() || !self.name.chars().all(good) {
            return Err(SignInError::BadName { name: self.name.clone() });
        }
        if self.scopes.is_empty() {
            return Err(SignInError::NothingWanted);
        }
        let printable = |scope: &&String| !scope.chars().all(|c| matches!(c, ' '..='~'));
        if let Some(scope) = self.scopes.iter().find(printable) {
            return Err(SignInError::BadScope { scope: scope.escape_debug().to_string() });
        }
        if !all_scopes && self.lifetime > LONGEST_FOR_ALL && self.scopes.iter().any(|scope| scope == "*") {
            return Err(SignInError::AllForLong);
        }
        Ok(())
    }
}

/// Scopes as people give them: an argument may hold several, on lines of their own.
///
/// ```
/// let given = ["queue:rerun-task:*", "  secrets:get:a\n\n  secrets:get:b\n"];
/// let scopes = taskcluster_operations::split_scopes(given);
/// assert_eq!(scopes, ["queue:rerun-task:*", "secrets:get:a", "secrets:get:b"]);
/// ```
pub fn split_scopes<'a>(given: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let lines = given.into_iter().flat_map(str::lines).map(str::trim);
    lines.filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

/// A lifetime such as `15m`, `1h`, `1d` or `2 weeks`. Here `m` stands for minutes.
///
/// Fails with [`SignInError::BadLifetime`].
///
/// ```
/// assert_eq!(taskcluster_operations::lifetime("15m")?.as_secs(), 900);
/// assert!(taskcluster_operations::lifetime("soon").is_err());
/// # Ok::<(), taskcluster_operations::SignInError>(())
/// ```
pub fn lifetime(text: &str) -> Result<Duration, SignInError> {
    let bad = || SignInError::BadLifetime { text: text.to_owned() };
    let trimmed = text.trim();
    let minutes = trimmed.strip_suffix('m').filter(|before| before.ends_with(|c: char| c.is_ascii_digit()));
    let span = match minutes {
        Some(before) => format!("{before}min").parse::<Span>(),
        None => trimmed.parse(),
    };
    match span.map_err(|_| bad())?.seconds() {
        None | Some(0) => Err(bad()),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
    }
}

/// A sign-in that waits for the person at the browser.
#[derive(Debug)]
pub struct SignIn {
    listeners: Vec<TcpListener>,
    path: String,
    url: String,
}

impl SignIn {
    /// Listens on loopback, on this port (0 is any), for the credentials of a new client of the deployment with this
    /// root URL. The path on which they are accepted is made of the random bytes.
    ///
    /// Fails with [`SignInError::Listen`].
    pub async fn begin(
        root_url: &str,
        wanted: &Wanted,
        port: u16,
        random: [u8; 32],
    ) -> Result<SignIn, SignInError> {
        let (secret, suffix) = random.split_at(16);
        let half = |bytes: &[u8]| <[u8; 16]>::try_from(bytes).unwrap_or_default();
        let path = format!("/{}", slugid(half(secret)));
        let suffix: String = nice_slugid(half(suffix)).chars().take(6).collect();
        let listeners = listen(port).await.map_err(|source| SignInError::Listen { port, source })?;
        let address = listeners.first().map(TcpListener::local_addr).transpose();
        let address = address.map_err(|source| SignInError::Listen { port, source })?;
        // The page accepts no other host name.
        let callback = format!("http://localhost:{}{path}", address.map_or(port, |address| address.port()));

        let scopes = wanted.scopes.iter().map(|scope| ("scope", scope.clone()));
        let others = [
            ("name", format!("{}-{suffix}", wanted.name)),
            ("expires", shown(wanted.lifetime)),
            ("callback_url", callback),
            ("description", wanted.description.clone()),
        ];
        let query: Vec<String> = scopes
            .chain(others)
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, ESCAPED)))
            .collect();
        let url = format!("{}/auth/clients/create?{}", root_url.trim_end_matches('/'), query.join("&"));
        Ok(SignIn { listeners, path, url })
    }

    /// The page to open in a browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the page sends the credentials, which it can do once. Whatever else is sent is refused.
    ///
    /// Fails with [`SignInError::Listen`].
    pub async fn finish(self) -> Result<Credentials, SignInError> {
        callback::wait(&self.listeners, &self.path)
            .await
            .map_err(|source| SignInError::Listen { port: 0, source })
    }
}

/// Listens on both addresses that `localhost` may stand for, so that nobody else gets what is meant for us.
async fn listen(port: u16) -> io::Result<Vec<TcpListener>> {
    let mut tries = 0;
    loop {
        tries += 1;
        let v4 = TcpListener::bind(("127.0.0.1", port)).await?;
        match TcpListener::bind(("::1", v4.local_addr()?.port())).await {
            Ok(v6) => return Ok(vec![v4, v6]),
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Ok(vec![v4]),
            Err(error) if port != 0 || tries == MOST_PORTS => return Err(error),
            Err(_) => {}
        }
    }
}

/// As the page reads lifetimes.
fn shown(lifetime: Duration) -> String {
    match lifetime.as_secs() {
        seconds if seconds % 86_400 == 0 => format!("{} days", seconds / 86_400),
        seconds if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

/// Who asks a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The name of the client; none if a proxy signs.
    pub client_id: Option<String>,
    /// The deployment.
    pub root_url: Option<String>,
    /// When the credentials end, if that is known.
    pub expires: Option<String>,
    /// What the client may do.
    pub scopes: Vec<String>,
}

/// Asks who we are. `proxied` says that a proxy signs for us.
///
/// Fails with [`SignInError::NoCredentials`], [`SignInError::NoScopes`] and [`SignInError::Unknown`].
pub async fn who_am_i(cluster: &Cluster, proxied: bool) -> Result<Identity, SignInError> {
    let credentials = cluster.credentials();
    if credentials.is_none() && !proxied {
        return Err(SignInError::NoCredentials);
    }
    let scopes = cluster.auth().current_scopes().await.map_err(SignInError::Unknown)?;
    if scopes.is_empty() {
        return Err(SignInError::NoScopes);
    }
    let expires = match credentials {
        None => None,
        Some(credentials) => match credentials.expires() {
            Some(time) => Some(
                chrono::DateTime::<chrono::Utc>::from(time)
                    .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            ),
            None => {
                registered_expiry(cluster, credentials.client_id()).await.map_err(SignInError::Unknown)?
            }
        },
    };
    Ok(Identity {
        client_id: credentials.map(|credentials| credentials.client_id().to_owned()),
        root_url: cluster.root_url().map(str::to_owned),
        expires,
        scopes,
    })
}

/// When a client ends, if we may know.
async fn registered_expiry(cluster: &Cluster, client_id: &str) -> Result<Option<String>, Error> {
    let Some((service, method)) = Service::find("auth").and_then(|auth| Some((auth, auth.method("client")?)))
    else {
        return Ok(None);
    };
    let call = Call { service, method, arguments: &[client_id], query: &[], body: None };
    match cluster.call(&call).await {
        Ok(answer) => {
            let answer = answer.done().unwrap_or_default();
            Ok(answer.get("expires").and_then(serde_json::Value::as_str).map(str::to_owned))
        }
        Err(error) if error.is_about_reach() => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
