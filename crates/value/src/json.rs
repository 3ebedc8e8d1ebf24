//! JSON as Python's `json.dumps` prints it: ASCII only, floats as `repr()`.

use std::ops::Range;

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::{List, Map, Str, Value, python};

/// A value that JSON cannot hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the date {date} cannot be written as JSON; quote it to make it a string")]
pub struct DateError {
    /// The date, as Python shows it.
    pub date: Str,
}

/// One line without spaces, keys in the order of the map: `json.dumps(value, separators=(",", ":"))`.
pub fn compact(value: &Value) -> Result<String, DateError> {
    let mut writer = Writer::new(Vec::with_capacity(64), false);
    writer.compact(value)?;
    Ok(writer.into_string())
}

/// As [`compact`], with sorted keys: `json.dumps(value, sort_keys=True, separators=(",", ":"))`.
pub fn compact_sorted(value: &Value) -> Result<String, DateError> {
    let mut writer = Writer::new(Vec::with_capacity(64), true);
    writer.compact(value)?;
    Ok(writer.into_string())
}

/// Many lines, sorted keys: `json.dumps(value, sort_keys=True, indent=2)`.
pub fn pretty(value: &Value) -> Result<String, DateError> {
    let mut writer = Writer::new(Vec::with_capacity(256), true);
    writer.pretty(value, 0)?;
    Ok(writer.into_string())
}

/// Writes values one after another into one buffer, for those who print while they walk.
///
/// ```
/// use taskgraph_value::{json::Writer, map};
/// let mut writer = Writer::sorted();
/// writer.pretty(&map! { "b" => 1, "a" => "é" }.into(), 1)?;
/// assert_eq!(writer.into_string(), "{\n    \"a\": \"\\u00e9\",\n    \"b\": 1\n  }");
/// # Ok::<(), taskgraph_value::json::DateError>(())
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    sort: bool,
    /// Maps that were written, by their addresses and levels.
    repeats: Option<FxHashMap<(usize, usize), Repeat>>,
}

/// A map that was written.
#[derive(Debug)]
struct Repeat {
    /// Kept so that no other map gets its address.
    _map: Map,
    text: Range<usize>,
}

/// The fewest keys of a map that is worth to be remembered.
const WORTH_REPEATING: usize = 3;

const HEX: &[u8; 16] = b"0123456789abcdef";
const NEWLINE: &[u8; 65] = b"\n                                                                ";

impl Writer {
    fn new(out: Vec<u8>, sort: bool) -> Self {
        Writer { out, sort, repeats: None }
    }

    /// A writer that sorts the keys of maps, and copies the text of maps that several values share, once it has written
    /// one. It keeps those maps until [`Writer::clear`].
    pub fn repeating() -> Self {
        Writer { repeats: Some(FxHashMap::default()), ..Self::sorted() }
    }

    /// A writer that sorts the keys of maps.
    pub fn sorted() -> Self {
        Self::new(Vec::new(), true)
    }

    /// What was written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Forgets what was written, but keeps the memory for more.
    pub fn clear(&mut self) {
        self.out.clear();
        self.repeats.iter_mut().for_each(FxHashMap::clear);
    }

    /// All that was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// All that was written; it is always ASCII.
    pub fn into_string(self) -> String {
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// Writes text as it is.
    pub fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A newline and two spaces for every level.
    pub fn newline(&mut self, depth: usize) {
        let mut spaces = depth * 2;
        self.out.extend_from_slice(&NEWLINE[..1 + spaces.min(64)]);
        while spaces > 64 {
            spaces -= 64;
            self.out.extend_from_slice(&NEWLINE[1..1 + spaces.min(64)]);
        }
    }

    /// Writes a value over several lines. `depth` is the level of the line that it starts on.
    pub fn pretty(&mut self, value: &Value, depth: usize) -> Result<(), DateError> {
        match value {
            Value::List(list) => self.pretty_list(list, depth),
            Value::Map(map) => self.pretty_map(map, depth),
            other => self.scalar(other),
        }
    }

    /// Writes a list over several lines, as [`Writer::pretty`] does.
    pub fn pretty_list(&mut self, list: &List, depth: usize) -> Result<(), DateError> {
        if list.is_empty() {
            self.raw("[]");
            return Ok(());
        }
        self.out.push(b'[');
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.newline(depth + 1);
            self.pretty(item, depth + 1)?;
        }
        self.newline(depth);
        self.out.push(b']');
        Ok(())
    }

    /// Writes a map over several lines, as [`Writer::pretty`] does.
    pub fn pretty_map(&mut self, map: &Map, depth: usize) -> Result<(), DateError> {
        if map.is_empty() {
            self.raw("{}");
            return Ok(());
        }
        let place = (map.address(), depth);
        let repeats = self.repeats.as_ref().filter(|_| map.len() >= WORTH_REPEATING && map.is_shared());
        let known = repeats.map(|repeats| repeats.get(&place).map(|repeat| repeat.text.clone()));
        if let Some(Some(text)) = known {
            self.out.extend_from_within(text);
            return Ok(());
        }
        let start = self.out.len();
        self.out.push(b'{');
        self.each(map, |writer, first, key, value| {
            if !first {
                writer.out.push(b',');
            }
            writer.newline(depth + 1);
            writer.string(key);
            writer.raw(": ");
            writer.pretty(value, depth + 1)
        })?;
        self.newline(depth);
        self.out.push(b'}');
        if let Some((repeats, _)) = self.repeats.as_mut().zip(known) {
            repeats.insert(place, Repeat { _map: map.clone(), text: start..self.out.len() });
        }
        Ok(())
    }

    /// Writes a value on one line, without spaces.
    pub fn compact(&mut self, value: &Value) -> Result<(), DateError> {
        match value {
            Value::List(list) => {
                self.out.push(b'[');
                for (at, item) in list.iter().enumerate() {
                    if at > 0 {
                        self.out.push(b',');
                    }
                    self.compact(item)?;
                }
                self.out.push(b']');
                Ok(())
            }
            Value::Map(map) => {
                self.out.push(b'{');
                self.each(map, |writer, first, key, value| {
                    if !first {
                        writer.out.push(b',');
                    }
                    writer.string(key);
                    writer.out.push(b':');
                    writer.compact(value)
                })?;
                self.out.push(b'}');
                Ok(())
            }
            other => self.scalar(other),
        }
    }

    /// Calls `write` for every entry, in the order to print them.
    fn each(
        &mut self,
        map: &Map,
        write: impl Fn(&mut Self, bool, &Str, &Value) -> Result<(), DateError>,
    ) -> Result<(), DateError> {
        let (sorted, mut first) = (self.sort, true);
        let mut each = |key: &Str, value: &Value| write(self, std::mem::take(&mut first), key, value);
        match sorted {
            true => map.try_for_each_sorted(each),
            false => map.iter().try_for_each(|(key, value)| each(key, value)),
        }
    }

    fn scalar(&mut self, value: &Value) -> Result<(), DateError> {
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(true) => self.raw("true"),
            Value::Bool(false) => self.raw("false"),
            Value::Int(value) => self.integer(*value),
            Value::BigInt(digits) => self.raw(digits),
            Value::Float(value) if value.is_nan() => self.raw("NaN"),
            Value::Float(value) if value.is_infinite() => {
                self.raw(if *value > 0.0 { "Infinity" } else { "-Infinity" });
            }
            Value::Float(value) => self.raw(&python::float(*value)),
            Value::Str(text) => self.string(text),
            Value::Date(date) => return Err(DateError { date: date.clone() }),
            Value::List(_) | Value::Map(_) => unreachable!("only called for scalars"),
        }
        Ok(())
    }

    fn integer(&mut self, value: i64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = HEX[(rest % 10) as usize];
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(&digits[at..]);
    }

    /// Writes a string in quotes, with escapes for everything but printable ASCII.
    pub fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let bytes = text.as_bytes();
        if is_plain(bytes) {
            self.out.extend_from_slice(bytes);
        } else {
            text.chars().for_each(|c| self.escaped(c));
        }
        self.out.push(b'"');
    }

    fn escaped(&mut self, c: char) {
        match c {
            '"' => self.raw("\\\""),
            '\\' => self.raw("\\\\"),
            '\n' => self.raw("\\n"),
            '\r' => self.raw("\\r"),
            '\t' => self.raw("\\t"),
            '\u{8}' => self.raw("\\b"),
            '\u{c}' => self.raw("\\f"),
            ' '..='~' => self.out.push(c as u8),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    self.raw("\\u");
                    for shift in [12, 8, 4, 0] {
                        self.out.push(HEX[usize::from(*unit >> shift & 0xf)]);
                    }
                }
            }
        }
    }
}

/// Whether nothing needs an escape. Looks at blocks of bytes; the last block may overlap the one before.
fn is_plain(bytes: &[u8]) -> bool {
    let special = |byte: u8| (byte.wrapping_sub(b' ') > b'~' - b' ') | (byte == b'"') | (byte == b'\\');
    if let Some(last) = bytes.last_chunk::<16>() {
        // This becomes vector instructions.
        let any = |block: &[u8; 16]| block.iter().fold(false, |found, byte| found | special(*byte));
        return !bytes.as_chunks::<16>().0.iter().any(any) && !any(last);
    }
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => special_bytes(*first) | special_bytes(*last) == 0,
        _ => !bytes.iter().any(|byte| special(*byte)),
    }
}

/// Has the highest bit set in some byte if any byte needs an escape, and is zero otherwise.
fn special_bytes(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Whether there is a zero byte; bytes from 0x80 on are told by their highest bit.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let word = u64::from_le_bytes(bytes);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = zero(word ^ (ONES * u64::from(b'"')));
    let backslash = zero(word ^ (ONES * u64::from(b'\\')));
    let delete = zero(word ^ (ONES * 0x7f));
    (word | control | quote | backslash | delete) & HIGH
}

#[cfg(test)]
mod tests;
