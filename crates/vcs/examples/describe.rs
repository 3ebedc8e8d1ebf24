//! Prints what the checkout around a path (the current directory by default) knows.
//!
//! `cargo run -p taskgraph-vcs --example describe -- [PATH [REVISION]]`; with a revision, also what its export knows.

use std::{
    env,
    error::Error,
    io::{Write, stdout},
    path::PathBuf,
};

use taskgraph_vcs::{Changes, CleanCheck, DiffFilter, Repository, project_name};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let path = args.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
    let repository = Repository::discover(&path)?;
    describe(&repository)?;
    if let Some(revision) = args.next() {
        let parent = tempfile::tempdir()?;
        let into = parent.path().join("export");
        describe(&repository.export_revision(&revision.to_string_lossy(), &into)?)?;
    }
    Ok(())
}

fn describe(repository: &Repository) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let url = repository.url(None);
    let files = repository.tracked_files(&[], None).map(|files| files.len());
    let clean = repository.working_directory_clean(CleanCheck::default());
    writeln!(out, "{} checkout at {}", repository.tool(), repository.root().display())?;
    writeln!(out, "  revision      {}", text(&repository.head_rev()))?;
    writeln!(out, "  based on      {}", text(&repository.base_rev()))?;
    writeln!(out, "  branch        {}", repository.branch()?.as_deref().unwrap_or("none"))?;
    writeln!(out, "  url           {}", text(&url))?;
    writeln!(out, "  project       {}", url.ok().and_then(|url| project_name(&url)).unwrap_or_default())?;
    writeln!(out, "  tracked files {}", text(&files))?;
    writeln!(out, "  clean         {}", text(&clean))?;
    let changed = repository.changed_files(Changes::Unstaged, DiffFilter::ADDED_OR_MODIFIED)?;
    writeln!(out, "  changed       {}", changed.join(" "))?;
    Ok(())
}

fn text<T: ToString>(answer: &Result<T, taskgraph_vcs::Error>) -> String {
    match answer {
        Ok(answer) => answer.to_string(),
        Err(error) => format!("({error})"),
    }
}
