//! One deployment.

use serde::Deserialize;

use crate::{error::Error, http::Http, url};

/// A Taskcluster deployment, by its root URL.
#[derive(Clone, Debug)]
pub struct Cluster {
    http: Http,
    /// Where the services are asked: the root URL, or that of a task's proxy.
    api_root: String,
    /// Where links for the world point to. Unknown if only a proxy is given.
    root_url: Option<String>,
}

impl Cluster {
    /// A deployment by its root URL, such as `https://firefox-ci-tc.services.mozilla.com`; slashes at its end do not
    /// count.
    ///
    /// Fails with [`Error::BadUrl`].
    pub fn new(root_url: &str, http: Http) -> Result<Cluster, Error> {
        let root_url = normal_root(root_url)?;
        Ok(Cluster { http, api_root: root_url.clone(), root_url: Some(root_url) })
    }

    /// The deployment that the environment names: services are asked through `TASKCLUSTER_PROXY_URL` if that is set,
    /// which adds a task's credentials, else at `TASKCLUSTER_ROOT_URL`. An empty value counts as unset.
    ///
    /// Fails with [`Error::NoRootUrl`] if neither is set, and [`Error::BadUrl`].
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>, http: Http) -> Result<Cluster, Error> {
        let read = |name| {
            let value = env(name).filter(|value| !value.is_empty());
            value.map(|value| normal_root(&value)).transpose()
        };
        let root_url = read("TASKCLUSTER_ROOT_URL")?;
        let proxy = read("TASKCLUSTER_PROXY_URL")?;
        let api_root = proxy.or_else(|| root_url.clone()).ok_or(Error::NoRootUrl)?;
        Ok(Cluster { http, api_root, root_url })
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
        let root = self.root_url.as_deref().ok_or(Error::NoRootUrl)?;
        let path = format!(
            "task/{}/artifacts/{}",
            url::part("task id", task_id)?,
            url::parts("artifact name", name)?
        );
        Ok(api_url(root, "queue", "v1", &path))
    }

    /// The id of the task that is indexed under a path such as `mobile.v2.fenix.latest.taskgraph.decision`.
    ///
    /// Fails with [`Error::NotFound`], [`Error::BadName`], [`Error::BadAnswer`], and as [`Http::get`].
    pub fn find_task(&self, index_path: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Found {
            #[serde(rename = "taskId")]
            task_id: String,
        }

        let path = format!("task/{}", url::part("index path", index_path)?);
        let url = self.api_url("index", "v1", &path);
        let what = || format!("task indexed as `{index_path}`");
        let answer = self.http.get(&url).map_err(|error| not_found(error, what))?;
        let expected = "an object with a text `taskId`";
        let found: Found =
            serde_json::from_slice(&answer).map_err(|source| Error::BadAnswer { url, expected, source })?;
        Ok(found.task_id)
    }

    /// The content of an artifact of the latest run of a task, decompressed.
    ///
    /// Fails with [`Error::NotFound`], [`Error::BadName`], and as [`Http::get`].
    pub fn artifact(&self, task_id: &str, name: &str) -> Result<Vec<u8>, Error> {
        let path = format!(
            "task/{}/artifacts/{}",
            url::part("task id", task_id)?,
            url::part("artifact name", name)?
        );
        let what = || format!("artifact `{name}` of task `{task_id}`");
        self.get_url(&self.api_url("queue", "v1", &path)).map_err(|error| not_found(error, what))
    }

    /// The content of any URL, as [`Http::get`].
    pub fn get_url(&self, url: &str) -> Result<Vec<u8>, Error> {
        self.http.get(url)
    }
}

fn normal_root(root_url: &str) -> Result<String, Error> {
    let root = root_url.trim_end_matches('/');
    url::parse(root)?;
    Ok(root.to_owned())
}

fn api_url(root: &str, service: &str, version: &str, path: &str) -> String {
    format!("{root}/api/{service}/{version}/{}", path.trim_start_matches('/'))
}

fn not_found(error: Error, what: impl FnOnce() -> String) -> Error {
    match error {
        Error::Status { url, status: 404, .. } => Error::NotFound { what: what(), url },
        error => error,
    }
}
