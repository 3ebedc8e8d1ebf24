//! Splits a template into text and fields, by the rules of Python's `str.format`.

use std::ops::Range;

use memchr::memchr2;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Where in the template literal text stands.
    Text(Range<usize>),
    /// Something to fill in.
    Field(Field),
}

/// Something to fill in: `{name[index]!conversion:spec}`. Ranges are bytes of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// All between the braces.
    pub(super) all: Range<usize>,
    /// The name with its indexes.
    pub(super) name: Range<usize>,
    /// Whether it is nothing but the name.
    pub(super) plain: bool,
    pub(super) conversion: Option<char>,
    pub(super) spec: Range<usize>,
    /// Whether the specification has fields of its own.
    pub(super) nested: bool,
}

/// The pieces of `template[range]`, one after another. Nothing follows an error.
pub(super) struct Pieces<'a> {
    template: &'a str,
    at: usize,
    end: usize,
    /// A field that follows the text returned last.
    pending: Option<Field>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(template: &'a str, range: Range<usize>) -> Self {
        Pieces { template, at: range.start, end: range.end, pending: None }
    }

    fn rest(&self) -> &'a str {
        &self.template[self.at..self.end]
    }

    fn take_char(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Where in the rest the first byte is for which `wanted` holds. For ASCII that is quicker than looking at
    /// characters, and finds the same.
    fn find_byte(&self, wanted: impl Fn(u8) -> bool) -> Option<usize> {
        self.rest().bytes().position(wanted)
    }

    fn piece(&mut self) -> Result<Piece, String> {
        let start = self.at;
        let Some(brace) = find_brace(self.rest()) else {
            self.at = self.end;
            return Ok(Piece::Text(start..self.end));
        };
        let open = self.rest().as_bytes()[brace] == b'{';
        self.at += brace + 1;
        let text = start..start + brace;
        let doubled = self.rest().starts_with(if open { '{' } else { '}' });
        match (open, doubled) {
            (_, true) => {
                self.at += 1;
                Ok(Piece::Text(text.start..text.end + 1))
            }
            (false, false) => Err("single `}`".into()),
            (true, false) if self.at == self.end => Err("single `{`".into()),
            (true, false) => {
                let field = self.field()?;
                if text.is_empty() {
                    return Ok(Piece::Field(field));
                }
                self.pending = Some(field);
                Ok(Piece::Text(text))
            }
        }
    }

    fn field(&mut self) -> Result<Field, String> {
        let start = self.at;
        let stop = loop {
            let Some(at) = self.find_byte(|byte| matches!(byte, b'{' | b'[' | b'}' | b':' | b'!')) else {
                return Err(format!("`{{{}` has no closing brace", &self.template[start..self.end]));
            };
            let found = self.rest().as_bytes()[at];
            self.at += at + 1;
            match found {
                b'{' => return Err("`{` inside the name of a field".into()),
                // Anything may stand inside an index, which ends with its bracket.
                b'[' => self.at += self.find_byte(|byte| byte == b']').unwrap_or(self.rest().len()),
                stop => break stop,
            }
        };
        let name = start..self.at - 1;
        let mut field =
            Field { all: name.clone(), name, plain: false, conversion: None, spec: 0..0, nested: false };
        if stop == b'}' {
            field.plain = is_plain(&self.template[field.name.clone()]);
            return Ok(field);
        }
        if stop == b'!' {
            field.conversion = Some(self.take_char().ok_or("text ends where a conversion is expected")?);
            match self.take_char() {
                Some('}') => {
                    field.all.end = self.at - 1;
                    return Ok(field);
                }
                Some(':') | None => {}
                Some(c) => return Err(format!("expected `:` or `}}` after a conversion, found `{c}`")),
            }
        }
        let spec = self.at;
        let mut depth = 1;
        while let Some(at) = self.find_byte(|byte| matches!(byte, b'{' | b'}')) {
            if self.rest().as_bytes()[at] == b'{' {
                field.nested = true;
                depth += 1;
            } else {
                depth -= 1;
            }
            self.at += at + 1;
            if depth == 0 {
                field.spec = spec..self.at - 1;
                field.all.end = self.at - 1;
                return Ok(field);
            }
        }
        Err(format!("`{{{}` has no closing brace", &self.template[start..self.end]))
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Piece, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(field) = self.pending.take() {
            return Some(Ok(Piece::Field(field)));
        }
        if self.at >= self.end {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.end;
        }
        Some(piece)
    }
}

/// Whether a name, as far as one look tells, leads nowhere but to a value.
fn is_plain(name: &str) -> bool {
    name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Where the first brace is.
pub(super) fn find_brace(text: &str) -> Option<usize> {
    memchr2(b'{', b'}', text.as_bytes())
}

/// A step from a value into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// `.name`
    Attribute(&'a str),
    /// `[index]`
    Index(&'a str),
}

/// The first part of a field's name, and the steps that follow it.
pub(super) fn split_name(name: &str) -> (&str, Steps<'_>) {
    let end = name.bytes().position(|byte| matches!(byte, b'.' | b'['));
    let (first, rest) = name.split_at(end.unwrap_or(name.len()));
    (first, Steps { rest })
}

/// The steps of a field's name. Nothing follows an error.
pub(super) struct Steps<'a> {
    rest: &'a str,
}

impl<'a> Steps<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Steps { rest }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Result<Step<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        let first = rest.chars().next()?;
        let (step, name) = if let Some(rest) = rest.strip_prefix('.') {
            let (name, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            self.rest = rest;
            (Step::Attribute(name), name)
        } else if first == '[' {
            let Some((name, rest)) = rest[1..].split_once(']') else { return Some(Err("`[` without `]`")) };
            self.rest = rest;
            (Step::Index(name), name)
        } else {
            return Some(Err("only `.` or `[` may follow `]`"));
        };
        Some(if name.is_empty() { Err("an index or attribute is empty") } else { Ok(step) })
    }
}
