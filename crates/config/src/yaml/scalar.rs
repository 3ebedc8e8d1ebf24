//! What a scalar is: the rules of YAML 1.1, in PyYAML's reading.

use num_bigint::{BigInt, Sign};
use taskgraph_value::Value;

use super::ErrorKind;
use super::timestamp::Timestamp;

/// Start of the tags that every YAML reader knows, usually written `!!`.
pub(super) const PREFIX: &str = "tag:yaml.org,2002:";

/// Most decimal digits of an integer; Python has the same limit.
const MOST_DIGITS: usize = 4300;

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
    /// `<<`, which is only something as a key.
    Merge,
    /// `=`, which is only something as a key.
    Value,
}

impl Tag {
    /// The tag with this name after the usual start.
    pub(super) fn named(name: &str) -> Option<Tag> {
        Some(match name {
            "null" => Tag::Null,
            "bool" => Tag::Bool,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "timestamp" => Tag::Timestamp,
            "str" => Tag::Str,
            "merge" => Tag::Merge,
            "value" => Tag::Value,
            _ => return None,
        })
    }
}

/// What a plain scalar without a tag is.
pub(super) fn resolve(text: &str) -> Tag {
    let bytes = text.as_bytes();
    match bytes.first() {
        None => Tag::Null,
        Some(b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') if boolean(text).is_some() => Tag::Bool,
        Some(b'n' | b'N') => match text {
            "null" | "Null" | "NULL" => Tag::Null,
            _ if boolean(text).is_some() => Tag::Bool,
            _ => Tag::Str,
        },
        Some(b'~') if bytes.len() == 1 => Tag::Null,
        Some(b'=') if bytes.len() == 1 => Tag::Value,
        Some(b'<') if text == "<<" => Tag::Merge,
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => {
            if is_float(bytes) {
                Tag::Float
            } else if is_int(bytes) {
                Tag::Int
            } else if Timestamp::parse(text).is_some_and(Timestamp::is_implicit) {
                Tag::Timestamp
            } else {
                Tag::Str
            }
        }
        Some(_) => Tag::Str,
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes)
}

/// Removes what `keep` holds for from the front; returns how much that was.
fn skip(bytes: &mut &[u8], keep: impl Fn(u8) -> bool) -> usize {
    let count = bytes.iter().take_while(|&&b| keep(b)).count();
    *bytes = &bytes[count..];
    count
}

fn digit_or_line(b: u8) -> bool {
    b.is_ascii_digit() || b == b'_'
}

/// Removes any number of `:ss`, each at most 59; returns how many.
fn skip_sixtieths(bytes: &mut &[u8]) -> usize {
    let mut count = 0;
    loop {
        *bytes = match bytes {
            [b':', b'0'..=b'5', b'0'..=b'9', rest @ ..] | [b':', b'0'..=b'9', rest @ ..] => rest,
            _ => return count,
        };
        count += 1;
    }
}

fn is_exponent(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b'e' | b'E', b'-' | b'+', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn is_float(bytes: &[u8]) -> bool {
    let mut rest = unsigned(bytes);
    match rest {
        b".inf" | b".Inf" | b".INF" => true,
        b".nan" | b".NaN" | b".NAN" => rest.len() == bytes.len(),
        // Without a digit before the point there is no sign either.
        [b'.', b'0'..=b'9', ..] => {
            rest = &rest[1..];
            skip(&mut rest, digit_or_line);
            bytes[0] == b'.' && is_exponent(rest)
        }
        [b'0'..=b'9', ..] => {
            skip(&mut rest, digit_or_line);
            let sixtieths = skip_sixtieths(&mut rest);
            let [b'.', after @ ..] = rest else { return false };
            rest = after;
            skip(&mut rest, digit_or_line);
            rest.is_empty() || (sixtieths == 0 && is_exponent(rest))
        }
        _ => false,
    }
}

fn is_int(bytes: &[u8]) -> bool {
    match unsigned(bytes) {
        b"0" => true,
        [b'0', b'b', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(|b| matches!(b, b'0' | b'1' | b'_'))
        }
        [b'0', b'x', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_')
        }
        [b'0', digits @ ..] => digits.iter().all(|b| matches!(b, b'0'..=b'7' | b'_')),
        [b'1'..=b'9', ..] => {
            let mut rest = unsigned(bytes);
            skip(&mut rest, digit_or_line);
            skip_sixtieths(&mut rest);
            rest.is_empty()
        }
        _ => false,
    }
}

/// The value of a scalar that is something other than text.
pub(super) fn construct(tag: Tag, text: &str) -> Result<Value, ErrorKind> {
    let (expected, value) = match tag {
        Tag::Null => return Ok(Value::Null),
        Tag::Str | Tag::Merge | Tag::Value => return Ok(Value::from(text)),
        Tag::Bool => {
            let value = boolean(&text.to_lowercase()).map(Value::Bool);
            ("a boolean", value.ok_or_else(|| "expected yes, no, true, false, on or off".to_owned()))
        }
        Tag::Int => ("an integer", int(text)),
        Tag::Float => {
            ("a number", float(text).ok_or_else(|| "the digits make no sense".to_owned()).map(Value::Float))
        }
        Tag::Timestamp => {
            let timestamp =
                Timestamp::parse(text).ok_or_else(|| "expected YYYY-MM-DD or a time after it".to_owned());
            ("a date", timestamp.and_then(Timestamp::to_python).map(|text| Value::Date(text.into())))
        }
    };
    value.map_err(|problem| ErrorKind::Scalar { text: shorten(text), expected, problem })
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

fn int(text: &str) -> Result<Value, String> {
    if text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
        && let Ok(number) = text.parse()
    {
        return Ok(Value::Int(number));
    }
    if text.len() > MOST_DIGITS {
        return Err(format!("it has more than {MOST_DIGITS} digits"));
    }
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let number = if digits == "0" {
        Some(BigInt::ZERO)
    } else if let Some(digits) = digits.strip_prefix("0b") {
        python_int(digits, 2)
    } else if let Some(digits) = digits.strip_prefix("0x") {
        python_int(digits, 16)
    } else if digits.starts_with('0') {
        python_int(digits, 8)
    } else if digits.contains(':') {
        digits.split(':').try_fold(BigInt::ZERO, |sum, part| Some(sum * 60 + python_int(part, 10)?))
    } else {
        python_int(digits, 10)
    };
    let number = number.ok_or("the digits make no sense")?;
    let number = if negative { -number } else { number };
    if let Ok(number) = i64::try_from(&number) {
        return Ok(Value::Int(number));
    }
    let digits = number.to_string();
    if digits.len() > MOST_DIGITS {
        return Err(format!("it has more than {MOST_DIGITS} digits"));
    }
    Ok(Value::BigInt(digits.into()))
}

/// What Python's `int(text, radix)` takes: blanks around the number, a sign, and the prefix of the radix.
fn python_int(text: &str, radix: u32) -> Option<BigInt> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (Sign::Minus, rest),
        None => (Sign::Plus, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixes = match radix {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let digits = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let values = digits.chars().map(|c| c.to_digit(radix).and_then(|digit| u8::try_from(digit).ok()));
    let values = values.collect::<Option<Vec<u8>>>().filter(|values| !values.is_empty())?;
    BigInt::from_radix_be(sign, &values, radix)
}

fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let value = match digits {
        ".inf" => f64::INFINITY,
        // PyYAML drops the sign.
        ".nan" => return Some(f64::NAN),
        _ if digits.contains(':') => {
            let parts = digits.split(':').map(python_float).collect::<Option<Vec<f64>>>()?;
            let mut base = 1.0;
            let mut sum = 0.0;
            for part in parts.iter().rev() {
                sum += part * base;
                base *= 60.0;
            }
            sum
        }
        _ => python_float(digits)?,
    };
    Some(sign * value)
}

fn python_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}
