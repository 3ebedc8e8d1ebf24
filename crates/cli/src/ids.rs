//! Ids of tasks and groups, from the command line or from standard input.

use std::collections::BTreeSet;
use std::io::{Read, stdin};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use taskcluster_queue_client::TaskId;

use crate::failure::Misuse;
use crate::log::Log;

/// Of a list of bad ids; there may be thousands.
const MOST_SHOWN: usize = 20;

#[derive(Args, Debug)]
pub(crate) struct TaskIds {
    /// The ids of the tasks; `-` stands for those on standard input, between white space
    #[arg(value_name = "TASK", required = true)]
    tasks: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct GroupIds {
    /// The ids of the groups; `-` stands for those on standard input, between white space
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
}

impl TaskIds {
    /// The ids, each once, as given. None if standard input has none.
    pub(crate) fn read(&self, log: &Log) -> Result<Vec<TaskId>> {
        read(&self.tasks, &mut stdin(), log)
    }

    /// Whether somebody named just one: then what is printed is what the official client prints.
    pub(crate) fn is_one(&self) -> bool {
        is_one(&self.tasks)
    }
}

impl GroupIds {
    /// The ids, each once, as given. None if standard input has none.
    pub(crate) fn read(&self, log: &Log) -> Result<Vec<TaskId>> {
        read(&self.groups, &mut stdin(), log)
    }

    /// Whether somebody named just one.
    pub(crate) fn is_one(&self) -> bool {
        is_one(&self.groups)
    }
}

/// The tasks that arguments name, each once, as given. None if standard input has none.
pub(crate) fn of_args(args: &[String], log: &Log) -> Result<Vec<TaskId>> {
    read(args, &mut stdin(), log)
}

fn is_one(args: &[String]) -> bool {
    matches!(args, [arg] if arg != "-")
}

fn read(args: &[String], input: &mut dyn Read, log: &Log) -> Result<Vec<TaskId>> {
    let mut text = String::new();
    let mut words: Vec<&str> = Vec::new();
    if args.iter().any(|arg| arg == "-") {
        input.read_to_string(&mut text).context("cannot read ids from standard input")?;
    }
    for arg in args {
        match arg.as_str() {
            "-" => words.extend(text.split_whitespace()),
            id => words.push(id),
        }
    }
    if words.is_empty() {
        log.info("There are no ids on standard input, so there is nothing to do.");
    }
    let mut seen = BTreeSet::new();
    words.retain(|word| seen.insert(*word));
    let mut ids = Vec::with_capacity(words.len());
    let mut bad = Vec::new();
    for word in words {
        match word.parse::<TaskId>() {
            Ok(id) => ids.push(id),
            Err(error) => bad.push((word, error)),
        }
    }
    match bad.len() {
        0 => Ok(ids),
        1 => bad.pop().map_or(Ok(ids), |(_, error)| Err(error.into())),
        count => {
            let shown: Vec<String> =
                bad.iter().take(MOST_SHOWN).map(|(word, _)| format!("`{word}`")).collect();
            let more = count.saturating_sub(MOST_SHOWN);
            let more = if more == 0 { String::new() } else { format!(" and {more} others") };
            Err(anyhow!(Misuse(format!(
                "{count} bad ids: {}{more}: expected 22 letters, digits, `-` and `_` each, as in \
                 `fdtgsD5DQUmAQZEaGMvQ4Q`",
                shown.join(", ")
            ))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Verbosity;

    const A: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";
    const B: &str = "PgAKBjVOQPCNmKf4k9nSZA";

    #[track_caller]
    fn check(args: &[&str], mut input: &[u8], expected: &str) {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let found = match read(&args, &mut input, &Log::new(Verbosity::Quiet, Box::new(Vec::new()))) {
            Ok(ids) => ids.iter().map(TaskId::as_str).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{error:#}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn ids_come_from_arguments_and_from_standard_input() {
        let both = format!("{A} {B}");
        check(&[A, B, A], b"", &both);
        check(&["-"], format!("\n {A}\t{B}\r\n{A}").as_bytes(), &both);
        check(&[A, "-"], B.as_bytes(), &both);
        check(&["-"], b" \n", "");
    }

    #[test]
    fn bad_ids_are_said_all_at_once() {
        check(
            &[A, "x"],
            b"",
            "bad task id `x`: expected 22 letters, digits, `-` and `_`, as in `fdtgsD5DQUmAQZEaGMvQ4Q`",
        );
        check(
            &["x", A, "-"],
            b"y",
            "2 bad ids: `x`, `y`: expected 22 letters, digits, `-` and `_` each, as in `fdtgsD5DQUmAQZEaGMvQ4Q`",
        );
        check(&["-"], b"\xff", "cannot read ids from standard input: stream did not contain valid UTF-8");
    }
}
