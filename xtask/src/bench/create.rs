//! Creating a task group: the reference's `create_tasks` and ours, in turn, against one running cluster.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::measure::{Measurement, measure, median};
use super::report::Row;
use super::{Options, build, reference_runs};
use crate::fixtures::Reference;
use crate::interop::Server;

/// A cluster, and the two that create tasks there.
struct Bench<'a> {
    server: Server,
    /// `crates/queue-client/examples/create.rs`.
    ours: PathBuf,
    reference: &'a Reference,
    scratch: &'a Path,
    tasks: usize,
}

/// Measures creating a group of so many tasks.
pub(super) fn run(tasks: usize, options: &Options, reference: &Reference, scratch: &Path) -> Result<Row> {
    let program = build(&["--package", "taskgraph-cli"], "taskgraph")?;
    let ours = build(&["--package", "taskcluster-queue-client", "--example", "create"], "examples/create")?;
    let state = tempfile::tempdir_in(scratch)?;
    let server = Server::start(&program, &state.path().join("cluster.sqlite"))?;
    let bench = Bench { server, ours, reference, scratch, tasks };

    let reference_runs = reference_runs(tasks, options.runs);
    let (mut ours, mut reference): (Vec<Measurement>, Vec<Measurement>) = Default::default();
    for round in 0..options.runs {
        ours.push(bench.measure(&|file| {
            let mut command = Command::new(&bench.ours);
            command.arg(file);
            command
        })?);
        if round < reference_runs {
            reference.push(bench.measure(&|file| {
                let mut command = bench.python("create_tasks.py");
                command.arg(file);
                command
            })?);
        }
    }
    Ok(Row {
        tasks,
        command: "create_tasks".to_owned(),
        ours: median(&ours),
        reference: median(&reference),
        runs: (options.runs, reference_runs),
    })
}

impl Bench<'_> {
    /// Creates a new group with a command that takes the file of its tasks. Before, its decision task is created, and
    /// afterwards the group is looked at: neither counts.
    fn measure(&self, command: &dyn Fn(&Path) -> Command) -> Result<Measurement> {
        let folder = self.scratch.join("create");
        let file = folder.join("tasks.json");
        self.must(self.python("make_group.py").arg(self.tasks.to_string()).arg(&folder))?;
        self.must(Command::new(&self.ours).arg(folder.join("decision.json")))?;
        let mut command = command(&file);
        let measured = measure(self.server.direct(&mut command), self.scratch)?;
        self.must(self.python("check_group.py").arg(&file)).context("the group is not as it was given")?;
        Ok(measured)
    }

    fn python(&self, script: &str) -> Command {
        let mut command = Command::new(self.reference.python());
        command.arg(crate::workspace().join("xtask/interop").join(script));
        command
    }

    fn must(&self, command: &mut Command) -> Result<()> {
        measure(self.server.direct(command), self.scratch).map(drop)
    }
}
