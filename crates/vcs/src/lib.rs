//! What a git or Mercurial checkout knows: its root, revisions, branch, remotes, and files.
//!
//! Everything is asked of the `git` or `hg` program, run in the root of the checkout, with the arguments the
//! Python implementation uses, so that answers are equal to its answers. [`find_root`] alone runs nothing.
//! Nothing here changes the working directory or the index of a checkout; [`Repository::export_revision`]
//! writes another revision into a directory of its own.
//!
//! The programs and their environment are given by [`Tools`]; `Tools::default()` is what a shell would run.
//!
//! ```
//! use taskgraph_vcs::{Error, Repository, Tools, VcsTool, find_root, project_name};
//!
//! let checkout = tempfile::tempdir()?;
//! std::fs::create_dir_all(checkout.path().join("taskcluster/kinds"))?;
//! assert!(matches!(Repository::discover(checkout.path()), Err(Error::NotACheckout { .. })));
//!
//! std::process::Command::new("git").args(["init", "-q"]).current_dir(&checkout).status()?;
//! let repository = Repository::discover_with(&checkout.path().join("taskcluster/kinds"), Tools::default())?;
//! assert_eq!(repository.tool(), VcsTool::Git);
//! assert_eq!(find_root(checkout.path()).map(|(root, _)| root).as_deref(), Some(repository.root()));
//! assert!(repository.tracked_files(&[], None).is_err(), "there is no commit yet");
//!
//! assert_eq!(project_name("git@github.com:mozilla/pdf.js.git").as_deref(), Some("pdf.js"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod error;
mod export;
mod git;
mod hg;
mod project;
mod repository;
mod root;
mod text;
mod tools;

pub use crate::{
    changes::{Changes, CleanCheck, DiffFilter},
    error::Error,
    project::project_name,
    repository::{NULL_REVISION, Repository},
    root::{VcsTool, find_root},
    tools::Tools,
};
