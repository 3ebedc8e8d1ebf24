//! Signing requests, so that the services know who asks and that nobody changed what is asked.

use std::{
    hash::{BuildHasher, RandomState},
    time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Url;
use serde_json::{Value, json};

use crate::{credentials::Credentials, error::Error};

/// Signs for one client, and perhaps for a part of its scopes only.
pub(crate) struct Signer {
    credentials: Credentials,
    authorized_scopes: Option<Vec<String>>,
    hawk: hawk::Credentials,
    ext: Option<String>,
}

impl Signer {
    pub(crate) fn new(
        credentials: Credentials,
        authorized_scopes: Option<Vec<String>>,
    ) -> Result<Self, Error> {
        let mut ext = serde_json::Map::new();
        if let Some(certificate) = credentials.certificate() {
            // It was JSON when it came in.
            ext.insert("certificate".into(), serde_json::from_str(&certificate).unwrap_or(Value::Null));
        }
        if let Some(scopes) = &authorized_scopes {
            ext.insert("authorizedScopes".into(), json!(scopes));
        }
        let ext = (!ext.is_empty()).then(|| BASE64_STANDARD.encode(Value::Object(ext).to_string()));
        let hawk = hawk::Credentials { id: credentials.client_id().to_owned(), key: credentials.key()? };
        Ok(Signer { credentials, authorized_scopes, hawk, ext })
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The same client, for these scopes only.
    pub(crate) fn authorize(&self, scopes: Vec<String>) -> Result<Self, Error> {
        Signer::new(self.credentials.clone(), Some(scopes))
    }

    /// The value of the `Authorization` header. Each attempt needs its own: it holds the time, and serves once.
    ///
    /// Fails with [`Error::CredentialsExpired`] and [`Error::BadCredentials`].
    pub(crate) fn header(
        &self,
        verb: &str,
        url: &Url,
        body: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<String, Error> {
        self.credentials.check(now)?;
        let bad = |_| Error::BadCredentials { reason: "the request could not be signed".to_owned() };
        let hash = body
            .map(|body| hawk::PayloadHasher::hash("application/json", hawk::SHA256, body))
            .transpose()
            .map_err(bad)?;
        // This takes the query with the path.
        let header = hawk::RequestBuilder::from_url(verb, url)
            .map_err(bad)?
            .hash(hash.as_deref())
            .ext(self.ext.as_deref())
            .request()
            .make_header_full(&self.hawk, now, nonce())
            .map_err(bad)?;
        Ok(format!("Hawk {header}"))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("credentials", &self.credentials)
            .field("authorized_scopes", &self.authorized_scopes)
            .finish_non_exhaustive()
    }
}

/// Another text each time.
fn nonce() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}
