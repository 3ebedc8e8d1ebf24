//! Quoting for a shell.

/// The strings as words of a command line, each in single quotes if it needs them.
pub(super) fn quote<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote_word).collect::<Vec<_>>().join(" ")
}

fn quote_word(word: &str) -> String {
    let special = |c: char| "\\\t\r\n '\"#<>&|`(){}$;*?".contains(c);
    if !word.is_empty() && !word.contains(special) && !word.starts_with('~') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_need_it_are_quoted() {
        assert_eq!(
            quote(["a", "b c", "", "it's", "~x", "a~", "--x=1"]),
            r"a 'b c' '' 'it'\''s' '~x' a~ --x=1"
        );
    }
}
