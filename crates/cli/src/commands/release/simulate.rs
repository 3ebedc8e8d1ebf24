//! `taskgraph release simulate`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_release_promotion::{
    Fate, Fetched, Flavors, Input, Promotion, Simulation, Tree, simulate, version_of_tree,
};

use super::VersionArgs;
use crate::args::CommonArgs;
use crate::fields;
use crate::generation::session;
use crate::listing::{Style, print_json};
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

/// What is simulated.
pub(super) struct Asked {
    pub(super) flavor: String,
    pub(super) previous: Vec<PathBuf>,
    pub(super) version: VersionArgs,
    pub(super) set: Vec<String>,
}

pub(super) fn run(
    asked: Asked,
    common: &CommonArgs,
    style: Style,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let config = GraphConfig::load(&common.root, &world.cwd)?;
    let flavors = Flavors::of(&config)?;
    let flavor = flavors.get(&asked.flavor, config.root())?;
    let folders: Vec<PathBuf> = asked.previous.iter().map(|folder| world.cwd.join(folder)).collect();
    let mut fetched = Fetched::from_folders(&folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    fetched.graphs =
        fetched.graphs.renamed(asked.previous.iter().map(|folder| folder.to_string_lossy().as_ref().into()));

    let input = Input {
        build_number: asked.version.build_number,
        version: asked.version.version.map(Into::into),
        ..Input::of_flavor(flavor)
    };
    let input = fields::set_values(Some(input.to_value([])), &asked.set, &[])?.unwrap_or_default();
    let input = Input::read(&input)?;
    let push = Parameters::from_values(fetched.parameters.clone(), true);
    let run_task_dir = common.run_task_dir().map(PathBuf::as_path);
    let promotion = Promotion {
        push: &push,
        first: &fetched.parameters,
        previous: &fetched.graphs,
        flavor,
        input: &input,
    };
    for remark in fetched.graphs.remarks(promotion.rebuild_kinds(), promotion.do_not_optimize()) {
        log.info(format_args!("Note: {remark}."));
    }
    // What is registered for the push is enough for reading a version.
    let before = session(world, config.clone(), push.clone(), &world.cwd, run_task_dir, log);
    let root = config.vcs_root()?;
    let parameters = promotion.parameters(|parameters| {
        version_of_tree(&before.registry, &Tree { root: &root, parameters, config: &config })
    })?;
    let session = session(world, config.clone(), parameters, &world.cwd, run_task_dir, log);
    let found = simulate(session, &fetched.graphs, promotion.rebuild_kinds(), world.now.to_utc())?;
    match style {
        Style::Json => print_json(&found.to_value(), out),
        _ => print(&found, out),
    }
}

fn print(found: &Simulation, out: &mut dyn Write) -> Result<()> {
    Destination::Out.write(out, |out| {
        let mut tasks = found.tasks.iter().peekable();
        let mut totals = [0; 3];
        for (kind, counts) in found.kinds() {
            totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
            writeln!(out, "{kind}: {}", summary(counts))?;
            while let Some(task) = tasks.next_if(|task| task.kind == *kind) {
                match &task.fate {
                    Fate::Reused { graph, task_id } => {
                        writeln!(out, "  re-used   {}: {task_id} of {graph}", task.label)?;
                    }
                    Fate::Made { why } => writeln!(out, "  made      {}: {why}", task.label)?,
                    Fate::Removed { why } => writeln!(out, "  left out  {}: {why}", task.label)?,
                }
            }
        }
        if !found.missing.is_empty() {
            writeln!(out, "missing: the tree does not make these any more, so nothing can re-use them")?;
            for missing in &found.missing {
                writeln!(
                    out,
                    "  {} of the kind {}: {} of {}",
                    missing.label, missing.kind, missing.task_id, missing.graph
                )?;
            }
        }
        Ok(writeln!(out, "total: {}", summary(totals))?)
    })
}

fn summary([reused, made, removed]: [usize; 3]) -> String {
    let removed = if removed == 0 { String::new() } else { format!(", {removed} left out") };
    format!("{reused} re-used, {made} made anew{removed}")
}
