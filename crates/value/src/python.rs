//! What Python makes of a value: truth, equality, `str()` and `repr()`.

use crate::{Map, Value};

impl Value {
    /// What Python's `bool()` says: empty, zero and null are false.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::BigInt(_) | Value::Date(_) => true,
            Value::Str(text) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
        }
    }
}

/// What Python's `==` says: numbers and booleans compare by their number, so `1 == 1.0 == True`.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => return a == b,
        (None, None) => {}
        _ => return false,
    }
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        #[expect(clippy::cast_precision_loss, reason = "equality of numbers that a person wrote")]
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

/// What Python's `str()` returns.
///
/// ```
/// use taskgraph_value::{python, Value};
/// assert_eq!(python::str(&Value::Float(2.50)), "2.5");
/// assert_eq!(python::str(&Value::Null), "None");
/// ```
pub fn str(value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Date(text) => text.to_string(),
        other => repr(other),
    }
}

/// What Python's `repr()` returns; of a date it is the call that makes it.
///
/// ```
/// use taskgraph_value::{map, python};
/// let value = map! { "it's" => true, "n" => 1e16 }.into();
/// assert_eq!(python::repr(&value), r#"{"it's": True, 'n': 1e+16}"#);
/// ```
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(value) => out.push_str(&float(*value)),
        Value::Date(text) => write_repr_date(out, text),
        Value::Str(text) => write_repr_str(out, text),
        Value::List(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => write_repr_map(out, map),
    }
}

/// `datetime.date(2024, 2, 29)`, or `datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=...)`.
fn write_repr_date(out: &mut String, text: &str) {
    let (day, time) = text.split_once(' ').unwrap_or((text, ""));
    let number = |digits: &str| digits.trim_start_matches('0').to_owned();
    let mut numbers: Vec<String> = day.split('-').map(number).collect();
    if time.is_empty() {
        out.push_str(&format!("datetime.date({})", numbers.join(", ")));
        return;
    }
    let (time, offset) = time.split_at(time.find(['+', '-']).unwrap_or(time.len()));
    numbers.extend(time.split([':', '.']).map(number));
    while numbers.len() > 5 && numbers.last().is_some_and(String::is_empty) {
        numbers.pop();
    }
    let numbers: Vec<&str> = numbers.iter().map(|n| if n.is_empty() { "0" } else { n }).collect();
    out.push_str(&format!("datetime.datetime({}", numbers.join(", ")));
    let field =
        |at: usize| offset.get(at..at + 2).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or_default();
    match (offset.chars().next(), field(1) * 3600 + field(4) * 60) {
        (None, _) => {}
        (_, 0) => out.push_str(", tzinfo=datetime.timezone.utc"),
        (Some('-'), seconds) => {
            let seconds = 86_400_u32.saturating_sub(seconds);
            out.push_str(&format!(
                ", tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds={seconds}))"
            ));
        }
        (_, seconds) => {
            out.push_str(&format!(", tzinfo=datetime.timezone(datetime.timedelta(seconds={seconds}))"));
        }
    }
    out.push(')');
}

fn write_repr_map(out: &mut String, map: &Map) {
    out.push('{');
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write_repr_str(out, key);
        out.push_str(": ");
        write_repr(out, value);
    }
    out.push('}');
}

fn write_repr_str(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c == ' ' || !(c.is_control() || c.is_whitespace() || is_invisible(c)) => out.push(c),
            c => {
                let code = u32::from(c);
                out.push_str(&match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
        }
    }
    out.push(quote);
}

/// Characters that only steer how others are shown, and private ones: Python writes them as escapes.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfeff | 0xfff0..=0xfffb | 0xe0001..=0xe007f | 0xf0000..=0x0010_ffff)
}

/// What Python's `repr()` returns for a float: the shortest digits that read back, with an exponent from `1e+16`
/// and below `0.0001`.
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn floats() {
        // Expected: what CPython 3.11 prints.
        for (value, expected) in [
            (1.0, "1.0"),
            (2.5, "2.5"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e-4, "0.0001"),
            (1.0e-7, "1e-07"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn strings() {
        for (value, expected) in [
            ("a'b", r#""a'b""#),
            ("a'b\"", r#"'a\'b"'"#),
            ("tab\tline\n\u{7f}", r"'tab\tline\n\x7f'"),
            ("é\u{a0}\u{2028}\u{200b}日", r"'é\xa0\u2028\u200b日'"),
        ] {
            assert_eq!(repr(&value.into()), expected);
        }
    }

    #[test]
    fn dates() {
        let west = "datetime.timezone(datetime.timedelta(days=-1, seconds=84600))";
        for (value, expected) in [
            ("2024-02-29", "datetime.date(2024, 2, 29)"),
            ("2001-12-14 21:59:00", "datetime.datetime(2001, 12, 14, 21, 59)"),
            ("2001-12-14 00:00:00.000001", "datetime.datetime(2001, 12, 14, 0, 0, 0, 1)"),
            (
                "2001-12-04 01:00:05+00:00",
                "datetime.datetime(2001, 12, 4, 1, 0, 5, tzinfo=datetime.timezone.utc)",
            ),
            ("2001-12-04 01:00:05-00:30", &format!("datetime.datetime(2001, 12, 4, 1, 0, 5, tzinfo={west})")),
        ] {
            let date = Value::Date(value.into());
            assert_eq!(str(&date), value);
            assert_eq!(repr(&vec![date].into()), format!("[{expected}]"));
        }
    }

    #[test]
    fn numbers_are_equal_by_value() {
        assert!(equal(&1.into(), &true.into()));
        assert!(equal(&1.0.into(), &1.into()));
        assert!(!equal(&"1".into(), &1.into()));
        assert!(equal(&map! { "a" => vec![1.into()] }.into(), &map! { "a" => vec![1.0.into()] }.into()));
    }
}
