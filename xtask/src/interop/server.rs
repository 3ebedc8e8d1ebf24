//! `taskgraph local serve`, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};

/// What clients need, in the order in which it is printed.
const VARIABLES: [&str; 3] = ["TASKCLUSTER_ROOT_URL", "TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN"];
/// What would send clients elsewhere, or make them believe that they are inside of a task.
const MISLEADING: [&str; 11] = [
    "TASKCLUSTER_CERTIFICATE",
    "TASKCLUSTER_PROXY_URL",
    "TASK_ID",
    "RUN_ID",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "PYTHONPATH",
];

/// A running cluster. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    environment: Vec<(&'static str, String)>,
    /// Kept open, because nobody could write to it otherwise.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts the program with its state in this file, and reads the environment that it prints.
    pub(crate) fn start(program: &Path, state: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--quiet", "local", "serve", "--port", "0", "--state"]).arg(state);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut output = BufReader::new(child.stdout.take().context("the server has no output")?);
        match environment(&mut output) {
            Ok(environment) => Ok(Self { child, environment, _output: output }),
            Err(error) => {
                _ = child.kill();
                _ = child.wait();
                Err(error.context(format!("starting {command:?}")))
            }
        }
    }

    /// The command will talk to this cluster, as a client that may do everything.
    pub(crate) fn direct<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for name in MISLEADING {
            command.env_remove(name);
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Reads `export NAME=value` for each variable.
fn environment(output: &mut impl BufRead) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut line = String::new();
    while found.len() < VARIABLES.len() {
        line.clear();
        if output.read_line(&mut line)? == 0 {
            bail!("the server ended, or closed its output, before it printed {}", VARIABLES[found.len()]);
        }
        let Some((name, value)) = line.trim().strip_prefix("export ").and_then(|rest| rest.split_once('='))
        else {
            continue;
        };
        if let Some(name) = VARIABLES.into_iter().find(|variable| *variable == name) {
            found.push((name, value.trim_end_matches(';').trim_matches(['\'', '"']).to_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed() {
        let text = "export TASKCLUSTER_ROOT_URL='http://127.0.0.1:1';\nunset X;\n\
                    export TASKCLUSTER_CLIENT_ID=a/b\nexport TASKCLUSTER_ACCESS_TOKEN=\"t=\"\nmore\n";
        let found = environment(&mut text.as_bytes()).unwrap();
        let values: Vec<_> = found.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["http://127.0.0.1:1", "a/b", "t="]);
        let error = environment(&mut &b"export TASKCLUSTER_ROOT_URL=x\n"[..]).unwrap_err().to_string();
        assert!(error.contains("TASKCLUSTER_CLIENT_ID"), "{error}");
    }
}
