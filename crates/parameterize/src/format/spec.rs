//! Format specifications: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

/// Largest width and precision. Python has no such limit, and no template has a use for more.
const WIDEST: usize = 100_000;

/// A parsed format specification.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) fill: char,
    /// One of `<`, `>`, `^` and `=`.
    pub(super) align: char,
    /// One of `+`, `-` and space.
    pub(super) sign: Option<char>,
    pub(super) no_negative_zero: bool,
    pub(super) alternate: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    /// The type letter, or the default of the value's type.
    pub(super) kind: char,
}

/// Takes a number from the front of a specification.
fn number(rest: &mut &str) -> Result<Option<usize>, String> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    if digits.is_empty() {
        return Ok(None);
    }
    match digits.parse() {
        Ok(number) if number <= WIDEST => Ok(Some(number)),
        _ => Err(format!("the number {digits} in the format specification is larger than {WIDEST}")),
    }
}

fn take(rest: &mut &str, c: char) -> bool {
    rest.strip_prefix(c).inspect(|after| *rest = after).is_some()
}

impl Spec {
    /// Parses a specification; alignment and type are those of the value's type if not given.
    pub(super) fn parse(text: &str, align: char, kind: char) -> Result<Spec, String> {
        let mut spec = Spec {
            fill: ' ',
            align,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind,
        };
        let mut rest = text;
        let is_align = |c: char| matches!(c, '<' | '>' | '^' | '=');
        let mut chars = text.chars();
        let mut filled = false;
        let mut aligned = false;
        match (chars.next(), chars.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                (spec.fill, spec.align) = (fill, align);
                (filled, aligned) = (true, true);
                rest = chars.as_str();
            }
            (Some(align), _) if is_align(align) => {
                spec.align = align;
                aligned = true;
                rest = &text[1..];
            }
            _ => {}
        }
        spec.sign = ['+', '-', ' '].into_iter().find(|&sign| take(&mut rest, sign));
        spec.no_negative_zero = take(&mut rest, 'z');
        spec.alternate = take(&mut rest, '#');
        if !filled && take(&mut rest, '0') {
            spec.fill = '0';
            if !aligned && align == '>' {
                spec.align = '=';
            }
        }
        spec.width = number(&mut rest)?.unwrap_or(0);
        spec.grouping = [',', '_'].into_iter().find(|&separator| take(&mut rest, separator));
        if spec.grouping.is_some() && rest.starts_with([',', '_']) && !rest.starts_with(",,") {
            return Err("`,` and `_` cannot both be given, or twice".into());
        }
        if take(&mut rest, '.') {
            spec.precision = Some(number(&mut rest)?.ok_or("the precision is missing after `.`")?);
        }
        let mut chars = rest.chars();
        if let Some(kind) = chars.next() {
            spec.kind = kind;
        }
        if chars.next().is_some() {
            return Err(format!("`{text}` is not a format specification"));
        }
        match (spec.grouping, spec.kind) {
            (None, _) | (Some('_'), 'b' | 'o' | 'x' | 'X') => {}
            (_, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0') => {}
            (Some(separator), kind) => {
                return Err(format!("`{separator}` cannot be used with type `{kind}`"));
            }
        }
        Ok(spec)
    }

    pub(super) fn unknown_kind(&self, what: &str) -> String {
        format!("the format type `{}` is not one for {what}", self.kind)
    }

    /// Writes text, padded to the width.
    pub(super) fn pad(&self, out: &mut String, text: &str) {
        let padding = self.width.saturating_sub(text.chars().count());
        let before = match self.align {
            '<' => 0,
            '^' => padding / 2,
            _ => padding,
        };
        out.extend(std::iter::repeat_n(self.fill, before));
        out.push_str(text);
        out.extend(std::iter::repeat_n(self.fill, padding - before));
    }

    /// Writes a number: its sign, its prefix, the digits before the point, and what follows them.
    pub(super) fn pad_number(
        &self,
        out: &mut String,
        negative: bool,
        prefix: &str,
        digits: &str,
        tail: &str,
    ) {
        let mut head = String::new();
        match (negative, self.sign) {
            (true, _) => head.push('-'),
            (false, Some(sign @ ('+' | ' '))) => head.push(sign),
            _ => {}
        }
        head.push_str(prefix);
        let zero_fill = self.fill == '0' && self.align == '=';
        let least = if zero_fill { self.width.saturating_sub(head.len() + tail.chars().count()) } else { 0 };
        let size = if matches!(self.kind, 'b' | 'o' | 'x' | 'X') { 4 } else { 3 };
        let mut number = match self.grouping {
            Some(separator) if !digits.is_empty() => group(digits, least, separator, size),
            _ => digits.to_owned(),
        };
        number.push_str(tail);
        if self.align == '=' {
            let padding = self.width.saturating_sub(head.len() + number.chars().count());
            out.push_str(&head);
            out.extend(std::iter::repeat_n(self.fill, padding));
            out.push_str(&number);
        } else {
            head.push_str(&number);
            self.pad(out, &head);
        }
    }
}

/// Puts separators between groups of digits, and zeros in front until there are `least` characters or one more:
/// the text never starts with a separator.
fn group(digits: &str, least: usize, separator: char, size: usize) -> String {
    let mut reversed = String::with_capacity(least.max(digits.len() * 2));
    let mut digits = digits.chars().rev().peekable();
    let mut count = 0;
    while digits.peek().is_some() || reversed.len() < least {
        if count > 0 && count % size == 0 {
            reversed.push(separator);
        }
        reversed.push(digits.next().unwrap_or('0'));
        count += 1;
    }
    reversed.chars().rev().collect()
}
