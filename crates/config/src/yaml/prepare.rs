//! Makes text safe for the parser, which does not expect everything that libyaml takes.
//!
//! libyaml-safer 0.3 panics in two places where libyaml goes on: where a block scalar, or a backslash in quotes, ends
//! with the text instead of with a line, and where a tag in a flow collection is followed by a comma, as in
//! `[!!str, a]`. Both are avoided by a small change of the text, which is taken back from the scalars that it shows in.

use std::borrow::Cow;

use libyaml_safer::ScalarStyle;

/// A line break that block scalars keep as it is, and that nobody ends a file with.
const END: char = '\u{2029}';

/// Text that the parser can take.
pub(super) struct Prepared<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether the last character was added.
    ended: bool,
    /// Blanks that were put between tags and commas.
    blanks: Option<String>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut prepared = Prepared { text: Cow::Borrowed(text), ended: false, blanks: None };
        let commas = tag_commas(text);
        if !commas.is_empty() {
            let mut blanks = " \t \t\t  \t".to_owned();
            while text.contains(&blanks) {
                blanks.push_str("\t ");
            }
            let mut changed =
                String::with_capacity(text.len() + commas.len() * blanks.len() + END.len_utf8());
            let mut done = 0;
            for comma in commas {
                changed.push_str(&text[done..comma]);
                changed.push_str(&blanks);
                done = comma;
            }
            changed.push_str(&text[done..]);
            prepared.text = Cow::Owned(changed);
            prepared.blanks = Some(blanks);
        }
        if !text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', END]) {
            prepared.text.to_mut().push(END);
            prepared.ended = true;
        }
        prepared
    }

    /// What a scalar is without the changes. `end` is where it ends in the changed text.
    pub(super) fn restore(&self, value: &mut String, style: ScalarStyle, end: u64) {
        if self.ended
            && matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && usize::try_from(end).is_ok_and(|end| end >= self.text.len())
            && value.ends_with(END)
        {
            value.pop();
        }
        if let Some(blanks) = &self.blanks
            && value.contains(blanks)
        {
            *value = value.replace(blanks, "");
        }
    }
}

/// Where commas directly follow what may be a tag.
fn tag_commas(text: &str) -> Vec<usize> {
    let mut commas = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(tag) = text[at..].find('!') {
        let inside = text[..at + tag].chars().next_back().is_some_and(char::is_alphanumeric);
        at += tag + 1;
        // No tag starts inside a word, where a blank might make a key of it: `wow!:, a` is text.
        if inside {
            continue;
        }
        if bytes.get(at) == Some(&b'<') {
            let verbatim = |b: &u8| *b != b'>' && !b.is_ascii_whitespace();
            at += bytes[at..].iter().take_while(|b| verbatim(b)).count();
            at += usize::from(bytes.get(at) == Some(&b'>'));
        } else {
            let uri = |b: &u8| b.is_ascii_alphanumeric() || b"-_;/?:@&=+$.%!~*'()".contains(b);
            at += bytes[at..].iter().take_while(|b| uri(b)).count();
        }
        // Text may go on with a character of several bytes.
        while !text.is_char_boundary(at) {
            at += 1;
        }
        if bytes.get(at) == Some(&b',') {
            commas.push(at);
        }
    }
    commas
}
