//! Contents of artifacts.

use std::{fmt, path::Path};

use serde::Deserialize;
use serde_json::json;

use crate::{
    cluster::{Call, Cluster, Sent},
    error::Error,
    http::Sink,
    service::{Queue, call},
    task_id::TaskId,
};

/// The content of an artifact, as it comes: see [`Queue::open_artifact`].
pub struct Chunks {
    response: reqwest::Response,
    asked: String,
}

/// What a download came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes there are, decompressed.
    pub length: u64,
    /// What it is, if the server said so.
    pub content_type: Option<String>,
}

/// An artifact to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload<'a> {
    /// What it is.
    pub content_type: &'a str,
    /// Until when it is kept, such as `2027-01-31T12:00:00.000Z`.
    pub expires: &'a str,
    /// All of it.
    pub content: Vec<u8>,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The response would show its URL, which may be signed.
        f.debug_struct("Chunks").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Chunks {
    /// The next piece; nothing at the end.
    ///
    /// Fails with [`Error::Transport`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let piece = self.response.chunk().await.map_err(|error| Error::Transport {
            asked: self.asked.clone(),
            attempts: 1,
            source: Box::new(error.without_url()),
        })?;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}

impl Cluster {
    /// The content of any URL, as [`Http::get`](crate::Http::get).
    pub async fn get_url(&self, url: &str) -> Result<Vec<u8>, Error> {
        self.http().get(url).await
    }

    /// What a call leads to, decompressed.
    pub(crate) async fn content(&self, call: &Call<'_>) -> Result<Vec<u8>, Error> {
        Ok(self.http().send(&self.request(call)?, Sink::Memory).await?.bytes)
    }
}

impl Queue<'_> {
    /// The content of an artifact of a run, or of the latest one, decompressed. Redirections and links are followed.
    ///
    /// Fails with [`Error::NotFound`], [`Error::ArtifactFailed`] if the task could not make it, and as
    /// [`Http::get`](crate::Http::get).
    pub async fn artifact(&self, id: &TaskId, run: Option<u32>, name: &str) -> Result<Vec<u8>, Error> {
        let run = run.map(|run| run.to_string());
        self.cluster.content(&artifact(&arguments(id, run.as_deref(), name))).await
    }

    /// Downloads an artifact into a file, which appears, or is replaced, when all of it is there.
    ///
    /// Fails as [`Queue::artifact`], and with [`Error::Write`].
    pub async fn download_artifact(
        &self,
        id: &TaskId,
        run: Option<u32>,
        name: &str,
        path: &Path,
    ) -> Result<Downloaded, Error> {
        let run = run.map(|run| run.to_string());
        let arguments = arguments(id, run.as_deref(), name);
        let request = self.cluster.request(&artifact(&arguments))?;
        let content = self.cluster.http().send(&request, Sink::File(path)).await?;
        Ok(Downloaded { length: content.length, content_type: content.content_type })
    }

    /// Makes an artifact of a run, with this content. `expires` is a time as the service writes them, no later than that
    /// of the task. Nothing is sent in a dry run but recorded.
    ///
    /// Fails with what the service says, with [`Error::BadAnswer`] if it does not say where the content goes, and as
    /// [`Http::get`](crate::Http::get).
    pub async fn upload_artifact(
        &self,
        id: &TaskId,
        run: u32,
        name: &str,
        upload: Upload<'_>,
    ) -> Result<Sent<()>, Error> {
        /// Of storage `s3`, which is what workers ask for.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            put_url: String,
        }
        let Upload { content_type, expires, content } = upload;
        let body = json!({"storageType": "s3", "expires": expires, "contentType": content_type});
        let run = run.to_string();
        let arguments = [id.as_str(), &run, name];
        let call = call!("queue", "createArtifact", &arguments, Some(&body));
        match self.cluster.change::<Answer>(&call).await? {
            Sent::Recorded => Ok(Sent::Recorded),
            Sent::Done(Answer { put_url }) => {
                self.cluster.http().put(&put_url, content_type, content).await.map(Sent::Done)
            }
        }
    }

    /// Opens an artifact that grows while it is read, such as the log of a running task.
    ///
    /// Fails as [`Queue::artifact`].
    pub async fn open_artifact(&self, id: &TaskId, run: Option<u32>, name: &str) -> Result<Chunks, Error> {
        let run = run.map(|run| run.to_string());
        let arguments = arguments(id, run.as_deref(), name);
        let request = self.cluster.request(&artifact(&arguments))?;
        Ok(Chunks { response: self.cluster.http().open(&request).await?, asked: request.asked })
    }
}

fn arguments<'a>(id: &'a TaskId, run: Option<&'a str>, name: &'a str) -> Vec<&'a str> {
    [Some(id.as_str()), run, Some(name)].into_iter().flatten().collect()
}

fn artifact<'a>(arguments: &'a [&'a str]) -> Call<'a> {
    match arguments.len() {
        3 => call!("queue", "getArtifact", arguments),
        _ => call!("queue", "getLatestArtifact", arguments),
    }
}
