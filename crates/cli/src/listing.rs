//! Lists for people and for programs: a table on a terminal, plain columns elsewhere, JSON if asked for.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::output::Destination;
use crate::world::World;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ListingArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Aligned, under headings.
    Table,
    /// Between tabs, one row a line, without headings.
    Columns,
    /// One array of objects.
    Json,
}

impl ListingArgs {
    pub(crate) fn style(self, world: &World) -> Style {
        match (self.json, world.terminals.output) {
            (true, _) => Style::Json,
            (false, true) => Style::Table,
            (false, false) => Style::Columns,
        }
    }
}

/// Rows, each a JSON object. The columns show some of their fields.
pub(crate) struct Listing {
    /// Headings, and the fields under them.
    columns: &'static [(&'static str, &'static str)],
    rows: Vec<Value>,
}

impl Listing {
    pub(crate) fn new(columns: &'static [(&'static str, &'static str)]) -> Listing {
        Listing { columns, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Value) {
        self.rows.push(row);
    }

    pub(crate) fn print(&self, style: Style, out: &mut dyn Write) -> Result<()> {
        Destination::Out.write(out, |out| match style {
            Style::Json => write_json(&self.rows, out),
            Style::Columns => {
                for row in &self.rows {
                    writeln!(out, "{}", self.cells(row).join("\t"))?;
                }
                Ok(())
            }
            Style::Table => self.write_table(out),
        })
    }

    fn write_table(&self, out: &mut dyn Write) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let head = self.columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let lines: Vec<Vec<String>> =
            std::iter::once(head).chain(self.rows.iter().map(|row| self.cells(row))).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for line in &lines {
            let mut text = String::new();
            let mut missing = 0; // what the cell before is short of the width of its column
            for (cell, width) in line.iter().zip(&widths) {
                text.extend(std::iter::repeat_n(' ', missing));
                text += cell;
                missing = width - cell.chars().count() + 2;
            }
            writeln!(out, "{}", text.trim_end())?;
        }
        Ok(())
    }

    fn cells(&self, row: &Value) -> Vec<String> {
        self.columns.iter().map(|(_, field)| cell(&row[*field])).collect()
    }
}

/// What is in a cell. Names come from anywhere: what would move the cursor is not printed as it is.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    Destination::Out.write(out, |out| write_json(value, out))
}

fn write_json(value: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(style: Style, expected: &str) {
        let mut listing = Listing::new(&[("TASK", "taskId"), ("NAME", "name"), ("RUNS", "runs")]);
        listing.push(json!({"taskId": "abc", "name": "a long name\u{1b}[2J", "runs": 2, "more": true}));
        listing.push(json!({"taskId": "d", "name": "é"}));
        let mut out = Vec::new();
        listing.print(style, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_table_holds_whatever_is_long() {
        let mut listing = Listing::new(&[("NAME", "name"), ("BODY", "body")]);
        listing.push(json!({"name": "x".repeat(70_000), "body": "y".repeat(70_000)}));
        listing.push(json!({"name": "x", "body": "y"}));
        let mut out = Vec::new();
        listing.print(Style::Table, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [70_006, 140_002, 70_003]);
    }

    #[test]
    fn the_same_rows_have_three_forms() {
        check(
            Style::Table,
            "TASK  NAME             RUNS\nabc   a long name\u{fffd}[2J  2\nd     é                -\n",
        );
        check(Style::Columns, "abc\ta long name\u{fffd}[2J\t2\nd\té\t-\n");
        check(
            Style::Json,
            "[\n  {\n    \"taskId\": \"abc\",\n    \"name\": \"a long name\\u001b[2J\",\n    \"runs\": 2,\n    \
             \"more\": true\n  },\n  {\n    \"taskId\": \"d\",\n    \"name\": \"é\"\n  }\n]\n",
        );
    }
}
