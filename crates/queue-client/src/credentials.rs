//! Who we are.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A client's name and its secret. Neither `Debug` nor any error shows the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    client_id: String,
    access_token: String,
    certificate: Option<Certificate>,
}

/// What makes credentials temporary: times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Certificate {
    version: u32,
    scopes: Vec<String>,
    start: i64,
    expiry: i64,
    seed: String,
    signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
}

/// What temporary credentials are for: see [`Credentials::temporary`].
#[derive(Clone, Debug)]
pub struct Temporary {
    /// The name that the temporary client gets; none is the name of its issuer.
    pub client_id: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// From when on.
    pub start: SystemTime,
    /// For how long; the services accept 31 days.
    pub lifetime: Duration,
    /// Random bytes, which keep the secrets of two temporary clients apart.
    pub seed: [u8; 33],
}

impl Credentials {
    /// Permanent credentials.
    pub fn new(client_id: impl Into<String>, access_token: impl Into<String>) -> Credentials {
        Credentials { client_id: client_id.into(), access_token: access_token.into(), certificate: None }
    }

    /// Temporary credentials, by their certificate, which is JSON.
    ///
    /// Fails with [`Error::BadCredentials`].
    pub fn with_certificate(self, certificate: &str) -> Result<Credentials, Error> {
        let bad = |found: String| Error::BadCredentials {
            reason: format!(
                "expected as certificate (TASKCLUSTER_CERTIFICATE) a JSON object with `version`, `scopes`, \
                 `start`, `expiry`, `seed` and `signature`, found {found}"
            ),
        };
        // The parser's own message could quote a part of the certificate.
        let certificate: Certificate = serde_json::from_str(certificate).map_err(|error| {
            bad(match error.classify() {
                serde_json::error::Category::Data => "something else".to_owned(),
                _ => format!("no JSON (line {}, column {})", error.line(), error.column()),
            })
        })?;
        if DateTime::from_timestamp_millis(certificate.expiry).is_none() {
            return Err(bad("an expiry that is no time".to_owned()));
        }
        Ok(Credentials { certificate: Some(certificate), ..self })
    }

    /// The credentials in `TASKCLUSTER_CLIENT_ID`, `TASKCLUSTER_ACCESS_TOKEN` and `TASKCLUSTER_CERTIFICATE`, if any.
    /// An empty value counts as unset.
    ///
    /// Fails with [`Error::BadCredentials`], also if one of the first two is set alone.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Result<Option<Credentials>, Error> {
        let read = |name| env(name).filter(|value| !value.is_empty());
        let credentials = match (read("TASKCLUSTER_CLIENT_ID"), read("TASKCLUSTER_ACCESS_TOKEN")) {
            (None, None) => return Ok(None),
            (Some(client_id), Some(access_token)) => Credentials::new(client_id, access_token),
            (client_id, _) => {
                let (set, missing) = match client_id {
                    Some(_) => ("TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN"),
                    None => ("TASKCLUSTER_ACCESS_TOKEN", "TASKCLUSTER_CLIENT_ID"),
                };
                return Err(Error::BadCredentials { reason: format!("{set} is set, but not {missing}") });
            }
        };
        read("TASKCLUSTER_CERTIFICATE")
            .map_or(Ok(credentials.clone()), |certificate| credentials.with_certificate(&certificate))
            .map(Some)
    }

    /// Credentials for less, and not for long. Nothing is sent: the services check the signature when they are used.
    ///
    /// Fails with [`Error::BadCredentials`] if these are temporary themselves, or a time is before 1970.
    pub fn temporary(&self, wanted: &Temporary) -> Result<Credentials, Error> {
        let bad = |reason: &str| Error::BadCredentials { reason: reason.to_owned() };
        if self.certificate.is_some() {
            return Err(bad("temporary credentials cannot make others"));
        }
        let millis = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(since.as_millis()).ok()
        };
        let end = wanted.start.checked_add(wanted.lifetime);
        let times = millis(wanted.start).zip(end.and_then(millis));
        let (start, expiry) = times.ok_or_else(|| bad("expected times between 1970 and the far future"))?;
        let seed = BASE64_URL_SAFE_NO_PAD.encode(wanted.seed);

        let mut lines = vec!["version:1".to_owned()];
        if let Some(client_id) = &wanted.client_id {
            lines.extend([format!("clientId:{client_id}"), format!("issuer:{}", self.client_id)]);
        }
        lines.extend([format!("seed:{seed}"), format!("start:{start}"), format!("expiry:{expiry}")]);
        lines.push("scopes:".to_owned());
        lines.extend(wanted.scopes.iter().cloned());
        let signature = BASE64_STANDARD.encode(self.hmac(&lines.join("\n"))?);
        let access_token = BASE64_URL_SAFE_NO_PAD.encode(self.hmac(&seed)?);

        Ok(Credentials {
            client_id: wanted.client_id.clone().unwrap_or_else(|| self.client_id.clone()),
            access_token,
            certificate: Some(Certificate {
                version: 1,
                scopes: wanted.scopes.clone(),
                start,
                expiry,
                seed,
                signature,
                issuer: wanted.client_id.as_ref().map(|_| self.client_id.clone()),
            }),
        })
    }

    fn hmac(&self, text: &str) -> Result<Vec<u8>, Error> {
        self.key()?.sign(text.as_bytes()).map_err(|_| unusable())
    }

    /// What requests are signed with.
    pub(crate) fn key(&self) -> Result<hawk::Key, Error> {
        hawk::Key::new(self.access_token.as_bytes(), hawk::SHA256).map_err(|_| unusable())
    }

    /// The name of the client.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The secret, for those who must hand it on.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// The certificate of temporary credentials, as JSON.
    pub fn certificate(&self) -> Option<String> {
        let certificate = self.certificate.as_ref()?;
        serde_json::to_string(certificate).ok()
    }

    /// When temporary credentials end.
    pub fn expires(&self) -> Option<SystemTime> {
        let expiry = u64::try_from(self.certificate.as_ref()?.expiry).unwrap_or(0);
        UNIX_EPOCH.checked_add(Duration::from_millis(expiry))
    }

    /// Fails with [`Error::CredentialsExpired`] if they ended before `now`.
    pub(crate) fn check(&self, now: SystemTime) -> Result<(), Error> {
        match self.expires() {
            Some(expires) if expires < now => {
                let at = DateTime::<chrono::Utc>::from(expires).to_rfc3339_opts(SecondsFormat::Secs, true);
                Err(Error::CredentialsExpired { client_id: self.client_id.clone(), at })
            }
            _ => Ok(()),
        }
    }
}

fn unusable() -> Error {
    Error::BadCredentials { reason: "the access token cannot be used as a key".to_owned() }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> Result<Option<Credentials>, Error> {
        let find = |name: &str| Some(variables.iter().find(|(key, _)| *key == name)?.1.to_owned());
        Credentials::from_env(&find)
    }

    const ID: (&str, &str) = ("TASKCLUSTER_CLIENT_ID", "me");
    const TOKEN: (&str, &str) = ("TASKCLUSTER_ACCESS_TOKEN", "very-secret");

    #[test]
    fn the_environment_has_all_or_nothing() {
        assert_eq!(env(&[]).unwrap(), None);
        assert_eq!(env(&[("TASKCLUSTER_CLIENT_ID", "")]).unwrap(), None);
        assert_eq!(env(&[ID, TOKEN]).unwrap(), Some(Credentials::new("me", "very-secret")));
        let message = env(&[ID]).unwrap_err().to_string();
        assert_eq!(
            message,
            "bad credentials: TASKCLUSTER_CLIENT_ID is set, but not TASKCLUSTER_ACCESS_TOKEN"
        );
        let message = env(&[TOKEN]).unwrap_err().to_string();
        assert!(message.ends_with("TASKCLUSTER_ACCESS_TOKEN is set, but not TASKCLUSTER_CLIENT_ID"));
    }

    #[test]
    fn bad_certificates_are_refused_without_showing_them() {
        let overflow = r#"{"version": 1, "scopes": [], "start": 0, "expiry": 9223372036854775807,
            "seed": "s", "signature": "x"}"#;
        for bad in ["hidden", "{\"hidden\": 1}", "[]", "{", overflow] {
            let message = env(&[ID, TOKEN, ("TASKCLUSTER_CERTIFICATE", bad)]).unwrap_err().to_string();
            assert!(message.starts_with("bad credentials: expected as certificate"), "{message}");
            assert!(!message.contains("hidden"), "{message}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials::new("me", "very-secret");
        assert_eq!(format!("{credentials:?}"), "Credentials { client_id: \"me\", .. }");
    }

    fn wanted(client_id: Option<&str>) -> Temporary {
        Temporary {
            client_id: client_id.map(str::to_owned),
            scopes: vec!["queue:rerun-task:*".into(), "queue:cancel-task:*".into()],
            start: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            lifetime: Duration::from_secs(3600),
            seed: [7; 33],
        }
    }

    /// What the official Python client makes of the same seed and times.
    #[test]
    fn temporary_credentials_are_signed() {
        let permanent = Credentials::new("me", "very-secret");
        let unnamed = permanent.temporary(&wanted(None)).unwrap();
        assert_eq!(unnamed.client_id(), "me");
        assert_eq!(unnamed.access_token(), "wAAvC5q9h9wOp0FEQWpULCx-i47P2YdzqlNDQlTTAo8");
        assert!(unnamed.certificate().unwrap().contains("O1obZCSkg8y6DPmPxTRiSzgGqI5Y7lKkJTdQEUF58G0="));
        let named = permanent.temporary(&wanted(Some("me/rerun"))).unwrap();
        assert_eq!(named.client_id(), "me/rerun");
        assert_eq!(named.access_token(), unnamed.access_token());
        assert!(named.certificate().unwrap().contains("G/j4ZO0h2UyW1yp0kBMGwTWThG8QofeKKutAHPWDhv0="));
        assert!(named.certificate().unwrap().contains(r#""issuer":"me""#));
        assert!(named.temporary(&wanted(None)).is_err());
    }

    #[test]
    fn expired_credentials_say_so() {
        let temporary = Credentials::new("me", "very-secret").temporary(&wanted(None)).unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(temporary.check(at(1_700_003_600)).is_ok());
        let message = temporary.check(at(1_700_003_601)).unwrap_err().to_string();
        assert_eq!(message, "the credentials of `me` expired at 2023-11-14T23:13:20Z");
    }
}
