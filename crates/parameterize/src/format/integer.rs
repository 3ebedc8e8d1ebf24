//! Integers of any size by a format specification.

use super::{float, spec::Spec};

/// Writes an integer, given as decimal digits with an optional `-`.
pub(super) fn write(out: &mut String, number: &str, spec: &str) -> Result<(), String> {
    let spec = Spec::parse(spec, '>', 'd')?;
    let (negative, digits) = number.strip_prefix('-').map_or((false, number), |digits| (true, digits));
    match spec.kind {
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let value = number.parse::<f64>().unwrap_or(f64::INFINITY);
            if value.is_infinite() {
                return Err("the integer is too large to be written as a number with a point".into());
            }
            return float::write(out, value, &spec);
        }
        'b' | 'c' | 'd' | 'n' | 'o' | 'x' | 'X' => {}
        _ => return Err(spec.unknown_kind("an integer")),
    }
    if spec.precision.is_some() {
        return Err("a precision is not allowed in the format specification of an integer".into());
    }
    if spec.no_negative_zero {
        return Err("`z` is not allowed in the format specification of an integer".into());
    }
    let (prefix, digits) = match spec.kind {
        'c' => {
            if spec.sign.is_some() || spec.alternate {
                return Err("neither a sign nor `#` is allowed with the integer type `c`".into());
            }
            let c = number.parse().ok().and_then(char::from_u32);
            let c = c.ok_or_else(|| format!("there is no character with the number {number}"))?;
            spec.pad(out, c.encode_utf8(&mut [0; 4]));
            return Ok(());
        }
        'b' => ("0b", radix(digits, 1)),
        'o' => ("0o", radix(digits, 3)),
        'x' => ("0x", radix(digits, 4)),
        'X' => ("0X", radix(digits, 4).to_ascii_uppercase()),
        _ => ("", digits.to_owned()),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    spec.pad_number(out, negative, prefix, &digits, "");
    Ok(())
}

/// Decimal digits as digits of base 2, 8 or 16, which is two to the power of `bits`.
fn radix(decimal: &str, bits: usize) -> String {
    // Little-endian limbs; multiplying by ten is quadratic, but integers of a thousand digits are rare.
    let mut limbs: Vec<u32> = Vec::new();
    for digit in decimal.bytes() {
        let mut carry = u64::from(digit.wrapping_sub(b'0'));
        for limb in &mut limbs {
            carry += u64::from(*limb) * 10;
            #[expect(clippy::cast_possible_truncation, reason = "the upper half is the next carry")]
            {
                *limb = carry as u32;
            }
            carry >>= 32;
        }
        if let Ok(carry @ 1..) = u32::try_from(carry) {
            limbs.push(carry);
        }
    }
    let bit = |at: usize| limbs.get(at / 32).is_some_and(|limb| limb >> (at % 32) & 1 == 1);
    let total = limbs.len() * 32;
    let digits = (0..total.div_ceil(bits)).rev().map(|at| {
        let digit = (0..bits).fold(0, |digit, b| digit | u32::from(bit(at * bits + b)) << b);
        char::from_digit(digit, 16).unwrap_or('0')
    });
    let text: String = digits.skip_while(|digit| *digit == '0').collect();
    if text.is_empty() { "0".into() } else { text }
}
