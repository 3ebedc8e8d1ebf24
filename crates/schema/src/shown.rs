//! Text from a file, as a message may show it.

use std::borrow::Cow;
use std::fmt::Write;

/// The most characters of one text that a message shows.
const MOST: usize = 2_000;

/// Text that is safe in one line of a message: control characters, line ends among them, are escaped, and what makes
/// it longer than a screen is left out.
///
/// ```
/// use taskgraph_schema::one_line;
/// assert_eq!(one_line("build"), "build");
/// assert_eq!(one_line("a\n\u{1b}[31mb"), "a\\n\\u{1b}[31mb");
/// ```
pub fn one_line(text: &str) -> Cow<'_, str> {
    shown(text, breaks_a_line)
}

/// The same for text that may have several lines.
pub fn many_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| c != '\n' && breaks_a_line(c))
}

/// Control characters, and those that change the direction of the text after them or end a line all the same.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shown(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    // No text has more characters than bytes.
    let short = text.len() <= MOST;
    if short && !text.chars().any(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(2 * MOST));
    let mut chars = text.chars();
    for c in chars.by_ref().take(MOST) {
        if escaped(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    match chars.count() {
        0 => {}
        left => {
            let _ = write!(shown, "... ({left} more characters)");
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal() {
        assert_eq!(one_line("é {}\t\r\u{202e}\u{7f}\u{9b}"), "é {}\\t\\r\\u{202e}\\u{7f}\\u{9b}");
        assert_eq!(many_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
        assert!(matches!(one_line("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_texts_are_cut() {
        let exact = "é".repeat(MOST);
        assert_eq!(one_line(&exact), exact);
        assert_eq!(one_line(&format!("{exact}xyz")), format!("{exact}... (3 more characters)"));
    }
}
