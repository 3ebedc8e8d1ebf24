//! Escapes and character sets, which two engines spell differently.

use std::fmt::Write as _;

/// What one escape or one member of a set stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// One character. Not a `char`, for Python has escapes of lone surrogates too.
    Literal(u32),
    /// `d`, `s`, `w` or their capitals.
    Category(char),
}

/// Reads the pattern one character at a time.
#[derive(Debug)]
pub(super) struct Source<'p> {
    rest: &'p str,
    position: usize,
}

impl<'p> Source<'p> {
    pub(super) fn new(pattern: &'p str) -> Self {
        Source { rest: pattern, position: 0 }
    }

    /// How many characters were read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.position += 1;
        Some(c)
    }

    /// Reads `c` if it is next.
    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.next();
        }
        found
    }

    /// Reads at most `most` characters that `wanted` takes.
    pub(super) fn take_while(&mut self, most: usize, wanted: impl Fn(char) -> bool) -> &'p str {
        let start = self.rest;
        let mut taken = 0;
        while taken < most && self.peek().is_some_and(&wanted) {
            self.next();
            taken += 1;
        }
        &start[..start.len() - self.rest.len()]
    }

    /// Reads up to and including `end`; the text before it. What to call it goes into the error.
    pub(super) fn until(&mut self, end: char, what: &str) -> Result<&'p str, String> {
        let text = self.take_while(usize::MAX, |c| c != end);
        if !self.eat(end) {
            return Err(format!("missing `{end}` after the {what} at position {}", self.position));
        }
        if text.is_empty() {
            return Err(format!("missing {what} at position {}", self.position));
        }
        Ok(text)
    }

    /// Remembers the place, to come back with [`Source::restore`].
    pub(super) fn save(&self) -> (&'p str, usize) {
        (self.rest, self.position)
    }

    pub(super) fn restore(&mut self, (rest, position): (&'p str, usize)) {
        self.rest = rest;
        self.position = position;
    }
}

/// Reads what follows a backslash in a set, and outside of sets what is the same there. `c` is already read.
pub(super) fn escape(source: &mut Source<'_>, c: char) -> Result<Member, String> {
    let start = source.position().saturating_sub(2);
    let literal = |code| Ok(Member::Literal(code));
    match c {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(Member::Category(c)),
        'a' => literal(7),
        'b' => literal(8),
        'f' => literal(12),
        'n' => literal(10),
        'r' => literal(13),
        't' => literal(9),
        'v' => literal(11),
        'x' => hexadecimal(source, start, c, 2),
        'u' => hexadecimal(source, start, c, 4),
        'U' => hexadecimal(source, start, c, 8),
        'N' => Err(format!("named characters are not supported, at position {start}")),
        '0'..='7' => {
            let more = source.take_while(2, |c| matches!(c, '0'..='7'));
            octal(start, &format!("{c}{more}"))
        }
        _ if c.is_ascii_alphanumeric() => Err(format!("bad escape `\\{c}` at position {start}")),
        _ => literal(u32::from(c)),
    }
}

/// The character of an octal escape that starts at a position.
pub(super) fn octal(start: usize, digits: &str) -> Result<Member, String> {
    match u32::from_str_radix(digits, 8) {
        Ok(code) if code <= 0o377 => Ok(Member::Literal(code)),
        _ => Err(format!("octal escape `\\{digits}` above `\\377` at position {start}")),
    }
}

fn hexadecimal(source: &mut Source<'_>, start: usize, letter: char, digits: usize) -> Result<Member, String> {
    let text = source.take_while(digits, |c| c.is_ascii_hexdigit());
    let code = u32::from_str_radix(text, 16).ok().filter(|code| *code <= 0x0010_ffff);
    match code {
        Some(code) if text.len() == digits => Ok(Member::Literal(code)),
        _ => Err(format!("incomplete escape `\\{letter}{text}` at position {start}")),
    }
}

/// Writes a character so that nothing can take it for an operator.
pub(super) fn write_literal(out: &mut String, code: u32) -> Result<(), String> {
    match char::from_u32(code) {
        Some(c) if c.is_ascii_alphanumeric() || !c.is_ascii() => out.push(c),
        Some(_) => {
            let _ = write!(out, "\\x{code:02X}");
        }
        None => return Err(format!("the surrogate U+{code:04X} can match no text")),
    }
    Ok(())
}

/// Writes a category, as part of a set. Python's differ from the engine's: words are letters, numbers and `_`
/// without marks, and spaces include the four separators of ASCII.
pub(super) fn write_category(out: &mut String, category: char, ascii: bool) {
    out.push_str(match (category, ascii) {
        ('d', false) => r"\d",
        ('D', false) => r"\D",
        ('s', false) => r"\s\x1C-\x1F",
        ('S', false) => r"[^\s\x1C-\x1F]",
        ('w', false) => r"\p{L}\p{N}_",
        ('W', false) => r"[^\p{L}\p{N}_]",
        ('d', true) => "0-9",
        ('D', true) => "[^0-9]",
        ('s', true) => r"\x09-\x0D\x20",
        ('S', true) => r"[^\x09-\x0D\x20]",
        ('w', true) => "a-zA-Z0-9_",
        _ => "[^a-zA-Z0-9_]",
    });
}

/// Reads a set whose `[` was read and writes it.
pub(super) fn translate_set(source: &mut Source<'_>, out: &mut String, ascii: bool) -> Result<(), String> {
    let start = source.position().saturating_sub(1);
    let unterminated = || format!("unterminated character set at position {start}");
    out.push('[');
    if source.eat('^') {
        out.push('^');
    }
    let mut first = true;
    loop {
        let c = source.next().ok_or_else(unterminated)?;
        if c == ']' && !first {
            break;
        }
        first = false;
        let from = member(source, c)?;
        if !source.eat('-') {
            write_member(out, from, ascii)?;
            continue;
        }
        let c = source.next().ok_or_else(unterminated)?;
        if c == ']' {
            write_member(out, from, ascii)?;
            write_literal(out, u32::from('-'))?;
            break;
        }
        match (from, member(source, c)?) {
            (Member::Literal(from), Member::Literal(to)) if from <= to => {
                write_literal(out, from)?;
                out.push('-');
                write_literal(out, to)?;
            }
            _ => return Err(format!("bad character range before position {}", source.position())),
        }
    }
    out.push(']');
    Ok(())
}

fn member(source: &mut Source<'_>, c: char) -> Result<Member, String> {
    if c != '\\' {
        return Ok(Member::Literal(u32::from(c)));
    }
    match source.next() {
        Some(c) => escape(source, c),
        None => Err("it ends in a backslash".into()),
    }
}

fn write_member(out: &mut String, member: Member, ascii: bool) -> Result<(), String> {
    match member {
        Member::Literal(code) => write_literal(out, code)?,
        Member::Category(category) => write_category(out, category, ascii),
    }
    Ok(())
}
