//! Ids of tasks and groups.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The id of a task, or of a group: a slugid, which is a version 4 UUID in 22 characters of URL-safe base64.
///
/// ```
/// use taskcluster_queue_client::TaskId;
/// let id: TaskId = "fdtgsD5DQUmAQZEaGMvQ4Q".parse()?;
/// assert_eq!(id.as_str(), "fdtgsD5DQUmAQZEaGMvQ4Q");
/// assert!("fdtgs".parse::<TaskId>().is_err());
/// # Ok::<(), taskcluster_queue_client::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(String);

impl TaskId {
    /// The id made of 16 random bytes. Its first character is a letter from `A` to `f`, so that no command takes it
    /// for an option.
    ///
    /// ```
    /// # use taskcluster_queue_client::TaskId;
    /// assert_eq!(TaskId::from_random([0xff; 16]).as_str(), "f_______T_-__________w");
    /// ```
    pub fn from_random(bytes: [u8; 16]) -> TaskId {
        let mut bytes = bytes;
        bytes[0] &= 0x7f;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        TaskId(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_slugid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 22
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && matches!(bytes[8], b'Q'..=b'T')
        && b"CGKOSWaeimquy26-".contains(&bytes[10])
        && b"AQgw".contains(&bytes[21])
}

impl FromStr for TaskId {
    type Err = Error;

    /// Fails with [`Error::BadTaskId`].
    fn from_str(text: &str) -> Result<TaskId, Error> {
        TaskId::try_from(text.to_owned())
    }
}

impl TryFrom<String> for TaskId {
    type Error = Error;

    fn try_from(text: String) -> Result<TaskId, Error> {
        if is_slugid(&text) { Ok(TaskId(text)) } else { Err(Error::BadTaskId { value: text }) }
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> String {
        id.0
    }
}

impl AsRef<str> for TaskId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_random_bytes_are_slugids() {
        for byte in 0..=255 {
            let id = TaskId::from_random([byte; 16]);
            assert_eq!(id.as_str().parse::<TaskId>().unwrap(), id);
            assert!(id.as_str().starts_with(|first: char| first.is_ascii_alphabetic()), "{id}");
        }
        // uuid.UUID(bytes=bytes(range(16)), version=4) with the first bit cleared, as slugid.nice() writes it.
        let id = TaskId::from_random(std::array::from_fn(|index| index as u8));
        assert_eq!(id.as_str(), "AAECAwQFRgeICQoLDA0ODw");
    }

    #[test]
    fn other_texts_are_not() {
        for bad in [
            "",
            "fdtgsD5DQUmAQZEaGMvQ4",
            "fdtgsD5DAUmAQZEaGMvQ4Q",
            "fdtgsD5DQUBAQZEaGMvQ4Q",
            "fdtgsD5DQUmAQZEaGMvQ4R",
            "fdtgsD5DQUmAQZEaGMvQ4/",
            "ädtgsD5DQUmAQZEaGMvQ4Q",
        ] {
            assert_eq!(bad.parse::<TaskId>().unwrap_err().to_string().split('`').nth(1), Some(bad));
        }
    }
}
