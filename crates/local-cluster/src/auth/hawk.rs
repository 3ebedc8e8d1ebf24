//! Signatures of requests: the `Authorization: Hawk` header, and the bewit in the query of a URL.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use chrono::{DateTime, Utc};
use hawk::{Credentials, Key, PayloadHasher, RequestBuilder, SHA256, mac::Mac};

use super::SignedRequest;
use crate::error::ApiError;

/// How far the clocks of a caller and of the cluster may be apart.
const SKEW_SECONDS: i64 = 15 * 60;

/// What a request says about who sent it. Nothing of it is true before it is verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) client_id: String,
    pub(super) ext: Option<String>,
    proof: Proof,
}

#[derive(Debug, PartialEq, Eq)]
enum Proof {
    Header {
        ts: String,
        nonce: String,
        mac: String,
        hash: Option<String>,
    },
    /// The path is without the bewit.
    Bewit {
        exp: String,
        mac: String,
        path: String,
    },
}

impl Claim {
    /// What the request says; nothing if it is not signed.
    pub(super) fn of(request: &SignedRequest<'_>) -> Result<Option<Self>, ApiError> {
        let bewit = bewit_of(request.path_and_query);
        match (request.authorization, bewit) {
            (Some(_), Some(_)) => Err(ApiError::unauthenticated(
                "Cannot use two authentication schemes at once this request has both bewit in querystring and \
                 'authorization' header",
            )),
            (Some(header), None) => from_header(header).map(Some),
            (None, Some((bewit, path))) => from_bewit(request.verb, bewit, path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The hash of the body, as the caller signed it.
    pub(super) fn hash(&self) -> Option<&str> {
        match &self.proof {
            Proof::Header { hash, .. } => hash.as_deref(),
            Proof::Bewit { .. } => None,
        }
    }

    /// Whether the claim is signed with `key`, and in time.
    pub(super) fn verify(
        &self,
        request: &SignedRequest<'_>,
        key: &str,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let bad_mac = || ApiError::unauthenticated("Unauthorized: Bad mac");
        let key = Key::new(key, SHA256).map_err(|_| bad_mac())?;
        let credentials = Credentials { id: self.client_id.clone(), key };
        let host = request.host.to_ascii_lowercase();
        match &self.proof {
            Proof::Header { ts, nonce, mac, hash } => {
                let stale = || ApiError::unauthenticated("Unauthorized: Stale timestamp");
                let (seconds, ts) = time(ts).ok_or_else(stale)?;
                let hash =
                    hash.as_ref().map(|hash| STANDARD.decode(hash)).transpose().map_err(|_| bad_mac())?;
                let verb = request.verb.to_ascii_uppercase();
                let signed = RequestBuilder::new(&verb, &host, request.port, request.path_and_query)
                    .hash(hash.as_deref())
                    .ext(self.ext.as_deref())
                    .request()
                    .make_header_full(&credentials, ts, nonce.as_str())
                    .map_err(|_| bad_mac())?;
                if !signed.mac.is_some_and(|ours| is_mac(mac, &ours)) {
                    return Err(bad_mac());
                }
                if (now.timestamp() - seconds).abs() > SKEW_SECONDS {
                    return Err(stale());
                }
                Ok(())
            }
            Proof::Bewit { exp, mac, path } => {
                let expired = || ApiError::unauthenticated("Unauthorized: Access expired");
                let (seconds, exp) = time(exp).ok_or_else(expired)?;
                if seconds <= now.timestamp() {
                    return Err(expired());
                }
                let signed =
                    RequestBuilder::new("GET", &host, request.port, path).ext(self.ext.as_deref()).request();
                let bewit = signed.make_bewit(&credentials, exp).map_err(|_| bad_mac())?;
                if is_mac(mac, bewit.mac()) { Ok(()) } else { Err(bad_mac()) }
            }
        }
    }

    /// Whether the body is the one that was signed, if its hash was signed at all.
    pub(super) fn verify_body(&self, content_type: Option<&str>, body: &[u8]) -> Result<(), ApiError> {
        let Some(hash) = self.hash() else { return Ok(()) };
        let content_type = content_type.unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let computed = PayloadHasher::hash(content_type, SHA256, body).map_err(|_| ApiError::internal())?;
        let computed = STANDARD.encode(computed);
        if computed == hash {
            return Ok(());
        }
        Err(ApiError::unauthenticated(format!(
            "Invalid payload hash: {hash}\nComputed payload hash: {computed}\nThe request carries a signed hash of \
             its payload, which is not that of the payload that arrived."
        )))
    }
}

/// A bewit for a path below `root_url`.
pub(super) fn bewit(
    root_url: &str,
    path: &str,
    (client_id, token): (&str, &str),
    ext: &str,
    until: DateTime<Utc>,
) -> Result<String, ApiError> {
    let (https, rest) = match root_url.strip_prefix("https://") {
        Some(rest) => (true, rest),
        None => (false, root_url.strip_prefix("http://").unwrap_or(root_url)),
    };
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, if https { "443" } else { "80" }));
    let port = port.parse().map_err(|_| ApiError::internal())?;
    let key = Key::new(token, SHA256).map_err(|_| ApiError::internal())?;
    let credentials = Credentials { id: client_id.to_owned(), key };
    let request = RequestBuilder::new("GET", host, port, path).ext(ext).request();
    let bewit = request.make_bewit(&credentials, until.into()).map_err(|_| ApiError::internal())?;
    Ok(bewit.to_str())
}

/// HMAC-SHA256.
pub(super) fn sign(key: &str, data: &str) -> Result<Vec<u8>, ApiError> {
    Key::new(key, SHA256).and_then(|key| key.sign(data.as_bytes())).map_err(|_| ApiError::internal())
}

/// Compares what a caller sent, in base64, with what it should be, in constant time.
pub(super) fn is_mac(sent: &str, expected: &[u8]) -> bool {
    STANDARD.decode(sent).is_ok_and(|sent| Mac::from(sent) == Mac::from(expected.to_vec()))
}

/// Base64 as other programs read it: either alphabet, with or without padding.
pub(super) fn decode_leniently(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text.trim().replace('-', "+").replace('_', "/")).ok()
}

/// A Unix time in seconds. The limit keeps it from overflowing.
fn time(text: &str) -> Option<(i64, SystemTime)> {
    let digits = !text.is_empty() && text.len() <= 11 && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse::<u32>().ok()).flatten()?;
    Some((i64::from(seconds), UNIX_EPOCH + Duration::from_secs(u64::from(seconds))))
}

fn from_header(header: &str) -> Result<Claim, ApiError> {
    let bad = |what: &str| ApiError::unauthenticated(format!("Bad Request: {what}"));
    let (scheme, mut rest) = header.split_once(char::is_whitespace).unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("hawk") {
        return Err(ApiError::unauthenticated("Unauthorized"));
    }
    rest = rest.trim();
    if rest.is_empty() {
        return Err(bad("Invalid header syntax"));
    }
    let mut found: [Option<&str>; KEYS.len()] = Default::default();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").ok_or_else(|| bad("Bad header format"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| bad("Bad header format"))?;
        let place = KEYS.iter().position(|known| *known == key);
        let place = place.ok_or_else(|| bad(&format!("Unknown attribute: {key}")))?;
        if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'\\') {
            return Err(bad(&format!("Bad attribute value: {key}")));
        }
        if found[place].replace(value).is_some() {
            return Err(bad(&format!("Duplicate attribute: {key}")));
        }
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return Err(bad("Bad header format")),
        };
    }
    let required = |place: usize| {
        let value = found[place].filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| bad("Missing attributes"))
    };
    let optional = |place: usize| found[place].filter(|value| !value.is_empty()).map(str::to_owned);
    let proof = Proof::Header { ts: required(1)?, nonce: required(2)?, mac: required(3)?, hash: optional(4) };
    Ok(Claim { client_id: required(0)?, ext: optional(5), proof })
}

const KEYS: [&str; 8] = ["id", "ts", "nonce", "mac", "hash", "ext", "app", "dlg"];

/// The bewit in a query, and the path and query without it.
fn bewit_of(path_and_query: &str) -> Option<(&str, String)> {
    let (path, query) = path_and_query.split_once('?')?;
    let bewit = query.split('&').find_map(|option| option.strip_prefix("bewit="))?;
    let rest = query.split('&').filter(|option| !option.starts_with("bewit=")).collect::<Vec<_>>();
    let rest = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    Some((bewit, rest))
}

fn from_bewit(verb: &str, bewit: &str, path: String) -> Result<Claim, ApiError> {
    if bewit.is_empty() {
        return Err(ApiError::unauthenticated("Unauthorized: Empty bewit"));
    }
    if !verb.eq_ignore_ascii_case("get") && !verb.eq_ignore_ascii_case("head") {
        return Err(ApiError::unauthenticated("Unauthorized: Invalid method"));
    }
    let bad = |what: &str| ApiError::unauthenticated(format!("Bad Request: {what}"));
    let text = decode_leniently(bewit).and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| bad("Invalid bewit encoding"))?;
    let parts = text.split('\\').collect::<Vec<_>>();
    let [id, exp, mac, ext] = parts[..] else { return Err(bad("Invalid bewit structure")) };
    if id.is_empty() || exp.is_empty() || mac.is_empty() {
        return Err(bad("Missing bewit attributes"));
    }
    let proof = Proof::Bewit { exp: exp.to_owned(), mac: mac.to_owned(), path };
    Ok(Claim { client_id: id.to_owned(), ext: (!ext.is_empty()).then(|| ext.to_owned()), proof })
}

#[cfg(test)]
#[path = "hawk_tests.rs"]
mod tests;
