//! Whether two printed graphs are equal, task by task.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::fixtures::split;

/// Handles `cargo xtask compare <ours> <reference>`: prints how many tasks both files have, if they are equal.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let [ours, reference] = args else { bail!("compare needs two files") };
    let read = |path: &String| fs::read_to_string(path).with_context(|| format!("reading {path}"));
    println!("{}", check_equal(&read(ours)?, &read(reference)?)?);
    Ok(ExitCode::SUCCESS)
}

/// How many tasks two files have, which must be equal. This process stays small: the system takes its size for the least
/// that a process it starts has ever used, and would tell that of what is measured.
pub(super) fn in_a_process_of_its_own(ours: &Path, reference: &Path) -> Result<usize> {
    let this = std::env::current_exe().context("looking for this program")?;
    let output = Command::new(this).arg("compare").args([ours, reference]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    String::from_utf8_lossy(&output.stdout).trim().parse().context("counting tasks")
}

/// Fails, naming the first task that differs. Equal text is equal; else values are compared. The order of soft
/// dependencies does not count: in the reference it is that in which processes happen to end.
fn check_equal(ours: &str, reference: &str) -> Result<usize> {
    let (ours, reference) = (split(ours)?, split(reference)?);
    for (at, (label, body)) in reference.iter().enumerate() {
        match ours.get(at) {
            Some((our_label, _)) if our_label != label => {
                bail!("task {at} is `{our_label}`, in the reference `{label}`")
            }
            Some((_, our_body)) if our_body == body || parse(our_body)? == parse(body)? => {}
            Some(_) => bail!("task `{label}` is not as in the reference"),
            None => bail!("task `{label}` of the reference is missing"),
        }
    }
    match ours.get(reference.len()) {
        Some((label, _)) => bail!("task `{label}` is not in the reference"),
        None => Ok(reference.len()),
    }
}

/// A task, with its soft dependencies sorted.
fn parse(body: &str) -> Result<Value> {
    let mut task: Value = serde_json::from_str(&format!("{{{body}}}"))?;
    if let Some(Value::Array(soft)) = task.get_mut("soft_dependencies") {
        soft.sort_by_key(ToString::to_string);
    }
    Ok(task)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(tasks: &[(&str, &str)]) -> String {
        let tasks: Vec<String> =
            tasks.iter().map(|(label, body)| format!("  \"{label}\": {{\n    {body}\n  }}")).collect();
        format!("{{\n{}\n}}\n\n", tasks.join(",\n"))
    }

    #[test]
    fn differences_are_named() {
        let reference = graph(&[("a", "\"x\": 1"), ("b", "\"soft_dependencies\": [\"p\", \"q\"]")]);
        assert_eq!(check_equal(&reference, &reference).unwrap(), 2);
        let reordered = graph(&[("a", "\"x\":  1"), ("b", "\"soft_dependencies\": [\"q\", \"p\"]")]);
        assert_eq!(check_equal(&reordered, &reference).unwrap(), 2);
        let said = |ours: &[(&str, &str)]| check_equal(&graph(ours), &reference).unwrap_err().to_string();
        assert_eq!(said(&[("a", "\"x\": 2")]), "task `a` is not as in the reference");
        assert_eq!(said(&[("a", "\"x\": 1")]), "task `b` of the reference is missing");
        assert_eq!(said(&[("c", "\"x\": 1")]), "task 0 is `c`, in the reference `a`");
        assert!(check_equal(&reference, &graph(&[("a", "\"x\": 1")])).is_err());
    }
}
