//! One deployment.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    api::{Method, Service},
    credentials::Credentials,
    error::Error,
    http::{Http, JSON, Request, Sink},
    sign::Signer,
    url,
};

/// A Taskcluster deployment, and who asks it. Clones are cheap and share connections.
#[derive(Clone, Debug)]
pub struct Cluster {
    http: Http,
    /// Where the services are asked: the root URL, or that of a task's proxy.
    api_root: Arc<str>,
    /// Where links for the world point to. Unknown if only a proxy is given.
    root_url: Option<Arc<str>>,
    signer: Option<Arc<Signer>>,
    recorder: Option<Recorder>,
}

/// What would have been sent, in order: see [`Cluster::dry_run`].
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Recorded>>>);

/// One request that was not sent. `Debug` does not show the body of a secret.
#[derive(Clone, PartialEq)]
pub struct Recorded {
    /// The service, such as `queue`.
    pub service: &'static str,
    /// The method, such as `createTask`.
    pub method: &'static str,
    /// The arguments in the path; `***` for secrets.
    pub arguments: Vec<String>,
    /// The body; null if there is none.
    pub body: Value,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Recorded");
        shown
            .field("service", &self.service)
            .field("method", &self.method)
            .field("arguments", &self.arguments);
        match self.service {
            "secrets" => shown.finish_non_exhaustive(),
            _ => shown.field("body", &self.body).finish(),
        }
    }
}

/// What came of a request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent<T> {
    /// The service did it.
    Done(T),
    /// This is a dry run.
    Recorded,
}

impl<T> Sent<T> {
    /// The answer, unless this is a dry run.
    pub fn done(self) -> Option<T> {
        match self {
            Sent::Done(answer) => Some(answer),
            Sent::Recorded => None,
        }
    }

    /// The same, of another answer.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Sent<U> {
        match self {
            Sent::Done(answer) => Sent::Done(f(answer)),
            Sent::Recorded => Sent::Recorded,
        }
    }
}

impl Recorder {
    /// What was recorded up to now.
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Recorded>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A call of one method of a service.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Its service.
    pub service: &'static Service,
    /// The method.
    pub method: &'static Method,
    /// What stands for the arguments in its path, in order, as they are: they are escaped here.
    pub arguments: &'a [&'a str],
    /// Names and values of options.
    pub query: &'a [(&'a str, &'a str)],
    /// The body, if it takes one.
    pub body: Option<&'a Value>,
}

impl Cluster {
    /// A deployment by its root URL, such as `https://firefox-ci-tc.services.mozilla.com`; slashes at its end do not
    /// count. Requests are not signed.
    ///
    /// Fails with [`Error::BadUrl`].
    pub fn new(root_url: &str, http: Http) -> Result<Cluster, Error> {
        let root: Arc<str> = normal_root(root_url)?.into();
        Ok(Cluster { http, api_root: root.clone(), root_url: Some(root), signer: None, recorder: None })
    }

    /// The deployment that the environment names. Services are asked through `TASKCLUSTER_PROXY_URL` if that is set,
    /// which adds a task's credentials, else at `TASKCLUSTER_ROOT_URL`, with the credentials in
    /// `TASKCLUSTER_CLIENT_ID`, `TASKCLUSTER_ACCESS_TOKEN` and `TASKCLUSTER_CERTIFICATE`. An empty value counts as
    /// unset.
    ///
    /// Fails with [`Error::NoRootUrl`] if neither URL is set, with [`Error::BadUrl`], [`Error::BadCredentials`] and
    /// [`Error::CredentialsExpired`].
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>, http: Http) -> Result<Cluster, Error> {
        let read = |name| -> Result<Option<Arc<str>>, Error> {
            let value = env(name).filter(|value| !value.is_empty());
            value.map(|value| Ok(normal_root(&value)?.into())).transpose()
        };
        let root_url = read("TASKCLUSTER_ROOT_URL")?;
        if let Some(api_root) = read("TASKCLUSTER_PROXY_URL")? {
            return Ok(Cluster { http, api_root, root_url, signer: None, recorder: None });
        }
        let api_root = root_url.clone().ok_or(Error::NoRootUrl)?;
        let cluster = Cluster { http, api_root, root_url, signer: None, recorder: None };
        match Credentials::from_env(env)? {
            Some(credentials) => cluster.with_credentials(credentials),
            None => Ok(cluster),
        }
    }

    /// The same deployment, asked by this client.
    ///
    /// Fails with [`Error::CredentialsExpired`] and [`Error::BadCredentials`].
    pub fn with_credentials(&self, credentials: Credentials) -> Result<Cluster, Error> {
        credentials.check(self.http.settings().clock.now())?;
        let signer = Some(Arc::new(Signer::new(credentials, None)?));
        Ok(Cluster { signer, ..self.clone() })
    }

    /// The same client with no more than these scopes, for work on behalf of somebody who has less. Without
    /// credentials there is nothing to restrict.
    ///
    /// Fails with [`Error::BadCredentials`].
    pub fn with_authorized_scopes(
        &self,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Cluster, Error> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let signer = self.signer.as_ref().map(|signer| signer.authorize(scopes)).transpose()?;
        Ok(Cluster { signer: signer.map(Arc::new), ..self.clone() })
    }

    /// The same deployment, for a dry run: what reads is sent, what changes something is recorded instead.
    pub fn dry_run(&self) -> (Cluster, Recorder) {
        let recorder = Recorder::default();
        (Cluster { recorder: Some(recorder.clone()), ..self.clone() }, recorder)
    }

    /// Whether requests that change something are only recorded.
    pub fn is_dry_run(&self) -> bool {
        self.recorder.is_some()
    }

    /// The root URL, without a slash at its end, unless only a proxy is known.
    pub fn root_url(&self) -> Option<&str> {
        self.root_url.as_deref()
    }

    /// Who asks, unless nobody or the proxy signs.
    pub fn credentials(&self) -> Option<&Credentials> {
        Some(self.signer.as_ref()?.credentials())
    }

    /// How many requests may be under way at once.
    pub fn concurrency(&self) -> usize {
        self.http.settings().concurrency.max(1)
    }

    /// Calls any method. The answer is null if it has no content.
    ///
    /// Fails with what the service answers, and with [`Error::WrongArguments`], [`Error::BadName`],
    /// [`Error::Transport`], [`Error::BadAnswer`].
    ///
    /// ```no_run
    /// # async fn example(cluster: taskcluster_queue_client::Cluster) -> Result<(), Box<dyn std::error::Error>> {
    /// use taskcluster_queue_client::{Call, Sent, api::Service};
    /// let service = Service::find("worker-manager").ok_or("no such service")?;
    /// let method = service.method("listWorkerPools").ok_or("no such method")?;
    /// let call = Call { service, method, arguments: &[], query: &[("limit", "10")], body: None };
    /// if let Sent::Done(answer) = cluster.call(&call).await? {
    ///     println!("{answer}");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn call(&self, call: &Call<'_>) -> Result<Sent<Value>, Error> {
        let bytes = match self.send(call, true).await? {
            Sent::Done(bytes) => bytes,
            Sent::Recorded => return Ok(Sent::Recorded),
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Sent::Done(Value::Null));
        }
        let answer = serde_json::from_slice(&bytes);
        answer.map(Sent::Done).map_err(|source| Error::BadAnswer { asked: call.shown(), source })
    }

    /// As [`Cluster::call`], but the answer is returned as it came. Redirections are not followed: they have a body,
    /// too, such as the URL of an artifact.
    ///
    /// Fails as [`Cluster::call`], but for what is wrong with the answer.
    pub async fn call_raw(&self, call: &Call<'_>) -> Result<Sent<Vec<u8>>, Error> {
        self.send(call, false).await
    }

    async fn send(&self, call: &Call<'_>, follow: bool) -> Result<Sent<Vec<u8>>, Error> {
        if let Some(recorder) = self.recorder.as_ref().filter(|_| call.method.changes_something()) {
            call.path()?; // so that what could not be sent is not recorded
            recorder.lock().push(Recorded {
                service: call.service.name,
                method: call.method.name,
                arguments: call.shown_arguments().into_iter().map(str::to_owned).collect(),
                body: call.body.cloned().unwrap_or_default(),
            });
            return Ok(Sent::Recorded);
        }
        let request = Request { follow, ..self.request(call)? };
        Ok(Sent::Done(self.http.send(&request, Sink::Memory).await?.bytes))
    }

    pub(crate) fn request(&self, call: &Call<'_>) -> Result<Request<'_>, Error> {
        let mut url = self.url_of(&self.api_root, call)?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let shown = Call { arguments: &call.shown_arguments(), ..*call };
        Ok(Request {
            asked: call.shown(),
            shown_url: url::shown(&self.url_of(&self.api_root, &shown)?),
            verb: call.method.verb,
            url,
            body: call.body.map(|body| body.to_string().into_bytes()),
            content_type: JSON,
            repeat: call.method.repeat(),
            follow: true,
            signer: self.signer.as_deref(),
        })
    }

    fn url_of(&self, root: &str, call: &Call<'_>) -> Result<Url, Error> {
        url::parse(&api_url(root, call.service.name, call.service.version, &call.path()?))
    }

    /// A call that only reads, whose answer has the given shape.
    pub(crate) async fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Error> {
        let answer = self.call(call).await?.done().unwrap_or_default();
        shaped(call, answer)
    }

    /// A call that changes something, whose answer has the given shape.
    pub(crate) async fn change<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Sent<T>, Error> {
        Ok(match self.call(call).await? {
            Sent::Done(answer) => Sent::Done(shaped(call, answer)?),
            Sent::Recorded => Sent::Recorded,
        })
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// The URL of a path of a service's API. The path is taken as it is, but for slashes at its beginning.
    ///
    /// ```
    /// # use taskcluster_queue_client::{Cluster, Http, Settings};
    /// let cluster = Cluster::new("https://tc.example.com//", Http::new(&Settings::default())?)?;
    /// assert_eq!(cluster.api_url("queue", "v1", "/ping"), "https://tc.example.com/api/queue/v1/ping");
    /// # Ok::<(), taskcluster_queue_client::Error>(())
    /// ```
    pub fn api_url(&self, service: &str, version: &str, path: &str) -> String {
        api_url(&self.api_root, service, version, path)
    }

    /// The URL of an artifact of the latest run of a task, as the world sees it, not through the proxy. Slashes in
    /// the name stay.
    ///
    /// Fails with [`Error::NoRootUrl`] if only the proxy is known, and [`Error::BadName`].
    pub fn artifact_url(&self, task_id: &str, name: &str) -> Result<String, Error> {
        let root = self.root_url().ok_or(Error::NoRootUrl)?;
        let path = format!(
            "task/{}/artifacts/{}",
            url::part("task id", task_id)?,
            url::parts("artifact name", name)?
        );
        Ok(api_url(root, "queue", "v1", &path))
    }
}

impl Call<'_> {
    /// The path with its arguments, escaped.
    fn path(&self) -> Result<String, Error> {
        let expected = self.method.arguments().count();
        let found = self.arguments.len();
        if expected != found {
            return Err(Error::WrongArguments { method: self.method.name, expected, found });
        }
        let mut path = String::new();
        let mut values = self.arguments.iter();
        for (index, text) in self.method.path.split(['<', '>']).enumerate() {
            match (index % 2, values.len()) {
                (1, 1..) => path += &url::part(text, values.next().copied().unwrap_or_default())?,
                _ => path += text,
            }
        }
        Ok(path)
    }

    /// For messages: `queue.status(fdtgsD5DQUmAQZEaGMvQ4Q)`.
    pub(crate) fn shown(&self) -> String {
        format!("`{}.{}({})`", self.service.name, self.method.name, self.shown_arguments().join(", "))
    }

    /// The arguments, but for those that are secrets.
    fn shown_arguments(&self) -> Vec<&str> {
        let names = self.method.arguments().map(Some).chain(std::iter::repeat(None));
        let shown = |(&value, name)| if name == Some("token") { "***" } else { value };
        self.arguments.iter().zip(names).map(shown).collect()
    }
}

pub(crate) fn shaped<T: DeserializeOwned>(call: &Call<'_>, answer: Value) -> Result<T, Error> {
    serde_json::from_value(answer).map_err(|source| Error::BadAnswer { asked: call.shown(), source })
}

fn normal_root(root_url: &str) -> Result<String, Error> {
    let root = root_url.trim_end_matches('/');
    url::parse(root)?;
    Ok(root.to_owned())
}

fn api_url(root: &str, service: &str, version: &str, path: &str) -> String {
    format!("{root}/api/{service}/{version}/{}", path.trim_start_matches('/'))
}
