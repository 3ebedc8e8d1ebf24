//! File patterns, as `resources` and `skip-unless-changed` use them.

/// Whether `path` matches `pattern`; see [`PathPattern`], which is faster for many paths.
pub fn match_path(path: &str, pattern: &str) -> bool {
    PathPattern::new(pattern).matches(path)
}

/// A pattern for slash-separated paths, ready to be matched.
///
/// - `*` is any text inside one part of the path, also none.
/// - `**/` at the start of a part is any number of folders, also none; `/**` at the end is everything below and the
///   folder itself. After another `**/`, or next to other characters, two stars are one star.
/// - A pattern that matches a folder matches everything below it; the empty pattern matches every path.
/// - Every other character is itself, `?` and `[` included.
///
/// Matching never fails and takes time proportional to the lengths of path and pattern at most.
///
/// ```
/// use taskgraph_docker::PathPattern;
///
/// let sources = PathPattern::new("src/**/*.rs");
/// assert!(sources.matches("src/lib.rs"));
/// assert!(sources.matches("src/a/b/lib.rs"));
/// assert!(!sources.matches("src/lib.py"));
/// assert!(PathPattern::new("docs").matches("docs/index.md"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    parts: Vec<Part>,
    everything: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// Any text without a slash.
    Star,
    /// Any folders, each with its slash, or nothing.
    Folders,
    /// Any text (after a slash if `slash`), or nothing.
    Below {
        slash: bool,
    },
}

/// Paths of this length or less are matched without allocating.
const SHORT: usize = 127;

impl PathPattern {
    /// Compiles a pattern. Every text is one.
    pub fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut flush = |text: &mut String, part: Option<Part>| {
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(text).into()));
            }
            parts.extend(part);
        };
        let mut rest = pattern;
        // Whether `**` here would be at the start of a part. The slash that ends one `**/` does not start another.
        let mut part_start = true;
        while let Some(c) = rest.chars().next() {
            if part_start && let Some(tail) = rest.strip_prefix("**/") {
                flush(&mut text, Some(Part::Folders));
                rest = tail;
                part_start = false;
                continue;
            }
            if part_start && rest == "**" {
                let slash = text.ends_with('/');
                if slash {
                    text.pop();
                }
                flush(&mut text, Some(Part::Below { slash }));
                break;
            }
            if c == '*' {
                flush(&mut text, Some(Part::Star));
            } else {
                text.push(c);
            }
            part_start = c == '/';
            rest = &rest[c.len_utf8()..];
        }
        flush(&mut text, None);
        // Stars in a row say nothing more than one.
        parts.dedup_by(|next, previous| *next == Part::Star && *previous == Part::Star);
        Self { parts, everything: pattern.is_empty() }
    }

    /// Whether the pattern matches this path or one of the folders above it.
    pub fn matches(&self, path: &str) -> bool {
        if self.everything {
            return true;
        }
        let (path, parts) = match self.parts.split_first() {
            Some((Part::Text(text), rest)) => match path.strip_prefix(&**text) {
                Some(path) => (path, rest),
                None => return false,
            },
            _ => (path, self.parts.as_slice()),
        };
        if parts.is_empty() {
            return ends(path.as_bytes(), 0);
        }
        // Most paths lack a text of the pattern, and that is quick to see.
        let mut unseen = path;
        for part in parts {
            if let Part::Text(text) = part {
                match unseen.split_once(&**text) {
                    Some((_, tail)) => unseen = tail,
                    None => return false,
                }
            }
        }
        let path = path.as_bytes();
        let size = path.len() + 1;
        if path.len() <= SHORT {
            run(parts, path, &mut [false; SHORT + 1][..size], &mut [false; SHORT + 1][..size])
        } else {
            run(parts, path, &mut vec![false; size], &mut vec![false; size])
        }
    }
}

/// Tracks the set of positions the parts so far can end at, in two arrays one longer than `path`; true if one of them ends the path or one of its folders.
fn run<'a>(parts: &[Part], path: &[u8], mut at: &'a mut [bool], mut next: &'a mut [bool]) -> bool {
    let size = path.len() + 1;
    at[0] = true;
    for part in parts {
        next.fill(false);
        let mut any = false;
        match part {
            Part::Text(text) => {
                for start in (0..size).filter(|&start| at[start]) {
                    if path[start..].starts_with(text.as_bytes()) {
                        next[start + text.len()] = true;
                        any = true;
                    }
                }
            }
            Part::Star => {
                let mut open = false;
                for position in 0..size {
                    open |= at[position];
                    next[position] = open;
                    any |= open;
                    open &= path.get(position) != Some(&b'/');
                }
            }
            Part::Folders => {
                next.copy_from_slice(at);
                any = true;
                let mut open = false; // a folder name that is not empty has been entered
                for (position, byte) in path.iter().enumerate() {
                    if *byte == b'/' && open {
                        next[position + 1] = true;
                    }
                    open = *byte != b'\n' && (open || at[position]);
                }
            }
            Part::Below { slash } => {
                next.copy_from_slice(at);
                any = true;
                let mut open = false;
                for (position, byte) in path.iter().enumerate() {
                    open |= !slash && at[position];
                    open &= *byte != b'\n';
                    next[position + 1] |= open;
                    open |= *slash && at[position] && *byte == b'/';
                }
            }
        }
        if !any {
            return false;
        }
        std::mem::swap(&mut at, &mut next);
    }
    (0..size).any(|position| at[position] && ends(path, position))
}

/// Whether a match that got as far as `position` is one: at the end, or with only names below left. As with `.` and
/// `$` in a regular expression, names have no newline and one newline at the end does not count.
fn ends(path: &[u8], position: usize) -> bool {
    match &path[position..] {
        [] | [b'\n'] => true,
        [b'/', below @ ..] => !below.strip_suffix(b"\n").unwrap_or(below).contains(&b'\n'),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
