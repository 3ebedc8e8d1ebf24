//! Graphs of two revisions, compared.
//!
//! The current side is the working tree as it is. The other side is generated in a copy of its own, so nothing here
//! touches the checkout.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use taskgraph_vcs::Repository;
use tempfile::TempDir;

use crate::failure::{hints, message};
use crate::format::Format;
use crate::generation::{Request, Selection};
use crate::log::Log;
use crate::unified::write_diff;

/// Lines around a change, as in the reference.
const CONTEXT: u32 = 20;

/// What stands for the base revision, as in the reference, whatever else may have this name.
pub(crate) const BASE_REVISION: &str = "default";

/// Where the two sides are generated.
pub(crate) struct Sides {
    /// What the current side is called: its branch, else the beginning of its revision.
    pub(crate) current: String,
    /// The beginning of the other revision.
    pub(crate) base: String,
    /// The folder in the other side that is there what the current folder is here.
    base_cwd: PathBuf,
    /// Goes away with the sides.
    _folder: TempDir,
}

impl Sides {
    /// Writes the files of a revision, which may be [`BASE_REVISION`], into a temporary folder.
    pub(crate) fn new(revision: &str, root: &Path, cwd: &Path) -> Result<Sides> {
        let repository = Repository::discover(cwd)?;
        let below = inside(&repository, root, cwd)?;
        let current = match repository.branch()? {
            Some(branch) => branch,
            None => short(&repository.head_rev()?),
        };
        let revision = match revision {
            BASE_REVISION => {
                repository.base_rev().context("cannot find the base revision")?.trim().to_owned()
            }
            revision => revision.to_owned(),
        };
        let folder = tempfile::Builder::new().prefix("taskgraph-diff-").tempdir();
        let folder = folder.context("cannot make a temporary folder")?;
        // The same name, should it appear anywhere.
        let into = folder.path().join(repository.root().file_name().unwrap_or("checkout".as_ref()));
        let export = repository.export_revision(&revision, &into);
        let export = export.with_context(|| format!("cannot get the files of the revision `{revision}`"))?;
        let base_cwd = export.root().join(below);
        // `-r` may lead out of it again, by `..`.
        std::fs::create_dir_all(&base_cwd)
            .with_context(|| format!("cannot make `{}`", base_cwd.display()))?;
        Ok(Sides { current, base: short(&export.head_rev()?), base_cwd, _folder: folder })
    }

    /// The graph of each side as text: the other one first. If both fail, one of the failures is reported here.
    pub(crate) fn texts(
        &self,
        request: &Request<'_>,
        selection: &Selection,
        format: Format,
        spec: Option<&str>,
        log: &Log,
    ) -> Result<[Vec<u8>; 2]> {
        let text = |cwd: &Path, name: &str| -> Result<Vec<u8>> {
            log.info(format_args!("Generating {} @ {name}", selection.phase.name()));
            let mut text = Vec::new();
            let generated = request.generate(selection, cwd, spec, log)?;
            format.write(generated.printable(format)?, &mut text)?;
            Ok(text)
        };
        let at = |name: &str| format!("{} @ {name}", selection.phase.name());
        let current = text(&request.world.cwd, &self.current).with_context(|| at(&self.current));
        let base = text(&self.base_cwd, &self.base).with_context(|| at(&self.base));
        match (base, current) {
            (Ok(base), Ok(current)) => Ok([base, current]),
            (Err(base), Err(current)) => {
                log.error(message(&current), &hints(&current));
                Err(base)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// Writes how two texts differ.
    pub(crate) fn write(
        &self,
        texts: &[Vec<u8>; 2],
        selection: &Selection,
        format: Format,
        out: &mut dyn Write,
    ) -> Result<()> {
        let labels =
            [&self.base, &self.current].map(|revision| format!("{}@{revision}", selection.phase.name()));
        let [before, after] = texts;
        if before == after {
            writeln!(out, "Files {} and {} are identical\n\n", labels[0], labels[1])?;
        } else {
            write_diff([before, after], format.entry_begins(), [&labels[0], &labels[1]], CONTEXT, out)?;
            out.write_all(b"\n\n")?;
        }
        Ok(())
    }
}

/// The current folder relative to the root of the checkout; fails if `root` is not in the same checkout.
fn inside(repository: &Repository, root: &Path, cwd: &Path) -> Result<PathBuf> {
    let Ok(below) = cwd.strip_prefix(repository.root()) else {
        bail!("the current folder is not below the root `{}` of its checkout", repository.root().display());
    };
    let mut depth = below.components().count();
    for part in root.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => bail!(
                "cannot compare `{}` with another revision: expected a path inside of the checkout `{}`, relative to \
                 the current folder",
                root.display(),
                repository.root().display()
            ),
        }
    }
    Ok(below.to_owned())
}

fn short(revision: &str) -> String {
    revision.chars().take(12).collect()
}
