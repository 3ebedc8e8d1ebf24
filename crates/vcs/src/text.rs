//! Text as Python's text mode, `str.splitlines` and `str.strip` leave it: file lists depend on their details.

/// Turns `\r\n` and lone `\r` into `\n`.
pub(crate) fn universal_newlines(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// Splits into lines, of which the last may lack its end.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let ends = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut lines: Vec<String> = text.split(ends).map(str::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Whether Python counts the character as white space.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Takes white space away at both ends.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(lines(""), Vec::<String>::new());
        assert_eq!(lines("a\n\nb"), ["a", "", "b"]);
        assert_eq!(lines("a\u{2028}b\x0cc\n"), ["a", "b", "c"]);
        assert_eq!(lines("\n"), [""]);
    }

    #[test]
    fn carriage_returns_become_line_ends() {
        assert_eq!(universal_newlines("a\r\nb\rc\n".to_owned()), "a\nb\nc\n");
    }

    #[test]
    fn strips_separators_too() {
        assert_eq!(strip("\x1f main \u{2003}\n"), "main");
    }
}
