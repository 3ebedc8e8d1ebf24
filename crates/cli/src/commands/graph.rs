//! `taskgraph tasks`, `full`, `target`, `target-graph`, `optimized` and `morphed`

use std::io::Write;
use std::num::NonZeroUsize;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use taskgraph_value::{List, Map, Value, map, text};
use taskgraph_vcs::{Changes, DiffFilter, Repository};

use crate::args::CommonArgs;
use crate::diff::{BASE_REVISION, Sides};
use crate::failure::{Exit, Failed, ReaderGone, hints, message};
use crate::format::Format;
use crate::generation::{Generated, Phase, Request, Selection};
use crate::log::Log;
use crate::output::{Destination, destinations};
use crate::sets;
use crate::world::World;

#[derive(Args, Debug)]
pub(crate) struct GraphArgs {
    /// The parameters to generate for; may be repeated
    ///
    /// A .yml or .json file, a folder of such files, the URL of one, `project=<name>` for the latest push of a project,
    /// `task-id=<id>` for those of a decision task, or `index=<path>` for those of an indexed task. What is not given
    /// has its default from the checkout. With several, a graph is printed for each, in this order; if one fails,
    /// the others are printed all the same.
    #[arg(short, long, value_name = "PARAMETERS")]
    parameters: Vec<String>,
    /// Take the files that changed from the checkout, even if the parameters have some
    #[arg(long)]
    force_local_files_changed: bool,
    /// Skip schema checks, and digests of images and caches, to look at a graph quickly
    #[arg(short = 'F', long)]
    fast: bool,
    /// How many sets of parameters, and how many parts of each, to work on at once [default: all cores]
    #[arg(short = 'j', long, value_name = "NUMBER")]
    max_workers: Option<NonZeroUsize>,

    /// Only this kind and the kinds that it depends on; may be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND", help_heading = "What to print")]
    target_kinds: Vec<String>,
    /// Only tasks whose label begins with what this Python regular expression matches
    #[arg(long, visible_alias = "tasks", value_name = "REGEX", help_heading = "What to print")]
    tasks_regex: Option<String>,
    /// Leave out this key of every task, such as `task.payload.env`; may be repeated
    #[arg(long = "exclude-key", value_name = "KEY", help_heading = "What to print")]
    exclude_keys: Vec<String>,
    /// Accepted as in the reference, where it makes no difference either
    #[arg(long, help_heading = "What to print")]
    no_optimize: bool,
    /// Print what the current work, uncommitted changes included, changes since a revision
    ///
    /// Without REVISION, or with `default`, since the last commit that a remote has too (git), or the last public one
    /// (Mercurial). The checkout is not touched.
    #[arg(long, value_name = "REVISION", num_args = 0..=1, default_missing_value = BASE_REVISION, help_heading = "What to print")]
    diff: Option<String>,

    /// Print labels, one a line (the default)
    #[arg(short = 'L', long, overrides_with_all = ["json", "yaml"], help_heading = "How to print")]
    labels: bool,
    /// Print a JSON object of tasks by label
    #[arg(short = 'J', long, overrides_with_all = ["labels", "yaml"], help_heading = "How to print")]
    json: bool,
    /// Print the same as YAML
    #[arg(short = 'Y', long, overrides_with_all = ["labels", "json"], help_heading = "How to print")]
    yaml: bool,
    /// Write to this file instead of printing; `{params}` stands for the name of the parameters
    ///
    /// The file appears when it is complete. With several sets of parameters and no `{params}`, their name is added
    /// before the suffix. A single set is called `defaults`, as in the reference.
    #[arg(short, long, value_name = "FILE", help_heading = "How to print")]
    output_file: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

impl GraphArgs {
    fn format(&self) -> Format {
        match (self.json, self.yaml) {
            (true, _) => Format::Json,
            (_, true) => Format::Yaml,
            _ => Format::Labels,
        }
    }

    fn overrides(&self, world: &World) -> Result<Map> {
        let mut overrides = map! { "target-kinds" => kinds_value(&self.target_kinds) };
        if self.force_local_files_changed && !self.parameters.is_empty() {
            let repository = Repository::discover(&world.cwd)?;
            let mut files = repository.changed_files(Changes::Unstaged, DiffFilter::ADDED_OR_MODIFIED)?;
            files.sort_unstable();
            overrides.insert(text!("files_changed"), files.into_iter().collect::<List>().into());
        }
        Ok(overrides)
    }
}

/// A list of kinds, as the parameter `target-kinds` has it.
pub(super) fn kinds_value(kinds: &[String]) -> Value {
    kinds.iter().map(String::as_str).collect::<List>().into()
}

pub(crate) fn run(
    phase: Phase,
    args: GraphArgs,
    world: &World,
    out: &mut dyn Write,
    log: &Log,
) -> Result<()> {
    let threads = args.max_workers.map_or_else(sets::cores, NonZeroUsize::get);
    if threads < sets::cores() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.context("cannot start threads")?;
    }
    let format = args.format();
    let request = Request {
        world,
        root: args.common.root.clone(),
        overrides: args.overrides(world)?,
        run_task_dir: args.common.run_task_dir().cloned(),
        fast: args.fast,
    };
    let specs: Vec<Option<String>> = match args.parameters.is_empty() {
        true => vec![None],
        false => sets::expand(&args.parameters, &world.cwd)?.into_iter().map(Some).collect(),
    };
    let names = sets::names(&specs);
    let destinations = destinations(args.output_file.as_deref(), &names, &world.cwd)?;
    let selection = Selection { phase, labels: args.tasks_regex, excluded_keys: args.exclude_keys };
    let sets = Sets { request, selection, format, specs, names, destinations, threads };
    match args.diff {
        None => sets.print(out, log),
        Some(revision) => sets.print_diff(&revision, out, log),
    }
}

/// What to print for each set of parameters.
struct Sets<'a> {
    request: Request<'a>,
    selection: Selection,
    format: Format,
    specs: Vec<Option<String>>,
    names: Vec<String>,
    destinations: Vec<Destination>,
    threads: usize,
}

impl Sets<'_> {
    fn print(&self, out: &mut dyn Write, log: &Log) -> Result<()> {
        let generate = |at: usize, log: &Log| {
            self.request.generate(&self.selection, &self.request.world.cwd, self.specs[at].as_deref(), log)
        };
        let write = |at: usize, generated: &Generated, out: &mut dyn Write| {
            self.write(at, &self.destinations[at], out, log, |out| {
                Ok(self.format.write(generated.printable(self.format)?, out)?)
            })
        };
        if self.specs.len() == 1 {
            // On one of the threads that make tasks, so that memory they freed is used again.
            let generated = rayon::scope(|_| generate(0, log))?;
            write(0, &generated, out)?;
            // The program ends here; taking the graph apart would only delay that.
            std::mem::forget(generated);
            return Ok(());
        }
        let mut failed = Vec::new();
        let work = |at: usize| generate(at, &log.named(&self.names[at]));
        sets::for_each(self.specs.len(), self.threads, work, |at, generated| {
            self.settle(at, generated.and_then(|generated| write(at, &generated, out)), &mut failed, log)
        })?;
        self.conclude(&failed, log)
    }

    fn print_diff(&self, revision: &str, out: &mut dyn Write, log: &Log) -> Result<()> {
        let sides = Sides::new(revision, &self.request.root, &self.request.world.cwd)?;
        let texts = |at: usize, log: &Log| {
            sides.texts(&self.request, &self.selection, self.format, self.specs[at].as_deref(), log)
        };
        let write = |at: usize, texts: &[Vec<u8>; 2], out: &mut dyn Write| {
            // As in the reference, a file is only written if there is something to see.
            let destination = if texts[0] == texts[1] { &Destination::Out } else { &self.destinations[at] };
            self.write(at, destination, out, log, |out| sides.write(texts, &self.selection, self.format, out))
        };
        let mut failed = Vec::new();
        if self.specs.len() == 1 {
            write(0, &texts(0, log)?, out)?;
        } else {
            let work = |at: usize| texts(at, &log.named(&self.names[at]));
            sets::for_each(self.specs.len(), self.threads, work, |at, texts| {
                self.settle(at, texts.and_then(|texts| write(at, &texts, out)), &mut failed, log)
            })?;
        }
        if self.format != Format::Json {
            log.info("If you were expecting differences in task bodies you should pass \"-J\"\n");
        }
        self.conclude(&failed, log)
    }

    fn write(
        &self,
        at: usize,
        destination: &Destination,
        out: &mut dyn Write,
        log: &Log,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        if *destination == Destination::Out {
            log.info(format_args!("Dumping result with parameters from {}:", self.names[at]));
        }
        destination.write(out, write)
    }

    /// Reports a failure of one of several sets, and goes on unless nobody reads the rest.
    fn settle(&self, at: usize, result: Result<()>, failed: &mut Vec<usize>, log: &Log) -> Result<()> {
        match result {
            Err(error) if error.is::<ReaderGone>() => Err(error),
            Err(error) => {
                let spec = self.specs[at].as_deref().unwrap_or_default();
                log.error(format_args!("parameters `{spec}`: {}", message(&error)), &hints(&error));
                failed.push(at);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn conclude(&self, failed: &[usize], log: &Log) -> Result<()> {
        if failed.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = failed.iter().filter_map(|at| self.specs[*at].as_deref()).collect();
        let (count, all) = (failed.len(), self.specs.len());
        log.error(format_args!("{count} of {all} sets of parameters failed: {}", names.join(", ")), &[]);
        Err(anyhow!(Failed(Exit::Failure)))
    }
}
