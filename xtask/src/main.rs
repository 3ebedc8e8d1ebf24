//! `cargo xtask`: chores of the people who work on this repository.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console tool")]

mod api_table;
mod bench;
mod fixtures;
mod interop;
#[cfg(test)]
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <chore> [options]

Chores:
  fixtures [--check] [--hash-seed N] [NAME...]
      Run the pinned Python reference over every repository under `fixtures/` and write what it prints
      beside it. See fixtures/README.md.
  api-table [--check]
      Write the table of the services' methods, as the pinned official Python client has them.
  interop [TEST...]
      Run the official Python client, and the reference's helpers for tasks, against the embedded cluster; then
      create a large task group through injected faults.
  bench [--tasks N,N... | --create [N]] [--runs N] [--write] [--date YYYY-MM-DD]
      Measure the release build and the pinned Python reference side by side: on synthetic repositories, or with
      --create at creating a task group. With --write, keep the table in docs/performance.md.
  compare OURS REFERENCE
      Compare two files of `taskgraph ... -J`, task by task.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((chore, rest)) if chore == "fixtures" => fixtures::run(rest),
        Some((chore, rest)) if chore == "api-table" => api_table::run(rest),
        Some((chore, rest)) if chore == "interop" => interop::run(rest),
        Some((chore, rest)) if chore == "bench" => bench::run(rest),
        Some((chore, rest)) if chore == "compare" => bench::compare::run(rest),
        Some((help, _)) if help == "--help" || help == "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace, where `fixtures/` is.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap_or(Path::new(".")).to_path_buf()
}

/// The folder cargo builds into.
fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}
