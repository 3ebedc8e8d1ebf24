//! Which programs are run, and how.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::Path,
    process::{Command, Stdio},
};

use crate::{error::Error, root::VcsTool, text};

/// The `git` and `hg` to run and the environment they see.
///
/// The default runs what `PATH` names, with the environment of this process.
///
/// ```
/// use taskgraph_vcs::Tools;
/// let tools = Tools::default().git("/opt/git/bin/git").env_remove("GIT_DIR").env("LC_ALL", "C");
/// ```
#[derive(Clone, Debug)]
pub struct Tools {
    git: OsString,
    hg: OsString,
    inherit: bool,
    env: BTreeMap<OsString, Option<OsString>>,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools { git: "git".into(), hg: "hg".into(), inherit: true, env: BTreeMap::new() }
    }
}

impl Tools {
    /// Runs this program for git.
    pub fn git(mut self, program: impl Into<OsString>) -> Tools {
        self.git = program.into();
        self
    }

    /// Runs this program for Mercurial.
    pub fn hg(mut self, program: impl Into<OsString>) -> Tools {
        self.hg = program.into();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Tools {
        self.env.insert(key.into(), Some(value.into()));
        self
    }

    /// Takes a variable out of the environment.
    pub fn env_remove(mut self, key: impl Into<OsString>) -> Tools {
        self.env.insert(key.into(), None);
        self
    }

    /// Forgets the environment of this process and what was set so far. `PATH` has to be set again unless
    /// the programs are given by absolute paths.
    pub fn env_clear(mut self) -> Tools {
        self.inherit = false;
        self.env.clear();
        self
    }

    fn command(&self, tool: VcsTool) -> Command {
        let mut command = Command::new(match tool {
            VcsTool::Git => &self.git,
            VcsTool::Hg => &self.hg,
        });
        if !self.inherit {
            command.env_clear();
        }
        for (key, value) in &self.env {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        if tool == VcsTool::Hg {
            command.env("HGPLAIN", "1"); // aliases and configured defaults must not change what is printed
        }
        command
    }

    /// Runs the tool in `root` and returns what it printed; statuses in `as_empty` count as having printed
    /// nothing.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        tool: VcsTool,
        root: &Path,
        args: &[S],
        as_empty: &[i32],
    ) -> Result<String, Error> {
        let bytes = self.run_bytes(tool, root, args, as_empty)?;
        let text = String::from_utf8(bytes).map_err(|error| Error::NotUtf8 {
            command: spelled(tool, args),
            root: root.to_owned(),
            excerpt: line_around(error.as_bytes(), error.utf8_error().valid_up_to()),
        })?;
        Ok(text::universal_newlines(text))
    }

    /// Like [`Tools::run`] where the output may be a path in any encoding.
    pub(crate) fn run_bytes<S: AsRef<OsStr>>(
        &self,
        tool: VcsTool,
        root: &Path,
        args: &[S],
        as_empty: &[i32],
    ) -> Result<Vec<u8>, Error> {
        let mut command = self.command(tool);
        let output =
            command.args(args).current_dir(root).stdin(Stdio::null()).output().map_err(|source| {
                Error::CannotRun {
                    tool,
                    program: command.get_program().to_string_lossy().into_owned(),
                    root: root.to_owned(),
                    source,
                }
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let code = output.status.code();
        if code.is_some_and(|code| as_empty.contains(&code)) {
            return Ok(Vec::new());
        }
        Err(Error::Failed {
            command: spelled(tool, args),
            root: root.to_owned(),
            code,
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}

fn spelled<S: AsRef<OsStr>>(tool: VcsTool, args: &[S]) -> String {
    let mut command = tool.as_str().to_owned();
    for arg in args {
        command.push(' ');
        command.push_str(&arg.as_ref().to_string_lossy());
    }
    command
}

fn line_around(bytes: &[u8], at: usize) -> String {
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end);
    String::from_utf8_lossy(&bytes[start..end]).into_owned()
}
