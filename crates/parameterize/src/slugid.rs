//! Slugids: version 4 UUIDs in 22 characters of URL-safe base64, as ids of tasks and groups are.
//!
//! Randomness is an argument, so that the same bytes give the same id.

use std::fmt::Write;

use crate::error::SlugidError;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The slugid made of 16 random bytes; six bits of them do not count.
///
/// ```
/// let bytes = std::array::from_fn(|index| index as u8);
/// assert_eq!(taskgraph_parameterize::slugid(bytes), "AAECAwQFRgeICQoLDA0ODw");
/// ```
pub fn slugid(random: [u8; 16]) -> String {
    write_slug(version_4(random))
}

/// A slugid that begins with a letter from `A` to `f`, so that no command takes it for an option; seven bits do not
/// count.
///
/// ```
/// use taskgraph_parameterize::{nice_slugid, slugid};
/// assert_eq!(slugid([0xff; 16]), "________T_-__________w");
/// assert_eq!(nice_slugid([0xff; 16]), "f_______T_-__________w");
/// ```
pub fn nice_slugid(random: [u8; 16]) -> String {
    let mut bytes = version_4(random);
    bytes[0] &= 0x7f;
    write_slug(bytes)
}

/// The slugid of a version 4 UUID, which is written as usual: `7ddb60b0-3e43-4149-8041-911a18cbd0e1`. Capital letters
/// will do, too.
///
/// Fails with [`SlugidError::NotAUuid`].
///
/// ```
/// use taskgraph_parameterize::{decode_slugid, encode_slugid};
/// let slug = encode_slugid("7ddb60b0-3e43-4149-8041-911a18cbd0e1")?;
/// assert_eq!(slug, "fdtgsD5DQUmAQZEaGMvQ4Q");
/// assert_eq!(decode_slugid(&slug)?, "7ddb60b0-3e43-4149-8041-911a18cbd0e1");
/// # Ok::<(), taskgraph_parameterize::SlugidError>(())
/// ```
pub fn encode_slugid(uuid: &str) -> Result<String, SlugidError> {
    read_uuid(uuid).map(write_slug).ok_or_else(|| SlugidError::NotAUuid { text: uuid.to_owned() })
}

/// The UUID of a slugid, in small letters.
///
/// Fails with [`SlugidError::NotASlugid`].
pub fn decode_slugid(slug: &str) -> Result<String, SlugidError> {
    let bytes = read_slug(slug).ok_or_else(|| SlugidError::NotASlugid { text: slug.to_owned() })?;
    let mut uuid = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        // Writing to a string does not fail.
        let _ = write!(uuid, "{byte:02x}");
    }
    Ok(uuid)
}

fn version_4(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

fn is_version_4(bytes: [u8; 16]) -> bool {
    version_4(bytes) == bytes
}

fn write_slug(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    // 21 digits of six bits, and one of the last two bits with four zeros.
    let digit = |place: u32| {
        let bits = if place < 21 { number >> (122 - 6 * place) } else { number << 4 };
        char::from(ALPHABET[(bits & 0x3f) as usize])
    };
    (0..22).map(digit).collect()
}

fn read_slug(slug: &str) -> Option<[u8; 16]> {
    let (last, first) = slug.as_bytes().split_last()?;
    let digit = |byte: &u8| ALPHABET.iter().position(|digit| digit == byte).map(|digit| digit as u128);
    let last = digit(last)?;
    if first.len() != 21 || last & 0xf != 0 {
        return None;
    }
    let mut number = 0;
    for byte in first {
        number = number << 6 | digit(byte)?;
    }
    let bytes = (number << 2 | last >> 4).to_be_bytes();
    is_version_4(bytes).then_some(bytes)
}

fn read_uuid(uuid: &str) -> Option<[u8; 16]> {
    let mut number = 0;
    for (index, c) in uuid.chars().enumerate() {
        match (index, c) {
            (8 | 13 | 18 | 23, '-') => {}
            (8 | 13 | 18 | 23 | 36.., _) => return None,
            (_, c) => number = number << 4 | u128::from(c.to_digit(16)?),
        }
    }
    let bytes = u128::to_be_bytes(number);
    (uuid.len() == 36 && is_version_4(bytes)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "x",
            "fdtgsD5DQUmAQZEaGMvQ4R",  // more than 128 bits
            "fdtgsD5DAUmAQZEaGMvQ4Q",  // another version
            "fdtgsD5DQUBAQZEaGMvQ4Q",  // another variant
            "fdtgsD5DQUmAQZEaGMvQ4QA", // longer
            "fdtgsD5DQUmAQZEaGMvQ/Q",
            "fdtgsD5DQUmAQZEaGMvéQ",
        ] {
            let message = decode_slugid(bad).unwrap_err().to_string();
            assert!(message.starts_with(&format!("bad slugid `{bad}`: expected ")), "{message}");
        }
        for bad in [
            "",
            "7ddb60b0-3e43-4149-8041-911a18cbd0e",
            "7ddb60b0-3e43-4149-8041-911a18cbd0e11",
            "7ddb60b0-3e43-1149-8041-911a18cbd0e1",
            "7ddb60b0-3e43-4149-c041-911a18cbd0e1",
            "7ddb60b003e43-4149-8041-911a18cbd0e1",
            "7ddb60b0-3e43-4149-8041-911a18cbd0g1",
            "7ddb60b0-3e43-4149-8041-911a18cbd-e1",
            "ddb60b03e4341498041911a18cbd0e1",
            "7ddb60b0-3e43-4149-8041-911a18cbdéé",
        ] {
            let message = encode_slugid(bad).unwrap_err().to_string();
            assert!(message.starts_with(&format!("bad UUID `{bad}`: expected ")), "{message}");
        }
        assert_eq!(encode_slugid("7DDB60B0-3E43-4149-8041-911A18CBD0E1").unwrap(), "fdtgsD5DQUmAQZEaGMvQ4Q");
    }

    proptest! {
        #[test]
        fn ids_survive_the_way_there_and_back(random: [u8; 16]) {
            for slug in [slugid(random), nice_slugid(random)] {
                prop_assert_eq!(&encode_slugid(&decode_slugid(&slug).unwrap()).unwrap(), &slug);
            }
            prop_assert!(nice_slugid(random).starts_with(|c| matches!(c, 'A'..='Z' | 'a'..='f')));
        }

        #[test]
        fn no_text_panics(text: String) {
            prop_assert!(decode_slugid(&text).is_err());
            prop_assert!(encode_slugid(&text).is_err());
        }
    }
}
