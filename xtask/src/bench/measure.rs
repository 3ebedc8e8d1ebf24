//! Time and memory of one process.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measurement {
    /// From start to end, in seconds.
    pub(super) wall: f64,
    /// User and system time of the process and all it waited for, in seconds.
    pub(super) cpu: f64,
    /// The largest resident set of the process, or of one that it waited for if that is larger, in MiB.
    pub(super) memory: f64,
}

/// Runs a command to its end, which must be a success. What it prints goes nowhere, what it complains about to a file
/// in `scratch`, for the error.
pub(super) fn measure(command: &mut Command, scratch: &Path) -> Result<Measurement> {
    let complaints = scratch.join("stderr.log");
    let stderr = File::create(&complaints).with_context(|| format!("creating {}", complaints.display()))?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
    let ended = child.wait4().with_context(|| format!("waiting for {command:?}"))?;
    let wall = start.elapsed();
    if !ended.status.success() {
        let mut text = String::new();
        File::open(&complaints)?.read_to_string(&mut text)?;
        bail!("{command:?} ended with {}: {}", ended.status, text.trim());
    }
    let used = ended.rusage;
    let seconds = |time: Duration| time.as_secs_f64();
    Ok(Measurement {
        wall: seconds(wall),
        cpu: seconds(used.utime) + seconds(used.stime),
        memory: used.maxrss as f64 / (1024.0 * 1024.0),
    })
}

/// The median of each part, part by part. Zero of nothing.
pub(super) fn median(runs: &[Measurement]) -> Measurement {
    let part = |of: fn(&Measurement) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        match (values.get(values.len() / 2), values.len() % 2) {
            (None, _) => 0.0,
            (Some(middle), 1) => *middle,
            (Some(middle), _) => (values[values.len() / 2 - 1] + middle) / 2.0,
        }
    };
    Measurement { wall: part(|run| run.wall), cpu: part(|run| run.cpu), memory: part(|run| run.memory) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let run = |wall| Measurement { wall, cpu: 10.0 - wall, memory: 1.0 };
        assert_eq!(median(&[]), Measurement::default());
        assert_eq!(median(&[run(3.0), run(1.0), run(2.0)]), run(2.0));
        assert_eq!(median(&[run(4.0), run(1.0)]), run(2.5));
    }

    #[test]
    fn a_failure_says_what_was_said() {
        let scratch = tempfile::tempdir().unwrap();
        let error = measure(Command::new("git").arg("--no-such-flag"), scratch.path()).unwrap_err();
        assert!(error.to_string().contains("no-such-flag"), "{error}");
        let git = measure(Command::new("git").arg("--version"), scratch.path()).unwrap();
        assert!(git.wall > 0.0 && git.memory > 0.1 && git.memory < 1000.0, "{git:?}");
    }
}
