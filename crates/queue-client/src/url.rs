//! URLs of a deployment, and URLs in general.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::error::Error;

/// Everything but letters, digits and `-._~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`RESERVED`], but slashes stay.
const RESERVED_IN_PATHS: &AsciiSet = &RESERVED.remove(b'/');

/// Reads an `http` or `https` URL.
pub(crate) fn parse(url: &str) -> Result<Url, Error> {
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(parsed),
        // What cannot be read may still hold a password.
        _ if url.contains('@') => {
            Err(Error::BadUrl { url: "(hidden, for it may hold a password)".to_owned() })
        }
        _ => Err(Error::BadUrl { url: url.to_owned() }),
    }
}

/// The URL for messages: without user name, password, and query, which may be a signature.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.query().is_some() {
        url.set_query(Some("..."));
    }
    url.to_string()
}

/// One part of a path: a slash in it is no separator.
pub(crate) fn part(what: &'static str, value: &str) -> Result<String, Error> {
    checked(what, value)?;
    Ok(utf8_percent_encode(value, RESERVED).to_string())
}

/// Several parts of a path, between slashes.
pub(crate) fn parts(what: &'static str, value: &str) -> Result<String, Error> {
    checked(what, value)?;
    Ok(utf8_percent_encode(value, RESERVED_IN_PATHS).to_string())
}

/// Clients and servers take `.` and `..` out of paths, so that the URL would be that of something else.
fn checked(what: &'static str, value: &str) -> Result<(), Error> {
    if value.is_empty() || value.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(Error::BadName { what, value: value.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_escaped() {
        assert_eq!(part("name", "a.b-c_d~/é ?%").unwrap(), "a.b-c_d~%2F%C3%A9%20%3F%25");
        assert_eq!(parts("name", "public/a b").unwrap(), "public/a%20b");
        for bad in ["", ".", "..", "public/../secret"] {
            assert!(matches!(part("name", bad), Err(Error::BadName { .. })));
            assert!(matches!(parts("name", bad), Err(Error::BadName { .. })));
        }
    }

    #[test]
    fn only_the_web_is_reached_and_passwords_stay_hidden() {
        for bad in ["", "parameters.yml", "file:///etc/passwd", "ftp://host/x", "http://"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("bad URL `{bad}`: expected")), "{error}");
        }
        assert!(!parse("ftp://me:secret@host/").unwrap_err().to_string().contains("secret"));
        let url = parse("https://me:secret@host/x?y=1").unwrap();
        assert_eq!(shown(&url), "https://host/x?...");
    }
}
