//! The functions that expressions can call.

use std::borrow::Cow;

use taskgraph_value::{Value, python};

use super::{
    Renderer,
    evaluate::{Result, float, number},
    from_now::from_now,
    scope::Scope,
};

/// What expressions can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Builtin(Builtin),
    /// One of the caller, by its place.
    Given(usize),
}

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    Abs,
    Ceil,
    Defined,
    Floor,
    FromNow,
    Join,
    Len,
    Lowercase,
    Lstrip,
    Max,
    Min,
    Number,
    Range,
    Rstrip,
    Split,
    Sqrt,
    Str,
    Strip,
    Typeof,
    Uppercase,
}

impl Builtin {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "abs" => Self::Abs,
            "ceil" => Self::Ceil,
            "defined" => Self::Defined,
            "floor" => Self::Floor,
            "fromNow" => Self::FromNow,
            "join" => Self::Join,
            "len" => Self::Len,
            "lowercase" => Self::Lowercase,
            "lstrip" => Self::Lstrip,
            "max" => Self::Max,
            "min" => Self::Min,
            "number" => Self::Number,
            "range" => Self::Range,
            "rstrip" => Self::Rstrip,
            "split" => Self::Split,
            "sqrt" => Self::Sqrt,
            "str" => Self::Str,
            "strip" => Self::Strip,
            "typeof" => Self::Typeof,
            "uppercase" => Self::Uppercase,
            _ => return None,
        })
    }
}

impl Renderer<'_> {
    pub(super) fn call(
        &self,
        function: Builtin,
        arguments: &[Cow<'_, Value>],
        scope: &Scope<'_>,
    ) -> Result<Value> {
        for argument in arguments {
            if let Value::Str(text) = argument.as_ref() {
                self.meter.spend(text.len() as u64)?;
            }
        }
        let wrong = || format!("invalid arguments to builtin: {function:?}").to_lowercase();
        let arguments = arguments.iter().map(AsRef::as_ref).collect::<Vec<&Value>>();
        Ok(match (function, &arguments[..]) {
            (Builtin::Abs | Builtin::Ceil | Builtin::Floor | Builtin::Sqrt, [n]) => {
                let n = float(n).ok_or_else(wrong)?;
                number(match function {
                    Builtin::Abs => n.abs(),
                    Builtin::Ceil => n.ceil(),
                    Builtin::Floor => n.floor(),
                    _ => n.sqrt(),
                })?
            }
            (Builtin::Max | Builtin::Min, [_, ..]) => {
                let numbers = arguments.iter().map(|value| float(value).ok_or_else(wrong));
                let numbers = numbers.collect::<Result<Vec<_>>>()?.into_iter();
                let found = match function {
                    Builtin::Max => numbers.reduce(f64::max),
                    _ => numbers.reduce(f64::min),
                };
                number(found.unwrap_or_default())?
            }
            (Builtin::Lowercase, [Value::Str(text)]) => Value::from(text.to_lowercase()),
            (Builtin::Uppercase, [Value::Str(text)]) => Value::from(text.to_uppercase()),
            (Builtin::Strip, [Value::Str(text)]) => Value::from(text.trim()),
            (Builtin::Lstrip, [Value::Str(text)]) => Value::from(text.trim_start()),
            (Builtin::Rstrip, [Value::Str(text)]) => Value::from(text.trim_end()),
            (Builtin::Len, [Value::Str(text)]) => count(text.chars().count()),
            (Builtin::Len, [Value::List(items)]) => count(items.len()),
            (Builtin::Str, [value]) => Value::from(text(value).map_err(|_| wrong())?),
            (Builtin::Number, [Value::Str(text)]) => {
                let found = text.parse::<f64>().ok().filter(|found| found.is_finite());
                number(found.ok_or("string can't be converted to number")?)?
            }
            (Builtin::Typeof, [value]) => Value::from(match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "number",
                Value::Str(_) | Value::Date(_) => "string",
                Value::List(_) => "array",
                Value::Map(_) => "object",
            }),
            (Builtin::Defined, [Value::Str(name)]) => {
                Value::Bool(scope.get(name).is_some() || self.function(name).is_some())
            }
            (Builtin::Join, [Value::List(items), separator]) => {
                let separator = text(separator).map_err(|_| wrong())?;
                let mut joined = String::new();
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        joined.push_str(&separator);
                    }
                    let item = text(item).map_err(|_| wrong())?;
                    self.meter.spend((separator.len() + item.len()) as u64 + 8)?;
                    joined.push_str(&item);
                }
                Value::from(joined)
            }
            (Builtin::Split, [Value::Str(whole), separator]) => {
                let separator = text(separator).map_err(|_| wrong())?;
                let parts = match separator.is_empty() {
                    true => whole.chars().map(|part| Value::from(part.to_string())).collect(),
                    false => whole.split(separator.as_str()).map(Value::from).collect::<Vec<_>>(),
                };
                self.meter.spend(parts.len() as u64 * 64)?;
                Value::from(parts)
            }
            (Builtin::Range, [from, to, rest @ ..]) if rest.len() < 2 => {
                let step = rest.first().map_or(Some(1.0), |step| float(step));
                let (from, to) = (float(from).ok_or_else(wrong)?, float(to).ok_or_else(wrong)?);
                self.range(from, to, step.ok_or_else(wrong)?)
                    .map_err(|why| if why.is_empty() { wrong() } else { why })?
            }
            (Builtin::FromNow, [Value::Str(offset)]) => match scope.get("now") {
                Some(Value::Str(now)) => Value::from(from_now(offset, now)?),
                _ => return Err("context value `now` must be a string".to_owned()),
            },
            (Builtin::FromNow, [Value::Str(offset), Value::Str(from)]) => {
                Value::from(from_now(offset, from)?)
            }
            _ => return Err(wrong()),
        })
    }

    /// The function of that name: the caller's, if there is one.
    pub(super) fn function(&self, name: &str) -> Option<Function> {
        let given = self.functions.iter().rposition(|(known, _)| *known == name);
        given.map(Function::Given).or_else(|| Builtin::find(name).map(Function::Builtin))
    }

    fn range(&self, from: f64, to: f64, step: f64) -> Result<Value> {
        if [from, to, step].iter().any(|bound| bound.fract() != 0.0 || bound.abs() > 9e15) || step == 0.0 {
            return Err(String::new());
        }
        let count = ((to - from) / step).ceil().max(0.0);
        // Checked before anything is made.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let count = count as u64;
        self.meter.spend(count.saturating_mul(32))?;
        #[expect(clippy::cast_precision_loss, reason = "the count is small, or it would be too much")]
        let items = (0..count).map(|at| number(from + step * at as f64));
        Ok(Value::from(items.collect::<Result<Vec<_>>>()?))
    }
}

/// A scalar as it stands in a text.
pub(super) fn text(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Str(text) | Value::Date(text) | Value::BigInt(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float_text(*number),
        Value::List(_) | Value::Map(_) => return Err("a list or an object stands in a text".to_owned()),
    })
}

/// A number as JavaScript prints it: whole ones without a fraction.
pub(super) fn float_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e21 { format!("{number:.0}") } else { python::float(number) }
}

fn count(length: usize) -> Value {
    Value::from(length as u64)
}
