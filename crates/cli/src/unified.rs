//! Unified diffs of large texts that consist of named entries.

use std::cmp::Ordering;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Hunk, InternedInput};
use rayon::prelude::*;

/// Writes what `diff -U<context>` prints for two texts that differ; nothing for equal ones.
///
/// `begins` says whether an entry begins with a line. Entries are in order, and those that begin alike are compared
/// with each other, which is far faster than to compare whole texts, and never takes one entry for another.
pub(crate) fn write_diff(
    [before, after]: [&[u8]; 2],
    begins: fn(&[u8]) -> bool,
    labels: [&str; 2],
    context: u32,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = [Lines::of(before)?, Lines::of(after)?];
    let hunks = hunks(&texts, begins);
    let mut hunks = hunks.into_iter().peekable();
    if hunks.peek().is_some() {
        writeln!(out, "--- {}\n+++ {}", labels[0], labels[1])?;
    }
    while let Some(first) = hunks.next() {
        let mut end = first.before.end;
        let mut group = vec![first];
        // Changes belong together if their contexts touch.
        while let Some(next) = hunks.next_if(|next| next.before.start - end <= context.saturating_mul(2)) {
            end = next.before.end;
            group.push(next);
        }
        write_group(&group, &texts, context, out)?;
    }
    Ok(())
}

/// A text by its lines.
struct Lines<'a> {
    text: &'a [u8],
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8]) -> io::Result<Self> {
        let mut starts = vec![0];
        starts.extend(text.split_inclusive(|byte| *byte == b'\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        }));
        match u32::try_from(starts.len()) {
            Ok(_) => Ok(Lines { text, starts }),
            Err(_) => {
                Err(io::Error::other("a text with more than four thousand million lines cannot be compared"))
            }
        }
    }

    fn count(&self) -> u32 {
        // Checked when it was made.
        u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX)
    }

    fn part(&self, lines: &Range<u32>) -> &'a [u8] {
        &self.text[self.starts[lines.start as usize]..self.starts[lines.end as usize]]
    }

    /// The lines of each entry. The first one is what precedes all entries.
    fn entries(&self, begins: fn(&[u8]) -> bool) -> Vec<Range<u32>> {
        let mut entries = Vec::new();
        let mut start = 0;
        for line in 0..self.count() {
            if begins(self.part(&(line..line + 1))) {
                entries.push(start..line);
                start = line;
            }
        }
        entries.push(start..self.count());
        entries
    }
}

fn hunks(texts: &[Lines<'_>; 2], begins: fn(&[u8]) -> bool) -> Vec<Hunk> {
    let [before, after] = texts;
    let name = |lines: &Lines<'_>, entry: &Range<u32>| -> Vec<u8> {
        let first = lines.part(&(entry.start..entry.end.min(entry.start + 1)));
        if begins(first) { first.to_vec() } else { Vec::new() }
    };
    let mut pairs = Vec::new();
    let (old_entries, new_entries) = (before.entries(begins), after.entries(begins));
    let (mut old, mut new) = (old_entries.into_iter().peekable(), new_entries.into_iter().peekable());
    let (mut old_end, mut new_end) = (0, 0);
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => name(before, old).cmp(&name(after, new)),
        };
        let old = old.next_if(|_| order.is_le()).unwrap_or(old_end..old_end);
        let new = new.next_if(|_| order.is_ge()).unwrap_or(new_end..new_end);
        (old_end, new_end) = (old.end, new.end);
        if before.part(&old) != after.part(&new) {
            pairs.push([old, new]);
        }
    }
    let compared: Vec<Vec<Hunk>> = pairs
        .into_par_iter()
        .map(|[old, new]| {
            let input = InternedInput::new(before.part(&old), after.part(&new));
            let mut diff = Diff::compute(Algorithm::Histogram, &input);
            diff.postprocess_lines(&input);
            let moved = |hunk: Hunk| Hunk {
                before: hunk.before.start + old.start..hunk.before.end + old.start,
                after: hunk.after.start + new.start..hunk.after.end + new.start,
            };
            diff.hunks().map(moved).collect()
        })
        .collect();
    let mut hunks: Vec<Hunk> = Vec::new();
    for hunk in compared.into_iter().flatten() {
        match hunks.last_mut() {
            Some(last) if last.before.end == hunk.before.start && last.after.end == hunk.after.start => {
                last.before.end = hunk.before.end;
                last.after.end = hunk.after.end;
            }
            _ => hunks.push(hunk),
        }
    }
    hunks
}

fn write_group(group: &[Hunk], texts: &[Lines<'_>; 2], context: u32, out: &mut dyn Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
    let above = context.min(first.before.start).min(first.after.start);
    let below = context.min(texts[0].count() - last.before.end);
    let old = first.before.start - above..last.before.end + below;
    let new = first.after.start - above..last.after.end + below;
    writeln!(out, "@@ -{} +{} @@", Place(&old), Place(&new))?;
    let mut at = old.start;
    for hunk in group {
        write_lines(b" ", &texts[0], at..hunk.before.start, out)?;
        write_lines(b"-", &texts[0], hunk.before.clone(), out)?;
        write_lines(b"+", &texts[1], hunk.after.clone(), out)?;
        at = hunk.before.end;
    }
    write_lines(b" ", &texts[0], at..old.end, out)
}

fn write_lines(sign: &[u8], lines: &Lines<'_>, range: Range<u32>, out: &mut dyn Write) -> io::Result<()> {
    for at in range {
        let line = lines.part(&(at..at + 1));
        out.write_all(sign)?;
        out.write_all(line)?;
        if !line.ends_with(b"\n") {
            out.write_all(b"\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

/// A range of lines as `diff` writes it: the first line from 1, and how many, unless it is one.
struct Place<'a>(&'a Range<u32>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0 => write!(f, "{},0", self.0.start),
            1 => write!(f, "{}", self.0.start + 1),
            count => write!(f, "{},{count}", self.0.start + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let mut out = Vec::new();
        let text = |lines: &str| lines.replace(' ', "\n").into_bytes();
        let begins = |line: &[u8]| line.first().is_some_and(u8::is_ascii_uppercase);
        write_diff([&text(before), &text(after)], begins, ["old", "new"], 1, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn changes_have_places_and_context() {
        check("a b c d e f ", "a b x d e f ", "--- old\n+++ new\n@@ -2,3 +2,3 @@\n b\n-c\n+x\n d\n");
        check("a b c ", "b c ", "--- old\n+++ new\n@@ -1,2 +1 @@\n-a\n b\n");
        check("a ", "a b ", "--- old\n+++ new\n@@ -1 +1,2 @@\n a\n+b\n");
        check("", "a b ", "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n");
        check("a b ", "", "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n");
    }

    #[test]
    fn close_changes_share_their_context() {
        check("a b c d ", "x b c y ", "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+x\n b\n c\n-d\n+y\n");
        check(
            "a b c d e ",
            "x b c d y ",
            "--- old\n+++ new\n@@ -1,2 +1,2 @@\n-a\n+x\n b\n@@ -4,2 +4,2 @@\n d\n-e\n+y\n",
        );
    }

    #[test]
    fn equal_texts_have_no_diff() {
        check("a b ", "a b ", "");
    }

    #[test]
    fn a_missing_last_newline_shows() {
        check("a", "a ", "--- old\n+++ new\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
    }

    #[test]
    fn entries_are_compared_by_their_name() {
        // A whole-text diff could take `B x y` for a changed `A x y`.
        check("h A x y B x y ", "h B x y ", "--- old\n+++ new\n@@ -1,5 +1,2 @@\n h\n-A\n-x\n-y\n B\n");
        check("A x B x ", "A x B y C x ", "--- old\n+++ new\n@@ -3,2 +3,4 @@\n B\n-x\n+y\n+C\n+x\n");
        check("B x ", "A x ", "--- old\n+++ new\n@@ -1,2 +1,2 @@\n-B\n-x\n+A\n+x\n");
    }

    /// Applies a diff without context; both texts have lines of one letter.
    fn patched(before: &str, diff: &str) -> String {
        let mut lines = before.lines();
        let mut patched = String::new();
        for line in diff.lines().skip(2) {
            let (sign, text) = line.split_at(1);
            match sign {
                "@" => {
                    let old = text[3..].split(' ').next().unwrap();
                    let old: Vec<usize> = old.split(',').map(|number| number.parse().unwrap()).collect();
                    let first = if old.get(1) == Some(&0) { old[0] } else { old[0] - 1 };
                    let done = before.lines().count() - lines.clone().count();
                    lines.by_ref().take(first - done).for_each(|line| patched += &format!("{line}\n"));
                }
                "-" => assert_eq!(lines.next(), Some(text)),
                "+" => patched += &format!("{text}\n"),
                other => panic!("unexpected `{other}`"),
            }
        }
        lines.for_each(|line| patched += &format!("{line}\n"));
        patched
    }

    #[test]
    fn diffs_lead_from_one_text_to_the_other() {
        // All pairs of texts of four letters, two of which begin an entry, whatever their order.
        let texts: Vec<String> = (0..256)
            .map(|n| (0..4).map(|at| format!("{}\n", ["A", "B", "x", "y"][n >> (2 * at) & 3])).collect())
            .collect();
        let begins = |line: &[u8]| line.first().is_some_and(u8::is_ascii_uppercase);
        for before in &texts {
            for after in texts.iter().filter(|after| *after != before) {
                let mut out = Vec::new();
                write_diff([before.as_bytes(), after.as_bytes()], begins, ["old", "new"], 0, &mut out)
                    .unwrap();
                assert_eq!(patched(before, &String::from_utf8(out).unwrap()), *after);
            }
        }
    }
}
