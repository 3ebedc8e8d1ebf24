//! Docker image contexts: which files they have, their tar stream and its digest.
//!
//! An image lives in a folder with a Dockerfile. Its context is every file of that folder, the files the Dockerfile
//! asks for in `# %include` lines, and the Dockerfile itself after `# %ARG` replacement. The context is written as a
//! tar stream that depends on nothing but names, modes and contents; the SHA-256 of that stream names the image in
//! caches, so it is equal, byte for byte, to the one the Python taskgraph computes.
//!
//! The crate also knows the four scripts that run inside tasks (see [`RunTaskFiles`]): they are published with the
//! Python taskgraph and found on the machine, never shipped. [`PathPattern`], [`PathHasher`] and [`path`] are the
//! path rules shared with `resources` and `skip-unless-changed`.
//!
//! Modes of files are part of a context, so the crate is for Unix.
//!
//! ```
//! use taskgraph_docker::{Context, RunTaskSearch};
//!
//! let repository = tempfile::tempdir()?;
//! let image = repository.path().join("taskcluster/docker/linter");
//! std::fs::create_dir_all(&image)?;
//! std::fs::write(image.join("Dockerfile"), "# %ARG BASE\nFROM $BASE\nVOLUME /builds/cache\n")?;
//!
//! let search = RunTaskSearch::default();
//! let context = Context::load(
//!     repository.path(),
//!     "taskcluster/docker/linter",
//!     &[("BASE", "debian:12")],
//!     &|| search.locate(), // called only by a Dockerfile that includes the run-task files
//! )?;
//! assert_eq!(context.dockerfile(), "FROM debian:12\nVOLUME /builds/cache\n");
//! assert_eq!(context.digest()?, "afe78a1408269e92a24ecb4c3762ff91911620597ac4295d12dce6072983d21b");
//!
//! let volumes = taskgraph_docker::volumes(&image.join("Dockerfile"))?;
//! assert!(volumes.contains("/builds/cache"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod path;

mod context;
mod dockerfile;
mod tar;
mod volumes;

mod digest;
mod hash;
mod pattern;
mod run_task;

pub use crate::{
    context::Context,
    error::{Error, Problem},
    hash::{PathHasher, hash_paths},
    pattern::{PathPattern, match_path},
    run_task::{
        files::{Origin, RunTaskFile, RunTaskFiles, cache_digest},
        install::{install, pip_download},
        locate::{RunTaskSearch, SearchEnvironment},
        releases::{DEFAULT_RELEASE, KNOWN_RELEASES, Release, known_digest},
    },
    volumes::volumes,
};
