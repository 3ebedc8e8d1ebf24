//! From bytes to the characters that YAML allows.

use std::borrow::Cow;
use std::path::Path;

use super::{Error, ErrorKind};

/// The text of a file, without a byte order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], name: &Path) -> Result<Cow<'a, str>, Error> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes, name)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes, name)?),
        _ => match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => {
                let start = bytes.len() - bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).len();
                let offset = start + error.valid_up_to();
                return Err(at_end_of(&bytes[start..offset], name, ErrorKind::NotUtf8 { offset }));
            }
        },
    };
    match forbidden(&text) {
        None => Ok(text),
        Some((offset, character)) => {
            Err(at_end_of(&text.as_bytes()[..offset], name, ErrorKind::Character { character }))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, name: &Path) -> Result<String, Error> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut offset = 2;
    for c in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match c {
            Ok(c) => {
                text.push(c);
                offset += 2 * c.len_utf16();
            }
            Err(_) => return Err(at_end_of(text.as_bytes(), name, ErrorKind::NotUtf16 { offset })),
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(at_end_of(text.as_bytes(), name, ErrorKind::NotUtf16 { offset }))
    }
}

/// The first character that YAML does not allow, and where it is.
fn forbidden(text: &str) -> Option<(usize, char)> {
    // Whole blocks of ordinary bytes compile to vector instructions.
    let suspect =
        |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || matches!(b, 0x7f | 0xc2 | 0xef);
    let any = |block: &[u8]| block.iter().fold(false, |found, &b| found | suspect(b));
    if !text.as_bytes().chunks(256).any(any) {
        return None;
    }
    text.char_indices().find(|&(_, c)| {
        !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
    })
}

/// An error just after some text.
fn at_end_of(text: &[u8], name: &Path, kind: ErrorKind) -> Error {
    let line_start = text.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let line = text.iter().filter(|&&b| b == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&text[line_start..]).chars().count() + 1;
    Error { path: name.to_owned(), line: u32::try_from(line).ok(), column: u32::try_from(column).ok(), kind }
}
