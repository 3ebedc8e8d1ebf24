//! A text that matches a pattern, for simple patterns.

use std::{iter::Peekable, str::Chars};

/// The longest text made.
const MOST: usize = 1000;
/// Groups within each other.
const DEEPEST: usize = 20;

/// A text that should match. Everything that may be repeated is there `extra` times more than it has to be.
///
/// None if the pattern has what is not understood here, such as look-around.
pub(super) fn text_for(pattern: &str, extra: usize) -> Option<String> {
    let mut maker = Maker { rest: pattern.chars().peekable(), extra };
    let text = maker.alternatives(0)?;
    maker.rest.next().is_none().then_some(text)
}

struct Maker<'p> {
    rest: Peekable<Chars<'p>>,
    extra: usize,
}

impl Maker<'_> {
    /// The first alternative; the others are read over.
    fn alternatives(&mut self, depth: usize) -> Option<String> {
        let first = self.sequence(depth)?;
        while self.rest.next_if_eq(&'|').is_some() {
            self.sequence(depth)?;
        }
        Some(first)
    }

    fn sequence(&mut self, depth: usize) -> Option<String> {
        let mut text = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '|' | ')')) {
            let atom = match c {
                '^' | '$' => continue,
                '.' => "x".to_owned(),
                '(' => self.group(depth)?,
                '[' => self.class()?.to_string(),
                '\\' => match self.rest.next()? {
                    'b' | 'A' | 'z' | 'Z' => continue,
                    'd' => "1".to_owned(),
                    'w' | 'D' => "x".to_owned(),
                    's' => " ".to_owned(),
                    'S' => "x".to_owned(),
                    'W' => "-".to_owned(),
                    't' => "\t".to_owned(),
                    'n' => "\n".to_owned(),
                    c if c.is_ascii_alphanumeric() => return None,
                    c => c.to_string(),
                },
                '*' | '+' | '?' => return None,
                c => c.to_string(),
            };
            let times = self.times()?;
            if text.len() + atom.len().saturating_mul(times) > MOST {
                return None;
            }
            text += &atom.repeat(times);
        }
        Some(text)
    }

    fn group(&mut self, depth: usize) -> Option<String> {
        if depth >= DEEPEST {
            return None;
        }
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => {}
                // A name: `(?<year>` or `(?P<year>`, but not `(?<=`.
                'P' | '<' => {
                    let mut name = String::new();
                    loop {
                        match self.rest.next()? {
                            '>' => break,
                            c if c == '<' || c == '_' || c.is_ascii_alphanumeric() => name.push(c),
                            _ => return None,
                        }
                    }
                }
                _ => return None,
            }
        }
        let inside = self.alternatives(depth + 1)?;
        self.rest.next_if_eq(&')')?;
        Some(inside)
    }

    /// One character of a class.
    fn class(&mut self) -> Option<char> {
        let excluded = self.rest.next_if_eq(&'^').is_some();
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            let c = match self.rest.next()? {
                ']' if !first => break,
                '[' => return None,
                '\\' => match self.rest.next()? {
                    'd' => {
                        ranges.push(('0', '9'));
                        first = false;
                        continue;
                    }
                    'w' => {
                        ranges.extend([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]);
                        first = false;
                        continue;
                    }
                    's' => ' ',
                    c if c.is_ascii_alphanumeric() => return None,
                    c => c,
                },
                c => c,
            };
            first = false;
            let mut end = c;
            if self.rest.peek() == Some(&'-') {
                self.rest.next();
                match self.rest.peek() {
                    Some(']') => ranges.push(('-', '-')),
                    _ => end = self.rest.next().filter(|end| *end != '\\')?,
                }
            }
            ranges.push((c, end));
        }
        if excluded {
            let is_in = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
            return ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(['-', '_', ' ']).find(|c| !is_in(*c));
        }
        // A letter reads best.
        let letter = ranges.iter().find(|(from, _)| from.is_ascii_lowercase());
        letter.or(ranges.first()).map(|(from, _)| *from)
    }

    /// How often the atom before has to be there.
    fn times(&mut self) -> Option<usize> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            Some('{') => return self.counted(),
            _ => return Some(1),
        };
        self.rest.next();
        self.lazy();
        Some((least + self.extra).min(most))
    }

    fn counted(&mut self) -> Option<usize> {
        self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '}' => break,
                c => text.push(c),
            }
        }
        self.lazy();
        let (least, most) = match text.split_once(',') {
            None => (text.as_str(), text.as_str()),
            Some((least, "")) => (least, "1000000"),
            Some(both) => both,
        };
        let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
        Some(least.saturating_add(self.extra).min(most))
    }

    fn lazy(&mut self) {
        self.rest.next_if(|c| matches!(c, '?' | '+'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns_have_texts() {
        for (pattern, extra, text) in [
            ("^[a-z]+$", 0, "a"),
            ("^[a-z]+$", 2, "aaa"),
            (r"^\d{4}-\d{2}$", 5, "1111-11"),
            ("^(foo|bar)-(?:x|y){2,3}$", 0, "foo-xx"),
            (r"^v?[0-9.]+(?<rest>b\d+)?$", 0, "0"),
            ("[^a-y]", 0, "z"),
            (r"\.\-[\]\d]", 0, ".-]"),
            ("", 3, ""),
            ("[-a]", 0, "a"),
        ] {
            assert_eq!(text_for(pattern, extra).as_deref(), Some(text), "{pattern}");
        }
        for pattern in
            ["(?=x)", "(", ")", "[a", "a{", "a{x}", "*", r"\p{L}", "a{5000}", "[[:alpha:]]", "(?<!a)b"]
        {
            assert_eq!(text_for(pattern, 0), None, "{pattern}");
        }
        assert_eq!(text_for(&"(".repeat(10_000), 0), None);
    }
}
