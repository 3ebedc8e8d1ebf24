//! The directives in a Dockerfile: `# %ARG NAME`, `# %include PATH` and `# %include-run-task`.

use std::path::Path;

use crate::{Error, Problem};

/// Where the four scripts go inside an image. Part of the digest, so every byte counts.
const RUN_TASK_LINES: &str = "\
COPY run-task/run-task /usr/local/bin/run-task
COPY run-task/fetch-content /usr/local/bin/fetch-content
COPY run-task/robustcheckout.py /usr/local/mercurial/robustcheckout.py
COPY run-task/hgrc /etc/mercurial/hgrc.d/mozilla.rc
";

const ARG: &str = "# %ARG";
const INCLUDE: &str = "# %include";

/// A Dockerfile after replacement, and what it asks for, in the order of its lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) text: String,
    pub(crate) includes: Vec<(usize, Include)>,
}

/// Something to add to the context.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Include {
    RunTask,
    /// As written, relative to the repository.
    Path(String),
}

/// Reads a Dockerfile's bytes. `path` is only used in errors; of repeated argument names the last one counts.
pub(crate) fn expand(path: &Path, bytes: &[u8], args: &[(&str, &str)]) -> Result<Expanded, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = unify_newlines(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]));
        Error::at_line(path, valid.matches('\n').count() + 1, Problem::NotUtf8)
    })?;

    let mut expanded = Expanded::default();
    let mut replacements: Vec<Replacement> = Vec::new();
    // A value that is no template only matters when there are lines to replace it in.
    let mut bad_value = None;
    for (index, line) in unify_newlines(text).split_inclusive('\n').enumerate() {
        let number = index + 1;
        if line.starts_with(ARG) {
            match Replacement::new(operand(line, ARG), args) {
                Ok(replacement) => replacements.push(replacement),
                Err(problem @ Problem::ArgumentValue { .. }) => {
                    bad_value.get_or_insert(Error::at_line(path, number, problem));
                }
                Err(problem) => return Err(Error::at_line(path, number, problem)),
            }
            continue;
        }
        if let Some(error) = bad_value {
            return Err(error);
        }
        let mut line = line.to_owned();
        for replacement in &replacements {
            replacement.apply(&mut line);
        }
        expanded.text.push_str(&line);
        if !line.starts_with(INCLUDE) {
            continue;
        }
        if strip(&line) == "# %include-run-task" {
            expanded.text.push_str(RUN_TASK_LINES);
            expanded.includes.push((number, Include::RunTask));
        } else {
            expanded.includes.push((number, Include::Path(operand(&line, INCLUDE).to_owned())));
        }
    }
    Ok(expanded)
}

/// What follows a directive and one more character, whatever that is.
fn operand<'a>(line: &'a str, directive: &str) -> &'a str {
    let mut rest = line[directive.len()..].chars();
    rest.next();
    strip(rest.as_str())
}

/// `\r\n` and a lone `\r` end a line, as when Python reads text.
fn unify_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// White space as Python's `str.strip` sees it: `char::is_whitespace` and four control characters.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

/// Replaces `$NAME` where the name ends at a word boundary.
#[derive(Debug)]
struct Replacement {
    needle: String,
    value: String,
}

impl Replacement {
    fn new(name: &str, args: &[(&str, &str)]) -> Result<Self, Problem> {
        let Some((_, value)) = args.iter().rev().find(|(known, _)| *known == name) else {
            let known = args.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let given =
                if known.is_empty() { "none were given".into() } else { format!("given are {known}") };
            return Err(Problem::MissingArgument { name: name.to_owned(), given });
        };
        let needle = format!("${name}");
        let value = unescape(value, &needle)
            .map_err(|reason| Problem::ArgumentValue { name: name.to_owned(), reason })?;
        Ok(Self { needle, value })
    }

    fn apply(&self, line: &mut String) {
        if !line.contains(&self.needle) {
            return;
        }
        let mut replaced = String::with_capacity(line.len() + self.value.len());
        let mut rest = line.as_str();
        while let Some(at) = rest.find(&self.needle) {
            let end = at + self.needle.len();
            let before = rest[..end].chars().next_back().is_some_and(is_word);
            let after = rest[end..].chars().next().is_some_and(is_word);
            if before == after {
                // No boundary here; another match may only start after this `$`.
                replaced.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            } else {
                replaced.push_str(&rest[..at]);
                replaced.push_str(&self.value);
                rest = &rest[end..];
            }
        }
        replaced.push_str(rest);
        *line = replaced;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Argument values are replacement templates of Python's `re`: a backslash starts an escape, and `\g<0>` is the
/// text that was found. Values without a backslash are left as they are.
fn unescape(value: &str, found: &str) -> Result<String, String> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((literal, tail)) = rest.split_once('\\') {
        text.push_str(literal);
        let mut chars = tail.chars();
        let Some(escape) = chars.next() else { return Err("a backslash at its end".to_owned()) };
        rest = chars.as_str();
        match escape {
            'a' => text.push('\x07'),
            'b' => text.push('\x08'),
            'f' => text.push('\x0c'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'v' => text.push('\x0b'),
            '\\' => text.push('\\'),
            'g' => {
                let group = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
                match group {
                    Some((digits, tail)) if !digits.is_empty() && digits.bytes().all(|b| b == b'0') => {
                        text.push_str(found);
                        rest = tail;
                    }
                    _ => return Err("a reference `\\g` to a group that does not exist".to_owned()),
                }
            }
            '0'..='9' => {
                let octal = octal_prefix(tail);
                if escape != '0' && octal.len() < 3 {
                    return Err(format!("a reference `\\{escape}` to a group that does not exist"));
                }
                let code = u32::from_str_radix(octal, 8).ok().and_then(|code| u8::try_from(code).ok());
                let Some(code) = code else { return Err(format!("an octal escape `\\{octal}` above 377")) };
                text.push(char::from(code));
                rest = &tail[octal.len()..];
            }
            letter if letter.is_ascii_alphabetic() => return Err(format!("a bad escape `\\{letter}`")),
            other => {
                text.push('\\');
                text.push(other);
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

/// Up to three octal digits.
fn octal_prefix(text: &str) -> &str {
    let digits = text.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    &text[..digits]
}

#[cfg(test)]
mod tests;
