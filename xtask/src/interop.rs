//! Whether unmodified official clients work against the embedded cluster, and whether decisions and actions of the
//! reference and ours do the same there, and in checkouts of Mercurial.
//!
//! Start at [`run`]. The tests themselves are in `xtask/interop/`, in Python, because the clients are.

mod server;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::fixtures::Reference;
use crate::{target_dir, workspace};

pub(crate) use server::Server;

/// Handles `cargo xtask interop [TEST...]`.
pub(crate) fn run(tests: &[String]) -> Result<ExitCode> {
    let reference = Reference::install(&target_dir())?;
    let program = build(&["--package", "taskgraph-cli"], "taskgraph")?;
    let scratch = tempfile::tempdir()?;
    let server = Server::start(&program, &scratch.path().join("cluster.sqlite"))?;

    let mut command = Command::new(reference.python());
    command.arg("run.py").args(tests).current_dir(workspace().join("xtask/interop"));
    command.env("TASKGRAPH", &program);
    let status = server.direct(&mut command).status().context("running the tests")?;
    drop(server);
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    if tests.is_empty() {
        return faults();
    }
    Ok(ExitCode::SUCCESS)
}

/// The test with injected faults, with more tasks than `cargo test` has time for.
fn faults() -> Result<ExitCode> {
    const TASKS: &str = "5000";
    let output = cargo()
        .args(["test", "--quiet", "--package", "taskcluster-local-cluster", "--test", "it", "--"])
        .args(["--exact", "faults::a_group_is_created_once_and_whole"])
        .env("TASKGRAPH_FAULT_TASKS", TASKS)
        .stderr(Stdio::inherit())
        .output()
        .context("running cargo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{}", said.trim());
    // A test of another name would be no failure.
    ensure!(said.contains(" 1 passed"), "a group of {TASKS} tasks was not created through faults");
    Ok(if output.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// Builds something without optimization. Returns the path of the executable.
fn build(what: &[&str], name: &str) -> Result<PathBuf> {
    let status = cargo().args(["build", "--quiet"]).args(what).status().context("running cargo")?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(target_dir().join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
