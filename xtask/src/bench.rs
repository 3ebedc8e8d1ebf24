//! Measures the program and the reference side by side.
//!
//! Start at [`run`]. Both are run in turn on the same repository, so that what else the machine does meets both.
//! Medians are compared. Before anything is measured for a size, both print the graph once, and the two must be equal.
//! With `--create`, both create a task group in an embedded cluster instead.

pub(crate) mod compare;
mod create;
mod measure;
mod report;
mod repository;
mod texts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::fixtures::Reference;
use measure::{Measurement, measure, median};
use report::{Place, Row};

const SIZES: [usize; 4] = [5, 1000, 10_000, 30_000];
const RUNS: usize = 5;
/// The size of a task group that is created.
const GROUP: usize = 5000;
const COMMANDS: [[&str; 2]; 2] = [["full", "-J"], ["full", "-L"]];
/// The reference is run fewer times where one run takes long, but at least twice.
const PATIENCE: usize = 30_000;

/// Handles `cargo xtask bench <args>`.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let options = Options::parse(args)?;
    let reference = Reference::install(&crate::target_dir())?;
    let scratch = crate::target_dir().join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
    let machine = Machine::of(&options, &reference)?;
    let (rows, place) = match options.create {
        Some(tasks) => (vec![create::run(tasks, &options, &reference, &scratch)?], Place::Create),
        None => (graphs(&options, reference, scratch)?, Place::Graphs),
    };
    let table = report::render(&rows, &machine);
    println!("\n{table}");
    if options.write {
        report::write(&crate::workspace().join("docs/performance.md"), place, &table)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Measures printing graphs of all sizes.
fn graphs(options: &Options, reference: Reference, scratch: PathBuf) -> Result<Vec<Row>> {
    let ours = build(&["--package", "taskgraph-cli"], "taskgraph")?;
    let pair = Pair { ours, reference, scratch };
    let mut rows = Vec::new();
    for tasks in &options.sizes {
        let folder = pair.scratch.join(tasks.to_string());
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        repository::create(*tasks, &folder)?;
        pair.check(&folder, *tasks).with_context(|| format!("at {tasks} tasks"))?;
        for command in COMMANDS {
            let row = pair.measure(&folder, *tasks, command, options.runs)?;
            println!(
                "{tasks} {}: {:.3} s, reference {:.3} s",
                row.command, row.ours.wall, row.reference.wall
            );
            rows.push(row);
        }
    }
    Ok(rows)
}

/// How often the reference is run where this program is run so often.
fn reference_runs(tasks: usize, runs: usize) -> usize {
    (PATIENCE / tasks.max(1)).max(2).min(runs)
}

/// What to measure, from the command line.
struct Options {
    sizes: Vec<usize>,
    /// How large a group to create, instead of printing graphs.
    create: Option<usize>,
    runs: usize,
    write: bool,
    date: Option<String>,
    given: String,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            sizes: SIZES.to_vec(),
            create: None,
            runs: RUNS,
            write: false,
            date: None,
            given: args.join(" "),
        };
        let mut args = args.iter().peekable();
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--tasks" => {
                    let sizes = value()?
                        .split(',')
                        .map(|size| size.parse().with_context(|| format!("--tasks {size}")));
                    options.sizes = sizes.collect::<Result<_>>()?;
                }
                "--create" => {
                    let size = args.next_if(|next| !next.starts_with("--"));
                    let size = size.map_or(Ok(GROUP), |size| size.parse()).context("--create")?;
                    ensure!(size > 0, "--create needs at least one task");
                    options.create = Some(size);
                }
                "--runs" => options.runs = value()?.parse().context("--runs")?,
                "--date" => options.date = Some(value()?.clone()),
                "--write" => options.write = true,
                other => bail!("unknown option {other}"),
            }
        }
        ensure!(options.runs > 0, "--runs must be at least 1");
        Ok(options)
    }
}

/// Builds something as it is released. Returns the path of the executable.
fn build(what: &[&str], name: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet"]).args(what).current_dir(crate::workspace());
    let status = command.status().context("running cargo")?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(crate::target_dir().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// Both programs.
struct Pair {
    ours: PathBuf,
    reference: Reference,
    scratch: PathBuf,
}

impl Pair {
    /// A command of either program, in a repository. Both see the same environment and the same in-task scripts.
    fn command(&self, program: &Path, repository: &Path, args: [&str; 2]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .args(["-p", "parameters.yml"])
            .current_dir(repository)
            .env("VIRTUAL_ENV", self.reference.virtual_env())
            .env_remove("TASKGRAPH_SERIAL")
            .env_remove("TASKGRAPH_RUN_TASK_DIR")
            .env_remove("TASK_ID");
        command
    }

    /// Both must print the same graph, of the size that was asked for.
    fn check(&self, repository: &Path, tasks: usize) -> Result<()> {
        let print = |name: &str, program: &Path| -> Result<PathBuf> {
            let out = self.scratch.join(format!("{name}.json"));
            let mut command = self.command(program, repository, COMMANDS[0]);
            measure(command.arg("-o").arg(&out), &self.scratch)?;
            Ok(out)
        };
        let ours = print("ours", &self.ours)?;
        let reference = print("reference", &self.reference.program())?;
        let found = compare::in_a_process_of_its_own(&ours, &reference)?;
        ensure!(found == tasks, "the repository has {found} tasks instead of {tasks}");
        Ok(())
    }

    fn measure(&self, repository: &Path, tasks: usize, args: [&str; 2], runs: usize) -> Result<Row> {
        let reference_runs = reference_runs(tasks, runs);
        let (mut ours, mut reference): (Vec<Measurement>, Vec<Measurement>) = Default::default();
        for round in 0..runs {
            ours.push(measure(&mut self.command(&self.ours, repository, args), &self.scratch)?);
            if round < reference_runs {
                let mut command = self.command(&self.reference.program(), repository, args);
                reference.push(measure(&mut command, &self.scratch)?);
            }
        }
        Ok(Row {
            tasks,
            command: args.join(" "),
            ours: median(&ours),
            reference: median(&reference),
            runs: (runs, reference_runs),
        })
    }
}

/// What the numbers depend on.
struct Machine {
    cores: usize,
    /// In GiB; zero where nobody says.
    memory: f64,
    /// Names and versions.
    facts: Vec<String>,
    date: Option<String>,
    command: String,
}

impl Machine {
    fn of(options: &Options, reference: &Reference) -> Result<Self> {
        let version = |program: &Path| -> Result<String> {
            let output = Command::new(program).arg("--version").output();
            let output = output.with_context(|| format!("running {}", program.display()))?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory().unwrap_or_default(),
            facts: vec![
                format!("taskgraph {}", env!("CARGO_PKG_VERSION")),
                format!("taskcluster-taskgraph {}", Reference::version()),
                version(reference.python())?,
                version(rustc.as_ref())?,
            ],
            date: options.date.clone(),
            command: format!("cargo xtask bench {}", options.given).trim().to_owned(),
        })
    }

    fn describe(&self) -> String {
        let date = self.date.as_ref().map(|date| format!(" on {date}")).unwrap_or_default();
        let memory =
            if self.memory > 0.0 { format!(", {:.0} GiB of memory", self.memory) } else { String::new() };
        format!(
            "Measured{date} with `{}`, on {} {} with {} cores{memory}: {}.",
            self.command,
            std::env::consts::OS,
            std::env::consts::ARCH,
            self.cores,
            self.facts.join(", "),
        )
    }
}

fn memory() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let parse =
            |text: &str| Options::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let options = parse("--tasks 5,300 --runs 2 --write --date 2024-01-01").unwrap();
        assert_eq!((options.sizes, options.runs, options.write), (vec![5, 300], 2, true));
        assert_eq!(parse("").unwrap().sizes, SIZES);
        for (given, expected) in [("", None), ("--create", Some(GROUP)), ("--create 7 --runs 1", Some(7))] {
            assert_eq!(parse(given).unwrap().create, expected);
        }
        assert_eq!(parse("--create --write").unwrap().create, Some(GROUP));
        for wrong in ["--tasks", "--tasks x", "--runs 0", "--cheek", "--create 0", "--create x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
