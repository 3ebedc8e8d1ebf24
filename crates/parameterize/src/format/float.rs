//! Floats by a format specification.

use super::spec::Spec;

/// From here on, all digits of any float are zeros.
const MOST_DIGITS: usize = 1100;

/// Writes a float.
pub(super) fn write(out: &mut String, value: f64, spec: &Spec) -> Result<(), String> {
    let (mut kind, mut value, mut percent) = (spec.kind, value, "");
    match kind {
        '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {}
        'n' => kind = 'g',
        '%' => (kind, value, percent) = ('f', value * 100.0, "%"),
        _ => return Err(spec.unknown_kind("a number")),
    }
    let mut negative = value.is_sign_negative() && !value.is_nan();
    let text = if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        "inf".to_owned()
    } else {
        digits(value.abs(), kind, spec)
    };
    let text = if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text };
    if spec.no_negative_zero && value.is_finite() {
        let zero =
            text.split(['e', 'E']).next().is_some_and(|text| text.bytes().all(|b| matches!(b, b'0' | b'.')));
        negative &= !zero;
    }
    let point = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, tail) = text.split_at(point);
    spec.pad_number(out, negative, "", whole, &format!("{tail}{percent}"));
    Ok(())
}

/// The digits of a finite number that is not negative, with point and exponent.
fn digits(value: f64, kind: char, spec: &Spec) -> String {
    match (kind, spec.precision) {
        ('e' | 'E', precision) => {
            let precision = precision.unwrap_or(6);
            let (digits, exponent) = rounded(value, precision + 1);
            scientific(&digits, exponent, precision + 1, spec.alternate)
        }
        ('f' | 'F', precision) => {
            let precision = precision.unwrap_or(6);
            let exact = precision.min(MOST_DIGITS);
            let mut text = format!("{value:.exact$}");
            text.extend(std::iter::repeat_n('0', precision - exact));
            if precision == 0 && spec.alternate {
                text.push('.');
            }
            text
        }
        ('\0', None) => shortest(value, spec.alternate),
        (_, precision) => {
            let precision = precision.unwrap_or(6).max(1);
            // Without a type there is always a digit after the point.
            general(value, precision, kind == '\0', spec.alternate)
        }
    }
}

/// As `%g`: `precision` digits, of which trailing zeros are left out.
fn general(value: f64, precision: usize, dot_zero: bool, alternate: bool) -> String {
    let (digits, exponent) = rounded(value, precision);
    let kept = digits.trim_end_matches('0');
    let most = isize::try_from(precision).unwrap_or(isize::MAX) - isize::from(dot_zero);
    let shown = if alternate { precision } else { kept.len().max(1) };
    if exponent < -4 || exponent >= most {
        return scientific(&digits, exponent, shown, alternate);
    }
    positional(&digits, exponent, shown, dot_zero, alternate)
}

/// As `repr()`: the fewest digits that read back.
fn shortest(value: f64, alternate: bool) -> String {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    let exponent = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return positional(&digits, exponent, digits.len(), true, alternate);
    }
    scientific(&digits, exponent, digits.len(), alternate)
}

/// The first `count` digits, correctly rounded, and the power of ten of the first.
fn rounded(value: f64, count: usize) -> (String, isize) {
    let exact = count.clamp(1, MOST_DIGITS) - 1;
    let text = format!("{value:.exact$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// The digit at a place; zeros follow the last and come before the first.
fn digit(digits: &str, at: isize) -> char {
    usize::try_from(at).ok().and_then(|at| digits.as_bytes().get(at)).map_or('0', |&digit| char::from(digit))
}

fn scientific(digits: &str, exponent: isize, shown: usize, alternate: bool) -> String {
    let mut text = String::new();
    for at in 0..isize::try_from(shown).unwrap_or(isize::MAX) {
        if at == 1 {
            text.push('.');
        }
        text.push(digit(digits, at));
    }
    if shown == 1 && alternate {
        text.push('.');
    }
    text.push_str(&format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
    text
}

fn positional(digits: &str, exponent: isize, shown: usize, dot_zero: bool, alternate: bool) -> String {
    let point = exponent + 1;
    let least = if dot_zero { point + 1 } else { point };
    let end = isize::try_from(shown).unwrap_or(isize::MAX).max(least);
    let mut text = String::new();
    for at in point.min(1) - 1..end {
        if at == point {
            text.push('.');
        }
        text.push(digit(digits, at));
    }
    if end == point && alternate {
        text.push('.');
    }
    text
}
