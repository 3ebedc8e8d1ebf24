//! Text from a file, as a message may show it.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// The most characters of one text that a message shows.
const MOST: usize = 4_000;

/// The most characters without a space between them, and how many are left of more.
const LONGEST_WORD: usize = 300;
const LEFT_OF_WORD: usize = 80;

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

/// A path as a message may show it.
pub fn shown_path(path: &Path) -> String {
    one_line(&path.to_string_lossy()).into_owned()
}

/// Control characters, and those that change the direction of the text after them or end a line all the same.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shown(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    // No text has more characters than bytes.
    if text.len() <= LONGEST_WORD && !text.chars().any(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(2 * MOST));
    let mut left = MOST;
    for word in text.split_inclusive(' ') {
        if left == 0 {
            shown.push_str("...");
            break;
        }
        let length = word.chars().count();
        let kept = if length > LONGEST_WORD { LEFT_OF_WORD } else { length }.min(left);
        for c in word.chars().take(kept) {
            if escaped(c) {
                // Writing to a String cannot fail.
                let _ = write!(shown, "{}", c.escape_default());
            } else {
                shown.push(c);
            }
        }
        left -= kept;
        if kept < length {
            shown.push_str("...");
            // What quotes a name, and what follows it, stays.
            let end = word.trim_end_matches(|c: char| c.is_ascii_punctuation() || c == ' ').len();
            shown.extend(word[end..].chars().take(left.min(8)));
            if left == 0 {
                break;
            }
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
        let exact = "é".repeat(LONGEST_WORD);
        assert_eq!(one_line(&exact), exact);
        let cut = "é".repeat(LEFT_OF_WORD);
        assert_eq!(
            one_line(&format!("no `{exact}xyz`, but `z`")),
            format!("no `{}...`, but `z`", &cut[..cut.len() - 2])
        );
        let words = "ab ".repeat(MOST);
        assert_eq!(one_line(&words).chars().count(), MOST + 3);
        assert!(one_line(&words).ends_with(" a..."));
    }
}
