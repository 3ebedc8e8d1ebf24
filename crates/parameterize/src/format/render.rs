//! Fills in the pieces of a template.

use std::borrow::{Borrow, Cow};
use std::fmt::Write;
use std::ops::Range;

use taskgraph_value::{Str, Value, python};

use super::parse::{Field, Piece, Pieces, Step, Steps, split_name};
use super::{date, float, integer, spec::Spec};
use crate::error::{known, shorten};
use crate::{Error, Lookup};

/// Longest text that one template may become, in bytes. Far above any real one, far below the memory of a machine.
const LONGEST: usize = 16 << 20;

/// Fills in the pieces of `template`.
pub(super) fn pieces(
    template: &Str,
    pieces: impl Iterator<Item = Result<impl Borrow<Piece>, String>>,
    values: &dyn Lookup,
) -> Result<Str, Error> {
    let renderer = Renderer { template, values };
    let mut out = String::with_capacity(template.len() + 16);
    for piece in pieces {
        match renderer.parsed(piece)?.borrow() {
            Piece::Text(range) => out.push_str(&template[range.clone()]),
            Piece::Field(field) => {
                // `{name}` alone, of a string: the string itself, still shared.
                if field.all.start == 1 && field.all.end + 1 == template.len() && field.all == field.name {
                    let value = renderer.value(field)?;
                    if let Value::Str(text) = value.as_ref() {
                        return Ok(text.clone());
                    }
                }
                renderer.field(&mut out, field, 0)?;
            }
        }
    }
    Ok(out.into())
}

struct Renderer<'a> {
    template: &'a str,
    values: &'a dyn Lookup,
}

impl Renderer<'_> {
    fn parsed<P>(&self, piece: Result<P, String>) -> Result<P, Error> {
        piece.map_err(|problem| self.syntax(problem))
    }

    fn syntax(&self, problem: impl Into<String>) -> Error {
        Error::Syntax { template: shorten(self.template), problem: problem.into() }
    }

    fn field(&self, out: &mut String, field: &Field, depth: usize) -> Result<(), Error> {
        let value = self.value(field)?;
        let problem = |problem: String| Error::Format {
            template: shorten(self.template),
            field: shorten(&self.template[field.all.clone()]),
            problem,
        };
        let converted = match field.conversion {
            None => None,
            Some('s') => Some(python::str(&value)),
            Some('r') => Some(python::repr(&value)),
            Some('a') => Some(ascii(&python::repr(&value))),
            Some(c) => {
                return Err(problem(format!(
                    "unknown conversion `{c}`; the conversions are `r`, `s` and `a`"
                )));
            }
        };
        let spec = if field.nested {
            Cow::Owned(self.nested(field.spec.clone(), depth)?)
        } else {
            Cow::Borrowed(&self.template[field.spec.clone()])
        };
        match converted {
            Some(text) => write_text(out, &text, &spec),
            None => write_value(out, &value, &spec),
        }
        .map_err(problem)?;
        if out.len() > LONGEST {
            return Err(problem(format!("the text gets longer than {LONGEST} bytes")));
        }
        Ok(())
    }

    /// Fills in a format specification that has fields of its own.
    fn nested(&self, range: Range<usize>, depth: usize) -> Result<String, Error> {
        if depth > 0 {
            return Err(self.syntax("fields are nested too deeply"));
        }
        let mut out = String::new();
        for piece in Pieces::new(self.template, range) {
            match self.parsed(piece)? {
                Piece::Text(range) => out.push_str(&self.template[range]),
                Piece::Field(field) => self.field(&mut out, &field, depth + 1)?,
            }
        }
        Ok(out)
    }

    fn value(&self, field: &Field) -> Result<Cow<'_, Value>, Error> {
        let full = &self.template[field.name.clone()];
        if field.plain && self.values.object(full).is_none() {
            return self.named(full);
        }
        let (first, steps) = split_name(full);
        if first.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::Positional { template: shorten(self.template), name: shorten(full) });
        }
        let (mut value, steps) = match self.values.object(full) {
            Some((value, rest)) => (value, Steps::new(rest)),
            None => (self.named(first)?, steps),
        };
        for step in steps {
            let step = step.map_err(|problem| self.syntax(problem))?;
            value = match value {
                Cow::Borrowed(value) => inside(value, step),
                Cow::Owned(value) => inside(&value, step).map(|inner| Cow::Owned(inner.into_owned())),
            }
            .map_err(|problem| Error::Access {
                template: shorten(self.template),
                field: shorten(full),
                problem,
            })?;
        }
        Ok(value)
    }

    /// The value of a name.
    fn named(&self, name: &str) -> Result<Cow<'_, Value>, Error> {
        self.values.lookup(name).ok_or_else(|| Error::UnknownName {
            template: shorten(self.template),
            name: shorten(name),
            known: known(self.values),
        })
    }
}

fn inside<'a>(value: &'a Value, step: Step<'_>) -> Result<Cow<'a, Value>, String> {
    let index = match step {
        Step::Attribute(name) => {
            return Err(format!(
                "{} has no attribute `{name}`; a key is written `[{name}]`",
                value.type_name()
            ));
        }
        Step::Index(index) => index,
    };
    let number = index.bytes().all(|byte| byte.is_ascii_digit()).then(|| index.parse::<usize>().ok());
    match (value, number) {
        (Value::Map(map), _) => map
            .get(index)
            .or_else(|| map.get(number??.to_string().as_str()))
            .map(Cow::Borrowed)
            .ok_or_else(|| format!("no key `{index}`; {}", known(map))),
        (Value::List(list), Some(number)) => number
            .and_then(|at| list.get(at))
            .map(Cow::Borrowed)
            .ok_or_else(|| format!("no item {index} in a list of {}", list.len())),
        (Value::Str(text), Some(number)) => number
            .and_then(|at| text.chars().nth(at))
            .map(|c| Cow::Owned(Value::from(c.encode_utf8(&mut [0; 4]) as &str)))
            .ok_or_else(|| format!("no character {index} in a string of {}", text.chars().count())),
        (Value::List(_) | Value::Str(_), None) => {
            Err(format!("expected the index of an item of {}, found `{index}`", value.type_name()))
        }
        _ => Err(format!("expected a mapping or a list for `[{index}]`, found {}", value.type_name())),
    }
}

fn write_value(out: &mut String, value: &Value, spec: &str) -> Result<(), String> {
    if spec.is_empty() {
        match value {
            Value::Str(text) => out.push_str(text),
            Value::Int(value) => out.push_str(itoa::Buffer::new().format(*value)),
            other => out.push_str(&python::str(other)),
        }
        return Ok(());
    }
    match value {
        Value::Str(text) => write_text(out, text, spec),
        Value::Bool(value) => integer::write(out, if *value { "1" } else { "0" }, spec),
        Value::Int(value) => integer::write(out, &value.to_string(), spec),
        Value::BigInt(digits) => integer::write(out, digits, spec),
        Value::Float(value) => float::write(out, *value, &Spec::parse(spec, '>', '\0')?),
        Value::Date(text) => date::write(out, text, spec),
        Value::Null | Value::List(_) | Value::Map(_) => {
            Err(format!("{} takes no format specification, found `{spec}`", value.type_name()))
        }
    }
}

fn write_text(out: &mut String, text: &str, spec: &str) -> Result<(), String> {
    if spec.is_empty() {
        out.push_str(text);
        return Ok(());
    }
    let spec = Spec::parse(spec, '<', 's')?;
    if spec.kind != 's' {
        return Err(spec.unknown_kind("a string"));
    }
    for (given, what) in [
        (spec.sign.is_some(), "a sign"),
        (spec.no_negative_zero, "`z`"),
        (spec.alternate, "`#`"),
        (spec.align == '=', "the alignment `=`"),
    ] {
        if given {
            return Err(format!("{what} is not allowed in the format specification of a string"));
        }
    }
    let text = match spec.precision.and_then(|most| text.char_indices().nth(most)) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    spec.pad(out, text);
    Ok(())
}

/// What Python's `ascii()` makes of a `repr()`.
fn ascii(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for c in repr.chars() {
        let _ = match u32::from(c) {
            0..=0x7f => out.write_char(c),
            code @ 0x80..=0xff => write!(out, "\\x{code:02x}"),
            code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    }
    out
}
