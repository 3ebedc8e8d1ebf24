//! The tables of results, and where they are kept.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Machine;
use super::measure::Measurement;

const END: &str = "<!-- end -->";

/// Which of the tables of a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Printing graphs.
    Graphs,
    /// Creating a task group.
    Create,
}

impl Place {
    /// What is before the table.
    fn begin(self) -> &'static str {
        match self {
            Self::Graphs => "<!-- written by `cargo xtask bench --write`: begin -->\n",
            Self::Create => "<!-- written by `cargo xtask bench --create --write`: begin -->\n",
        }
    }
}

/// The medians for one command and one size.
pub(super) struct Row {
    /// How many tasks the repository has.
    pub(super) tasks: usize,
    /// The command: `full -J`.
    pub(super) command: String,
    /// Ours.
    pub(super) ours: Measurement,
    /// The reference's.
    pub(super) reference: Measurement,
    /// How often each was run.
    pub(super) runs: (usize, usize),
}

/// The table in Markdown, with what it was measured on.
pub(super) fn render(rows: &[Row], machine: &Machine) -> String {
    let mut text = String::new();
    _ = writeln!(text, "{}\n", machine.describe());
    text.push_str(
        "| tasks | command | wall, reference | wall, ours | times faster | CPU, reference | CPU, ours | times less \
         | peak memory, reference | peak memory, ours | times less | runs |\n\
         | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for Row { tasks, command, ours, reference, runs } in rows {
        _ = writeln!(
            text,
            "| {tasks} | `{command}` | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} and {} |",
            seconds(reference.wall),
            seconds(ours.wall),
            ratio(reference.wall, ours.wall),
            seconds(reference.cpu),
            seconds(ours.cpu),
            ratio(reference.cpu, ours.cpu),
            mebibytes(reference.memory),
            mebibytes(ours.memory),
            ratio(reference.memory, ours.memory),
            runs.1,
            runs.0,
        );
    }
    text
}

fn seconds(time: f64) -> String {
    if time < 1.0 { format!("{:.1} ms", time * 1000.0) } else { format!("{time:.2} s") }
}

fn mebibytes(memory: f64) -> String {
    format!("{memory:.1} MiB")
}

fn ratio(reference: f64, ours: f64) -> String {
    if ours > 0.0 { format!("{:.1}", reference / ours) } else { "–".into() }
}

/// Puts the table between its markers in a page.
pub(super) fn write(page: &Path, place: Place, table: &str) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| format!("reading {}", page.display()))?;
    let replaced = replace(&text, place, table)
        .with_context(|| format!("{} has no markers for the table", page.display()))?;
    fs::write(page, replaced).with_context(|| format!("writing {}", page.display()))
}

fn replace(text: &str, place: Place, table: &str) -> Option<String> {
    let begin = text.find(place.begin())? + place.begin().len();
    let end = begin + text[begin..].find(END)?;
    Some(format!("{}\n{table}\n{}", &text[..begin], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_places_for_the_tables() {
        let page = fs::read_to_string(crate::workspace().join("docs/performance.md")).unwrap();
        for place in [Place::Graphs, Place::Create] {
            let replaced = replace(&page, place, "| table |\n").unwrap();
            assert!(replaced.contains("begin -->\n\n| table |\n\n<!-- end -->"));
            assert_eq!(replaced.matches("| table |").count(), 1);
            assert_eq!(replace(&replaced, place, "| table |\n").unwrap(), replaced);
            assert_eq!(replace("no markers", place, ""), None);
        }
    }

    #[test]
    fn ratios() {
        let of = |wall| Measurement { wall, cpu: 2.0 * wall, memory: 100.0 * wall };
        let row =
            Row { tasks: 5, command: "full -J".into(), ours: of(0.5), reference: of(2.0), runs: (7, 3) };
        let machine =
            Machine { cores: 2, memory: 8.0, facts: vec!["x 1".into()], date: None, command: "c".into() };
        let table = render(&[row], &machine);
        assert!(table.contains("| 5 | `full -J` | 2.00 s | 500.0 ms | 4.0 | 4.00 s | 1.00 s | 4.0 | 200.0 MiB | 50.0 MiB | 4.0 | 3 and 7 |"), "{table}");
    }
}
